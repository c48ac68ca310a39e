/* The CURVE server, against a client that is written here. */
#include "curve_book.h"

/* What a client by the book knows; the changes that a case makes come between the steps. */
struct client {
    int fd;
    struct pair longterm, shortterm;
    unsigned char server[KEY], server_short[KEY], cookie[COOKIE];
};

struct scene {
    void *ctx, *server, *at_server;
    const char *endpoint;
};

static void scene (struct scene *s)
{
    need_curve ();
    s->ctx = ctx_new ();
    s->server = sock (s->ctx, ZMQ_DEALER);
    set_int (s->server, ZMQ_CURVE_SERVER, 1);
    expect_ok (zmq_setsockopt (s->server, ZMQ_CURVE_SECRETKEY, SERVER_SECRET, 40));
    s->at_server = monitor (s->ctx, s->server, HANDSHAKE_EVENTS);
    s->endpoint = bind_any (s->server, "tcp");
}

static struct client greet (struct scene *s)
{
    struct client c;
    unsigned char greeting[64];
    c.longterm = pair_of (CLIENT_SECRET);
    c.shortterm = fresh_pair ();
    memcpy (c.server, pair_of (SERVER_SECRET).public_key, KEY);
    c.fd = raw_connect (s->endpoint);
    raw_greeting (c.fd, 3, 1, "CURVE", 0);
    raw_take_greeting (c.fd, greeting);
    return c;
}

static struct bytes hello_of (const struct client *c, uint64_t count)
{
    static const unsigned char zeros[72];
    struct bytes b = {{0}, 0};
    put (&b, "\1\0", 2);
    put (&b, zeros, 72);
    put (&b, c->shortterm.public_key, KEY);
    put_count (&b, count);
    put_box (&b, zeros, 64, "CurveZMQHELLO---", b.data + b.size - 8, c->server, c->shortterm.secret_key);
    return b;
}

static void take_welcome (struct client *c)
{
    struct frame f;
    unsigned char nonce[24], content[128];
    expect_true (raw_frame (c->fd, &f, LONG_MS));
    expect_int (f.size, 168);
    expect_mem (f.body, "\7WELCOME", 8);
    nonce_of (nonce, "WELCOME-", f.body + 8);
    expect_true (open_box (content, f.body + 24, 144, nonce, c->server, c->shortterm.secret_key));
    memcpy (c->server_short, content, KEY);
    memcpy (c->cookie, content + KEY, COOKIE);
}

static struct client welcomed (struct scene *s)
{
    struct client c = greet (s);
    struct bytes hello = hello_of (&c, 1);
    send_command (c.fd, "HELLO", &hello);
    take_welcome (&c);
    return c;
}

static uint64_t initiate_count = 2;

/* INITIATE with a vouch for `vouched` towards `server`. */
static struct bytes initiate_of (const struct client *c, const unsigned char *vouched, const unsigned char *server,
                                 const void *metadata, size_t size)
{
    static const unsigned char vouch_nonce[16] = "a vouch's nonce";
    struct bytes b = {{0}, 0}, content = {{0}, 0};
    unsigned char vouch[64];
    memcpy (vouch, vouched, KEY);
    memcpy (vouch + KEY, server, KEY);
    put (&content, c->longterm.public_key, KEY);
    put (&content, vouch_nonce, 16);
    put_box (&content, vouch, 64, "VOUCH---", vouch_nonce, c->server_short, c->longterm.secret_key);
    put (&content, metadata, size);
    put (&b, c->cookie, COOKIE);
    put_count (&b, initiate_count);
    put_box (&b, content.data, content.size, "CurveZMQINITIATE", b.data + COOKIE, c->server_short, c->shortterm.secret_key);
    return b;
}

static struct bytes proper_initiate (const struct client *c)
{
    return initiate_of (c, c->shortterm.public_key, c->server, DEALER, DEALER_SIZE);
}

static struct bytes message_of (const struct client *c, uint64_t count, const void *content, size_t size)
{
    struct bytes b = {{0}, 0};
    put_count (&b, count);
    put_box (&b, content, size, "CurveZMQMESSAGEC", b.data, c->server_short, c->shortterm.secret_key);
    return b;
}

static size_t take (const struct client *c, unsigned char content[64])
{
    return take_message (c->fd, content, "CurveZMQMESSAGES", c->server_short, c->shortterm.secret_key);
}

