//  A service behind the gateway: argument 1 is its name. It answers with its
//  name and the request, and prints the events of all services it hears on the
//  bus.

#include "example.h"
#include "multipart.h"

int main (int argc, char *argv [])
{
    ex_start ();
    if (argc != 2) {
        printf ("syntax: gateway_service NAME\n");
        return 2;
    }
    void *context = zmq_ctx_new ();
    void *bus = ex_socket (context, ZMQ_SUB);
    ex_subscribe (bus, "served.");
    ex_connect (bus, "BUS", "tcp://localhost:5563");
    void *gateway = ex_socket (context, ZMQ_DEALER);
    ex_set_int (gateway, ZMQ_LINGER, 0);
    zmq_setsockopt (gateway, ZMQ_IDENTITY, argv [1], strlen (argv [1]));
    ex_connect (gateway, "SERVICES", "tcp://localhost:5562");
    s_send (gateway, "READY");
    zmq_pollitem_t items [] = {
        { gateway, 0, ZMQ_POLLIN, 0 },
        { bus, 0, ZMQ_POLLIN, 0 }
    };
    while (!s_interrupted && zmq_poll (items, 2, -1) != -1) {
        if (items [0].revents & ZMQ_POLLIN) {
            multipart_t *request = mp_recv (gateway);
            if (!request)
                break;
            frame_t client = mp_unwrap (request);
            multipart_t *reply = mp_new ();
            mp_append_format (reply, "%s:%s", argv [1], mp_data (request, 0) ? mp_data (request, 0) : "");
            mp_wrap (reply, client.data, client.size);
            mp_send (&reply, gateway);
            free (client.data);
            mp_destroy (&request);
        }
        if (items [1].revents & ZMQ_POLLIN) {
            multipart_t *event = mp_recv (bus);
            if (!event)
                break;
            printf ("Event: %s %s\n", mp_data (event, 0), mp_data (event, 1));
            mp_destroy (&event);
        }
    }
    zmq_close (gateway);
    zmq_close (bus);
    ex_term (context);
    return 0;
}
