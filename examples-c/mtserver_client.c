//  Clients and workers as threads of one process: five of each, over inproc,
//  with a proxy between them. Ends after ZMQ_EXAMPLE_COUNT replies.

#include "example.h"

enum { THREADS = 5 };

static int s_work_ms;

static void *s_client (void *context)
{
    void *sender = ex_socket (context, ZMQ_REQ);
    ex_connect_to (sender, "inproc://clients");
    void *report = ex_socket (context, ZMQ_PUSH);
    ex_connect_to (report, "inproc://replies");
    while (s_send (sender, "Hello") != -1) {
        char *reply = s_recv (sender);
        if (!reply || s_send (report, reply) == -1) {
            free (reply);
            break;
        }
        free (reply);
    }
    zmq_close (sender);
    zmq_close (report);
    return NULL;
}

static void *s_worker (void *context)
{
    void *receiver = ex_socket (context, ZMQ_REP);
    ex_connect_to (receiver, "inproc://workers");
    for (;;) {
        char *request = s_recv (receiver);
        if (!request)
            break;
        printf ("Received request: [%s]\n", request);
        free (request);
        s_sleep (s_work_ms);
        if (s_send (receiver, "World") == -1)
            break;
    }
    zmq_close (receiver);
    return NULL;
}

//  sockets: clients and workers
static void *s_proxy (void *argument)
{
    void **sockets = (void **) argument;
    zmq_proxy (sockets [0], sockets [1], NULL);
    zmq_close (sockets [0]);
    zmq_close (sockets [1]);
    return NULL;
}

static void *s_bound (void *context, int type, const char *endpoint)
{
    void *socket = ex_socket (context, type);
    if (zmq_bind (socket, endpoint) == -1)
        ex_die (endpoint);
    return socket;
}

int main (void)
{
    ex_start ();
    long count = ex_count (0), replies = 0;
    s_work_ms = (int) ex_number ("WORK_MS", 1000);
    void *context = zmq_ctx_new ();
    void *report = s_bound (context, ZMQ_PULL, "inproc://replies");
    void *sockets [2] = { s_bound (context, ZMQ_ROUTER, "inproc://clients"),
                          s_bound (context, ZMQ_DEALER, "inproc://workers") };
    pthread_t pool [2 * THREADS + 1];
    for (int i = 0; i < THREADS; i++) {
        pool [i] = ex_thread (s_worker, context);
        pool [THREADS + i] = ex_thread (s_client, context);
    }
    pool [2 * THREADS] = ex_thread (s_proxy, sockets);
    while (!s_interrupted && (!count || replies < count)) {
        char *reply = s_recv (report);
        if (!reply)
            break;
        printf ("Received reply: [%s]\n", reply);
        free (reply);
        replies++;
    }
    zmq_ctx_shutdown (context);
    for (int i = 0; i < 2 * THREADS + 1; i++)
        pthread_join (pool [i], NULL);
    zmq_close (report);
    ex_term (context);
    return 0;
}
