/* Mechanisms for an interoperation case, a ZAP handler that checks what it is asked, and the roles of peers that are
   refused.

   PEER_MECHANISM  null, plain, curve, gssapi or gssapi-plaintext (whose principals are of the realm that tests/gssapi starts);
                   unset: NULL without ZAP
   PEER_SERVER     bind or connect: which side is the server; unset: the binding one
   PEER_ZAP        the status that the server's handler answers; unset: no handler
   PEER_DOMAIN     the server's ZAP domain; unset: none

   The handler's user id and metadata are due on every part that a server receives. */
#ifndef SECURITY_H
#define SECURITY_H

#include "content.h"
#include <pthread.h>

static const char SERVER_PUBLIC[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
static const char SERVER_SECRET[] = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
static const char CLIENT_PUBLIC[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char CLIENT_SECRET[] = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
static const char ROUTING_ID[] = "the server";
static const char SERVICE[] = "zmq@localhost", USER[] = "alice", PRINCIPAL[] = "alice@ZMQ.TEST";

static const char *mechanism, *zap_status, *zap_domain;
static int is_server;

static void *zap_socket;
static pthread_t zap_thread;
static int zap_requests;

/* Receives one part of a request and compares it, unless `due` is NULL. */
static void zap_part(const char *due, size_t size, int more)
{
    char part[300];
    int n = zmq_recv(zap_socket, part, sizeof part, 0);
    CHECK(n >= 0 && has_more(zap_socket) == more);
    if (due != NULL)
        CHECK((size_t)n == size && memcmp(part, due, size) == 0);
}

static void zap_text(const char *due, int more)
{
    zap_part(due, strlen(due), more);
}

/* Answers until the context ends. */
static void *zap_handler(void *unused)
{
    uint8_t key[32];
    char part[300];
    int n;
    (void)unused;
    while ((n = zmq_recv(zap_socket, part, sizeof part, 0)) >= 0) {
        CHECK(n == 3 && memcmp(part, "1.0", 3) == 0);
        zap_text("1", 1);
        zap_text(zap_domain ? zap_domain : "", 1);
        n = zmq_recv(zap_socket, part, sizeof part, 0); /* 127.x.y.z, or localhost:uid:gid:pid */
        CHECK(n > 0 && (memcmp(part, "127.", 4) == 0 || memcmp(part, "localhost:", 10) == 0));
        zap_text(ROUTING_ID, 1);
        if (strcmp(mechanism, "null") == 0)
            zap_text("NULL", 0);
        else if (strcmp(mechanism, "plain") == 0)
            zap_text("PLAIN", 1), zap_text("admin", 1), zap_text("secret", 0);
        else if (strncmp(mechanism, "gssapi", 6) == 0)
            zap_text("GSSAPI", 1), zap_text(PRINCIPAL, 0);
        else {
            zap_text("CURVE", 1);
            CHECK(zmq_z85_decode(key, CLIENT_PUBLIC) == key);
            zap_part((char *)key, sizeof key, 0);
        }
        zap_requests++;
        const char metadata[] = "\5Hello\0\0\0\5World";
        const char *text[] = {"1.0", "1", zap_status, "as asked", "somebody"};
        for (int i = 0; i < 5; i++)
            CHECK(zmq_send(zap_socket, text[i], strlen(text[i]), ZMQ_SNDMORE) >= 0);
        CHECK(zmq_send(zap_socket, metadata, sizeof metadata - 1, 0) == sizeof metadata - 1);
    }
    CHECK(zmq_errno() == ETERM);
    CHECK(zmq_close(zap_socket) == 0);
    return NULL;
}

static void option(void *socket, int name, const char *text)
{
    CHECK(zmq_setsockopt(socket, name, text, strlen(text)) == 0);
}

static void flag(void *socket, int name, int value)
{
    CHECK(zmq_setsockopt(socket, name, &value, sizeof value) == 0);
}

/* Sets the socket up before it binds or connects. */
static void secure(void *ctx, void *socket, int binds)
{
    mechanism = getenv("PEER_MECHANISM");
    zap_domain = getenv("PEER_DOMAIN");
    if (mechanism == NULL)
        return;
    const char *side = getenv("PEER_SERVER");
    is_server = (side != NULL && strcmp(side, "connect") == 0) ? !binds : binds;
    if (is_server && (zap_status = getenv("PEER_ZAP")) != NULL) {
        option(socket, ZMQ_ROUTING_ID, ROUTING_ID);
        zap_socket = zmq_socket(ctx, ZMQ_REP);
        CHECK(zap_socket != NULL && zmq_bind(zap_socket, "inproc://zeromq.zap.01") == 0);
        flag(zap_socket, ZMQ_LINGER, 0);
        CHECK(pthread_create(&zap_thread, NULL, zap_handler, NULL) == 0);
    }
    if (is_server && zap_domain != NULL)
        option(socket, ZMQ_ZAP_DOMAIN, zap_domain);
    if (strcmp(mechanism, "plain") == 0) {
        if (is_server)
            flag(socket, ZMQ_PLAIN_SERVER, 1);
        else
            option(socket, ZMQ_PLAIN_USERNAME, "admin"), option(socket, ZMQ_PLAIN_PASSWORD, "secret");
    } else if (strcmp(mechanism, "curve") == 0) {
        if (is_server) {
            flag(socket, ZMQ_CURVE_SERVER, 1);
            CHECK(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, SERVER_SECRET, 41) == 0);
        } else {
            CHECK(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC, 41) == 0);
            CHECK(zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC, 41) == 0);
            CHECK(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET, 41) == 0);
        }
    } else if (strncmp(mechanism, "gssapi", 6) == 0) {
        flag(socket, ZMQ_GSSAPI_PLAINTEXT, strcmp(mechanism, "gssapi-plaintext") == 0);
        if (is_server) {
            flag(socket, ZMQ_GSSAPI_SERVER, 1);
            option(socket, ZMQ_GSSAPI_PRINCIPAL, SERVICE);
        } else {
            option(socket, ZMQ_GSSAPI_PRINCIPAL, USER);
            flag(socket, ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, ZMQ_GSSAPI_NT_USER_NAME);
            option(socket, ZMQ_GSSAPI_SERVICE_PRINCIPAL, SERVICE);
        }
    } else
        CHECK(strcmp(mechanism, "null") == 0);
}

