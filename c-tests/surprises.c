/* Behaviour that surprises and that programs rely on, and places where other implementations have stumbled. */
#include "zap.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

CASE (ipc_bind_takes_a_path_from_a_live_listener, "zmq_bind")
{
    void *ctx = ctx_new ();
    void *first = sock (ctx, ZMQ_PULL), *second = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = bind_any (first, "ipc");
    expect_ok (zmq_bind (second, endpoint));
    connect_to (push, endpoint);
    send_text (push, "x", 0);
    recv_last (second, "x");
    recv_nothing (first);
}

CASE (max_sockets_is_fixed_by_the_first_socket, "ZMQ_MAX_SOCKETS zmq_ctx_set zmq_socket EMFILE")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 1));
    sock (ctx, ZMQ_PAIR);
    expect_null_errno (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 100));
    expect_int (zmq_ctx_get (ctx, ZMQ_MAX_SOCKETS), 100);
    expect_null_errno (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
}

/* Their handshake never ends, for the monitor. */
CASE (old_peers_end_without_detail, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    for (int revision = 0; revision < 2; revision++) {
        row ("revision %d", revision);
        int fd = raw_connect (endpoint);
        raw_expect (fd, "ff 0000000000000001 7f");
        raw_hex (fd, revision ? "ff 0000000000000001 7f 01" : "ff 0000000000000001 7f 00");
        raw_expect (fd, "03 05");
        raw_hex (fd, revision ? "05 00 00 00 02 6869" : "05 01 00 03 00 6869");
        recv_last (s, "hi");
        int accepted = mon_expect (mon, ZMQ_EVENT_ACCEPTED).value;
        raw_close (fd);
        struct event e = mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        expect_true (e.value == EPIPE || e.value == ECONNRESET);
        expect_int (mon_expect (mon, ZMQ_EVENT_DISCONNECTED).value, accepted);
    }
}

CASE (large_messages_of_old_peers, "zmq_recv")
{
    static char big[20000], got[20000];
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    memset (big, 'b', sizeof big);
    for (int revision = 0; revision < 2; revision++) {
        row ("revision %d", revision);
        int fd = raw_connect (endpoint);
        raw_hex (fd, revision ? "ff 0000000000000001 7f 01 05 00 00" : "ff 0000000000000001 7f 00 05 01 00");
        for (int i = 0; i < 3; i++) {
            raw_hex (fd, revision ? "02 0000000000004e20" : "ff 0000000000004e21 00");
            raw_send (fd, big, sizeof big);
        }
        for (int i = 0; i < 3; i++) {
            expect_int (recv_bytes (s, got, sizeof got), sizeof got);
            expect_mem (got, big, sizeof big);
        }
        raw_close (fd);
    }
}

CASE (reserved_flags_are_ignored, "zmq_recv")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "DEALER", 1);
    raw_hex (fd, "f9 01 61 f8 01 62 fa 0000000000000001 63");
    recv_parts (s, "a", "b", NULL);
    recv_last (s, "c");
    raw_close (fd);
}

/* The first automatic id in another process. */
static void first_id (unsigned char id[5])
{
    int ends[2];
    expect_ok (pipe (ends));
    pid_t child = fork ();
    if (child == 0) {
        void *ctx = zmq_ctx_new (), *router = zmq_socket (ctx, ZMQ_ROUTER), *dealer = zmq_socket (ctx, ZMQ_DEALER);
        unsigned char got[5] = {0};
        zmq_bind (router, "inproc://a");
        zmq_connect (dealer, "inproc://a");
        zmq_send (dealer, "x", 1, 0);
        zmq_recv (router, got, 5, 0);
        _exit (write (ends[1], got, 5) != 5);
    }
    close (ends[1]);
    expect_int (read (ends[0], id, 5), 5);
    close (ends[0]);
    waitpid (child, NULL, 0);
}

CASE (automatic_ids_differ_between_processes, "ZMQ_ROUTER")
{
    unsigned char a[5], b[5], c[5];
    first_id (a);
    first_id (b);
    first_id (c);
    expect_int (a[0], 0);
    expect_true (memcmp (a, b, 5) != 0 || memcmp (b, c, 5) != 0);
}

