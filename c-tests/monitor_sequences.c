/* Monitor: whole sequences of events, each with its value and its address. */
#include "zap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* Values that no case knows beforehand. */
enum { ANY = -2, A_DESCRIPTOR = -3 };

static int step (const char *file, int line, void *mon, int event, int value, const char *address)
{
    struct event e = monitor_expect (file, line, mon, event);
    if (value == A_DESCRIPTOR ? e.value < 3 || e.value > 65536 : value != ANY && e.value != value)
        check_fail (file, line, "event 0x%x has value %d, not %d", e.event, e.value, value);
    if (strcmp (e.address, address) != 0)
        check_fail (file, line, "event 0x%x has address \"%s\", not \"%s\"", e.event, e.address, address);
    return e.value;
}
#define next(mon, event, value, address) step (__FILE__, __LINE__, mon, ZMQ_EVENT_##event, value, address)

/* CONNECT_RETRIED with an interval in the range. */
static void retried (void *mon, int low, int high, const char *address)
{
    int value = next (mon, CONNECT_RETRIED, ANY, address);
    if (value < low || value > high)
        check_fail (__FILE__, __LINE__, "the interval is %d, not in %d..%d", value, low, high);
}

static int port_of (int fd, int peer)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    memset (&address, 0, sizeof address);
    expect_ok ((peer ? getpeername : getsockname) (fd, (struct sockaddr *) &address, &size));
    return ntohs (address.sin_port);
}

CASE (tcp_from_bind_to_close, "ZMQ_EVENT_LISTENING ZMQ_EVENT_ACCEPTED ZMQ_EVENT_HANDSHAKE_SUCCEEDED ZMQ_EVENT_DISCONNECTED "
                              "ZMQ_EVENT_CLOSED ZMQ_EVENT_MONITOR_STOPPED ZMQ_EVENT_CONNECT_DELAYED ZMQ_EVENT_CONNECTED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    void *at_server = monitor (ctx, server, ZMQ_EVENT_ALL), *at_client = monitor (ctx, client, ZMQ_EVENT_ALL);
    const char *endpoint = bind_any (server, "tcp");
    int listening = next (at_server, LISTENING, A_DESCRIPTOR, endpoint);
    expect_int (port_of (listening, 0), tcp_port_of (endpoint));
    connect_to (client, endpoint);
    next (at_client, CONNECT_DELAYED, EINPROGRESS, endpoint);
    int connected = next (at_client, CONNECTED, A_DESCRIPTOR, endpoint);
    next (at_client, HANDSHAKE_SUCCEEDED, 0, endpoint);
    int accepted = next (at_server, ACCEPTED, A_DESCRIPTOR, endpoint);
    next (at_server, HANDSHAKE_SUCCEEDED, 0, endpoint);
    expect_int (port_of (accepted, 1), port_of (connected, 0));
    expect_int (port_of (connected, 1), tcp_port_of (endpoint));
    sock_close (client);
    next (at_client, MONITOR_STOPPED, 0, "");
    next (at_server, DISCONNECTED, accepted, endpoint);
    sock_close (server);
    next (at_server, CLOSED, listening, endpoint);
    next (at_server, MONITOR_STOPPED, 0, "");
    mon_nothing (at_server);
}

CASE (ipc_from_bind_to_close, "ZMQ_EVENT_LISTENING ZMQ_EVENT_ACCEPTED ZMQ_EVENT_HANDSHAKE_SUCCEEDED ZMQ_EVENT_DISCONNECTED "
                              "ZMQ_EVENT_CLOSED ZMQ_EVENT_MONITOR_STOPPED ZMQ_EVENT_CONNECTED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    void *at_server = monitor (ctx, server, ZMQ_EVENT_ALL), *at_client = monitor (ctx, client, ZMQ_EVENT_ALL);
    const char *endpoint = bind_any (server, "ipc");
    int listening = next (at_server, LISTENING, A_DESCRIPTOR, endpoint);
    connect_to (client, endpoint);
    next (at_client, CONNECTED, A_DESCRIPTOR, endpoint);
    next (at_client, HANDSHAKE_SUCCEEDED, 0, endpoint);
    int accepted = next (at_server, ACCEPTED, A_DESCRIPTOR, endpoint);
    next (at_server, HANDSHAKE_SUCCEEDED, 0, endpoint);
    sock_close (client);
    next (at_client, MONITOR_STOPPED, 0, "");
    next (at_server, DISCONNECTED, accepted, endpoint);
    sock_close (server);
    next (at_server, CLOSED, listening, endpoint);
    next (at_server, MONITOR_STOPPED, 0, "");
}

