/* Transport options that show from outside: USE_FD, ipc filters, SOCKS. */
#include "tools.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

CASE (tcp_listener_from_outside, "ZMQ_USE_FD zmq_bind ZMQ_EVENT_LISTENING")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint;
    int fd = raw_listen (&endpoint);
    void *mon = monitor (ctx, pull, ZMQ_EVENT_LISTENING);
    set_int (pull, ZMQ_USE_FD, fd);
    expect_ok (zmq_bind (pull, endpoint));
    expect_int (mon_expect (mon, ZMQ_EVENT_LISTENING).value, fd);
    expect_str (last_endpoint (pull), endpoint);
    connect_to (push, endpoint);
    send_text (push, "x", 0);
    recv_text (pull, "x");
}

CASE (ipc_listener_from_outside, "ZMQ_USE_FD zmq_bind")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = fresh_endpoint ("ipc");
    struct sockaddr_un address;
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);
    memset (&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    snprintf (address.sun_path, sizeof address.sun_path, "%s", endpoint + 6);
    expect_ok (bind (fd, (struct sockaddr *) &address, sizeof address));
    expect_ok (listen (fd, 5));
    set_int (pull, ZMQ_USE_FD, fd);
    expect_ok (zmq_bind (pull, endpoint));
    connect_to (push, endpoint);
    send_text (push, "x", 0);
    recv_text (pull, "x");
}

static void filtered (int option, int id, int admitted)
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    expect_ok (zmq_setsockopt (pull, option, &id, sizeof id));
    const char *endpoint = bind_any (pull, "ipc");
    void *mon = monitor (ctx, pull, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED);
    connect_to (push, endpoint);
    mon_expect (mon, admitted ? ZMQ_EVENT_ACCEPTED : ZMQ_EVENT_ACCEPT_FAILED);
    send_text (push, "x", 0);
    if (admitted)
        recv_text (pull, "x");
    else
        recv_nothing (pull);
}

CASE (ipc_filter_by_process, "ZMQ_IPC_FILTER_PID ZMQ_EVENT_ACCEPT_FAILED")
{
    filtered (ZMQ_IPC_FILTER_PID, (int) getpid (), 1);
    filtered (ZMQ_IPC_FILTER_PID, (int) getpid () + 1, 0);
}

CASE (ipc_filter_by_user, "ZMQ_IPC_FILTER_UID ZMQ_EVENT_ACCEPT_FAILED")
{
    filtered (ZMQ_IPC_FILTER_UID, (int) getuid (), 1);
    filtered (ZMQ_IPC_FILTER_UID, (int) getuid () + 1, 0);
}

CASE (ipc_filter_by_group, "ZMQ_IPC_FILTER_GID ZMQ_EVENT_ACCEPT_FAILED")
{
    filtered (ZMQ_IPC_FILTER_GID, (int) getgid (), 1);
    filtered (ZMQ_IPC_FILTER_GID, 54321, 0);
}

/* ---- SOCKS ---- */

/* Takes the greeting and the request of the client, returns with the connection to it. */
static int proxied (void *push, const char *destination, const char *request)
{
    const char *proxy;
    int listener = raw_listen (&proxy);
    expect_ok (zmq_setsockopt (push, ZMQ_SOCKS_PROXY, proxy + 6, strlen (proxy + 6)));
    connect_to (push, destination);
    int fd = raw_accept (listener);
    raw_expect (fd, "05 01 00");
    raw_hex (fd, "05 00");
    raw_expect (fd, request);
    raw_close (listener);
    return fd;
}

CASE (socks_by_number, "ZMQ_SOCKS_PROXY")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH);
    int fd = proxied (push, "tcp://10.1.2.3:4660", "05 01 00 01 0a010203 1234");
    raw_hex (fd, "05 00 00 01 00000000 0000");
    raw_handshake (fd, "PULL", 1);
    send_text (push, "through", 0);
    raw_expect (fd, "00 07 7468726f756768");
    raw_close (fd);
}

CASE (socks_by_name, "ZMQ_SOCKS_PROXY")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH);
    int fd = proxied (push, "tcp://far.invalid:4660", "05 01 00 03 0b 6661722e696e76616c6964 1234");
    raw_hex (fd, "05 00 00 03 04 66617261 1234");
    raw_handshake (fd, "PULL", 1);
    send_text (push, "through", 0);
    raw_expect (fd, "00 07 7468726f756768");
    raw_close (fd);
}

CASE (socks_refusal_is_retried, "ZMQ_SOCKS_PROXY ZMQ_EVENT_CONNECT_RETRIED ZMQ_EVENT_CLOSED")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH);
    void *mon = monitor (ctx, push, ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED);
    int fd = proxied (push, "tcp://10.1.2.3:4660", "05 01 00 01 0a010203 1234");
    raw_hex (fd, "05 05 00 01 00000000 0000");
    mon_expect (mon, ZMQ_EVENT_CLOSED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    raw_close (fd);
}

