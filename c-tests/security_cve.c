/* What was once possible with a libzmq, one case for each of its entries in the list of Common Vulnerabilities and
 * Exposures. 2019-13132 is in security_curve_server.c, as it takes a CURVE client. */
#include "tools.h"

/* 0 under valgrind, which keeps what is freed. */
static long rss_kb (void)
{
    long pages = 0;
    const char *preload = getenv ("LD_PRELOAD");
    if (preload && strstr (preload, "vgpreload"))
        return 0;
    FILE *statm = fopen ("/proc/self/statm", "r");
    expect_true (statm != NULL && fscanf (statm, "%*d %ld", &pages) == 1);
    fclose (statm);
    return pages * 4;
}

/* The socket still serves who behaves. */
static void still_serves (void *ctx, void *server)
{
    void *good = sock (ctx, ZMQ_DEALER);
    connect_to (good, last_endpoint (server));
    send_text (good, "still alive", 0);
    recv_last (server, "still alive");
    sock_close (good);
}

/* A length that wraps around when it is added to an address. */
CASE (cve_2019_6250, "ZMQ_EVENT_DISCONNECTED")
{
    static const char *const headers[] = {
      "02 ffffffffffffffff", "02 fffffffffffffff7", "02 8000000000000000", "02 7fffffffffffffff", "03 ffffffffffffffff",
      "06 ffffffffffffffff", "02 00007fffffffffff", "ff ffffffffffffffff"};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        for (int known = 0; known < 2; known++) {
            unsigned char greeting[64], junk[600];
            row ("%s, known: %d", headers[i], known);
            int fd = raw_connect (endpoint);
            if (known)
                raw_handshake (fd, "DEALER", 1);
            else {
                raw_greeting (fd, 3, 1, "NULL", 0);
                raw_take_greeting (fd, greeting);
            }
            raw_hex (fd, headers[i]);
            memset (junk, 0x41, sizeof junk);
            raw_send (fd, junk, sizeof junk);
            if (i != 6 || !known) /* 128 TiB: too much for the handshake, and for the rest only as it comes */
                raw_expect_end (fd);
            raw_close (fd);
        }
    recv_nothing (s);
    still_serves (ctx, s);
}

/* Peers that never finish a handshake take no messages and stop nobody. */
static void strangers_take_nothing (const void *arg)
{
    const char *mechanism = arg;
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    if (strcmp (mechanism, "PLAIN") == 0)
        set_int (push, ZMQ_PLAIN_SERVER, 1);
    if (strcmp (mechanism, "CURVE") == 0) {
        if (!zmq_has ("curve"))
            skip_case ("built without curve");
        set_int (push, ZMQ_CURVE_SERVER, 1);
    }
    const char *endpoint = bind_any (push, "tcp");
    int fds[20];
    for (int i = 0; i < 20; i++) {
        unsigned char greeting[64];
        fds[i] = raw_connect (endpoint);
        if (i % 2) {
            raw_greeting (fds[i], 3, 1, mechanism, 0);
            raw_take_greeting (fds[i], greeting);
        }
    }
    expect_int (poll_socket (push, ZMQ_POLLOUT, SHORT_MS), 0);
    expect_errno (zmq_send (push, "x", 1, ZMQ_DONTWAIT), EAGAIN);
    if (strcmp (mechanism, "NULL") == 0) {
        connect_to (pull, endpoint);
        for (int i = 0; i < 50; i++)
            send_text (push, "x", 0);
        for (int i = 0; i < 50; i++)
            recv_text (pull, "x");
    }
    for (int i = 0; i < 20; i++)
        raw_close (fds[i]);
}

/* covers: ZMQ_PUSH ZMQ_PLAIN_SERVER ZMQ_CURVE_SERVER EAGAIN */
__attribute__ ((constructor)) static void register_strangers (void)
{
    static const char *const mechanisms[] = {"NULL", "PLAIN", "CURVE"};
    for (int i = 0; i < 3; i++)
        case_add ("cve_2020_15166", mechanisms[i], strangers_take_nothing, mechanisms[i]);
}

/* A server that a client connects to again and again, and that hangs up after what stands for the end of a pipe. */
CASE (cve_2021_20234, "ZMQ_DEALER ZMQ_RECONNECT_IVL")
{
    void *ctx = ctx_new ();
    void *client = sock (ctx, ZMQ_DEALER);
    const char *endpoint;
    int listener = raw_listen (&endpoint);
    long before = 0;
    set_int (client, ZMQ_RECONNECT_IVL, 1);
    connect_to (client, endpoint);
    for (int i = 0; i < 1200; i++) {
        unsigned char greeting[64];
        static unsigned char junk[4000];
        int fd = raw_accept (listener);
        if (i == 200)
            before = rss_kb ();
        if (i % 2) {
            /* ZMTP 1.0 and 2.0: an identity, then half a message. */
            raw_hex (fd, i % 4 == 1 ? "ff 0000000000000001 7f 01 05 00 03 616263" : "04 00 616263");
            raw_hex (fd, i % 4 == 1 ? "01 03 616263 01 00" : "04 01 616263 01 01");
        } else {
            raw_greeting (fd, 3, 1, "NULL", 0);
            raw_take_greeting (fd, greeting);
            raw_ready (fd, "ROUTER", "an identity");
            raw_hex (fd, "01 00 01 03 616263"); /* two parts and no end */
            raw_hex (fd, "03 0000000000001000");
            raw_send (fd, junk, sizeof junk); /* not all of it */
        }
        raw_close (fd);
    }
    expect_true (rss_kb () - before < 8 * 1024);
    raw_close (listener);
    recv_nothing (client);
}

