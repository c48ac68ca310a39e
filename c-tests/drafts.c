/* Socket options that zmq.h declares as drafts, but that stable builds of libzmq have all the same. */
#include "zap.h"

#include <limits.h>

enum {
    ENFORCE_DOMAIN = 93,
    LOOPBACK_FASTPATH = 94,
    METADATA = 95,
    MULTICAST_LOOP = 96,
    LAST_VALUE = 98,
    SOCKS_USERNAME = 99,
    SOCKS_PASSWORD = 100,
    ONLY_FIRST = 108,
    RECONNECT_STOP = 109
};
enum { STOP_REFUSED = 1, STOP_HANDSHAKE = 2, STOP_DISCONNECT = 4 };

/* ---- values ---- */

CASE (flags_of_every_type, "zmq_setsockopt zmq_getsockopt EINVAL")
{
    static const struct {
        int option, fallback;
    } flags[] = {{ENFORCE_DOMAIN, 0}, {LOOPBACK_FASTPATH, 0}, {MULTICAST_LOOP, 1}};
    static const int values[] = {1, 0, -1, 0, INT_MAX, 0, INT_MIN};
    void *ctx = ctx_new ();
    keep_going ();
    for (int type = 0; type < 12; type++)
        for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
            void *s = sock (ctx, type);
            char wide[8];
            size_t size = 8;
            row ("option %d, type %d", flags[i].option, type);
            expect_int (get_int (s, flags[i].option), flags[i].fallback);
            for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
                set_int (s, flags[i].option, values[v]);
                expect_int (get_int (s, flags[i].option), values[v] != 0);
            }
            expect_errno (zmq_getsockopt (s, flags[i].option, wide, &size), EINVAL);
            expect_errno (zmq_setsockopt (s, flags[i].option, "\1\0\0\0\0\0\0", 8), EINVAL);
            expect_errno (zmq_setsockopt (s, flags[i].option, NULL, 0), EINVAL);
            sock_close (s);
        }
}

CASE (reconnect_stop_takes_any_number, "EINVAL")
{
    static const int values[] = {1, 7, 8, -1, INT_MAX, INT_MIN, 0};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    expect_int (get_int (s, RECONNECT_STOP), 0);
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        set_int (s, RECONNECT_STOP, values[v]);
        expect_int (get_int (s, RECONNECT_STOP), values[v]);
    }
    expect_errno (zmq_setsockopt (s, RECONNECT_STOP, "\1", 1), EINVAL);
}

CASE (flags_of_some_types, "EINVAL")
{
    void *ctx = ctx_new ();
    keep_going ();
    for (int type = 0; type < 12; type++) {
        void *s = sock (ctx, type);
        int publishes = type == ZMQ_PUB || type == ZMQ_XPUB, value = 0;
        static const int options[] = {LAST_VALUE, ONLY_FIRST};
        for (int i = 0; i < 2; i++) {
            int has = publishes || (options[i] == ONLY_FIRST && type == ZMQ_XSUB);
            size_t size = sizeof value;
            row ("option %d, type %d", options[i], type);
            if (has) {
                set_int (s, options[i], 1);
                set_int (s, options[i], INT_MAX);
                set_int (s, options[i], 0);
            } else
                expect_errno (zmq_setsockopt (s, options[i], &(int){1}, sizeof (int)), EINVAL);
            expect_errno (zmq_setsockopt (s, options[i], &(int){-1}, sizeof (int)), EINVAL);
            expect_errno (zmq_getsockopt (s, options[i], &value, &size), EINVAL);
        }
        sock_close (s);
    }
}

static void expect_value (void *s, int option, const char *wanted)
{
    char text[300];
    size_t size = sizeof text;
    expect_ok (zmq_getsockopt (s, option, text, &size));
    expect_int (size, strlen (wanted) + 1);
    expect_str (text, wanted);
}

