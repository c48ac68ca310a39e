//  What a ROUTER calls its peers: five bytes of its own making, or the
//  identity the peer has set.

#include "example.h"

int main (void)
{
    void *context = zmq_ctx_new ();
    void *sink = ex_socket (context, ZMQ_ROUTER);
    if (zmq_bind (sink, "inproc://example") == -1)
        ex_die ("inproc://example");

    void *anonymous = ex_socket (context, ZMQ_REQ);
    ex_connect_to (anonymous, "inproc://example");
    s_send (anonymous, "The ROUTER made an identity of five bytes");
    s_dump (sink);

    void *identified = ex_socket (context, ZMQ_REQ);
    zmq_setsockopt (identified, ZMQ_IDENTITY, "PEER2", 5);
    ex_connect_to (identified, "inproc://example");
    s_send (identified, "The ROUTER uses the identity of the REQ");
    s_dump (sink);

    zmq_close (sink);
    zmq_close (anonymous);
    zmq_close (identified);
    ex_term (context);
    return 0;
}
