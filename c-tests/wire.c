/* ZMTP as a raw TCP peer sees it: greeting, READY, frames, commands, malformed input. */
#include "tools.h"

#define DEALER_READY "04 29 05 5245414459 0b 536f636b65742d54797065 00000006 4445414c4552 08 4964656e74697479 00000000"
#define SUB_READY "04 19 05 5245414459 0b 536f636b65742d54797065 00000003 535542"
#define ZEROS_16 "00000000000000000000000000000000"
#define NULL_GREETING_TAIL "01 4e554c4c " ZEROS_16 " 00 " ZEROS_16 "000000000000000000000000000000"

static int dealer_peer (void *ctx, void **dealer)
{
    *dealer = sock (ctx, ZMQ_DEALER);
    return raw_connect (bind_any (*dealer, "tcp"));
}

static int shaken_peer (void *ctx, void **dealer)
{
    int fd = dealer_peer (ctx, dealer);
    raw_handshake (fd, "DEALER", 1);
    return fd;
}

CASE (first_ten_bytes_come_unasked, "ZMQ_DEALER")
{
    void *ctx = ctx_new (), *s;
    int fd = dealer_peer (ctx, &s);
    raw_expect (fd, "ff 0000000000000001 7f");
    raw_expect_quiet (fd);
}

CASE (greeting_names_the_routing_id_length, "ZMQ_ROUTING_ID")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (s, ZMQ_ROUTING_ID, "abcd", 4));
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_expect (fd, "ff 0000000000000005 7f");
}

CASE (greeting_in_stages, "ZMQ_DEALER")
{
    void *ctx = ctx_new (), *s;
    int fd = dealer_peer (ctx, &s);
    raw_expect (fd, "ff 0000000000000001 7f");
    raw_hex (fd, "ff 0000000000000000 7f");
    raw_expect (fd, "03");
    raw_hex (fd, "03");
    raw_expect (fd, NULL_GREETING_TAIL);
    raw_hex (fd, NULL_GREETING_TAIL);
    raw_expect (fd, DEALER_READY);
}

CASE (dealer_ready_bytes, "ZMQ_DEALER")
{
    void *ctx = ctx_new (), *s;
    unsigned char greeting[64];
    int fd = dealer_peer (ctx, &s);
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_expect (fd, DEALER_READY);
}

CASE (sub_ready_bytes, "ZMQ_SUB")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_SUB);
    unsigned char greeting[64];
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_expect (fd, SUB_READY);
}

CASE (ready_of_every_type, "ZMQ_TYPE")
{
    static const char *const names[] = {"PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB"};
    void *ctx = ctx_new ();
    for (int type = 0; type < 11; type++) {
        void *s = sock (ctx, type);
        unsigned char greeting[64], wanted[64] = "\5READY\13Socket-Type";
        struct frame f;
        size_t length = strlen (names[type]), at = 6 + 12;
        row ("%s", names[type]);
        int fd = raw_connect (bind_any (s, "tcp"));
        raw_greeting (fd, 3, 1, "NULL", 0);
        raw_take_greeting (fd, greeting);
        expect_true (raw_frame (fd, &f, LONG_MS));
        wanted[at + 3] = (unsigned char) length;
        memcpy (wanted + at + 4, names[type], length);
        at += 4 + length;
        if (type == ZMQ_REQ || type == ZMQ_DEALER || type == ZMQ_ROUTER) {
            memcpy (wanted + at, "\10Identity\0\0\0\0", 13);
            at += 13;
        }
        expect_int (f.flags, 4);
        expect_int (f.size, at);
        expect_mem (f.body, wanted, at);
        raw_close (fd);
    }
}

CASE (a_connecting_socket_speaks_the_same, "zmq_connect")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint;
    int listener = raw_listen (&endpoint);
    connect_to (s, endpoint);
    int fd = raw_accept (listener);
    raw_expect (fd, "ff 0000000000000001 7f");
    raw_hex (fd, "ff 0000000000000000 7f 03 " NULL_GREETING_TAIL);
    raw_expect (fd, "03 " NULL_GREETING_TAIL DEALER_READY);
    raw_ready (fd, "DEALER", "");
    raw_message (fd, "hi", 0);
    recv_last (s, "hi");
}

CASE (frames_to_the_peer, "zmq_send ZMQ_SNDMORE")
{
    void *ctx = ctx_new (), *s;
    int fd = shaken_peer (ctx, &s);
    char big[256];
    send_parts (s, "a", "", "bc", NULL);
    raw_expect (fd, "01 01 61 01 00 00 02 6263");
    memset (big, 'x', sizeof big);
    expect_int (zmq_send (s, big, 255, 0), 255);
    raw_expect (fd, "00 ff");
    expect_int (raw_read (fd, big, 255, LONG_MS), 255);
    expect_int (zmq_send (s, big, 256, 0), 256);
    raw_expect (fd, "02 0000000000000100");
    expect_int (raw_read (fd, big, 256, LONG_MS), 256);
}

