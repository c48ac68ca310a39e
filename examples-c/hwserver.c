//  Hello World server: answers each "Hello" with "World" on a REP socket.
//  ZMQ_EXAMPLE_COUNT bounds the number of requests; ZMQ_EXAMPLE_WORK_MS is
//  the time one of them takes.

#include "example.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0);
    int work_ms = (int) ex_number ("WORK_MS", 1000);

    void *context = zmq_ctx_new ();
    void *responder = ex_socket (context, ZMQ_REP);
    ex_bind (responder, "HELLO", "tcp://*:5555");

    for (long served = 0; !s_interrupted && (!count || served < count); served++) {
        char *request = s_recv (responder);
        if (!request)
            break;
        printf ("Received %s\n", request);
        free (request);
        if (work_ms)
            s_sleep (work_ms);
        if (s_send (responder, "World") == -1)
            break;
    }
    zmq_close (responder);
    ex_term (context);
    return 0;
}
