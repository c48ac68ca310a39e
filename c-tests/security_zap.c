/* What the servers of each mechanism make of what the ZAP handler does; the case itself is the handler. */
#include "zap.h"

static const char *const mechanisms[] = {"null", "plain", "curve"};
#define ENDPOINT "inproc://zeromq.zap.01"

struct scene {
    void *ctx, *handler, *server, *client, *at_server, *at_client;
    const char *mechanism;
};

/* The server, and what watches it. */
static void serve (struct scene *s, const char *mechanism)
{
    if (strcmp (mechanism, "curve") == 0 && !zmq_has ("curve"))
        skip_case ("built without curve");
    s->ctx = ctx_new ();
    s->mechanism = mechanism;
    s->server = sock (s->ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (s->server, ZMQ_ZAP_DOMAIN, "d", 1));
    if (strcmp (mechanism, "plain") == 0)
        set_int (s->server, ZMQ_PLAIN_SERVER, 1);
    if (strcmp (mechanism, "curve") == 0) {
        set_int (s->server, ZMQ_CURVE_SERVER, 1);
        expect_ok (zmq_setsockopt (s->server, ZMQ_CURVE_SECRETKEY, SERVER_SECRET, 40));
    }
    s->at_server = monitor (s->ctx, s->server, HANDSHAKE_EVENTS);
}

static void *new_client (struct scene *s)
{
    void *client = sock (s->ctx, ZMQ_DEALER);
    if (strcmp (s->mechanism, "plain") == 0) {
        expect_ok (zmq_setsockopt (client, ZMQ_PLAIN_USERNAME, "u", 1));
        expect_ok (zmq_setsockopt (client, ZMQ_PLAIN_PASSWORD, "p", 1));
    }
    if (strcmp (s->mechanism, "curve") == 0) {
        expect_ok (zmq_setsockopt (client, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC, 40));
        expect_ok (zmq_setsockopt (client, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC, 40));
        expect_ok (zmq_setsockopt (client, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET, 40));
    }
    set_int (client, ZMQ_RECONNECT_IVL, 50);
    return client;
}

static void scene (struct scene *s, const char *mechanism, int handler)
{
    serve (s, mechanism);
    if (handler != -1) {
        s->handler = sock (s->ctx, handler);
        expect_ok (zmq_bind (s->handler, ENDPOINT));
    }
    s->client = new_client (s);
    s->at_client = monitor (s->ctx, s->client, HANDSHAKE_EVENTS | ZMQ_EVENT_CONNECT_RETRIED);
}

/* Takes a request; the id of whom a ROUTER has to answer. */
struct asker {
    char id[16];
    int size;
};

static struct asker take_request (struct scene *s)
{
    struct asker who = {"", 0};
    char part[300];
    if (get_int (s->handler, ZMQ_TYPE) == ZMQ_ROUTER) {
        who.size = recv_bytes (s->handler, who.id, sizeof who.id);
        expect_int (recv_bytes (s->handler, part, sizeof part), 0);
    }
    expect_int (recv_bytes (s->handler, part, sizeof part), 3);
    while (get_int (s->handler, ZMQ_RCVMORE))
        recv_bytes (s->handler, part, sizeof part);
    return who;
}

struct part {
    const char *bytes;
    int size;
};

static void reply (struct scene *s, struct asker who, const struct part *parts, int count)
{
    if (who.size)
        expect_int (zmq_send (s->handler, who.id, (size_t) who.size, ZMQ_SNDMORE), who.size);
    for (int i = 0; i < count; i++)
        expect_int (zmq_send (s->handler, parts[i].bytes, (size_t) parts[i].size, i + 1 < count ? ZMQ_SNDMORE : 0), parts[i].size);
}

/* A reply as it should be, with the delimiter of a ROUTER. */
static void good_reply (struct part *parts, const char *status)
{
    const struct part good[] = {{"", 0}, {"1.0", 3}, {"1", 1}, {status, (int) strlen (status)}, {"text", 4}, {"user", 4}, {"", 0}};
    memcpy (parts, good, sizeof good);
}

static void answer (struct scene *s, struct asker who, const char *status)
{
    struct part parts[7];
    good_reply (parts, status);
    if (who.size)
        reply (s, who, parts, 7);
    else
        reply (s, who, parts + 1, 6);
}

