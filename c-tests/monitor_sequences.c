/* Monitor: whole sequences of events, each with its value and its address, of what goes well and ends well. */
#include "steps.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

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
