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

/* ---- subscriptions ---- */

CASE (subscribe_commands_for_3_1, "ZMQ_SUBSCRIBE ZMQ_UNSUBSCRIBE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_SUB);
    subscribe (s, "first");
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "PUB", 1);
    long limit = now_ms () + LONG_MS;
    struct frame f;
    while (!raw_frame (fd, &f, 10) && now_ms () < limit)
        kick (s);
    expect_int (f.flags, 4);
    expect_int (f.size, 15);
    expect_mem (f.body, "\11SUBSCRIBEfirst", 15);
    subscribe (s, "");
    raw_expect (fd, "04 0a 09 535542534352494245");
    expect_ok (zmq_setsockopt (s, ZMQ_UNSUBSCRIBE, "first", 5));
    raw_expect (fd, "04 0c 06 43414e43454c 6669727374");
    raw_message (fd, "news", 0);
    recv_last (s, "news");
}

CASE (subscription_messages_for_3_0, "ZMQ_SUBSCRIBE ZMQ_UNSUBSCRIBE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_SUB);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "PUB", 0);
    long limit = now_ms () + LONG_MS;
    struct frame f;
    subscribe (s, "A");
    while (!raw_frame (fd, &f, 10) && now_ms () < limit)
        kick (s);
    expect_int (f.flags, 0);
    expect_int (f.size, 2);
    expect_mem (f.body, "\1A", 2);
    expect_ok (zmq_setsockopt (s, ZMQ_UNSUBSCRIBE, "A", 1));
    raw_expect (fd, "00 02 0041");
}

CASE (long_subscription_message_for_3_0, "ZMQ_SUBSCRIBE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_SUB);
    static char topic[255];
    char got[256];
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "PUB", 0);
    memset (topic, 't', sizeof topic);
    expect_ok (zmq_setsockopt (s, ZMQ_SUBSCRIBE, topic, sizeof topic));
    long limit = now_ms () + LONG_MS;
    unsigned char head[9];
    while (raw_read (fd, head, 1, 10) != 1 && now_ms () < limit)
        kick (s);
    expect_int (head[0], 2);
    raw_expect (fd, "0000000000000100");
    expect_int (raw_read (fd, got, 256, LONG_MS), 256);
    expect_int (got[0], 1);
    expect_mem (got + 1, topic, 255);
}

CASE (both_subscription_forms_are_understood, "ZMQ_XPUB")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_XPUB);
    char got[8];
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "SUB", 1);
    raw_command (fd, "SUBSCRIBE", "cmd", 3);
    expect_int (recv_bytes (s, got, 8), 4);
    expect_mem (got, "\1cmd", 4);
    raw_hex (fd, "00 04 01 6f6c64");
    expect_int (recv_bytes (s, got, 8), 4);
    expect_mem (got, "\1old", 4);
    send_text (s, "cmd1", 0);
    send_text (s, "no", 0);
    send_text (s, "old1", 0);
    raw_expect (fd, "00 04 636d6431 00 04 6f6c6431");
    raw_command (fd, "CANCEL", "cmd", 3);
    expect_int (recv_bytes (s, got, 8), 4);
    expect_mem (got, "\0cmd", 4);
    raw_hex (fd, "00 04 00 6f6c64");
    expect_int (recv_bytes (s, got, 8), 4);
    expect_mem (got, "\0old", 4);
}

CASE (xsub_messages_are_verbatim, "ZMQ_XSUB")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_XSUB);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_handshake (fd, "XPUB", 1);
    long limit = now_ms () + LONG_MS;
    struct frame f;
    do
        send_text (s, "user", 0);
    while (!raw_frame (fd, &f, 10) && now_ms () < limit);
    expect_int (f.flags, 0);
    expect_int (f.size, 4);
    expect_mem (f.body, "user", 4);
}

/* ---- other revisions ---- */

