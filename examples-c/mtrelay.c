//  Three threads that signal each other in a chain, over inproc PAIR sockets.
//  Each binds before it starts the thread that will connect. The whole chain
//  is run ZMQ_EXAMPLE_COUNT times.

#include "example.h"

static void s_signal (void *context, const char *endpoint)
{
    void *sender = ex_socket (context, ZMQ_PAIR);
    ex_connect_to (sender, endpoint);
    s_send (sender, "READY");
    zmq_close (sender);
}

static void s_await (void *receiver)
{
    char *signal = s_recv (receiver);
    if (!signal || strneq (signal, "READY"))
        ex_die ("no signal");
    free (signal);
    zmq_close (receiver);
}

static void *s_receiver (void *context, const char *endpoint)
{
    void *receiver = ex_socket (context, ZMQ_PAIR);
    if (zmq_bind (receiver, endpoint) == -1)
        ex_die (endpoint);
    return receiver;
}

static void *s_step1 (void *context)
{
    printf ("Step 1 ready, signaling step 2\n");
    s_signal (context, "inproc://step2");
    return NULL;
}

static void *s_step2 (void *context)
{
    void *receiver = s_receiver (context, "inproc://step2");
    pthread_t step1 = ex_thread (s_step1, context);
    s_await (receiver);
    printf ("Step 2 ready, signaling step 3\n");
    s_signal (context, "inproc://step3");
    pthread_join (step1, NULL);
    return NULL;
}

int main (void)
{
    ex_start ();
    for (long left = ex_count (1); left > 0; left--) {
        void *context = zmq_ctx_new ();
        void *receiver = s_receiver (context, "inproc://step3");
        pthread_t step2 = ex_thread (s_step2, context);
        s_await (receiver);
        printf ("Test successful!\n");
        pthread_join (step2, NULL);
        ex_term (context);
    }
    return 0;
}
