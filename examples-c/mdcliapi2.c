//  mdcliapi2.c - Majordomo client, many requests in flight, on a DEALER

#include "mdcliapi2.h"
#include "example.h"

struct mdcli2 {
    void *socket;
    bool verbose;
    int timeout_ms;
};

mdcli2_t *mdcli2_new (void *context, const char *broker, bool verbose)
{
    mdcli2_t *self = (mdcli2_t *) ex_alloc (sizeof (mdcli2_t));
    self->verbose = verbose;
    self->timeout_ms = 2500;
    self->socket = ex_socket (context, ZMQ_DEALER);
    ex_set_int (self->socket, ZMQ_LINGER, 0);
    ex_connect_to (self->socket, broker);
    return self;
}

void mdcli2_destroy (mdcli2_t **self)
{
    if (!*self)
        return;
    zmq_close ((*self)->socket);
    free (*self);
    *self = NULL;
}

void mdcli2_set_timeout (mdcli2_t *self, int timeout_ms)
{
    self->timeout_ms = timeout_ms;
}

int mdcli2_send (mdcli2_t *self, const char *service, multipart_t **request)
{
    //  [] [MDPC01] [service] [body...]
    mp_push_str (*request, service);
    mp_push_str (*request, MDPC_CLIENT);
    mp_push_str (*request, "");
    if (self->verbose)
        mp_dump (*request, stdout);
    return mp_send (request, self->socket);
}

multipart_t *mdcli2_recv (mdcli2_t *self)
{
    if (ex_wait (self->socket, self->timeout_ms) != 1)
        return NULL;
    multipart_t *reply = mp_recv (self->socket);
    if (!reply)
        return NULL;
    if (self->verbose)
        mp_dump (reply, stdout);
    if (reply->count < 4 || mp_size (reply, 0) != 0 || !mp_is_str (reply, 1, MDPC_CLIENT)) {
        printf ("E: malformed reply\n");
        mp_destroy (&reply);
        return NULL;
    }
    for (int i = 0; i < 3; i++)
        free (mp_pop (reply).data);
    return reply;
}