CASE (server_goes_and_comes_back, "ZMQ_EVENT_DISCONNECTED ZMQ_EVENT_CONNECT_RETRIED ZMQ_EVENT_CLOSED ZMQ_EVENT_CONNECT_DELAYED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, client, ZMQ_EVENT_ALL);
    struct event e;
    const char *endpoint = bind_any (server, "tcp");
    set_int (client, ZMQ_RECONNECT_IVL, 30);
    connect_to (client, endpoint);
    next (mon, CONNECT_DELAYED, EINPROGRESS, endpoint);
    int connected = next (mon, CONNECTED, A_DESCRIPTOR, endpoint);
    next (mon, HANDSHAKE_SUCCEEDED, 0, endpoint);
    sock_close (server);
    next (mon, DISCONNECTED, connected, endpoint);
    retried (mon, 30, 59, endpoint);
    for (int i = 0; i < 2; i++) {
        next (mon, CONNECT_DELAYED, EINPROGRESS, endpoint);
        next (mon, CLOSED, A_DESCRIPTOR, endpoint);
        retried (mon, 30, 59, endpoint);
    }
    server = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_bind (server, endpoint));
    do {
        expect_true (monitor_next (mon, &e, LONG_MS));
        expect_str (e.address, endpoint);
    } while (e.event != ZMQ_EVENT_CONNECTED);
    next (mon, HANDSHAKE_SUCCEEDED, 0, endpoint);
}

CASE (ipc_path_that_is_absent, "ZMQ_EVENT_CLOSED ZMQ_EVENT_CONNECT_RETRIED ZMQ_RECONNECT_IVL_MAX")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    const char *endpoint = fresh_endpoint ("ipc");
    set_int (s, ZMQ_RECONNECT_IVL, 10);
    set_int (s, ZMQ_RECONNECT_IVL_MAX, 10);
    connect_to (s, endpoint);
    for (int i = 0; i < 3; i++) {
        next (mon, CLOSED, A_DESCRIPTOR, endpoint);
        next (mon, CONNECT_RETRIED, 10, endpoint);
    }
}

CASE (addresses_are_the_users_on_the_connecting_side, "ZMQ_EVENT_CONNECT_DELAYED ZMQ_EVENT_CONNECTED ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    static const char *const forms[] = {"tcp://localhost:%d", "tcp://127.0.0.1:0;127.0.0.1:%d", "tcp://lo:%d"};
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER);
    void *at_server = monitor (ctx, server, ZMQ_EVENT_ALL);
    expect_ok (zmq_bind (server, "tcp://*:*"));
    const char *endpoint = last_endpoint (server);
    expect_mem (endpoint, "tcp://0.0.0.0:", 14);
    next (at_server, LISTENING, A_DESCRIPTOR, endpoint);
    for (int i = 0; i < 2; i++) {
        char text[128], seen[128];
        void *client = sock (ctx, ZMQ_DEALER);
        void *mon = monitor (ctx, client, ZMQ_EVENT_ALL);
        row ("%s", forms[i]);
        snprintf (text, sizeof text, forms[i], tcp_port_of (endpoint));
        connect_to (client, text);
        next (mon, CONNECT_DELAYED, EINPROGRESS, text);
        next (mon, CONNECTED, A_DESCRIPTOR, text);
        next (mon, HANDSHAKE_SUCCEEDED, 0, text);
        /* The accepting side names the address that was reached. */
        snprintf (seen, sizeof seen, "tcp://127.0.0.1:%d", tcp_port_of (endpoint));
        struct event e = mon_expect (at_server, ZMQ_EVENT_ACCEPTED);
        expect_true (strcmp (e.address, seen) == 0 || strcmp (e.address, endpoint) == 0);
        e = mon_expect (at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        expect_true (strcmp (e.address, seen) == 0 || strcmp (e.address, endpoint) == 0);
    }
}