CASE (socks_credentials, "EINVAL")
{
    static const int options[] = {SOCKS_USERNAME, SOCKS_PASSWORD};
    char longest[257];
    void *ctx = ctx_new ();
    memset (longest, 'x', sizeof longest);
    longest[255] = 0;
    for (int i = 0; i < 2; i++) {
        void *s = sock (ctx, ZMQ_DEALER);
        expect_value (s, options[i], "");
        expect_ok (zmq_setsockopt (s, options[i], longest, 255));
        expect_value (s, options[i], longest);
        expect_ok (zmq_setsockopt (s, options[i], "some", 4));
        expect_errno (zmq_setsockopt (s, options[i], longest, 256), EINVAL);
        expect_value (s, options[i], "some");
        expect_ok (zmq_setsockopt (s, options[i], NULL, 0));
        expect_value (s, options[i], "");
        expect_ok (zmq_setsockopt (s, options[i], "", 0));
    }
}

CASE (metadata_texts, "EINVAL")
{
    static const char *good[] = {"X-a:b", "X-b:c:d", "X-c::", "X- : "};
    static const char *bad[] = {"", ":", "X-", "X-a", "X-a:", "X-:b", "X:b", "a:b", "x-a:b", "Hello:b"};
    char text[300], name[256];
    size_t size = sizeof text;
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    keep_going ();
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        row ("\"%s\"", good[i]);
        expect_ok (zmq_setsockopt (s, METADATA, good[i], strlen (good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        row ("\"%s\"", bad[i]);
        expect_errno (zmq_setsockopt (s, METADATA, bad[i], strlen (bad[i])), EINVAL);
    }
    memset (name, 'n', sizeof name);
    snprintf (text, sizeof text, "X-%.253s:v", name);
    expect_ok (zmq_setsockopt (s, METADATA, text, strlen (text)));
    snprintf (text, sizeof text, "X-%.254s:v", name);
    expect_errno (zmq_setsockopt (s, METADATA, text, strlen (text)), EINVAL);
    expect_errno (zmq_setsockopt (s, METADATA, NULL, 0), EINVAL);
    expect_errno (zmq_getsockopt (s, METADATA, text, &size), EINVAL);
}

/* ---- metadata ---- */

static void announce (void *s, const char *property)
{
    expect_ok (zmq_setsockopt (s, METADATA, property, strlen (property)));
}

CASE (metadata_on_the_wire, "ZMQ_ROUTING_ID")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    unsigned char greeting[64];
    struct frame ready;
    announce (s, "X-b:1");
    announce (s, "X-a:2:3");
    announce (s, "X-b:later");
    int fd = raw_connect (bind_any (s, "tcp"));
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    expect_true (raw_frame (fd, &ready, LONG_MS));
    static const char wanted[] = "\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\0"
                                 "\3X-a\0\0\0\0032:3\3X-b\0\0\0\0011";
    expect_int (ready.size, sizeof wanted - 1);
    expect_mem (ready.body, wanted, sizeof wanted - 1);
    raw_close (fd);
}

enum security { NONE, PLAIN, CURVE };

static void secure (void *server, void *client, enum security how)
{
    if (how == PLAIN) {
        set_int (server, ZMQ_PLAIN_SERVER, 1);
        expect_ok (zmq_setsockopt (client, ZMQ_PLAIN_USERNAME, "u", 1));
        expect_ok (zmq_setsockopt (client, ZMQ_PLAIN_PASSWORD, "p", 1));
    }
    if (how == CURVE) {
        set_int (server, ZMQ_CURVE_SERVER, 1);
        expect_ok (zmq_setsockopt (server, ZMQ_CURVE_SECRETKEY, SERVER_SECRET, 41));
        expect_ok (zmq_setsockopt (client, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC, 41));
        expect_ok (zmq_setsockopt (client, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC, 41));
        expect_ok (zmq_setsockopt (client, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET, 41));
    }
}

static void expect_property (void *s, const char *name, const char *wanted)
{
    zmq_msg_t msg;
    expect_ok (zmq_msg_init (&msg));
    for (int part = 0; part < 2; part++) {
        expect_int (zmq_msg_recv (&msg, s, 0), 1);
        if (wanted)
            expect_str (zmq_msg_gets (&msg, name), wanted);
        else
            expect_null_errno (zmq_msg_gets (&msg, name), EINVAL);
    }
    expect_ok (zmq_msg_close (&msg));
}

static void metadata_reaches_both_sides (enum security how, const char *transport)
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
    if (how == PLAIN)
        zap_start (ctx, ZAP_ANSWER, "200", "");
    secure (server, client, how);
    announce (server, "X-who:server");
    announce (client, "X-who:client");
    pair_up (server, client, transport);
    announce (server, "X-late:1");
    int wire = strcmp (transport, "inproc") != 0;
    send_parts (client, "1", "2", NULL);
    expect_property (server, "X-who", wire ? "client" : NULL);
    send_parts (server, "1", "2", NULL);
    expect_property (client, "X-who", wire ? "server" : NULL);
    send_parts (server, "1", "2", NULL);
    expect_property (client, "X-late", NULL);
}

