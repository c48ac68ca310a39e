//  Message queue: rrbroker in one call to zmq_proxy.

#include "example.h"

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_ROUTER);
    ex_bind (frontend, "FRONTEND", "tcp://*:5559");
    void *backend = ex_socket (context, ZMQ_DEALER);
    ex_bind (backend, "BACKEND", "tcp://*:5560");
    zmq_proxy (frontend, backend, NULL);    //  returns when interrupted
    zmq_close (frontend);
    zmq_close (backend);
    ex_term (context);
    return 0;
}
