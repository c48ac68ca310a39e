//  Request-reply broker written out: every frame that arrives on one side
//  leaves on the other with the same "more" flag.

#include "example.h"

//  Pass one whole message on; -1 when interrupted
static int s_forward (void *from, void *to)
{
    int more = 1;
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init (&frame);
        if (zmq_msg_recv (&frame, from, 0) == -1)
            return -1;
        more = zmq_msg_more (&frame);
        int rc = zmq_msg_send (&frame, to, more ? ZMQ_SNDMORE : 0);
        while (rc == -1 && errno == EINTR)
            rc = zmq_msg_send (&frame, to, more ? ZMQ_SNDMORE : 0);
        zmq_msg_close (&frame);
        if (rc == -1)
            return -1;
    }
    return 0;
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
    int rc = 0;
    while (!s_interrupted && rc != -1 && zmq_poll (items, 2, -1) != -1) {
        if (items [0].revents & ZMQ_POLLIN)
            rc = s_forward (frontend, backend);
        if (rc != -1 && (items [1].revents & ZMQ_POLLIN))
            rc = s_forward (backend, frontend);
    }
    zmq_close (frontend);
    zmq_close (backend);
    ex_term (context);
    return 0;
}