CASE (host_that_is_unknown, "ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    set_int (s, ZMQ_RECONNECT_IVL, 10);
    connect_to (s, "tcp://no-such-host.invalid:5555");
    for (int i = 0; i < 3; i++)
        retried (mon, 10, 19, "tcp://no-such-host.invalid:5555");
}

CASE (source_that_is_not_ours, "ZMQ_EVENT_CLOSED ZMQ_EVENT_CONNECT_RETRIED")
{
    static const char endpoint[] = "tcp://192.0.2.1:0;127.0.0.1:5555";
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    set_int (s, ZMQ_RECONNECT_IVL, 10);
    connect_to (s, endpoint);
    for (int i = 0; i < 3; i++) {
        next (mon, CLOSED, A_DESCRIPTOR, endpoint);
        retried (mon, 10, 19, endpoint);
    }
}

CASE (binds_that_fail, "ZMQ_EVENT_BIND_FAILED ZMQ_EVENT_CLOSED zmq_bind EADDRINUSE EADDRNOTAVAIL ENOENT ENODEV")
{
    void *ctx = ctx_new ();
    void *holder = sock (ctx, ZMQ_DEALER), *s = sock (ctx, ZMQ_DEALER);
    char text[200];
    const char *taken = bind_any (holder, "tcp");
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    expect_errno (zmq_bind (s, taken), EADDRINUSE);
    next (mon, CLOSED, A_DESCRIPTOR, "");
    next (mon, BIND_FAILED, EADDRINUSE, taken + 6);
    expect_errno (zmq_bind (s, "tcp://192.0.2.1:5555"), EADDRNOTAVAIL);
    next (mon, CLOSED, A_DESCRIPTOR, "");
    next (mon, BIND_FAILED, EADDRNOTAVAIL, "192.0.2.1:5555");
    snprintf (text, sizeof text, "ipc://%s/no/dir", scratch_dir ());
    expect_errno (zmq_bind (s, text), ENOENT);
    next (mon, CLOSED, A_DESCRIPTOR, text);
    next (mon, BIND_FAILED, ENOENT, text + 6);
    /* Still usable. */
    next (mon, LISTENING, A_DESCRIPTOR, bind_any (s, "tcp"));
    mon_nothing (mon);
}

CASE (bind_to_an_unknown_host, "ZMQ_EVENT_BIND_FAILED zmq_bind ENODEV")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    expect_errno (zmq_bind (s, "tcp://no-such-host.invalid:5555"), ENODEV);
    next (mon, BIND_FAILED, ENODEV, "no-such-host.invalid:5555");
    mon_nothing (mon);
}

CASE (wildcard_directory_that_cannot_be_removed, "ZMQ_EVENT_CLOSE_FAILED zmq_unbind")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char *slash, path[300];
    setenv ("TMPDIR", scratch_dir (), 1);
    expect_ok (zmq_bind (s, "ipc://*"));
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    const char *endpoint = last_endpoint (s);
    snprintf (path, sizeof path, "%s", endpoint + 6);
    slash = strrchr (path, '/');
    snprintf (slash, sizeof path - (size_t) (slash - path), "/lodger");
    FILE *lodger = fopen (path, "w");
    expect_true (lodger != NULL);
    fclose (lodger);
    expect_ok (zmq_unbind (s, endpoint));
    struct event e = mon_wait (mon, ZMQ_EVENT_CLOSE_FAILED);
    expect_true (e.value == ENOTEMPTY || e.value == EEXIST);
    expect_str (e.address, endpoint);
    unlink (path);
}

