/* NULL with a ZAP domain, and the replies of the handler. */
#include "zap.h"

struct scene {
    void *ctx, *server, *client, *at_server, *at_client;
};

static void scene (struct scene *s, const char *domain)
{
    s->ctx = ctx_new ();
    s->server = sock (s->ctx, ZMQ_DEALER);
    s->client = sock (s->ctx, ZMQ_DEALER);
    if (domain)
        expect_ok (zmq_setsockopt (s->server, ZMQ_ZAP_DOMAIN, domain, strlen (domain)));
    s->at_server = monitor (s->ctx, s->server, HANDSHAKE_EVENTS);
    s->at_client = monitor (s->ctx, s->client, HANDSHAKE_EVENTS | ZMQ_EVENT_CONNECT_RETRIED);
    set_int (s->client, ZMQ_RECONNECT_IVL, 50);
}

CASE (no_domain_asks_nobody, "ZMQ_ZAP_DOMAIN")
{
    struct scene s;
    scene (&s, NULL);
    zap_start (s.ctx, ZAP_ANSWER, "400", "");
    pair_up (s.server, s.client, "tcp");
    send_text (s.client, "x", 0);
    recv_text (s.server, "x");
    expect_int (zap_requests (), 0);
}

CASE (domain_without_a_handler_is_tolerated, "ZMQ_ZAP_DOMAIN")
{
    struct scene s;
    scene (&s, "d");
    pair_up (s.server, s.client, "tcp");
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_text (s.client, "x", 0);
    recv_text (s.server, "x");
}

CASE (accepted_request_and_metadata, "ZMQ_ZAP_DOMAIN zmq_msg_gets")
{
    struct scene s;
    zmq_msg_t msg;
    scene (&s, "dom");
    expect_ok (zmq_setsockopt (s.server, ZMQ_ROUTING_ID, "srv", 3));
    zap_start (s.ctx, ZAP_ANSWER, "200", "anonymous");
    pair_up (s.server, s.client, "tcp");
    send_parts (s.client, "one", "two", NULL);
    expect_ok (zmq_msg_init (&msg));
    for (int i = 0; i < 2; i++) {
        expect_int (zmq_msg_recv (&msg, s.server, 0), 3);
        expect_str (zmq_msg_gets (&msg, "User-Id"), "anonymous");
        expect_str (zmq_msg_gets (&msg, "Hello"), "World");
        expect_str (zmq_msg_gets (&msg, "Socket-Type"), "DEALER");
        expect_null_errno (zmq_msg_gets (&msg, "hello"), EINVAL);
    }
    expect_ok (zmq_msg_close (&msg));
    expect_int (zap_requests (), 1);
    expect_int (zap_frames (), 6);
    zap_frame (0, "1.0", 3);
    zap_frame (1, "1", 1);
    zap_frame (2, "dom", 3);
    zap_frame (3, "127.0.0.1", 9);
    zap_frame (4, "srv", 3); /* the server's own id */
    zap_frame (5, "NULL", 4);
}

CASE (ipc_address_in_the_request, "ZMQ_ZAP_DOMAIN")
{
    struct scene s;
    scene (&s, "dom");
    zap_start (s.ctx, ZAP_ANSWER, "200", "");
    pair_up (s.server, s.client, "ipc");
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    zmq_msg_t msg;
    send_text (s.client, "x", 0);
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_recv (&msg, s.server, 0), 1);
    expect_str (zmq_msg_gets (&msg, "User-Id"), "");
    const char *address = zmq_msg_gets (&msg, "Peer-Address");
    expect_true (address != NULL);
    zap_frame (3, address, strlen (address));
    expect_ok (zmq_msg_close (&msg));
}

