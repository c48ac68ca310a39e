/* One side of an interoperation case, a process on the library it was started with.

   peer ROLE TYPE bind|connect ENDPOINT PROFILE COUNT SEED PEER_TYPE

   send/recv      COUNT messages one way, each checked against the seed
   ask/answer     COUNT requests of `seed` and replies of `seed + 1`, both checked; up to 64 under way where allowed
   publish/topics subscriptions and unsubscriptions take effect
   flow/sink      messages that carry their own seed and number, until stdin closes; survives the peer's restarts
   stream         echoes what raw connections send, until stdin closes
   refused        says "EVENT name value" for each end of a handshake, until stdin closes

   security.h has the variables that choose a mechanism.

   stdout: "ENDPOINT x" once bound, "SYNCED" (subscribers), "FLOW seed", then "OK n" or "FAIL why". A side that sends
   closes its socket only when stdin closes: the runner does that once the other side is content. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "security.h"

static const char *const TYPES[] = {"PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB", "STREAM"};
enum { WINDOW = 64, WAIT_MS = 10000 };

static void *ctx, *sock, *monitor;
static int type, peer_type;
static enum profile profile;
static long count;
static uint64_t seed;
static int monitored;
static int linger_ms; /* set before the first connection: the reference's connections keep what they started with */

static void say(const char *what, long n)
{
    printf("%s %ld\n", what, n);
    fflush(stdout);
}

/* True when the runner closed stdin; waits for that up to `ms`. */
static int told_to_stop(int ms)
{
    char c;
    struct pollfd p = {0, POLLIN, 0};
    return poll(&p, 1, ms) > 0 && read(0, &c, 1) == 0;
}

/* Waits for a line from the runner. */
static void wait_go(void)
{
    char c;
    CHECK(read(0, &c, 1) == 1);
}

static void set_int(int option, int value)
{
    CHECK(zmq_setsockopt(sock, option, &value, sizeof value) == 0);
}

static int type_number(const char *name)
{
    for (int i = 0; i < (int)(sizeof TYPES / sizeof *TYPES); i++)
        if (strcmp(TYPES[i], name) == 0)
            return i;
    printf("FAIL unknown socket type %s\n", name);
    exit(1);
}

static void subscribe(const char *topic, int on)
{
    size_t n = strlen(topic);
    if (type == ZMQ_SUB) {
        CHECK(zmq_setsockopt(sock, on ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, topic, n) == 0);
        return;
    }
    char frame[16] = {(char)on};
    memcpy(frame + 1, topic, n);
    CHECK(zmq_send(sock, frame, n + 1, 0) == (int)n + 1);
}

static int is_publisher(void) { return type == ZMQ_PUB || type == ZMQ_XPUB; }
static int is_subscriber(void) { return type == ZMQ_SUB || type == ZMQ_XSUB; }

/* A publisher cannot know who listens: it repeats SYNC until the runner says that the subscriber heard one. */
static void publish_until_heard(void)
{
    struct pollfd p = {0, POLLIN, 0};
    do
        CHECK(zmq_send(sock, "SYNC", 4, 0) == 4);
    while (poll(&p, 1, 2) == 0);
    wait_go();
    CHECK(zmq_send(sock, "DATA", 4, 0) == 4);
}

static void listen_for_sync(void)
{
    char buf[8];
    int heard = 0;
    for (;;) {
        CHECK(zmq_recv(sock, buf, sizeof buf, 0) == 4);
        if (memcmp(buf, "DATA", 4) == 0)
            break;
        CHECK(memcmp(buf, "SYNC", 4) == 0);
        if (heard++ == 0)
            puts("SYNCED"), fflush(stdout);
    }
    CHECK(heard > 0);
}

static void do_send(void)
{
    if (is_publisher())
        publish_until_heard();
    for (long i = 0; i < count; i++)
        CHECK(send_content(sock, profile, seed, i) == 0);
    while (!told_to_stop(1000)) {
    }
}