CASE (unbind_and_the_connections_it_ends, "zmq_unbind ZMQ_EVENT_CLOSED ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    void *at_server = monitor (ctx, server, ZMQ_EVENT_ALL), *at_client = monitor (ctx, client, ZMQ_EVENT_ALL);
    const char *endpoint = bind_any (server, "tcp");
    int listening = next (at_server, LISTENING, A_DESCRIPTOR, endpoint);
    connect_to (client, endpoint);
    next (at_client, CONNECT_DELAYED, EINPROGRESS, endpoint);
    int connected = next (at_client, CONNECTED, A_DESCRIPTOR, endpoint);
    next (at_client, HANDSHAKE_SUCCEEDED, 0, endpoint);
    next (at_server, ACCEPTED, A_DESCRIPTOR, endpoint);
    next (at_server, HANDSHAKE_SUCCEEDED, 0, endpoint);
    send_text (client, "x", 0);
    recv_text (server, "x");
    expect_ok (zmq_unbind (server, endpoint));
    next (at_server, CLOSED, listening, endpoint);
    eventually ((kick (server), poll_socket (at_client, ZMQ_POLLIN, 0)));
    next (at_client, DISCONNECTED, connected, endpoint);
    next (at_client, CONNECT_RETRIED, ANY, endpoint);
    mon_nothing (at_server); /* no DISCONNECTED for what this side ended itself */
}