/* The handler's end, after the context's; it must have been asked exactly once. */
static void zap_finish(void)
{
    if (zap_socket != NULL) {
        CHECK(pthread_join(zap_thread, NULL) == 0);
        CHECK(zap_requests == 1);
    }
}

/* What a server knows of the sender of a part: no two answers of one handler differ here. */
static void check_sender(zmq_msg_t *msg)
{
    if (zap_status == NULL)
        return;
    const char *user = zmq_msg_gets(msg, "User-Id"), *hello = zmq_msg_gets(msg, "Hello");
    CHECK(user != NULL && strcmp(user, "somebody") == 0);
    CHECK(hello != NULL && strcmp(hello, "World") == 0);
}

/* The next event of a handshake: "AUTH 400". */
static void say_event(void *monitor)
{
    unsigned char head[6];
    char endpoint[300];
    uint16_t event;
    uint32_t value;
    CHECK(zmq_recv(monitor, head, sizeof head, 0) == sizeof head);
    CHECK(zmq_recv(monitor, endpoint, sizeof endpoint, 0) >= 0);
    memcpy(&event, head, 2);
    memcpy(&value, head + 2, 4);
    const char *name = event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH        ? "AUTH"
                       : event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL  ? "PROTOCOL"
                       : event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ? "NO_DETAIL"
                                                                       : "SUCCEEDED";
    printf("EVENT %s %u\n", name, strcmp(name, "NO_DETAIL") == 0 ? 0 : value);
    fflush(stdout);
}

static void *watch(void *ctx, void *socket)
{
    void *monitor = zmq_socket(ctx, ZMQ_PAIR);
    int wait_ms = 10000, none = 0;
    CHECK(monitor != NULL && zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms) == 0);
    CHECK(zmq_setsockopt(monitor, ZMQ_LINGER, &none, sizeof none) == 0);
    CHECK(zmq_socket_monitor(socket, "inproc://monitor",
                             ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                 ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_SUCCEEDED) == 0);
    CHECK(zmq_connect(monitor, "inproc://monitor") == 0);
    return monitor;
}

#endif