/* covers: ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID
 * covers: ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY
 * covers: ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL */
static const struct wrong {
    const char *name;
    int index; /* of the part that is replaced */
    const char *bytes;
    int size, count, code;
} wrong_replies[] = {
  {"delimiter", 0, "x", 1, 7, 0x20000000},
  {"version", 1, "2.0", 3, 7, 0x20000003},
  {"empty_version", 1, "", 0, 7, 0x20000003},
  {"request_id", 2, "2", 1, 7, 0x20000002},
  {"empty_request_id", 2, "", 0, 7, 0x20000002},
  {"status_of_two_digits", 3, "20", 2, 7, 0x20000004},
  {"status_of_four_digits", 3, "2000", 4, 7, 0x20000004},
  {"empty_status", 3, "", 0, 7, 0x20000004},
  {"unknown_status", 3, "201", 3, 7, 0x20000004},
  {"no_digits", 3, "2x0", 3, 7, 0x20000004},
  {"metadata_of_one_byte", 6, "\1", 1, 7, 0x20000005},
  {"metadata_without_value", 6, "\1a", 2, 7, 0x20000005},
  {"metadata_with_half_a_value", 6, "\1a\0\0\0\2b", 7, 7, 0x20000005},
  {"metadata_with_a_huge_value", 6, "\1a\377\377\377\377b", 7, 7, 0x20000005},
  {"one_part", 0, "", 0, 1, 0x20000001},
  {"two_parts", 0, "", 0, 2, 0x20000001},
  {"six_parts", 0, "", 0, 6, 0x20000001},
  {"eight_parts", 0, "", 0, 8, 0x20000001},
};

/* The server says what was wrong and closes; its client hears nothing, and tries again. */
static void wrong_reply (const void *arg)
{
    const struct wrong *w = arg;
    for (int m = 0; m < 3; m++) {
        struct scene s;
        struct part parts[8] = {{"", 0}};
        row ("%s", mechanisms[m]);
        if (m == 2 && !zmq_has ("curve"))
            continue;
        scene (&s, mechanisms[m], ZMQ_ROUTER);
        pair_up (s.server, s.client, "tcp");
        struct asker who = take_request (&s);
        good_reply (parts, "200");
        parts[7] = parts[0];
        parts[w->index].bytes = w->bytes;
        parts[w->index].size = w->size;
        reply (&s, who, parts, w->count);
        expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, w->code);
        mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
        int error = mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
        expect_true (error == EPIPE || error == ECONNRESET);
        mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
        mon_expect (s.at_client, ZMQ_EVENT_CONNECT_RETRIED);
        take_request (&s); /* the next attempt is asked for anew */
        sock_close (s.client);
        sock_close (s.handler);
    }
}

__attribute__ ((constructor)) static void register_wrong (void)
{
    for (size_t i = 0; i < sizeof wrong_replies / sizeof *wrong_replies; i++)
        case_add ("wrong_reply", wrong_replies[i].name, wrong_reply, &wrong_replies[i]);
}

#define CASE_MECHANISMS(name, covers)                                                                                   \
    static void name (const void *arg);                                                                                 \
    __attribute__ ((constructor)) static void register_##name (void)                                                   \
    {                                                                                                                   \
        for (int i = 0; i < 3; i++)                                                                                     \
            case_add (#name, mechanisms[i], name, mechanisms[i]);                                                       \
    }                                                                                                                   \
    static void name (const void *arg)

static void refused (const char *mechanism, int handler, const char *status)
{
    struct scene s;
    scene (&s, mechanism, handler);
    row ("%s", status);
    pair_up (s.server, s.client, "tcp");
    answer (&s, take_request (&s), status);
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, atoi (status));
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    expect_int (mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, atoi (status));
    mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
    mon_nothing (s.at_client); /* no further attempt */
    sock_close (s.client);
    sock_close (s.handler);
}

