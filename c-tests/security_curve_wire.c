/* CURVE byte by byte: raw peers that can make boxes, against a server and against a client. */
#include "curve_peer.h"

struct scene {
    void *ctx, *s, *mon;
    const char *endpoint;
    int listener;
    struct curve_peer peer;
};

static void server_scene (struct scene *s)
{
    if (!zmq_has ("curve"))
        skip_case ("built without curve");
    s->ctx = ctx_new ();
    s->s = sock (s->ctx, ZMQ_DEALER);
    set_int (s->s, ZMQ_CURVE_SERVER, 1);
    expect_ok (zmq_setsockopt (s->s, ZMQ_CURVE_SECRETKEY, SERVER_SECRET, 40));
    s->mon = monitor (s->ctx, s->s, HANDSHAKE_EVENTS);
    s->endpoint = bind_any (s->s, "tcp");
}

static void client_scene (struct scene *s)
{
    if (!zmq_has ("curve"))
        skip_case ("built without curve");
    s->ctx = ctx_new ();
    s->s = sock (s->ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (s->s, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC, 40));
    expect_ok (zmq_setsockopt (s->s, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC, 40));
    expect_ok (zmq_setsockopt (s->s, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET, 40));
    s->mon = monitor (s->ctx, s->s, HANDSHAKE_EVENTS);
    s->listener = raw_listen (&s->endpoint);
    connect_to (s->s, s->endpoint);
    curve_server (&s->peer, raw_accept (s->listener));
}

