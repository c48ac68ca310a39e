/* CURVE: between sockets, and what can be seen without cryptography on the wire. */
#include "zap.h"

struct scene {
    void *ctx, *server, *client, *at_server, *at_client;
};

static void make_server (void *s)
{
    set_int (s, ZMQ_CURVE_SERVER, 1);
    expect_ok (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, SERVER_SECRET, 40));
}

static void make_client (void *s, const char *server_key)
{
    expect_ok (zmq_setsockopt (s, ZMQ_CURVE_SERVERKEY, server_key, 40));
    expect_ok (zmq_setsockopt (s, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC, 40));
    expect_ok (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET, 40));
}

static void scene (struct scene *s)
{
    if (!zmq_has ("curve"))
        skip_case ("built without curve");
    s->ctx = ctx_new ();
    s->server = sock (s->ctx, ZMQ_DEALER);
    s->client = sock (s->ctx, ZMQ_DEALER);
    make_server (s->server);
    s->at_server = monitor (s->ctx, s->server, HANDSHAKE_EVENTS);
    s->at_client = monitor (s->ctx, s->client, HANDSHAKE_EVENTS | ZMQ_EVENT_CONNECT_RETRIED);
    set_int (s->client, ZMQ_RECONNECT_IVL, 50);
}

CASE_WIRE (without_a_handler, "ZMQ_CURVE_SERVER ZMQ_CURVE_SECRETKEY ZMQ_CURVE_PUBLICKEY ZMQ_CURVE_SERVERKEY "
                              "ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    struct scene s;
    scene (&s);
    make_client (s.client, SERVER_PUBLIC);
    pair_up (s.server, s.client, arg);
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    for (int i = 0; i < 10; i++) {
        send_parts (s.client, "a", "", "b", NULL);
        recv_parts (s.server, "a", "", "b", NULL);
        send_text (s.server, "c", 0);
        recv_last (s.client, "c");
    }
}

CASE (key_of_the_client_reaches_the_handler, "ZMQ_CURVE_PUBLICKEY zmq_msg_gets")
{
    struct scene s;
    uint8_t key[32];
    zmq_msg_t msg;
    scene (&s);
    make_client (s.client, SERVER_PUBLIC);
    zap_start (s.ctx, ZAP_ANSWER, "200", "client");
    pair_up (s.server, s.client, "tcp");
    send_text (s.client, "x", 0);
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_recv (&msg, s.server, 0), 1);
    expect_str (zmq_msg_gets (&msg, "User-Id"), "client");
    expect_str (zmq_msg_gets (&msg, "Hello"), "World");
    expect_ok (zmq_msg_close (&msg));
    expect_true (zmq_z85_decode (key, CLIENT_PUBLIC) != NULL);
    expect_int (zap_frames (), 7);
    zap_frame (2, "", 0); /* asked without a domain, too */
    zap_frame (5, "CURVE", 5);
    zap_frame (6, key, 32);
}

CASE (denied_by_the_handler, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH")
{
    struct scene s;
    scene (&s);
    make_client (s.client, SERVER_PUBLIC);
    zap_start (s.ctx, ZAP_ANSWER, "400", "");
    pair_up (s.server, s.client, "tcp");
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, 400);
    expect_int (mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, 400);
    mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
    mon_nothing (s.at_client);
}

