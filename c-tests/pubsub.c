/* PUB and SUB, and XSUB: topics, filters, reconnection. */
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

CASE_TRANSPORTS (prefix_matching, "ZMQ_PUB ZMQ_SUB ZMQ_SUBSCRIBE")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    pair_up (pub, sub, arg);
    subscribe (sub, "ab");
    recv_sub (pub, "ab");
    send_text (pub, "a", 0);
    send_text (pub, "ab", 0);
    send_text (pub, "ba", 0);
    send_text (pub, "abc", 0);
    send_text (pub, "", 0);
    send_text (pub, "ab.", 0);
    recv_last (sub, "ab");
    recv_last (sub, "abc");
    recv_last (sub, "ab.");
    recv_nothing (sub);
}

CASE_TRANSPORTS (first_frame_decides, "ZMQ_PUB ZMQ_SUB ZMQ_SNDMORE")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    pair_up (pub, sub, arg);
    subscribe (sub, "in");
    recv_sub (pub, "in");
    send_parts (pub, "out", "in", NULL);
    send_parts (pub, "in", "out", "", NULL);
    recv_parts (sub, "in", "out", "", NULL);
    recv_nothing (sub);
}

CASE (no_subscription_no_message, "ZMQ_SUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_PUB), *sub = sock (ctx, ZMQ_SUB);
    pair_up (pub, sub, "inproc");
    send_text (pub, "x", 0);
    recv_nothing (sub);
}

CASE_TRANSPORTS (empty_subscription_takes_all, "ZMQ_SUBSCRIBE")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    pair_up (pub, sub, arg);
    subscribe (sub, "");
    recv_sub (pub, "");
    send_text (pub, "", 0);
    send_text (pub, "any", 0);
    recv_last (sub, "");
    recv_last (sub, "any");
}

CASE_TRANSPORTS (unsubscribe_stops, "ZMQ_UNSUBSCRIBE ZMQ_XPUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    pair_up (pub, sub, arg);
    subscribe (sub, "a");
    subscribe (sub, "b");
    recv_sub (pub, "a");
    recv_sub (pub, "b");
    unsubscribe (sub, "a");
    recv_unsub (pub, "a");
    send_text (pub, "a", 0);
    send_text (pub, "b", 0);
    recv_last (sub, "b");
    unsubscribe (sub, "never");
    unsubscribe (sub, "b");
    recv_unsub (pub, "b");
}

CASE_TRANSPORTS (subscriptions_are_counted, "ZMQ_SUBSCRIBE ZMQ_UNSUBSCRIBE ZMQ_XPUB_VERBOSE")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    set_int (pub, ZMQ_XPUB_VERBOSE, 1);
    pair_up (pub, sub, arg);
    /* Every subscribe goes up, but only the last unsubscribe. */
    subscribe (sub, "A");
    subscribe (sub, "A");
    unsubscribe (sub, "A");
    unsubscribe (sub, "A");
    subscribe (sub, "B");
    recv_sub (pub, "A");
    recv_sub (pub, "A");
    recv_unsub (pub, "A");
    recv_sub (pub, "B");
    recv_nothing (pub);
}

CASE_TRANSPORTS (local_filter_drops_stale_messages, "ZMQ_SUB ZMQ_UNSUBSCRIBE")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    pair_up (pub, sub, arg);
    subscribe (sub, "a");
    subscribe (sub, "b");
    recv_sub (pub, "a");
    recv_sub (pub, "b");
    send_text (pub, "a stale", 0);
    send_text (pub, "b", 0);
    unsubscribe (sub, "a");
    recv_last (sub, "b");
}

CASE_TRANSPORTS (user_messages_go_up, "ZMQ_XPUB ZMQ_XSUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_XSUB);
    pair_up (pub, sub, arg);
    send_text (sub, "\1", 0);
    recv_sub (pub, "");
    send_text (sub, "user", 0);
    send_parts (sub, "multi", "part", NULL);
    send_text (sub, "", 0);
    recv_last (pub, "user");
    recv_parts (pub, "multi", "part", NULL);
    recv_last (pub, "");
    send_text (pub, "down", 0);
    recv_last (sub, "down");
}

