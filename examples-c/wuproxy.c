//  Weather proxy: publishers connect or bind on the inside (WEATHER),
//  subscribers come to the outside (PUBLIC). With ZMQ_EXAMPLE_BIND=1 it binds
//  the inside and publishers connect to it.

#include "example.h"

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_XSUB);
    if (ex_number ("BIND", 0))
        ex_bind (frontend, "WEATHER", "tcp://*:5556");
    else
        ex_connect (frontend, "WEATHER", "tcp://localhost:5556");
    void *backend = ex_socket (context, ZMQ_XPUB);
    ex_bind (backend, "PUBLIC", "tcp://*:5557");
    zmq_proxy (frontend, backend, NULL);    //  returns when interrupted
    zmq_close (frontend);
    zmq_close (backend);
    ex_term (context);
    return 0;
}
