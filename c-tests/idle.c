/* Whoever waits uses no processor time, whatever waits with it. */
#include "tools.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WATCHED_MS = 300 };

static long used_ms (void)
{
    struct rusage usage;
    expect_ok (getrusage (RUSAGE_SELF, &usage));
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* A thread that spins would use all of the time, or on a busy machine its share of it. */
static void expect_idle (const char *file, int line)
{
    nap_ms (50); /* what has begun may end */
    long before = used_ms ();
    nap_ms (WATCHED_MS);
    long used = used_ms () - before;
    if (used > WATCHED_MS / 4)
        check_fail (file, line, "%ld ms of processor time in %d ms of waiting", used, WATCHED_MS);
}
#define idle() expect_idle (__FILE__, __LINE__)

CASE_TRANSPORTS (connected_sockets, "zmq_connect zmq_bind")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    pair_up (a, b, arg);
    send_text (a, "x", 0);
    recv_text (b, "x");
    idle ();
}

/* The receiver does not read, and all between is full. */
CASE_WIRE (full_connection, "ZMQ_SNDHWM ZMQ_RCVHWM")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    static char big[65536];
    set_int (push, ZMQ_SNDHWM, 2);
    set_int (pull, ZMQ_RCVHWM, 2);
    pair_up (pull, push, arg);
    set_int (push, ZMQ_SNDTIMEO, 100);
    for (int i = 0; i < 10000 && zmq_send (push, big, sizeof big, 0) != -1; i++)
        ;
    expect_int (get_int (push, ZMQ_EVENTS), 0);
    idle ();
}

static void *receiver (void *s)
{
    zmq_recv (s, NULL, 0, 0);
    return NULL;
}

CASE (blocked_receiver, "zmq_recv")
{
    void *ctx = ctx_new (), *thread;
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, "tcp");
    set_int (a, ZMQ_RCVTIMEO, -1);
    start_thread (receiver, a, &thread);
    idle ();
    send_text (b, "x", 0);
    join_thread (thread);
}

static void *poller (void *s)
{
    zmq_pollitem_t items[2] = {{s, 0, ZMQ_POLLIN, 0}, {NULL, 0, 0, 0}};
    zmq_poll (items, 2, -1);
    return NULL;
}

CASE (blocked_poll, "zmq_poll")
{
    void *ctx = ctx_new (), *thread;
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, "tcp");
    start_thread (poller, a, &thread);
    idle ();
    send_text (b, "x", 0);
    join_thread (thread);
}

static void *narrow_poller (void *sockets)
{
    void **pair = sockets;
    zmq_pollitem_t items[2] = {{pair[0], 0, 0, 0}, {pair[1], 0, ZMQ_POLLIN, 0}};
    zmq_poll (items, 2, -1);
    return NULL;
}

/* What comes for an item without events is no reason to look again and again. */
CASE (item_without_events, "zmq_poll")
{
    void *ctx = ctx_new (), *thread;
    void *sockets[2] = {sock (ctx, ZMQ_PAIR), sock (ctx, ZMQ_PAIR)};
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (sockets[0], a, "inproc");
    pair_up (sockets[1], b, "inproc");
    start_thread (narrow_poller, sockets, &thread);
    for (int i = 0; i < 10; i++)
        send_text (a, "x", 0);
    idle ();
    send_text (b, "x", 0);
    join_thread (thread);
}

struct proxy {
    void *front, *back, *control;
};

static void *run_proxy (void *arg)
{
    struct proxy *p = arg;
    zmq_proxy_steerable (p->front, p->back, NULL, p->control);
    return NULL;
}

/* Input waits and nobody takes it. */
CASE (proxy_without_a_destination, "zmq_proxy_steerable")
{
    void *ctx = ctx_new (), *thread;
    struct proxy p = {sock (ctx, ZMQ_PULL), sock (ctx, ZMQ_PUSH), NULL};
    void *push = sock (ctx, ZMQ_PUSH);
    pair_up (p.front, push, "inproc");
    start_thread (run_proxy, &p, &thread);
    for (int i = 0; i < 10; i++)
        send_text (push, "x", 0);
    idle ();
    expect_ok (zmq_ctx_shutdown (ctx));
    join_thread (thread);
}

CASE (proxy_that_is_paused, "zmq_proxy_steerable")
{
    void *ctx = ctx_new (), *thread;
    struct proxy p = {sock (ctx, ZMQ_PULL), sock (ctx, ZMQ_PUSH), sock (ctx, ZMQ_REP)};
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL), *commander = sock (ctx, ZMQ_REQ);
    pair_up (p.front, push, "inproc");
    pair_up (p.back, pull, "inproc");
    pair_up (p.control, commander, "inproc");
    start_thread (run_proxy, &p, &thread);
    send_text (commander, "PAUSE", 0);
    recv_last (commander, "");
    send_text (push, "x", 0);
    idle ();
    recv_nothing (pull);
    send_text (commander, "TERMINATE", 0);
    recv_last (commander, "");
    join_thread (thread);
}

CASE (connection_that_cannot_be_accepted, "zmq_bind EMFILE")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    struct sockaddr_in address;
    const char *endpoint = bind_any (pull, "tcp");
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    no_descriptors ();
    tcp_address (endpoint, &address);
    expect_ok (connect (fd, (struct sockaddr *) &address, sizeof address));
    idle ();
    descriptors_again ();
    raw_handshake (fd, "PUSH", 1);
    raw_close (fd);
}

CASE (publisher_nobody_listens_to, "ZMQ_PUB ZMQ_SUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_PUB), *sub = sock (ctx, ZMQ_SUB);
    subscribe (sub, "never");
    pair_up (pub, sub, "tcp");
    for (int i = 0; i < 1000; i++)
        send_text (pub, "x", 0);
    idle ();
}

/* A peer that closed its writing half only. */
CASE (half_closed_peer, "zmq_bind")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    int fd = raw_connect (bind_any (pull, "tcp"));
    raw_handshake (fd, "PUSH", 1);
    raw_message (fd, "x", 0);
    expect_ok (shutdown (fd, SHUT_WR));
    recv_last (pull, "x");
    idle ();
    raw_close (fd);
}

/* The same while the receiver stands at its mark, and cannot read on. */
CASE (half_closed_peer_of_a_full_receiver, "ZMQ_RCVHWM")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    set_int (pull, ZMQ_RCVHWM, 1);
    int fd = raw_connect (bind_any (pull, "tcp"));
    raw_handshake (fd, "PUSH", 1);
    for (int i = 0; i < 100; i++)
        raw_message (fd, "x", 0);
    expect_ok (shutdown (fd, SHUT_WR));
    idle ();
    for (int i = 0; i < 100; i++)
        recv_last (pull, "x");
    raw_close (fd);
}

CASE_WIRE (peer_gone_from_a_full_receiver, "ZMQ_RCVHWM")
{
    void *ctx = ctx_new (), *other = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (other, ZMQ_PUSH);
    set_int (pull, ZMQ_RCVHWM, 1);
    set_int (push, ZMQ_LINGER, -1);
    pair_up (pull, push, arg);
    for (int i = 0; i < 100; i++)
        send_text (push, "x", 0);
    sock_close (push);
    ctx_term (other);
    idle ();
    drain (pull);
}
