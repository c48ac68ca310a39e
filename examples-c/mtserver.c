//  Multithreaded Hello World server: requests from outside are dealt to five
//  threads (ZMQ_EXAMPLE_THREADS) over inproc.

#include "example.h"

static int s_work_ms;

static void *s_worker (void *context)
{
    void *receiver = ex_socket (context, ZMQ_REP);
    ex_connect_to (receiver, "inproc://workers");
    for (;;) {
        char *request = s_recv (receiver);
        if (!request)
            break;              //  the context ends
        printf ("Received request: [%s]\n", request);
        free (request);
        s_sleep (s_work_ms);
        if (s_send (receiver, "World") == -1)
            break;
    }
    zmq_close (receiver);
    return NULL;
}

int main (void)
{
    ex_start ();
    enum { MAX_THREADS = 64 };
    long threads = ex_number ("THREADS", 5);
    if (threads < 1 || threads > MAX_THREADS)
        threads = 5;
    s_work_ms = (int) ex_number ("WORK_MS", 1000);

    void *context = zmq_ctx_new ();
    void *clients = ex_socket (context, ZMQ_ROUTER);
    ex_bind (clients, "HELLO", "tcp://*:5555");
    void *workers = ex_socket (context, ZMQ_DEALER);
    ex_bind_to (workers, "WORKERS", "inproc://workers");

    pthread_t pool [MAX_THREADS];
    for (long i = 0; i < threads; i++)
        pool [i] = ex_thread (s_worker, context);

    zmq_proxy (clients, workers, NULL);     //  returns when interrupted

    zmq_ctx_shutdown (context);
    for (long i = 0; i < threads; i++)
        pthread_join (pool [i], NULL);
    zmq_close (clients);
    zmq_close (workers);
    ex_term (context);
    return 0;
}
