//  Last value cache: a proxy that remembers the last update of each topic and
//  gives it to whoever subscribes to that topic. Publishers are at TOPICS (we
//  connect; with ZMQ_EXAMPLE_BIND=1 we bind), subscribers come to PUBLIC.

#include "example.h"
#include "multipart.h"
#include "table.h"

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_SUB);
    ex_set_int (frontend, ZMQ_RCVHWM, 0);
    if (ex_number ("BIND", 0))
        ex_bind (frontend, "TOPICS", "tcp://*:5557");
    else
        ex_connect (frontend, "TOPICS", "tcp://localhost:5557");
    ex_subscribe (frontend, "");
    //  Verbose, to hear of the second subscriber to a topic too
    void *backend = ex_socket (context, ZMQ_XPUB);
    ex_set_int (backend, ZMQ_XPUB_VERBOSE, 1);
    ex_bind (backend, "PUBLIC", "tcp://*:5558");

    table_t *cache = table_new (free);
    zmq_pollitem_t items [] = {
        { frontend, 0, ZMQ_POLLIN, 0 },
        { backend, 0, ZMQ_POLLIN, 0 }
    };
    while (!s_interrupted && zmq_poll (items, 2, 1000) != -1) {
        if (items [0].revents & ZMQ_POLLIN) {
            multipart_t *update = mp_recv (frontend);
            if (!update)
                break;
            if (update->count == 2) {
                if (table_size (cache) == 0)
                    printf ("I: first update\n");
                table_put (cache, mp_data (update, 0), ex_format ("%s", mp_data (update, 1)));
                if (table_size (cache) == 1000 && streq (mp_data (update, 0), "999"))
                    printf ("I: 1000 topics cached\n");
                mp_send (&update, backend);
            }
            mp_destroy (&update);
        }
        if (items [1].revents & ZMQ_POLLIN) {
            multipart_t *event = mp_recv (backend);
            if (!event)
                break;
            if (mp_size (event, 0) > 0 && *mp_data (event, 0) == 1) {
                const char *topic = mp_data (event, 0) + 1;
                char *last = (char *) table_get (cache, topic);
                if (last) {
                    printf ("Sending cached topic %s\n", topic);
                    s_sendmore (backend, topic);
                    s_send (backend, last);
                }
            }
            mp_destroy (&event);
        }
    }
    table_destroy (&cache);
    zmq_close (frontend);
    zmq_close (backend);
    ex_term (context);
    return 0;
}
