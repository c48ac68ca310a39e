//  Clone client, model 6: sets a random key under /client/ every second
//  (ZMQ_EXAMPLE_PAUSE_MS, ZMQ_EXAMPLE_COUNT of them if that is set), for up to
//  30 seconds of life (ZMQ_EXAMPLE_TTL; 0 for ever), through the Clone stack,
//  which turns to the other server when one dies. At the end the table is
//  written to the file ZMQ_EXAMPLE_DUMP names.

#include "clone.h"
#include "clonestore.h"
#include "example.h"

static void s_connect (clone_t *clone, const char *name, int port)
{
    char *endpoints [3];
    for (int i = 0; i < 3; i++)
        endpoints [i] = clone_endpoint (name, "localhost", port, i);
    clone_connect (clone, endpoints [0], endpoints [1], endpoints [2]);
    for (int i = 0; i < 3; i++)
        free (endpoints [i]);
}

int main (void)
{
    ex_start ();
    long count = ex_count (0);
    int pause_ms = (int) ex_number ("PAUSE_MS", 1000);
    int ttl = (int) ex_number ("TTL", 30);
    void *context = zmq_ctx_new ();
    clone_t *clone = clone_new (context);
    clone_subtree (clone, "/client/");
    s_connect (clone, "CLONE_PRIMARY", 5556);
    s_connect (clone, "CLONE_BACKUP", 5566);

    for (long set = 0; !s_interrupted; set++) {
        if (!count || set < count) {
            char key [32], value [32];
            snprintf (key, sizeof key, "/client/%d", randof (10000));
            snprintf (value, sizeof value, "%d", randof (1000000));
            clone_set (clone, key, value, ttl ? randof (ttl) + 1 : 0);
            printf ("I: set %s=%s\n", key, value);
            //  It is there at once, for us
            char *held = clone_get (clone, key);
            if (!held && !s_interrupted)
                printf ("E: %s is not there\n", key);
            free (held);
        }
        s_sleep (pause_ms);
        char *report = clone_status (clone);
        if (report && (!count || set <= count))
            printf ("I: status %s\n", report);
        free (report);
    }
    const char *dump = ex_endpoint ("DUMP", NULL);
    if (dump)
        clone_dump (clone, dump);
    clone_destroy (&clone);
    ex_term (context);
    return 0;
}
