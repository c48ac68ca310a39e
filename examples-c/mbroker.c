//  Request-reply broker by whole messages: what arrives on one side leaves on
//  the other with all its frames. rrbroker does it frame by frame.

#include "example.h"
#include "multipart.h"

//  Pass one message on; false when interrupted
static bool s_forward (void *from, void *to)
{
    multipart_t *message = mp_recv (from);
    return message && mp_send (&message, to) == 0;
}

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_ROUTER);
    ex_bind (frontend, "FRONTEND", "tcp://*:5559");
    void *backend = ex_socket (context, ZMQ_DEALER);
    ex_bind (backend, "BACKEND", "tcp://*:5560");

    zmq_pollitem_t items [] = {
        { frontend, 0, ZMQ_POLLIN, 0 },
        { backend, 0, ZMQ_POLLIN, 0 }
    };
    bool running = true;
    while (!s_interrupted && running && zmq_poll (items, 2, -1) != -1) {
        if (items [0].revents & ZMQ_POLLIN)
            running = s_forward (frontend, backend);
        if (running && (items [1].revents & ZMQ_POLLIN))
            running = s_forward (backend, frontend);
    }
    zmq_close (frontend);
    zmq_close (backend);
    ex_term (context);
    return 0;
}
