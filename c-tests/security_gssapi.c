/* GSSAPI: between sockets, and against raw peers. What needs a Kerberos realm runs where tests/gssapi/run has started one:
 * with the service zmq/localhost and the users alice and bob/localhost of ZMQ.TEST, whose keys are all in one file. */
#include "zap.h"

#include <sys/stat.h>
#include <unistd.h>

struct scene {
    void *ctx, *server, *client, *at_server, *at_client;
};

static void need_mechanism (void)
{
    if (!zmq_has ("gssapi"))
        skip_case ("built without gssapi");
}

static void need_realm (void)
{
    need_mechanism ();
    if (!getenv ("KRB5_KTNAME") || !getenv ("KRB5_CLIENT_KTNAME"))
        skip_case ("no realm");
}

static void text (void *s, int option, const char *value)
{
    expect_ok (zmq_setsockopt (s, option, value, strlen (value)));
}

/* A client called alice, and a server that is the service. */
static void scene (struct scene *s)
{
    s->ctx = ctx_new ();
    s->server = sock (s->ctx, ZMQ_DEALER);
    s->client = sock (s->ctx, ZMQ_DEALER);
    set_int (s->server, ZMQ_GSSAPI_SERVER, 1);
    text (s->server, ZMQ_GSSAPI_PRINCIPAL, "zmq@localhost");
    text (s->client, ZMQ_GSSAPI_PRINCIPAL, "alice");
    set_int (s->client, ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, ZMQ_GSSAPI_NT_USER_NAME);
    text (s->client, ZMQ_GSSAPI_SERVICE_PRINCIPAL, "zmq@localhost");
    s->at_server = monitor (s->ctx, s->server, HANDSHAKE_EVENTS);
    s->at_client = monitor (s->ctx, s->client, HANDSHAKE_EVENTS | ZMQ_EVENT_CONNECT_RETRIED);
    set_int (s->client, ZMQ_RECONNECT_IVL, 50);
}

static void converse (struct scene *s)
{
    send_parts (s->client, "a", "", "b", NULL);
    recv_parts (s->server, "a", "", "b", NULL);
    send_text (s->server, "c", 0);
    recv_last (s->client, "c");
}

/* The next event is a failure of the handshake, and the connection ends. */
static int failure (void *mon, int event)
{
    int value = mon_expect (mon, event).value;
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    return value;
}

/* ---- without a realm ---- */