/* The failure is told with its code, then the connection is closed. */
static void expect_failure (struct scene *s, int code)
{
    expect_int (mon_expect (s->mon, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, code);
    mon_expect (s->mon, ZMQ_EVENT_DISCONNECTED);
    raw_expect_end (s->peer.fd);
    raw_close (s->peer.fd);
}

static void shaken_hands (struct scene *s)
{
    server_scene (s);
    curve_client (&s->peer, s->endpoint);
    curve_hello (&s->peer);
    curve_take_welcome (&s->peer);
    curve_initiate (&s->peer, "INITIATE", CURVE_HONEST, 0);
    curve_take_ready (&s->peer);
    mon_expect (s->mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

CASE (server_and_its_messages, "ZMQ_CURVE_SERVER ZMQ_CURVE_SECRETKEY ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    struct scene s;
    uint8_t body[4096];
    size_t size;
    shaken_hands (&s);
    curve_send (&s.peer, 1, "one", 3);
    curve_send (&s.peer, 0, "two", 3);
    recv_parts (s.s, "one", "two", NULL);
    send_parts (s.s, "three", "", NULL);
    expect_int (curve_receive (&s.peer, body, &size), 1);
    expect_int (size, 5);
    expect_mem (body, "three", 5);
    expect_int (curve_receive (&s.peer, body, &size), 0);
    expect_int (size, 0);
    raw_close (s.peer.fd);
}

CASE (commands_travel_in_the_box, "ZMQ_CURVE")
{
    struct scene s;
    uint8_t body[4096];
    size_t size;
    shaken_hands (&s);
    curve_send (&s.peer, 2, "\4PING\0\0abc", 10);
    expect_int (curve_receive (&s.peer, body, &size), 2);
    expect_int (size, 8);
    expect_mem (body, "\4PONGabc", 8);
    recv_nothing (s.s);
    raw_close (s.peer.fd);
}

/* Counters may leave some out. */
CASE (counters_may_jump, "ZMQ_CURVE")
{
    struct scene s;
    shaken_hands (&s);
    s.peer.counter += 1000;
    curve_send (&s.peer, 0, "far", 3);
    s.peer.counter = UINT64_MAX - 1;
    curve_send (&s.peer, 0, "end", 3);
    recv_last (s.s, "far");
    recv_last (s.s, "end");
    raw_close (s.peer.fd);
}

CASE (server_refuses_a_repeated_counter, "ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL")
{
    for (int back = 1; back < 3; back++) {
        struct scene s;
        shaken_hands (&s);
        row ("%d back", back);
        curve_send (&s.peer, 0, "one", 3);
        curve_send (&s.peer, 0, "two", 3);
        s.peer.counter -= (uint64_t) back;
        curve_send (&s.peer, 0, "again", 5);
        recv_last (s.s, "one");
        recv_last (s.s, "two");
        expect_failure (&s, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE);
        recv_nothing (s.s);
    }
}

CASE (server_refuses_a_short_message, "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE")
{
    struct scene s;
    uint8_t command[100];
    shaken_hands (&s);
    size_t size = curve_message (&s.peer, command, s.peer.counter, 0, "", 0);
    expect_int (size + 8, 33);
    raw_command (s.peer.fd, "MESSAGE", command, size - 1);
    expect_failure (&s, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE);
}

CASE (server_refuses_a_torn_message, "ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    struct scene s;
    uint8_t command[100];
    shaken_hands (&s);
    size_t size = curve_message (&s.peer, command, s.peer.counter, 0, "text", 4);
    command[size - 1] ^= 0x80;
    raw_command (s.peer.fd, "MESSAGE", command, size);
    expect_failure (&s, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    recv_nothing (s.s);
}

CASE (server_refuses_plain_text_after_the_handshake, "ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND "
                                                     "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED")
{
    static const struct {
        const char *text;
        int code;
    } rows[] = {{"\7MESSAGF and thirty or more bytes behind it", ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
                {"the first letter is a length beyond the end", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED}};
    for (int i = 0; i < 2; i++) {
        struct scene s;
        shaken_hands (&s);
        row ("%s", rows[i].text);
        raw_message (s.peer.fd, rows[i].text, 0);
        expect_failure (&s, rows[i].code);
        recv_nothing (s.s);
    }
}

/* covers: ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE
 * covers: ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND */
static const struct initiate {
    const char *label, *name;
    enum curve_lie lie;
    size_t cut;
    int code;
} initiates[] = {{"wrong_name", "INITIATX", CURVE_HONEST, 0, 0x10000001},
                 {"too_short", "INITIATE", CURVE_HONEST, 37, 0x10000014},
                 {"cut", "INITIATE", CURVE_HONEST, 1, 0x11000001},
                 {"other_cookie", "INITIATE", CURVE_OTHER_COOKIE, 0, 0x11000001},
                 {"torn_box", "INITIATE", CURVE_TORN_BOX, 0, 0x11000001},
                 {"other_vouch", "INITIATE", CURVE_OTHER_VOUCH, 0, 0x11000001},
                 {"other_key_in_the_vouch", "INITIATE", CURVE_OTHER_KEY_IN_VOUCH, 0, 0x10000003}};

static void bad_initiate (const void *arg)
{
    const struct initiate *row = arg;
    struct scene s;
    server_scene (&s);
    curve_client (&s.peer, s.endpoint);
    curve_hello (&s.peer);
    curve_take_welcome (&s.peer);
    curve_initiate (&s.peer, row->name, row->lie, row->cut);
    expect_failure (&s, row->code);
}

__attribute__ ((constructor)) static void register_initiates (void)
{
    for (size_t i = 0; i < sizeof initiates / sizeof *initiates; i++)
        case_add ("bad_initiate", initiates[i].label, bad_initiate, &initiates[i]);
}

CASE (bad_metadata_in_initiate_closes, "ZMQ_CURVE_SERVER ZMQ_EVENT_DISCONNECTED")
{
    struct scene s;
    struct event e;
    server_scene (&s);
    curve_client (&s.peer, s.endpoint);
    curve_hello (&s.peer);
    curve_take_welcome (&s.peer);
    curve_initiate (&s.peer, "INITIATE", CURVE_BAD_METADATA, 0);
    do {
        expect_true (monitor_next (s.mon, &e, LONG_MS));
        expect_true (e.event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    } while (e.event != ZMQ_EVENT_DISCONNECTED);
    raw_expect_end (s.peer.fd);
    raw_close (s.peer.fd);
}

CASE (hello_twice, "ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND")
{
    struct scene s;
    server_scene (&s);
    curve_client (&s.peer, s.endpoint);
    curve_hello (&s.peer);
    curve_take_welcome (&s.peer);
    curve_hello (&s.peer);
    expect_failure (&s, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
}

CASE (hello_may_count_from_0, "ZMQ_CURVE_SERVER")
{
    struct scene s;
    server_scene (&s);
    curve_client (&s.peer, s.endpoint);
    s.peer.counter = 0;
    curve_hello (&s.peer);
    curve_take_welcome (&s.peer);
    raw_close (s.peer.fd);
}

/* ---- a client ---- */

CASE (client_and_its_messages, "ZMQ_CURVE_SERVERKEY ZMQ_CURVE_PUBLICKEY ZMQ_CURVE_SECRETKEY")
{
    struct scene s;
    uint8_t body[4096], key[32];
    size_t size;
    client_scene (&s);
    curve_take_hello (&s.peer);
    curve_welcome (&s.peer, CURVE_HONEST, 160);
    curve_take_initiate (&s.peer);
    zmq_z85_decode (key, CLIENT_PUBLIC);
    expect_mem (s.peer.their_long, key, 32);
    curve_ready (&s.peer, CURVE_HONEST, 0);
    mon_expect (s.mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    curve_send (&s.peer, 0, "in", 2);
    recv_last (s.s, "in");
    send_text (s.s, "out", 0);
    expect_int (curve_receive (&s.peer, body, &size), 0);
    expect_int (size, 3);
    expect_mem (body, "out", 3);
    raw_close (s.peer.fd);
    raw_close (s.listener);
}

static void bad_welcome (enum curve_lie lie, size_t size)
{
    struct scene s;
    client_scene (&s);
    curve_take_hello (&s.peer);
    curve_welcome (&s.peer, lie, size);
    expect_failure (&s, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    mon_nothing (s.mon); /* and does not try again */
    raw_close (s.listener);
}

CASE (client_refuses_a_bad_welcome, "ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL")
{
    bad_welcome (CURVE_TORN_BOX, 160);
    bad_welcome (CURVE_HONEST, 159);
    bad_welcome (CURVE_HONEST, 161);
}

/* covers: ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA */
static const struct ready {
    const char *label;
    enum curve_lie lie;
    size_t cut;
    int code;
} readies[] = {{"too_short", CURVE_HONEST, 24, 0x10000016},
               {"cut", CURVE_HONEST, 1, 0x11000001},
               {"torn_box", CURVE_TORN_BOX, 0, 0x11000001},
               {"bad_metadata", CURVE_BAD_METADATA, 0, 0x10000018}};

static void bad_ready (const void *arg)
{
    const struct ready *row = arg;
    struct scene s;
    client_scene (&s);
    curve_take_hello (&s.peer);
    curve_welcome (&s.peer, CURVE_HONEST, 160);
    curve_take_initiate (&s.peer);
    curve_ready (&s.peer, row->lie, row->cut);
    expect_failure (&s, row->code);
    raw_close (s.listener);
}

__attribute__ ((constructor)) static void register_readies (void)
{
    for (size_t i = 0; i < sizeof readies / sizeof *readies; i++)
        case_add ("bad_ready", readies[i].label, bad_ready, &readies[i]);
}

CASE (client_takes_an_error, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR")
{
    for (int malformed = 0; malformed < 2; malformed++) {
        struct scene s;
        client_scene (&s);
        curve_take_hello (&s.peer);
        curve_welcome (&s.peer, CURVE_HONEST, 160);
        curve_take_initiate (&s.peer);
        raw_command (s.peer.fd, "ERROR", malformed ? "\6" "400" : "\3" "400", 4);
        if (malformed) {
            expect_failure (&s, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR);
        } else {
            expect_int (mon_expect (s.mon, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, 400);
            mon_expect (s.mon, ZMQ_EVENT_DISCONNECTED);
            raw_close (s.peer.fd);
        }
        mon_nothing (s.mon);
        raw_close (s.listener);
    }
}
