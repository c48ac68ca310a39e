/* The CURVE client, against a server that is written here. */
#include "curve_book.h"

/* What a server by the book knows between HELLO and READY. */
struct host {
    int listener, fd;
    void *client, *at_client;
    struct pair longterm, shortterm;
    unsigned char client_short[KEY];
};

struct scene {
    void *ctx;
    const char *endpoint;
};

static struct host host_scene (struct scene *s)
{
    struct host h;
    unsigned char greeting[64];
    struct frame f;
    if (!s->ctx)
        s->ctx = ctx_new ();
    h.longterm = pair_of (SERVER_SECRET);
    h.shortterm = fresh_pair ();
    h.client = sock (s->ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (h.client, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC, 40));
    expect_ok (zmq_setsockopt (h.client, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC, 40));
    expect_ok (zmq_setsockopt (h.client, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET, 40));
    set_int (h.client, ZMQ_RECONNECT_IVL, 50);
    h.at_client = monitor (s->ctx, h.client, HANDSHAKE_EVENTS | ZMQ_EVENT_CONNECT_RETRIED);
    h.listener = raw_listen (&s->endpoint);
    connect_to (h.client, s->endpoint);
    h.fd = raw_accept (h.listener);
    raw_greeting (h.fd, 3, 1, "CURVE", 1);
    raw_take_greeting (h.fd, greeting);
    expect_true (raw_frame (h.fd, &f, LONG_MS));
    expect_int (f.size, 200);
    memcpy (h.client_short, f.body + 80, KEY);
    unsigned char nonce[24], content[64], zeros[64] = {0};
    nonce_of (nonce, "CurveZMQHELLO---", f.body + 112);
    expect_true (open_box (content, f.body + 120, 80, nonce, h.client_short, h.longterm.secret_key));
    expect_mem (content, zeros, 64);
    return h;
}

static struct bytes welcome_of (const struct host *h)
{
    static const unsigned char nonce[16] = "welcome's nonce", cookie[COOKIE] = "anything at all";
    struct bytes b = {{0}, 0}, content = {{0}, 0};
    put (&content, h->shortterm.public_key, KEY);
    put (&content, cookie, COOKIE);
    put (&b, nonce, 16);
    put_box (&b, content.data, content.size, "WELCOME-", nonce, h->client_short, h->longterm.secret_key);
    return b;
}

/* WELCOME, and INITIATE taken apart. */
static void welcome (struct host *h)
{
    struct frame f;
    unsigned char nonce[24], content[512], vouch[64];
    struct bytes b = welcome_of (h);
    send_command (h->fd, "WELCOME", &b);
    expect_true (raw_frame (h->fd, &f, LONG_MS));
    expect_mem (f.body, "\10INITIATEanything at all", 24);
    nonce_of (nonce, "CurveZMQINITIATE", f.body + 105);
    expect_true (open_box (content, f.body + 113, f.size - 113, nonce, h->client_short, h->shortterm.secret_key));
    expect_mem (content, pair_of (CLIENT_SECRET).public_key, KEY);
    nonce_of (nonce, "VOUCH---", content + KEY);
    expect_true (open_box (vouch, content + 48, 80, nonce, content, h->shortterm.secret_key));
    expect_mem (vouch, h->client_short, KEY);
    expect_mem (vouch + KEY, h->longterm.public_key, KEY);
    expect_mem (content + 128, DEALER, DEALER_SIZE);
}

static struct bytes ready_of (const struct host *h, const void *metadata, size_t size)
{
    struct bytes b = {{0}, 0};
    put_count (&b, 1);
    put_box (&b, metadata, size, "CurveZMQREADY---", b.data, h->client_short, h->shortterm.secret_key);
    return b;
}

/* The client says so, closes and does not come again. */
static void gives_up (struct host *h, int event, int value)
{
    if (event)
        expect_int (mon_expect (h->at_client, event).value, value);
    mon_expect (h->at_client, ZMQ_EVENT_DISCONNECTED);
    mon_nothing (h->at_client);
    raw_expect_end (h->fd);
    raw_close (h->fd);
    raw_close (h->listener);
    sock_close (h->client);
}

