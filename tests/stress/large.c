/* Many sockets, many parts, large parts, long lines: what is large works as what is small does. */
#include "stress.h"

#include <poll.h>

static void *ready_socket (void *ctx, int type)
{
    void *s = zmq_socket (ctx, type);
    expect (s);
    set_int (s, ZMQ_LINGER, 0);
    set_int (s, ZMQ_RCVTIMEO, 20000);
    set_int (s, ZMQ_SNDTIMEO, 20000);
    return s;
}

/* A thousand pairs over each transport, all polled at once. */
static void sockets (void)
{
    enum { PAIRS = 1000 };
    static void *in[PAIRS], *out[PAIRS];
    static zmq_pollitem_t items[PAIRS];
    static const char *transports[] = {"inproc", "ipc", "tcp"};
    struct rlimit files;
    expect_ok (getrlimit (RLIMIT_NOFILE, &files));
    files.rlim_cur = files.rlim_max;
    expect_ok (setrlimit (RLIMIT_NOFILE, &files));
    int pairs = files.rlim_max < 5 * PAIRS ? (int) files.rlim_max / 5 : PAIRS;
    for (int t = 0; t < 3; t++) {
        void *ctx = zmq_ctx_new ();
        expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 2 * PAIRS));
        for (int i = 0; i < pairs; i++) {
            in[i] = ready_socket (ctx, ZMQ_PULL);
            out[i] = ready_socket (ctx, ZMQ_PUSH);
            expect_ok (zmq_bind (in[i], unique (transports[t])));
            expect_ok (zmq_connect (out[i], endpoint_of (in[i])));
            items[i] = (zmq_pollitem_t){in[i], 0, ZMQ_POLLIN, 0};
        }
        for (int i = 0; i < pairs; i++)
            expect_eq (zmq_send (out[i], &i, sizeof i, 0), sizeof i);
        for (int left = pairs; left > 0;) {
            expect (zmq_poll (items, pairs, 20000) > 0);
            for (int i = 0; i < pairs; i++)
                if (items[i].revents) {
                    int got = -1;
                    expect_eq (zmq_recv (in[i], &got, sizeof got, ZMQ_DONTWAIT), sizeof got);
                    expect_eq (got, i);
                    left--;
                }
        }
        for (int i = 0; i < pairs; i++) {
            expect_ok (zmq_close (in[i]));
            expect_ok (zmq_close (out[i]));
        }
        expect_ok (zmq_ctx_term (ctx));
    }
}

static void message_of (const char *transport, long parts, size_t size)
{
    void *ctx = zmq_ctx_new (), *in = ready_socket (ctx, ZMQ_DEALER), *out = ready_socket (ctx, ZMQ_DEALER);
    expect_ok (zmq_bind (in, unique (transport)));
    expect_ok (zmq_connect (out, endpoint_of (in)));
    char *bytes = malloc (size + 1);
    memset (bytes, 'l', size);
    for (long i = 0; i < parts; i++) {
        zmq_msg_t msg;
        expect_ok (zmq_msg_init_size (&msg, size));
        memcpy (zmq_msg_data (&msg), bytes, size);
        if (size >= sizeof i)
            memcpy (zmq_msg_data (&msg), &i, sizeof i);
        expect_eq (zmq_msg_send (&msg, out, i < parts - 1 ? ZMQ_SNDMORE : 0), size);
    }
    for (long i = 0; i < parts; i++) {
        zmq_msg_t msg;
        expect_ok (zmq_msg_init (&msg));
        expect_eq (zmq_msg_recv (&msg, in, 0), size);
        expect_eq (zmq_msg_more (&msg), i < parts - 1);
        if (size >= sizeof i) {
            expect (memcmp (zmq_msg_data (&msg), &i, sizeof i) == 0);
            expect (memcmp ((char *) zmq_msg_data (&msg) + sizeof i, bytes + sizeof i, size - sizeof i) == 0);
        }
        expect_ok (zmq_msg_close (&msg));
    }
    free (bytes);
    expect_ok (zmq_close (in));
    expect_ok (zmq_close (out));
    expect_ok (zmq_ctx_term (ctx));
}

