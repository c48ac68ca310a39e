/* STREAM, and ROUTER in raw mode, against plain TCP peers. */
#include "tools.h"

static int read_id (void *s, char *id)
{
    int size = recv_bytes (s, id, 256);
    expect_int (get_int (s, ZMQ_RCVMORE), 1);
    return size;
}

static void send_to (void *s, const char *id, const char *text)
{
    expect_int (zmq_send (s, id, 5, ZMQ_SNDMORE), 5);
    send_text (s, text, 0);
}

CASE (bound_stream_talks_to_a_plain_peer, "ZMQ_STREAM")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_STREAM);
    char id[256], again[256], buffer[8];
    int fd = raw_connect (bind_any (s, "tcp"));
    expect_int (read_id (s, id), 5);
    expect_int (id[0], 0);
    recv_last (s, "");
    raw_send (fd, "hello", 5);
    expect_int (read_id (s, again), 5);
    expect_mem (again, id, 5);
    recv_last (s, "hello");
    send_to (s, id, "world");
    expect_int (raw_read (fd, buffer, 5, LONG_MS), 5);
    expect_mem (buffer, "world", 5);
    raw_close (fd);
    expect_int (read_id (s, again), 5);
    expect_mem (again, id, 5);
    recv_last (s, "");
}

CASE (connected_stream_talks_to_a_plain_peer, "ZMQ_STREAM ZMQ_ROUTING_ID")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_STREAM);
    const char *endpoint;
    char id[256], option[256], buffer[8];
    size_t size = sizeof option;
    int listener = raw_listen (&endpoint);
    connect_to (s, endpoint);
    int fd = raw_accept (listener);
    expect_int (read_id (s, id), 5);
    recv_last (s, "");
    expect_ok (zmq_getsockopt (s, ZMQ_ROUTING_ID, option, &size));
    expect_int (size, 5);
    expect_mem (option, id, 5);
    send_to (s, id, "GET /");
    expect_int (raw_read (fd, buffer, 5, LONG_MS), 5);
    expect_mem (buffer, "GET /", 5);
    raw_close (fd);
    read_id (s, id);
    recv_last (s, "");
    raw_close (listener);
}

CASE (empty_message_closes_the_connection, "ZMQ_STREAM")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_STREAM);
    char id[256];
    int fd = raw_connect (bind_any (s, "tcp"));
    read_id (s, id);
    recv_last (s, "");
    send_to (s, id, "");
    eventually ((kick (s), raw_ended (fd)));
}

CASE (no_notifications, "ZMQ_STREAM_NOTIFY")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_STREAM);
    char id[256];
    set_int (s, ZMQ_STREAM_NOTIFY, 0);
    int fd = raw_connect (bind_any (s, "tcp"));
    recv_nothing (s);
    raw_send (fd, "data", 4);
    read_id (s, id);
    recv_last (s, "data");
    raw_close (fd);
    recv_nothing (s);
}

CASE (stream_unknown_id, "ZMQ_STREAM EHOSTUNREACH")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_STREAM);
    expect_errno (zmq_send (s, "\0none", 5, ZMQ_SNDMORE), EHOSTUNREACH);
}

CASE (stream_first_frame_without_more, "ZMQ_STREAM")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_STREAM);
    expect_int (zmq_send (s, "any", 3, 0), 3);
    expect_int (zmq_send (s, "data", 4, 0), 4);
    expect_errno (zmq_send (s, "none", 4, ZMQ_SNDMORE), EHOSTUNREACH);
}

CASE (more_on_data_is_ignored, "ZMQ_STREAM ZMQ_SNDMORE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_STREAM);
    char id[256], buffer[8];
    int fd = raw_connect (bind_any (s, "tcp"));
    read_id (s, id);
    recv_last (s, "");
    expect_int (zmq_send (s, id, 5, ZMQ_SNDMORE), 5);
    expect_int (zmq_send (s, "ab", 2, ZMQ_SNDMORE), 2);
    send_to (s, id, "cd");
    expect_int (raw_read (fd, buffer, 4, LONG_MS), 4);
    expect_mem (buffer, "abcd", 4);
}

CASE (stream_connect_routing_id, "ZMQ_STREAM ZMQ_CONNECT_ROUTING_ID")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_STREAM);
    const char *endpoint;
    int listener = raw_listen (&endpoint);
    expect_ok (zmq_setsockopt (s, ZMQ_CONNECT_ROUTING_ID, "named", 5));
    connect_to (s, endpoint);
    int fd = raw_accept (listener);
    recv_more (s, "named");
    recv_last (s, "");
    raw_send (fd, "x", 1);
    recv_more (s, "named");
    recv_last (s, "x");
    raw_close (fd);
    raw_close (listener);
}

CASE (stream_to_stream, "ZMQ_STREAM")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_STREAM), *b = sock (ctx, ZMQ_STREAM);
    char id_a[256], id_b[256];
    pair_up (a, b, "tcp");
    read_id (a, id_a);
    recv_last (a, "");
    read_id (b, id_b);
    recv_last (b, "");
    send_to (b, id_b, "through");
    read_id (a, id_a);
    recv_last (a, "through");
}

CASE (large_data_arrives_in_order, "ZMQ_STREAM")
{
    enum { SIZE = 500000 };
    static char data[SIZE];
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_STREAM);
    char id[256], chunk[65536];
    int fd = raw_connect (bind_any (s, "tcp"));
    size_t got = 0;
    read_id (s, id);
    recv_last (s, "");
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (char) (i * 31 + i / 1000);
    for (size_t at = 0; at < SIZE; at += 20000) {
        raw_send (fd, data + at, 20000);
        while (got < at + 20000) {
            read_id (s, id);
            int size = recv_bytes (s, chunk, sizeof chunk);
            expect_true (size > 0 && size <= 8192);
            expect_mem (chunk, data + got, (size_t) size);
            got += (size_t) size;
        }
    }
}

CASE (raw_router, "ZMQ_ROUTER_RAW")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_ROUTER);
    char id[256], buffer[8];
    set_int (s, ZMQ_ROUTER_RAW, 1);
    set_int (s, ZMQ_ROUTER_MANDATORY, 1);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_send (fd, "hello", 5);
    /* An empty notification of the connection may come first. */
    int size;
    do {
        expect_int (read_id (s, id), 5);
        size = recv_bytes (s, buffer, sizeof buffer);
    } while (size == 0);
    expect_int (size, 5);
    expect_mem (buffer, "hello", 5);
    send_to (s, id, "world");
    expect_int (raw_read (fd, buffer, 5, LONG_MS), 5);
    expect_mem (buffer, "world", 5);
    send_to (s, id, "");
    eventually ((kick (s), raw_ended (fd)));
}

CASE (stream_events, "ZMQ_STREAM ZMQ_EVENT_ACCEPTED ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_STREAM);
    const char *endpoint = bind_any (s, "tcp");
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    int fd = raw_connect (endpoint);
    mon_expect (mon, ZMQ_EVENT_ACCEPTED);
    mon_nothing (mon);
    raw_close (fd);
    mon_wait (mon, ZMQ_EVENT_DISCONNECTED);
}
