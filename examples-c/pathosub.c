//  Pathological subscriber: waits for updates of one topic (argument 1, else a
//  random one). Ends after ZMQ_EXAMPLE_COUNT updates.

#include "example.h"
#include "multipart.h"

int main (int argc, char *argv [])
{
    ex_start ();
    long count = ex_count (0), received = 0;
    char topic [16];
    if (argc > 1)
        snprintf (topic, sizeof topic, "%s", argv [1]);
    else
        snprintf (topic, sizeof topic, "%03d", randof (1000));
    void *context = zmq_ctx_new ();
    void *subscriber = ex_socket (context, ZMQ_SUB);
    ex_connect (subscriber, "TOPICS", "tcp://localhost:5556");
    ex_subscribe (subscriber, topic);
    while (!count || received < count) {
        multipart_t *update = mp_recv (subscriber);
        if (!update)
            break;
        if (update->count != 2 || !mp_is_str (update, 0, topic)) {
            printf ("E: not what was asked for\n");
            return 1;
        }
        printf ("%s: %s\n", topic, mp_data (update, 1));
        mp_destroy (&update);
        received++;
    }
    zmq_close (subscriber);
    ex_term (context);
    return count && received < count ? 1 : 0;
}