CASE_TRANSPORTS (probe_comes_before_data, "ZMQ_PROBE_ROUTER")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    set_int (dealer, ZMQ_PROBE_ROUTER, 1);
    expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "D", 1));
    pair_up (router, dealer, arg);
    send_text (dealer, "data", 0);
    recv_parts (router, "D", "", NULL);
    recv_parts (router, "D", "data", NULL);
}

CASE (what_was_sent_is_empty_afterwards, "zmq_msg_send zmq_msg_size zmq_msg_close")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    zmq_msg_t msg;
    pair_up (a, b, "inproc");
    expect_ok (zmq_msg_init_size (&msg, 1000));
    expect_int (zmq_msg_send (&msg, a, 0), 1000);
    expect_int (zmq_msg_size (&msg), 0);
    expect_int (zmq_msg_send (&msg, a, 0), 0); /* and may be sent */
    expect_ok (zmq_msg_close (&msg));
    expect_int (zmq_recv (b, NULL, 0, 0), 1000);
    expect_int (zmq_recv (b, NULL, 0, 0), 0);
}

static void *proxy_thread (void *arg)
{
    void **sockets = arg;
    zmq_proxy (sockets[0], sockets[1], sockets[2]);
    return NULL;
}

/* The copy goes first, and waits for its reader. */
CASE (capture_holds_the_proxy_up, "zmq_proxy")
{
    void *ctx = ctx_new ();
    void *sockets[3] = {sock (ctx, ZMQ_PULL), sock (ctx, ZMQ_PUSH), sock (ctx, ZMQ_PUSH)}, *thread;
    void *in = sock (ctx, ZMQ_PUSH), *out = sock (ctx, ZMQ_PULL), *reader = sock (ctx, ZMQ_PULL);
    const char *capture = fresh_endpoint ("inproc");
    for (int i = 0; i < 3; i++)
        set_int (sockets[i], ZMQ_SNDTIMEO, -1);
    pair_up (sockets[0], in, "inproc");
    pair_up (sockets[1], out, "inproc");
    expect_ok (zmq_bind (sockets[2], capture));
    start_thread (proxy_thread, sockets, &thread);
    send_text (in, "x", 0);
    recv_nothing (out);
    connect_to (reader, capture);
    recv_last (reader, "x");
    recv_last (out, "x");
    expect_ok (zmq_ctx_shutdown (ctx));
    join_thread (thread);
}

/* ---- descriptors beyond what select(2) can watch ---- */

static void room_for_descriptors (rlim_t count)
{
    struct rlimit limit;
    expect_ok (getrlimit (RLIMIT_NOFILE, &limit));
    if (limit.rlim_max < count)
        skip_case ("too few descriptors here");
    limit.rlim_cur = count;
    expect_ok (setrlimit (RLIMIT_NOFILE, &limit));
}

CASE (high_descriptors_are_polled, "zmq_poll")
{
    int ends[2];
    char byte;
    room_for_descriptors (2000);
    expect_ok (pipe (ends));
    expect_int (dup2 (ends[0], 1900), 1900);
    zmq_pollitem_t item = {NULL, 1900, ZMQ_POLLIN, 0};
    expect_int (zmq_poll (&item, 1, 0), 0);
    expect_int (write (ends[1], "x", 1), 1);
    expect_int (zmq_poll (&item, 1, LONG_MS), 1);
    expect_int (item.revents, ZMQ_POLLIN);
    expect_int (read (1900, &byte, 1), 1);
    close (1900);
    close (ends[0]);
    close (ends[1]);
}

CASE (connections_on_high_descriptors, "zmq_connect ZMQ_SRCFD zmq_poll")
{
    static int held[1200];
    zmq_msg_t msg;
    room_for_descriptors (2000);
    for (int i = 0; i < 1200; i++)
        held[i] = dup (0);
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    pair_up (a, b, "tcp");
    send_text (b, "x", 0);
    wait_in (a);
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_recv (&msg, a, 0), 1);
    expect_true (zmq_msg_get (&msg, ZMQ_SRCFD) > 1024);
    expect_ok (zmq_msg_close (&msg));
    for (int i = 0; i < 1200; i++)
        close (held[i]);
}

/* ---- peers that mean no good ---- */