CASE_TRANSPORTS (xsub_subscribes_with_messages, "ZMQ_XSUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_XSUB);
    pair_up (pub, sub, arg);
    send_text (sub, "\1A", 0);
    recv_sub (pub, "A");
    send_text (pub, "B", 0);
    send_text (pub, "A1", 0);
    recv_last (sub, "A1");
    /* The unsubscription of an unknown topic goes nowhere. */
    expect_int (zmq_send (sub, "\0Q", 2, 0), 2);
    expect_int (zmq_send (sub, "\0A", 2, 0), 2);
    recv_unsub (pub, "A");
}

CASE (subscription_frames_end_their_message, "ZMQ_XPUB ZMQ_RCVMORE")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_XSUB);
    pair_up (pub, sub, "inproc");
    send_text (sub, "\1A", ZMQ_SNDMORE);
    send_text (sub, "\1B", 0);
    recv_sub (pub, "A");
    expect_int (get_int (pub, ZMQ_RCVMORE), 0);
    recv_sub (pub, "B");
    expect_int (get_int (pub, ZMQ_RCVMORE), 0);
}

CASE (pub_ignores_user_messages, "ZMQ_PUB ZMQ_XSUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_PUB), *sub = sock (ctx, ZMQ_XSUB);
    pair_up (pub, sub, "inproc");
    send_text (sub, "user", 0);
    send_text (sub, "\1A", 0);
    get_int (pub, ZMQ_EVENTS);
    send_text (pub, "A1", 0);
    recv_last (sub, "A1");
}

CASE_WIRE (subscriptions_are_sent_again_on_reconnection, "ZMQ_SUB ZMQ_RECONNECT_IVL")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    const char *endpoint = bind_any (pub, arg);
    set_int (sub, ZMQ_RECONNECT_IVL, 10);
    subscribe (sub, "A");
    connect_to (sub, endpoint);
    recv_sub (pub, "A");
    subscribe (sub, "B");
    recv_sub (pub, "B");
    unsubscribe (sub, "A");
    recv_unsub (pub, "A");
    void *mon = monitor (ctx, pub, ZMQ_EVENT_CLOSED);
    sock_close (pub);
    mon_wait (mon, ZMQ_EVENT_CLOSED);
    pub = sock (ctx, ZMQ_XPUB);
    expect_ok (zmq_bind (pub, endpoint));
    /* The subscriber's own thread sends its subscriptions again. */
    eventually ((kick (sub), get_int (pub, ZMQ_EVENTS) & ZMQ_POLLIN));
    recv_sub (pub, "B");
    send_text (pub, "B", 0);
    recv_last (sub, "B");
    recv_nothing (pub);
}

CASE_TRANSPORTS (subscriber_bound_publisher_connected, "ZMQ_PUB ZMQ_SUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    subscribe (sub, "x");
    connect_to (pub, bind_any (sub, arg));
    eventually ((kick (sub), get_int (pub, ZMQ_EVENTS) & ZMQ_POLLIN));
    recv_sub (pub, "x");
    send_text (pub, "x", 0);
    recv_last (sub, "x");
}

CASE_TRANSPORTS (one_subscriber_many_publishers, "ZMQ_SUB")
{
    void *ctx = ctx_new ();
    void *sub = sock (ctx, ZMQ_SUB);
    subscribe (sub, "");
    for (int i = 0; i < 5; i++) {
        void *pub = sock (ctx, ZMQ_XPUB);
        pair_up (pub, sub, arg);
        recv_sub (pub, "");
        send_text (pub, "x", 0);
    }
    for (int i = 0; i < 5; i++)
        recv_text (sub, "x");
}

