//  Synchronized publisher: waits for ten subscribers (ZMQ_EXAMPLE_SUBSCRIBERS),
//  then sends a million updates (count) and "END". None is lost: the queue
//  towards each subscriber has room for all of them.
//
//  A subscriber reports on the second socket only once it has seen a "HELLO"
//  update, which proves that its subscription is in force; so HELLO is
//  published every few milliseconds until all have reported.

#include "example.h"

int main (void)
{
    ex_start ();
    long updates = ex_count (1000000);
    long expected = ex_number ("SUBSCRIBERS", 10);

    void *context = zmq_ctx_new ();
    void *publisher = ex_socket (context, ZMQ_PUB);
    ex_set_int (publisher, ZMQ_SNDHWM, (int) updates + 100000);
    ex_set_int (publisher, ZMQ_LINGER, -1);
    ex_bind (publisher, "UPDATES", "tcp://*:5561");
    void *service = ex_socket (context, ZMQ_REP);
    ex_bind (service, "SYNC", "tcp://*:5562");

    printf ("Waiting for subscribers\n");
    long ready = 0;
    while (ready < expected && !s_interrupted) {
        s_send (publisher, "HELLO");
        int rc = ex_wait (service, 5);
        if (rc == -1)
            break;
        if (rc == 1) {
            free (s_recv (service));
            s_send (service, "");
            ready++;
        }
    }
    if (ready == expected) {
        printf ("Broadcasting messages\n");
        for (long i = 0; i < updates && !s_interrupted; i++)
            s_send (publisher, "Rhubarb");
        s_send (publisher, "END");
    }
    zmq_close (publisher);
    zmq_close (service);
    ex_term (context);
    return ready == expected ? 0 : 1;
}