CASE (name_too_long_for_a_socks_proxy, "ZMQ_SOCKS_PROXY ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PUSH);
    const char *proxy;
    char text[400] = "tcp://";
    int listener = raw_listen (&proxy);
    memset (text + 6, 'n', 300);
    strcpy (text + 306, ".invalid:5555");
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    expect_ok (zmq_setsockopt (s, ZMQ_SOCKS_PROXY, proxy + 6, strlen (proxy + 6)));
    void *mon = monitor (ctx, s, ZMQ_EVENT_CONNECT_RETRIED);
    connect_to (s, text);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    raw_close (listener);
}

static void *flood (void *arg)
{
    int fd = (int) (intptr_t) arg;
    char bytes[4096];
    for (size_t i = 0; i + 8 <= sizeof bytes; i += 8)
        memcpy (bytes + i, "\0\6nobody", 8);
    while (send (fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0)
        ;
    return NULL;
}

/* A publisher that does not filter: what is not wanted must not hold a call beyond its time. */
CASE (flood_of_what_nobody_wants, "ZMQ_SUB ZMQ_RCVTIMEO zmq_recv zmq_poll EAGAIN")
{
    void *ctx = ctx_new (), *thread;
    void *sub = sock (ctx, ZMQ_SUB);
    char buffer[16];
    subscribe (sub, "wanted");
    set_int (sub, ZMQ_RCVTIMEO, 100);
    const char *endpoint = bind_any (sub, "tcp");
    int fd = raw_connect (endpoint);
    raw_handshake (fd, "PUB", 1);
    start_thread (flood, (void *) (intptr_t) fd, &thread);
    for (int i = 0; i < 3; i++) {
        long begin = now_ms ();
        expect_errno (zmq_recv (sub, buffer, sizeof buffer, 0), EAGAIN);
        expect_true (now_ms () - begin < 2000);
        expect_errno (zmq_recv (sub, buffer, sizeof buffer, ZMQ_DONTWAIT), EAGAIN);
    }
    sock_close (sub);
    join_thread (thread);
    raw_close (fd);
}

CASE (initiate_of_a_great_size, "ZMQ_CURVE_SERVER ZMQ_EVENT_DISCONNECTED")
{
    static const size_t sizes[] = {300, 2000, 20000, 60000};
    static unsigned char bytes[60009];
    if (!zmq_has ("curve"))
        skip_case ("built without curve");
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    set_int (s, ZMQ_CURVE_SERVER, 1);
    expect_ok (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, SERVER_SECRET, 40));
    const char *endpoint = bind_any (s, "tcp");
    void *mon = monitor (ctx, s, ZMQ_EVENT_DISCONNECTED);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char greeting[64];
        row ("%zu bytes", sizes[i]);
        int fd = raw_connect (endpoint);
        raw_greeting (fd, 3, 1, "CURVE", 0);
        raw_take_greeting (fd, greeting);
        memset (bytes, 0xff, sizeof bytes);
        memset (bytes, 0, 9);
        bytes[0] = 6;
        bytes[7] = (unsigned char) (sizes[i] >> 8);
        bytes[8] = (unsigned char) sizes[i];
        memcpy (bytes + 9, "\10INITIATE", 9);
        raw_send (fd, bytes, sizes[i] + 9);
        mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
        raw_expect_end (fd);
        raw_close (fd);
    }
}

/* Names and values that claim to be longer than what holds them. */
CASE (metadata_that_lies_about_its_lengths, "ZMQ_EVENT_DISCONNECTED")
{
    static const struct {
        const char *data;
        size_t size;
    } rows[] = {{"\377", 1},
                {"\13Socket-Type", 12},
                {"\13Socket-Type\377\377\377\377", 16},
                {"\13Socket-Type\177\377\377\377DEALER", 22},
                {"\13Socket-Type\0\0\0\7DEALER", 22},
                {"\13Socket-Type\0\0\0\6DEALER\1", 23},
                {"\13Socket-Type\0\0\0\6DEALER\0\0\0\0", 26},
                {"\13Socket-Type\0\0\0\6DEALER\0\0\0\0\5", 27}};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    void *mon = monitor (ctx, s, ZMQ_EVENT_DISCONNECTED);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char greeting[64];
        row ("%zu", i);
        int fd = raw_connect (endpoint);
        raw_greeting (fd, 3, 1, "NULL", 0);
        raw_take_greeting (fd, greeting);
        raw_command (fd, "READY", rows[i].data, rows[i].size);
        mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
        raw_expect_end (fd);
        raw_close (fd);
    }
}
