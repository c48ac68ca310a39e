//  Task sink, second design: as tasksink, and when the batch is done it tells
//  the workers to end. ZMQ_EXAMPLE_WORKERS makes it wait for so many control
//  subscriptions, which it sees because the control socket is an XPUB.

#include "example.h"

int main (void)
{
    ex_start ();
    long tasks = ex_count (100), done = 0;
    long workers = ex_number ("WORKERS", 0);

    void *context = zmq_ctx_new ();
    void *receiver = ex_socket (context, ZMQ_PULL);
    ex_bind (receiver, "SINK", "tcp://*:5558");
    void *controller = ex_socket (context, ZMQ_XPUB);
    ex_set_int (controller, ZMQ_XPUB_VERBOSE, 1);
    ex_bind (controller, "CONTROL", "tcp://*:5559");

    bool running = true;
    while (running && workers-- > 0) {
        char *subscription = s_recv (controller);
        running = subscription != NULL;
        free (subscription);
    }
    char *signal = running ? s_recv (receiver) : NULL;
    running = signal != NULL;
    free (signal);
    int64_t started = s_clock ();
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
    s_send (controller, "KILL");

    zmq_close (receiver);
    zmq_close (controller);
    ex_term (context);
    return done == tasks ? 0 : 1;
}
