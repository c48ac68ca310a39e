//  flcliapi.c - Freelance client. The thread keeps one ROUTER connected to all
//  servers, pings those it has not heard for two seconds, takes those silent
//  for six as dead, and gives each request to the first living one.

#include "flcliapi.h"
#include "example.h"
#include "list.h"

enum { PING_MS = 2000, TTL_MS = 6000, REQUEST_MS = 3000 };

typedef struct {
    char *endpoint;             //  also its identity
    bool alive;
    int64_t ping_at, expires;
} server_t;

typedef struct {
    void *context, *pipe, *router;
    list_t servers;
    list_t actives;             //  living servers, in the order they came up
    uint32_t sequence;
    multipart_t *request;       //  the one under way, [sequence] in front
    int64_t request_expires;
    server_t *asked;            //  who has it now; NULL: nobody
} agent_t;

struct flcliapi {
    void *pipe;
    agent_t *agent;
    pthread_t thread;
};

static void s_reply_failed (agent_t *self)
{
    mp_destroy (&self->request);
    self->asked = NULL;
    s_send (self->pipe, "FAILED");
}

//  [CONNECT] [endpoint], [REQUEST] [body...], or [STOP]: false
static bool s_on_application (agent_t *self, multipart_t *message)
{
    char *command = mp_pop_str (message);
    bool running = strneq (command, "STOP");
    if (streq (command, "CONNECT")) {
        server_t *server = (server_t *) ex_alloc (sizeof (server_t));
        server->endpoint = mp_pop_str (message);
        printf ("I: connecting to %s...\n", server->endpoint);
        ex_connect_to (self->router, server->endpoint);
        server->ping_at = s_clock () + 10;      //  soon: the handshake comes first
        list_append (&self->servers, server);
        mp_destroy (&message);
    }
    else
    if (streq (command, "REQUEST")) {
        char number [16];
        snprintf (number, sizeof number, "%u", ++self->sequence);
        mp_push_str (message, number);
        self->request = message;
        self->request_expires = s_clock () + REQUEST_MS;
    }
    else
        mp_destroy (&message);
    free (command);
    return running;
}

//  [endpoint] [PONG], or [endpoint] [sequence] [body...]
static void s_on_server (agent_t *self, multipart_t *message)
{
    server_t *server = NULL;
    for (size_t i = 0; i < self->servers.count && !server; i++) {
        server_t *candidate = (server_t *) list_at (&self->servers, i);
        if (mp_is_str (message, 0, candidate->endpoint))
            server = candidate;
    }
    if (server) {
        if (!server->alive) {
            server->alive = true;
            list_append (&self->actives, server);
        }
        server->ping_at = s_clock () + PING_MS;
        server->expires = s_clock () + TTL_MS;
        free (mp_pop (message).data);
        //  A second reply to the same request finds no request
        if (self->request && mp_size (self->request, 0) == mp_size (message, 0)
        &&  mp_is_str (message, 0, mp_data (self->request, 0))) {
            free (mp_pop (message).data);
            mp_push_str (message, "OK");
            mp_send (&message, self->pipe);
            mp_destroy (&self->request);
            self->asked = NULL;
        }
    }
    mp_destroy (&message);
}

static void s_check_servers (agent_t *self)
{
    int64_t now = s_clock ();
    for (size_t i = 0; i < self->servers.count; i++) {
        server_t *server = (server_t *) list_at (&self->servers, i);
        if (now >= server->ping_at) {
            multipart_t *ping = mp_new ();
            mp_append_str (ping, server->endpoint);
            mp_append_str (ping, "PING");
            mp_send (&ping, self->router);
            //  A ping to a server that is not connected yet is lost
            server->ping_at = now + (server->alive ? PING_MS : 100);
        }
        if (server->alive && now >= server->expires) {
            server->alive = false;
            list_remove (&self->actives, server);
            if (self->asked == server)
                self->asked = NULL;
        }
    }
}