CASE (revision_2_and_4_are_treated_as_3_1, "ZMQ_DEALER")
{
    static const int revisions[] = {2, 4, 9};
    void *ctx = ctx_new ();
    for (int i = 0; i < 3; i++) {
        void *s;
        int fd = dealer_peer (ctx, &s);
        unsigned char greeting[64];
        row ("revision %d", revisions[i]);
        raw_greeting (fd, revisions[i], 0, "NULL", 0);
        raw_take_greeting (fd, greeting);
        expect_int (greeting[10], 3);
        expect_int (greeting[11], 1);
        raw_expect (fd, DEALER_READY);
        raw_ready (fd, "DEALER", NULL);
        raw_message (fd, "hi", 0);
        recv_last (s, "hi");
        raw_close (fd);
    }
}

CASE (zmtp_2_0_peer, "ZMQ_DEALER ZMQ_ROUTING_ID")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_ROUTER);
    expect_ok (zmq_setsockopt (s, ZMQ_ROUTING_ID, "ME", 2));
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_expect (fd, "ff 0000000000000003 7f");
    raw_hex (fd, "ff 0000000000000001 7f 01");
    raw_expect (fd, "03 06");
    raw_hex (fd, "05 00 03 596f75");
    raw_expect (fd, "00 02 4d45");
    raw_hex (fd, "01 01 61 00 01 62");
    recv_parts (s, "You", "a", "b", NULL);
    send_parts (s, "You", "c", NULL);
    raw_expect (fd, "00 01 63");
}

CASE (zmtp_1_0_versioned_peer, "ZMQ_DEALER")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_expect (fd, "ff 0000000000000001 7f");
    raw_hex (fd, "ff 0000000000000001 7f 00");
    raw_expect (fd, "03 05");
    /* Socket type, then v1 frames: length, flags, body. */
    raw_hex (fd, "05 01 00 02 01 61 02 00 62");
    recv_parts (s, "a", "b", NULL);
}

CASE (unversioned_peer, "ZMQ_DEALER")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_expect (fd, "ff 0000000000000001 7f");
    /* An empty identity frame, then two frames. */
    raw_hex (fd, "01 00 03 01 6869 02 00 62");
    recv_parts (s, "hi", "b", NULL);
    send_text (s, "yo", 0);
    raw_expect (fd, "03 00 796f");
}

CASE (unversioned_identity, "ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_ROUTER);
    expect_ok (zmq_setsockopt (s, ZMQ_ROUTING_ID, "ME", 2));
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_hex (fd, "04 00 616263 02 00 78");
    /* Our greeting's ten bytes are the header of our identity frame. */
    raw_expect (fd, "ff 0000000000000003 7f 4d45");
    recv_parts (s, "abc", "x", NULL);
}

CASE (bad_v1_lengths_close, "ZMQ_DEALER")
{
    static const char *const bad[] = {"01 00 00", "01 00 ff 0000000000000000"};
    void *ctx = ctx_new ();
    for (int i = 0; i < 2; i++) {
        void *s;
        int fd = dealer_peer (ctx, &s);
        row ("%s", bad[i]);
        raw_hex (fd, bad[i]);
        raw_expect_end (fd);
        raw_close (fd);
    }
}

CASE (old_peers_are_refused_when_security_is_on, "ZMQ_PLAIN_SERVER ZMQ_ZAP_DOMAIN")
{
    void *ctx = ctx_new ();
    for (int i = 0; i < 2; i++) {
        void *s = sock (ctx, ZMQ_DEALER);
        if (i == 0)
            set_int (s, ZMQ_PLAIN_SERVER, 1);
        else
            expect_ok (zmq_setsockopt (s, ZMQ_ZAP_DOMAIN, "d", 1));
        const char *endpoint = bind_any (s, "tcp");
        static const char *const old[] = {"01 00 03 01 6869", "ff 0000000000000001 7f 00 05 01 00", "ff 0000000000000001 7f 01 05 00 00"};
        for (int n = 0; n < 3; n++) {
            row ("security %d, old peer %d", i, n);
            int fd = raw_connect (endpoint);
            raw_hex (fd, old[n]);
            raw_expect_end (fd);
            raw_close (fd);
        }
        recv_nothing (s);
    }
}

CASE (old_subscriber_gets_everything, "ZMQ_PUB")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_XPUB);
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_hex (fd, "01 00");
    raw_expect (fd, "ff 0000000000000001 7f");
    recv_last (s, "\1");
    send_text (s, "all", 0);
    raw_expect (fd, "04 00 616c6c");
}

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