CASE_MECHANISMS (refused_with_a_status, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_EVENT_DISCONNECTED")
{
    refused (arg, ZMQ_REP, "400");
    refused (arg, ZMQ_ROUTER, "400");
    refused (arg, ZMQ_REP, "500");
    refused (arg, ZMQ_ROUTER, "500");
}

/* Nobody is told but the server's monitor; the connection idles until the handshake's time is over. */
CASE_MECHANISMS (refused_in_silence, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_HANDSHAKE_IVL")
{
    struct scene s;
    scene (&s, arg, ZMQ_ROUTER);
    set_int (s.server, ZMQ_HANDSHAKE_IVL, 400);
    pair_up (s.server, s.client, "tcp");
    answer (&s, take_request (&s), "300");
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, 300);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
    mon_expect (s.at_client, ZMQ_EVENT_CONNECT_RETRIED);
    recv_nothing (s.server);
}

CASE_MECHANISMS (accepted_by_a_router, "ZMQ_EVENT_HANDSHAKE_SUCCEEDED zmq_msg_gets")
{
    struct scene s;
    zmq_msg_t msg;
    scene (&s, arg, ZMQ_ROUTER);
    pair_up (s.server, s.client, "tcp");
    struct asker who = take_request (&s);
    mon_nothing (s.at_server); /* nothing happens before the answer */
    answer (&s, who, "200");
    answer (&s, who, "400"); /* a second answer means nothing */
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_text (s.client, "x", 0);
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_recv (&msg, s.server, 0), 1);
    expect_str (zmq_msg_gets (&msg, "User-Id"), "user");
    expect_ok (zmq_msg_close (&msg));
}

/* Several are asked for at once and answered in another order: nobody waits for anybody else. */
CASE_MECHANISMS (answers_in_another_order, "ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    struct scene s;
    void *clients[3];
    struct asker who[3];
    scene (&s, arg, ZMQ_ROUTER);
    const char *endpoint = bind_any (s.server, "tcp");
    for (int i = 0; i < 3; i++) {
        clients[i] = new_client (&s);
        connect_to (clients[i], endpoint);
        send_text (clients[i], i == 0 ? "0" : i == 1 ? "1" : "2", 0);
        who[i] = take_request (&s);
    }
    for (int i = 2; i >= 0; i--) {
        recv_nothing (s.server);
        answer (&s, who[i], "200");
        recv_last (s.server, i == 0 ? "0" : i == 1 ? "1" : "2");
    }
}

CASE_MECHANISMS (handler_that_never_answers, "ZMQ_HANDSHAKE_IVL ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED")
{
    struct scene s;
    scene (&s, arg, ZMQ_REP);
    set_int (s.server, ZMQ_HANDSHAKE_IVL, 300);
    long start = now_ms ();
    pair_up (s.server, s.client, "tcp");
    take_request (&s);
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    expect_true (now_ms () - start >= 290);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    mon_expect (s.at_client, ZMQ_EVENT_DISCONNECTED);
    mon_expect (s.at_client, ZMQ_EVENT_CONNECT_RETRIED);
}

