//  Both forms of key-value message, sent, received, stored and deleted

#include "example.h"
#include "kvmsg.h"
#include "kvsimple.h"

static int s_failures;

static void s_check (bool holds, const char *what)
{
    if (!holds) {
        printf ("FAILED: %s\n", what);
        s_failures++;
    }
}

int main (void)
{
    void *context = zmq_ctx_new ();
    void *output = ex_socket (context, ZMQ_DEALER);
    void *input = ex_socket (context, ZMQ_DEALER);
    if (zmq_bind (output, "inproc://kvmsg") == -1)
        ex_die ("inproc://kvmsg");
    ex_connect_to (input, "inproc://kvmsg");
    table_t *table = table_new (kvmsg_free);

    kvmsg_t *kvmsg = kvmsg_new (1);
    kvmsg_set_key (kvmsg, "key");
    kvmsg_set_body (kvmsg, "bo\0dy", 5);
    kvsimple_send (kvmsg, output);
    kvmsg_store (&kvmsg, table);
    kvmsg = kvsimple_recv (input);
    kvmsg_dump (kvmsg, stdout);
    s_check (streq (kvmsg->key, "key") && kvmsg->sequence == 1, "three frames: key, sequence");
    s_check (kvmsg->size == 5 && memcmp (kvmsg->body, "bo\0dy", 5) == 0, "three frames: body");
    kvmsg_store (&kvmsg, table);
    s_check (table_size (table) == 1, "the second value replaces the first");

    kvmsg = kvmsg_new (INT64_C (0x0102030405060708));
    kvmsg_set_key (kvmsg, "key");
    kvmsg_set_uuid (kvmsg);
    kvmsg_set_text (kvmsg, "%s", "body");
    kvmsg_set_prop (kvmsg, "prop1", "value1");
    kvmsg_set_prop (kvmsg, "prop2", "value1");
    kvmsg_set_prop (kvmsg, "prop2", "value2");
    s_check (kvmsg_set_prop (kvmsg, "bad=name", "x") == -1, "a bad property is refused");
    kvmsg_t *copy = kvmsg_dup (kvmsg);
    kvmsg_send (kvmsg, output);
    kvmsg_destroy (&kvmsg);
    kvmsg = kvmsg_recv (input);
    kvmsg_dump (kvmsg, stdout);
    char *first = kvmsg_prop (kvmsg, "prop1"), *second = kvmsg_prop (kvmsg, "prop2");
    char *absent = kvmsg_prop (kvmsg, "prop");
    s_check (streq (first, "value1") && streq (second, "value2") && !*absent, "properties");
    s_check (kvmsg->sequence == copy->sequence, "a sequence of eight bytes");
    s_check (memcmp (kvmsg->uuid, copy->uuid, 16) == 0, "UUID");
    free (first);
    free (second);
    free (absent);
    kvmsg_destroy (&copy);

    kvmsg_set_body (kvmsg, "", 0);
    kvmsg_store (&kvmsg, table);
    s_check (table_size (table) == 0, "an empty value deletes the key");

    //  The table itself: many keys, deletion in the middle of a walk
    for (int i = 0; i < 5000; i++) {
        char key [16];
        snprintf (key, sizeof key, "%d", i);
        kvmsg = kvmsg_new (i);
        kvmsg_set_key (kvmsg, key);
        kvmsg_set_text (kvmsg, "%d", i);
        kvmsg_store (&kvmsg, table);
    }
    size_t at = 0, seen = 0;
    while ((kvmsg = (kvmsg_t *) table_next (table, &at, NULL))) {
        seen++;
        if (kvmsg->sequence % 3 == 0) {
            char *key = ex_format ("%s", kvmsg->key);
            table_delete (table, key);
            free (key);
        }
    }
    s_check (seen == 5000, "a walk sees each item once");
    bool right = true;
    for (int i = 0; i < 5000; i++) {
        char key [16];
        snprintf (key, sizeof key, "%d", i);
        kvmsg = (kvmsg_t *) table_get (table, key);
        right = right && (kvmsg != NULL) == (i % 3 != 0) && (!kvmsg || kvmsg->sequence == i);
    }
    s_check (right, "deleted keys are gone and no others");

    table_destroy (&table);
    zmq_close (input);
    zmq_close (output);
    ex_term (context);
    printf (" * kvmsg: %s\n", s_failures ? "FAILED" : "OK");
    return s_failures ? 1 : 0;
}