static void do_recv(void)
{
    zmq_msg_t msg;
    CHECK(zmq_msg_init(&msg) == 0);
    if (is_subscriber()) {
        subscribe("", 1);
        listen_for_sync();
    }
    for (long i = 0; i < count; i++) {
        CHECK(zmq_msg_recv(&msg, sock, 0) >= 0);
        check_sender(&msg);
        check_content(sock, &msg, profile, seed, i);
        check_sender(&msg);
    }
    set_int(ZMQ_RCVTIMEO, 20); /* nothing may follow: a duplicate would be here already or at once */
    CHECK(zmq_msg_recv(&msg, sock, 0) == -1 && zmq_errno() == EAGAIN);
    zmq_msg_close(&msg);
}

/* Envelope of a conversation: the id where a ROUTER speaks, the empty delimiter where the other side is REQ or REP. */
static char id[256];
static int id_len;

static int delimiter(void)
{
    return (type == ZMQ_DEALER || type == ZMQ_ROUTER) && (peer_type == ZMQ_REP || peer_type == ZMQ_REQ);
}

static void send_envelope(void)
{
    if (type == ZMQ_ROUTER)
        CHECK(zmq_send(sock, id, (size_t)id_len, ZMQ_SNDMORE) == id_len);
    if (delimiter())
        CHECK(zmq_send(sock, "", 0, ZMQ_SNDMORE) == 0);
}

/* Leaves the first part of the body in `msg`. */
static void recv_envelope(zmq_msg_t *msg)
{
    if (type == ZMQ_ROUTER) {
        CHECK(zmq_msg_recv(msg, sock, 0) > 0 && zmq_msg_more(msg) && zmq_msg_size(msg) < sizeof id);
        int same = (int)zmq_msg_size(msg) == id_len && memcmp(id, zmq_msg_data(msg), (size_t)id_len) == 0;
        CHECK(id_len == 0 || same); /* one peer: one id */
        id_len = (int)zmq_msg_size(msg);
        memcpy(id, zmq_msg_data(msg), (size_t)id_len);
    }
    if (delimiter())
        CHECK(zmq_msg_recv(msg, sock, 0) == 0 && zmq_msg_more(msg));
    CHECK(zmq_msg_recv(msg, sock, 0) >= 0);
}

/* Between two ROUTERs each side learns the other's id from an empty probe. */
static void greet(zmq_msg_t *msg)
{
    if (type == ZMQ_ROUTER && peer_type == ZMQ_ROUTER) {
        recv_envelope(msg);
        CHECK(zmq_msg_size(msg) == 0 && !zmq_msg_more(msg));
    }
}

static void do_ask(void)
{
    zmq_msg_t msg;
    CHECK(zmq_msg_init(&msg) == 0);
    greet(&msg);
    long window = type == ZMQ_REQ || profile == SIZES ? 1 : WINDOW;
    for (long sent = 0, i = 0; i < count; i++) {
        for (; sent < count && sent < i + window; sent++) {
            send_envelope();
            CHECK(send_content(sock, profile, seed, sent) == 0);
        }
        recv_envelope(&msg);
        check_sender(&msg);
        check_content(sock, &msg, profile, seed + 1, i);
    }
    zmq_msg_close(&msg);
}

static void do_answer(void)
{
    zmq_msg_t msg;
    CHECK(zmq_msg_init(&msg) == 0);
    greet(&msg);
    for (long i = 0; i < count; i++) {
        recv_envelope(&msg);
        check_sender(&msg);
        check_content(sock, &msg, profile, seed, i);
        send_envelope();
        CHECK(send_content(sock, profile, seed + 1, i) == 0);
    }
    zmq_msg_close(&msg);
    while (!told_to_stop(1000)) {
    }
}

