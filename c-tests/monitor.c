/* Monitor: arguments, life, sequences of events. */
#include "tools.h"

#include <sys/stat.h>

enum { ALL = ZMQ_EVENT_ALL };

CASE (event_numbers, "ZMQ_EVENT_CONNECTED ZMQ_EVENT_CONNECT_DELAYED ZMQ_EVENT_CONNECT_RETRIED ZMQ_EVENT_LISTENING "
                     "ZMQ_EVENT_BIND_FAILED ZMQ_EVENT_ACCEPTED ZMQ_EVENT_ACCEPT_FAILED ZMQ_EVENT_CLOSED "
                     "ZMQ_EVENT_CLOSE_FAILED ZMQ_EVENT_DISCONNECTED ZMQ_EVENT_MONITOR_STOPPED ZMQ_EVENT_ALL")
{
    expect_int (ZMQ_EVENT_CONNECTED, 0x0001);
    expect_int (ZMQ_EVENT_CONNECT_DELAYED, 0x0002);
    expect_int (ZMQ_EVENT_CONNECT_RETRIED, 0x0004);
    expect_int (ZMQ_EVENT_LISTENING, 0x0008);
    expect_int (ZMQ_EVENT_BIND_FAILED, 0x0010);
    expect_int (ZMQ_EVENT_ACCEPTED, 0x0020);
    expect_int (ZMQ_EVENT_ACCEPT_FAILED, 0x0040);
    expect_int (ZMQ_EVENT_CLOSED, 0x0080);
    expect_int (ZMQ_EVENT_CLOSE_FAILED, 0x0100);
    expect_int (ZMQ_EVENT_DISCONNECTED, 0x0200);
    expect_int (ZMQ_EVENT_MONITOR_STOPPED, 0x0400);
    expect_int (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, 0x0800);
    expect_int (ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0x1000);
    expect_int (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x2000);
    expect_int (ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 0x4000);
    expect_int (ZMQ_EVENT_ALL, 0xffff);
}

CASE (bad_endpoints, "zmq_socket_monitor EPROTONOSUPPORT EINVAL EADDRINUSE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER), *other = sock (ctx, ZMQ_PAIR);
    expect_errno (zmq_socket_monitor (s, "tcp://127.0.0.1:*", ALL), EPROTONOSUPPORT);
    expect_errno (zmq_socket_monitor (s, "ipc://x", ALL), EPROTONOSUPPORT);
    expect_errno (zmq_socket_monitor (s, "nonsense", ALL), EINVAL);
    expect_errno (zmq_socket_monitor (s, "inproc://", ALL), EINVAL);
    expect_errno (zmq_socket_monitor (s, "", ALL), EINVAL);
    expect_ok (zmq_bind (other, "inproc://taken"));
    expect_errno (zmq_socket_monitor (s, "inproc://taken", ALL), EADDRINUSE);
}

CASE (mask_above_16_bits, "zmq_socket_monitor EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_errno (zmq_socket_monitor (s, "inproc://mask", 0x10000), EINVAL);
    expect_errno (zmq_socket_monitor (s, "inproc://mask", 0x1ffff), EINVAL);
    expect_ok (zmq_socket_monitor (s, "inproc://mask", 0xffff));
}

CASE (stop_without_a_monitor, "zmq_socket_monitor")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_socket_monitor (s, NULL, 0));
    expect_ok (zmq_socket_monitor (s, NULL, ALL));
}

CASE (stopped_by_null, "zmq_socket_monitor ZMQ_EVENT_MONITOR_STOPPED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ALL);
    expect_ok (zmq_socket_monitor (s, NULL, 0));
    struct event e = mon_expect (mon, ZMQ_EVENT_MONITOR_STOPPED);
    expect_int (e.value, 0);
    expect_str (e.address, "");
    bind_any (s, "tcp");
    mon_nothing (mon);
}

CASE (stopped_by_close, "zmq_close ZMQ_EVENT_MONITOR_STOPPED ZMQ_EVENT_CLOSED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ALL);
    const char *endpoint = bind_any (s, "tcp");
    int listening = mon_expect (mon, ZMQ_EVENT_LISTENING).value;
    sock_close (s);
    struct event e = mon_expect (mon, ZMQ_EVENT_CLOSED);
    expect_int (e.value, listening);
    expect_str (e.address, endpoint);
    mon_expect (mon, ZMQ_EVENT_MONITOR_STOPPED);
}

CASE (replaced_by_another, "zmq_socket_monitor ZMQ_EVENT_MONITOR_STOPPED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *first = monitor (ctx, s, ALL);
    void *second = monitor (ctx, s, ALL);
    mon_expect (first, ZMQ_EVENT_MONITOR_STOPPED);
    bind_any (s, "tcp");
    mon_expect (second, ZMQ_EVENT_LISTENING);
    mon_nothing (first);
}

