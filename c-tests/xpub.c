/* XPUB: what it reports, manual mode, welcome message. */
#include "tools.h"

static void unsubscribe (void *s, const char *topic)
{
    expect_ok (zmq_setsockopt (s, ZMQ_UNSUBSCRIBE, topic, strlen (topic)));
}

static void expect_raw (const char *file, int line, void *s, const char *wanted, int size)
{
    char buffer[600];
    errno = 0;
    int got = zmq_recv (s, buffer, sizeof buffer, 0);
    if (got != size || memcmp (buffer, wanted, (size_t) size) != 0)
        check_fail (file, line, "received %d bytes (%s), first %02x, not %d bytes, first %02x", got, error_name (errno),
                    got > 0 ? (unsigned char) buffer[0] : 0, size, (unsigned char) wanted[0]);
}
#define recv_sub(s, topic) expect_raw (__FILE__, __LINE__, s, "\1" topic, sizeof (topic))
#define recv_unsub(s, topic) expect_raw (__FILE__, __LINE__, s, "\0" topic, sizeof (topic))

CASE_TRANSPORTS (xpub_reports_the_first_and_the_last, "ZMQ_XPUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *one = sock (ctx, ZMQ_SUB), *two = sock (ctx, ZMQ_SUB);
    const char *endpoint = bind_any (pub, arg);
    connect_to (one, endpoint);
    connect_to (two, endpoint);
    subscribe (one, "T");
    recv_sub (pub, "T");
    subscribe (two, "T");
    subscribe (two, "mark");
    recv_sub (pub, "mark");
    unsubscribe (one, "T");
    subscribe (one, "mark2");
    recv_sub (pub, "mark2");
    unsubscribe (two, "T");
    recv_unsub (pub, "T");
}

CASE_TRANSPORTS (verbose_reports_every_subscribe, "ZMQ_XPUB_VERBOSE")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *one = sock (ctx, ZMQ_SUB), *two = sock (ctx, ZMQ_SUB);
    const char *endpoint = bind_any (pub, arg);
    set_int (pub, ZMQ_XPUB_VERBOSE, 1);
    connect_to (one, endpoint);
    connect_to (two, endpoint);
    subscribe (one, "T");
    recv_sub (pub, "T");
    subscribe (two, "T");
    recv_sub (pub, "T");
    unsubscribe (one, "T");
    subscribe (one, "mark");
    recv_sub (pub, "mark");
    unsubscribe (two, "T");
    recv_unsub (pub, "T");
}

CASE_TRANSPORTS (verboser_reports_everything, "ZMQ_XPUB_VERBOSER")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *one = sock (ctx, ZMQ_SUB), *two = sock (ctx, ZMQ_SUB);
    const char *endpoint = bind_any (pub, arg);
    set_int (pub, ZMQ_XPUB_VERBOSER, 1);
    connect_to (one, endpoint);
    connect_to (two, endpoint);
    subscribe (one, "T");
    recv_sub (pub, "T");
    subscribe (two, "T");
    recv_sub (pub, "T");
    unsubscribe (one, "T");
    recv_unsub (pub, "T");
    unsubscribe (two, "T");
    recv_unsub (pub, "T");
}

CASE (verbose_after_verboser, "ZMQ_XPUB_VERBOSE ZMQ_XPUB_VERBOSER")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *one = sock (ctx, ZMQ_SUB), *two = sock (ctx, ZMQ_SUB);
    const char *endpoint = bind_any (pub, "inproc");
    set_int (pub, ZMQ_XPUB_VERBOSER, 1);
    set_int (pub, ZMQ_XPUB_VERBOSE, 1);
    connect_to (one, endpoint);
    connect_to (two, endpoint);
    subscribe (one, "T");
    recv_sub (pub, "T");
    subscribe (two, "T");
    recv_sub (pub, "T");
    unsubscribe (one, "T");
    recv_nothing (pub);
    unsubscribe (two, "T");
    recv_unsub (pub, "T");
}

CASE_WIRE (a_dead_subscriber_unsubscribes, "ZMQ_XPUB zmq_close")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    pair_up (pub, sub, arg);
    subscribe (sub, "T");
    recv_sub (pub, "T");
    sock_close (sub);
    recv_unsub (pub, "T");
}

