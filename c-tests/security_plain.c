/* PLAIN: between sockets, and byte by byte against raw peers. */
#include "zap.h"

struct scene {
    void *ctx, *server, *client, *at_server, *at_client;
};

static void scene (struct scene *s, int with_credentials)
{
    s->ctx = ctx_new ();
    s->server = sock (s->ctx, ZMQ_DEALER);
    s->client = sock (s->ctx, ZMQ_DEALER);
    set_int (s->server, ZMQ_PLAIN_SERVER, 1);
    if (with_credentials) {
        expect_ok (zmq_setsockopt (s->client, ZMQ_PLAIN_USERNAME, "admin", 5));
        expect_ok (zmq_setsockopt (s->client, ZMQ_PLAIN_PASSWORD, "password", 8));
    }
    s->at_server = monitor (s->ctx, s->server, HANDSHAKE_EVENTS);
    s->at_client = monitor (s->ctx, s->client, HANDSHAKE_EVENTS | ZMQ_EVENT_CONNECT_RETRIED);
    set_int (s->client, ZMQ_RECONNECT_IVL, 50);
}

CASE_WIRE (accepted, "ZMQ_PLAIN_SERVER ZMQ_PLAIN_USERNAME ZMQ_PLAIN_PASSWORD ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    struct scene s;
    scene (&s, 1);
    zap_start (s.ctx, ZAP_ANSWER, "200", "user");
    pair_up (s.server, s.client, arg);
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_parts (s.client, "a", "b", NULL);
    recv_parts (s.server, "a", "b", NULL);
    send_text (s.server, "c", 0);
    recv_last (s.client, "c");
    expect_int (zap_frames (), 8);
    zap_frame (2, "", 0);
    zap_frame (5, "PLAIN", 5);
    zap_frame (6, "admin", 5);
    zap_frame (7, "password", 8);
}

CASE (refused, "ZMQ_PLAIN_SERVER ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_EVENT_DISCONNECTED")
{
    struct scene s;
    scene (&s, 1);
    zap_start (s.ctx, ZAP_ANSWER, "400", "");
    pair_up (s.server, s.client, "tcp");
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, 400);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    expect_int (mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, 400);
    mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
    mon_nothing (s.at_client);
}

CASE (no_handler_always_rejects, "ZMQ_PLAIN_SERVER ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL EFAULT")
{
    struct scene s;
    scene (&s, 1);
    pair_up (s.server, s.client, "tcp");
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value, EFAULT);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
    mon_expect (s.at_client, ZMQ_EVENT_CONNECT_RETRIED);
}

