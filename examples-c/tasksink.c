//  Task sink: waits for the start signal, then counts 100 results
//  (ZMQ_EXAMPLE_COUNT) and prints how long the batch took.

#include "example.h"

int main (void)
{
    ex_start ();
    long tasks = ex_count (100), done = 0;

    void *context = zmq_ctx_new ();
    void *receiver = ex_socket (context, ZMQ_PULL);
    ex_bind (receiver, "SINK", "tcp://*:5558");

    char *signal = s_recv (receiver);
    int64_t started = s_clock ();
    bool running = signal != NULL;
    free (signal);
    while (running && done < tasks) {
        char *result = s_recv (receiver);
        if (!result)
            break;
        free (result);
        putchar (done % 10 == 0 ? ':' : '.');
        fflush (stdout);
        done++;
    }
    printf ("\nTotal elapsed time: %d msec\n", (int) (s_clock () - started));
    zmq_close (receiver);
    ex_term (context);
    return done == tasks ? 0 : 1;
}