static void refused_keys (const char *server_key, const char *public_key, const char *secret_key)
{
    struct scene s;
    scene (&s);
    expect_ok (zmq_setsockopt (s.client, ZMQ_CURVE_SERVERKEY, server_key, 40));
    expect_ok (zmq_setsockopt (s.client, ZMQ_CURVE_PUBLICKEY, public_key, 40));
    expect_ok (zmq_setsockopt (s.client, ZMQ_CURVE_SECRETKEY, secret_key, 40));
    pair_up (s.server, s.client, "tcp");
    struct event e = mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
    expect_int (e.value, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    zmq_send (s.client, "x", 1, ZMQ_DONTWAIT);
    recv_nothing (s.server);
}

#define ZERO_KEY "0000000000000000000000000000000000000000"

CASE (wrong_server_key, "ZMQ_CURVE_SERVERKEY ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    refused_keys (CLIENT_PUBLIC, CLIENT_PUBLIC, CLIENT_SECRET);
}

/* The client may refuse to make a box for it, so the server need not hear of it. */
CASE (zero_server_key, "ZMQ_CURVE_SERVERKEY")
{
    struct scene s;
    struct event e;
    scene (&s);
    make_client (s.client, ZERO_KEY);
    pair_up (s.server, s.client, "tcp");
    zmq_send (s.client, "x", 1, ZMQ_DONTWAIT);
    recv_nothing (s.server);
    while (monitor_next (s.at_server, &e, 0))
        expect_true (e.event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

CASE (zero_public_key, "ZMQ_CURVE_PUBLICKEY ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    refused_keys (SERVER_PUBLIC, ZERO_KEY, CLIENT_SECRET);
}

CASE (zero_secret_key, "ZMQ_CURVE_SECRETKEY ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    refused_keys (SERVER_PUBLIC, CLIENT_PUBLIC, ZERO_KEY);
}

CASE (mismatched_client_pair, "ZMQ_CURVE_PUBLICKEY ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    refused_keys (SERVER_PUBLIC, SERVER_PUBLIC, CLIENT_SECRET);
}

CASE (null_client_and_plain_client_mismatch, "ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH")
{
    for (int plain = 0; plain < 2; plain++) {
        struct scene s;
        scene (&s);
        if (plain)
            expect_ok (zmq_setsockopt (s.client, ZMQ_PLAIN_USERNAME, "u", 1));
        pair_up (s.server, s.client, "tcp");
        struct event e = mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
        expect_int (e.value, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
        mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    }
}

CASE (curve_client_of_a_null_server, "ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH")
{
    struct scene s;
    scene (&s);
    void *null_server = sock (s.ctx, ZMQ_DEALER);
    make_client (s.client, SERVER_PUBLIC);
    pair_up (null_server, s.client, "tcp");
    zmq_send (s.client, "x", 1, ZMQ_DONTWAIT);
    recv_nothing (null_server);
}

CASE (every_size_through_the_box, "ZMQ_CURVE")
{
    struct scene s;
    static char big[200000], got[200000];
    static const int sizes[] = {0, 1, 32, 33, 200, 222, 223, 224, 255, 256, 8191, 8192, 8193, 65536, 200000};
    scene (&s);
    make_client (s.client, SERVER_PUBLIC);
    pair_up (s.server, s.client, "tcp");
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char) (i * 13 + i / 256);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        row ("%d bytes", sizes[i]);
        expect_int (zmq_send (s.client, big, (size_t) sizes[i], 0), sizes[i]);
        expect_int (recv_bytes (s.server, got, sizeof got), sizes[i]);
        expect_mem (got, big, (size_t) sizes[i]);
    }
}

CASE (publish_subscribe_through_the_box, "ZMQ_CURVE ZMQ_SUBSCRIBE")
{
    struct scene s;
    scene (&s);
    void *pub = sock (s.ctx, ZMQ_XPUB), *sub = sock (s.ctx, ZMQ_SUB);
    make_server (pub);
    make_client (sub, SERVER_PUBLIC);
    subscribe (sub, "a");
    pair_up (pub, sub, "tcp");
    eventually ((kick (sub), get_int (pub, ZMQ_EVENTS) & ZMQ_POLLIN));
    recv_text (pub, "\1a");
    send_text (pub, "b", 0);
    send_text (pub, "ab", 0);
    recv_last (sub, "ab");
}

CASE (heartbeats_through_the_box, "ZMQ_CURVE ZMQ_HEARTBEAT_IVL")
{
    struct scene s;
    scene (&s);
    make_client (s.client, SERVER_PUBLIC);
    set_int (s.client, ZMQ_HEARTBEAT_IVL, 20);
    set_int (s.client, ZMQ_HEARTBEAT_TIMEOUT, 1000);
    set_int (s.server, ZMQ_HEARTBEAT_IVL, 20);
    set_int (s.server, ZMQ_HEARTBEAT_TIMEOUT, 1000);
    pair_up (s.server, s.client, "tcp");
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_nothing (s.at_client);
    send_text (s.client, "x", 0);
    recv_text (s.server, "x");
}

CASE (longest_routing_id_through_the_box, "ZMQ_CURVE ZMQ_ROUTING_ID")
{
    struct scene s;
    char id[256];
    scene (&s);
    void *router = sock (s.ctx, ZMQ_ROUTER);
    make_server (router);
    make_client (s.client, SERVER_PUBLIC);
    memset (id, 'I', 255);
    id[255] = 0;
    expect_ok (zmq_setsockopt (s.client, ZMQ_ROUTING_ID, id, 255));
    pair_up (router, s.client, "tcp");
    send_text (s.client, "x", 0);
    recv_parts (router, id, "x", NULL);
}

CASE (unauthenticated_peers_do_not_take_messages, "ZMQ_CURVE ZMQ_PUSH")
{
    struct scene s;
    unsigned char greeting[64];
    scene (&s);
    void *push = sock (s.ctx, ZMQ_PUSH), *pull = sock (s.ctx, ZMQ_PULL);
    make_server (push);
    make_client (pull, SERVER_PUBLIC);
    const char *endpoint = bind_any (push, "tcp");
    for (int i = 0; i < 5; i++) {
        int fd = raw_connect (endpoint);
        raw_greeting (fd, 3, 1, "CURVE", 0);
        raw_take_greeting (fd, greeting);
    }
    expect_errno (zmq_send (push, "x", 1, ZMQ_DONTWAIT), EAGAIN);
    connect_to (pull, endpoint);
    for (int i = 0; i < 20; i++)
        send_text (push, "x", 0);
    for (int i = 0; i < 20; i++)
        recv_text (pull, "x");
}

/* covers: ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND
 * covers: ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC */
CASE (server_refuses_bad_hello, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL")
{
    static unsigned char zeros[400];
    static const struct {
        const char *command;
        unsigned char major, minor;
        size_t size;
        int code;
    } rows[] = {{"HELLO", 1, 0, 193, 0x10000013}, {"HELLO", 1, 0, 195, 0x10000013}, {"HELLO", 2, 0, 194, 0x10000013},
                {"HELLO", 1, 1, 194, 0x10000013}, {"HELLO", 1, 0, 194, 0x11000001}, {"INITIATE", 0, 0, 300, 0x10000001},
                {"HELLX", 1, 0, 194, 0x10000001}};
    struct scene s;
    scene (&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char greeting[64], data[400];
        row ("%s %zu", rows[i].command, i);
        int fd = raw_connect (bind_any (s.server, "tcp"));
        raw_greeting (fd, 3, 1, "CURVE", 0);
        raw_take_greeting (fd, greeting);
        expect_mem (greeting + 12, "CURVE\0\0\0", 8);
        memcpy (data, zeros, sizeof data);
        data[0] = rows[i].major;
        data[1] = rows[i].minor;
        raw_command (fd, rows[i].command, data, rows[i].size);
        expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, rows[i].code);
        mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
        raw_expect_end (fd);
        raw_close (fd);
    }
}

CASE (client_hello_layout, "ZMQ_CURVE_SERVERKEY")
{
    struct scene s;
    struct frame f;
    const char *endpoint;
    unsigned char greeting[64], zeros[72] = {0};
    scene (&s);
    make_client (s.client, SERVER_PUBLIC);
    int listener = raw_listen (&endpoint);
    connect_to (s.client, endpoint);
    int fd = raw_accept (listener);
    raw_greeting (fd, 3, 1, "CURVE", 1);
    raw_take_greeting (fd, greeting);
    expect_true (raw_frame (fd, &f, LONG_MS));
    expect_int (f.flags, 4);
    expect_int (f.size, 200);
    expect_mem (f.body, "\5HELLO\1\0", 8);
    expect_mem (f.body + 8, zeros, 72);
    expect_mem (f.body + 112, "\0\0\0\0\0\0\0\1", 8); /* nonces start at 1 */
    raw_command (fd, "WELCOME", zeros, 10);
    expect_int (mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
    raw_close (fd);
    raw_close (listener);
}
