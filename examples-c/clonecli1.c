//  Clone client, model 1: keeps the last value of each key, until interrupted
//  or for ZMQ_EXAMPLE_COUNT messages.

#include "example.h"
#include "clonestore.h"
#include "kvsimple.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0), received = 0;
    void *context = zmq_ctx_new ();
    void *updates = ex_socket (context, ZMQ_SUB);
    ex_subscribe (updates, "");
    char *endpoint = clone_endpoint ("CLONE", "localhost", 5556, 0);
    ex_connect_to (updates, endpoint);
    free (endpoint);
    table_t *table = table_new (kvmsg_free);
    while (!s_interrupted && (!count || received < count)) {
        kvmsg_t *kvmsg = kvsimple_recv (updates);
        if (!kvmsg)
            break;
        kvmsg_store (&kvmsg, table);
        received++;
    }
    printf ("Interrupted: %ld messages in, %zu keys\n", received, table_size (table));
    table_destroy (&table);
    zmq_close (updates);
    ex_term (context);
    return 0;
}
