/* Descriptors run out: every call says so or succeeds, and works again when there are some. */
#include "stress.h"

#include <fcntl.h>
#include <poll.h>

/* The descriptors that the process starts with. */
static void set_limit (int limit)
{
    struct rlimit r;
    expect_ok (getrlimit (RLIMIT_NOFILE, &r));
    r.rlim_cur = (rlim_t) limit;
    expect_ok (setrlimit (RLIMIT_NOFILE, &r));
}

/* A pair of sockets over a transport, as far as it comes. */
struct pair {
    void *ctx, *bound, *connected;
    bool linked;
};

static bool make_pair (struct pair *p, const char *transport, int bind_type, int connect_type)
{
    memset (p, 0, sizeof *p);
    p->ctx = zmq_ctx_new ();
    expect_clean (!p->ctx);
    if (!p->ctx)
        return false;
    expect_clean (!(p->bound = zmq_socket (p->ctx, bind_type)));
    expect_clean (!(p->connected = zmq_socket (p->ctx, connect_type)));
    if (!p->bound || !p->connected)
        return false;
    set_int (p->bound, ZMQ_LINGER, 0);
    set_int (p->connected, ZMQ_LINGER, 0);
    int rc;
    expect_clean ((rc = zmq_bind (p->bound, unique (transport))) != 0);
    if (rc != 0)
        return false;
    expect_clean ((rc = zmq_connect (p->connected, endpoint_of (p->bound))) != 0);
    return p->linked = rc == 0;
}

static void exercise (struct pair *p)
{
    char byte;
    int rc, fd;
    size_t size = sizeof fd;
    for (int i = 0; i < 2; i++) {
        void *s = i ? p->connected : p->bound;
        if (!s)
            continue;
        expect_clean ((rc = zmq_getsockopt (s, ZMQ_FD, &fd, &size)) != 0);
        if (rc == 0)
            expect (fcntl (fd, F_GETFD) & FD_CLOEXEC);
        zmq_pollitem_t both[2] = {{s, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLPRI, 0}};
        expect_clean (zmq_poll (both, 2, 5) < 0);
        expect_clean (zmq_poll (both, 1, 5) < 0);
        expect_clean (zmq_recv (s, &byte, 1, ZMQ_DONTWAIT) < 0 && errno != ENOTSUP);
        expect_clean ((rc = zmq_socket_monitor (s, unique ("inproc"), ZMQ_EVENT_ALL)) != 0);
    }
}

static void deliver (struct pair *p)
{
    char byte = 0;
    set_int (p->bound, ZMQ_RCVTIMEO, 10000);
    set_int (p->connected, ZMQ_SNDTIMEO, 10000);
    expect_eq (zmq_send (p->connected, "x", 1, 0), 1);
    expect_eq (zmq_recv (p->bound, &byte, 1, 0), 1);
    expect_eq (byte, 'x');
}

static void end_pair (struct pair *p)
{
    if (p->bound)
        expect_ok (zmq_close (p->bound));
    if (p->connected)
        expect_ok (zmq_close (p->connected));
    if (p->ctx)
        expect_ok (zmq_ctx_term (p->ctx));
}

static void life (void *arg)
{
    int limit = *(int *) arg;
    static const char *transports[] = {"inproc", "ipc", "tcp"};
    struct pair pairs[6];
    int before = open_fds (), made = 0;
    set_limit (limit);
    for (int round = 0; round < 2; round++)
        for (int t = 0; t < 3; t++) {
            struct pair *p = &pairs[made++];
            make_pair (p, transports[t], round ? ZMQ_PULL : ZMQ_ROUTER, round ? ZMQ_PUSH : ZMQ_DEALER);
            exercise (p);
        }
    set_limit (1024);
    /* Everything that was said to work does, and a fresh start too. */
    for (int i = 3; i < made; i++)
        if (pairs[i].linked)
            deliver (&pairs[i]);
    for (int i = 0; i < made; i++)
        end_pair (&pairs[i]);
    for (int t = 0; t < 3; t++) {
        struct pair p;
        expect (make_pair (&p, transports[t], ZMQ_PULL, ZMQ_PUSH));
        exercise (&p);
        deliver (&p);
        end_pair (&p);
    }
    int after = open_fds ();
    /* A thread that polled keeps its own descriptor. */
    expect (after <= before + 1);
}

static void every_limit (void)
{
    for (int limit = 3; limit <= 80; limit++) {
        char what[32];
        snprintf (what, sizeof what, "limit %d", limit);
        in_child (life, &limit, what);
    }
}

/* Takes every descriptor that is left; gives how many. */
static int fill (int *fds, int max)
{
    int n = 0;
    while (n < max && (fds[n] = dup (0)) >= 0)
        n++;
    expect (n < max && errno == EMFILE);
    return n;
}