CASE_TRANSPORTS (metadata_with_null, "zmq_msg_gets")
{
    metadata_reaches_both_sides (NONE, arg);
}

CASE_WIRE (metadata_with_plain, "zmq_msg_gets ZMQ_PLAIN_SERVER")
{
    metadata_reaches_both_sides (PLAIN, arg);
}

CASE_WIRE (metadata_with_curve, "zmq_msg_gets ZMQ_CURVE_SERVER")
{
    if (!zmq_has ("curve"))
        skip_case ("built without CURVE");
    metadata_reaches_both_sides (CURVE, arg);
}

/* ---- enforced ZAP domain ---- */

static void *guarded (void *ctx, enum security how, const char *domain, void **client)
{
    void *server = sock (ctx, ZMQ_DEALER);
    *client = sock (ctx, ZMQ_DEALER);
    set_int (server, ENFORCE_DOMAIN, 1);
    if (domain)
        expect_ok (zmq_setsockopt (server, ZMQ_ZAP_DOMAIN, domain, strlen (domain)));
    secure (server, *client, how);
    void *mon = monitor (ctx, server, HANDSHAKE_EVENTS);
    pair_up (server, *client, "tcp");
    if (!domain && how != PLAIN) {
        mon_expect (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        send_text (*client, "x", 0);
        recv_text (server, "x");
    }
    return mon;
}

CASE (enforced_null_needs_a_handler, "ZMQ_ZAP_DOMAIN ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL EFAULT")
{
    void *ctx = ctx_new (), *client;
    void *mon = guarded (ctx, NONE, "d", &client);
    expect_int (mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value, EFAULT);
}

CASE (enforced_null_closes_at_once, "ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new (), *client;
    void *mon = guarded (ctx, NONE, "d", &client);
    mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
}

CASE (enforced_curve_needs_a_handler, "ZMQ_ZAP_DOMAIN ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL EFAULT")
{
    if (!zmq_has ("curve"))
        skip_case ("built without CURVE");
    void *ctx = ctx_new (), *client;
    void *mon = guarded (ctx, CURVE, "d", &client);
    expect_int (mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value, EFAULT);
}

CASE (enforced_plain_needs_a_domain, "ZMQ_PLAIN_SERVER ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL")
{
    void *ctx = ctx_new (), *client;
    zap_start (ctx, ZAP_ANSWER, "200", "");
    void *mon = guarded (ctx, PLAIN, NULL, &client);
    mon_expect (mon, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    expect_int (zap_requests (), 0);
}

CASE (enforced_without_a_domain_asks_nobody, "ZMQ_ZAP_DOMAIN")
{
    void *ctx = ctx_new (), *client;
    zap_start (ctx, ZAP_ANSWER, "400", "");
    guarded (ctx, NONE, NULL, &client);
    if (zmq_has ("curve"))
        guarded (ctx, CURVE, NULL, &client);
    expect_int (zap_requests (), 0);
}

CASE (enforced_domain_with_a_handler, "ZMQ_ZAP_DOMAIN")
{
    static const enum security all[] = {NONE, PLAIN, CURVE};
    void *ctx = ctx_new (), *client;
    zap_start (ctx, ZAP_ANSWER, "200", "");
    for (int i = 0; i < (zmq_has ("curve") ? 3 : 2); i++) {
        row ("mechanism %d", all[i]);
        mon_expect (guarded (ctx, all[i], "dom", &client), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        expect_int (zap_requests (), i + 1);
        zap_frame (2, "dom", 3);
    }
}

/* ---- last value, only the first part ---- */

static void recv_subscription (void *s, const char *topic)
{
    char text[32];
    int size = zmq_recv (s, text, sizeof text, 0);
    expect_int (size, 1 + strlen (topic));
    expect_mem (text + 1, topic, strlen (topic));
    expect_int (text[0], 1);
}

CASE_TRANSPORTS (last_value_goes_to_the_last_subscriber, "zmq_setsockopt ZMQ_SUBSCRIBE ZMQ_XPUB_MANUAL EINVAL")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *one = sock (ctx, ZMQ_SUB), *two = sock (ctx, ZMQ_SUB);
    set_int (pub, LAST_VALUE, 1);
    const char *endpoint = bind_any (pub, arg);
    connect_to (one, endpoint);
    subscribe (one, "A");
    recv_subscription (pub, "A");
    subscribe (pub, "A");
    send_text (pub, "A1", 0);
    connect_to (two, endpoint);
    subscribe (two, "A");
    recv_subscription (pub, "A");
    subscribe (pub, "A");
    send_text (pub, "A2", 0);
    send_text (pub, "A3", 0);
    recv_text (one, "A1");
    recv_text (one, "A3");
    recv_text (two, "A2");
    recv_text (two, "A3");
    /* One that the subscriber does not want goes to nobody. */
    subscribe (two, "B");
    recv_subscription (pub, "B");
    subscribe (pub, "B");
    send_text (pub, "C", 0);
    send_text (pub, "A4", 0);
    recv_text (one, "A4");
    recv_text (two, "A4");
    set_int (pub, LAST_VALUE, 0);
    expect_errno (zmq_setsockopt (pub, ZMQ_SUBSCRIBE, "A", 1), EINVAL);
    set_int (pub, LAST_VALUE, 1);
    set_int (pub, ZMQ_XPUB_MANUAL, 0);
    expect_errno (zmq_setsockopt (pub, ZMQ_SUBSCRIBE, "A", 1), EINVAL);
}

CASE_TRANSPORTS (only_the_first_part_subscribes, "ZMQ_XPUB ZMQ_XSUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_XSUB);
    set_int (pub, ONLY_FIRST, 1);
    set_int (sub, ONLY_FIRST, 1);
    pair_up (pub, sub, arg);
    send_parts (sub, "user", "\1B", "\1C", NULL);
    recv_parts (pub, "user", "\1B", "\1C", NULL);
    send_text (sub, "\1A", 0);
    recv_last (pub, "\1A");
    send_text (pub, "B", 0);
    send_text (pub, "C", 0);
    send_text (pub, "A", 0);
    recv_last (sub, "A");
}

CASE_TRANSPORTS (what_follows_a_subscription_is_data, "ZMQ_XPUB ZMQ_XSUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_XSUB);
    set_int (pub, ONLY_FIRST, 1);
    set_int (sub, ONLY_FIRST, 1);
    pair_up (pub, sub, arg);
    send_parts (sub, "\1A", "\1B", "user", NULL);
    recv_last (pub, "\1A");
    recv_more (pub, "\1B");
    recv_last (pub, "user");
    send_text (pub, "B", 0);
    send_text (pub, "A", 0);
    recv_last (sub, "A");
}

CASE_TRANSPORTS (every_part_subscribes_without_the_option, "ZMQ_XPUB ZMQ_XSUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_XSUB);
    pair_up (pub, sub, arg);
    send_parts (sub, "user", "\1B", NULL);
    recv_more (pub, "user");
    recv_last (pub, "\1B");
    send_text (pub, "B", 0);
    recv_last (sub, "B");
}

/* ---- the end of reconnecting ---- */

static void *connecting (void *ctx, int stop, const char *endpoint, void **s)
{
    *s = sock (ctx, ZMQ_DEALER);
    set_int (*s, RECONNECT_STOP, stop);
    set_int (*s, ZMQ_RECONNECT_IVL, 20);
    void *mon = monitor (ctx, *s, ZMQ_EVENT_ALL);
    connect_to (*s, endpoint);
    return mon;
}

CASE (a_refusal_ends_the_endpoint, "ZMQ_EVENT_CLOSED zmq_disconnect ENOENT")
{
    void *ctx = ctx_new (), *s;
    const char *endpoint = free_tcp_endpoint ();
    void *mon = connecting (ctx, STOP_REFUSED, endpoint, &s);
    mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
    mon_expect (mon, ZMQ_EVENT_CLOSED);
    mon_nothing (mon);
    expect_errno (zmq_send (s, "x", 1, ZMQ_DONTWAIT), EAGAIN);
    expect_errno (zmq_disconnect (s, endpoint), ENOENT);
    /* It can be connected to again. */
    connect_to (s, endpoint);
    mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
    mon_expect (mon, ZMQ_EVENT_CLOSED);
}

CASE (a_refusal_is_retried_without_the_bit, "ZMQ_EVENT_CONNECT_RETRIED zmq_disconnect")
{
    void *ctx = ctx_new (), *s;
    const char *endpoint = free_tcp_endpoint ();
    void *mon = connecting (ctx, STOP_HANDSHAKE | STOP_DISCONNECT, endpoint, &s);
    for (int i = 0; i < 3; i++) {
        mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
        mon_expect (mon, ZMQ_EVENT_CLOSED);
        mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    }
    expect_ok (zmq_disconnect (s, endpoint));
}

static void break_a_handshake (int stop, int times_out)
{
    const char *endpoint;
    void *ctx = ctx_new (), *s = sock (ctx, ZMQ_DEALER);
    int listener = raw_listen (&endpoint);
    set_int (s, RECONNECT_STOP, stop);
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    if (times_out)
        set_int (s, ZMQ_HANDSHAKE_IVL, 100);
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    connect_to (s, endpoint);
    int fd = raw_accept (listener);
    if (!times_out)
        raw_close (fd);
    mon_wait (mon, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    if (stop & STOP_HANDSHAKE)
        mon_nothing (mon);
    else
        mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    expect_ok (zmq_disconnect (s, endpoint));
}

CASE (a_broken_handshake_is_the_end, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED")
{
    break_a_handshake (STOP_HANDSHAKE, 0);
}

CASE (a_handshake_timeout_is_the_end, "ZMQ_HANDSHAKE_IVL")
{
    break_a_handshake (STOP_HANDSHAKE, 1);
}

CASE (a_broken_handshake_is_retried_without_the_bit, "ZMQ_EVENT_CONNECT_RETRIED")
{
    break_a_handshake (STOP_REFUSED | STOP_DISCONNECT, 0);
}

CASE (a_lost_connection_is_made_again, "ZMQ_EVENT_CONNECT_RETRIED")
{
    const char *endpoint;
    int listener = raw_listen (&endpoint);
    void *ctx = ctx_new (), *s;
    void *mon = connecting (ctx, STOP_REFUSED | STOP_HANDSHAKE | STOP_DISCONNECT, endpoint, &s);
    int fd = raw_accept (listener);
    raw_handshake (fd, "DEALER", 1);
    mon_wait (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    raw_close (fd);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    mon_wait (mon, ZMQ_EVENT_CONNECTED);
}

CASE (no_attempt_follows_a_disconnect, "zmq_disconnect ZMQ_LINGER")
{
    void *ctx = ctx_new (), *s;
    const char *endpoint = free_tcp_endpoint ();
    void *mon = connecting (ctx, STOP_DISCONNECT, endpoint, &s);
    set_int (s, ZMQ_LINGER, -1);
    send_text (s, "kept back", 0);
    mon_wait (mon, ZMQ_EVENT_CONNECT_RETRIED);
    expect_ok (zmq_disconnect (s, endpoint));
    /* Others may have been announced before the call, and one that is under way may still end; then there are no more. */
    struct event e;
    for (int retried = 0; monitor_next (mon, &e, SHORT_MS);) {
        retried += e.event == ZMQ_EVENT_CONNECT_RETRIED;
        expect_true (retried <= 3);
    }
    /* Though there is no limit to its linger time, the message does not hold up the end of the context. */
}

/* ---- SOCKS with a user ---- */

static int ask_proxy (void *push, void **mon, void *ctx)
{
    const char *proxy;
    int listener = raw_listen (&proxy);
    *mon = monitor (ctx, push, ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    expect_ok (zmq_setsockopt (push, ZMQ_SOCKS_PROXY, proxy + 6, strlen (proxy + 6)));
    expect_ok (zmq_setsockopt (push, SOCKS_USERNAME, "user", 4));
    expect_ok (zmq_setsockopt (push, SOCKS_PASSWORD, "secret", 6));
    connect_to (push, "tcp://10.1.2.3:4660");
    int fd = raw_accept (listener);
    raw_expect (fd, "05 01 02");
    raw_close (listener);
    return fd;
}

CASE (proxy_admits_the_user, "ZMQ_SOCKS_PROXY")
{
    void *ctx = ctx_new (), *push = sock (ctx, ZMQ_PUSH), *mon;
    int fd = ask_proxy (push, &mon, ctx);
    raw_hex (fd, "05 02");
    raw_expect (fd, "01 04 75736572 06 736563726574");
    raw_hex (fd, "01 00");
    raw_expect (fd, "05 01 00 01 0a010203 1234");
    raw_hex (fd, "05 00 00 01 00000000 0000");
    raw_handshake (fd, "PULL", 1);
    mon_expect (mon, ZMQ_EVENT_CONNECTED);
    send_text (push, "through", 0);
    raw_expect (fd, "00 07 7468726f756768");
    raw_close (fd);
}

CASE (proxy_refuses_the_user, "ZMQ_EVENT_CLOSED ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new (), *push = sock (ctx, ZMQ_PUSH), *mon;
    int fd = ask_proxy (push, &mon, ctx);
    raw_hex (fd, "05 02");
    raw_expect (fd, "01 04 75736572 06 736563726574");
    raw_hex (fd, "01 01");
    mon_expect (mon, ZMQ_EVENT_CLOSED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    raw_close (fd);
}

CASE (no_user_no_authentication, "ZMQ_SOCKS_PROXY")
{
    const char *proxy;
    int listener = raw_listen (&proxy);
    void *ctx = ctx_new (), *push = sock (ctx, ZMQ_PUSH);
    expect_ok (zmq_setsockopt (push, ZMQ_SOCKS_PROXY, proxy + 6, strlen (proxy + 6)));
    expect_ok (zmq_setsockopt (push, SOCKS_USERNAME, "", 0));
    expect_ok (zmq_setsockopt (push, SOCKS_PASSWORD, "secret", 6));
    connect_to (push, "tcp://10.1.2.3:4660");
    int fd = raw_accept (listener);
    raw_expect (fd, "05 01 00");
    raw_close (listener);
    raw_close (fd);
}
