/* Endpoints: the grammar of tcp, ipc and inproc addresses, LAST_ENDPOINT, unbind and disconnect. */
#include "tools.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct refusal {
    const char *endpoint;
    int error;
};

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
    int port = tcp_port_of (bind_any (pull, "tcp"));
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
    snprintf (text, sizeof text, "tcp://127.0.0.1:%d;127.0.0.1:%d", source, tcp_port_of (bind_any (one, "tcp")));
    connect_to (push, text);
    snprintf (text, sizeof text, "tcp://127.0.0.1:%d;127.0.0.1:%d", source, tcp_port_of (bind_any (two, "tcp")));
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

/* ---- ipc ---- */

CASE (ipc_path_lengths, "zmq_bind zmq_connect ENAMETOOLONG")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char text[200];
    int used = snprintf (text, sizeof text, "ipc://%s/", scratch_dir ());
    memset (text + used, 'n', sizeof text - (size_t) used);
    text[6 + 107] = 0;
    expect_ok (zmq_bind (s, text));
    expect_str (last_endpoint (s), text);
    text[6 + 107] = 'n';
    text[6 + 108] = 0;
    expect_errno (zmq_bind (s, text), ENAMETOOLONG);
    expect_errno (zmq_connect (s, text), ENAMETOOLONG);
}

CASE (ipc_abstract, "zmq_bind zmq_connect ZMQ_LAST_ENDPOINT EINVAL")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    char text[128];
    snprintf (text, sizeof text, "ipc://@%s", unique_name ("abs"));
    expect_ok (zmq_bind (pull, text));
    expect_str (last_endpoint (pull), text);
    connect_to (push, text);
    send_text (push, "x", 0);
    recv_text (pull, "x");
    expect_errno (zmq_bind (pull, "ipc://@"), EINVAL);
    expect_errno (zmq_connect (push, "ipc://@"), EINVAL);
}

CASE (ipc_wildcard, "zmq_bind zmq_unbind ZMQ_LAST_ENDPOINT")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    struct stat status;
    char prefix[160];
    setenv ("TMPDIR", scratch_dir (), 1);
    expect_ok (zmq_bind (pull, "ipc://*"));
    const char *endpoint = last_endpoint (pull);
    snprintf (prefix, sizeof prefix, "ipc://%s/tmp", scratch_dir ());
    if (strncmp (endpoint, prefix, strlen (prefix)) != 0)
        check_fail (__FILE__, __LINE__, "bound to %s", endpoint);
    expect_ok (stat (endpoint + 6, &status));
    connect_to (push, endpoint);
    send_text (push, "x", 0);
    recv_text (pull, "x");
    void *mon = monitor (ctx, pull, ZMQ_EVENT_CLOSED);
    expect_ok (zmq_unbind (pull, endpoint));
    mon_wait (mon, ZMQ_EVENT_CLOSED);
    eventually (stat (endpoint + 6, &status) == -1);
    char *slash = strrchr ((char *) endpoint, '/');
    *slash = 0;
    eventually (stat (endpoint + 6, &status) == -1);
}

CASE (ipc_file_stays_after_close, "zmq_bind zmq_close")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    struct stat status;
    const char *endpoint = bind_any (pull, "ipc");
    expect_ok (stat (endpoint + 6, &status));
    expect_true (S_ISSOCK (status.st_mode));
    sock_close (pull);
    ctx_term (ctx);
    expect_ok (stat (endpoint + 6, &status));
    /* And binding over it works. */
    ctx = ctx_new ();
    pull = sock (ctx, ZMQ_PULL);
    expect_ok (zmq_bind (pull, endpoint));
}

CASE (ipc_bind_replaces_a_regular_file, "zmq_bind")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    char text[200];
    snprintf (text, sizeof text, "ipc://%s/file", scratch_dir ());
    FILE *file = fopen (text + 6, "w");
    expect_true (file != NULL);
    fclose (file);
    expect_ok (zmq_bind (pull, text));
    connect_to (push, text);
    send_text (push, "x", 0);
    recv_text (pull, "x");
}

CASE (ipc_bad_places, "zmq_bind ENOENT EADDRINUSE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PULL);
    char text[200];
    snprintf (text, sizeof text, "ipc://%s/no/such/dir", scratch_dir ());
    expect_errno (zmq_bind (s, text), ENOENT);
    snprintf (text, sizeof text, "ipc://%s/dir", scratch_dir ());
    expect_ok (mkdir (text + 6, 0700));
    expect_errno (zmq_bind (s, text), EADDRINUSE);
}

CASE (ipc_connect_before_the_file_exists, "zmq_connect")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = fresh_endpoint ("ipc");
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    void *mon = monitor (ctx, push, ZMQ_EVENT_ALL);
    connect_to (push, endpoint);
    send_text (push, "early", 0);
    mon_expect (mon, ZMQ_EVENT_CLOSED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    expect_ok (zmq_bind (pull, endpoint));
    recv_text (pull, "early");
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
    snprintf (text, sizeof text, "tcp://localhost:%d", tcp_port_of (bind_any (s, "tcp")));
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
