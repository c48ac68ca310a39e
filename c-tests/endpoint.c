/* Endpoints of every transport: malformed ones, unbind and disconnect. */
#include "tools.h"


static int (*const all_calls[4]) (void *, const char *) = {zmq_bind, zmq_connect, zmq_unbind, zmq_disconnect};

CASE (malformed_everywhere, "zmq_bind zmq_connect zmq_unbind zmq_disconnect EINVAL")
{
    static const char *const texts[] = {"", "tcp", "://", "tcp:*", "tcp:/127.0.0.1:5555", "://127.0.0.1:5555", "tcp://",
                                        "inproc://", "ipc://", "127.0.0.1:5555"};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    keep_going ();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int call = 0; call < 4; call++) {
            row ("\"%s\" call %d", texts[i], call);
            expect_errno (all_calls[call](s, texts[i]), EINVAL);
        }
}

CASE (unknown_transports, "zmq_bind zmq_connect zmq_unbind zmq_disconnect EPROTONOSUPPORT")
{
    static const char *const texts[] = {"rand://*", "TCP://127.0.0.1:5555", "tcp:://127.0.0.1:5555", " tcp://127.0.0.1:1",
                                        "http://127.0.0.1:80", "tcp4://127.0.0.1:80"};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    keep_going ();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int call = 0; call < 4; call++) {
            row ("\"%s\" call %d", texts[i], call);
            expect_errno (all_calls[call](s, texts[i]), EPROTONOSUPPORT);
        }
}

CASE (transports_that_are_not_built, "zmq_bind EPROTONOSUPPORT zmq_has")
{
    static const char *const texts[][2] = {{"vmci", "vmci://*:*"}, {"vsock", "vsock://*:*"}};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!zmq_has (texts[i][0]))
            expect_errno (zmq_bind (s, texts[i][1]), EPROTONOSUPPORT);
}

CASE (multicast_only_for_publishing, "zmq_bind zmq_connect ENOCOMPATPROTO EPROTONOSUPPORT")
{
    static const char *const schemes[] = {"pgm", "epgm"};
    void *ctx = ctx_new ();
    static const int types[] = {ZMQ_PAIR, ZMQ_REQ, ZMQ_REP, ZMQ_DEALER, ZMQ_ROUTER, ZMQ_PUSH, ZMQ_PULL, ZMQ_STREAM};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        void *s = sock (ctx, types[t]);
        for (int i = 0; i < 2; i++) {
            char text[64];
            snprintf (text, sizeof text, "%s://lo;224.0.0.1:5555", schemes[i]);
            row ("%s on type %d", text, types[t]);
            expect_errno (zmq_bind (s, text), zmq_has ("pgm") ? ENOCOMPATPROTO : EPROTONOSUPPORT);
            expect_errno (zmq_connect (s, text), zmq_has ("pgm") ? ENOCOMPATPROTO : EPROTONOSUPPORT);
        }
    }
}

CASE (udp_not_for_stable_types, "zmq_bind zmq_connect ENOCOMPATPROTO")
{
    void *ctx = ctx_new ();
    for (int type = 0; type < 12; type++) {
        void *s = sock (ctx, type);
        row ("type %d", type);
        expect_errno (zmq_bind (s, "udp://127.0.0.1:*"), ENOCOMPATPROTO);
        expect_errno (zmq_connect (s, "udp://127.0.0.1:5555"), ENOCOMPATPROTO);
    }
}

/* ---- unbind and disconnect ---- */

CASE_TRANSPORTS (unbind_twice, "zmq_unbind ENOENT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, arg);
    expect_ok (zmq_unbind (s, endpoint));
    expect_errno (zmq_unbind (s, endpoint), ENOENT);
    expect_errno (zmq_disconnect (s, endpoint), ENOENT);
}

CASE_TRANSPORTS (disconnect_twice, "zmq_disconnect ENOENT")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (a, arg);
    connect_to (b, endpoint);
    expect_ok (zmq_disconnect (b, endpoint));
    expect_errno (zmq_disconnect (b, endpoint), ENOENT);
    expect_errno (zmq_unbind (b, endpoint), ENOENT);
}

CASE_TRANSPORTS (unbind_and_disconnect_are_the_same, "zmq_unbind zmq_disconnect")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (a, arg);
    connect_to (b, endpoint);
    expect_ok (zmq_unbind (b, endpoint));
    expect_ok (zmq_disconnect (a, endpoint));
    expect_errno (zmq_unbind (a, endpoint), ENOENT);
}

