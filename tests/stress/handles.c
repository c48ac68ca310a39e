/* One socket in several threads at once, which the manual forbids: nothing useful is promised, but no crash and no hang. */
#include "stress.h"

struct crowd {
    void *ctx, *socket, *peer;
    int stop, closed;
};

/* What a call may say while others use, close or terminate the same things. */
static void allowed_errno (int rc, const char *what)
{
    static const int known[] = {EAGAIN, ENOTSOCK, ETERM, EFSM, ENOTSUP, EINTR, EHOSTUNREACH, EINVAL, EMFILE, EADDRINUSE, ENOENT, EFAULT};
    int error = errno;
    if (rc >= 0)
        return;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (error == known[i])
            return;
    fail (__FILE__, __LINE__, "%s: errno %d, %s", what, error, zmq_strerror (error));
}

static void *use (void *arg)
{
    struct crowd *c = arg;
    uint64_t state = seed ^ (uint64_t) (uintptr_t) &state;
    char bytes[5000] = {0};
    while (!__atomic_load_n (&c->stop, __ATOMIC_SEQ_CST)) {
        void *s = c->socket;
        size_t size = sizeof bytes;
        int number = (int) (next_random (&state) % 20), rc = 0;
        zmq_msg_t msg;
        switch (next_random (&state) % 12) {
            case 0:
            case 1:
            case 2:
                rc = zmq_send (s, bytes, next_random (&state) % sizeof bytes, (number & 1 ? ZMQ_SNDMORE : 0) | (number & 2 ? ZMQ_DONTWAIT : 0));
                break;
            case 3:
            case 4:
            case 5:
                rc = zmq_recv (s, bytes, sizeof bytes, number & 1 ? ZMQ_DONTWAIT : 0);
                break;
            case 6:
                expect_ok (zmq_msg_init (&msg));
                rc = zmq_msg_recv (&msg, s, ZMQ_DONTWAIT);
                zmq_msg_close (&msg);
                break;
            case 7: {
                zmq_pollitem_t item = {s, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0};
                rc = zmq_poll (&item, 1, 2);
                break;
            }
            case 8:
                rc = zmq_setsockopt (s, ZMQ_SNDHWM, &number, sizeof number);
                break;
            case 9:
                rc = zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, bytes, &size);
                break;
            case 10:
                rc = zmq_bind (s, "inproc://crowd");
                break;
            case 11:
                rc = zmq_unbind (s, "inproc://crowd");
                break;
        }
        allowed_errno (rc, "a shared socket");
    }
    return NULL;
}

static const int types[] = {ZMQ_PAIR, ZMQ_PUB, ZMQ_SUB, ZMQ_REQ, ZMQ_REP, ZMQ_DEALER, ZMQ_ROUTER, ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB, ZMQ_STREAM};
static const int partners[] = {ZMQ_PAIR, ZMQ_SUB, ZMQ_PUB, ZMQ_REP, ZMQ_REQ, ZMQ_DEALER, ZMQ_DEALER, ZMQ_PUSH, ZMQ_PULL, ZMQ_XSUB, ZMQ_XPUB, ZMQ_STREAM};

static void shared_socket (void)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct crowd c = {.ctx = zmq_ctx_new ()};
        pthread_t threads[4], peer;
        c.socket = zmq_socket (c.ctx, types[i]);
        struct crowd other = {.ctx = c.ctx, .socket = zmq_socket (c.ctx, partners[i])};
        for (int k = 0; k < 2; k++) {
            void *s = k ? other.socket : c.socket;
            set_int (s, ZMQ_RCVTIMEO, 3);
            set_int (s, ZMQ_SNDTIMEO, 3);
            set_int (s, ZMQ_LINGER, 0);
        }
        expect_ok (zmq_bind (c.socket, unique ("tcp")));
        expect_ok (zmq_connect (other.socket, endpoint_of (c.socket)));
        for (int t = 0; t < 4; t++)
            expect_eq (pthread_create (&threads[t], NULL, use, &c), 0);
        expect_eq (pthread_create (&peer, NULL, use, &other), 0);
        nap_ms (150 * scale);
        /* Closed under the threads' hands, or the context ended. */
        if (i % 2)
            expect_ok (zmq_ctx_shutdown (c.ctx));
        expect_ok (zmq_close (c.socket));
        nap_ms (20);
        c.stop = other.stop = 1;
        for (int t = 0; t < 4; t++)
            pthread_join (threads[t], NULL);
        pthread_join (peer, NULL);
        expect_ok (zmq_close (other.socket));
        expect_ok (zmq_ctx_term (c.ctx));
    }
}

