//  bstar.c - Binary Star: the state machine, and a server part on a reactor

#include "bstar.h"
#include "example.h"

static bstar_result_t s_becomes (bstar_state_t *state, bstar_state_t next, const char *why)
{
    s_console ("I: %s", why);
    *state = next;
    return BSTAR_OK;
}

bstar_result_t bstar_apply (bstar_state_t *state, int event, int64_t peer_expiry)
{
    bool peer_dead = s_clock () >= peer_expiry;
    switch (*state) {
        case BSTAR_PRIMARY:
            if (event == BSTAR_BACKUP)
                return s_becomes (state, BSTAR_ACTIVE, "connected to backup (passive), ready as active");
            if (event == BSTAR_ACTIVE)
                return s_becomes (state, BSTAR_PASSIVE, "connected to backup (active), ready as passive");
            if (event == BSTAR_CLIENT_REQUEST) {
                //  The backup may be down; a client's vote is enough then
                if (!peer_dead)
                    return BSTAR_REFUSED;
                return s_becomes (state, BSTAR_ACTIVE, "request from client, ready as active");
            }
            return BSTAR_OK;
        case BSTAR_BACKUP:
            if (event == BSTAR_ACTIVE)
                return s_becomes (state, BSTAR_PASSIVE, "connected to primary (active), ready as passive");
            return event == BSTAR_CLIENT_REQUEST ? BSTAR_REFUSED : BSTAR_OK;
        case BSTAR_ACTIVE:
            if (event == BSTAR_ACTIVE) {
                s_console ("E: fatal error - dual actives, aborting");
                return BSTAR_FATAL;
            }
            return BSTAR_OK;
        case BSTAR_PASSIVE:
            if (event == BSTAR_PRIMARY)
                return s_becomes (state, BSTAR_ACTIVE, "primary (passive) is restarting, ready as active");
            if (event == BSTAR_BACKUP)
                return s_becomes (state, BSTAR_ACTIVE, "backup (passive) is restarting, ready as active");
            if (event == BSTAR_PASSIVE) {
                s_console ("E: fatal error - dual passives, aborting");
                return BSTAR_FATAL;
            }
            if (event == BSTAR_CLIENT_REQUEST) {
                if (!peer_dead)
                    return BSTAR_REFUSED;
                return s_becomes (state, BSTAR_ACTIVE, "failover successful, ready as active");
            }
            return BSTAR_OK;
    }
    return BSTAR_FATAL;
}

struct bstar {
    reactor_t *reactor;
    void *state_out, *state_in;
    bstar_state_t state;
    int64_t peer_expiry;
    long heartbeat_ms;
    reactor_fn *voter_fn, *active_fn, *passive_fn;
    void *voter_arg, *active_arg, *passive_arg;
};

//  Apply an event, and call the handlers of a new state
static bstar_result_t s_apply (bstar_t *self, int event)
{
    bstar_state_t before = self->state;
    bstar_result_t result = bstar_apply (&self->state, event, self->peer_expiry);
    if (self->state != before) {
        if (self->state == BSTAR_ACTIVE && self->active_fn)
            self->active_fn (self->reactor, NULL, self->active_arg);
        if (self->state == BSTAR_PASSIVE && self->passive_fn)
            self->passive_fn (self->reactor, NULL, self->passive_arg);
    }
    return result;
}

static int s_publish_state (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor, (void) socket;
    bstar_t *self = (bstar_t *) argument;
    char text [2] = { (char) ('0' + self->state), 0 };
    s_send (self->state_out, text);
    return 0;
}

static int s_on_state (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor;
    bstar_t *self = (bstar_t *) argument;
    char *state = s_recv (socket);
    if (!state)
        return -1;
    bstar_result_t result = s_apply (self, atoi (state));
    free (state);
    self->peer_expiry = s_clock () + 2 * self->heartbeat_ms;
    return result == BSTAR_FATAL ? -1 : 0;
}

//  A refused request is read and dropped: the client will try the other server
static int s_on_vote (reactor_t *reactor, void *socket, void *argument)
{
    bstar_t *self = (bstar_t *) argument;
    if (s_apply (self, BSTAR_CLIENT_REQUEST) == BSTAR_OK)
        return self->voter_fn (reactor, socket, self->voter_arg);
    int more = 1;
    size_t size = sizeof more;
    while (more) {
        free (s_recv_nowait (socket));
        if (zmq_getsockopt (socket, ZMQ_RCVMORE, &more, &size) == -1)
            return -1;
    }
    return 0;
}

bstar_t *bstar_new (void *context, bstar_state_t start, reactor_t *reactor,
                    const char *local_role, const char *local,
                    const char *remote_role, const char *remote)
{
    bstar_t *self = (bstar_t *) ex_alloc (sizeof (bstar_t));
    self->reactor = reactor;
    self->state = start;
    self->heartbeat_ms = ex_number ("HEARTBEAT_MS", 1000);
    self->peer_expiry = s_clock () + 2 * self->heartbeat_ms;
    self->state_out = ex_socket (context, ZMQ_PUB);
    ex_bind (self->state_out, local_role, local);
    self->state_in = ex_socket (context, ZMQ_SUB);
    ex_subscribe (self->state_in, "");
    ex_connect (self->state_in, remote_role, remote);
    reactor_timer (reactor, (int) self->heartbeat_ms, 0, s_publish_state, self);
    reactor_reader (reactor, self->state_in, s_on_state, self);
    return self;
}

void bstar_destroy (bstar_t **self)
{
    if (!*self)
        return;
    zmq_close ((*self)->state_out);
    zmq_close ((*self)->state_in);
    free (*self);
    *self = NULL;
}

void bstar_voter (bstar_t *self, void *socket, reactor_fn *handler, void *argument)
{
    self->voter_fn = handler;
    self->voter_arg = argument;
    reactor_reader (self->reactor, socket, s_on_vote, self);
}

void bstar_on_active (bstar_t *self, reactor_fn *handler, void *argument)
{
    self->active_fn = handler;
    self->active_arg = argument;
}

void bstar_on_passive (bstar_t *self, reactor_fn *handler, void *argument)
{
    self->passive_fn = handler;
    self->passive_arg = argument;
}
