/* tcp addresses: what can be bound, what can be connected to, how it is shown. */
#include "tools.h"

struct refusal {
    const char *endpoint;
    int error;
};

/* ---- tcp bind ---- */

CASE (tcp_bind_refusals, "zmq_bind EINVAL ENODEV EADDRNOTAVAIL")
{
    static const struct refusal rows[] = {
      {"tcp://127.0.0.1:abc", EINVAL},       {"tcp://127.0.0.1:", EINVAL},        {"tcp://127.0.0.1:65536", EINVAL},
      {"tcp://127.0.0.1", EINVAL},           {"tcp://127.0.0.1:* ", EINVAL},      {"tcp://127.0.0.1:*/x", EINVAL},
      {"tcp://:*", ENODEV},                  {"tcp://no-such-host.invalid:*", ENODEV},
      {"tcp://[::1]:*", ENODEV},             {"tcp://192.0.2.1:*", EADDRNOTAVAIL}, {"tcp://1.2.3.4.5:1234567", ENODEV},
      {"tcp://lo;127.0.0.1:*", EINVAL},      {"tcp://*", EINVAL},
    };
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    keep_going ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row ("%s", rows[i].endpoint);
        expect_errno (zmq_bind (s, rows[i].endpoint), rows[i].error);
    }
    row ("after all refusals");
    expect_str (last_endpoint (s), "");
}

CASE (tcp_bind_forms, "zmq_bind ZMQ_LAST_ENDPOINT")
{
    static const char *const rows[][2] = {
      {"tcp://127.0.0.1:*", "tcp://127.0.0.1:"},   {"tcp://127.0.0.1:0", "tcp://127.0.0.1:"},
      {"tcp://*:*", "tcp://0.0.0.0:"},             {"tcp://lo:*", "tcp://127.0.0.1:"},
      {"tcp://[127.0.0.1]:*", "tcp://127.0.0.1:"},
      {"tcp://[*]:*", "tcp://0.0.0.0:"},           {"tcp://127.0.0.1:*;127.0.0.1:*", "tcp://127.0.0.1:"},
    };
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    keep_going ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row ("%s", rows[i][0]);
        expect_ok (zmq_bind (s, rows[i][0]));
        const char *got = last_endpoint (s);
        if (strncmp (got, rows[i][1], strlen (rows[i][1])) != 0 || tcp_port_of (got) == 0)
            check_fail (__FILE__, __LINE__, "bound to %s", got);
    }
}

CASE (tcp_bind_by_dns_name, "zmq_bind ZMQ_LAST_ENDPOINT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_bind (s, "tcp://localhost:*"));
    expect_true (strncmp (last_endpoint (s), "tcp://127.0.0.1:", 16) == 0);
}

/* The kernel hands out the ports here, so the arithmetic is shown with ports that were free a moment ago. */
CASE (tcp_port_parsing, "zmq_bind ZMQ_LAST_ENDPOINT")
{
    void *ctx = ctx_new ();
    char text[64], wanted[64];
    static const char *const forms[] = {"tcp://127.0.0.1: %d", "tcp://127.0.0.1:%dx", "tcp://127.0.0.1:+%d",
                                        "tcp://127.0.0.1:0%d"};
    for (int i = 0; i < 4; i++) {
        void *s = sock (ctx, ZMQ_DEALER);
        int port = tcp_port_of (free_tcp_endpoint ());
        snprintf (text, sizeof text, forms[i], port);
        snprintf (wanted, sizeof wanted, "tcp://127.0.0.1:%d", port);
        row ("%s", text);
        expect_ok (zmq_bind (s, text));
        expect_str (last_endpoint (s), wanted);
    }
}

CASE (tcp_port_is_cut_to_16_bits, "zmq_bind ZMQ_LAST_ENDPOINT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char text[64], wanted[64];
    int port = tcp_port_of (free_tcp_endpoint ());
    snprintf (text, sizeof text, "tcp://127.0.0.1:%d", port + 65536);
    snprintf (wanted, sizeof wanted, "tcp://127.0.0.1:%d", port);
    expect_ok (zmq_bind (s, text));
    expect_str (last_endpoint (s), wanted);
    snprintf (text, sizeof text, "tcp://127.0.0.2:%d", port - 65536);
    snprintf (wanted, sizeof wanted, "tcp://127.0.0.2:%d", port);
    expect_ok (zmq_bind (s, text));
    expect_str (last_endpoint (s), wanted);
}

