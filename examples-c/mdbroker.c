//  Majordomo broker, MDP/0.1 with MMI: one ROUTER socket for clients and
//  workers. Services exist by name; each has its waiting workers and its
//  pending requests. Workers that fall silent for three heartbeats
//  (ZMQ_EXAMPLE_HEARTBEAT_MS, 2500) are forgotten. -v prints every message.

#include "example.h"
#include "list.h"
#include "mdp.h"
#include "multipart.h"
#include "table.h"

enum { LIVENESS = 3 };

typedef struct {
    void *socket;
    bool verbose;
    long heartbeat_ms;
    table_t *services;          //  service_t by name
    table_t *workers;           //  worker_t by identity in hexadecimal
} broker_t;

typedef struct {
    char *name;
    list_t requests;            //  multipart_t: [client] [] [body...]
    list_t waiting;             //  worker_t, longest-waiting first
    size_t workers;             //  how many there are, waiting or not
} service_t;

typedef struct {
    char *id;
    frame_t identity;
    service_t *service;
    int64_t expiry;
} worker_t;

static void s_free_service (void *item)
{
    service_t *service = (service_t *) item;
    multipart_t *request;
    while ((request = (multipart_t *) list_pop (&service->requests)))
        mp_destroy (&request);
    list_close (&service->requests);
    list_close (&service->waiting);
    free (service->name);
    free (service);
}

static void s_free_worker (void *item)
{
    worker_t *worker = (worker_t *) item;
    free (worker->id);
    free (worker->identity.data);
    free (worker);
}

static service_t *s_service (broker_t *self, const char *name)
{
    service_t *service = (service_t *) table_get (self->services, name);
    if (!service) {
        service = (service_t *) ex_alloc (sizeof (service_t));
        service->name = ex_format ("%s", name);
        table_put (self->services, name, service);
        if (self->verbose)
            s_console ("I: added service: %s", name);
    }
    return service;
}

//  [worker] [] [MDPW01] [command] [body...]; the body is destroyed
static void s_tell_worker (broker_t *self, const frame_t *identity,
                           const char *command, multipart_t *body)
{
    multipart_t *message = body ? body : mp_new ();
    mp_push (message, command, 1);
    mp_push_str (message, MDPW_WORKER);
    mp_wrap (message, identity->data, identity->size);
    if (self->verbose) {
        s_console ("I: sending %s to worker", mdps_commands [(int) *command]);
        mp_dump (message, stdout);
    }
    mp_send (&message, self->socket);
}

//  Give pending requests to waiting workers
static void s_dispatch (broker_t *self, service_t *service)
{
    while (service->waiting.count && service->requests.count) {
        worker_t *worker = (worker_t *) list_pop (&service->waiting);
        multipart_t *request = (multipart_t *) list_pop (&service->requests);
        s_tell_worker (self, &worker->identity, MDPW_REQUEST, request);
    }
}

static void s_forget_worker (broker_t *self, worker_t *worker, bool tell)
{
    if (tell)
        s_tell_worker (self, &worker->identity, MDPW_DISCONNECT, NULL);
    list_remove (&worker->service->waiting, worker);
    worker->service->workers--;
    table_delete (self->workers, worker->id);
}

static void s_worker_waiting (broker_t *self, worker_t *worker)
{
    list_append (&worker->service->waiting, worker);
    worker->expiry = s_clock () + LIVENESS * self->heartbeat_ms;
    s_dispatch (self, worker->service);
}

//  [client] [] [MDPC01] [service] [body...] back to the client
static void s_answer_client (broker_t *self, const frame_t *client,
                             const char *service, multipart_t *body)
{
    mp_push_str (body, service);
    mp_push_str (body, MDPC_CLIENT);
    mp_wrap (body, client->data, client->size);
    mp_send (&body, self->socket);
}