static int raw_client (struct scene *s)
{
    unsigned char greeting[64];
    int fd = raw_connect (bind_any (s->server, "tcp"));
    raw_greeting (fd, 3, 1, "GSSAPI", 0);
    raw_take_greeting (fd, greeting);
    expect_mem (greeting + 12, "GSSAPI\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    expect_int (greeting[32], 0); /* the as-server bit is never set */
    return fd;
}

CASE (server_refuses_what_is_no_token, "ZMQ_GSSAPI_SERVER ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND "
                                       "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED "
                                       "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE")
{
    static const struct {
        const char *hex;
        int code;
    } rows[] = {{"04 00", 0x10000011},
                {"04 03 08 494e", 0x10000011},
                {"04 06 05 48454c4c4f", 0x10000001},
                {"04 06 05 5245414459", 0x10000001},
                {"04 09 08 494e495449415445", 0x10000014},
                {"04 0c 08 494e495449415445 000000", 0x10000014},
                {"04 10 08 494e495449415445 00000004 616263", 0x10000014},
                {"04 10 08 494e495449415445 00000002 616263", 0x10000014},
                {"04 10 08 494e495449415445 ffffffff 616263", 0x10000014}};
    need_mechanism ();
    void *ctx = ctx_new ();
    struct scene s = {ctx, sock (ctx, ZMQ_DEALER), NULL, NULL, NULL};
    set_int (s.server, ZMQ_GSSAPI_SERVER, 1);
    s.at_server = monitor (s.ctx, s.server, HANDSHAKE_EVENTS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row ("%s", rows[i].hex);
        int fd = raw_client (&s);
        raw_hex (fd, rows[i].hex);
        expect_int (failure (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL), rows[i].code);
        raw_expect_end (fd);
        raw_close (fd);
    }
}

CASE (other_mechanisms_mismatch, "ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH ZMQ_GSSAPI_SERVER ZMQ_GSSAPI")
{
    need_mechanism ();
    struct scene s;
    scene (&s);
    expect_int (get_int (s.server, ZMQ_MECHANISM), ZMQ_GSSAPI);
    expect_int (get_int (s.client, ZMQ_MECHANISM), ZMQ_GSSAPI);
    void *plain = sock (s.ctx, ZMQ_DEALER);
    pair_up (s.server, plain, "tcp");
    expect_int (failure (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL), ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
    sock_close (plain); /* it may try again */
}

CASE (a_server_without_keys, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL EACCES")
{
    need_mechanism ();
    struct scene s;
    scene (&s);
    setenv ("KRB5_KTNAME", "FILE:/nonexistent/keytab", 1);
    int fd = raw_client (&s);
    raw_hex (fd, "04 10 08 494e495449415445 00000003 616263");
    expect_int (failure (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL), EACCES);
    raw_expect_end (fd);
    raw_close (fd);
}

CASE (a_client_without_credentials_tries_again, "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ZMQ_EVENT_CONNECT_RETRIED EACCES")
{
    need_mechanism ();
    struct scene s;
    scene (&s);
    setenv ("KRB5_CLIENT_KTNAME", "FILE:/nonexistent/keytab", 1);
    setenv ("KRB5CCNAME", "FILE:/nonexistent/cache", 1);
    pair_up (s.server, s.client, "tcp");
    for (int i = 0; i < 2; i++) {
        expect_int (failure (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL), EACCES);
        mon_expect (s.at_client, ZMQ_EVENT_CONNECT_RETRIED);
        failure (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    }
}

/* ---- in a realm ---- */

static void accepted (const char *transport, int plaintext)
{
    struct scene s;
    need_realm ();
    scene (&s);
    zap_start (s.ctx, ZAP_ANSWER, "200", "user");
    set_int (s.server, ZMQ_GSSAPI_PLAINTEXT, plaintext);
    set_int (s.client, ZMQ_GSSAPI_PLAINTEXT, plaintext);
    pair_up (s.server, s.client, transport);
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_expect (s.at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    converse (&s);
    expect_int (zap_requests (), 1);
    expect_int (zap_frames (), 7);
    zap_frame (0, "1.0", 3);
    zap_frame (1, "1", 1);
    zap_frame (2, "", 0);
    zap_frame (5, "GSSAPI", 6);
    zap_frame (6, "alice@ZMQ.TEST", 14);
    zmq_msg_t msg;
    send_text (s.client, "d", 0);
    zmq_msg_init (&msg);
    expect_int (zmq_msg_recv (&msg, s.server, 0), 1);
    expect_str (zmq_msg_gets (&msg, "User-Id"), "user");
    expect_str (zmq_msg_gets (&msg, "Hello"), "World");
    expect_str (zmq_msg_gets (&msg, "Socket-Type"), "DEALER");
    zmq_msg_close (&msg);
}

CASE_WIRE (encrypted, "ZMQ_GSSAPI_SERVER ZMQ_GSSAPI_PRINCIPAL ZMQ_GSSAPI_SERVICE_PRINCIPAL ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    accepted (arg, 0);
}

CASE_WIRE (in_clear, "ZMQ_GSSAPI_PLAINTEXT ZMQ_EVENT_HANDSHAKE_SUCCEEDED")
{
    accepted (arg, 1);
}

CASE (no_handler_lets_in, "ZMQ_GSSAPI_SERVER zmq_connect")
{
    struct scene s;
    need_realm ();
    scene (&s);
    text (s.server, ZMQ_ZAP_DOMAIN, "domain");
    pair_up (s.client, s.server, "tcp"); /* who serves does not depend on who binds */
    converse (&s);
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

CASE (no_handler_where_the_domain_is_enforced, "ZMQ_ZAP_ENFORCE_DOMAIN EFAULT")
{
    struct scene s;
    need_realm ();
    scene (&s);
    text (s.server, ZMQ_ZAP_DOMAIN, "domain");
    set_int (s.server, 93, 1); /* ZMQ_ZAP_ENFORCE_DOMAIN */
    pair_up (s.server, s.client, "tcp");
    expect_int (failure (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL), EFAULT);
    failure (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
}

CASE (the_handler_refuses, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ZMQ_EVENT_DISCONNECTED")
{
    static const char *const statuses[] = {"400", "500"};
    need_realm ();
    for (int i = 0; i < 2; i++) {
        struct scene s;
        row ("%s", statuses[i]);
        scene (&s);
        zap_start (s.ctx, ZAP_ANSWER, statuses[i], "");
        pair_up (s.server, s.client, "tcp");
        expect_int (failure (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH), atoi (statuses[i]));
        expect_int (failure (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH), atoi (statuses[i]));
        zmq_send (s.client, "x", 1, ZMQ_DONTWAIT);
        recv_nothing (s.server);
        mon_nothing (s.at_client);
    }
}

CASE (the_handler_cannot_tell, "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH")
{
    struct scene s;
    need_realm ();
    scene (&s);
    zap_start (s.ctx, ZAP_ANSWER, "300", "");
    pair_up (s.server, s.client, "tcp");
    expect_int (mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, 300);
    zmq_send (s.client, "x", 1, ZMQ_DONTWAIT);
    recv_nothing (s.server);
    mon_nothing (s.at_client);
}

CASE (a_forged_token, "ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    struct scene s;
    need_realm ();
    scene (&s);
    int fd = raw_client (&s);
    raw_hex (fd, "04 10 08 494e495449415445 00000003 616263");
    expect_int (failure (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL), ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    raw_expect_end (fd);
    raw_close (fd);

    const char *endpoint;
    unsigned char greeting[64];
    struct frame f;
    int listener = raw_listen (&endpoint);
    connect_to (s.client, endpoint);
    fd = raw_accept (listener);
    raw_greeting (fd, 3, 1, "GSSAPI", 0);
    raw_take_greeting (fd, greeting);
    expect_true (raw_frame (fd, &f, LONG_MS));
    expect_mem (f.body, "\10INITIATE", 9);
    raw_hex (fd, "04 10 08 494e495449415445 00000003 616263");
    expect_int (failure (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL), ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    mon_nothing (s.at_client);
    raw_close (fd);
    raw_close (listener);
}

CASE (client_refuses_bad_commands, "ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND "
                                   "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE")
{
    static const struct {
        const char *hex;
        int code;
    } rows[] = {{"04 00", 0x10000011},
                {"04 06 05 5245414459", 0x10000001},
                {"04 09 08 494e495449415445", 0x10000014},
                {"04 10 08 494e495449415445 00000004 616263", 0x10000014},
                {"04 10 08 494e495449415445 00000002 616263", 0x10000014}};
    need_realm ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene s;
        struct frame f;
        const char *endpoint;
        unsigned char greeting[64];
        row ("%s", rows[i].hex);
        scene (&s);
        int listener = raw_listen (&endpoint);
        connect_to (s.client, endpoint);
        int fd = raw_accept (listener);
        raw_greeting (fd, 3, 1, "GSSAPI", 0);
        raw_take_greeting (fd, greeting);
        expect_true (raw_frame (fd, &f, LONG_MS));
        raw_hex (fd, rows[i].hex);
        expect_int (failure (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL), rows[i].code);
        mon_nothing (s.at_client);
        raw_close (fd);
        raw_close (listener);
    }
}

CASE (encryption_on_one_side_only, "ZMQ_GSSAPI_PLAINTEXT ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND")
{
    need_realm ();
    for (int at_server = 0; at_server < 2; at_server++) {
        struct scene s;
        row ("at the server: %d", at_server);
        scene (&s);
        set_int (at_server ? s.server : s.client, ZMQ_GSSAPI_PLAINTEXT, 1);
        pair_up (s.server, s.client, "tcp");
        expect_int (failure (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL), ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
        failure (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    }
}

CASE (a_service_that_nobody_knows, "ZMQ_GSSAPI_SERVICE_PRINCIPAL ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL EACCES")
{
    struct scene s;
    need_realm ();
    scene (&s);
    text (s.client, ZMQ_GSSAPI_SERVICE_PRINCIPAL, "unknown@localhost");
    pair_up (s.server, s.client, "tcp");
    expect_int (failure (s.at_client, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL), EACCES);
    mon_expect (s.at_client, ZMQ_EVENT_CONNECT_RETRIED);
}

CASE (a_ticket_for_somebody_else, "ZMQ_GSSAPI_PRINCIPAL ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC")
{
    struct scene s;
    need_realm ();
    scene (&s);
    text (s.client, ZMQ_GSSAPI_SERVICE_PRINCIPAL, "bob@localhost");
    pair_up (s.server, s.client, "tcp");
    expect_int (failure (s.at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL), ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
}

/* Each kind of name, and none, which means the first key that there is. */
CASE (names, "ZMQ_GSSAPI_PRINCIPAL_NAMETYPE ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE ZMQ_GSSAPI_NT_HOSTBASED "
             "ZMQ_GSSAPI_NT_USER_NAME ZMQ_GSSAPI_NT_KRB5_PRINCIPAL")
{
    static const struct {
        const char *server, *client, *service, *shown;
        int server_type, client_type, service_type;
    } rows[] = {{"zmq@localhost", "bob@localhost", "zmq@localhost", "bob/localhost@ZMQ.TEST", 0, 0, 0},
                {"zmq/localhost@ZMQ.TEST", "alice@ZMQ.TEST", "zmq/localhost@ZMQ.TEST", "alice@ZMQ.TEST", 2, 2, 2},
                {"zmq/localhost", "alice", "zmq@localhost", "alice@ZMQ.TEST", 2, 1, 0},
                {NULL, NULL, "zmq@localhost", "zmq/localhost@ZMQ.TEST", 0, 0, 0}};
    need_realm ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *ctx = ctx_new (), *server = sock (ctx, ZMQ_DEALER), *client = sock (ctx, ZMQ_DEALER);
        row ("%zu", i);
        zap_start (ctx, ZAP_ANSWER, "200", "");
        set_int (server, ZMQ_GSSAPI_SERVER, 1);
        if (rows[i].server)
            text (server, ZMQ_GSSAPI_PRINCIPAL, rows[i].server);
        set_int (server, ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, rows[i].server_type);
        if (rows[i].client)
            text (client, ZMQ_GSSAPI_PRINCIPAL, rows[i].client);
        set_int (client, ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, rows[i].client_type);
        text (client, ZMQ_GSSAPI_SERVICE_PRINCIPAL, rows[i].service);
        set_int (client, ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, rows[i].service_type);
        /* No tickets yet, so that the default user is the first with a key. */
        char cache[300];
        snprintf (cache, sizeof cache, "DIR:%s/%zu", scratch_dir (), i);
        expect_ok (mkdir (cache + 4, 0700));
        setenv ("KRB5CCNAME", cache, 1);
        pair_up (server, client, "tcp");
        send_text (client, "x", 0);
        recv_text (server, "x");
        zap_frame (6, rows[i].shown, strlen (rows[i].shown));
        sock_close (server);
        sock_close (client);
        ctx_term (ctx);
    }
}

CASE_WIRE (topics, "zmq_setsockopt ZMQ_SUBSCRIBE ZMQ_UNSUBSCRIBE")
{
    need_realm ();
    void *ctx = ctx_new (), *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    set_int (pub, ZMQ_GSSAPI_SERVER, 1);
    text (pub, ZMQ_GSSAPI_PRINCIPAL, "zmq@localhost");
    text (sub, ZMQ_GSSAPI_PRINCIPAL, "bob@localhost");
    text (sub, ZMQ_GSSAPI_SERVICE_PRINCIPAL, "zmq@localhost");
    subscribe (sub, "a");
    pair_up (pub, sub, arg);
    recv_text (pub, "\1a");
    subscribe (sub, "b");
    recv_text (pub, "\1b");
    expect_ok (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, "a", 1));
    char gone[4];
    expect_int (recv_bytes (pub, gone, sizeof gone), 2);
    expect_mem (gone, "\0a", 2);
    send_text (pub, "a1", 0);
    send_text (pub, "b1", 0);
    recv_text (sub, "b1");
}

CASE (heartbeats, "ZMQ_HEARTBEAT_IVL")
{
    struct scene s;
    need_realm ();
    scene (&s);
    set_int (s.client, ZMQ_HEARTBEAT_IVL, 20);
    set_int (s.client, ZMQ_HEARTBEAT_TIMEOUT, 2000);
    set_int (s.server, ZMQ_HEARTBEAT_IVL, 30);
    set_int (s.server, ZMQ_HEARTBEAT_TIMEOUT, 2000);
    pair_up (s.server, s.client, "tcp");
    for (int i = 0; i < 5; i++) {
        nap_ms (45); /* let some pass */
        converse (&s);
    }
    mon_expect (s.at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_nothing (s.at_server);
}

CASE (a_ticket_server_that_does_not_answer, "ZMQ_GSSAPI_SERVICE_PRINCIPAL zmq_ctx_term")
{
    struct scene s;
    const char *endpoint;
    char path[300];
    need_realm ();
    int tickets = raw_listen (&endpoint);
    snprintf (path, sizeof path, "%s/krb5.conf", scratch_dir ());
    FILE *f = fopen (path, "w");
    expect_true (f != NULL);
    fprintf (f, "[libdefaults]\n default_realm = ZMQ.TEST\n dns_lookup_kdc = false\n dns_canonicalize_hostname = false\n"
                " udp_preference_limit = 1\n[realms]\n ZMQ.TEST = {\n  kdc = 127.0.0.1:%d\n }\n", tcp_port_of (endpoint));
    fclose (f);
    setenv ("KRB5_CONFIG", path, 1);
    setenv ("KRB5CCNAME", "MEMORY:none yet", 1);
    scene (&s);
    pair_up (s.server, s.client, "tcp");
    int asked = raw_accept (tickets);
    /* Nobody else waits with the client, though there is one I/O thread. */
    for (int i = 0; i < 3; i++) {
        void *a = sock (s.ctx, ZMQ_DEALER), *b = sock (s.ctx, ZMQ_DEALER);
        pair_up (a, b, "tcp");
        send_text (b, "x", 0);
        recv_text (a, "x");
    }
    mon_nothing (s.at_client);
    /* Nor does the context. */
    raw_close (tickets);
    long before = now_ms ();
    tools_teardown ();
    expect_true (now_ms () - before < LONG_MS);
    raw_close (asked);
}
