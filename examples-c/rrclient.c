//  Request-reply client for the brokers: so many requests, one at a time
//  (count, default 10).

#include "example.h"

int main (void)
{
    ex_start ();
    long count = ex_count (10), number = 0;
    void *context = zmq_ctx_new ();
    void *requester = ex_socket (context, ZMQ_REQ);
    ex_connect (requester, "FRONTEND", "tcp://localhost:5559");
    for (; number < count; number++) {
        char *reply = s_send (requester, "Hello") == -1 ? NULL : s_recv (requester);
        if (!reply)
            break;
        printf ("Received reply %ld [%s]\n", number, reply);
        free (reply);
    }
    zmq_close (requester);
    ex_term (context);
    return number == count ? 0 : 1;
}