static void many_threads (void *unused)
{
    (void) unused;
    /* Either all the I/O threads or none: those that started must not keep what the rest of the process needs. */
    set_limit (40);
    int before = open_fds ();
    void *ctx = zmq_ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 1000));
    void *s = zmq_socket (ctx, ZMQ_PULL);
    if (s) {
        expect_eq (zmq_bind (s, unique ("tcp")), -1);
        expect_clean (zmq_bind (s, unique ("tcp")) != 0);
        expect_clean (zmq_connect (s, "tcp://127.0.0.1:9") != 0);
    }
    expect_eq (open_fds (), before);
    expect_eq (threads_alive (), 1);
    if (s)
        expect_ok (zmq_close (s));
    expect_ok (zmq_ctx_term (ctx));
}

static void many_io_threads (void)
{
    in_child (many_threads, NULL, "1000 I/O threads");
}

/* Counts the events that are there now. */
static int events (void *monitor, int kind)
{
    int found = 0;
    uint16_t event;
    unsigned char head[6];
    while (zmq_recv (monitor, head, sizeof head, ZMQ_DONTWAIT) == 6) {
        memcpy (&event, head, 2);
        found += event == kind;
        zmq_recv (monitor, head, sizeof head, 0);
    }
    return found;
}

static void accepting (const char *transport)
{
    enum { CLIENTS = 30 };
    static int fds[1024], clients[CLIENTS];
    void *ctx = zmq_ctx_new ();
    void *server = zmq_socket (ctx, ZMQ_PULL), *monitor = zmq_socket (ctx, ZMQ_PAIR);
    char byte, where[256];
    set_int (server, ZMQ_RCVTIMEO, 10000);
    set_int (server, ZMQ_LINGER, 0);
    set_int (monitor, ZMQ_RCVHWM, 0);
    expect_ok (zmq_socket_monitor (server, "inproc://accepting", ZMQ_EVENT_ACCEPT_FAILED));
    expect_ok (zmq_connect (monitor, "inproc://accepting"));
    expect_ok (zmq_bind (server, unique (transport)));
    strcpy (where, endpoint_of (server));
    expect_eq (zmq_recv (server, &byte, 1, ZMQ_DONTWAIT), -1);

    set_limit (200);
    /* Client sockets exist before the shortage; their connections meet it. */
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = raw_socket (!strcmp (transport, "tcp"));
    int n = fill (fds, 1024);
    for (int i = 0; i < CLIENTS; i++) {
        raw_join (clients[i], where);
        nap_ms (2);
    }
    nap_ms (400);
    /* The rests between attempts do not multiply with the connections that wait. */
    int failed = events (monitor, ZMQ_EVENT_ACCEPT_FAILED);
    if (failed == 0 || failed > CLIENTS + 30)
        fail (__FILE__, __LINE__, "%s: %d failed accepts", transport, failed);
    while (n > 0)
        close (fds[--n]);
    for (int i = 0; i < CLIENTS; i++) {
        expect (raw_handshake (clients[i], "PUSH"));
        expect (raw_frame (clients[i], 0, "x", 1));
        expect_eq (zmq_recv (server, &byte, 1, 0), 1);
        close (clients[i]);
    }
    set_limit (1024);
    expect_ok (zmq_close (server));
    expect_ok (zmq_close (monitor));
    expect_ok (zmq_ctx_term (ctx));
}

static void accepts_again (void)
{
    accepting ("ipc");
    accepting ("tcp");
}

static void connecting (const char *transport)
{
    static int fds[1024];
    void *ctx = zmq_ctx_new ();
    void *server = zmq_socket (ctx, ZMQ_PULL), *client = zmq_socket (ctx, ZMQ_PUSH), *monitor = zmq_socket (ctx, ZMQ_PAIR);
    char byte;
    set_int (server, ZMQ_RCVTIMEO, 10000);
    set_int (client, ZMQ_LINGER, 0);
    set_int (monitor, ZMQ_RCVTIMEO, 10000);
    expect_ok (zmq_socket_monitor (client, "inproc://connecting", ZMQ_EVENT_CONNECT_RETRIED));
    expect_ok (zmq_connect (monitor, "inproc://connecting"));
    expect_ok (zmq_bind (server, unique (transport)));
    set_limit (100);
    int n = fill (fds, 1024);
    int rc = zmq_connect (client, endpoint_of (server));
    if (rc == 0)
        expect_eq (zmq_send (client, "x", 1, 0), 1);
    else
        expect_eq (errno, EMFILE);
    if (rc == 0)
        expect_eq (zmq_recv (monitor, &byte, 1, 0), 6); /* the first attempt has failed */
    while (n > 0)
        close (fds[--n]);
    if (rc == 0)
        expect_eq (zmq_recv (server, &byte, 1, 0), 1);
    set_limit (1024);
    expect_ok (zmq_close (server));
    expect_ok (zmq_close (client));
    expect_ok (zmq_close (monitor));
    expect_ok (zmq_ctx_term (ctx));
}

static void connects_again (void)
{
    connecting ("ipc");
    connecting ("tcp");
}

const struct stress_case cases[] = {{"every_limit", every_limit},
                                    {"many_io_threads", many_io_threads},
                                    {"accepts_again", accepts_again},
                                    {"connects_again", connects_again},
                                    {NULL, NULL}};