//  message: what followed the header, that is [command] [body...]
static void s_from_worker (broker_t *self, frame_t sender, multipart_t *message)
{
    char *id = mp_hex (sender.data, sender.size);
    worker_t *worker = (worker_t *) table_get (self->workers, id);
    frame_t command = mp_pop (message);
    char code = command.size == 1 ? command.data [0] : 0;
    free (command.data);

    if (code == MDPW_READY [0]) {
        bool reserved = strncmp (mp_data (message, 0) ? mp_data (message, 0) : "mmi.", "mmi.", 4) == 0;
        if (worker)             //  READY twice is an error
            s_forget_worker (self, worker, true);
        else
        if (reserved)
            s_tell_worker (self, &sender, MDPW_DISCONNECT, NULL);
        else {
            worker = (worker_t *) ex_alloc (sizeof (worker_t));
            worker->id = ex_format ("%s", id);
            worker->identity = sender;
            sender.data = NULL;
            worker->service = s_service (self, mp_data (message, 0));
            worker->service->workers++;
            table_put (self->workers, id, worker);
            s_worker_waiting (self, worker);
            if (self->verbose)
                s_console ("I: worker created");
        }
    }
    else
    if (!worker)                //  we do not know it: it must register
        s_tell_worker (self, &sender, MDPW_DISCONNECT, NULL);
    else
    if (code == MDPW_REPLY [0] && message->count >= 3) {
        frame_t client = mp_unwrap (message);
        s_answer_client (self, &client, worker->service->name, message);
        message = NULL;
        free (client.data);
        s_worker_waiting (self, worker);
    }
    else
    if (code == MDPW_HEARTBEAT [0])
        worker->expiry = s_clock () + LIVENESS * self->heartbeat_ms;
    else
    if (code == MDPW_DISCONNECT [0])
        s_forget_worker (self, worker, false);
    else {
        printf ("E: invalid message from worker\n");
        mp_dump (message, stdout);
    }
    mp_destroy (&message);
    free (sender.data);
    free (id);
}

//  message: what followed the header, that is [service] [body...]
static void s_from_client (broker_t *self, frame_t sender, multipart_t *message)
{
    char *name = mp_pop_str (message);
    if (!name || message->count == 0) {
        printf ("E: invalid message from client\n");
        mp_destroy (&message);
    }
    else
    if (strncmp (name, "mmi.", 4) == 0) {
        const char *code = "501";
        if (streq (name, "mmi.service")) {
            const char *asked = mp_data (message, message->count - 1);
            service_t *service = (service_t *) table_get (self->services, asked);
            code = service && service->workers ? "200" : "404";
        }
        multipart_t *reply = mp_new ();
        mp_append_str (reply, code);
        s_answer_client (self, &sender, name, reply);
        mp_destroy (&message);
    }
    else {
        service_t *service = s_service (self, name);
        mp_wrap (message, sender.data, sender.size);
        list_append (&service->requests, message);
        s_dispatch (self, service);
    }
    free (name);
    free (sender.data);
}

static void s_heartbeat (broker_t *self)
{
    size_t at = 0;
    worker_t *worker;
    while ((worker = (worker_t *) table_next (self->workers, &at, NULL))) {
        if (worker->expiry <= s_clock ()) {
            printf ("I: worker %s expired\n", worker->id);
            s_forget_worker (self, worker, false);
        }
        else
            s_tell_worker (self, &worker->identity, MDPW_HEARTBEAT, NULL);
    }
}

int main (int argc, char *argv [])
{
    ex_start ();
    broker_t self = { NULL, argc > 1 && streq (argv [1], "-v"),
                      ex_number ("HEARTBEAT_MS", 2500),
                      table_new (s_free_service), table_new (s_free_worker) };
    void *context = zmq_ctx_new ();
    self.socket = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (self.socket, ZMQ_LINGER, 0);
    //  A client may have as many requests on their way as it likes
    ex_set_int (self.socket, ZMQ_SNDHWM, 0);
    ex_set_int (self.socket, ZMQ_RCVHWM, 0);
    ex_bind (self.socket, "BROKER", "tcp://*:5555");

    int64_t heartbeat_at = s_clock () + self.heartbeat_ms;
    while (!s_interrupted) {
        int64_t left = heartbeat_at - s_clock ();
        int rc = ex_wait (self.socket, left > 0 ? (long) left : 0);
        if (rc == -1)
            break;
        if (rc == 1) {
            multipart_t *message = mp_recv (self.socket);
            if (!message)
                break;
            if (self.verbose) {
                s_console ("I: received message:");
                mp_dump (message, stdout);
            }
            //  [sender] [] [header] ...
            frame_t sender = mp_pop (message);
            frame_t empty = mp_pop (message);
            frame_t header = mp_pop (message);
            if (header.data && empty.size == 0 && streq (header.data, MDPC_CLIENT))
                s_from_client (&self, sender, message);
            else
            if (header.data && empty.size == 0 && streq (header.data, MDPW_WORKER))
                s_from_worker (&self, sender, message);
            else {
                printf ("E: invalid message\n");
                mp_destroy (&message);
                free (sender.data);
            }
            free (empty.data);
            free (header.data);
        }
        if (s_clock () >= heartbeat_at) {
            s_heartbeat (&self);
            heartbeat_at = s_clock () + self.heartbeat_ms;
        }
    }
    table_destroy (&self.workers);
    table_destroy (&self.services);
    zmq_close (self.socket);
    ex_term (context);
    return 0;
}