/* ZMTP 1.0: messages above the size of the decoder's buffer, one after another. */
CASE (cve_2021_20235, "ZMQ_DEALER")
{
    static const unsigned sizes[] = {8192, 8193, 8191, 20000, 8193, 254, 16384, 100000, 8192};
    static unsigned char out[100010], in[100010];
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    for (int versioned = 0; versioned < 2; versioned++) {
        row ("versioned: %d", versioned);
        int fd = raw_connect (endpoint);
        raw_hex (fd, versioned ? "ff 0000000000000001 7f 00 05" : "01 00");
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned size = sizes[i];
            unsigned char header[10] = {0xff};
            for (int b = 0; b < 4; b++)
                header[5 + b] = (unsigned char) ((size + 1) >> (24 - 8 * b));
            for (unsigned at = 0; at < size; at++)
                out[at] = (unsigned char) (at * 7 + i);
            if (versioned && i == 0)
                raw_hex (fd, "01 00"); /* the identity */
            raw_send (fd, header, 10);
            raw_send (fd, out, size);
            expect_int (recv_bytes (s, in, sizeof in), size);
            expect_mem (in, out, size);
        }
        raw_close (fd);
    }
}

/* Topics as long as a peer likes: nothing may descend into them byte by byte on the stack. */
CASE (cve_2021_20236, "ZMQ_XPUB ZMQ_PUB")
{
    enum { LONG = 2000000 };
    static unsigned char topic[LONG];
    static char buffer[LONG + 10], text[8];
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *good = sock (ctx, ZMQ_SUB);
    const char *endpoint = bind_any (pub, "tcp");
    memset (topic, 'T', sizeof topic);
    for (int round = 0; round < 2; round++) {
        int fd = raw_connect (endpoint);
        raw_handshake (fd, "SUB", 0);
        for (unsigned size = LONG; size > LONG - 4; size--) {
            unsigned char header[10] = {2};
            for (int b = 0; b < 4; b++)
                header[5 + b] = (unsigned char) ((size + 1) >> (24 - 8 * b));
            header[9] = 1;
            raw_send (fd, header, 10);
            raw_send (fd, topic, size);
            expect_int (zmq_recv (pub, buffer, sizeof buffer, 0), size + 1);
            expect_int (buffer[0], 1);
        }
        send_text (pub, "TTT", 0);
        raw_close (fd); /* all are taken back at once */
        for (int i = 0; i < 4; i++) {
            expect_true (zmq_recv (pub, buffer, sizeof buffer, 0) >= 2);
            expect_int (buffer[0], 0);
        }
    }
    subscribe (good, "a");
    connect_to (good, endpoint);
    expect_int (zmq_recv (pub, buffer, sizeof buffer, 0), 2);
    send_text (pub, "abc", 0);
    expect_int (zmq_recv (good, text, sizeof text, 0), 3);
}

/* Subscriptions and whatever else a subscriber sends leave nothing behind in a publisher. */
CASE (cve_2021_20237, "ZMQ_PUB ZMQ_XPUB")
{
    void *ctx = ctx_new ();
    long before = 0;
    for (int type = 0; type < 2; type++) {
        void *pub = sock (ctx, type ? ZMQ_XPUB : ZMQ_PUB);
        const char *endpoint = bind_any (pub, "tcp");
        row ("XPUB: %d", type);
        for (int round = 0; round < 60; round++) {
            int fd = raw_connect (endpoint);
            raw_handshake (fd, "SUB", 1);
            if (round == 10)
                before = rss_kb ();
            for (int i = 0; i < 100; i++) {
                char topic[16];
                snprintf (topic, sizeof topic, "topic %d", i % 10);
                raw_command (fd, "SUBSCRIBE", topic, strlen (topic));
                raw_command (fd, i % 3 ? "CANCEL" : "SUBSCRIBE", topic, strlen (topic));
                raw_message (fd, "something that is no subscription at all, but long enough for memory", i % 2);
            }
            raw_command (fd, "PING", "\0\0done", 6);
            struct frame f;
            while (raw_frame (fd, &f, LONG_MS) && memcmp (f.body, "\4PONGdone", 9) != 0)
                ;
            static char buffer[200];
            while (type && zmq_recv (pub, buffer, sizeof buffer, ZMQ_DONTWAIT) >= 0)
                ;
            send_text (pub, "x", 0);
            raw_close (fd);
        }
        expect_true (rss_kb () - before < 4 * 1024);
        sock_close (pub);
    }
}
