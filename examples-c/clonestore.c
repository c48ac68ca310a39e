//  clonestore.c - what the Clone servers share

#include "clonestore.h"
#include "example.h"
#include "multipart.h"

char *clone_endpoint (const char *name, const char *host, int port, int service)
{
    const char *base = ex_endpoint (name, NULL);
    if (!base)
        return ex_format ("tcp://%s:%d", host, port + service);
    if (strncmp (base, "tcp://", 6) == 0) {
        const char *colon = strrchr (base, ':');
        return ex_format ("%.*s:%d", (int) (colon - base), base, atoi (colon + 1) + service);
    }
    return ex_format ("%s-%d", base, service);
}

int64_t clone_time (void)
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int clone_answer_snapshot (void *router, const table_t *table, int64_t sequence)
{
    multipart_t *request = mp_recv (router);
    if (!request)
        return -1;
    if (request->count != 3 || !mp_is_str (request, 1, "ICANHAZ?")) {
        printf ("E: bad request, ignored\n");
        mp_destroy (&request);
        return 0;
    }
    const char *subtree = mp_data (request, 2);
    size_t at = 0;
    kvmsg_t *kvmsg;
    long sent = 0;
    while ((kvmsg = (kvmsg_t *) table_next (table, &at, NULL)))
        if (strncmp (kvmsg->key, subtree, strlen (subtree)) == 0) {
            zmq_send (router, mp_data (request, 0), mp_size (request, 0), ZMQ_SNDMORE);
            kvmsg_send (kvmsg, router);
            sent++;
        }
    kvmsg_t *last = kvmsg_new (sequence);
    kvmsg_set_key (last, "KTHXBAI");
    kvmsg_set_text (last, "%s", subtree);
    zmq_send (router, mp_data (request, 0), mp_size (request, 0), ZMQ_SNDMORE);
    kvmsg_send (last, router);
    kvmsg_destroy (&last);
    printf ("I: sending snapshot=%" PRId64 " (%ld keys)\n", sequence, sent);
    mp_destroy (&request);
    return 0;
}

void clone_send_hugz (void *publisher, int64_t sequence)
{
    kvmsg_t *hugz = kvmsg_new (sequence);
    kvmsg_set_key (hugz, "HUGZ");
    kvmsg_send (hugz, publisher);
    kvmsg_destroy (&hugz);
}

int64_t clone_request_snapshot (void *socket, const char *subtree, table_t *table, int timeout_ms)
{
    s_sendmore (socket, "ICANHAZ?");
    s_send (socket, subtree);
    while (ex_wait (socket, timeout_ms) == 1) {
        kvmsg_t *kvmsg = kvmsg_recv (socket);
        if (!kvmsg)
            return -1;
        if (streq (kvmsg->key, "KTHXBAI")) {
            int64_t sequence = kvmsg->sequence;
            kvmsg_destroy (&kvmsg);
            return sequence;
        }
        kvmsg_store (&kvmsg, table);
    }
    return -1;
}
