//  cloneclient.c - the body of clonecli2 to clonecli5

#include "cloneclient.h"
#include "clonestore.h"
#include "example.h"

static void *s_connected (void *context, int type, int service)
{
    void *socket = ex_socket (context, type);
    char *endpoint = clone_endpoint ("CLONE", "localhost", 5556, service);
    ex_connect_to (socket, endpoint);
    free (endpoint);
    return socket;
}

static void s_publish_random (void *publisher, const char *subtree, int ttl)
{
    kvmsg_t *kvmsg = kvmsg_new (0);
    char *key = ex_format ("%s%d", subtree, randof (10000));
    kvmsg_set_key (kvmsg, key);
    kvmsg_set_uuid (kvmsg);
    kvmsg_set_text (kvmsg, "%d", randof (1000000));
    if (ttl) {
        char *seconds = ex_format ("%d", randof (ttl) + 1);
        kvmsg_set_prop (kvmsg, "ttl", seconds);
        free (seconds);
    }
    kvmsg_send (kvmsg, publisher);
    kvmsg_destroy (&kvmsg);
    free (key);
}

//  Apply what follows the snapshot; true when it was an update
static bool s_apply (kvmsg_t *kvmsg, table_t *table, int64_t *sequence)
{
    bool fresh = strneq (kvmsg->key, "HUGZ") && kvmsg->sequence > *sequence;
    if (fresh) {
        *sequence = kvmsg->sequence;
        printf ("I: received %s=%" PRId64 "\n", kvmsg->size ? "update" : "delete", *sequence);
        kvmsg_store (&kvmsg, table);
    }
    kvmsg_destroy (&kvmsg);
    return fresh;
}

int clone_client (const char *subtree, bool publishes, int ttl)
{
    ex_start ();
    long count = ex_count (0), published = 0, applied = 0;
    int pause_ms = (int) ex_number ("PAUSE_MS", 1000);
    void *context = zmq_ctx_new ();
    void *snapshot = s_connected (context, ZMQ_DEALER, 0);
    ex_set_int (snapshot, ZMQ_LINGER, 0);
    void *subscriber = ex_socket (context, ZMQ_SUB);
    ex_set_int (subscriber, ZMQ_RCVHWM, 0);
    ex_subscribe (subscriber, subtree);
    ex_subscribe (subscriber, "HUGZ");
    char *endpoint = clone_endpoint ("CLONE", "localhost", 5556, 1);
    ex_connect_to (subscriber, endpoint);
    free (endpoint);
    void *publisher = publishes ? s_connected (context, ZMQ_PUSH, 2) : NULL;

    table_t *table = table_new (kvmsg_free);
    int64_t sequence = -1;
    kvmsg_t *first = kvmsg_recv (subscriber);
    if (first)
        sequence = clone_request_snapshot (snapshot, subtree, table, 10000);
    if (sequence >= 0) {
        printf ("I: received snapshot=%" PRId64 " (%zu keys)\n", sequence, table_size (table));
        applied += s_apply (first, table, &sequence);
        first = NULL;
    }
    kvmsg_destroy (&first);
    int64_t next = s_clock ();
    while (sequence >= 0 && !s_interrupted) {
        bool more = publishes && (!count || published < count);
        int64_t left = next - s_clock ();
        int rc = ex_wait (subscriber, !more ? -1 : left > 0 ? (long) left : 0);
        if (rc == -1)
            break;
        if (rc == 1) {
            kvmsg_t *kvmsg = kvmsg_recv (subscriber);
            if (!kvmsg)
                break;
            applied += s_apply (kvmsg, table, &sequence);
        }
        if (more && s_clock () >= next) {
            s_publish_random (publisher, subtree, ttl);
            published++;
            next = s_clock () + pause_ms;
        }
    }
    printf ("Interrupted: %ld messages in, %ld out, sequence=%" PRId64 "\n",
            applied, published, sequence);
    const char *dump = ex_endpoint ("DUMP", NULL);
    if (dump)
        kvmsg_dump_table (table, dump);
    table_destroy (&table);
    zmq_close (snapshot);
    zmq_close (subscriber);
    if (publisher)
        zmq_close (publisher);
    ex_term (context);
    return sequence >= 0 ? 0 : 1;
}
