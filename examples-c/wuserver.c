//  Weather update server: publishes random weather for random zip codes as
//  fast as it can. ZMQ_EXAMPLE_COUNT bounds the number of updates; with
//  ZMQ_EXAMPLE_CONNECT=1 it connects (to a proxy) instead of binding.

#include "example.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0);

    void *context = zmq_ctx_new ();
    void *publisher = ex_socket (context, ZMQ_PUB);
    if (ex_number ("CONNECT", 0))
        ex_connect (publisher, "WEATHER", "tcp://localhost:5556");
    else
        ex_bind (publisher, "WEATHER", "tcp://*:5556");

    for (long sent = 0; !s_interrupted && (!count || sent < count); sent++) {
        char update [32];
        int zipcode = randof (100000);
        int temperature = randof (215) - 80;
        int humidity = randof (50) + 10;
        snprintf (update, sizeof update, "%05d %d %d", zipcode, temperature, humidity);
        if (s_send (publisher, update) == -1)
            break;
    }
    zmq_close (publisher);
    ex_term (context);
    return 0;
}