CASE (mask_filters, "zmq_socket_monitor ZMQ_EVENT_LISTENING ZMQ_EVENT_ACCEPTED")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, a, ZMQ_EVENT_ACCEPTED);
    pair_up (a, b, "tcp");
    mon_expect (mon, ZMQ_EVENT_ACCEPTED);
    mon_nothing (mon);
}

CASE (takes_a_socket_slot, "ZMQ_MAX_SOCKETS zmq_socket_monitor EMFILE")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 2));
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    expect_errno (zmq_socket_monitor (a, "inproc://slot", ALL), EMFILE);
    sock_close (b);
    int rc;
    eventually ((rc = zmq_socket_monitor (a, "inproc://slot", ALL)) == 0 || errno != EMFILE);
    expect_int (rc, 0);
    expect_null_errno (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
}

CASE (frames_of_an_event, "zmq_socket_monitor ZMQ_RCVMORE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ALL);
    unsigned char head[16];
    char address[128];
    uint16_t event;
    uint32_t value;
    const char *endpoint = bind_any (s, "tcp");
    expect_int (recv_bytes (mon, head, sizeof head), 6);
    memcpy (&event, head, 2);
    memcpy (&value, head + 2, 4);
    expect_int (event, ZMQ_EVENT_LISTENING);
    expect_true (value > 2 && value < 100000);
    expect_int (get_int (mon, ZMQ_RCVMORE), 1);
    int size = recv_bytes (mon, address, sizeof address);
    expect_int (size, strlen (endpoint));
    expect_mem (address, endpoint, (size_t) size);
    expect_int (get_int (mon, ZMQ_RCVMORE), 0);
}

CASE (listening_is_there_when_bind_returns, "ZMQ_EVENT_LISTENING zmq_bind")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ALL);
    static const char *const transports[] = {"tcp", "ipc"};
    struct event e;
    for (int i = 0; i < 2; i++) {
        const char *endpoint = bind_any (s, transports[i]);
        expect_int (monitor_next (mon, &e, 0), 1);
        expect_int (e.event, ZMQ_EVENT_LISTENING);
        expect_str (e.address, endpoint);
    }
}