static void take_ready (struct client *c)
{
    struct frame f;
    unsigned char nonce[24], content[512];
    expect_true (raw_frame (c->fd, &f, LONG_MS));
    expect_mem (f.body, "\5READY\0\0\0\0\0\0\0\1", 14);
    nonce_of (nonce, "CurveZMQREADY---", f.body + 6);
    expect_true (open_box (content, f.body + 14, f.size - 14, nonce, c->server_short, c->shortterm.secret_key));
    expect_mem (content, DEALER, DEALER_SIZE);
}

static struct client met (struct scene *s)
{
    struct client c = welcomed (s);
    struct bytes initiate = proper_initiate (&c);
    send_command (c.fd, "INITIATE", &initiate);
    take_ready (&c);
    mon_expect (s->at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    return c;
}

static void refused (struct scene *s, struct client *c, int code)
{
    if (code)
        expect_int (mon_expect (s->at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, code);
    mon_expect (s->at_server, ZMQ_EVENT_DISCONNECTED);
    raw_expect_end (c->fd);
    raw_close (c->fd);
}

CASE (client_by_the_book, "ZMQ_CURVE_SERVER ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    struct scene s;
    unsigned char content[64];
    scene (&s);
    struct client c = met (&s);
    struct bytes one = message_of (&c, 3, "\1first", 6), two = message_of (&c, 9, "\0second", 7);
    struct bytes three = message_of (&c, UINT64_MAX - 1, "\0third", 6);
    send_message (c.fd, &one);
    send_message (c.fd, &two); /* counts may have gaps */
    send_message (c.fd, &three);
    recv_more (s.server, "first");
    recv_last (s.server, "second");
    recv_last (s.server, "third");
    send_parts (s.server, "back", "", NULL);
    expect_int (take (&c, content), 5);
    expect_mem (content, "\1back", 5);
    expect_int (take (&c, content), 1);
    expect_int (content[0], 0);
}

CASE (commands_travel_in_the_box, "ZMQ_CURVE")
{
    struct scene s;
    unsigned char content[64];
    scene (&s);
    struct client c = met (&s);
    struct bytes ping = message_of (&c, 3, "\2\4PING\0\0abc", 11);
    send_message (c.fd, &ping);
    expect_int (take (&c, content), 9);
    expect_mem (content, "\2\4PONGabc", 9);
    recv_nothing (s.server);
}

/* covers: ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO */
CASE (server_refuses_a_damaged_hello, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL")
{
    /* Version, key, count, MAC, content. */
    static const struct {
        size_t at;
        int code;
    } rows[] = {{0, 0x10000013}, {1, 0x10000013}, {80, 0x11000001}, {113, 0x11000001}, {114, 0x11000001}, {193, 0x11000001}};
    struct scene s;
    scene (&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row ("byte %zu", rows[i].at);
        struct client c = greet (&s);
        struct bytes hello = hello_of (&c, 1);
        hello.data[rows[i].at] ^= 1;
        send_command (c.fd, "HELLO", &hello);
        refused (&s, &c, rows[i].code);
    }
}

CASE (server_refuses_a_hello_that_is_not_zeros, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    struct scene s;
    scene (&s);
    struct client c = greet (&s);
    struct bytes hello = hello_of (&c, 1);
    unsigned char content[64] = {0};
    content[63] = 1;
    hello.size = 114;
    put_box (&hello, content, 64, "CurveZMQHELLO---", hello.data + 106, c.server, c.shortterm.secret_key);
    send_command (c.fd, "HELLO", &hello);
    refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
}

CASE (server_takes_a_hello_with_count_0, "ZMQ_CURVE_SERVER")
{
    struct scene s;
    scene (&s);
    struct client c = greet (&s);
    struct bytes hello = hello_of (&c, 0);
    send_command (c.fd, "HELLO", &hello);
    take_welcome (&c);
}

/* Points of low order give everybody the same key. */
CASE (server_refuses_keys_of_low_order, "ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    struct scene s;
    scene (&s);
    for (int one = 0; one < 2; one++) {
        unsigned char weak[KEY] = {(unsigned char) one};
        row ("key %d", one);
        struct client c = greet (&s);
        memcpy (c.shortterm.public_key, weak, KEY);
        struct bytes hello = hello_of (&c, 1);
        send_command (c.fd, "HELLO", &hello);
        refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    }
}

/* covers: ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND */
CASE (server_refuses_a_damaged_initiate, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    /* The cookie's nonce, MAC and end; the count; the MAC; the client's key, the vouch's nonce, the vouch. */
    static const size_t places[] = {0, 16, 95, 103, 104, 120, 152, 168, 247};
    struct scene s;
    scene (&s);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        row ("byte %zu", places[i]);
        struct client c = welcomed (&s);
        struct bytes initiate = proper_initiate (&c);
        initiate.data[places[i]] ^= 1;
        send_command (c.fd, "INITIATE", &initiate);
        refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    }
    row ("%s", "a short one");
    struct client c = welcomed (&s);
    struct bytes initiate = proper_initiate (&c);
    raw_command (c.fd, "INITIATE", initiate.data, 247);
    refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE);
    row ("%s", "one byte less");
    c = welcomed (&s);
    initiate = proper_initiate (&c);
    initiate.size--;
    send_command (c.fd, "INITIATE", &initiate);
    refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    row ("%s", "another name");
    c = welcomed (&s);
    initiate = proper_initiate (&c);
    send_command (c.fd, "INITIATX", &initiate);
    refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
    for (int i = 0; i < 3; i++) {
        static const char *const rows[] = {"04 00", "04 03 05 4845", "04 01 05"};
        row ("%s", rows[i]);
        c = welcomed (&s);
        raw_hex (c.fd, rows[i]);
        refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED);
    }
    row ("%s", "HELLO again");
    c = welcomed (&s);
    struct bytes hello = hello_of (&c, 2);
    send_command (c.fd, "HELLO", &hello);
    refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
}