CASE (frames_from_the_peer, "zmq_recv ZMQ_RCVMORE")
{
    void *ctx = ctx_new (), *s;
    int fd = shaken_peer (ctx, &s);
    raw_hex (fd, "01 01 61 01 00 00 02 6263");
    recv_parts (s, "a", "", "bc", NULL);
    /* Not the shortest form of the length. */
    raw_hex (fd, "02 0000000000000003 646566");
    recv_last (s, "def");
    /* Reserved flag bits. */
    raw_hex (fd, "f8 01 67");
    recv_last (s, "g");
}

CASE (dribbled_bytes, "zmq_recv")
{
    static const char all[] = "ff 0000000000000001 7f 03 " NULL_GREETING_TAIL DEALER_READY
                              "01 03 6f6e65 02 0000000000000003 74776f";
    void *ctx = ctx_new (), *s;
    int fd = dealer_peer (ctx, &s);
    char byte[3] = "";
    for (const char *p = all; *p;) {
        if (*p == ' ') {
            p++;
            continue;
        }
        memcpy (byte, p, 2);
        raw_hex (fd, byte);
        p += 2;
        /* Without Nagle's algorithm each byte is its own segment; now and then let the engine catch up. */
        if ((p - all) % 40 == 0)
            nap_ms (1);
    }
    recv_parts (s, "one", "two", NULL);
}

CASE (everything_in_one_segment, "zmq_recv")
{
    void *ctx = ctx_new (), *s;
    int fd = dealer_peer (ctx, &s);
    raw_hex (fd, "ff 0000000000000001 7f 03 " NULL_GREETING_TAIL DEALER_READY "01 03 6f6e65 00 03 74776f");
    recv_parts (s, "one", "two", NULL);
}

CASE (identity_from_ready, "ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_ROUTER);
    unsigned char greeting[64];
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_ready (fd, "DEALER", "raw peer");
    raw_message (fd, "hi", 0);
    recv_parts (s, "raw peer", "hi", NULL);
    send_parts (s, "raw peer", "ho", NULL);
    struct frame f;
    expect_true (raw_frame (fd, &f, LONG_MS)); /* READY */
    raw_expect (fd, "00 02 686f");
}

CASE (ready_without_a_socket_type, "ZMQ_DEALER")
{
    void *ctx = ctx_new (), *s;
    unsigned char greeting[64];
    int fd = dealer_peer (ctx, &s);
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_command (fd, "READY", "", 0);
    raw_message (fd, "hi", 0);
    recv_last (s, "hi");
}

CASE (ready_as_a_message_frame, "ZMQ_DEALER")
{
    void *ctx = ctx_new (), *s;
    unsigned char greeting[64];
    int fd = dealer_peer (ctx, &s);
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_hex (fd, "00 06 05 5245414459");
    raw_message (fd, "hi", 0);
    recv_last (s, "hi");
}

static void refused_ready (const char *what, const char *hex)
{
    void *ctx = ctx_new (), *s;
    unsigned char greeting[64];
    int fd = dealer_peer (ctx, &s);
    row ("%s", what);
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_hex (fd, hex);
    raw_expect_end (fd);
    raw_close (fd);
}

CASE (malformed_metadata_closes, "ZMQ_DEALER")
{
    refused_ready ("truncated name", "04 09 05 5245414459 08 4964");
    refused_ready ("one byte left over", "04 07 05 5245414459 00");
    refused_ready ("value longer than the frame", "04 12 05 5245414459 03 582d61 000000ff 616263 00");
    refused_ready ("wrong socket type", "04 1a 05 5245414459 0b 536f636b65742d54797065 00000004 50554c4c");
    refused_ready ("unknown socket type", "04 1a 05 5245414459 0b 536f636b65742d54797065 00000004 4e4f4e45");
}

CASE (metadata_without_the_announced_value_closes, "ZMQ_DEALER")
{
    refused_ready ("huge value length", "04 0e 05 5245414459 03 582d61 ffffffff");
    refused_ready ("one byte announced", "04 0e 05 5245414459 03 582d61 00000001");
}

CASE (unknown_command_in_the_handshake_closes, "ZMQ_DEALER")
{
    refused_ready ("HELLO", "04 06 05 48454c4c4f");
    refused_ready ("empty", "04 00");
    refused_ready ("name longer than the frame", "04 03 09 5245");
}

CASE (oversized_frames_close, "ZMQ_DEALER")
{
    static const char *const lengths[] = {"7fffffffffffffff", "ffffffffffffffff", "8000000000000000"};
    void *ctx = ctx_new ();
    for (int i = 0; i < 3; i++) {
        void *s;
        char hex[32];
        int fd = shaken_peer (ctx, &s);
        row ("%s", lengths[i]);
        snprintf (hex, sizeof hex, "02 %s", lengths[i]);
        raw_hex (fd, hex);
        raw_expect_end (fd);
        raw_close (fd);
    }
}

