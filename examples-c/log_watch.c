//  Distributed logging, watcher: the records of one level (argument 1; default
//  all). Ends after ZMQ_EXAMPLE_COUNT records.

#include "example.h"
#include "multipart.h"

int main (int argc, char *argv [])
{
    ex_start ();
    long count = ex_count (0), received = 0;
    void *context = zmq_ctx_new ();
    void *watch = ex_socket (context, ZMQ_SUB);
    ex_connect (watch, "WATCH", "tcp://localhost:5560");
    ex_subscribe (watch, argc > 1 ? argv [1] : "");
    while (!count || received < count) {
        multipart_t *record = mp_recv (watch);
        if (!record)
            break;
        printf ("%s %s\n", mp_data (record, 0), mp_data (record, 1));
        mp_destroy (&record);
        received++;
    }
    zmq_close (watch);
    ex_term (context);
    return received >= count ? 0 : 1;
}
