/* Junk, silence and protocol errors from raw peers. */
#include "tools.h"

/* ---- junk ---- */

CASE (http_waits_for_the_handshake_timer, "ZMQ_HANDSHAKE_IVL ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    set_int (s, ZMQ_HANDSHAKE_IVL, 200);
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    int fd = raw_connect (bind_any (s, "tcp"));
    /* A length byte of 'G' announces more than ever comes. */
    raw_send (fd, "GET / HTTP/1.0\r\n\r\n", 18);
    mon_expect (mon, ZMQ_EVENT_LISTENING);
    mon_expect (mon, ZMQ_EVENT_ACCEPTED);
    raw_expect_end (fd);
}

CASE (silent_peer_is_closed_by_the_handshake_timer, "ZMQ_HANDSHAKE_IVL ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    set_int (s, ZMQ_HANDSHAKE_IVL, 200);
    const char *endpoint = bind_any (s, "tcp");
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    long start = now_ms ();
    int fd = raw_connect (endpoint);
    mon_expect (mon, ZMQ_EVENT_ACCEPTED);
    mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    expect_true (now_ms () - start >= 190);
    raw_expect_end (fd);
}

CASE (handshake_stuck_before_ready, "ZMQ_HANDSHAKE_IVL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    set_int (s, ZMQ_HANDSHAKE_IVL, 200);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_expect_end (fd);
}

CASE (random_bytes_do_no_harm, "zmq_recv")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER), *good = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    unsigned seed = 12345;
    for (int round = 0; round < 60; round++) {
        unsigned char junk[300];
        int fd = raw_connect (endpoint);
        for (size_t i = 0; i < sizeof junk; i++) {
            seed = seed * 1103515245u + 12345u;
            junk[i] = (unsigned char) (seed >> 16);
        }
        if (round % 3 == 1)
            raw_greeting (fd, 3, round % 2, "NULL", 0);
        if (round % 3 == 2) {
            raw_greeting (fd, 3, 1, "NULL", 0);
            raw_ready (fd, "DEALER", NULL);
        }
        raw_send (fd, junk, sizeof junk);
        raw_close (fd);
    }
    connect_to (good, endpoint);
    send_text (good, "still alive", 0);
    /* Junk may have contained well-formed messages. */
    char text[512];
    do {
        int size = recv_bytes (s, text, sizeof text - 1);
        text[size < 511 ? size : 511] = 0;
    } while (strcmp (text, "still alive") != 0);
}

CASE (mechanism_mismatch_closes, "ZMQ_MECHANISM ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_EVENT_DISCONNECTED "
                                 "ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    static const char *const other[] = {"PLAIN", "CURVE", "GSSAPI", "NULLX", "null", ""};
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    for (int i = 0; i < 6; i++) {
        row ("%s", other[i]);
        int fd = raw_connect (endpoint);
        raw_greeting (fd, 3, 1, other[i], 0);
        mon_expect (mon, ZMQ_EVENT_ACCEPTED);
        struct event e = mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
        expect_int (e.value, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
        mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
        raw_expect_end (fd);
        raw_close (fd);
    }
}

CASE (error_command_of_the_null_mechanism, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    static const int statuses[] = {300, 400, 500};
    for (int i = 0; i < 3; i++) {
        void *s = sock (ctx, ZMQ_DEALER);
        const char *endpoint;
        unsigned char greeting[64];
        char text[5];
        int listener = raw_listen (&endpoint);
        void *mon = monitor (ctx, s, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
        row ("%d", statuses[i]);
        connect_to (s, endpoint);
        int fd = raw_accept (listener);
        raw_greeting (fd, 3, 1, "NULL", 0);
        raw_take_greeting (fd, greeting);
        snprintf (text, sizeof text, "\3%d", statuses[i]);
        raw_command (fd, "ERROR", text, 4);
        expect_int (mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, statuses[i]);
        mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
        mon_nothing (mon); /* no retry */
        raw_close (fd);
        raw_close (listener);
    }
}

CASE (protocol_errors_stop_the_connecting_side, "ZMQ_EVENT_DISCONNECTED ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint;
    unsigned char greeting[64];
    int listener = raw_listen (&endpoint);
    set_int (s, ZMQ_RECONNECT_IVL, 10);
    void *mon = monitor (ctx, s, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    connect_to (s, endpoint);
    int fd = raw_accept (listener);
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_ready (fd, "PULL", NULL);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    mon_nothing (mon);
    raw_close (fd);
    raw_close (listener);
}

CASE (own_identity_of_a_peer_that_starts_with_nul, "ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_ROUTER), *other = sock (ctx, ZMQ_DEALER);
    char id[16];
    unsigned char greeting[64], ready[64] = "\10Identity\0\0\0\5";
    uint32_t next;
    const char *endpoint = bind_any (s, "tcp");
    connect_to (other, endpoint);
    send_text (other, "x", 0);
    expect_int (recv_bytes (s, id, sizeof id), 5);
    recv_last (s, "x");
    /* A peer claims the id that a counter would give to the next anonymous one. */
    next = ((uint32_t) (unsigned char) id[1] << 24 | (uint32_t) (unsigned char) id[2] << 16
            | (uint32_t) (unsigned char) id[3] << 8 | (unsigned char) id[4])
           + 1;
    ready[13] = 0;
    for (int i = 0; i < 4; i++)
        ready[14 + i] = (unsigned char) (next >> (24 - 8 * i));
    int fd = raw_connect (endpoint);
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_command (fd, "READY", ready, 18);
    struct frame f;
    expect_true (raw_frame (fd, &f, LONG_MS));
    raw_message (fd, "claimed", 0);
    wait_in (s);
    recv_bytes (s, id, sizeof id);
    recv_last (s, "claimed");
    void *third = sock (ctx, ZMQ_DEALER);
    connect_to (third, endpoint);
    send_text (third, "y", 0);
    recv_bytes (s, id, sizeof id);
    recv_last (s, "y");
}
