/* Options that the kernel can be asked about: each is read back from the descriptor of a listener, of an accepted and of a
 * connecting connection, not from the socket. */
#include "tools.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef TCP_USER_TIMEOUT
#define TCP_USER_TIMEOUT 18
#endif

struct scene {
    void *ctx, *server, *client;
    int listening, accepted, connected; /* the library's own descriptors, from the monitor */
};

static void scene (struct scene *s)
{
    memset (s, 0, sizeof *s);
    s->ctx = ctx_new ();
    s->server = sock (s->ctx, ZMQ_DEALER);
    s->client = sock (s->ctx, ZMQ_DEALER);
}

static void meet (struct scene *s, const char *transport)
{
    void *at_server = monitor (s->ctx, s->server, ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED);
    void *at_client = monitor (s->ctx, s->client, ZMQ_EVENT_CONNECTED);
    pair_up (s->server, s->client, transport);
    s->listening = mon_expect (at_server, ZMQ_EVENT_LISTENING).value;
    s->connected = mon_expect (at_client, ZMQ_EVENT_CONNECTED).value;
    s->accepted = mon_expect (at_server, ZMQ_EVENT_ACCEPTED).value;
    /* What is set on an accepted descriptor is set before its first message. */
    send_text (s->client, "x", 0);
    recv_text (s->server, "x");
}

static int kernel_int (int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    if (getsockopt (fd, level, name, &value, &size) != 0)
        check_fail (__FILE__, __LINE__, "descriptor %d, option %d/%d: %s", fd, level, name, error_name (errno));
    return value;
}

static int plain_int (int domain, int level, int name)
{
    int fd = socket (domain, SOCK_STREAM, 0), value = kernel_int (fd, level, name);
    close (fd);
    return value;
}

/* The kernel doubles what it is asked for. */
CASE (buffer_sizes, "ZMQ_SNDBUF ZMQ_RCVBUF")
{
    struct scene s;
    scene (&s);
    set_int (s.server, ZMQ_SNDBUF, 20000);
    set_int (s.server, ZMQ_RCVBUF, 30000);
    set_int (s.client, ZMQ_SNDBUF, 40000);
    set_int (s.client, ZMQ_RCVBUF, 50000);
    meet (&s, "tcp");
    expect_int (kernel_int (s.listening, SOL_SOCKET, SO_SNDBUF), 40000);
    expect_int (kernel_int (s.listening, SOL_SOCKET, SO_RCVBUF), 60000);
    expect_int (kernel_int (s.accepted, SOL_SOCKET, SO_SNDBUF), 40000);
    expect_int (kernel_int (s.accepted, SOL_SOCKET, SO_RCVBUF), 60000);
    expect_int (kernel_int (s.connected, SOL_SOCKET, SO_SNDBUF), 80000);
    expect_int (kernel_int (s.connected, SOL_SOCKET, SO_RCVBUF), 100000);
}

CASE (buffer_sizes_over_ipc, "ZMQ_SNDBUF ZMQ_RCVBUF")
{
    struct scene s;
    scene (&s);
    set_int (s.server, ZMQ_SNDBUF, 20000);
    set_int (s.client, ZMQ_RCVBUF, 50000);
    meet (&s, "ipc");
    expect_int (kernel_int (s.accepted, SOL_SOCKET, SO_SNDBUF), 40000);
    expect_int (kernel_int (s.connected, SOL_SOCKET, SO_RCVBUF), 100000);
}

CASE (buffer_sizes_of_the_system, "ZMQ_SNDBUF ZMQ_RCVBUF")
{
    struct scene s;
    scene (&s);
    meet (&s, "ipc");
    expect_int (kernel_int (s.connected, SOL_SOCKET, SO_SNDBUF), plain_int (AF_UNIX, SOL_SOCKET, SO_SNDBUF));
    expect_int (kernel_int (s.accepted, SOL_SOCKET, SO_RCVBUF), plain_int (AF_UNIX, SOL_SOCKET, SO_RCVBUF));
}