CASE_MECHANISMS (client_that_leaves_while_the_handler_thinks, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED EPIPE")
{
    struct scene s;
    scene (&s, arg, ZMQ_ROUTER);
    pair_up (s.server, s.client, "tcp");
    struct asker who = take_request (&s);
    sock_close (s.client);
    int error = mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
    expect_true (error == EPIPE || error == ECONNRESET);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    answer (&s, who, "200"); /* nobody is there to take it */
    void *next = new_client (&s);
    connect_to (next, last_endpoint (s.server));
    answer (&s, take_request (&s), "200");
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

/* The handler's socket goes away with the question: the handshake stays as it is until the peer or the timer ends it. */
CASE_MECHANISMS (handler_that_dies, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED EPIPE")
{
    struct scene s;
    scene (&s, arg, ZMQ_REP);
    pair_up (s.server, s.client, "tcp");
    take_request (&s);
    sock_close (s.handler);
    send_text (s.client, "x", 0);
    recv_nothing (s.server);
    sock_close (s.client);
    int error = mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
    expect_true (error == EPIPE || error == ECONNRESET);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
}

CASE_MECHANISMS (handler_that_dies_without_reading, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_DISCONNECTED EPIPE")
{
    struct scene s;
    scene (&s, arg, ZMQ_REP);
    pair_up (s.server, s.client, "tcp");
    wait_in (s.handler);
    sock_close (s.handler);
    recv_nothing (s.server);
    sock_close (s.client);
    int error = mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
    expect_true (error == EPIPE || error == ECONNRESET);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
}

static void without_a_handler (struct scene *s)
{
    if (strcmp (s->mechanism, "plain") != 0) {
        mon_expect (s->at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        mon_expect (s->at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        return;
    }
    expect_int (mon_expect (s->at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value, EFAULT);
    mon_expect (s->at_server, ZMQ_EVENT_DISCONNECTED);
    int error = mon_expect (s->at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
    expect_true (error == EPIPE || error == ECONNRESET);
    mon_expect (s->at_client, ZMQ_EVENT_DISCONNECTED);
    mon_expect (s->at_client, ZMQ_EVENT_CONNECT_RETRIED);
}

CASE_MECHANISMS (no_handler, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL EFAULT")
{
    struct scene s;
    scene (&s, arg, -1);
    pair_up (s.server, s.client, "tcp");
    without_a_handler (&s);
}

/* Only REP, ROUTER and SERVER can answer: anything else that has the name is no handler. */
CASE_MECHANISMS (handler_of_a_wrong_type, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL EFAULT")
{
    static const int types[] = {ZMQ_PAIR, ZMQ_PUB, ZMQ_SUB, ZMQ_REQ, ZMQ_DEALER, ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct scene s;
        row ("type %d", types[i]);
        scene (&s, arg, types[i]);
        pair_up (s.server, s.client, "tcp");
        without_a_handler (&s);
        sock_close (s.client);
        sock_close (s.handler);
    }
}

CASE_MECHANISMS (handler_that_was_closed_is_no_handler, "ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    struct scene s;
    scene (&s, arg, ZMQ_REP);
    const char *endpoint = bind_any (s.server, "tcp");
    void *first = new_client (&s);
    connect_to (first, endpoint);
    answer (&s, take_request (&s), "200");
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    sock_close (s.handler);
    void *probe = sock (s.ctx, ZMQ_PAIR); /* the name is free once another socket can have it */
    eventually (zmq_bind (probe, ENDPOINT) == 0);
    expect_ok (zmq_unbind (probe, ENDPOINT));
    connect_to (s.client, endpoint);
    without_a_handler (&s);
    send_text (first, "x", 0); /* who is in stays in */
    recv_last (s.server, "x");
}

/* ---- commands that come while the handler thinks ---- */

static int raw_peer (struct scene *s, const char *mechanism)
{
    unsigned char greeting[64];
    int fd = raw_connect (bind_any (s->server, "tcp"));
    raw_greeting (fd, 3, 1, mechanism, 0);
    raw_take_greeting (fd, greeting);
    return fd;
}

CASE (null_command_during_the_wait, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND")
{
    struct scene s;
    scene (&s, "null", ZMQ_REP);
    int fd = raw_peer (&s, "NULL");
    raw_ready (fd, "DEALER", NULL);
    take_request (&s);
    raw_expect_quiet (fd); /* no READY before the answer */
    raw_ready (fd, "DEALER", NULL);
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    raw_expect_end (fd);
    answer (&s, (struct asker) {"", 0}, "200");
}

CASE (plain_command_during_the_wait, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED")
{
    static const char *const commands[] = {"INITIATE", "HELLO", "MESSAGE", "ERROR"};
    for (int i = 0; i < 4; i++) {
        struct scene s;
        row ("%s", commands[i]);
        scene (&s, "plain", ZMQ_REP);
        int fd = raw_peer (&s, "PLAIN");
        raw_command (fd, "HELLO", "\1u\1p", 4);
        take_request (&s);
        raw_expect_quiet (fd);
        raw_command (fd, commands[i], "", 0);
        expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value, ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED);
        mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
        raw_expect_end (fd);
        sock_close (s.handler);
    }
}

/* Nothing that a peer says before it is let in reaches the application, even when it is let in later. */
CASE (messages_before_the_answer_are_an_error, "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL")
{
    struct scene s;
    scene (&s, "null", ZMQ_REP);
    int fd = raw_peer (&s, "NULL");
    raw_ready (fd, "DEALER", NULL);
    take_request (&s);
    raw_message (fd, "early", 0);
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
    mon_expect (s.at_server, ZMQ_EVENT_DISCONNECTED);
    answer (&s, (struct asker) {"", 0}, "200");
    recv_nothing (s.server);
    raw_expect_end (fd);
}