CASE (unknown_endpoints, "zmq_unbind zmq_disconnect ENOENT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    static const char *const texts[] = {"tcp://127.0.0.1:5555", "inproc://nobody", "ipc:///tmp/nobody-is-here"};
    for (int i = 0; i < 3; i++) {
        expect_errno (zmq_unbind (s, texts[i]), ENOENT);
        expect_errno (zmq_disconnect (s, texts[i]), ENOENT);
    }
}

CASE (wildcards_do_not_unbind, "zmq_unbind ENOENT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    setenv ("TMPDIR", scratch_dir (), 1);
    expect_ok (zmq_bind (s, "tcp://127.0.0.1:*"));
    const char *tcp = last_endpoint (s);
    expect_ok (zmq_bind (s, "ipc://*"));
    const char *ipc = last_endpoint (s);
    expect_errno (zmq_unbind (s, "tcp://127.0.0.1:*"), ENOENT);
    expect_errno (zmq_unbind (s, "ipc://*"), ENOENT);
    expect_ok (zmq_unbind (s, tcp));
    expect_ok (zmq_unbind (s, ipc));
}

CASE (unbind_and_disconnect_resolve_names, "zmq_unbind zmq_disconnect ENOENT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char text[64];
    snprintf (text, sizeof text, "tcp://localhost:%d", tcp_port_of (bind_127_0_0_1 (s)));
    expect_ok (zmq_unbind (s, text));
    expect_errno (zmq_unbind (s, last_endpoint (s)), ENOENT);
    connect_to (s, "tcp://127.0.0.1:5");
    expect_ok (zmq_disconnect (s, "tcp://localhost:5"));
    expect_errno (zmq_disconnect (s, "tcp://127.0.0.1:5"), ENOENT);
}

CASE (unbound_port_refuses_new_connections, "zmq_unbind ZMQ_EVENT_CLOSED")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = bind_any (pull, "tcp");
    void *mon = monitor (ctx, pull, ZMQ_EVENT_CLOSED);
    expect_ok (zmq_unbind (pull, endpoint));
    expect_str (mon_wait (mon, ZMQ_EVENT_CLOSED).address, endpoint);
    mon = monitor (ctx, push, ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    connect_to (push, endpoint);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
}

CASE (unbind_ends_accepted_connections, "zmq_unbind ZMQ_EVENT_DISCONNECTED ZMQ_EVENTS")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    pair_up (pull, push, "tcp");
    void *mon = monitor (ctx, push, ZMQ_EVENT_DISCONNECTED);
    send_text (push, "x", 0);
    recv_text (pull, "x");
    expect_ok (zmq_unbind (pull, last_endpoint (pull)));
    /* The connection ends when the binder's thread next processes commands. */
    struct event e;
    long limit = now_ms () + LONG_MS;
    do {
        get_int (pull, ZMQ_EVENTS);
        expect_true (now_ms () < limit);
    } while (!monitor_next (mon, &e, 10));
    expect_int (e.event, ZMQ_EVENT_DISCONNECTED);
}

CASE (disconnect_ends_the_connection, "zmq_disconnect ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = bind_any (pull, "tcp");
    struct event e;
    void *mon = monitor (ctx, pull, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_ACCEPTED);
    connect_to (push, endpoint);
    send_text (push, "last words", 0);
    recv_text (pull, "last words");
    mon_expect (mon, ZMQ_EVENT_ACCEPTED);
    expect_ok (zmq_disconnect (push, endpoint));
    /* The pipe ends when the disconnecting thread processes commands. */
    eventually (get_int (push, ZMQ_EVENTS) == 0 && monitor_next (mon, &e, 10));
    expect_int (e.event, ZMQ_EVENT_DISCONNECTED);
    mon_nothing (mon);
    expect_errno (zmq_send (push, "x", 1, ZMQ_DONTWAIT), EAGAIN);
}

CASE (several_endpoints_on_one_socket, "zmq_bind zmq_connect")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    static const char *const transports[] = {"tcp", "ipc", "inproc", "tcp", "inproc"};
    for (int i = 0; i < 5; i++) {
        void *push = sock (ctx, ZMQ_PUSH);
        connect_to (push, bind_any (pull, transports[i]));
        send_text (push, transports[i], 0);
        recv_text (pull, transports[i]);
    }
}