static void s_check_request (agent_t *self)
{
    if (!self->request)
        return;
    if (s_clock () >= self->request_expires) {
        s_reply_failed (self);
        return;
    }
    server_t *server = (server_t *) list_at (&self->actives, 0);
    if (server && server != self->asked) {
        multipart_t *copy = mp_dup (self->request);
        mp_push_str (copy, server->endpoint);
        mp_send (&copy, self->router);
        self->asked = server;
    }
}

static long s_timeout (agent_t *self)
{
    int64_t next = s_clock () + 3600 * 1000;
    if (self->request && self->request_expires < next)
        next = self->request_expires;
    for (size_t i = 0; i < self->servers.count; i++) {
        server_t *server = (server_t *) list_at (&self->servers, i);
        if (server->ping_at < next)
            next = server->ping_at;
        if (server->alive && server->expires < next)
            next = server->expires;
    }
    int64_t left = next - s_clock ();
    return left > 0 ? (long) left : 0;
}

static void *s_agent (void *argument)
{
    agent_t *self = (agent_t *) argument;
    bool running = true;
    zmq_pollitem_t items [] = {
        { self->pipe, 0, ZMQ_POLLIN, 0 },
        { self->router, 0, ZMQ_POLLIN, 0 }
    };
    while (running) {
        //  While a request is under way the next one waits in the pipe, but
        //  the application sends none before it has its reply
        if (zmq_poll (items, 2, s_timeout (self)) == -1)
            break;
        if (items [0].revents & ZMQ_POLLIN) {
            multipart_t *message = mp_recv (self->pipe);
            running = message && s_on_application (self, message);
        }
        if (running && (items [1].revents & ZMQ_POLLIN)) {
            multipart_t *message = mp_recv (self->router);
            if (message)
                s_on_server (self, message);
        }
        s_check_servers (self);
        s_check_request (self);
    }
    for (server_t *server; (server = (server_t *) list_pop (&self->servers));) {
        free (server->endpoint);
        free (server);
    }
    list_close (&self->servers);
    list_close (&self->actives);
    mp_destroy (&self->request);
    zmq_close (self->router);
    zmq_close (self->pipe);
    free (self);
    return NULL;
}

flcliapi_t *flcliapi_new (void *context)
{
    flcliapi_t *self = (flcliapi_t *) ex_alloc (sizeof (flcliapi_t));
    char *endpoint = ex_format ("inproc://flcliapi-%p", (void *) self);
    self->pipe = ex_socket (context, ZMQ_PAIR);
    if (zmq_bind (self->pipe, endpoint) == -1)
        ex_die (endpoint);
    agent_t *agent = (agent_t *) ex_alloc (sizeof (agent_t));
    agent->context = context;
    agent->pipe = ex_socket (context, ZMQ_PAIR);
    ex_connect_to (agent->pipe, endpoint);
    agent->router = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (agent->router, ZMQ_LINGER, 0);
    free (endpoint);
    self->thread = ex_thread (s_agent, agent);
    return self;
}

void flcliapi_destroy (flcliapi_t **self)
{
    if (!*self)
        return;
    s_send ((*self)->pipe, "STOP");
    pthread_join ((*self)->thread, NULL);
    zmq_close ((*self)->pipe);
    free (*self);
    *self = NULL;
}

void flcliapi_connect (flcliapi_t *self, const char *endpoint)
{
    s_sendmore (self->pipe, "CONNECT");
    s_send (self->pipe, endpoint);
}

multipart_t *flcliapi_request (flcliapi_t *self, multipart_t **request)
{
    mp_push_str (*request, "REQUEST");
    if (mp_send (request, self->pipe) == -1)
        return NULL;
    multipart_t *reply = mp_recv (self->pipe);
    if (!reply)
        return NULL;
    char *status = mp_pop_str (reply);
    if (strneq (status, "OK"))
        mp_destroy (&reply);
    free (status);
    return reply;
}
