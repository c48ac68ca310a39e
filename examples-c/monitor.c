//  Task distribution, monitor: counts the events of producer and workers. It
//  binds, they connect, so each PUB has its SUB. Ends after ZMQ_EXAMPLE_COUNT
//  completed tasks.

#include "example.h"
#include "multipart.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0), created = 0, completed = 0;
    void *context = zmq_ctx_new ();
    void *events = ex_socket (context, ZMQ_SUB);
    ex_subscribe (events, "task_");
    ex_bind (events, "EVENTS", "tcp://*:5559");
    while (!count || completed < count || created < count) {
        multipart_t *event = mp_recv (events);
        if (!event)
            break;
        printf ("Event: %s %s\n", mp_data (event, 0), mp_data (event, 1) ? mp_data (event, 1) : "");
        created += mp_is_str (event, 0, "task_created");
        completed += mp_is_str (event, 0, "task_completed");
        mp_destroy (&event);
    }
    printf ("%ld created, %ld completed\n", created, completed);
    zmq_close (events);
    ex_term (context);
    return 0;
}
