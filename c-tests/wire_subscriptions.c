/* Subscriptions on the wire, for each revision of the protocol. */
#include "tools.h"

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
