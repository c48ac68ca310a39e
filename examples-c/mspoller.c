//  Reading from several sockets with zmq_poll: "P" for a task, "S" for a
//  weather update. Ends after ZMQ_EXAMPLE_COUNT messages of each kind.

#include "example.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0), tasks = 0, updates = 0;
    void *context = zmq_ctx_new ();
    void *receiver = ex_socket (context, ZMQ_PULL);
    ex_connect (receiver, "VENTILATOR", "tcp://localhost:5557");
    void *subscriber = ex_socket (context, ZMQ_SUB);
    ex_connect (subscriber, "WEATHER", "tcp://localhost:5556");
    ex_subscribe (subscriber, "10001 ");

    zmq_pollitem_t items [] = {
        { receiver, 0, ZMQ_POLLIN, 0 },
        { subscriber, 0, ZMQ_POLLIN, 0 }
    };
    while (!s_interrupted && (!count || tasks < count || updates < count)) {
        if (zmq_poll (items, 2, -1) == -1)
            break;
        for (int i = 0; i < 2; i++)
            if (items [i].revents & ZMQ_POLLIN) {
                free (s_recv (items [i].socket));
                putchar (i == 0 ? 'P' : 'S');
                if (i == 0)
                    tasks++;
                else
                    updates++;
            }
        fflush (stdout);
    }
    printf ("\n%ld tasks, %ld updates\n", tasks, updates);
    zmq_close (receiver);
    zmq_close (subscriber);
    ex_term (context);
    return 0;
}