static void *receive (void *socket)
{
    char byte;
    int rc = zmq_recv (socket, &byte, 1, 0);
    return (void *) (intptr_t) (rc < 0 ? errno : 0);
}

static void *poll_it (void *socket)
{
    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    int rc = zmq_poll (&item, 1, -1);
    return (void *) (intptr_t) (rc < 0 ? errno : 0);
}

/* A thread that waits on a socket finds out that it was closed. */
static void closed_while_waiting (void)
{
    void *ctx = zmq_ctx_new ();
    for (int i = 0; i < 100 * scale; i++) {
        void *s = zmq_socket (ctx, ZMQ_PULL), *result;
        pthread_t thread;
        expect_ok (zmq_bind (s, i % 3 ? "inproc://closed" : unique ("tcp")));
        expect_eq (pthread_create (&thread, NULL, i % 2 ? receive : poll_it, s), 0);
        nap_ms (i % 5);
        expect_ok (zmq_close (s));
        expect_eq (pthread_join (thread, &result), 0);
        expect_eq ((intptr_t) result, ENOTSOCK);
    }
    expect_ok (zmq_ctx_term (ctx));
}

/* One thread takes what the other waits for: the other goes on waiting, and is not forgotten. */
static void *pump (void *arg)
{
    struct crowd *c = arg;
    for (int i = 0; i < 20000; i++)
        expect_eq (zmq_send (c->peer, "x", 1, 0), 1);
    return NULL;
}

static void *drain (void *arg)
{
    struct crowd *c = arg;
    char byte;
    long got = 0;
    while (zmq_recv (c->socket, &byte, 1, 0) == 1)
        got++;
    return (void *) got;
}

static void two_receivers (void)
{
    for (int i = 0; i < 3 * scale; i++) {
        struct crowd c = {.ctx = zmq_ctx_new ()};
        pthread_t in[2], out;
        void *got[2];
        c.socket = zmq_socket (c.ctx, ZMQ_PULL);
        c.peer = zmq_socket (c.ctx, ZMQ_PUSH);
        set_int (c.socket, ZMQ_RCVTIMEO, 1000);
        expect_ok (zmq_bind (c.socket, unique (i % 2 ? "inproc" : "ipc")));
        expect_ok (zmq_connect (c.peer, endpoint_of (c.socket)));
        for (int t = 0; t < 2; t++)
            expect_eq (pthread_create (&in[t], NULL, drain, &c), 0);
        expect_eq (pthread_create (&out, NULL, pump, &c), 0);
        pthread_join (out, NULL);
        for (int t = 0; t < 2; t++)
            pthread_join (in[t], &got[t]);
        expect_eq ((long) got[0] + (long) got[1], 20000);
        expect_ok (zmq_close (c.socket));
        expect_ok (zmq_close (c.peer));
        expect_ok (zmq_ctx_term (c.ctx));
    }
}

