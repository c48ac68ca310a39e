//  Task worker: pulls workloads (milliseconds), sleeps that long, reports
//  each to the sink. Ends with a signal or after ZMQ_EXAMPLE_COUNT tasks.

#include "example.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0), done = 0;

    void *context = zmq_ctx_new ();
    void *receiver = ex_socket (context, ZMQ_PULL);
    ex_connect (receiver, "VENTILATOR", "tcp://localhost:5557");
    void *sender = ex_socket (context, ZMQ_PUSH);
    ex_connect (sender, "SINK", "tcp://localhost:5558");

    while (!s_interrupted && (!count || done < count)) {
        char *workload = s_recv (receiver);
        if (!workload)
            break;
        printf ("%s.", workload);
        fflush (stdout);
        s_sleep (atoi (workload));
        free (workload);
        if (s_send (sender, "") == -1)
            break;
        done++;
    }
    printf ("\nDone: %ld tasks\n", done);
    zmq_close (receiver);
    zmq_close (sender);
    ex_term (context);
    return 0;
}