CASE (type_of_service, "ZMQ_TOS")
{
    struct scene s;
    scene (&s);
    set_int (s.server, ZMQ_TOS, 0x28);
    set_int (s.client, ZMQ_TOS, 0x58);
    meet (&s, "tcp");
    expect_int (kernel_int (s.listening, IPPROTO_IP, IP_TOS), 0x28);
    expect_int (kernel_int (s.accepted, IPPROTO_IP, IP_TOS), 0x28);
    expect_int (kernel_int (s.connected, IPPROTO_IP, IP_TOS), 0x58);
}

CASE (no_type_of_service, "ZMQ_TOS")
{
    struct scene s;
    scene (&s);
    meet (&s, "tcp");
    expect_int (kernel_int (s.listening, IPPROTO_IP, IP_TOS), 0);
    expect_int (kernel_int (s.connected, IPPROTO_IP, IP_TOS), 0);
}

CASE (traffic_class_of_ipv6, "ZMQ_TOS ZMQ_IPV6")
{
    struct scene s;
    int probe = socket (AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 address;
    memset (&address, 0, sizeof address);
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    if (probe == -1 || bind (probe, (struct sockaddr *) &address, sizeof address) != 0)
        skip_case ("no IPv6 here");
    close (probe);
    scene (&s);
    set_int (s.server, ZMQ_IPV6, 1);
    set_int (s.client, ZMQ_IPV6, 1);
    set_int (s.server, ZMQ_TOS, 0x28);
    set_int (s.client, ZMQ_TOS, 0x58);
    void *mon = monitor (s.ctx, s.server, ZMQ_EVENT_LISTENING);
    void *at_client = monitor (s.ctx, s.client, ZMQ_EVENT_CONNECTED);
    expect_ok (zmq_bind (s.server, "tcp://[::1]:*"));
    connect_to (s.client, last_endpoint (s.server));
    expect_int (kernel_int (mon_expect (mon, ZMQ_EVENT_LISTENING).value, IPPROTO_IPV6, IPV6_TCLASS), 0x28);
    expect_int (kernel_int (mon_expect (at_client, ZMQ_EVENT_CONNECTED).value, IPPROTO_IPV6, IPV6_TCLASS), 0x58);
}

CASE (keepalive_with_its_parameters, "ZMQ_TCP_KEEPALIVE ZMQ_TCP_KEEPALIVE_CNT ZMQ_TCP_KEEPALIVE_IDLE ZMQ_TCP_KEEPALIVE_INTVL")
{
    struct scene s;
    int fds[2];
    scene (&s);
    for (int i = 0; i < 2; i++) {
        void *which = i ? s.client : s.server;
        set_int (which, ZMQ_TCP_KEEPALIVE, 1);
        set_int (which, ZMQ_TCP_KEEPALIVE_CNT, 5 + i);
        set_int (which, ZMQ_TCP_KEEPALIVE_IDLE, 70 + i);
        set_int (which, ZMQ_TCP_KEEPALIVE_INTVL, 20 + i);
    }
    meet (&s, "tcp");
    fds[0] = s.accepted;
    fds[1] = s.connected;
    for (int i = 0; i < 2; i++) {
        row (i ? "connecting side" : "accepting side");
        expect_int (kernel_int (fds[i], SOL_SOCKET, SO_KEEPALIVE), 1);
        expect_int (kernel_int (fds[i], IPPROTO_TCP, TCP_KEEPCNT), 5 + i);
        expect_int (kernel_int (fds[i], IPPROTO_TCP, TCP_KEEPIDLE), 70 + i);
        expect_int (kernel_int (fds[i], IPPROTO_TCP, TCP_KEEPINTVL), 20 + i);
    }
}

CASE (keepalive_of_the_system, "ZMQ_TCP_KEEPALIVE")
{
    struct scene s;
    scene (&s);
    /* Parameters without the switch change nothing. */
    set_int (s.client, ZMQ_TCP_KEEPALIVE_CNT, 3);
    set_int (s.server, ZMQ_TCP_KEEPALIVE, 0);
    meet (&s, "tcp");
    expect_int (kernel_int (s.connected, SOL_SOCKET, SO_KEEPALIVE), plain_int (AF_INET, SOL_SOCKET, SO_KEEPALIVE));
    expect_int (kernel_int (s.connected, IPPROTO_TCP, TCP_KEEPCNT), plain_int (AF_INET, IPPROTO_TCP, TCP_KEEPCNT));
    expect_int (kernel_int (s.accepted, SOL_SOCKET, SO_KEEPALIVE), 0);
}

CASE (retransmission_time, "ZMQ_TCP_MAXRT")
{
    struct scene s;
    scene (&s);
    set_int (s.server, ZMQ_TCP_MAXRT, 12345);
    set_int (s.client, ZMQ_TCP_MAXRT, 23456);
    meet (&s, "tcp");
    expect_int (kernel_int (s.accepted, IPPROTO_TCP, TCP_USER_TIMEOUT), 12345);
    expect_int (kernel_int (s.connected, IPPROTO_TCP, TCP_USER_TIMEOUT), 23456);
}

CASE (no_retransmission_time, "ZMQ_TCP_MAXRT")
{
    struct scene s;
    scene (&s);
    meet (&s, "tcp");
    expect_int (kernel_int (s.accepted, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
    expect_int (kernel_int (s.connected, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
}

/* On a listener, TCP_INFO has the length of its queue in place of the segments that were acknowledged selectively. */
CASE (length_of_the_accept_queue, "ZMQ_BACKLOG")
{
    static const int lengths[] = {0, 1, 7, 100};
    void *ctx = ctx_new ();
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct tcp_info info;
        socklen_t size = sizeof info;
        void *s = sock (ctx, ZMQ_DEALER);
        void *mon = monitor (ctx, s, ZMQ_EVENT_LISTENING);
        row ("%d", lengths[i]);
        if (lengths[i] != 100)
            set_int (s, ZMQ_BACKLOG, lengths[i]); /* 100 is the default */
        bind_any (s, "tcp");
        memset (&info, 0, sizeof info);
        expect_ok (getsockopt (mon_expect (mon, ZMQ_EVENT_LISTENING).value, IPPROTO_TCP, TCP_INFO, &info, &size));
        expect_int (info.tcpi_sacked, lengths[i]);
    }
}

static const char *device_of (int fd)
{
    static char name[IFNAMSIZ + 1];
    socklen_t size = IFNAMSIZ;
    memset (name, 0, sizeof name);
    expect_ok (getsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size));
    return name;
}

CASE (bound_to_a_device, "ZMQ_BINDTODEVICE")
{
    struct scene s;
    int probe = socket (AF_INET, SOCK_STREAM, 0);
    if (setsockopt (probe, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0)
        skip_case ("may not bind to a device here");
    close (probe);
    scene (&s);
    expect_ok (zmq_setsockopt (s.server, ZMQ_BINDTODEVICE, "lo", 2));
    expect_ok (zmq_setsockopt (s.client, ZMQ_BINDTODEVICE, "lo", 2));
    meet (&s, "tcp");
    expect_str (device_of (s.listening), "lo");
    expect_str (device_of (s.connected), "lo");
}

CASE (bound_to_no_such_device, "ZMQ_BINDTODEVICE zmq_bind ENODEV")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    int probe = socket (AF_INET, SOCK_STREAM, 0);
    if (setsockopt (probe, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0)
        skip_case ("may not bind to a device here");
    close (probe);
    expect_ok (zmq_setsockopt (s, ZMQ_BINDTODEVICE, "nodevice0", 9));
    expect_errno (zmq_bind (s, "tcp://127.0.0.1:*"), ENODEV);
    /* Connecting tries again for ever. */
    void *mon = monitor (ctx, s, ZMQ_EVENT_CONNECT_RETRIED);
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    connect_to (s, free_tcp_endpoint ());
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
}

CASE (addresses_may_be_used_again, "zmq_bind")
{
    struct scene s;
    scene (&s);
    meet (&s, "tcp");
    expect_int (kernel_int (s.listening, SOL_SOCKET, SO_REUSEADDR), 1);
    expect_int (kernel_int (s.accepted, IPPROTO_TCP, TCP_NODELAY), 1);
    expect_int (kernel_int (s.connected, IPPROTO_TCP, TCP_NODELAY), 1);
}

CASE_WIRE (descriptors_do_not_reach_other_programs, "zmq_bind zmq_connect")
{
    struct scene s;
    scene (&s);
    meet (&s, arg);
    expect_true (fcntl (s.listening, F_GETFD) & FD_CLOEXEC);
    expect_true (fcntl (s.accepted, F_GETFD) & FD_CLOEXEC);
    expect_true (fcntl (s.connected, F_GETFD) & FD_CLOEXEC);
}

/* Each call of bind and connect takes the values of its moment. */
CASE (values_are_taken_at_the_call, "zmq_bind zmq_connect ZMQ_TOS ZMQ_TCP_KEEPALIVE")
{
    struct scene s;
    scene (&s);
    set_int (s.server, ZMQ_TOS, 0x10);
    void *mon = monitor (s.ctx, s.server, ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED);
    const char *first = bind_any (s.server, "tcp");
    set_int (s.server, ZMQ_TOS, 0x20);
    set_int (s.server, ZMQ_TCP_KEEPALIVE, 1);
    bind_any (s.server, "tcp");
    expect_int (kernel_int (mon_expect (mon, ZMQ_EVENT_LISTENING).value, IPPROTO_IP, IP_TOS), 0x10);
    expect_int (kernel_int (mon_expect (mon, ZMQ_EVENT_LISTENING).value, IPPROTO_IP, IP_TOS), 0x20);
    connect_to (s.client, first);
    send_text (s.client, "x", 0);
    recv_text (s.server, "x");
    int accepted = mon_expect (mon, ZMQ_EVENT_ACCEPTED).value;
    expect_int (kernel_int (accepted, IPPROTO_IP, IP_TOS), 0x10);
    expect_int (kernel_int (accepted, SOL_SOCKET, SO_KEEPALIVE), 0);
}

/* The epoll instance that watches a descriptor names it in its fdinfo; each I/O thread has one. */
static int watcher_of (int fd)
{
    for (int epoll = 0; epoll < 256; epoll++) {
        char path[64], line[128];
        int target;
        snprintf (path, sizeof path, "/proc/self/fdinfo/%d", epoll);
        FILE *info = fopen (path, "r");
        if (!info)
            continue;
        while (fgets (line, sizeof line, info))
            if (sscanf (line, "tfd: %d", &target) == 1 && target == fd) {
                fclose (info);
                return epoll;
            }
        fclose (info);
    }
    return -1;
}

static int listener_watcher (void *ctx, uint64_t mask)
{
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ZMQ_EVENT_LISTENING);
    int watcher;
    expect_ok (zmq_setsockopt (s, ZMQ_AFFINITY, &mask, sizeof mask));
    bind_any (s, "tcp");
    int fd = mon_expect (mon, ZMQ_EVENT_LISTENING).value;
    eventually ((watcher = watcher_of (fd)) != -1);
    return watcher;
}

CASE (affinity_chooses_the_thread, "ZMQ_AFFINITY ZMQ_IO_THREADS")
{
    void *ctx = ctx_new ();
    if (access ("/proc/self/fdinfo/0", R_OK) != 0)
        skip_case ("no /proc");
    expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 3));
    int first = listener_watcher (ctx, 1), second = listener_watcher (ctx, 2), third = listener_watcher (ctx, 4);
    expect_true (first != second && second != third && first != third);
    for (int i = 0; i < 4; i++) {
        expect_int (listener_watcher (ctx, 1), first);
        expect_int (listener_watcher (ctx, 4), third);
        int any = listener_watcher (ctx, 3);
        expect_true (any == first || any == second);
    }
}

CASE (load_is_spread_without_an_affinity, "ZMQ_AFFINITY ZMQ_IO_THREADS")
{
    void *ctx = ctx_new ();
    int watchers[4], different = 0;
    if (access ("/proc/self/fdinfo/0", R_OK) != 0)
        skip_case ("no /proc");
    expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 2));
    for (int i = 0; i < 4; i++) {
        watchers[i] = listener_watcher (ctx, 0);
        different += watchers[i] != watchers[0];
    }
    expect_int (different, 2);
}
