//  Publisher with envelopes: the first frame is the key that subscribers
//  match, the second the content. One pair of messages a second
//  (ZMQ_EXAMPLE_INTERVAL_MS).

#include "example.h"

int main (void)
{
    ex_start ();
    int interval_ms = (int) ex_number ("INTERVAL_MS", 1000);
    void *context = zmq_ctx_new ();
    void *publisher = ex_socket (context, ZMQ_PUB);
    ex_bind (publisher, "ENVELOPES", "tcp://*:5563");
    while (!s_interrupted) {
        s_sendmore (publisher, "A");
        s_send (publisher, "We don't want to see this");
        s_sendmore (publisher, "B");
        s_send (publisher, "We would like to see this");
        s_sleep (interval_ms);
    }
    zmq_close (publisher);
    ex_term (context);
    return 0;
}