CASE (server_refuses_an_initiate_that_does_not_count_on, "ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE")
{
    struct scene s;
    scene (&s);
    struct client c = welcomed (&s);
    initiate_count = 1; /* as HELLO */
    struct bytes initiate = proper_initiate (&c);
    initiate_count = 2;
    send_command (c.fd, "INITIATE", &initiate);
    refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE);
}

CASE (server_refuses_a_vouch_for_another_key, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE")
{
    struct scene s;
    scene (&s);
    struct client c = welcomed (&s);
    struct bytes initiate = initiate_of (&c, c.longterm.public_key, c.server, DEALER, DEALER_SIZE);
    send_command (c.fd, "INITIATE", &initiate);
    refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE);
}

/* A vouch that was made for another server must not let that server pass for the client here. */
CASE (server_refuses_a_vouch_towards_another_server, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE")
{
    struct scene s;
    scene (&s);
    struct client c = welcomed (&s);
    struct bytes initiate = initiate_of (&c, c.shortterm.public_key, c.longterm.public_key, DEALER, DEALER_SIZE);
    send_command (c.fd, "INITIATE", &initiate);
    refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE);
}

CASE (server_refuses_a_vouch_by_another_client, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    struct scene s;
    scene (&s);
    struct client c = welcomed (&s);
    c.longterm.secret_key[5] ^= 1;
    struct bytes initiate = proper_initiate (&c);
    send_command (c.fd, "INITIATE", &initiate);
    refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
}

/* What was recorded of one connection opens no other. */
CASE (server_refuses_a_replayed_initiate, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    struct scene s;
    scene (&s);
    struct client first = met (&s), second = greet (&s);
    struct bytes initiate = proper_initiate (&first);
    second.shortterm = first.shortterm;
    struct bytes hello = hello_of (&second, 1);
    send_command (second.fd, "HELLO", &hello);
    take_welcome (&second);
    send_command (second.fd, "INITIATE", &initiate);
    refused (&s, &second, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
}

CASE (server_refuses_bad_metadata, "ZMQ_EVENT_DISCONNECTED")
{
    static const struct {
        const char *name, *metadata;
        size_t size;
    } rows[] = {{"half a name", "\5abc", 4},
                {"half a value", "\1a\0\0\0\5b", 7},
                {"a huge value", "\1a\377\377\377\377b", 7},
                {"a type that does not fit", "\13Socket-Type\0\0\0\3SUB", 19}};
    struct scene s;
    scene (&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row ("%s", rows[i].name);
        struct client c = welcomed (&s);
        struct bytes initiate = initiate_of (&c, c.shortterm.public_key, c.server, rows[i].metadata, rows[i].size);
        send_command (c.fd, "INITIATE", &initiate);
        refused (&s, &c, 0);
    }
}

CASE (server_refuses_a_property_without_a_value, "ZMQ_EVENT_DISCONNECTED")
{
    struct scene s;
    scene (&s);
    struct client c = welcomed (&s);
    struct bytes initiate = initiate_of (&c, c.shortterm.public_key, c.server, "\1a", 2);
    send_command (c.fd, "INITIATE", &initiate);
    refused (&s, &c, 0);
}

/* CVE-2019-13132: metadata that is longer than whatever it is copied to. */
CASE (cve_2019_13132, "ZMQ_CURVE_SERVER")
{
    static const size_t sizes[] = {100, 256, 480, 500, 512, 1000, 2500};
    struct scene s;
    scene (&s);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char metadata[2600] = {0};
        row ("%zu bytes", sizes[i]);
        memcpy (metadata, DEALER, DEALER_SIZE);
        size_t size = DEALER_SIZE, value = sizes[i] - size - 8;
        memcpy (metadata + size, "\3X-a\0\0", 6);
        metadata[size + 6] = (char) (value >> 8);
        metadata[size + 7] = (char) value;
        struct client c = welcomed (&s);
        struct bytes initiate = initiate_of (&c, c.shortterm.public_key, c.server, metadata, sizes[i]);
        send_command (c.fd, "INITIATE", &initiate);
        take_ready (&c);
        mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        struct bytes message = message_of (&c, 3, "\0hello", 6);
        send_message (c.fd, &message);
        recv_last (s.server, "hello");
        raw_close (c.fd);
        mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    }
}

