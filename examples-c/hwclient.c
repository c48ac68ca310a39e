//  Hello World client: so many requests (ten unless ZMQ_EXAMPLE_COUNT says
//  otherwise), one at a time. May start before the server does.

#include "example.h"

int main (void)
{
    ex_start ();
    long count = ex_count (10);
    int status = 0;

    void *context = zmq_ctx_new ();
    printf ("Connecting to hello world server...\n");
    void *requester = ex_socket (context, ZMQ_REQ);
    //  An interrupted client must not wait for a server that never comes
    ex_set_int (requester, ZMQ_LINGER, 0);
    ex_connect (requester, "HELLO", "tcp://localhost:5555");

    for (long number = 0; number < count; number++) {
        printf ("Sending Hello %ld...\n", number);
        char *reply = s_send (requester, "Hello") == -1 ? NULL : s_recv (requester);
        if (!reply) {
            status = 1;
            break;
        }
        printf ("Received %s %ld\n", reply, number);
        free (reply);
    }
    zmq_close (requester);
    ex_term (context);
    return status;
}
