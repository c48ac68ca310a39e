//  A client of the gateway: so many requests (count, default 10) to each of the
//  services given as arguments; each reply must be the service's own answer to
//  this request.

#include "example.h"

int main (int argc, char *argv [])
{
    ex_start ();
    long count = ex_count (10), right = 0, wanted = count * (argc - 1);
    void *context = zmq_ctx_new ();
    void *gateway = ex_socket (context, ZMQ_REQ);
    ex_set_int (gateway, ZMQ_LINGER, 0);
    ex_connect (gateway, "GATEWAY", "tcp://localhost:5561");
    for (long number = 0; number < count && !s_interrupted; number++)
        for (int i = 1; i < argc; i++) {
            char *body = ex_format ("%d-%ld", (int) getpid (), number);
            char *expected = ex_format ("%s:%s", argv [i], body);
            s_sendmore (gateway, argv [i]);
            s_send (gateway, body);
            char *reply = s_recv (gateway);
            if (reply && streq (reply, expected))
                right++;
            else
                printf ("Refused: %s %s\n", argv [i], reply ? reply : "");
            free (reply);
            free (expected);
            free (body);
        }
    printf ("%ld of %ld replies right\n", right, wanted);
    zmq_close (gateway);
    ex_term (context);
    return right == wanted ? 0 : 1;
}
