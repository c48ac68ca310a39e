//  Clone server, model 1: publishes random values of random keys, each with
//  its sequence, until interrupted or for ZMQ_EXAMPLE_COUNT messages.

#include "example.h"
#include "clonestore.h"
#include "kvsimple.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0);
    void *context = zmq_ctx_new ();
    void *publisher = ex_socket (context, ZMQ_PUB);
    char *endpoint = clone_endpoint ("CLONE", "*", 5556, 0);
    ex_bind_to (publisher, "CLONE", endpoint);
    free (endpoint);
    int64_t sequence = 0;
    while (!s_interrupted && (!count || sequence < count)) {
        kvmsg_t *kvmsg = kvmsg_new (++sequence);
        char key [16];
        snprintf (key, sizeof key, "%d", randof (10000));
        kvmsg_set_key (kvmsg, key);
        kvmsg_set_text (kvmsg, "%d", randof (1000000));
        int rc = kvsimple_send (kvmsg, publisher);
        kvmsg_destroy (&kvmsg);
        if (rc == -1)
            break;
    }
    printf ("Interrupted: %" PRId64 " messages out\n", sequence);
    zmq_close (publisher);
    ex_term (context);
    return 0;
}