CASE (null_client_mismatches, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH")
{
    struct scene s;
    scene (&s, 0);
    zap_start (s.ctx, ZAP_ANSWER, "200", "");
    pair_up (s.server, s.client, "tcp");
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    zmq_send (s.client, "x", 1, ZMQ_DONTWAIT);
    recv_nothing (s.server);
    expect_int (zap_requests (), 0);
}

CASE (two_servers_never_complete, "ZMQ_PLAIN_SERVER")
{
    struct scene s;
    scene (&s, 0);
    set_int (s.client, ZMQ_PLAIN_SERVER, 1);
    zap_start (s.ctx, ZAP_ANSWER, "200", "");
    pair_up (s.server, s.client, "tcp");
    zmq_send (s.client, "x", 1, ZMQ_DONTWAIT);
    recv_nothing (s.server);
    expect_int (zap_requests (), 0);
}

CASE (role_is_independent_of_bind_and_connect, "ZMQ_PLAIN_SERVER zmq_connect")
{
    struct scene s;
    scene (&s, 1);
    zap_start (s.ctx, ZAP_ANSWER, "200", "");
    pair_up (s.client, s.server, "tcp");
    send_text (s.client, "x", 0);
    recv_text (s.server, "x");
}

static int raw_client (struct scene *s)
{
    unsigned char greeting[64];
    int fd = raw_connect (bind_any (s->server, "tcp"));
    raw_greeting (fd, 3, 1, "PLAIN", 0);
    raw_take_greeting (fd, greeting);
    expect_mem (greeting + 12, "PLAIN\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    expect_int (greeting[32], 0); /* the as-server bit is never set */
    return fd;
}

CASE (server_bytes, "ZMQ_PLAIN_SERVER")
{
    struct scene s;
    struct frame f;
    scene (&s, 0);
    zap_start (s.ctx, ZAP_ANSWER, "200", "");
    int fd = raw_client (&s);
    raw_command (fd, "HELLO", "\5admin\6secret", 13);
    raw_expect (fd, "04 08 07 57454c434f4d45");
    raw_command (fd, "INITIATE", "\13Socket-Type\0\0\0\6DEALER", 22);
    expect_true (raw_frame (fd, &f, LONG_MS));
    expect_int (f.flags, 4);
    expect_mem (f.body, "\5READY\13Socket-Type\0\0\0\6DEALER", 28);
    raw_message (fd, "hi", 0);
    recv_last (s.server, "hi");
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    zap_frame (6, "admin", 5);
    zap_frame (7, "secret", 6);
}

CASE (client_bytes, "ZMQ_PLAIN_USERNAME ZMQ_PLAIN_PASSWORD")
{
    struct scene s;
    struct frame f;
    const char *endpoint;
    unsigned char greeting[64];
    scene (&s, 1);
    int listener = raw_listen (&endpoint);
    connect_to (s.client, endpoint);
    int fd = raw_accept (listener);
    raw_greeting (fd, 3, 1, "PLAIN", 1);
    raw_take_greeting (fd, greeting);
    raw_expect (fd, "04 15 05 48454c4c4f 05 61646d696e 08 70617373776f7264");
    raw_command (fd, "WELCOME", "", 0);
    expect_true (raw_frame (fd, &f, LONG_MS));
    expect_mem (f.body, "\10INITIATE\13Socket-Type\0\0\0\6DEALER", 31);
    raw_ready (fd, "DEALER", NULL);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    raw_message (fd, "hi", 0);
    recv_last (s.client, "hi");
    raw_close (fd);
    raw_close (listener);
}

/* covers: ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO
 * covers: ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR
 * covers: ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA */
CASE (server_refuses_bad_commands, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL")
{
    static const struct {
        const char *command, *data;
        size_t size;
        int code;
    } rows[] = {{"READY", "", 0, 0x10000001},          {"INITIATE", "", 0, 0x10000001},
                {"HELLO", "\5adm", 4, 0x10000013},     {"HELLO", "\5admin\6sec", 10, 0x10000013},
                {"HELLO", "\1a\1bextra", 9, 0x10000013}, {"HELLO", "\1a", 2, 0x10000013}};
    struct scene s;
    scene (&s, 0);
    zap_start (s.ctx, ZAP_ANSWER, "200", "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row ("%s %zu", rows[i].command, i);
        int fd = raw_client (&s);
        raw_command (fd, rows[i].command, rows[i].data, rows[i].size);
        expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, rows[i].code);
        mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
        raw_expect_end (fd);
        raw_close (fd);
    }
    expect_int (zap_requests (), 0);
}

CASE (server_refuses_truncated_commands, "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED")
{
    static const char *const rows[] = {"04 00", "04 03 05 4845", "04 01 05"};
    struct scene s;
    scene (&s, 0);
    for (int i = 0; i < 3; i++) {
        row ("%s", rows[i]);
        int fd = raw_client (&s);
        raw_hex (fd, rows[i]);
        expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value,
                    ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED);
        mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
        raw_expect_end (fd);
        raw_close (fd);
    }
}

CASE (server_refuses_bad_commands_after_welcome, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL "
                                                "ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND")
{
    static const struct {
        const char *hex;
        int code;
    } rows[] = {{"04 00", 0x10000001}, {"04 03 05 4845", 0x10000001}, {"04 01 05", 0x10000001},
                {"04 06 05 48454c4c4f", 0x10000001}, {"04 06 05 5245414459", 0x10000001}};
    struct scene s;
    scene (&s, 0);
    zap_start (s.ctx, ZAP_ANSWER, "200", "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row ("%s", rows[i].hex);
        int fd = raw_client (&s);
        raw_command (fd, "HELLO", "\1u\1p", 4);
        raw_expect (fd, "04 08 07 57454c434f4d45");
        raw_hex (fd, rows[i].hex);
        expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, rows[i].code);
        mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
        raw_expect_end (fd);
        raw_close (fd);
    }
}

/* While the handler is asked, the client has nothing to say. */
CASE (server_refuses_commands_during_the_question, "ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL")
{
    struct scene s;
    scene (&s, 0);
    zap_start (s.ctx, ZAP_SILENT, "200", "");
    int fd = raw_client (&s);
    raw_command (fd, "HELLO", "\5admin\6secret", 13);
    eventually (zap_requests () == 1);
    raw_command (fd, "INITIATE", "", 0);
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    raw_expect_end (fd);
    raw_close (fd);
}

