//  Request-reply worker for the brokers: a REP socket that connects.

#include "example.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0), served = 0;
    int work_ms = (int) ex_number ("WORK_MS", 1000);
    void *context = zmq_ctx_new ();
    void *responder = ex_socket (context, ZMQ_REP);
    ex_connect (responder, "BACKEND", "tcp://localhost:5560");
    while (!s_interrupted && (!count || served < count)) {
        char *request = s_recv (responder);
        if (!request)
            break;
        printf ("Received request: [%s]\n", request);
        free (request);
        if (work_ms)
            s_sleep (work_ms);
        if (s_send (responder, "World") == -1)
            break;
        served++;
    }
    zmq_close (responder);
    ex_term (context);
    return 0;
}