CASE_TRANSPORTS (welcome_message, "ZMQ_XPUB_WELCOME_MSG")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB), *deaf = sock (ctx, ZMQ_SUB);
    expect_ok (zmq_setsockopt (pub, ZMQ_XPUB_WELCOME_MSG, "W", 1));
    const char *endpoint = bind_any (pub, arg);
    subscribe (sub, "W");
    subscribe (deaf, "X");
    connect_to (sub, endpoint);
    recv_sub (pub, "W");
    recv_last (sub, "W");
    connect_to (deaf, endpoint);
    recv_sub (pub, "X");
    send_text (pub, "X1", 0);
    recv_last (deaf, "X1");
    recv_nothing (sub);
}

CASE_TRANSPORTS (welcome_message_switched_off, "ZMQ_XPUB_WELCOME_MSG")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    expect_ok (zmq_setsockopt (pub, ZMQ_XPUB_WELCOME_MSG, "W", 1));
    expect_ok (zmq_setsockopt (pub, ZMQ_XPUB_WELCOME_MSG, NULL, 0));
    subscribe (sub, "");
    pair_up (pub, sub, arg);
    recv_sub (pub, "");
    send_text (pub, "x", 0);
    recv_last (sub, "x");
}

CASE_TRANSPORTS (manual_mode, "ZMQ_XPUB_MANUAL ZMQ_SUBSCRIBE ZMQ_UNSUBSCRIBE")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    set_int (pub, ZMQ_XPUB_MANUAL, 1);
    pair_up (pub, sub, arg);
    subscribe (sub, "A");
    subscribe (sub, "XA");
    recv_sub (pub, "A");
    subscribe (pub, "XA");
    recv_sub (pub, "XA");
    send_text (pub, "A", 0);
    send_text (pub, "XA", 0);
    recv_last (sub, "XA");
    unsubscribe (sub, "A");
    recv_unsub (pub, "A");
    unsubscribe (pub, "XA");
    send_text (pub, "XA", 0);
    recv_nothing (sub);
}

CASE (manual_subscribe_without_a_pipe, "ZMQ_XPUB_MANUAL")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB);
    expect_errno (zmq_setsockopt (pub, ZMQ_SUBSCRIBE, "A", 1), EINVAL);
    set_int (pub, ZMQ_XPUB_MANUAL, 1);
    expect_ok (zmq_setsockopt (pub, ZMQ_SUBSCRIBE, "A", 1));
    expect_ok (zmq_setsockopt (pub, ZMQ_UNSUBSCRIBE, "A", 1));
}

CASE_WIRE (manual_mode_reports_what_the_peers_asked_for, "ZMQ_XPUB_MANUAL")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *one = sock (ctx, ZMQ_SUB), *two = sock (ctx, ZMQ_SUB);
    const char *endpoint = bind_any (pub, arg);
    set_int (pub, ZMQ_XPUB_MANUAL, 1);
    connect_to (one, endpoint);
    connect_to (two, endpoint);
    subscribe (one, "B");
    recv_sub (pub, "B");
    subscribe (pub, "XB");
    subscribe (two, "B");
    recv_sub (pub, "B");
    subscribe (pub, "XB");
    sock_close (one);
    recv_unsub (pub, "B");
    sock_close (two);
    recv_unsub (pub, "B");
}

CASE (manual_last_value, "ZMQ_XPUB_MANUAL_LAST_VALUE ZMQ_XPUB_MANUAL")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *one = sock (ctx, ZMQ_SUB), *two = sock (ctx, ZMQ_SUB);
    const char *endpoint = bind_any (pub, "inproc");
    if (!zmq_has ("draft"))
        skip_case ("built without the draft options");
    set_int (pub, 98, 1);
    connect_to (one, endpoint);
    connect_to (two, endpoint);
    subscribe (one, "A");
    recv_sub (pub, "A");
    subscribe (pub, "A");
    send_text (pub, "A", 0);
    subscribe (two, "A");
    recv_sub (pub, "A");
    subscribe (pub, "A");
    send_text (pub, "A", 0); /* only to the new one */
    send_text (pub, "A", 0); /* to both */
    expect_int (drain (two), 2);
    expect_int (drain (one), 2);
}
