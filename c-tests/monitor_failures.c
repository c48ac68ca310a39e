/* Monitor: whole sequences of events, each with its value and its address, of what fails. */
#include "steps.h"
#include "zap.h"

#include <unistd.h>

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