CASE (client_refuses_bad_commands, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL")
{
    static const struct {
        const char *command, *data;
        size_t size;
        int code;
    } rows[] = {{"READY", "", 0, 0x10000001}, {"WELCOME", "x", 1, 0x10000017}, {"NONSENSE", "", 0, 0x10000001}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene s;
        struct frame f;
        const char *endpoint;
        unsigned char greeting[64];
        scene (&s, 1);
        row ("%s", rows[i].command);
        int listener = raw_listen (&endpoint);
        connect_to (s.client, endpoint);
        int fd = raw_accept (listener);
        raw_greeting (fd, 3, 1, "PLAIN", 1);
        raw_take_greeting (fd, greeting);
        expect_true (raw_frame (fd, &f, LONG_MS));
        raw_command (fd, rows[i].command, rows[i].data, rows[i].size);
        expect_int (mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, rows[i].code);
        mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
        mon_nothing (s.at_client);
        raw_close (fd);
        raw_close (listener);
    }
}

CASE (client_refuses_a_malformed_error, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR")
{
    for (int welcomed = 0; welcomed < 2; welcomed++) {
        struct scene s;
        struct frame f;
        const char *endpoint;
        unsigned char greeting[64];
        scene (&s, 1);
        row ("after WELCOME: %d", welcomed);
        int listener = raw_listen (&endpoint);
        connect_to (s.client, endpoint);
        int fd = raw_accept (listener);
        raw_greeting (fd, 3, 1, "PLAIN", 1);
        raw_take_greeting (fd, greeting);
        expect_true (raw_frame (fd, &f, LONG_MS));
        if (welcomed) {
            raw_command (fd, "WELCOME", "", 0);
            expect_true (raw_frame (fd, &f, LONG_MS));
        }
        raw_command (fd, "ERROR", "\5abc", 4);
        expect_int (mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value,
                    ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR);
        mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
        raw_close (fd);
        raw_close (listener);
    }
}

CASE (client_refuses_bad_ready_metadata, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA")
{
    struct scene s;
    struct frame f;
    const char *endpoint;
    unsigned char greeting[64];
    scene (&s, 1);
    int listener = raw_listen (&endpoint);
    connect_to (s.client, endpoint);
    int fd = raw_accept (listener);
    raw_greeting (fd, 3, 1, "PLAIN", 1);
    raw_take_greeting (fd, greeting);
    expect_true (raw_frame (fd, &f, LONG_MS));
    raw_command (fd, "WELCOME", "", 0);
    expect_true (raw_frame (fd, &f, LONG_MS));
    raw_command (fd, "READY", "\5abc", 4);
    expect_int (mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA);
    mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
    raw_expect_end (fd);
    raw_close (fd);
    raw_close (listener);
}

/* A server that is written here, which has taken HELLO and, if so wished, has sent WELCOME. */
static int raw_server (struct scene *s, int *listener, int welcomed)
{
    struct frame f;
    const char *endpoint;
    unsigned char greeting[64];
    scene (s, 1);
    *listener = raw_listen (&endpoint);
    connect_to (s->client, endpoint);
    int fd = raw_accept (*listener);
    raw_greeting (fd, 3, 1, "PLAIN", 1);
    raw_take_greeting (fd, greeting);
    expect_true (raw_frame (fd, &f, LONG_MS));
    if (welcomed) {
        raw_command (fd, "WELCOME", "", 0);
        expect_true (raw_frame (fd, &f, LONG_MS));
    }
    return fd;
}

/* covers: ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_EVENT_DISCONNECTED */
static const struct told {
    const char *name, *reason;
    int event, value;
} told[] = {{"300", "\003300", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 300},
            {"400", "\003400", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400},
            {"500", "\003500", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 500},
            {"another_reason", "\003no!", 0, 0}};

static void client_is_told_of_an_error (const void *arg)
{
    const struct told *t = arg;
    for (int welcomed = 0; welcomed < 2; welcomed++) {
        struct scene s;
        int listener, fd = raw_server (&s, &listener, welcomed);
        row ("after WELCOME: %d", welcomed);
        raw_command (fd, "ERROR", t->reason, strlen (t->reason));
        if (t->event)
            expect_int (mon_expect (s.at_client, t->event).value, t->value);
        mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
        mon_nothing (s.at_client); /* no further attempt */
        raw_expect_end (fd);
        raw_close (fd);
        raw_close (listener);
    }
}

__attribute__ ((constructor)) static void register_told (void)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        case_add ("client_is_told_of_an_error", told[i].name, client_is_told_of_an_error, &told[i]);
}

CASE (server_that_hangs_up, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED ZMQ_EVENT_CONNECT_RETRIED")
{
    for (int welcomed = 0; welcomed < 2; welcomed++) {
        struct scene s;
        int listener, fd = raw_server (&s, &listener, welcomed);
        row ("after WELCOME: %d", welcomed);
        raw_close (fd);
        int error = mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
        expect_true (error == EPIPE || error == ECONNRESET);
        mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
        mon_expect (s.at_client, ZMQ_EVENT_CONNECT_RETRIED);
        raw_close (listener);
    }
}

CASE (client_that_hangs_up, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED")
{
    struct scene s;
    scene (&s, 0);
    zap_start (s.ctx, ZAP_ANSWER, "200", "");
    for (int stage = 0; stage < 2; stage++) {
        row ("after WELCOME: %d", stage);
        int fd = raw_client (&s);
        if (stage) {
            raw_command (fd, "HELLO", "\1u\1p", 4);
            raw_expect (fd, "04 08 07 57454c434f4d45");
        }
        raw_close (fd);
        int error = mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
        expect_true (error == EPIPE || error == ECONNRESET);
        mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    }
}
