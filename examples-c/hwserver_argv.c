//  Hello World server at the endpoint given as argument; hwclient_mc asks
//  several of them in turn.

#include "example.h"

int main (int argc, char *argv [])
{
    ex_start ();
    if (argc != 2) {
        printf ("syntax: hwserver_argv <endpoint>\n");
        return 2;
    }
    int work_ms = (int) ex_number ("WORK_MS", 1000);
    void *context = zmq_ctx_new ();
    void *responder = ex_socket (context, ZMQ_REP);
    ex_bind_to (responder, "HELLO", argv [1]);
    while (!s_interrupted) {
        char *request = s_recv (responder);
        if (!request)
            break;
        printf ("Received %s\n", request);
        free (request);
        s_sleep (work_ms);
        if (s_send (responder, "World") == -1)
            break;
    }
    zmq_close (responder);
    ex_term (context);
    return 0;
}
