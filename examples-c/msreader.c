//  Reading from several sockets without zmq_poll: tasks first ("P"), then
//  weather updates ("S"), then a nap of a millisecond.
//  Ends after ZMQ_EXAMPLE_COUNT messages of each kind.

#include "example.h"

//  Read what is there, print a letter for each; how many
static long s_drain (void *socket, char letter)
{
    long found = 0;
    for (;;) {
        char *message = s_recv_nowait (socket);
        if (!message)
            return found;
        free (message);
        putchar (letter);
        found++;
        if (letter == 'S' && found == 100)
            return found;       //  tasks have priority
    }
}

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

    while (!s_interrupted && (!count || tasks < count || updates < count)) {
        tasks += s_drain (receiver, 'P');
        updates += s_drain (subscriber, 'S');
        fflush (stdout);
        s_sleep (1);
    }
    printf ("\n%ld tasks, %ld updates\n", tasks, updates);
    zmq_close (receiver);
    zmq_close (subscriber);
    ex_term (context);
    return 0;
}
