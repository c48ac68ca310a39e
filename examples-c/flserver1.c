//  Freelance server, model 1: echoes at the endpoint given as argument.

#include "example.h"
#include "multipart.h"

int main (int argc, char *argv [])
{
    ex_start ();
    if (argc < 2) {
        printf ("syntax: flserver1 <endpoint>\n");
        return 2;
    }
    void *context = zmq_ctx_new ();
    void *server = ex_socket (context, ZMQ_REP);
    ex_set_int (server, ZMQ_LINGER, 0);
    ex_bind_to (server, "SERVER", argv [1]);
    printf ("I: echo service is ready at %s\n", argv [1]);
    while (!s_interrupted) {
        multipart_t *message = mp_recv (server);
        if (!message)
            break;
        mp_send (&message, server);
    }
    zmq_close (server);
    ex_term (context);
    return 0;
}