CASE (tcp_connection_and_its_end, "ZMQ_EVENT_CONNECT_DELAYED ZMQ_EVENT_CONNECTED ZMQ_EVENT_HANDSHAKE_SUCCEEDED "
                                  "ZMQ_EVENT_LISTENING ZMQ_EVENT_ACCEPTED ZMQ_EVENT_DISCONNECTED ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    void *at_server = monitor (ctx, server, ALL), *at_client = monitor (ctx, client, ALL);
    const char *endpoint = bind_any (server, "tcp");
    set_int (client, ZMQ_RECONNECT_IVL, 100);
    connect_to (client, endpoint);
    struct event e = mon_expect (at_client, ZMQ_EVENT_CONNECT_DELAYED);
    expect_int (e.value, EINPROGRESS);
    expect_str (e.address, endpoint);
    mon_expect (at_client, ZMQ_EVENT_CONNECTED);
    e = mon_expect (at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    expect_int (e.value, 0);
    expect_str (e.address, endpoint);
    mon_expect (at_server, ZMQ_EVENT_LISTENING);
    e = mon_expect (at_server, ZMQ_EVENT_ACCEPTED);
    int accepted = e.value;
    expect_str (e.address, endpoint);
    mon_expect (at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    sock_close (client);
    e = mon_expect (at_server, ZMQ_EVENT_DISCONNECTED);
    expect_int (e.value, accepted);
    mon_expect (at_client, ZMQ_EVENT_MONITOR_STOPPED);
}

CASE (ipc_connection_has_no_delay, "ZMQ_EVENT_CONNECTED ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, client, ALL);
    const char *endpoint = bind_any (server, "ipc");
    connect_to (client, endpoint);
    expect_str (mon_expect (mon, ZMQ_EVENT_CONNECTED).address, endpoint);
    mon_expect (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_nothing (mon);
}

CASE (refused_connection_repeats, "ZMQ_EVENT_CONNECT_DELAYED ZMQ_EVENT_CLOSED ZMQ_EVENT_CONNECT_RETRIED ZMQ_RECONNECT_IVL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ALL);
    const char *endpoint = free_tcp_endpoint ();
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    connect_to (s, endpoint);
    for (int i = 0; i < 3; i++) {
        mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
        expect_str (mon_expect (mon, ZMQ_EVENT_CLOSED).address, endpoint);
        struct event e = mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
        expect_true (e.value >= 20 && e.value < 40);
    }
}

CASE (unresolvable_host_only_retries, "ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ALL);
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    connect_to (s, "tcp://no-such-host.invalid:5555");
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
}

CASE (bad_source_address, "ZMQ_EVENT_CLOSED ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ALL);
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    connect_to (s, "tcp://192.0.2.1:0;127.0.0.1:5555");
    for (int i = 0; i < 2; i++) {
        mon_expect (mon, ZMQ_EVENT_CLOSED);
        mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    }
}

CASE (lost_peer_is_retried, "ZMQ_EVENT_DISCONNECTED ZMQ_EVENT_CONNECT_RETRIED ZMQ_EVENT_CONNECT_DELAYED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint;
    int listener = raw_listen (&endpoint);
    void *mon = monitor (ctx, s, ALL);
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    connect_to (s, endpoint);
    int fd = raw_accept (listener);
    raw_handshake (fd, "DEALER", 1);
    mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
    mon_expect (mon, ZMQ_EVENT_CONNECTED);
    mon_expect (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    raw_close (fd);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
    mon_expect (mon, ZMQ_EVENT_CONNECTED);
    raw_close (listener);
}

CASE (peer_lost_in_the_handshake, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint;
    unsigned char greeting[64];
    int listener = raw_listen (&endpoint);
    void *mon = monitor (ctx, s, ALL);
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    connect_to (s, endpoint);
    int fd = raw_accept (listener);
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_close (fd);
    mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
    mon_expect (mon, ZMQ_EVENT_CONNECTED);
    struct event e = mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    expect_true (e.value == EPIPE || e.value == ECONNRESET);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    raw_close (listener);
}

CASE (client_lost_in_the_handshake, "ZMQ_EVENT_ACCEPTED ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    void *mon = monitor (ctx, s, ALL);
    int fd = raw_connect (endpoint);
    raw_expect (fd, "ff 0000000000000001 7f");
    raw_close (fd);
    mon_expect (mon, ZMQ_EVENT_ACCEPTED);
    struct event e = mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    expect_true (e.value == EPIPE || e.value == ECONNRESET);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    mon_nothing (mon);
}

CASE (tcp_bind_failure, "ZMQ_EVENT_BIND_FAILED ZMQ_EVENT_CLOSED EADDRINUSE")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (a, "tcp");
    void *mon = monitor (ctx, b, ALL);
    expect_errno (zmq_bind (b, endpoint), EADDRINUSE);
    expect_str (mon_expect (mon, ZMQ_EVENT_CLOSED).address, "");
    struct event e = mon_expect (mon, ZMQ_EVENT_BIND_FAILED);
    expect_int (e.value, EADDRINUSE);
    expect_str (e.address, endpoint + 6); /* without the scheme */
}

CASE (bind_failure_keeps_errno_while_monitored, "zmq_bind ZMQ_EVENT_BIND_FAILED ENODEV")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    monitor (ctx, s, ALL);
    expect_errno (zmq_bind (s, "tcp://no-such-host.invalid:*"), ENODEV);
}

CASE (ipc_bind_failure, "ZMQ_EVENT_BIND_FAILED ENOENT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char text[200];
    void *mon = monitor (ctx, s, ALL);
    snprintf (text, sizeof text, "ipc://%s/no/dir", scratch_dir ());
    expect_errno (zmq_bind (s, text), ENOENT);
    mon_wait (mon, ZMQ_EVENT_BIND_FAILED);
}

CASE (unbind_closes_the_listener, "zmq_unbind ZMQ_EVENT_CLOSED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ALL);
    static const char *const transports[] = {"tcp", "ipc"};
    for (int i = 0; i < 2; i++) {
        const char *endpoint = bind_any (s, transports[i]);
        int fd = mon_expect (mon, ZMQ_EVENT_LISTENING).value;
        expect_ok (zmq_unbind (s, endpoint));
        struct event e = mon_expect (mon, ZMQ_EVENT_CLOSED);
        expect_int (e.value, fd);
        expect_str (e.address, endpoint);
    }
}

CASE (shutdown_stops_monitors, "zmq_ctx_shutdown zmq_ctx_term")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    monitor (ctx, s, ALL);
    bind_any (s, "tcp");
    expect_ok (zmq_ctx_shutdown (ctx));
}

CASE (a_monitor_nobody_reads, "zmq_socket_monitor zmq_ctx_term")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_socket_monitor (s, "inproc://unread", ALL));
    for (int i = 0; i < 20; i++)
        expect_ok (zmq_unbind (s, bind_any (s, "tcp")));
}

CASE (accept_filter_refuses, "ZMQ_TCP_ACCEPT_FILTER ZMQ_EVENT_ACCEPT_FAILED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (server, ZMQ_TCP_ACCEPT_FILTER, "10.1.2.3", 8));
    const char *endpoint = bind_any (server, "tcp");
    void *mon = monitor (ctx, server, ALL);
    connect_to (client, endpoint);
    expect_str (mon_expect (mon, ZMQ_EVENT_ACCEPT_FAILED).address, endpoint);
    send_text (client, "x", 0);
    recv_nothing (server);
}

CASE (accept_filter_admits, "ZMQ_TCP_ACCEPT_FILTER ZMQ_EVENT_ACCEPTED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (server, ZMQ_TCP_ACCEPT_FILTER, "10.1.2.3", 8));
    expect_ok (zmq_setsockopt (server, ZMQ_TCP_ACCEPT_FILTER, "127.0.0.0/8", 11));
    pair_up (server, client, "tcp");
    send_text (client, "x", 0);
    recv_text (server, "x");
}
