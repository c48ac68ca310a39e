/* What holds for each socket type by itself, and PAIR. */
#include "tools.h"

static const int types[] = {ZMQ_PAIR, ZMQ_PUB,  ZMQ_SUB,  ZMQ_REQ,  ZMQ_REP,  ZMQ_DEALER,
                            ZMQ_ROUTER, ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB, ZMQ_STREAM};

CASE (numbers_of_the_types, "ZMQ_PAIR ZMQ_PUB ZMQ_SUB ZMQ_REQ ZMQ_REP ZMQ_DEALER ZMQ_ROUTER ZMQ_PULL ZMQ_PUSH ZMQ_XPUB "
                            "ZMQ_XSUB ZMQ_STREAM ZMQ_XREP ZMQ_XREQ")
{
    for (int i = 0; i < 12; i++)
        expect_int (types[i], i);
    expect_int (ZMQ_XREP, ZMQ_ROUTER);
    expect_int (ZMQ_XREQ, ZMQ_DEALER);
}

CASE (send_without_a_peer, "zmq_send ENOTSUP EAGAIN EFSM")
{
    static const int errors[] = {EAGAIN, 0, ENOTSUP, EAGAIN, EFSM, EAGAIN, 0, ENOTSUP, EAGAIN, 0, 0, 0};
    void *ctx = ctx_new ();
    keep_going ();
    for (int type = 0; type < 12; type++) {
        void *s = sock (ctx, type);
        row ("type %d", type);
        if (errors[type])
            expect_errno (zmq_send (s, "xyz", 3, ZMQ_DONTWAIT), errors[type]);
        else
            expect_int (zmq_send (s, "xyz", 3, ZMQ_DONTWAIT), 3);
    }
}

CASE (recv_without_a_peer, "zmq_recv ENOTSUP EAGAIN EFSM")
{
    static const int errors[] = {EAGAIN, ENOTSUP, EAGAIN, EFSM, EAGAIN, EAGAIN, EAGAIN, EAGAIN, ENOTSUP, EAGAIN, EAGAIN, EAGAIN};
    void *ctx = ctx_new ();
    char buffer[8];
    keep_going ();
    for (int type = 0; type < 12; type++) {
        row ("type %d", type);
        expect_errno (zmq_recv (sock (ctx, type), buffer, sizeof buffer, ZMQ_DONTWAIT), errors[type]);
    }
}

CASE (time_outs, "ZMQ_SNDTIMEO ZMQ_RCVTIMEO EAGAIN")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char buffer[8];
    static const int waits[] = {0, 50, 200};
    for (int i = 0; i < 3; i++) {
        row ("%d ms", waits[i]);
        set_int (s, ZMQ_SNDTIMEO, waits[i]);
        set_int (s, ZMQ_RCVTIMEO, waits[i]);
        long start = now_ms ();
        expect_errno (zmq_send (s, "x", 1, 0), EAGAIN);
        long sent = now_ms ();
        expect_errno (zmq_recv (s, buffer, sizeof buffer, 0), EAGAIN);
        long received = now_ms ();
        expect_true (sent - start >= waits[i] - 5 && sent - start < waits[i] + 1500);
        expect_true (received - sent >= waits[i] - 5 && received - sent < waits[i] + 1500);
    }
}

CASE (dontwait_beats_the_time_out, "ZMQ_DONTWAIT ZMQ_NOBLOCK EAGAIN")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char buffer[8];
    long start = now_ms ();
    expect_int (ZMQ_NOBLOCK, ZMQ_DONTWAIT);
    expect_errno (zmq_send (s, "x", 1, ZMQ_DONTWAIT), EAGAIN);
    expect_errno (zmq_recv (s, buffer, sizeof buffer, ZMQ_DONTWAIT), EAGAIN);
    expect_true (now_ms () - start < 1000);
}

CASE (unknown_flag_bits_are_ignored, "zmq_send zmq_recv")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    char buffer[8];
    pair_up (a, b, "inproc");
    expect_int (zmq_send (a, "x", 1, 0x40), 1);
    expect_int (zmq_recv (b, buffer, sizeof buffer, 0x80), 1);
    expect_int (get_int (b, ZMQ_RCVMORE), 0);
}

CASE (blocked_recv_is_woken_by_a_message, "zmq_recv")
{
    void *ctx = ctx_new ();
    static const char *const transports[] = {"inproc", "ipc", "tcp"};
    for (int i = 0; i < 3; i++) {
        void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
        connect_to (push, bind_any (pull, transports[i]));
        send_text (push, "wake", 0);
        recv_text (pull, "wake");
    }
}

/* ---- PAIR ---- */

CASE_TRANSPORTS (pair_both_ways, "ZMQ_PAIR")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, arg);
    send_text (a, "ping", 0);
    recv_last (b, "ping");
    send_parts (b, "po", "", "ng", NULL);
    recv_parts (a, "po", "", "ng", NULL);
}

CASE_TRANSPORTS (pair_keeps_order, "ZMQ_PAIR")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    char text[16];
    pair_up (a, b, arg);
    for (int i = 0; i < 500; i++) {
        snprintf (text, sizeof text, "%d", i);
        send_text (a, text, 0);
    }
    for (int i = 0; i < 500; i++) {
        snprintf (text, sizeof text, "%d", i);
        recv_text (b, text);
    }
}

