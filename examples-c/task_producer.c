//  Task distribution, producer: so many tasks (count, default 100) to the
//  workers, and an event for each to the monitor.

#include "example.h"

int main (void)
{
    ex_start ();
    long count = ex_count (100), sent = 0;
    void *context = zmq_ctx_new ();
    void *tasks = ex_socket (context, ZMQ_PUSH);
    ex_set_int (tasks, ZMQ_LINGER, -1);
    ex_bind (tasks, "TASKS", "tcp://*:5557");
    //  XPUB hears when the monitor listens
    void *events = ex_socket (context, ZMQ_XPUB);
    ex_connect (events, "EVENTS", "tcp://localhost:5559");
    if (ex_number ("AWAIT_MONITOR", 0))
        free (s_recv (events));
    for (; sent < count && !s_interrupted; sent++) {
        char task [64];
        snprintf (task, sizeof task, "task_%ld", sent + 1);
        if (s_send (tasks, task) == -1)
            break;
        s_sendmore (events, "task_created");
        s_send (events, task);
    }
    printf ("%ld tasks sent\n", sent);
    zmq_close (tasks);
    zmq_close (events);
    ex_term (context);
    return sent == count ? 0 : 1;
}