CASE (accepted_connections_have_no_delay_and_the_tos, "ZMQ_SRCFD zmq_msg_get")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    zmq_msg_t msg;
    set_int (pull, ZMQ_TOS, 0x28);
    pair_up (pull, push, "tcp");
    send_text (push, "x", 0);
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_recv (&msg, pull, 0), 1);
    int fd = zmq_msg_get (&msg, ZMQ_SRCFD), on = 0, tos = 0;
    socklen_t size = sizeof on;
    expect_ok (getsockopt (fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, &size));
    expect_true (on != 0);
    size = sizeof tos;
    expect_ok (getsockopt (fd, IPPROTO_IP, IP_TOS, &tos, &size));
    expect_int (tos, 0x28);
    expect_ok (zmq_msg_close (&msg));
}

/* ---- filters ---- */

static void expect_admitted (void *server, const char *endpoint, int admitted)
{
    int fd = raw_connect (endpoint);
    if (admitted) {
        raw_handshake (fd, "PUSH", 1);
        raw_message (fd, "x", 0);
        recv_last (server, "x");
    } else
        raw_expect_end (fd);
    raw_close (fd);
}

/* Who is in one of the networks is let in; those of a listener are the ones that were set when it was bound. */
CASE (tcp_filters_add_up, "ZMQ_TCP_ACCEPT_FILTER")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PULL);
    const char *all = bind_127_0_0_1 (s);
    expect_ok (zmq_setsockopt (s, ZMQ_TCP_ACCEPT_FILTER, "10.0.0.0/8", 10));
    const char *none = bind_127_0_0_1 (s);
    expect_ok (zmq_setsockopt (s, ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1/32", 12));
    const char *some = bind_127_0_0_1 (s);
    expect_ok (zmq_setsockopt (s, ZMQ_TCP_ACCEPT_FILTER, NULL, 0));
    const char *cleared = bind_127_0_0_1 (s);
    expect_admitted (s, all, 1);
    expect_admitted (s, none, 0);
    expect_admitted (s, some, 1);
    expect_admitted (s, cleared, 1);
}

CASE (tcp_filters_for_ipv6, "ZMQ_TCP_ACCEPT_FILTER ZMQ_IPV6")
{
    static const struct {
        const char *filter;
        int admitted;
    } rows[] = {{"::1", 1}, {"::/0", 1}, {"fe80::/10", 0}, {"::2/127", 0}, {"::/127", 1}};
    void *ctx = ctx_new ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *s = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
        row ("%s", rows[i].filter);
        set_int (s, ZMQ_IPV6, 1);
        set_int (push, ZMQ_IPV6, 1);
        expect_ok (zmq_setsockopt (s, ZMQ_TCP_ACCEPT_FILTER, rows[i].filter, strlen (rows[i].filter)));
        if (zmq_bind (s, "tcp://[::1]:*") != 0)
            skip_case ("no IPv6 on this machine");
        void *mon = monitor (ctx, s, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED);
        connect_to (push, last_endpoint (s));
        mon_expect (mon, rows[i].admitted ? ZMQ_EVENT_ACCEPTED : ZMQ_EVENT_ACCEPT_FAILED);
        sock_close (push);
        sock_close (s);
    }
}

CASE (ipc_filters_add_up, "ZMQ_IPC_FILTER_PID ZMQ_IPC_FILTER_UID ZMQ_IPC_FILTER_GID")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    int other = (int) getpid () + 1, own = (int) getpid (), nobody = 54321;
    expect_ok (zmq_setsockopt (s, ZMQ_IPC_FILTER_UID, &nobody, sizeof nobody));
    expect_ok (zmq_setsockopt (s, ZMQ_IPC_FILTER_GID, &nobody, sizeof nobody));
    expect_ok (zmq_setsockopt (s, ZMQ_IPC_FILTER_PID, &other, sizeof other));
    expect_ok (zmq_setsockopt (s, ZMQ_IPC_FILTER_PID, &own, sizeof own));
    pair_up (s, push, "ipc");
    send_text (push, "x", 0);
    recv_last (s, "x");
}

CASE (ipc_filters_can_be_cleared, "ZMQ_IPC_FILTER_PID")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    int other = (int) getpid () + 1;
    expect_ok (zmq_setsockopt (s, ZMQ_IPC_FILTER_PID, &other, sizeof other));
    expect_ok (zmq_setsockopt (s, ZMQ_IPC_FILTER_PID, NULL, 0));
    pair_up (s, push, "ipc");
    send_text (push, "x", 0);
    recv_last (s, "x");
}