/* Rounds of A, B and C messages, numbered, until stdin closes. An XPUB also checks what it is told. */
static void do_publish(void)
{
    char buf[64], log[256] = "";
    for (long round = 0; !told_to_stop(1); round++) {
        for (char c = 'A'; c <= 'C'; c++) {
            int n = snprintf(buf, sizeof buf, "%c %ld", c, round);
            CHECK(zmq_send(sock, buf, (size_t)n, 0) == n);
        }
        int n;
        while (type == ZMQ_XPUB && (n = zmq_recv(sock, buf, sizeof buf, ZMQ_DONTWAIT)) >= 0) {
            CHECK(n == 2 && strlen(log) < 200);
            size_t at = strlen(log);
            log[at] = buf[0] ? '+' : '-', log[at + 1] = buf[1], log[at + 2] = 0;
        }
    }
    if (type == ZMQ_XPUB && strcmp(log, "+A+B-B") != 0 && strcmp(log, "+A+B-B-A") != 0) { /* -A: it has closed */
        printf("FAIL the XPUB saw %s, due +A+B-B\n", log);
        exit(1);
    }
}

/* Receives one round message and checks that it was asked for. */
static char recv_round(long *round)
{
    char buf[64] = "", letter;
    int n = zmq_recv(sock, buf, sizeof buf - 1, 0);
    CHECK(n > 2 && sscanf(buf, "%c %ld", &letter, round) == 2);
    CHECK(letter == 'A' || letter == 'B');
    return letter;
}

static void do_topics(void)
{
    long round, last_a = -1, last_b = -1, quiet = 0;
    subscribe("A", 1);
    for (int i = 0; i < 20; i++) {
        CHECK(recv_round(&round) == 'A');
        CHECK(last_a == -1 || round == last_a + 1);
        last_a = round;
    }
    subscribe("B", 1);
    for (int got = 0; got < 20;)
        got += recv_round(&round) == 'B';
    subscribe("B", 0);
    for (int i = 0; quiet < 100; i++) { /* 100 rounds in a row without a B */
        CHECK(i < 20000);
        if (recv_round(&round) == 'B')
            last_b = round, quiet = 0;
        else if (last_b < round - 1)
            quiet++;
    }
}

struct flow {
    uint64_t seed;
    int64_t index;
    uint64_t check;
};

static void do_flow(void)
{
    set_int(ZMQ_SNDTIMEO, 50);
    for (int64_t i = 0; !told_to_stop(i % 50 == 0 ? 1 : 0);) {
        struct flow f = {seed, i, mix(seed ^ mix((uint64_t)i))};
        if (zmq_send(sock, &f, sizeof f, 0) == sizeof f)
            i++;
        else
            CHECK(zmq_errno() == EAGAIN);
    }
}

static void do_sink(void)
{
    struct flow f, last = {0, 0, 0};
    int got = 0;
    if (is_subscriber())
        subscribe("", 1);
    set_int(ZMQ_RCVTIMEO, 50);
    while (!told_to_stop(0)) {
        if (type == ZMQ_ROUTER && zmq_recv(sock, id, sizeof id, 0) < 0)
            continue;
        int n = zmq_recv(sock, &f, sizeof f, 0);
        if (n < 0)
            continue;
        CHECK(n == sizeof f && f.check == mix(f.seed ^ mix((uint64_t)f.index)) && !has_more(sock));
        if (f.seed != last.seed)
            got = 0;
        else
            CHECK(f.index > last.index); /* none doubled, none out of order */
        last = f;
        if (++got == 500)
            say("FLOW", (long)f.seed);
    }
}