CASE (message_size_limit, "ZMQ_MAXMSGSIZE ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    int64_t limit = 100;
    char text[102];
    expect_ok (zmq_setsockopt (s, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "DEALER", 1);
    memset (text, 'x', 101);
    text[100] = 0;
    raw_message (fd, text, 0);
    recv_last (s, text);
    text[100] = 'x';
    text[101] = 0;
    raw_message (fd, text, 0);
    raw_expect_end (fd);
    recv_nothing (s);
}

CASE (message_size_limit_covers_the_handshake, "ZMQ_MAXMSGSIZE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    int64_t limit = 10;
    unsigned char greeting[64];
    expect_ok (zmq_setsockopt (s, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_ready (fd, "DEALER", NULL);
    raw_expect_end (fd);
}

CASE (unknown_commands_are_ignored, "zmq_recv")
{
    void *ctx = ctx_new (), *s;
    int fd = shaken_peer (ctx, &s);
    raw_command (fd, "NONSENSE", "abc", 3);
    raw_hex (fd, "04 00");
    raw_ready (fd, "DEALER", NULL);
    raw_message (fd, "one", 1);
    raw_command (fd, "NONSENSE", "", 0);
    raw_message (fd, "two", 0);
    recv_parts (s, "one", "two", NULL);
    recv_nothing (s);
}

CASE (ping_is_answered, "ZMQ_HEARTBEAT_IVL")
{
    void *ctx = ctx_new (), *s;
    int fd = shaken_peer (ctx, &s);
    raw_command (fd, "PING", "\0\0", 2);
    raw_expect (fd, "04 05 04 504f4e47");
    raw_command (fd, "PING", "\0\0abc", 5);
    raw_expect (fd, "04 08 04 504f4e47 616263");
    raw_command (fd, "PING", "\0\0" "0123456789abcdefGHIJ", 22);
    raw_expect (fd, "04 15 04 504f4e47 30313233343536373839616263646566");
    raw_message (fd, "one", 1);
    raw_command (fd, "PING", "\0\0", 2);
    raw_message (fd, "two", 0);
    raw_expect (fd, "04 05 04 504f4e47");
    recv_parts (s, "one", "two", NULL);
}

CASE (short_ping_closes, "ZMQ_HEARTBEAT_IVL")
{
    void *ctx = ctx_new (), *s;
    int fd = shaken_peer (ctx, &s);
    raw_command (fd, "PING", "", 0);
    raw_expect_end (fd);
}

CASE (ping_ttl_closes_a_silent_peer, "ZMQ_HEARTBEAT_TTL ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new (), *s;
    int fd = shaken_peer (ctx, &s);
    raw_command (fd, "PING", "\0\2", 2);
    long start = now_ms ();
    raw_expect (fd, "04 05 04 504f4e47");
    raw_expect_end (fd);
    expect_true (now_ms () - start >= 190);
}

/* In milliseconds, these do not fit into 16 bits. */
CASE (long_ping_ttls, "ZMQ_HEARTBEAT_TTL")
{
    static const char *const ttls[] = {"\2\220", "\377\377"};
    for (int i = 0; i < 2; i++) {
        void *ctx = ctx_new (), *s;
        int fd = shaken_peer (ctx, &s);
        raw_command (fd, "PING", ttls[i], 2);
        raw_expect (fd, "04 05 04 504f4e47");
        raw_expect_quiet (fd);
        raw_message (fd, "x", 0);
        recv_last (s, "x");
        raw_close (fd);
    }
}

CASE (pong_is_not_a_message, "ZMQ_REQ")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_REQ);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "REP", 1);
    send_text (s, "q", 0);
    raw_expect (fd, "01 00 00 01 71");
    raw_command (fd, "PONG", "", 0);
    raw_message (fd, "", 1);
    raw_command (fd, "PING", "\0\0", 2);
    raw_message (fd, "a", 0);
    recv_last (s, "a");
}

CASE (request_frames, "ZMQ_REQ ZMQ_REQ_CORRELATE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_REQ);
    unsigned char head[6];
    set_int (s, ZMQ_REQ_CORRELATE, 1);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "REP", 1);
    send_text (s, "q", 0);
    expect_int (raw_read (fd, head, 6, LONG_MS), 6);
    expect_mem (head, "\1\4", 2);
    raw_expect (fd, "01 00 00 01 71");
    raw_send (fd, head, 6);
    raw_hex (fd, "01 00 00 01 61");
    recv_last (s, "a");
}

CASE (malformed_reply_closes, "ZMQ_REQ")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_REQ);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "REP", 1);
    send_text (s, "q", 0);
    raw_expect (fd, "01 00 00 01 71");
    raw_message (fd, "no delimiter", 0);
    raw_expect_end (fd);
}
