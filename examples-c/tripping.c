//  Round trips: the same requests through the same broker, one at a time and
//  all at once. A client thread, a broker thread, a worker thread.
//  ZMQ_EXAMPLE_COUNT synchronous requests (10000), ten times as many
//  asynchronous ones.

#include "example.h"
#include "multipart.h"

static char *s_frontend, *s_backend;

static void *s_worker (void *context)
{
    void *worker = ex_socket (context, ZMQ_DEALER);
    ex_set_int (worker, ZMQ_LINGER, 0);
    ex_connect_to (worker, s_backend);
    for (;;) {
        multipart_t *message = mp_recv (worker);
        if (!message || mp_send (&message, worker) == -1)
            break;
    }
    zmq_close (worker);
    return NULL;
}

//  sockets: frontend and backend
static void *s_broker (void *argument)
{
    void **sockets = (void **) argument;
    zmq_proxy (sockets [0], sockets [1], NULL);
    zmq_close (sockets [0]);
    zmq_close (sockets [1]);
    return NULL;
}

//  Send so many, then read so many; calls per second, 0 when interrupted
static double s_run (void *client, long requests, long at_once)
{
    int64_t started = s_clock ();
    for (long done = 0; done < requests; done += at_once) {
        for (long i = 0; i < at_once; i++)
            if (s_send (client, "hello") == -1)
                return 0;
        for (long i = 0; i < at_once; i++) {
            char *reply = s_recv (client);
            if (!reply)
                return 0;
            free (reply);
        }
    }
    int64_t elapsed = s_clock () - started;
    return requests * 1000.0 / (elapsed ? (double) elapsed : 1);
}

int main (void)
{
    ex_start ();
    long count = ex_count (10000);
    void *context = zmq_ctx_new ();
    //  All the requests of the second run are under way at once
    void *sockets [2] = { ex_socket (context, ZMQ_DEALER), ex_socket (context, ZMQ_DEALER) };
    void *client = ex_socket (context, ZMQ_DEALER);
    void *all [3] = { sockets [0], sockets [1], client };
    for (int i = 0; i < 3; i++) {
        ex_set_int (all [i], ZMQ_SNDHWM, 0);
        ex_set_int (all [i], ZMQ_RCVHWM, 0);
        ex_set_int (all [i], ZMQ_LINGER, 0);
    }
    ex_bind_to (sockets [0], "FRONTEND", ex_endpoint ("FRONTEND", "tcp://*:5555"));
    ex_bind_to (sockets [1], "BACKEND", ex_endpoint ("BACKEND", "tcp://*:5556"));
    s_frontend = ex_last_endpoint (sockets [0]);
    s_backend = ex_last_endpoint (sockets [1]);
    pthread_t broker = ex_thread (s_broker, sockets);
    pthread_t worker = ex_thread (s_worker, context);
    ex_connect_to (client, s_frontend);

    printf ("Synchronous round-trip test...\n");
    double sync_rate = s_run (client, count, 1);
    printf (" %.0f calls/second\n", sync_rate);
    printf ("Asynchronous round-trip test...\n");
    double async_rate = s_run (client, 10 * count, 10 * count);
    printf (" %.0f calls/second\n", async_rate);

    zmq_ctx_shutdown (context);
    pthread_join (worker, NULL);
    pthread_join (broker, NULL);
    zmq_close (client);
    free (s_frontend);
    free (s_backend);
    ex_term (context);
    return sync_rate > 0 && async_rate > 0 ? 0 : 1;
}