static void denied (const char *status)
{
    struct scene s;
    scene (&s, "d");
    zap_start (s.ctx, ZAP_ANSWER, status, "");
    pair_up (s.server, s.client, "tcp");
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, atoi (status));
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    expect_int (mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, atoi (status));
    mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
    mon_nothing (s.at_client);
    zmq_send (s.client, "x", 1, ZMQ_DONTWAIT); /* the pipe may be gone by now */
    recv_nothing (s.server);
    expect_int (zap_requests (), 1);
}

CASE (status_400, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_EVENT_DISCONNECTED")
{
    denied ("400");
}

CASE (status_500, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_EVENT_DISCONNECTED")
{
    denied ("500");
}

CASE (status_300_is_silent, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH")
{
    struct scene s;
    scene (&s, "d");
    zap_start (s.ctx, ZAP_ANSWER, "300", "");
    pair_up (s.server, s.client, "tcp");
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, 300);
    mon_nothing (s.at_client);
    send_text (s.client, "x", 0);
    recv_nothing (s.server);
}

/* covers: ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID
 * covers: ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY
 * covers: ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA */
static const struct malformed {
    const char *name;
    enum zap_mode mode;
    int code;
} malformed[] = {
  {"bad_version", ZAP_BAD_VERSION, 0x20000003}, {"bad_request_id", ZAP_BAD_ID, 0x20000002},
  {"bad_status", ZAP_BAD_STATUS, 0x20000004},   {"too_few_frames", ZAP_TOO_FEW, 0x20000001},
  {"too_many_frames", ZAP_TOO_MANY, 0x20000001}, {"bad_metadata", ZAP_BAD_METADATA, 0x20000005},
};

static void malformed_reply (const void *arg)
{
    const struct malformed *m = arg;
    struct scene s;
    scene (&s, "d");
    zap_start (s.ctx, m->mode, "200", "");
    pair_up (s.server, s.client, "tcp");
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, m->code);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
    mon_expect (s.at_client, ZMQ_EVENT_CONNECT_RETRIED);
}

__attribute__ ((constructor)) static void register_malformed (void)
{
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        case_add ("malformed_reply", malformed[i].name, malformed_reply, &malformed[i]);
}

/* A handler that is a ROUTER sees the frame that a REP takes away, and puts it back, or something else. */
static void by_router (const char *delimiter, struct scene *s)
{
    char frame[256], id[16];
    scene (s, "d");
    void *router = sock (s->ctx, ZMQ_ROUTER);
    expect_ok (zmq_bind (router, "inproc://zeromq.zap.01"));
    pair_up (s->server, s->client, "tcp");
    int size = recv_bytes (router, id, sizeof id);
    recv_more (router, "");
    recv_more (router, "1.0");
    recv_more (router, "1");
    recv_more (router, "d");
    while (get_int (router, ZMQ_RCVMORE))
        recv_bytes (router, frame, sizeof frame);
    expect_int (zmq_send (router, id, (size_t) size, ZMQ_SNDMORE), size);
    send_parts (router, delimiter, "1.0", "1", "200", "", "someone", "", NULL);
}

CASE (router_as_a_handler, "ZMQ_ZAP_DOMAIN ZMQ_ROUTER")
{
    struct scene s;
    by_router ("", &s);
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

CASE (reply_without_a_delimiter, "ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL")
{
    struct scene s;
    by_router ("x", &s);
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
}

CASE (handler_that_never_answers, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL")
{
    struct scene s;
    scene (&s, "d");
    zap_start (s.ctx, ZAP_SILENT, "200", "");
    pair_up (s.server, s.client, "tcp");
    eventually (zap_requests () == 1);
    mon_nothing (s.at_server);
    sock_close (s.client);
    struct event e = mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    expect_true (e.value == EPIPE || e.value == ECONNRESET);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
}

CASE (handler_bound_later_is_asked, "ZMQ_ZAP_DOMAIN")
{
    struct scene s;
    scene (&s, "d");
    const char *endpoint = bind_any (s.server, "tcp");
    zap_start (s.ctx, ZAP_ANSWER, "200", "late");
    connect_to (s.client, endpoint);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    expect_int (zap_requests (), 1);
}

CASE (handler_of_a_wrong_type_counts_as_none, "ZMQ_ZAP_DOMAIN")
{
    struct scene s;
    scene (&s, "d");
    void *wrong = sock (s.ctx, ZMQ_PULL);
    expect_ok (zmq_bind (wrong, "inproc://zeromq.zap.01"));
    pair_up (s.server, s.client, "tcp");
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

/* ---- every way in which the handshake can end, on either side ---- */

/* covers: ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR
 * covers: ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_EVENT_DISCONNECTED */
static const struct ending {
    const char *name, *hex; /* NULL: the peer hangs up */
    int event, value;       /* 0: DISCONNECTED alone */
} endings[] = {
  {"unknown_command", "04 04 03 464f4f", ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x10000001},
  {"command_of_another_mechanism", "04 08 07 57454c434f4d45", ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x10000001},
  {"message_instead_of_ready", "00 05 68656c6c6f", ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x10000001},
  {"empty_command", "04 00", ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x10000001},
  {"half_a_name", "04 03 05 5245", ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x10000001},
  {"error_without_a_reason", "04 06 05 4552524f52", ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x10000015},
  {"error_with_half_a_reason", "04 09 05 4552524f52 05 6162", ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x10000015},
  {"error_300", "04 0a 05 4552524f52 03 333030", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 300},
  {"error_400", "04 0a 05 4552524f52 03 343030", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400},
  {"error_500", "04 0a 05 4552524f52 03 353030", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 500},
  {"error_with_another_reason", "04 0a 05 4552524f52 03 6e6f21", 0, 0},
  {"half_a_property", "04 09 05 5245414459 05 6162", 0, 0},
  {"half_a_value", "04 0d 05 5245414459 01 61 00000005 62", 0, 0},
  {"type_that_does_not_fit", "04 19 05 5245414459 0b 536f636b65742d54797065 00000003 535542", 0, 0},
  {"unknown_type", "04 19 05 5245414459 0b 536f636b65742d54797065 00000003 464f4f", 0, 0},
  {"hang_up", NULL, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, 0},
};

static void ends (void *mon, int fd, const struct ending *e)
{
    unsigned char greeting[64];
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    if (e->hex)
        raw_hex (fd, e->hex);
    else
        raw_close (fd);
    if (e->event) {
        int value = mon_expect (mon, e->event).value;
        expect_true (e->hex ? value == e->value : value == EPIPE || value == ECONNRESET);
    }
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    if (e->hex) {
        raw_expect_end (fd);
        raw_close (fd);
    }
}

static void ending_of_the_bound_side (const void *arg)
{
    struct scene s;
    scene (&s, NULL);
    ends (s.at_server, raw_connect (bind_any (s.server, "tcp")), arg);
    mon_nothing (s.at_server);
    connect_to (s.client, last_endpoint (s.server));
    send_text (s.client, "x", 0);
    recv_last (s.server, "x"); /* who comes next is served */
}

/* It comes again after a peer that hung up, and never again after one that broke the protocol. */
static void ending_of_the_connecting_side (const void *arg)
{
    const struct ending *e = arg;
    struct scene s;
    const char *endpoint;
    scene (&s, NULL);
    int listener = raw_listen (&endpoint);
    connect_to (s.client, endpoint);
    ends (s.at_client, raw_accept (listener), e);
    if (e->hex)
        mon_nothing (s.at_client);
    else
        mon_expect (s.at_client, ZMQ_EVENT_CONNECT_RETRIED);
    raw_close (listener);
}

__attribute__ ((constructor)) static void register_endings (void)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        case_add ("ending_of_the_bound_side", endings[i].name, ending_of_the_bound_side, &endings[i]);
        case_add ("ending_of_the_connecting_side", endings[i].name, ending_of_the_connecting_side, &endings[i]);
    }
}
