//  Task worker, second design: as taskwork, and any message on the control
//  socket ends it.

#include "example.h"

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *receiver = ex_socket (context, ZMQ_PULL);
    ex_connect (receiver, "VENTILATOR", "tcp://localhost:5557");
    void *sender = ex_socket (context, ZMQ_PUSH);
    ex_connect (sender, "SINK", "tcp://localhost:5558");
    void *controller = ex_socket (context, ZMQ_SUB);
    ex_connect (controller, "CONTROL", "tcp://localhost:5559");
    ex_subscribe (controller, "");

    bool killed = false;
    zmq_pollitem_t items [] = {
        { receiver, 0, ZMQ_POLLIN, 0 },
        { controller, 0, ZMQ_POLLIN, 0 }
    };
    while (!killed && zmq_poll (items, 2, -1) != -1) {
        if (items [0].revents & ZMQ_POLLIN) {
            char *workload = s_recv (receiver);
            if (!workload)
                break;
            printf ("%s.", workload);
            fflush (stdout);
            s_sleep (atoi (workload));
            free (workload);
            s_send (sender, "");
        }
        if (items [1].revents & ZMQ_POLLIN)
            killed = true;
    }
    printf ("\n%s\n", killed ? "Killed" : "Interrupted");
    zmq_close (receiver);
    zmq_close (sender);
    zmq_close (controller);
    ex_term (context);
    return killed ? 0 : 1;
}
