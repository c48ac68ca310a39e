/* Thousands of clients that come and go, well or badly: memory and descriptors stay where they were after the first
   thousand. `run --long churn` has 20,000 of them a case. */
#include "stress.h"

#include <poll.h>

struct server {
    void *ctx, *socket;
    int type, stop;
    char where[256];
};

/* Junk can pass for messages of the oldest protocol, with any number of parts. */
static int receive (void *socket, char *first, size_t size)
{
    char rest[256];
    int more, n = zmq_recv (socket, first, size, 0);
    size_t length = sizeof more;
    if (n > (int) size)
        n = (int) size;
    while (n >= 0 && zmq_getsockopt (socket, ZMQ_RCVMORE, &more, &length) == 0 && more)
        expect_ok (zmq_recv (socket, rest, sizeof rest, 0));
    return n;
}

static void *serve (void *arg)
{
    struct server *s = arg;
    char bytes[256];
    while (!__atomic_load_n (&s->stop, __ATOMIC_SEQ_CST)) {
        switch (s->type) {
            case ZMQ_PUB:
                zmq_send (s->socket, "topic", 5, ZMQ_DONTWAIT);
                nap_ms (1);
                break;
            case ZMQ_REP:
                if (receive (s->socket, bytes, sizeof bytes) >= 0)
                    zmq_send (s->socket, "reply", 5, 0);
                break;
            case ZMQ_ROUTER: {
                int n = receive (s->socket, bytes, sizeof bytes);
                if (n >= 0) {
                    zmq_send (s->socket, bytes, (size_t) n, ZMQ_SNDMORE);
                    zmq_send (s->socket, "reply", 5, 0);
                }
                break;
            }
            default:
                zmq_recv (s->socket, bytes, sizeof bytes, 0);
        }
    }
    return NULL;
}

