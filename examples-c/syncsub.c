//  Synchronized subscriber: reports to the publisher once updates reach it,
//  then counts them until "END".

#include "example.h"

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *subscriber = ex_socket (context, ZMQ_SUB);
    ex_connect (subscriber, "UPDATES", "tcp://localhost:5561");
    ex_subscribe (subscriber, "");

    //  The first update shows that the subscription works
    char *hello = s_recv (subscriber);
    if (!hello)
        return 1;
    free (hello);
    void *client = ex_socket (context, ZMQ_REQ);
    ex_connect (client, "SYNC", "tcp://localhost:5562");
    s_send (client, "");
    free (s_recv (client));

    long updates = 0;
    int64_t started = 0;
    bool ended = false;
    char update [16];
    while (!ended) {
        int size = zmq_recv (subscriber, update, sizeof update, 0);
        if (size == -1)
            break;
        if (size == 3 && memcmp (update, "END", 3) == 0)
            ended = true;
        else
        if (size == 7 && updates++ == 0)
            started = s_clock ();   //  what came before are HELLOs meant for late peers
    }
    printf ("Received %ld updates\n", updates);
    printf ("The first to the last took %d msec\n", (int) (s_clock () - started));
    zmq_close (subscriber);
    zmq_close (client);
    ex_term (context);
    return ended ? 0 : 1;
}