CASE (disconnect_ends_it_for_the_other_side, "zmq_disconnect ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (server, "tcp");
    void *at_server = monitor (ctx, server, ZMQ_EVENT_ALL), *at_client = monitor (ctx, client, ZMQ_EVENT_ALL);
    connect_to (client, endpoint);
    int accepted = next (at_server, ACCEPTED, A_DESCRIPTOR, endpoint);
    next (at_server, HANDSHAKE_SUCCEEDED, 0, endpoint);
    mon_wait (at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    expect_ok (zmq_disconnect (client, endpoint));
    eventually ((kick (client), poll_socket (at_server, ZMQ_POLLIN, 0)));
    next (at_server, DISCONNECTED, accepted, endpoint);
    mon_nothing (at_client);
}

CASE (filter_that_refuses, "ZMQ_TCP_ACCEPT_FILTER ZMQ_EVENT_ACCEPT_FAILED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (server, ZMQ_TCP_ACCEPT_FILTER, "10.1.2.3", 8));
    const char *endpoint = bind_any (server, "tcp");
    void *at_server = monitor (ctx, server, ZMQ_EVENT_ALL), *at_client = monitor (ctx, client, ZMQ_EVENT_ALL);
    set_int (client, ZMQ_RECONNECT_IVL, 20);
    connect_to (client, endpoint);
    for (int i = 0; i < 2; i++) {
        next (at_server, ACCEPT_FAILED, ANY, endpoint);
        next (at_client, CONNECT_DELAYED, EINPROGRESS, endpoint);
        int connected = next (at_client, CONNECTED, A_DESCRIPTOR, endpoint);
        int value = next (at_client, HANDSHAKE_FAILED_NO_DETAIL, ANY, endpoint);
        expect_true (value == EPIPE || value == ECONNRESET);
        next (at_client, DISCONNECTED, connected, endpoint);
        retried (at_client, 20, 39, endpoint);
    }
}

CASE (handshake_that_takes_too_long, "ZMQ_HANDSHAKE_IVL ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    const char *silent;
    int listener = raw_listen (&silent);
    set_int (server, ZMQ_HANDSHAKE_IVL, 50);
    set_int (client, ZMQ_HANDSHAKE_IVL, 50);
    set_int (client, ZMQ_RECONNECT_IVL, 10);
    const char *endpoint = bind_any (server, "tcp");
    void *at_server = monitor (ctx, server, ZMQ_EVENT_ALL), *at_client = monitor (ctx, client, ZMQ_EVENT_ALL);
    int fd = raw_connect (endpoint);
    int accepted = next (at_server, ACCEPTED, A_DESCRIPTOR, endpoint);
    int value = next (at_server, HANDSHAKE_FAILED_NO_DETAIL, ANY, endpoint);
    expect_true (value == ETIMEDOUT || value == EAGAIN);
    next (at_server, DISCONNECTED, accepted, endpoint);
    raw_expect_end (fd);
    raw_close (fd);
    connect_to (client, silent);
    next (at_client, CONNECT_DELAYED, EINPROGRESS, silent);
    int connected = next (at_client, CONNECTED, A_DESCRIPTOR, silent);
    value = next (at_client, HANDSHAKE_FAILED_NO_DETAIL, ANY, silent);
    expect_true (value == ETIMEDOUT || value == EAGAIN);
    next (at_client, DISCONNECTED, connected, silent);
    retried (at_client, 10, 19, silent);
    raw_close (listener);
}

CASE (mechanisms_that_differ, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    const char *listening;
    int listener = raw_listen (&listening);
    set_int (server, ZMQ_PLAIN_SERVER, 1);
    const char *endpoint = bind_any (server, "tcp");
    void *at_server = monitor (ctx, server, ZMQ_EVENT_ALL), *at_client = monitor (ctx, client, ZMQ_EVENT_ALL);
    int fd = raw_connect (endpoint);
    int accepted = next (at_server, ACCEPTED, A_DESCRIPTOR, endpoint);
    raw_greeting (fd, 3, 1, "NULL", 0);
    next (at_server, HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH, endpoint);
    next (at_server, DISCONNECTED, accepted, endpoint);
    raw_close (fd);
    connect_to (client, listening);
    fd = raw_accept (listener);
    raw_greeting (fd, 3, 1, "PLAIN", 1);
    next (at_client, CONNECT_DELAYED, EINPROGRESS, listening);
    int connected = next (at_client, CONNECTED, A_DESCRIPTOR, listening);
    next (at_client, HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH, listening);
    next (at_client, DISCONNECTED, connected, listening);
    mon_nothing (at_client); /* for good */
    raw_close (fd);
    raw_close (listener);
}

/* A wrong type and metadata that cannot be read are told by nothing but the end, and end the connecting side for good. */
CASE (ready_that_does_not_fit, "ZMQ_EVENT_DISCONNECTED")
{
    for (int torn = 0; torn < 2; torn++) {
        void *ctx = ctx_new ();
        void *client = sock (ctx, ZMQ_DEALER);
        void *mon = monitor (ctx, client, ZMQ_EVENT_ALL);
        unsigned char greeting[64];
        const char *endpoint;
        int listener = raw_listen (&endpoint);
        row (torn ? "torn metadata" : "wrong type");
        connect_to (client, endpoint);
        int fd = raw_accept (listener);
        raw_greeting (fd, 3, 1, "NULL", 0);
        raw_take_greeting (fd, greeting);
        if (torn)
            raw_command (fd, "READY", "\13Socket-Type\0\0\0\66", 17);
        else
            raw_ready (fd, "PULL", NULL);
        next (mon, CONNECT_DELAYED, EINPROGRESS, endpoint);
        int connected = next (mon, CONNECTED, A_DESCRIPTOR, endpoint);
        next (mon, DISCONNECTED, connected, endpoint);
        mon_nothing (mon);
        raw_close (fd);
        raw_close (listener);
    }
}

CASE (frame_beyond_the_limit, "ZMQ_MAXMSGSIZE ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_PULL), *client = sock (ctx, ZMQ_PUSH);
    char big[101] = {0};
    int64_t limit = 100;
    expect_ok (zmq_setsockopt (server, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    const char *endpoint = bind_any (server, "tcp");
    void *at_server = monitor (ctx, server, ZMQ_EVENT_ALL), *at_client = monitor (ctx, client, ZMQ_EVENT_ALL);
    set_int (client, ZMQ_RECONNECT_IVL, 10);
    connect_to (client, endpoint);
    int accepted = next (at_server, ACCEPTED, A_DESCRIPTOR, endpoint);
    next (at_server, HANDSHAKE_SUCCEEDED, 0, endpoint);
    expect_int (zmq_send (client, big, 101, 0), 101);
    next (at_server, DISCONNECTED, accepted, endpoint);
    mon_wait (at_client, ZMQ_EVENT_DISCONNECTED);
    retried (at_client, 10, 19, endpoint);
    /* The message is lost, what follows flows. */
    mon_wait (at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    expect_int (zmq_send (client, big, 100, 0), 100);
    expect_int (recv_bytes (server, big, sizeof big), 100);
}

CASE (refused_by_the_handler, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (server, ZMQ_ZAP_DOMAIN, "d", 1));
    zap_start (ctx, ZAP_ANSWER, "500", "");
    const char *endpoint = bind_any (server, "tcp");
    void *at_server = monitor (ctx, server, ZMQ_EVENT_ALL), *at_client = monitor (ctx, client, ZMQ_EVENT_ALL);
    connect_to (client, endpoint);
    int accepted = next (at_server, ACCEPTED, A_DESCRIPTOR, endpoint);
    next (at_server, HANDSHAKE_FAILED_AUTH, 500, endpoint);
    next (at_server, DISCONNECTED, accepted, endpoint);
    next (at_client, CONNECT_DELAYED, EINPROGRESS, endpoint);
    int connected = next (at_client, CONNECTED, A_DESCRIPTOR, endpoint);
    next (at_client, HANDSHAKE_FAILED_AUTH, 500, endpoint);
    next (at_client, DISCONNECTED, connected, endpoint);
    mon_nothing (at_client);
}

CASE (several_endpoints_each_with_its_address, "ZMQ_EVENT_LISTENING ZMQ_EVENT_ACCEPTED ZMQ_EVENT_CLOSED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, server, ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CLOSED);
    const char *endpoints[3];
    int listening[3];
    for (int i = 0; i < 3; i++) {
        endpoints[i] = bind_any (server, i == 1 ? "ipc" : "tcp");
        listening[i] = next (mon, LISTENING, A_DESCRIPTOR, endpoints[i]);
    }
    for (int i = 0; i < 3; i++) {
        void *client = sock (ctx, ZMQ_DEALER);
        connect_to (client, endpoints[i]);
        next (mon, ACCEPTED, A_DESCRIPTOR, endpoints[i]);
    }
    expect_ok (zmq_unbind (server, endpoints[1]));
    next (mon, CLOSED, listening[1], endpoints[1]);
}

/* Who has received a message finds the events that came before it. */
CASE_WIRE (events_are_there_before_their_effects, "zmq_socket_monitor ZMQ_EVENT_ACCEPTED ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    for (int i = 0; i < 20; i++) {
        void *ctx = ctx_new ();
        void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
        struct event e;
        const char *endpoint = bind_any (server, arg);
        void *mon = monitor (ctx, server, ZMQ_EVENT_ALL);
        connect_to (client, endpoint);
        send_text (client, "x", 0);
        recv_text (server, "x");
        expect_true (monitor_next (mon, &e, 0));
        expect_int (e.event, ZMQ_EVENT_ACCEPTED);
        expect_true (monitor_next (mon, &e, 0));
        expect_int (e.event, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        sock_close (mon);
        sock_close (client);
        sock_close (server);
        ctx_term (ctx);
    }
}

/* More events than the monitor's pipe holds: the rest is lost, and nothing waits for it. */
CASE (monitor_that_is_full, "zmq_socket_monitor ZMQ_RCVHWM")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    void *mon = sock (ctx, ZMQ_PAIR);
    struct event e;
    int count = 0;
    set_int (mon, ZMQ_RCVHWM, 1);
    expect_ok (zmq_socket_monitor (server, "inproc://full", ZMQ_EVENT_ALL));
    connect_to (mon, "inproc://full");
    for (int i = 0; i < 1000; i++)
        expect_ok (zmq_unbind (server, bind_any (server, "tcp")));
    pair_up (server, client, "tcp");
    send_text (client, "x", 0);
    recv_text (server, "x");
    expect_ok (zmq_socket_monitor (server, NULL, 0));
    while (monitor_next (mon, &e, 0)) {
        expect_true (e.event == ZMQ_EVENT_LISTENING || e.event == ZMQ_EVENT_CLOSED || e.event == ZMQ_EVENT_MONITOR_STOPPED);
        count++;
    }
    expect_true (count >= 1 && count < 2002);
}

CASE (monitor_whose_reader_is_gone, "zmq_socket_monitor")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, server, ZMQ_EVENT_ALL);
    sock_close (mon);
    pair_up (server, client, "tcp");
    send_text (client, "x", 0);
    recv_text (server, "x");
    mon = monitor (ctx, server, ZMQ_EVENT_ALL);
    bind_any (server, "tcp");
    mon_expect (mon, ZMQ_EVENT_LISTENING);
}
