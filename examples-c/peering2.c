//  Cluster of brokers, part 2: local and cloud flow. Each broker has clients
//  and workers of its own; one request in five (ZMQ_EXAMPLE_CLOUD_PERCENT)
//  goes to another broker, when that one is connected and we have a choice.
//  Starts at Enter, or at once with ZMQ_EXAMPLE_START=1. Ends when
//  ZMQ_EXAMPLE_COUNT replies came back to our own clients.

#include "example.h"
#include "multipart.h"

enum { CLIENTS = 10, WORKERS = 3 };
#define READY "\001"

static char *s_local_frontend, *s_local_backend;
static int s_pause_ms;

static void *s_client (void *context)
{
    void *client = ex_socket (context, ZMQ_REQ);
    ex_set_int (client, ZMQ_LINGER, 0);
    ex_connect_to (client, s_local_frontend);
    while (s_send (client, "HELLO") != -1) {
        char *reply = s_recv (client);
        if (!reply)
            break;
        printf ("Client: %s\n", reply);
        free (reply);
        s_sleep (s_pause_ms);
    }
    zmq_close (client);
    return NULL;
}

static void *s_worker (void *context)
{
    void *worker = ex_socket (context, ZMQ_REQ);
    ex_set_int (worker, ZMQ_LINGER, 0);
    ex_connect_to (worker, s_local_backend);
    zmq_send (worker, READY, 1, 0);
    for (;;) {
        //  [addresses...] [] [request]; the last frame becomes the reply
        multipart_t *message = mp_recv (worker);
        if (!message)
            break;
        printf ("Worker: %s\n", mp_data (message, message->count - 1));
        frame_t *body = &message->frames [message->count - 1];
        free (body->data);
        body->data = ex_format ("OK");
        body->size = 2;
        if (mp_send (&message, worker) == -1)
            break;
    }
    zmq_close (worker);
    return NULL;
}

static void *s_bound (void *context, const char *self, const char *kind)
{
    void *socket = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (socket, ZMQ_LINGER, 0);
    zmq_setsockopt (socket, ZMQ_IDENTITY, self, strlen (self));
    char *endpoint = ex_format ("ipc://%s-%s.ipc", self, kind);
    ex_bind_to (socket, kind, endpoint);
    free (endpoint);
    return socket;
}

int main (int argc, char *argv [])
{
    ex_start ();
    if (argc < 2) {
        printf ("syntax: peering2 me {you}...\n");
        return 2;
    }
    const char *self = argv [1];
    int peers = argc - 2;
    long count = ex_count (0), replies = 0;
    int cloud_percent = (int) ex_number ("CLOUD_PERCENT", 20);
    s_pause_ms = (int) ex_number ("PAUSE_MS", 1000);
    printf ("I: preparing broker at %s...\n", self);

    void *context = zmq_ctx_new ();
    void *cloudfe = s_bound (context, self, "cloud");
    void *localfe = s_bound (context, self, "localfe");
    void *localbe = s_bound (context, self, "localbe");
    s_local_frontend = ex_last_endpoint (localfe);
    s_local_backend = ex_last_endpoint (localbe);

    //  A peer that is not connected yet must be noticed, not lose a request
    void *cloudbe = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (cloudbe, ZMQ_LINGER, 0);
    ex_set_int (cloudbe, ZMQ_ROUTER_MANDATORY, 1);
    zmq_setsockopt (cloudbe, ZMQ_IDENTITY, self, strlen (self));
    for (int i = 2; i < argc; i++) {
        printf ("I: connecting to cloud frontend at '%s'\n", argv [i]);
        char *endpoint = ex_format ("ipc://%s-cloud.ipc", argv [i]);
        ex_connect_to (cloudbe, endpoint);
        free (endpoint);
    }
    if (!ex_number ("START", 0)) {
        printf ("Press Enter when all brokers are started: ");
        fflush (stdout);
        getchar ();
    }
    pthread_t threads [CLIENTS + WORKERS];
    for (int i = 0; i < CLIENTS + WORKERS; i++)
        threads [i] = ex_thread (i < CLIENTS ? s_client : s_worker, context);

    frame_t workers [WORKERS];
    int waiting = 0;
    while (!s_interrupted && (!count || replies < count)) {
        zmq_pollitem_t backends [] = {
            { localbe, 0, ZMQ_POLLIN, 0 },
            { cloudbe, 0, ZMQ_POLLIN, 0 },
            { localfe, 0, ZMQ_POLLIN, 0 },
            { cloudfe, 0, ZMQ_POLLIN, 0 }
        };
        //  Requests are of interest while a worker is free
        if (zmq_poll (backends, waiting ? 4 : 2, -1) == -1)
            break;
        //  One reply, from a worker here or from another broker
        multipart_t *message = NULL;
        if (backends [0].revents & ZMQ_POLLIN) {
            message = mp_recv (localbe);
            if (!message)
                break;
            assert (waiting < WORKERS);
            workers [waiting++] = mp_unwrap (message);
            if (mp_is (message, 0, READY, 1))
                mp_destroy (&message);
        }
        else
        if (backends [1].revents & ZMQ_POLLIN) {
            message = mp_recv (cloudbe);
            if (!message)
                break;
            free (mp_pop (message).data);       //  which broker answered
        }
        if (message) {
            bool ours = true;
            for (int i = 2; i < argc; i++)
                if (mp_is_str (message, 0, argv [i]))
                    ours = false;
            replies += ours;
            mp_send (&message, ours ? localfe : cloudfe);
        }
        //  As many requests as we have workers; other brokers come first
        while (waiting) {
            zmq_pollitem_t frontends [] = {
                { localfe, 0, ZMQ_POLLIN, 0 },
                { cloudfe, 0, ZMQ_POLLIN, 0 }
            };
            if (zmq_poll (frontends, 2, 0) <= 0)
                break;
            bool local = !(frontends [1].revents & ZMQ_POLLIN);
            multipart_t *request = mp_recv (local ? localfe : cloudfe);
            if (!request)
                break;
            if (local && peers && randof (100) < cloud_percent) {
                multipart_t *copy = mp_dup (request);
                mp_push_str (copy, argv [2 + randof (peers)]);
                if (mp_send (&copy, cloudbe) == 0) {
                    mp_destroy (&request);
                    continue;
                }
            }
            mp_wrap (request, workers [0].data, workers [0].size);
            mp_send (&request, localbe);
            free (workers [0].data);
            waiting--;
            memmove (workers, workers + 1, waiting * sizeof workers [0]);
        }
    }
    zmq_ctx_shutdown (context);
    for (int i = 0; i < CLIENTS + WORKERS; i++)
        pthread_join (threads [i], NULL);
    while (waiting)
        free (workers [--waiting].data);
    free (s_local_frontend);
    free (s_local_backend);
    zmq_close (localfe);
    zmq_close (localbe);
    zmq_close (cloudfe);
    zmq_close (cloudbe);
    ex_term (context);
    return 0;
}
