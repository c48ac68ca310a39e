//  Distributed logging, collector: prints the records of all programs, and
//  publishes each, under its level, to whoever watches. Ends after
//  ZMQ_EXAMPLE_COUNT records.

#include "example.h"
#include "multipart.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0), received = 0;
    void *context = zmq_ctx_new ();
    void *records = ex_socket (context, ZMQ_PULL);
    ex_bind (records, "LOGS", "tcp://*:5559");
    void *watchers = ex_socket (context, ZMQ_XPUB);
    ex_bind (watchers, "WATCH", "tcp://*:5560");
    zmq_pollitem_t items [] = {
        { records, 0, ZMQ_POLLIN, 0 },
        { watchers, 0, ZMQ_POLLIN, 0 }
    };
    while (!s_interrupted && (!count || received < count)) {
        if (zmq_poll (items, 2, -1) == -1)
            break;
        if (items [1].revents & ZMQ_POLLIN) {
            char *event = s_recv (watchers);
            if (event && *event == 1)
                printf ("I: somebody watches\n");
            free (event);
        }
        if (items [0].revents & ZMQ_POLLIN) {
            multipart_t *record = mp_recv (records);    //  [level] [JSON]
            if (!record)
                break;
            if (record->count == 2) {
                const char *level = mp_data (record, 0);
                const char *colour = streq (level, "ERROR") ? "31" : streq (level, "WARNING") ? "33" : "32";
                printf ("\033[%sm[%s]\033[0m %s\n", colour, level, mp_data (record, 1));
                mp_send (&record, watchers);
                received++;
            }
            mp_destroy (&record);
        }
    }
    zmq_close (records);
    zmq_close (watchers);
    ex_term (context);
    return 0;
}
