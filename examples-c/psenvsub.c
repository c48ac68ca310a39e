//  Subscriber to envelopes with the key "B"; ends after ZMQ_EXAMPLE_COUNT
//  messages.

#include "example.h"
#include "multipart.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0), received = 0;
    void *context = zmq_ctx_new ();
    void *subscriber = ex_socket (context, ZMQ_SUB);
    ex_connect (subscriber, "ENVELOPES", "tcp://localhost:5563");
    ex_subscribe (subscriber, "B");
    while (!count || received < count) {
        multipart_t *message = mp_recv (subscriber);
        if (!message)
            break;
        if (message->count == 2)
            printf ("[%s] %s\n", mp_data (message, 0), mp_data (message, 1));
        mp_destroy (&message);
        received++;
    }
    zmq_close (subscriber);
    ex_term (context);
    return 0;
}
