/* Reconnection and its intervals, heartbeats, handshake and connect time-outs. */
#include "tools.h"
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

static int retried (void *mon)
{
    return mon_wait (mon, ZMQ_EVENT_CONNECT_RETRIED).value;
}

CASE (jitter_without_a_maximum, "ZMQ_RECONNECT_IVL ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ZMQ_EVENT_CONNECT_RETRIED);
    set_int (s, ZMQ_RECONNECT_IVL, 40);
    connect_to (s, free_tcp_endpoint ());
    for (int i = 0; i < 5; i++) {
        int value = retried (mon);
        expect_true (value >= 40 && value < 80);
    }
}

CASE (backoff_up_to_the_maximum, "ZMQ_RECONNECT_IVL ZMQ_RECONNECT_IVL_MAX")
{
    static const int wanted[] = {20, 40, 80, 100, 100};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    void *mon = monitor (ctx, s, ZMQ_EVENT_CONNECT_RETRIED);
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    set_int (s, ZMQ_RECONNECT_IVL_MAX, 100);
    connect_to (s, free_tcp_endpoint ());
    for (int i = 0; i < 5; i++)
        expect_int (retried (mon), wanted[i]);
}

CASE (no_reconnection, "ZMQ_RECONNECT_IVL ZMQ_EVENT_CLOSED")
{
    void *ctx = ctx_new ();
    static const int never[] = {-1, 0};
    for (int i = 0; i < 2; i++) {
        void *s = sock (ctx, ZMQ_DEALER);
        void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
        row ("interval %d", never[i]);
        set_int (s, ZMQ_RECONNECT_IVL, never[i]);
        connect_to (s, free_tcp_endpoint ());
        mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
        mon_expect (mon, ZMQ_EVENT_CLOSED);
        mon_nothing (mon);
    }
}

CASE (endpoint_stays_after_the_last_attempt, "ZMQ_RECONNECT_IVL zmq_disconnect")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PUSH);
    const char *endpoint = free_tcp_endpoint ();
    void *mon = monitor (ctx, s, ZMQ_EVENT_CLOSED);
    set_int (s, ZMQ_RECONNECT_IVL, -1);
    connect_to (s, endpoint);
    mon_expect (mon, ZMQ_EVENT_CLOSED);
    expect_ok (zmq_disconnect (s, endpoint));
}

CASE_WIRE (manual_reconnection, "ZMQ_RECONNECT_IVL zmq_connect")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = bind_any (pull, arg);
    set_int (push, ZMQ_RECONNECT_IVL, -1);
    void *mon = monitor (ctx, push, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    connect_to (push, endpoint);
    send_text (push, "1", 0);
    recv_text (pull, "1");
    void *closing = monitor (ctx, pull, ZMQ_EVENT_CLOSED);
    sock_close (pull);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    mon_wait (closing, ZMQ_EVENT_CLOSED);
    pull = sock (ctx, ZMQ_PULL);
    expect_ok (zmq_bind (pull, endpoint));
    mon_nothing (mon);
    recv_nothing (pull);
    connect_to (push, endpoint);
    send_text (push, "2", 0);
    zmq_send (push, "2", 1, ZMQ_DONTWAIT); /* one of the two goes to the new pipe */
    recv_text (pull, "2");
}

