//  mdwrkapi.c - Majordomo worker: registers with the broker, exchanges
//  heartbeats with it, and registers anew when it falls silent or says so

#include "mdwrkapi.h"
#include "example.h"

enum { LIVENESS = 3 };

struct mdwrk {
    void *context;
    char *broker, *service;
    bool verbose;
    void *socket;
    int64_t heartbeat_at;
    int liveness;
    int heartbeat_ms, reconnect_ms;
    frame_t client;             //  who waits for the reply; data NULL: nobody
};

//  [] [MDPW01] [command] [option] [body...]; the body is destroyed
static void s_tell_broker (mdwrk_t *self, const char *command, const char *option, multipart_t *body)
{
    multipart_t *message = body ? body : mp_new ();
    if (option)
        mp_push_str (message, option);
    mp_push (message, command, 1);
    mp_push_str (message, MDPW_WORKER);
    mp_push_str (message, "");
    if (self->verbose) {
        s_console ("I: sending %s to broker", mdps_commands [(int) *command]);
        mp_dump (message, stdout);
    }
    mp_send (&message, self->socket);
}

static void s_reconnect (mdwrk_t *self)
{
    if (self->socket)
        zmq_close (self->socket);
    self->socket = ex_socket (self->context, ZMQ_DEALER);
    ex_set_int (self->socket, ZMQ_LINGER, 0);
    ex_connect_to (self->socket, self->broker);
    if (self->verbose)
        s_console ("I: connecting to broker at %s...", self->broker);
    s_tell_broker (self, MDPW_READY, self->service, NULL);
    self->liveness = LIVENESS;
    self->heartbeat_at = s_clock () + self->heartbeat_ms;
}

mdwrk_t *mdwrk_new (void *context, const char *broker, const char *service, bool verbose)
{
    mdwrk_t *self = (mdwrk_t *) ex_alloc (sizeof (mdwrk_t));
    self->context = context;
    self->broker = ex_format ("%s", broker);
    self->service = ex_format ("%s", service);
    self->verbose = verbose;
    self->heartbeat_ms = (int) ex_number ("HEARTBEAT_MS", 2500);
    self->reconnect_ms = (int) ex_number ("RECONNECT_MS", 2500);
    s_reconnect (self);
    return self;
}

void mdwrk_destroy (mdwrk_t **self)
{
    if (!*self)
        return;
    zmq_close ((*self)->socket);
    free ((*self)->broker);
    free ((*self)->service);
    free ((*self)->client.data);
    free (*self);
    *self = NULL;
}

void mdwrk_set_heartbeat (mdwrk_t *self, int heartbeat_ms)
{
    self->heartbeat_ms = heartbeat_ms;
}

void mdwrk_set_reconnect (mdwrk_t *self, int reconnect_ms)
{
    self->reconnect_ms = reconnect_ms;
}

//  A request for the application, or NULL when the message was for us alone
static multipart_t *s_handle (mdwrk_t *self, multipart_t *message)
{
    bool valid = message->count >= 3 && mp_size (message, 0) == 0
              && mp_is_str (message, 1, MDPW_WORKER);
    if (valid && mp_is (message, 2, MDPW_REQUEST, 1) && message->count >= 6) {
        //  [] [MDPW01] [REQUEST] [client] [] [body...]
        for (int i = 0; i < 3; i++)
            free (mp_pop (message).data);
        self->client = mp_unwrap (message);
        return message;
    }
    if (valid && mp_is (message, 2, MDPW_DISCONNECT, 1))
        s_reconnect (self);
    else
    if (!valid || !mp_is (message, 2, MDPW_HEARTBEAT, 1)) {
        printf ("E: invalid message from broker\n");
        mp_dump (message, stdout);
    }
    mp_destroy (&message);
    return NULL;
}

multipart_t *mdwrk_recv (mdwrk_t *self, multipart_t **reply)
{
    if (*reply) {
        if (self->client.data) {
            mp_wrap (*reply, self->client.data, self->client.size);
            free (self->client.data);
            self->client = (frame_t) { 0, NULL };
            s_tell_broker (self, MDPW_REPLY, NULL, *reply);
            *reply = NULL;
        }
        else
            mp_destroy (reply);
    }
    while (!s_interrupted) {
        int rc = ex_wait (self->socket, self->heartbeat_ms);
        if (rc == -1)
            return NULL;
        if (rc == 1) {
            multipart_t *message = mp_recv (self->socket);
            if (!message)
                return NULL;
            if (self->verbose) {
                s_console ("I: received message from broker:");
                mp_dump (message, stdout);
            }
            self->liveness = LIVENESS;
            multipart_t *request = s_handle (self, message);
            if (request)
                return request;
        }
        else
        if (--self->liveness == 0) {
            if (self->verbose)
                s_console ("W: disconnected from broker - retrying...");
            s_sleep (self->reconnect_ms);
            if (ex_wait (self->socket, 0) == -1)
                return NULL;    //  the context has ended meanwhile
            s_reconnect (self);
        }
        if (s_clock () >= self->heartbeat_at) {
            s_tell_broker (self, MDPW_HEARTBEAT, NULL, NULL);
            self->heartbeat_at = s_clock () + self->heartbeat_ms;
        }
    }
    return NULL;
}
