//  Task distribution, worker: takes tasks, sends results, and an event for
//  each to the monitor. Argument 1 is its name.

#include "example.h"

int main (int argc, char *argv [])
{
    ex_start ();
    const char *name = argc > 1 ? argv [1] : "worker";
    int work_ms = (int) ex_number ("WORK_MS", 100);
    long done = 0;
    void *context = zmq_ctx_new ();
    void *tasks = ex_socket (context, ZMQ_PULL);
    //  What waits here is lost with us: take few at a time
    ex_set_int (tasks, ZMQ_RCVHWM, 2);
    ex_connect (tasks, "TASKS", "tcp://localhost:5557");
    void *results = ex_socket (context, ZMQ_PUSH);
    ex_connect (results, "RESULTS", "tcp://localhost:5558");
    void *events = ex_socket (context, ZMQ_PUB);
    ex_connect (events, "EVENTS", "tcp://localhost:5559");
    while (!s_interrupted) {
        char *task = s_recv (tasks);
        if (!task)
            break;
        s_sleep (work_ms);
        char *result = ex_format ("%s done by %s", task, name);
        int rc = s_send (results, result);
        s_sendmore (events, "task_completed");
        s_send (events, task);
        free (result);
        free (task);
        if (rc == -1)
            break;
        done++;
    }
    printf ("%s: %ld tasks\n", name, done);
    zmq_close (tasks);
    zmq_close (results);
    zmq_close (events);
    ex_term (context);
    return 0;
}