static void multiparts (void)
{
    static const char *transports[] = {"inproc", "ipc", "tcp"};
    for (int t = 0; t < 3; t++) {
        message_of (transports[t], 300000, 0);
        message_of (transports[t], 100000, 100);
        message_of (transports[t], 1000, 100000);
        message_of (transports[t], 3, 200 << 20);
    }
}

/* A context that is made, used and ended by hundreds of threads at once. */
static void *life (void *arg)
{
    (void) arg;
    void *ctx = zmq_ctx_new (), *a = ready_socket (ctx, ZMQ_REQ), *b = ready_socket (ctx, ZMQ_REP);
    char byte;
    expect_ok (zmq_bind (b, unique ("tcp")));
    expect_ok (zmq_connect (a, endpoint_of (b)));
    expect_eq (zmq_send (a, "x", 1, 0), 1);
    expect_eq (zmq_recv (b, &byte, 1, 0), 1);
    expect_eq (zmq_send (b, "x", 1, 0), 1);
    expect_eq (zmq_recv (a, &byte, 1, 0), 1);
    expect_ok (zmq_close (a));
    expect_ok (zmq_close (b));
    expect_ok (zmq_ctx_term (ctx));
    return NULL;
}

static void contexts (void)
{
    enum { LIVES = 100 };
    pthread_t threads[LIVES];
    for (int round = 0; round < 2 * scale; round++) {
        for (int i = 0; i < LIVES; i++)
            expect_eq (pthread_create (&threads[i], NULL, life, NULL), 0);
        for (int i = 0; i < LIVES; i++)
            pthread_join (threads[i], NULL);
    }
}

/* One socket with hundreds of peers over every transport; each message arrives once. */
static void peers (void)
{
    enum { PEERS = 400 };
    static void *out[PEERS];
    void *ctx = zmq_ctx_new (), *in = ready_socket (ctx, ZMQ_ROUTER);
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, PEERS + 10));
    char where[3][256];
    static const char *transports[] = {"inproc", "ipc", "tcp"};
    for (int t = 0; t < 3; t++) {
        expect_ok (zmq_bind (in, unique (transports[t])));
        strcpy (where[t], endpoint_of (in));
    }
    for (int i = 0; i < PEERS; i++) {
        out[i] = ready_socket (ctx, ZMQ_DEALER);
        expect_ok (zmq_setsockopt (out[i], ZMQ_ROUTING_ID, &(int){i << 8 | 7}, sizeof (int)));
        expect_ok (zmq_connect (out[i], where[i % 3]));
        expect_eq (zmq_send (out[i], &i, sizeof i, 0), sizeof i);
    }
    for (int n = 0; n < PEERS; n++) {
        int id, got;
        expect_eq (zmq_recv (in, &id, sizeof id, 0), sizeof id);
        expect_eq (zmq_recv (in, &got, sizeof got, 0), sizeof got);
        expect_eq (got, id >> 8);
        expect_eq (zmq_send (in, &id, sizeof id, ZMQ_SNDMORE), sizeof id);
        expect_eq (zmq_send (in, &got, sizeof got, 0), sizeof got);
    }
    for (int i = 0; i < PEERS; i++) {
        int got;
        expect_eq (zmq_recv (out[i], &got, sizeof got, 0), sizeof got);
        expect_eq (got, i);
        expect_ok (zmq_close (out[i]));
    }
    expect_ok (zmq_close (in));
    expect_ok (zmq_ctx_term (ctx));
}

const struct stress_case cases[] = {{"sockets", sockets}, {"multiparts", multiparts}, {"contexts", contexts}, {"peers", peers}, {NULL, NULL}};
