//  Lazy Pirate with a time limit on the socket itself (ZMQ_RCVTIMEO) in place
//  of a poll: three tries of 2.5 seconds (ZMQ_EXAMPLE_TIMEOUT_MS), each on a
//  new socket. What is left unsent is dropped, so that the program ends.

#include "example.h"

enum { RETRIES = 3 };

static void *s_connected (void *context, int timeout_ms)
{
    void *client = ex_socket (context, ZMQ_REQ);
    ex_set_int (client, ZMQ_LINGER, 0);
    ex_set_int (client, ZMQ_RCVTIMEO, timeout_ms);
    ex_connect (client, "HELLO", "tcp://localhost:5555");
    return client;
}

int main (void)
{
    ex_start ();
    int timeout_ms = (int) ex_number ("TIMEOUT_MS", 2500);
    void *context = zmq_ctx_new ();
    char *reply = NULL;
    for (int left = RETRIES; left > 0 && !reply && !s_interrupted; left--) {
        void *client = s_connected (context, timeout_ms);
        printf ("Sending Hello (%d tries left)\n", left);
        s_send (client, "Hello");
        reply = s_recv (client);
        if (!reply)
            printf (left > 1 ? "Timeout, on a new connection...\n" : "No answer, giving up\n");
        zmq_close (client);
    }
    if (reply)
        printf ("Received %s\n", reply);
    int status = reply ? 0 : 1;
    free (reply);
    ex_term (context);
    return status;
}