/* Handles that were never given out, or not any more, in every call that takes one. */
static void wrong_handles (void)
{
    void *ctx = zmq_ctx_new (), *s = zmq_socket (ctx, ZMQ_PAIR), *old = zmq_socket (ctx, ZMQ_PAIR);
    uint64_t state = seed;
    char bytes[64];
    size_t size = sizeof bytes;
    int number = 1;
    expect_ok (zmq_close (old));
    for (int i = 0; i < 20000; i++) {
        void *bad = i == 0 ? NULL : i == 1 ? old : i == 2 ? bytes : i == 3 ? ctx : (void *) (uintptr_t) (next_random (&state) >> (i % 40));
        zmq_msg_t msg;
        zmq_pollitem_t item = {bad, 0, ZMQ_POLLIN, 0};
        if (bad == s)
            continue;
        expect_eq (zmq_close (bad), -1);
        expect_eq (errno, ENOTSOCK);
        expect_eq (zmq_send (bad, bytes, 1, 0), -1);
        expect_eq (zmq_recv (bad, bytes, 1, 0), -1);
        expect_eq (zmq_bind (bad, "inproc://x"), -1);
        expect_eq (zmq_connect (bad, "inproc://x"), -1);
        expect_eq (zmq_setsockopt (bad, ZMQ_LINGER, &number, sizeof number), -1);
        expect_eq (zmq_getsockopt (bad, ZMQ_LAST_ENDPOINT, bytes, &size), -1);
        expect_eq (zmq_socket_monitor (bad, "inproc://m", ZMQ_EVENT_ALL), -1);
        expect_ok (zmq_msg_init (&msg));
        expect_eq (zmq_msg_send (&msg, bad, 0), -1);
        expect_eq (zmq_msg_recv (&msg, bad, 0), -1);
        zmq_msg_close (&msg);
        if (bad)
            expect_eq (zmq_poll (&item, 1, 0), -1);
        if (bad == ctx)
            continue;
        expect (zmq_socket (bad, ZMQ_PAIR) == NULL);
        expect_eq (zmq_ctx_set (bad, ZMQ_IO_THREADS, 1), -1);
        expect_eq (zmq_ctx_get (bad, ZMQ_IO_THREADS), -1);
        expect_eq (zmq_ctx_shutdown (bad), -1);
        expect_eq (zmq_ctx_term (bad), -1);
        expect_eq (errno, EFAULT);
    }
    expect_ok (zmq_close (s));
    expect_ok (zmq_ctx_term (ctx));
    expect_eq (zmq_ctx_term (ctx), -1);
}

/* Limits that change while messages are under way: whatever they are, what was sent arrives, and sending goes on. */
static void *limits_pump (void *arg)
{
    struct crowd *c = arg;
    static const int limits[] = {1000, 0, 1, 10, 3000, 2, 0, 100};
    uint64_t state = seed;
    for (uint32_t i = 0; i < 30000; i++) {
        if (i % 97 == 0)
            set_int (c->peer, ZMQ_SNDHWM, limits[next_random (&state) % 8]);
        expect_eq (zmq_send (c->peer, &i, sizeof i, 0), sizeof i);
    }
    return NULL;
}

static void changing_limits (void)
{
    static const char *transports[] = {"inproc", "ipc", "tcp"};
    static const int limits[] = {1000, 0, 1, 10, 3000, 2, 0, 100};
    uint64_t state = seed + 1;
    for (int round = 0; round < 6 * scale; round++) {
        struct crowd c = {.ctx = zmq_ctx_new ()};
        pthread_t thread;
        c.socket = zmq_socket (c.ctx, ZMQ_PULL);
        c.peer = zmq_socket (c.ctx, ZMQ_PUSH);
        set_int (c.socket, ZMQ_RCVTIMEO, 10000);
        set_int (c.peer, ZMQ_SNDTIMEO, 10000);
        expect_ok (zmq_bind (c.socket, unique (transports[round % 3])));
        expect_ok (zmq_connect (c.peer, endpoint_of (c.socket)));
        expect_eq (pthread_create (&thread, NULL, limits_pump, &c), 0);
        for (uint32_t i = 0, got; i < 30000; i++) {
            if (next_random (&state) % 89 == 0)
                set_int (c.socket, ZMQ_RCVHWM, limits[next_random (&state) % 8]);
            expect_eq (zmq_recv (c.socket, &got, sizeof got, 0), sizeof got);
            expect_eq (got, i);
        }
        pthread_join (thread, NULL);
        expect_ok (zmq_close (c.socket));
        expect_ok (zmq_close (c.peer));
        expect_ok (zmq_ctx_term (c.ctx));
    }
}

const struct stress_case cases[] = {{"shared_socket", shared_socket},
                                    {"closed_while_waiting", closed_while_waiting},
                                    {"two_receivers", two_receivers},
                                    {"changing_limits", changing_limits},
                                    {"wrong_handles", wrong_handles},
                                    {NULL, NULL}};