static void reset (int fd)
{
    struct linger hard = {1, 0};
    setsockopt (fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

/* One client's life; every kind of bad end. */
static void visit (struct server *s, int i)
{
    static const char *partner[] = {[ZMQ_PULL] = "PUSH", [ZMQ_PUB] = "SUB", [ZMQ_ROUTER] = "DEALER", [ZMQ_REP] = "REQ"};
    bool tcp = !strncmp (s->where, "tcp", 3);
    int fd = tcp ? raw_connect (port_of (s->socket)) : raw_connect_ipc (s->where);
    unsigned char junk[300];
    uint64_t state = seed + (uint64_t) i;
    char byte;
    for (size_t k = 0; k < sizeof junk; k++)
        junk[k] = (unsigned char) next_random (&state);
    switch (i % 10) {
        case 0: /* never speaks */
            break;
        case 1: /* half a greeting */
            raw_write (fd, "\377\0\0\0\0\0\0\0\1\177\3", 11);
            break;
        case 2: /* junk */
            raw_write (fd, junk, sizeof junk);
            break;
        case 3: /* a reset before a word */
            reset (fd);
            break;
        case 4: /* a greeting, and junk for a handshake */
            raw_write (fd, "\377\0\0\0\0\0\0\0\1\177\3\0NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 64);
            raw_write (fd, junk, sizeof junk);
            break;
        case 5: /* a frame that never ends, and a reset */
            if (raw_handshake (fd, partner[s->type])) {
                raw_write (fd, "\2\0\0\0\0\20\0\0\0half", 13);
                reset (fd);
            }
            break;
        case 6: /* a message without its last part */
            if (raw_handshake (fd, partner[s->type]))
                raw_frame (fd, 1, "part", 4);
            break;
        default: /* a good client */
            if (!raw_handshake (fd, partner[s->type]))
                break;
            if (s->type == ZMQ_PUB)
                raw_frame (fd, 4, "\11SUBSCRIBEtopic", 15);
            else {
                if (s->type == ZMQ_REP)
                    raw_frame (fd, 1, "", 0);
                raw_frame (fd, 0, "hello", 5);
            }
            if (s->type != ZMQ_PULL && i % 10 > 7) {
                struct pollfd item = {fd, POLLIN, 0};
                expect_eq (poll (&item, 1, 10000), 1);
                expect_eq (recv (fd, &byte, 1, 0), 1);
            }
    }
    close (fd);
}

/* Waits until the server has caught up: connections that it has not accepted yet have no descriptor yet. */
static void settle (int fds)
{
    long limit = now_ms () + 10000;
    for (int quiet = 0; quiet < 5 && now_ms () < limit; nap_ms (2))
        quiet = open_fds () <= fds ? quiet + 1 : 0;
    expect_eq (open_fds (), fds);
}

static void churn (int type, const char *transport)
{
    struct server s = {.type = type, .ctx = zmq_ctx_new ()};
    pthread_t thread;
    int rounds = scale > 1 ? 20000 : 2500, warm = 1000;
    s.socket = zmq_socket (s.ctx, type);
    set_int (s.socket, ZMQ_LINGER, 0);
    set_int (s.socket, ZMQ_RCVTIMEO, 10);
    expect_ok (zmq_bind (s.socket, unique (transport)));
    strcpy (s.where, endpoint_of (s.socket));
    expect_eq (pthread_create (&thread, NULL, serve, &s), 0);
    /* Before the first client; the server's own are there since the bind. */
    int fds = open_fds ();
    long start = 0;
    size_t used = 0;
    for (int i = 0; i < rounds; i++) {
        visit (&s, i);
        if (i % 100 == 0)
            settle (fds);
        if (i == warm) {
            nap_ms (30);
            start = rss_kb ();
            used = allocated ();
        }
    }
    settle (fds);
    nap_ms (30);
    long grown = rss_kb () - start, more = (long) (allocated () - used);
    printf ("%s %d: %d clients, %ld KiB more than after %d, %ld bytes more in use\n", transport, type, rounds, grown, warm, more);
    if (grown > 1500 || more > 200000)
        fail (__FILE__, __LINE__, "%s, type %d: %ld KiB more after %d clients", transport, type, grown, rounds);
    __atomic_store_n (&s.stop, 1, __ATOMIC_SEQ_CST);
    pthread_join (thread, NULL);
    expect_ok (zmq_close (s.socket));
    expect_ok (zmq_ctx_term (s.ctx));
}

#define CHURN(name, type)                                                                                               \
    static void name##_tcp (void)                                                                                       \
    {                                                                                                                   \
        churn (type, "tcp");                                                                                            \
    }                                                                                                                   \
    static void name##_ipc (void)                                                                                       \
    {                                                                                                                   \
        churn (type, "ipc");                                                                                            \
    }
CHURN (pull, ZMQ_PULL)
CHURN (pub, ZMQ_PUB)
CHURN (router, ZMQ_ROUTER)
CHURN (rep, ZMQ_REP)

/* The connecting side: endpoints that come and go, most of them with nobody there. */
static void connects (void)
{
    void *ctx = zmq_ctx_new (), *s = zmq_socket (ctx, ZMQ_DEALER), *in = zmq_socket (ctx, ZMQ_ROUTER);
    int hour = 3600 * 1000, rounds = 3000 * (scale > 1 ? 10 : 1), fds = 0;
    long start = 0;
    char where[256];
    set_int (s, ZMQ_LINGER, 0);
    set_int (in, ZMQ_LINGER, 0);
    /* Timers of what is gone must not stay until they are due. */
    set_int (s, ZMQ_RECONNECT_IVL, hour);
    set_int (s, ZMQ_CONNECT_TIMEOUT, hour);
    set_int (s, ZMQ_HANDSHAKE_IVL, hour);
    expect_ok (zmq_bind (in, unique ("tcp")));
    strcpy (where, endpoint_of (in));
    for (int i = 0; i < rounds; i++) {
        const char *to = i % 3 == 0 ? where : i % 3 == 1 ? "tcp://127.0.0.1:1" : "ipc:///nowhere/at/all";
        expect_ok (zmq_connect (s, to));
        if (i % 7 == 0)
            nap_ms (1);
        expect_ok (zmq_disconnect (s, to));
        zmq_pollitem_t item = {in, 0, ZMQ_POLLIN, 0};
        expect_ok (zmq_poll (&item, 1, 0));
        if (i == 1000) {
            nap_ms (100);
            fds = open_fds ();
            start = rss_kb ();
        }
    }
    long limit = now_ms () + 10000;
    while (open_fds () > fds && now_ms () < limit)
        nap_ms (10);
    expect (open_fds () <= fds);
    long grown = rss_kb () - start;
    if (grown > 800)
        fail (__FILE__, __LINE__, "%ld KiB more after %d connects", grown, rounds);
    expect_ok (zmq_close (s));
    expect_ok (zmq_close (in));
    expect_ok (zmq_ctx_term (ctx));
}

/* Whole contexts. */
static void contexts (void)
{
    long start = 0;
    int rounds = 500 * (scale > 1 ? 10 : 1), fds = 0;
    for (int i = 0; i < rounds; i++) {
        void *ctx = zmq_ctx_new (), *a = zmq_socket (ctx, ZMQ_REQ), *b = zmq_socket (ctx, ZMQ_REP);
        char byte;
        expect_ok (zmq_bind (b, unique (i % 2 ? "tcp" : "ipc")));
        expect_ok (zmq_connect (a, endpoint_of (b)));
        if (i % 5) {
            expect_eq (zmq_send (a, "x", 1, 0), 1);
            expect_eq (zmq_recv (b, &byte, 1, 0), 1);
            expect_eq (zmq_send (b, "x", 1, 0), 1);
        }
        expect_ok (zmq_close (a));
        expect_ok (zmq_close (b));
        expect_ok (zmq_ctx_term (ctx));
        if (i == 100) {
            fds = open_fds ();
            start = rss_kb ();
        }
    }
    expect_eq (open_fds (), fds);
    long grown = rss_kb () - start;
    if (grown > 800)
        fail (__FILE__, __LINE__, "%ld KiB more after %d contexts", grown, rounds);
}

const struct stress_case cases[] = {
  {"pull_tcp", pull_tcp},     {"pull_ipc", pull_ipc}, {"pub_tcp", pub_tcp}, {"pub_ipc", pub_ipc},   {"router_tcp", router_tcp},
  {"router_ipc", router_ipc}, {"rep_tcp", rep_tcp},   {"rep_ipc", rep_ipc}, {"connects", connects}, {"contexts", contexts},
  {NULL, NULL}};
