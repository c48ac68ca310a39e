//  mdcliapi.c - Majordomo client, one request at a time: a Lazy Pirate

#include "mdcliapi.h"
#include "example.h"

struct mdcli {
    void *context;
    char *broker;
    bool verbose;
    void *socket;
    int timeout_ms;
    int retries;
};

static void s_reconnect (mdcli_t *self)
{
    if (self->socket)
        zmq_close (self->socket);
    self->socket = ex_socket (self->context, ZMQ_REQ);
    ex_set_int (self->socket, ZMQ_LINGER, 0);
    ex_connect_to (self->socket, self->broker);
    if (self->verbose)
        s_console ("I: connecting to broker at %s...", self->broker);
}

mdcli_t *mdcli_new (void *context, const char *broker, bool verbose)
{
    mdcli_t *self = (mdcli_t *) ex_alloc (sizeof (mdcli_t));
    self->context = context;
    self->broker = ex_format ("%s", broker);
    self->verbose = verbose;
    self->timeout_ms = 2500;
    self->retries = 3;
    s_reconnect (self);
    return self;
}

void mdcli_destroy (mdcli_t **self)
{
    if (!*self)
        return;
    zmq_close ((*self)->socket);
    free ((*self)->broker);
    free (*self);
    *self = NULL;
}

void mdcli_set_timeout (mdcli_t *self, int timeout_ms)
{
    self->timeout_ms = timeout_ms;
}

void mdcli_set_retries (mdcli_t *self, int retries)
{
    self->retries = retries;
}

multipart_t *mdcli_send (mdcli_t *self, const char *service, multipart_t **request)
{
    //  [MDPC01] [service] [body...]; REQ adds the empty frame
    mp_push_str (*request, service);
    mp_push_str (*request, MDPC_CLIENT);
    multipart_t *reply = NULL;
    for (int tries = self->retries; tries > 0 && !reply; tries--) {
        multipart_t *copy = mp_dup (*request);
        if (mp_send (&copy, self->socket) == -1)
            break;
        int rc = ex_wait (self->socket, self->timeout_ms);
        if (rc == -1)
            break;
        if (rc == 0) {
            if (self->verbose)
                s_console (tries > 1 ? "W: no reply, reconnecting..."
                                     : "W: permanent error, abandoning");
            s_reconnect (self);
            continue;
        }
        reply = mp_recv (self->socket);
        if (!reply)
            break;
        if (self->verbose)
            mp_dump (reply, stdout);
        if (reply->count < 3 || !mp_is_str (reply, 0, MDPC_CLIENT)
        || !mp_is_str (reply, 1, service)) {
            printf ("E: malformed reply\n");
            mp_destroy (&reply);
            s_reconnect (self);
        }
    }
    mp_destroy (request);
    if (reply) {
        free (mp_pop (reply).data);
        free (mp_pop (reply).data);
    }
    return reply;
}
