/* Linger, IMMEDIATE, and what happens to queues without a connection. */
#include "tools.h"

/* ---- linger ---- */

CASE (linger_0_discards, "ZMQ_LINGER zmq_ctx_term")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH);
    connect_to (push, free_tcp_endpoint ());
    send_text (push, "x", 0);
    long start = now_ms ();
    sock_close (push);
    ctx_term (ctx);
    expect_true (now_ms () - start < 2000);
}

CASE (linger_is_read_at_close, "ZMQ_LINGER")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_LINGER, -1);
    connect_to (push, free_tcp_endpoint ());
    send_text (push, "x", 0);
    set_int (push, ZMQ_LINGER, 0);
    sock_close (push);
    ctx_term (ctx);
}

CASE (disconnect_honours_linger, "ZMQ_LINGER zmq_disconnect zmq_ctx_term")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = free_tcp_endpoint ();
    set_int (push, ZMQ_LINGER, 300);
    connect_to (push, endpoint);
    send_text (push, "x", 0);
    long start = now_ms ();
    expect_ok (zmq_disconnect (push, endpoint));
    sock_close (push);
    ctx_term (ctx);
    long took = now_ms () - start;
    expect_true (took >= 290 && took < 3000);
}

CASE (lingering_message_reaches_a_late_peer, "ZMQ_LINGER zmq_close")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = free_tcp_endpoint ();
    set_int (push, ZMQ_LINGER, -1);
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    connect_to (push, endpoint);
    send_text (push, "late", 0);
    sock_close (push);
    expect_ok (zmq_bind (pull, endpoint));
    recv_text (pull, "late");
}

/* ---- IMMEDIATE ---- */

CASE_WIRE (immediate_has_no_pipe_before_the_handshake, "ZMQ_IMMEDIATE ZMQ_DELAY_ATTACH_ON_CONNECT ZMQ_EVENTS EAGAIN")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = strcmp (arg, "tcp") == 0 ? free_tcp_endpoint () : fresh_endpoint (arg);
    expect_int (ZMQ_DELAY_ATTACH_ON_CONNECT, ZMQ_IMMEDIATE);
    set_int (push, ZMQ_IMMEDIATE, 1);
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    connect_to (push, endpoint);
    expect_int (get_int (push, ZMQ_EVENTS), 0);
    expect_errno (zmq_send (push, "x", 1, ZMQ_DONTWAIT), EAGAIN);
    expect_ok (zmq_bind (pull, endpoint));
    wait_out (push);
    expect_int (zmq_send (push, "y", 1, ZMQ_DONTWAIT), 1);
    recv_text (pull, "y");
}

CASE (immediate_skips_dead_peers, "ZMQ_IMMEDIATE")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    set_int (push, ZMQ_IMMEDIATE, 1);
    connect_to (push, free_tcp_endpoint ());
    connect_to (push, bind_any (pull, "tcp"));
    wait_out (push);
    for (int i = 0; i < 10; i++)
        send_text (push, "x", 0);
    for (int i = 0; i < 10; i++)
        recv_text (pull, "x");
}

CASE_WIRE (immediate_pipe_dies_with_the_connection, "ZMQ_IMMEDIATE EAGAIN ZMQ_RECONNECT_IVL")
{
    void *ctx = ctx_new ();
    void *front = sock (ctx, ZMQ_DEALER), *back = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (back, arg);
    set_int (front, ZMQ_IMMEDIATE, 1);
    set_int (front, ZMQ_RECONNECT_IVL, 20);
    void *mon = monitor (ctx, front, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    connect_to (front, endpoint);
    wait_out (front);
    send_text (front, "1", 0);
    recv_text (back, "1");
    void *closing = monitor (ctx, back, ZMQ_EVENT_CLOSED);
    sock_close (back);
    mon_wait (mon, ZMQ_EVENT_DISCONNECTED);
    mon_wait (closing, ZMQ_EVENT_CLOSED);
    eventually ((get_int (front, ZMQ_EVENTS) & ZMQ_POLLOUT) == 0);
    expect_errno (zmq_send (front, "2", 1, ZMQ_DONTWAIT), EAGAIN);
    back = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_bind (back, endpoint));
    wait_out (front);
    send_text (front, "3", 0);
    recv_text (back, "3");
}

CASE (immediate_does_nothing_on_inproc, "ZMQ_IMMEDIATE")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = fresh_endpoint ("inproc");
    set_int (push, ZMQ_IMMEDIATE, 1);
    connect_to (push, endpoint);
    expect_int (zmq_send (push, "x", 1, ZMQ_DONTWAIT), 1);
    expect_ok (zmq_bind (pull, endpoint));
    recv_text (pull, "x");
}

CASE (queue_survives_a_reconnection_without_immediate, "ZMQ_RECONNECT_IVL")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = bind_any (pull, "tcp");
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    void *mon = monitor (ctx, push, ZMQ_EVENT_DISCONNECTED);
    connect_to (push, endpoint);
    send_text (push, "0", 0);
    recv_text (pull, "0");
    void *closing = monitor (ctx, pull, ZMQ_EVENT_CLOSED);
    sock_close (pull);
    mon_wait (mon, ZMQ_EVENT_DISCONNECTED);
    mon_wait (closing, ZMQ_EVENT_CLOSED);
    for (int i = 0; i < 100; i++)
        send_text (push, "queued", 0);
    pull = sock (ctx, ZMQ_PULL);
    expect_ok (zmq_bind (pull, endpoint));
    for (int i = 0; i < 100; i++)
        recv_text (pull, "queued");
}