/* Echo for raw connections; counts the empty messages that announce a connection's start and end. */
static void do_stream(void)
{
    zmq_msg_t msg;
    long notes = 0;
    CHECK(zmq_msg_init(&msg) == 0);
    set_int(ZMQ_RCVTIMEO, 50);
    while (!told_to_stop(0)) {
        id_len = zmq_recv(sock, id, sizeof id, 0);
        if (id_len < 0)
            continue;
        CHECK(id_len == 5 && has_more(sock));
        CHECK(zmq_msg_recv(&msg, sock, 0) >= 0 && !zmq_msg_more(&msg));
        if (zmq_msg_size(&msg) == 0) {
            say("NOTE", ++notes);
            continue;
        }
        CHECK(zmq_send(sock, id, 5, ZMQ_SNDMORE) == 5);
        CHECK(zmq_msg_send(&msg, sock, 0) >= 0);
    }
    zmq_msg_close(&msg);
}

static void open_endpoint(int bind, const char *endpoint)
{
    char last[256];
    size_t n = sizeof last;
    set_int(ZMQ_RCVTIMEO, WAIT_MS);
    set_int(ZMQ_SNDTIMEO, WAIT_MS);
    set_int(ZMQ_LINGER, linger_ms);
    secure(ctx, sock, bind);
    if (monitored) {
        set_int(ZMQ_HANDSHAKE_IVL, 1000); /* ends a connection that the handler left without an answer */
        monitor = watch(ctx, sock);
    }
    if (is_publisher() || is_subscriber())
        set_int(ZMQ_SNDHWM, 0), set_int(ZMQ_RCVHWM, 0); /* publishers drop at the mark: these cases allow no loss */
    if (type == ZMQ_ROUTER) {
        set_int(ZMQ_ROUTER_MANDATORY, 1);
        if (peer_type == ZMQ_ROUTER)
            set_int(ZMQ_PROBE_ROUTER, 1);
    }
    if (!bind) {
        CHECK(zmq_connect(sock, endpoint) == 0);
        return;
    }
    CHECK(zmq_bind(sock, endpoint) == 0);
    CHECK(zmq_getsockopt(sock, ZMQ_LAST_ENDPOINT, last, &n) == 0);
    printf("ENDPOINT %s\n", last);
    fflush(stdout);
}

/* Says every event of the handshake, until stdin closes; nothing may ever arrive. */
static void do_refused(void)
{
    char buf[8];
    for (zmq_pollitem_t items[] = {{monitor, 0, ZMQ_POLLIN, 0}, {sock, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};;) {
        CHECK(zmq_poll(items, 3, -1) > 0);
        if (items[0].revents)
            say_event(monitor);
        CHECK(!items[1].revents);
        if (items[2].revents && read(0, buf, sizeof buf) == 0)
            break;
    }
    CHECK(zmq_close(monitor) == 0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } roles[] = {{"send", do_send},       {"recv", do_recv},     {"ask", do_ask},   {"answer", do_answer}, {"publish", do_publish},
                 {"topics", do_topics},   {"flow", do_flow},     {"sink", do_sink}, {"stream", do_stream},
                 {"refused", do_refused}};
    CHECK(argc == 9);
    type = type_number(argv[2]);
    profile = strcmp(argv[5], "sizes") == 0 ? SIZES : strcmp(argv[5], "mixed") == 0 ? MIXED : SMALL;
    count = profile == SIZES ? 2 * SIZE_COUNT : atol(argv[6]);
    seed = (uint64_t)atol(argv[7]);
    peer_type = type_number(argv[8]);
    static const char *const lasting[] = {"send", "recv", "ask", "answer"};
    for (int i = 0; i < 4; i++)
        if (strcmp(argv[1], lasting[i]) == 0)
            linger_ms = WAIT_MS;
    monitored = strcmp(argv[1], "refused") == 0;
    ctx = zmq_ctx_new();
    sock = zmq_socket(ctx, type);
    CHECK(sock != NULL);
    open_endpoint(strcmp(argv[3], "bind") == 0, argv[4]);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].name, argv[1]) == 0) {
            roles[i].run();
            CHECK(zmq_close(sock) == 0);
            CHECK(zmq_ctx_term(ctx) == 0);
            zap_finish();
            say("OK", count);
            return 0;
        }
    printf("FAIL unknown role %s\n", argv[1]);
    return 1;
}
