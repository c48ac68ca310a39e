//  API gateway: clients (REQ, [service] [body]) on one side, services (DEALER,
//  whose identity is their name) on the other, and an event on the bus for each
//  reply. A request for a service that is not there is answered with 503.

#include "example.h"
#include "multipart.h"

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *clients = ex_socket (context, ZMQ_ROUTER);
    ex_bind (clients, "GATEWAY", "tcp://*:5561");
    void *services = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (services, ZMQ_ROUTER_MANDATORY, 1);
    ex_bind (services, "SERVICES", "tcp://*:5562");
    void *bus = ex_socket (context, ZMQ_PUB);
    ex_bind (bus, "BUS", "tcp://*:5563");
    zmq_pollitem_t items [] = {
        { clients, 0, ZMQ_POLLIN, 0 },
        { services, 0, ZMQ_POLLIN, 0 }
    };
    while (!s_interrupted && zmq_poll (items, 2, -1) != -1) {
        if (items [0].revents & ZMQ_POLLIN) {
            //  [client] [] [service] [body...] to [service] [client] [] [body...]
            multipart_t *request = mp_recv (clients);
            if (!request)
                break;
            frame_t client = mp_unwrap (request);
            char *service = mp_pop_str (request);
            mp_wrap (request, client.data, client.size);
            mp_push_str (request, service ? service : "");
            if (mp_send (&request, services) == -1) {
                multipart_t *refusal = mp_new ();
                mp_append_str (refusal, "503");
                mp_wrap (refusal, client.data, client.size);
                mp_send (&refusal, clients);
            }
            free (client.data);
            free (service);
        }
        if (items [1].revents & ZMQ_POLLIN) {
            //  [service] [client] [] [body...], or [service] [READY]
            multipart_t *reply = mp_recv (services);
            if (!reply)
                break;
            frame_t service = mp_pop (reply);
            if (reply->count >= 3) {
                multipart_t *event = mp_new ();
                mp_append_format (event, "served.%s", service.data);
                mp_append_str (event, mp_data (reply, reply->count - 1));
                mp_send (&reply, clients);
                mp_send (&event, bus);
            }
            else
                printf ("I: service %s is ready\n", service.data);
            mp_destroy (&reply);
            free (service.data);
        }
    }
    zmq_close (clients);
    zmq_close (services);
    zmq_close (bus);
    ex_term (context);
    return 0;
}