CASE_TRANSPORTS (pair_turns_a_second_peer_away, "ZMQ_PAIR")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR), *c = sock (ctx, ZMQ_PAIR);
    const char *endpoint = bind_any (a, arg);
    connect_to (b, endpoint);
    send_text (b, "first", 0);
    recv_text (a, "first");
    connect_to (c, endpoint);
    zmq_send (c, "second", 6, ZMQ_DONTWAIT);
    recv_nothing (a);
    send_text (a, "for b", 0);
    recv_text (b, "for b");
    recv_nothing (c);
}

CASE_WIRE (pair_takes_a_new_peer_when_the_first_is_gone, "ZMQ_PAIR")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    const char *endpoint = bind_any (a, arg);
    connect_to (b, endpoint);
    send_text (b, "first", 0);
    recv_text (a, "first");
    sock_close (b);
    eventually ((get_int (a, ZMQ_EVENTS) & ZMQ_POLLOUT) == 0);
    for (int attempt = 0;; attempt++) {
        void *c = sock (ctx, ZMQ_PAIR);
        connect_to (c, endpoint);
        send_text (c, "second", 0);
        if (poll_socket (a, ZMQ_POLLIN, 200)) {
            recv_text (a, "second");
            return;
        }
        expect_true (attempt < 20);
        sock_close (c);
    }
}

CASE_TRANSPORTS (unfinished_multipart_is_invisible, "ZMQ_SNDMORE ZMQ_RCVMORE")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, arg);
    send_text (a, "sync", 0);
    recv_text (b, "sync");
    send_text (a, "one", ZMQ_SNDMORE);
    send_text (a, "two", ZMQ_SNDMORE);
    recv_nothing (b);
    send_text (a, "three", 0);
    recv_parts (b, "one", "two", "three", NULL);
}

CASE_TRANSPORTS (unfinished_multipart_is_rolled_back_by_close, "zmq_close ZMQ_SNDMORE")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    pair_up (pull, push, arg);
    set_int (push, ZMQ_LINGER, -1);
    send_text (push, "whole", 0);
    send_text (push, "part", ZMQ_SNDMORE);
    sock_close (push);
    recv_last (pull, "whole");
    recv_nothing (pull);
}

CASE (rcvmore_before_any_receive, "ZMQ_RCVMORE")
{
    void *ctx = ctx_new ();
    for (int type = 0; type < 12; type++)
        expect_int (get_int (sock (ctx, type), ZMQ_RCVMORE), 0);
}

CASE_WIRE (wrong_peer_type_is_disconnected, "ZMQ_EVENT_DISCONNECTED")
{
    static const int bad[][2] = {{ZMQ_REQ, ZMQ_PULL}, {ZMQ_PUB, ZMQ_PULL}, {ZMQ_PAIR, ZMQ_DEALER}, {ZMQ_REQ, ZMQ_REQ},
                                 {ZMQ_PUSH, ZMQ_PUSH}, {ZMQ_REP, ZMQ_ROUTER}, {ZMQ_SUB, ZMQ_XSUB}};
    void *ctx = ctx_new ();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        void *a = sock (ctx, bad[i][0]), *b = sock (ctx, bad[i][1]);
        struct event e;
        row ("%d with %d", bad[i][0], bad[i][1]);
        const char *endpoint = bind_any (a, arg);
        void *mon = monitor (ctx, b, ZMQ_EVENT_ALL & ~ZMQ_EVENT_CONNECT_DELAYED);
        connect_to (b, endpoint);
        mon_expect (mon, ZMQ_EVENT_CONNECTED);
        /* Whoever finds it first closes; if it is the other side, this one retries until it is the first. */
        do {
            expect_true (monitor_next (mon, &e, LONG_MS));
            expect_true (e.event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        } while (e.event != ZMQ_EVENT_DISCONNECTED);
        sock_close (a);
        sock_close (b);
    }
}

CASE_WIRE (right_peer_types_shake_hands, "ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    static const int good[][2] = {{ZMQ_REQ, ZMQ_REP},     {ZMQ_REQ, ZMQ_ROUTER},    {ZMQ_REP, ZMQ_DEALER},
                                  {ZMQ_DEALER, ZMQ_DEALER}, {ZMQ_DEALER, ZMQ_ROUTER}, {ZMQ_ROUTER, ZMQ_ROUTER},
                                  {ZMQ_PUSH, ZMQ_PULL},   {ZMQ_PUB, ZMQ_SUB},       {ZMQ_PUB, ZMQ_XSUB},
                                  {ZMQ_XPUB, ZMQ_SUB},    {ZMQ_XPUB, ZMQ_XSUB},     {ZMQ_PAIR, ZMQ_PAIR}};
    void *ctx = ctx_new ();
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        for (int turn = 0; turn < 2; turn++) {
            void *a = sock (ctx, good[i][turn]), *b = sock (ctx, good[i][!turn]);
            row ("%d with %d", good[i][turn], good[i][!turn]);
            void *mon = monitor (ctx, a, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
            pair_up (a, b, arg);
            mon_expect (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
            sock_close (a);
            sock_close (b);
        }
}