CASE (full_subscriber_loses_whole_messages, "ZMQ_PUB ZMQ_SNDHWM ZMQ_RCVHWM")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *slow = sock (ctx, ZMQ_SUB), *fast = sock (ctx, ZMQ_SUB);
    set_int (pub, ZMQ_SNDHWM, 2);
    set_int (pub, ZMQ_XPUB_VERBOSE, 1);
    const char *endpoint = bind_any (pub, "inproc");
    set_int (slow, ZMQ_RCVHWM, 2);
    set_int (fast, ZMQ_RCVHWM, 0);
    subscribe (slow, "");
    subscribe (fast, "");
    connect_to (slow, endpoint);
    recv_sub (pub, "");
    connect_to (fast, endpoint);
    recv_sub (pub, "");
    for (int i = 0; i < 10; i++)
        send_parts (pub, "a", "b", "c", NULL);
    for (int i = 0; i < 4; i++)
        recv_parts (slow, "a", "b", "c", NULL);
    recv_nothing (slow);
    for (int i = 0; i < 10; i++)
        recv_parts (fast, "a", "b", "c", NULL);
}

CASE (nodrop_reports_a_full_subscriber, "ZMQ_XPUB_NODROP EAGAIN")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    set_int (pub, ZMQ_XPUB_NODROP, 1);
    set_int (pub, ZMQ_SNDHWM, 5);
    set_int (sub, ZMQ_RCVHWM, 5);
    pair_up (pub, sub, "inproc");
    subscribe (sub, "");
    recv_sub (pub, "");
    expect_int (fill (pub, 100), 10);
    expect_errno (zmq_send (pub, "x", 1, ZMQ_DONTWAIT), EAGAIN);
    set_int (pub, ZMQ_SNDTIMEO, 50);
    expect_errno (zmq_send (pub, "x", 1, 0), EAGAIN);
    expect_int (drain (sub), 10);
    send_text (pub, "x", 0);
    recv_last (sub, "x");
}

CASE (nodrop_ignores_subscribers_that_do_not_match, "ZMQ_XPUB_NODROP")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *full = sock (ctx, ZMQ_SUB), *other = sock (ctx, ZMQ_SUB);
    set_int (pub, ZMQ_XPUB_NODROP, 1);
    set_int (pub, ZMQ_SNDHWM, 1);
    const char *endpoint = bind_any (pub, "inproc"); /* the options of the moment count */
    set_int (full, ZMQ_RCVHWM, 1);
    set_int (other, ZMQ_RCVHWM, 1);
    connect_to (full, endpoint);
    connect_to (other, endpoint);
    subscribe (full, "F");
    recv_sub (pub, "F");
    subscribe (other, "O");
    recv_sub (pub, "O");
    send_text (pub, "F", 0);
    send_text (pub, "F", 0);
    expect_errno (zmq_send (pub, "F", 1, ZMQ_DONTWAIT), EAGAIN);
    expect_int (zmq_send (pub, "O", 1, ZMQ_DONTWAIT), 1);
    recv_last (other, "O");
}

CASE_TRANSPORTS (inverted_matching, "ZMQ_INVERT_MATCHING")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB), *plain = sock (ctx, ZMQ_SUB);
    const char *endpoint = bind_any (pub, arg);
    set_int (pub, ZMQ_INVERT_MATCHING, 1);
    set_int (pub, ZMQ_XPUB_VERBOSE, 1);
    set_int (sub, ZMQ_INVERT_MATCHING, 1);
    connect_to (sub, endpoint);
    connect_to (plain, endpoint);
    subscribe (sub, "out");
    recv_sub (pub, "out");
    subscribe (plain, "out");
    recv_sub (pub, "out");
    send_text (pub, "out", 0);
    send_text (pub, "in", 0);
    recv_last (sub, "in");
    recv_nothing (sub);
    recv_nothing (plain); /* filters locally what the publisher sent it */
}