CASE (command_during_the_wait_for_the_handler, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED")
{
    struct scene s;
    scene (&s);
    zap_start (s.ctx, ZAP_SILENT, "200", "");
    struct client c = welcomed (&s);
    struct bytes initiate = proper_initiate (&c), message = message_of (&c, 3, "\0x", 2);
    send_command (c.fd, "INITIATE", &initiate);
    eventually (zap_requests () == 1);
    raw_expect_quiet (c.fd);
    send_message (c.fd, &message);
    refused (&s, &c, ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED);
    recv_nothing (s.server);
}

enum { WHOLE = 28 };

struct bad_message {
    const char *name;
    uint64_t count;
    size_t damage, size; /* the byte that is changed, or 0, and what is sent of it */
};

static void bad_messages (const struct bad_message *rows, size_t count, int code)
{
    struct scene s;
    scene (&s);
    for (size_t i = 0; i < count; i++) {
        row ("%s", rows[i].name);
        struct client c = met (&s);
        struct bytes good = message_of (&c, 3, "\0good", 5), bad = message_of (&c, rows[i].count, "\0bad", 4);
        send_message (c.fd, &good);
        recv_last (s.server, "good");
        if (rows[i].damage)
            bad.data[rows[i].damage] ^= rows[i].damage == 7 ? 1 : 0x80;
        expect_true (bad.size == WHOLE);
        bad.size = rows[i].size;
        send_message (c.fd, &bad);
        refused (&s, &c, code);
        recv_nothing (s.server);
    }
}

CASE (server_refuses_counts_that_do_not_grow, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE")
{
    static const struct bad_message rows[] = {{"the same", 3, 0, WHOLE}, {"an older one", 2, 0, WHOLE}, {"0", 0, 0, WHOLE}};
    bad_messages (rows, 3, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE);
}

CASE (server_refuses_damaged_messages, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    static const struct bad_message rows[] = {{"MAC", 4, 9, WHOLE}, {"content", 4, 25, WHOLE}, {"count", 4, 7, WHOLE}};
    bad_messages (rows, 3, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
}

CASE (server_refuses_short_messages, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE")
{
    static const struct bad_message rows[] = {{"no flags", 4, 0, 24}, {"no box", 4, 0, 8}, {"nothing", 4, 0, 0}};
    bad_messages (rows, 3, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE);
}

CASE (server_refuses_anything_but_messages, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND "
                                           "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED")
{
    struct scene s;
    scene (&s);
    for (int i = 0; i < 5; i++) {
        row ("%d", i);
        struct client c = met (&s);
        struct bytes message = message_of (&c, 3, "\0in a box", 9);
        if (i < 2)
            raw_message (c.fd, i == 0 ? "in the clear, and long enough for a box" : "", 0);
        else if (i == 2)
            raw_message (c.fd, "\7MESSAGX and what looks like a box behind it", 0);
        else
            send_command (c.fd, i == 3 ? "READY" : "MESSAGX", &message);
        refused (&s, &c, i < 2 ? ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED : ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
        recv_nothing (s.server);
    }
}

CASE (client_that_hangs_up, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED")
{
    struct scene s;
    scene (&s);
    for (int welcome = 0; welcome < 2; welcome++) {
        row ("after WELCOME: %d", welcome);
        struct client c = welcome ? welcomed (&s) : greet (&s);
        raw_close (c.fd);
        int error = mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
        expect_true (error == EPIPE || error == ECONNRESET);
        mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    }
}
