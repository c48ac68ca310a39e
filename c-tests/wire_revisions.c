/* Peers of other revisions: 1.0, 2.0, and later than ours. */
#include "tools.h"

#define DEALER_READY "04 29 05 5245414459 0b 536f636b65742d54797065 00000006 4445414c4552 08 4964656e74697479 00000000"

static int dealer_peer (void *ctx, void **dealer)
{
    *dealer = sock (ctx, ZMQ_DEALER);
    return raw_connect (bind_any (*dealer, "tcp"));
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

/* Peers that greet send their subscriptions, in revision 0 as well. */
CASE (greeting_subscribers_are_filtered_for, "ZMQ_PUB ZMQ_XPUB")
{
    void *ctx = ctx_new ();
    for (int revision = 0; revision < 2; revision++) {
        void *s = sock (ctx, ZMQ_XPUB);
        row ("revision %d", revision);
        int fd = raw_connect (bind_any (s, "tcp"));
        raw_hex (fd, revision ? "ff 0000000000000001 7f 01 02 00 00" : "ff 0000000000000001 7f 00 02 01 00");
        raw_hex (fd, revision ? "00 02 01 61" : "03 00 01 61");
        recv_last (s, "\1" "a");
        send_text (s, "b", 0);
        send_text (s, "ab", 0);
        raw_expect (fd, revision ? "ff 0000000000000001 7f 03 09 00 00 00 02 6162" : "ff 0000000000000001 7f 03 09 01 00 03 00 6162");
        raw_close (fd);
        eventually (get_int (s, ZMQ_EVENTS) & ZMQ_POLLIN);
    }
}