enum { PROTOCOL = ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL };

/* The host of a client that has sent its INITIATE, been let in, and received "hello" in the message returned. */
static struct host met (struct scene *s, struct bytes *hello)
{
    struct host h = host_scene (s);
    welcome (&h);
    struct bytes ready = ready_of (&h, DEALER, DEALER_SIZE);
    send_command (h.fd, "READY", &ready);
    mon_expect (h.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    hello->size = 0;
    put_count (hello, 2);
    put_box (hello, "\0hello", 6, "CurveZMQMESSAGES", hello->data, h.client_short, h.shortterm.secret_key);
    send_message (h.fd, hello);
    recv_last (h.client, "hello");
    return h;
}

/* covers: ZMQ_CURVE_PUBLICKEY ZMQ_CURVE_SECRETKEY */
CASE (server_by_the_book, "ZMQ_CURVE_SERVERKEY ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    struct scene s = {NULL, NULL};
    struct bytes hello;
    unsigned char content[64];
    need_curve ();
    struct host h = met (&s, &hello);
    send_parts (h.client, "out", "", NULL);
    expect_int (take_message (h.fd, content, "CurveZMQMESSAGEC", h.client_short, h.shortterm.secret_key), 4);
    expect_mem (content, "\1out", 4);
    expect_int (take_message (h.fd, content, "CurveZMQMESSAGEC", h.client_short, h.shortterm.secret_key), 1);
    expect_int (content[0], 0);
}

CASE (client_refuses_a_repeated_count, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE")
{
    struct scene s = {NULL, NULL};
    struct bytes hello;
    need_curve ();
    struct host h = met (&s, &hello);
    send_message (h.fd, &hello);
    gives_up (&h, PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE);
}

CASE (client_refuses_anything_but_messages, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL "
                                           "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED")
{
    struct scene s = {NULL, NULL};
    need_curve ();
    for (int i = 0; i < 3; i++) {
        row ("%d", i);
        struct host h = host_scene (&s);
        welcome (&h);
        struct bytes ready = ready_of (&h, DEALER, DEALER_SIZE);
        send_command (h.fd, "READY", &ready);
        mon_expect (h.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        if (i == 2)
            send_command (h.fd, "READY", &ready);
        else
            raw_message (h.fd, i == 0 ? "in the clear, and long enough for a box" : "", 0);
        gives_up (&h, PROTOCOL, i < 2 ? ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED : ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
    }
}

CASE (client_refuses_a_bad_welcome, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    static const size_t places[] = {0, 16, 32, 159};
    struct scene s = {NULL, NULL};
    need_curve ();
    for (int i = 0; i < 6; i++) {
        row ("%d", i);
        struct host h = host_scene (&s);
        struct bytes b = welcome_of (&h);
        if (i < 4)
            b.data[places[i]] ^= 1;
        else
            b.size += i == 4 ? (size_t) -1 : 1;
        send_command (h.fd, "WELCOME", &b);
        gives_up (&h, PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    }
}

/* covers: ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA */
CASE (client_refuses_a_bad_ready, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY")
{
    static const struct {
        const char *name, *metadata;
        size_t size, damage;
        int code;
    } rows[] = {{"a damaged count", DEALER, DEALER_SIZE, 7, 0x11000001},
                {"a damaged MAC", DEALER, DEALER_SIZE, 8, 0x11000001},
                {"damaged content", DEALER, DEALER_SIZE, 30, 0x11000001},
                {"one byte less", DEALER, DEALER_SIZE, 0, 0x11000001},
                {"a short one", "", 0, 0, 0x10000016},
                {"half a property", "\5abc", 4, 0, 0x10000018},
                {"half a value", "\1a\0\0\0\5b", 7, 0, 0x10000018},
                {"a type that does not fit", "\13Socket-Type\0\0\0\3SUB", 19, 0, 0x10000018}};
    struct scene s = {NULL, NULL};
    need_curve ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row ("%s", rows[i].name);
        struct host h = host_scene (&s);
        welcome (&h);
        struct bytes b = ready_of (&h, rows[i].metadata, rows[i].size);
        if (rows[i].damage)
            b.data[rows[i].damage] ^= 1;
        if (rows[i].code == 0x10000016)
            b.size = 23;
        if (rows[i].code == 0x11000001 && !rows[i].damage)
            b.size--;
        send_command (h.fd, "READY", &b);
        gives_up (&h, PROTOCOL, rows[i].code);
    }
}

CASE (client_refuses_what_is_not_due, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND")
{
    static const char *const names[] = {"HELLO", "INITIATE", "MESSAGE", "NONSENSE"};
    struct scene s = {NULL, NULL};
    need_curve ();
    for (int welcomed = 0; welcomed < 2; welcomed++)
        for (int i = 0; i < 4; i++) {
            row ("%s, after WELCOME: %d", names[i], welcomed);
            struct host h = host_scene (&s);
            if (welcomed)
                welcome (&h);
            struct bytes b = ready_of (&h, DEALER, DEALER_SIZE);
            send_command (h.fd, names[i], &b);
            gives_up (&h, PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
        }
}

CASE (client_refuses_a_second_welcome, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND")
{
    struct scene s = {NULL, NULL};
    need_curve ();
    struct host h = host_scene (&s);
    welcome (&h);
    struct bytes b = welcome_of (&h);
    send_command (h.fd, "WELCOME", &b);
    gives_up (&h, PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
}

CASE (client_refuses_ready_before_welcome, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL")
{
    struct scene s = {NULL, NULL};
    need_curve ();
    struct host h = host_scene (&s);
    struct bytes b = ready_of (&h, DEALER, DEALER_SIZE);
    send_command (h.fd, "READY", &b);
    gives_up (&h, PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
}

CASE (client_refuses_malformed_commands, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND")
{
    static const char *const rows[] = {"04 00", "04 03 05 4845", "04 01 05"};
    struct scene s = {NULL, NULL};
    need_curve ();
    for (int welcomed = 0; welcomed < 2; welcomed++)
        for (int i = 0; i < 3; i++) {
            row ("%s, after WELCOME: %d", rows[i], welcomed);
            struct host h = host_scene (&s);
            if (welcomed)
                welcome (&h);
            raw_hex (h.fd, rows[i]);
            gives_up (&h, PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
        }
}

/* covers: ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR */
CASE (client_is_told_of_an_error, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_EVENT_DISCONNECTED")
{
    static const struct {
        const char *reason;
        size_t size;
        int event, value;
    } rows[] = {{"\003300", 4, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 300}, {"\003400", 4, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400},
                {"\003500", 4, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 500}, {"\3no!", 4, 0, 0},
                {"", 0, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x10000015}, {"\5abc", 4, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x10000015}};
    struct scene s = {NULL, NULL};
    need_curve ();
    for (int welcomed = 0; welcomed < 2; welcomed++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            row ("row %zu, after WELCOME: %d", i, welcomed);
            struct host h = host_scene (&s);
            if (welcomed)
                welcome (&h);
            raw_command (h.fd, "ERROR", rows[i].reason, rows[i].size);
            gives_up (&h, rows[i].event, rows[i].value);
        }
}

CASE (server_that_hangs_up, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED ZMQ_EVENT_CONNECT_RETRIED")
{
    struct scene s = {NULL, NULL};
    need_curve ();
    for (int welcomed = 0; welcomed < 2; welcomed++) {
        row ("after WELCOME: %d", welcomed);
        struct host h = host_scene (&s);
        if (welcomed)
            welcome (&h);
        raw_close (h.fd);
        int error = mon_expect (h.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
        expect_true (error == EPIPE || error == ECONNRESET);
        mon_expect (h.at_client, ZMQ_EVENT_DISCONNECTED);
        mon_expect (h.at_client, ZMQ_EVENT_CONNECT_RETRIED);
        raw_close (h.listener);
        sock_close (h.client);
    }
}
