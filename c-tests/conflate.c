/* Conflation: only the newest message stays. */
#include "tools.h"

/* ---- conflation ---- */

CASE (conflating_pull_gets_the_last, "ZMQ_CONFLATE ZMQ_PULL")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    char text[8];
    set_int (pull, ZMQ_CONFLATE, 1);
    int fd = raw_connect (bind_any (pull, "tcp"));
    raw_handshake (fd, "PUSH", 1);
    for (int i = 1; i <= 20; i++) {
        snprintf (text, sizeof text, "%d", i);
        raw_message (fd, text, 0);
    }
    /* The answer to a PING means that everything before it was taken in. */
    raw_command (fd, "PING", "\0\0", 2);
    raw_expect (fd, "04 05 04 504f4e47");
    recv_text (pull, "20");
    recv_nothing (pull);
}

CASE_WIRE (conflating_pull_never_goes_back, "ZMQ_CONFLATE ZMQ_PULL")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    int last = 0;
    set_int (pull, ZMQ_CONFLATE, 1);
    pair_up (pull, push, arg);
    for (int i = 1; i <= 200; i++)
        expect_int (zmq_send (push, &i, sizeof i, 0), sizeof i);
    while (last < 200) {
        int got = 0;
        expect_int (recv_bytes (pull, &got, sizeof got), sizeof got);
        expect_true (got > last);
        last = got;
    }
    recv_nothing (pull);
}

CASE (conflating_push_keeps_the_newest, "ZMQ_CONFLATE ZMQ_PUSH ZMQ_POLLOUT")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    char text[8];
    set_int (push, ZMQ_CONFLATE, 1);
    set_int (push, ZMQ_SNDHWM, 1);
    pair_up (pull, push, "inproc");
    for (int i = 1; i <= 2000; i++) {
        snprintf (text, sizeof text, "%d", i);
        expect_int (zmq_send (push, text, strlen (text), ZMQ_DONTWAIT), strlen (text));
    }
    expect_int (get_int (push, ZMQ_EVENTS), ZMQ_POLLOUT);
    recv_text (pull, "2000");
    recv_nothing (pull);
    send_text (push, "again", 0);
    recv_text (pull, "again");
}

CASE (conflating_unconnected_push_sends_the_newest, "ZMQ_CONFLATE")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = free_tcp_endpoint ();
    set_int (push, ZMQ_CONFLATE, 1);
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    connect_to (push, endpoint);
    send_text (push, "old", 0);
    send_text (push, "older", 0);
    send_text (push, "newest", 0);
    expect_ok (zmq_bind (pull, endpoint));
    recv_text (pull, "newest");
}

CASE (conflate_does_nothing_on_other_types, "ZMQ_CONFLATE ZMQ_PAIR")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    set_int (b, ZMQ_CONFLATE, 1);
    pair_up (a, b, "inproc");
    send_text (b, "1", 0);
    send_text (b, "2", 0);
    recv_text (a, "1");
    recv_text (a, "2");
}