CASE (tcp_bind_ipv6, "zmq_bind ZMQ_IPV6 ZMQ_LAST_ENDPOINT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    set_int (s, ZMQ_IPV6, 1);
    set_int (push, ZMQ_IPV6, 1);
    if (zmq_bind (s, "tcp://[::1]:*") != 0)
        skip_case ("no IPv6 on this machine");
    expect_true (strncmp (last_endpoint (s), "tcp://[::1]:", 12) == 0);
    connect_to (push, last_endpoint (s));
    send_text (push, "six", 0);
    recv_text (s, "six");
    expect_ok (zmq_bind (s, "tcp://*:*"));
    expect_true (strncmp (last_endpoint (s), "tcp://[::]:", 11) == 0);
    expect_ok (zmq_bind (s, "tcp://127.0.0.1:*"));
    expect_true (strncmp (last_endpoint (s), "tcp://[::ffff:127.0.0.1]:", 25) == 0);
    expect_errno (zmq_bind (s, "tcp://[::1%nosuchif]:*"), EINVAL);
    expect_errno (zmq_bind (s, "tcp://[::1%0]:*"), EINVAL);
}

CASE (tcp_dual_stack, "ZMQ_IPV6 zmq_connect")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    char text[64];
    set_int (s, ZMQ_IPV6, 1);
    if (zmq_bind (s, "tcp://*:*") != 0 || strncmp (last_endpoint (s), "tcp://[::]:", 11) != 0)
        skip_case ("no IPv6 on this machine");
    snprintf (text, sizeof text, "tcp://127.0.0.1:%d", tcp_port_of (last_endpoint (s)));
    connect_to (push, text);
    send_text (push, "four", 0);
    recv_text (s, "four");
}

CASE_WIRE (address_in_use, "zmq_bind EADDRINUSE ZMQ_LAST_ENDPOINT")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    if (strcmp (arg, "ipc") == 0) {
        char text[128];
        snprintf (text, sizeof text, "ipc://@%s", unique_name ("abstract"));
        expect_ok (zmq_bind (a, text));
    } else
        bind_any (a, arg);
    expect_errno (zmq_bind (b, last_endpoint (a)), EADDRINUSE);
    expect_errno (zmq_bind (a, last_endpoint (a)), EADDRINUSE);
    expect_str (last_endpoint (b), "");
}

CASE (failed_bind_and_unbind_keep_last_endpoint, "ZMQ_LAST_ENDPOINT zmq_unbind")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    expect_errno (zmq_bind (s, "tcp://127.0.0.1:abc"), EINVAL);
    expect_str (last_endpoint (s), endpoint);
    expect_ok (zmq_unbind (s, endpoint));
    expect_str (last_endpoint (s), endpoint);
}

CASE (rebind_right_after_close, "zmq_bind zmq_close")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = bind_any (pull, "tcp");
    void *connections = monitor (ctx, push, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    connect_to (push, endpoint);
    send_text (push, "x", 0);
    recv_text (pull, "x");
    mon_expect (connections, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    void *mon = monitor (ctx, pull, ZMQ_EVENT_CLOSED);
    sock_close (pull);
    mon_wait (mon, ZMQ_EVENT_CLOSED);
    void *again = sock (ctx, ZMQ_PULL);
    expect_ok (zmq_bind (again, endpoint));
    mon_expect (connections, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_text (push, "y", 0);
    recv_text (again, "y");
}

/* ---- tcp connect ---- */

CASE (tcp_connect_refusals, "zmq_connect EINVAL")
{
    static const char *const rows[] = {
      "tcp://*:*",        "tcp://*:5555",         "tcp://127.0.0.1:*", "tcp://127.0.0.1", "tcp://127.0.0.1:",
      "tcp://127.0.0.1:abc", "tcp://127.0.0.1 :5", "tcp://127.0.0.1:5/", "tcp://-host:5", "tcp://.host:5",
      "tcp://ho/st:5",    "tcp://*:0;127.0.0.1:5555", "tcp://127.0.0.1:-5",   "tcp:// 127.0.0.1:5"};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    keep_going ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row ("%s", rows[i]);
        expect_errno (zmq_connect (s, rows[i]), EINVAL);
    }
    row ("after all refusals");
    expect_str (last_endpoint (s), "");
}

CASE (tcp_connect_is_lexical, "zmq_connect ZMQ_LAST_ENDPOINT zmq_disconnect")
{
    static const char *const rows[] = {
      "tcp://127.0.0.1:0",  "tcp://127.0.0.1:65536", "tcp://127.0.0.1:5x", "tcp://:5555", "tcp://lo:5555", "tcp://[::1]:5555",
      "tcp://no-such-host.invalid:5555", "tcp://127.0.0.1:0;127.0.0.1:5555", "tcp://nonsense:0;127.0.0.1:5555"};
    void *ctx = ctx_new ();
    keep_going ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *s = sock (ctx, ZMQ_DEALER);
        row ("%s", rows[i]);
        expect_ok (zmq_connect (s, rows[i]));
        expect_str (last_endpoint (s), rows[i]);
        expect_ok (zmq_disconnect (s, rows[i]));
    }
}