static void try_topics (const char *transport, const size_t *sizes, size_t count)
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    pair_up (pub, sub, transport);
    for (size_t i = 0; i < count; i++) {
        char topic[600], buffer[700];
        row ("%zu bytes", sizes[i]);
        memset (topic, 'a' + (int) i, sizeof topic);
        expect_ok (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, topic, sizes[i]));
        expect_int (recv_bytes (pub, buffer, sizeof buffer), sizes[i] + 1);
        expect_int (buffer[0], 1);
        expect_mem (buffer + 1, topic, sizes[i]);
        expect_int (zmq_send (pub, topic, sizes[i] - 1, 0), sizes[i] - 1);
        expect_int (zmq_send (pub, topic, sizes[i], 0), sizes[i]);
        expect_int (recv_bytes (sub, buffer, sizeof buffer), sizes[i]);
        expect_ok (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, topic, sizes[i]));
        expect_int (recv_bytes (pub, buffer, sizeof buffer), sizes[i] + 1);
        expect_int (buffer[0], 0);
    }
}

CASE_TRANSPORTS (topics_up_to_a_short_command, "ZMQ_SUBSCRIBE ZMQ_UNSUBSCRIBE")
{
    static const size_t sizes[] = {1, 100, 243, 244, 245};
    try_topics (arg, sizes, sizeof sizes / sizeof *sizes);
}

CASE_TRANSPORTS (topics_beyond_a_short_command, "ZMQ_SUBSCRIBE ZMQ_UNSUBSCRIBE")
{
    static const size_t sizes[] = {246, 247, 248, 249, 253, 254, 255, 256, 257, 500};
    try_topics (arg, sizes, sizeof sizes / sizeof *sizes);
}

CASE (very_long_topic_does_not_recurse, "ZMQ_SUBSCRIBE")
{
    enum { SIZE = 200000 };
    static char topic[SIZE];
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    pair_up (pub, sub, "inproc");
    memset (topic, 't', SIZE);
    expect_ok (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, topic, SIZE));
    expect_int (zmq_recv (pub, NULL, 0, 0), SIZE + 1);
    expect_int (zmq_send (pub, topic, SIZE, 0), SIZE);
    expect_int (zmq_recv (sub, NULL, 0, 0), SIZE);
    expect_ok (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, topic, SIZE));
    expect_int (zmq_recv (pub, NULL, 0, 0), SIZE + 1);
}

CASE (many_topics, "ZMQ_SUBSCRIBE")
{
    enum { TOPICS = 3000 };
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    char text[32];
    set_int (pub, ZMQ_RCVHWM, 0);
    set_int (sub, ZMQ_SNDHWM, 0);
    pair_up (pub, sub, "tcp");
    for (int i = 0; i < TOPICS; i++) {
        snprintf (text, sizeof text, "topic.%d.", i);
        subscribe (sub, text);
    }
    for (int i = 0; i < TOPICS; i++)
        expect_true (recv_bytes (pub, text, sizeof text) > 7);
    for (int i = 0; i < TOPICS; i += 100) {
        snprintf (text, sizeof text, "topic.%d.end", i);
        send_text (pub, text, 0);
    }
    for (int i = 0; i < TOPICS; i += 100) {
        snprintf (text, sizeof text, "topic.%d.end", i);
        recv_text (sub, text);
    }
}

CASE (polling_a_publisher, "ZMQ_PUB ZMQ_POLLOUT ZMQ_POLLIN")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_PUB);
    expect_int (poll_socket (pub, ZMQ_POLLIN | ZMQ_POLLOUT, 0), ZMQ_POLLOUT);
}

CASE_TRANSPORTS (a_new_publisher_hears_the_topics_in_order, "ZMQ_SUBSCRIBE ZMQ_XPUB")
{
    static const char *const topics[] = {"b", "ab", "", "abc", "a", "aa"};
    static const char *const in_order[] = {"\1", "\1" "a", "\1" "aa", "\1" "ab", "\1" "abc", "\1" "b"};
    void *ctx = ctx_new ();
    void *sub = sock (ctx, ZMQ_SUB), *xpub = sock (ctx, ZMQ_XPUB);
    for (int i = 0; i < 6; i++)
        subscribe (sub, topics[i]);
    pair_up (xpub, sub, arg);
    for (int i = 0; i < 6; i++)
        recv_last (xpub, in_order[i]);
}