CASE_WIRE (reconnects_by_itself, "ZMQ_RECONNECT_IVL ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH);
    void *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = bind_any (pull, arg);
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    void *mon = monitor (ctx, push, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    connect_to (push, endpoint);
    for (int round = 0; round < 3; round++) {
        mon_expect (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        send_text (push, "x", 0);
        recv_text (pull, "x");
        void *closing = monitor (ctx, pull, ZMQ_EVENT_CLOSED);
        sock_close (pull);
        mon_wait (closing, ZMQ_EVENT_CLOSED);
        pull = sock (ctx, ZMQ_PULL);
        expect_ok (zmq_bind (pull, endpoint));
    }
}

CASE (disconnect_stops_the_retries, "zmq_disconnect ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = free_tcp_endpoint ();
    void *mon = monitor (ctx, s, ZMQ_EVENT_CONNECT_RETRIED);
    set_int (s, ZMQ_RECONNECT_IVL, 10);
    connect_to (s, endpoint);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    expect_ok (zmq_disconnect (s, endpoint));
    /* The session ends with its pipe, when this thread processes commands; an attempt under way is still reported. */
    struct event e;
    int late = 0;
    for (kick (s); monitor_next (mon, &e, SHORT_MS) && late < 50; late++)
        kick (s);
    expect_true (late < 10);
    mon_nothing (mon);
}

CASE (interrupted_multipart_is_not_resumed, "ZMQ_PULL ZMQ_SNDMORE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PULL);
    const char *endpoint;
    int listener = raw_listen (&endpoint);
    set_int (s, ZMQ_RECONNECT_IVL, 10);
    connect_to (s, endpoint);
    int fd = raw_accept (listener);
    raw_handshake (fd, "PUSH", 1);
    raw_message (fd, "whole", 0);
    raw_message (fd, "half", 1);
    recv_last (s, "whole");
    raw_close (fd);
    fd = raw_accept (listener);
    raw_handshake (fd, "PUSH", 1);
    raw_message (fd, "new", 0);
    recv_last (s, "new");
    raw_close (fd);
    raw_close (listener);
}

CASE (handshake_time_out_reconnects, "ZMQ_HANDSHAKE_IVL ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint;
    int listener = raw_listen (&endpoint);
    set_int (s, ZMQ_HANDSHAKE_IVL, 100);
    set_int (s, ZMQ_RECONNECT_IVL, 10);
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    connect_to (s, endpoint);
    mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
    mon_expect (mon, ZMQ_EVENT_CONNECTED);
    mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
    mon_expect (mon, ZMQ_EVENT_CONNECTED);
    raw_close (listener);
}

/* ---- heartbeats ---- */

static int beating_peer (void *ctx, void **dealer, int minor, int ttl, int timeout)
{
    *dealer = sock (ctx, ZMQ_DEALER);
    set_int (*dealer, ZMQ_HEARTBEAT_IVL, 50);
    if (timeout)
        set_int (*dealer, ZMQ_HEARTBEAT_TIMEOUT, timeout);
    set_int (*dealer, ZMQ_HEARTBEAT_TTL, ttl);
    int fd = raw_connect (bind_any (*dealer, "tcp"));
    raw_handshake (fd, "DEALER", minor);
    return fd;
}

CASE (ping_bytes, "ZMQ_HEARTBEAT_IVL ZMQ_HEARTBEAT_TTL")
{
    void *ctx = ctx_new (), *s;
    int fd = beating_peer (ctx, &s, 1, 1500, 0);
    raw_expect (fd, "04 07 04 50494e47 000f");
}

CASE (ping_to_a_3_0_peer, "ZMQ_HEARTBEAT_IVL")
{
    void *ctx = ctx_new (), *s;
    int fd = beating_peer (ctx, &s, 0, 0, 0);
    raw_expect (fd, "04 07 04 50494e47 0000");
}

CASE (answered_pings_keep_the_connection, "ZMQ_HEARTBEAT_IVL ZMQ_HEARTBEAT_TIMEOUT")
{
    void *ctx = ctx_new (), *s;
    int fd = beating_peer (ctx, &s, 1, 0, 1000);
    for (int i = 0; i < 6; i++) {
        raw_expect (fd, "04 07 04 50494e47 0000");
        raw_command (fd, "PONG", "", 0);
    }
    raw_message (fd, "alive", 0);
    recv_last (s, "alive");
}

CASE (any_traffic_answers_a_ping, "ZMQ_HEARTBEAT_TIMEOUT")
{
    void *ctx = ctx_new (), *s;
    int fd = beating_peer (ctx, &s, 1, 0, 1000);
    for (int i = 0; i < 6; i++) {
        raw_expect (fd, "04 07 04 50494e47 0000");
        raw_message (fd, "x", 0);
        recv_last (s, "x");
    }
}

CASE (unanswered_ping_disconnects, "ZMQ_HEARTBEAT_TIMEOUT ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new (), *s;
    int fd = beating_peer (ctx, &s, 1, 0, 0);
    void *mon = monitor (ctx, s, ZMQ_EVENT_DISCONNECTED);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    raw_expect_end (fd);
}

CASE (unanswered_ping_reconnects_the_client, "ZMQ_HEARTBEAT_IVL ZMQ_EVENT_DISCONNECTED ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint;
    int listener = raw_listen (&endpoint);
    set_int (s, ZMQ_HEARTBEAT_IVL, 50);
    set_int (s, ZMQ_RECONNECT_IVL, 10);
    /* No handshake failed: there is no such event. */
    void *mon = monitor (ctx, s, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    connect_to (s, endpoint);
    for (int i = 0; i < 2; i++) { /* the timer is armed again on the second connection */
        int fd = raw_accept (listener);
        raw_handshake (fd, "DEALER", 1);
        mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
        mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
        raw_expect_end (fd);
        raw_close (fd);
    }
    raw_close (listener);
}

CASE_WIRE (heartbeats_between_sockets, "ZMQ_HEARTBEAT_IVL ZMQ_HEARTBEAT_TTL ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ);
    set_int (req, ZMQ_HEARTBEAT_IVL, 20);
    set_int (req, ZMQ_HEARTBEAT_TIMEOUT, 2000);
    set_int (rep, ZMQ_HEARTBEAT_IVL, 30);
    set_int (rep, ZMQ_HEARTBEAT_TIMEOUT, 2000);
    set_int (rep, ZMQ_HEARTBEAT_TTL, 2000);
    void *mon = monitor (ctx, rep, ZMQ_EVENT_DISCONNECTED);
    pair_up (rep, req, arg);
    for (int i = 0; i < 5; i++) {
        send_text (req, "a", ZMQ_SNDMORE);
        nap_ms (25); /* let heartbeats pass between the parts */
        send_text (req, "b", 0);
        recv_parts (rep, "a", "b", NULL);
        send_text (rep, "c", 0);
        recv_last (req, "c");
    }
    mon_nothing (mon);
}

CASE (no_heartbeat_by_default, "ZMQ_HEARTBEAT_IVL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "DEALER", 1);
    raw_expect_quiet (fd);
}

/* An I/O thread that is kept from its work, in the free function of a message. */
struct held {
    pthread_t caller;
    sem_t here, go;
    int was_here;
};

static void hold (void *data, void *hint)
{
    struct held *held = hint;
    (void) data;
    if (!pthread_equal (pthread_self (), held->caller) && !held->was_here) {
        held->was_here = 1;
        sem_post (&held->here);
        sem_wait (&held->go);
    }
}

static void hold_io_thread (struct held *held, void *push)
{
    static char content[1000];
    held->caller = pthread_self ();
    held->was_here = 0;
    expect_ok (sem_init (&held->here, 0, 0));
    expect_ok (sem_init (&held->go, 0, 0));
    struct timespec soon;
    do {
        /* The first may be written by the calling thread, which is not there for the second. */
        for (int i = 0; i < 2; i++) {
            zmq_msg_t msg;
            expect_ok (zmq_msg_init_data (&msg, content, sizeof content, hold, held));
            expect_int (zmq_msg_send (&msg, push, 0), sizeof content);
        }
        clock_gettime (CLOCK_REALTIME, &soon);
        soon.tv_sec += (soon.tv_nsec + 20000000) / 1000000000;
        soon.tv_nsec = (soon.tv_nsec + 20000000) % 1000000000;
    } while (sem_timedwait (&held->here, &soon) != 0);
}

CASE (what_is_queued_waits_for_the_next_connection, "zmq_connect ZMQ_SNDHWM ZMQ_RECONNECT_IVL")
{
    enum { SIZE = 4000, FRAME = 9 + SIZE, LIMIT = 300, BATCH = 64 * 1024 / SIZE + 3 };
    static unsigned char first[4 << 20];
    char message[SIZE] = "";
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *other = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint;
    struct held held;
    struct frame f;
    int listener = raw_listen (&endpoint), sent = 0;
    set_int (push, ZMQ_SNDHWM, LIMIT);
    set_int (push, ZMQ_SNDBUF, 8192);
    set_int (push, ZMQ_RECONNECT_IVL, 1);
    connect_to (push, endpoint);
    pair_up (pull, other, "tcp");
    int fd = raw_accept (listener);
    raw_handshake (fd, "PULL", 1);
    /* Nobody reads: the kernel's buffers fill, then the queue. */
    while (poll_socket (push, ZMQ_POLLOUT, SHORT_MS)) {
        snprintf (message, sizeof message, "%d", sent);
        expect_int (zmq_send (push, message, sizeof message, 0), SIZE);
        sent++;
    }
    /* The peer takes what is in the kernel and closes, and all of this is found at once. */
    hold_io_thread (&held, other);
    size_t got = 0, more;
    while ((more = raw_read (fd, first + got, sizeof first - got, SHORT_MS)) > 0)
        got += more;
    int received = (int) (got / FRAME);
    raw_close (fd);
    expect_ok (sem_post (&held.go));
    fd = raw_accept (listener);
    raw_handshake (fd, "PULL", 1);
    expect_int (raw_frame (fd, &f, LONG_MS), 1);
    int next = atoi ((char *) f.body);
    if (next < received || next > received + BATCH)
        check_fail (__FILE__, __LINE__, "%d of %d came over the first connection, and over the next those from %d on", received, sent, next);
    for (int n = next + 1; n < sent; n++) {
        expect_int (raw_frame (fd, &f, LONG_MS), 1);
        expect_int (atoi ((char *) f.body), n);
    }
    raw_close (fd);
    raw_close (listener);
}