CASE (tcp_connect_by_names, "zmq_connect")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    static const char *const hosts[] = {"localhost", "[127.0.0.1]", "127.0.0.1", "127.0.0.1:0;127.0.0.1", "127.0.0.1:*;127.0.0.1",
                                        "[*]:*;127.0.0.1", "lo:0;127.0.0.1"};
    int port = tcp_port_of (bind_127_0_0_1 (pull));
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char text[96];
        void *push = sock (ctx, ZMQ_PUSH);
        snprintf (text, sizeof text, "tcp://%s:%d", hosts[i], port);
        row ("%s", text);
        connect_to (push, text);
        send_text (push, text, 0);
        recv_text (pull, text);
        sock_close (push);
    }
}

CASE (tcp_one_source_port_to_two_peers, "zmq_connect")
{
    void *ctx = ctx_new ();
    void *one = sock (ctx, ZMQ_PULL), *two = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    int source = tcp_port_of (free_tcp_endpoint ());
    char text[96];
    snprintf (text, sizeof text, "tcp://127.0.0.1:%d;127.0.0.1:%d", source, tcp_port_of (bind_127_0_0_1 (one)));
    connect_to (push, text);
    snprintf (text, sizeof text, "tcp://127.0.0.1:%d;127.0.0.1:%d", source, tcp_port_of (bind_127_0_0_1 (two)));
    connect_to (push, text);
    send_text (push, "a", 0);
    send_text (push, "b", 0);
    recv_text (one, "a");
    recv_text (two, "b");
}

CASE (wildcard_last_endpoint_is_connectable, "zmq_connect zmq_disconnect zmq_unbind ZMQ_LAST_ENDPOINT")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    expect_ok (zmq_bind (pull, "tcp://*:*"));
    const char *endpoint = last_endpoint (pull);
    connect_to (push, endpoint);
    send_text (push, "x", 0);
    recv_text (pull, "x");
    expect_ok (zmq_disconnect (push, endpoint));
    expect_ok (zmq_unbind (pull, endpoint));
}

CASE (duplicate_connects, "zmq_connect zmq_disconnect ENOENT")
{
    /* PUB, SUB, DEALER and REQ ignore the second one; the others make a second connection. */
    static const struct {
        int type, peer, connections;
    } rows[] = {{ZMQ_PUB, ZMQ_SUB, 1},   {ZMQ_SUB, ZMQ_PUB, 1},  {ZMQ_DEALER, ZMQ_ROUTER, 1}, {ZMQ_REQ, ZMQ_REP, 1},
                {ZMQ_PUSH, ZMQ_PULL, 2}, {ZMQ_PULL, ZMQ_PUSH, 2}, {ZMQ_ROUTER, ZMQ_DEALER, 2}, {ZMQ_REP, ZMQ_REQ, 2},
                {ZMQ_XPUB, ZMQ_XSUB, 2}, {ZMQ_XSUB, ZMQ_XPUB, 2}};
    void *ctx = ctx_new ();
    keep_going ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *peer = sock (ctx, rows[i].peer), *s = sock (ctx, rows[i].type);
        void *mon = monitor (ctx, peer, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        const char *endpoint = bind_any (peer, "tcp");
        struct event e;
        row ("type %d", rows[i].type);
        connect_to (s, endpoint);
        connect_to (s, endpoint);
        for (int n = 0; n < rows[i].connections; n++)
            mon_expect (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        expect_int (monitor_next (mon, &e, 50), 0);
        expect_ok (zmq_disconnect (s, endpoint));
        expect_errno (zmq_disconnect (s, endpoint), ENOENT);
    }
}
