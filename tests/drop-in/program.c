/* An ordinary application of the stable C API, compiled and linked once against the reference's header and library:
   calls every function of that header, whichever library it is started with. */
#include "check.h"

enum { PATIENCE_MS = 10000 };

static void *opened(void *ctx, int type)
{
    int ms = PATIENCE_MS, zero = 0;
    void *s = zmq_socket(ctx, type);
    CHECK(s != NULL);
    CHECK(zmq_setsockopt(s, ZMQ_RCVTIMEO, &ms, sizeof ms) == 0);
    CHECK(zmq_setsockopt(s, ZMQ_SNDTIMEO, &ms, sizeof ms) == 0);
    CHECK(zmq_setsockopt(s, ZMQ_LINGER, &zero, sizeof zero) == 0);
    return s;
}

static void bound(void *s, const char *address, char *endpoint)
{
    size_t n = 256;
    CHECK(zmq_bind(s, address) == 0);
    CHECK(zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, endpoint, &n) == 0);
}

static void contexts(void *unused)
{
    (void)unused;
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    CHECK(major == 4 && minor == 3 && patch >= 4);
    void *ctx = zmq_ctx_new();
    CHECK(ctx != NULL && zmq_ctx_get(ctx, ZMQ_MAX_SOCKETS) == ZMQ_MAX_SOCKETS_DFLT);
    CHECK(zmq_ctx_set(ctx, ZMQ_IO_THREADS, 2) == 0 && zmq_ctx_get(ctx, ZMQ_IO_THREADS) == 2);
    CHECK(zmq_ctx_set(ctx, -7, 1) == -1 && zmq_errno() == EINVAL);
    CHECK(zmq_ctx_shutdown(ctx) == 0 && zmq_socket(ctx, ZMQ_PAIR) == NULL && zmq_errno() == ETERM);
    CHECK(zmq_ctx_term(ctx) == 0);
    void *old = zmq_init(1);
    CHECK(old != NULL && zmq_term(old) == 0);
    old = zmq_init(1);
    CHECK(old != NULL && zmq_ctx_destroy(old) == 0);
    CHECK(strcmp(zmq_strerror(EFSM), "Operation cannot be accomplished in current state") == 0);
    CHECK(zmq_has("ipc") == 1 && zmq_has("carrier pigeon") == 0);
}

static int freed;
static void count_free(void *data, void *hint)
{
    CHECK(hint == &freed);
    free(data);
    freed++;
}

static void messages(void *unused)
{
    (void)unused;
    zmq_msg_t a, b;
    char *data = malloc(1000);
    CHECK(data != NULL);
    memset(data, 'd', 1000);
    CHECK(zmq_msg_init_data(&a, data, 1000, count_free, &freed) == 0);
    CHECK(zmq_msg_size(&a) == 1000 && zmq_msg_data(&a) == data && !zmq_msg_more(&a));
    CHECK(zmq_msg_init(&b) == 0 && zmq_msg_copy(&b, &a) == 0 && zmq_msg_get(&b, ZMQ_SHARED) == 1);
    CHECK(zmq_msg_close(&a) == 0 && freed == 0);
    CHECK(zmq_msg_init_size(&a, 7) == 0 && zmq_msg_move(&a, &b) == 0 && zmq_msg_size(&a) == 1000 && zmq_msg_size(&b) == 0);
    CHECK(zmq_msg_set(&a, ZMQ_MORE, 1) == -1 && zmq_errno() == EINVAL);
    CHECK(zmq_msg_gets(&a, "Socket-Type") == NULL && zmq_errno() == EINVAL);
    CHECK(zmq_msg_close(&a) == 0 && freed == 1 && zmq_msg_close(&b) == 0);
}

static void request_reply(void *ctx, const char *address)
{
    char endpoint[256], buf[16];
    void *rep = opened(ctx, ZMQ_REP), *req = opened(ctx, ZMQ_REQ);
    bound(rep, address, endpoint);
    CHECK(zmq_connect(req, endpoint) == 0);
    CHECK(zmq_recv(req, buf, 16, 0) == -1 && zmq_errno() == EFSM);
    for (int i = 0; i < 100; i++) {
        zmq_msg_t msg;
        CHECK(zmq_send(req, "ab", 2, ZMQ_SNDMORE) == 2 && zmq_send_const(req, "cdefghijklmnopqrstuvwxyz", 24, 0) == 24);
        CHECK(zmq_recv(rep, buf, 16, 0) == 2 && zmq_msg_init(&msg) == 0);
        CHECK(zmq_msg_recv(&msg, rep, 0) == 24 && memcmp(zmq_msg_data(&msg), "cdef", 4) == 0);
        CHECK(zmq_msg_send(&msg, rep, 0) == 24 && zmq_msg_close(&msg) == 0);
        CHECK(zmq_recv(req, buf, 16, 0) == 24 && memcmp(buf, "cdefghijklmnopqr", 16) == 0);
    }
    CHECK(zmq_disconnect(req, endpoint) == 0 && zmq_unbind(rep, endpoint) == 0);
    CHECK(zmq_unbind(rep, endpoint) == -1 && zmq_errno() == ENOENT);
    CHECK(zmq_close(req) == 0 && zmq_close(rep) == 0);
}

static void legacy_transfer(void *ctx)
{
    char endpoint[256], one[] = "one", two[] = "three";
    void *pull = opened(ctx, ZMQ_PULL), *push = opened(ctx, ZMQ_PUSH);
    bound(pull, "tcp://127.0.0.1:*", endpoint);
    CHECK(zmq_connect(push, endpoint) == 0);
    struct iovec out[2] = {{one, 3}, {two, 5}}, in[4];
    size_t n = 4;
    CHECK(zmq_sendiov(push, out, 2, ZMQ_SNDMORE) == 5);
    CHECK(zmq_recviov(pull, in, &n, 0) == 2 && n == 2 && in[1].iov_len == 5 && memcmp(in[1].iov_base, "three", 5) == 0);
    free(in[0].iov_base);
    free(in[1].iov_base);
    zmq_msg_t msg;
    CHECK(zmq_msg_init_size(&msg, 3) == 0);
    memcpy(zmq_msg_data(&msg), "old", 3);
    CHECK(zmq_sendmsg(push, &msg, 0) == 3 && zmq_recvmsg(pull, &msg, 0) == 3 && zmq_msg_close(&msg) == 0);
    CHECK(zmq_close(push) == 0 && zmq_close(pull) == 0);
}

static void publish(void *ctx)
{
    char endpoint[256], buf[16];
    void *pub = opened(ctx, ZMQ_XPUB), *sub = opened(ctx, ZMQ_SUB);
    bound(pub, "tcp://127.0.0.1:*", endpoint);
    CHECK(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "b", 1) == 0 && zmq_connect(sub, endpoint) == 0);
    CHECK(zmq_recv(pub, buf, 16, 0) == 2 && buf[0] == 1 && buf[1] == 'b');
    CHECK(zmq_send(pub, "a1", 2, 0) == 2 && zmq_send(pub, "b2", 2, 0) == 2);
    CHECK(zmq_recv(sub, buf, 16, 0) == 2 && memcmp(buf, "b2", 2) == 0);
    zmq_pollitem_t items[2] = {{sub, 0, ZMQ_POLLIN, 0}, {pub, 0, ZMQ_POLLOUT, 0}};
    CHECK(zmq_poll(items, 2, 0) == 1 && items[0].revents == 0 && items[1].revents == ZMQ_POLLOUT);
    CHECK(zmq_close(sub) == 0 && zmq_close(pub) == 0);
}

static void monitor(void *ctx)
{
    char endpoint[256], address[256];
    void *server = opened(ctx, ZMQ_DEALER), *client = opened(ctx, ZMQ_DEALER), *watch = opened(ctx, ZMQ_PAIR);
    CHECK(zmq_socket_monitor(client, "inproc://watch", ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED) == 0);
    CHECK(zmq_connect(watch, "inproc://watch") == 0);
    bound(server, "tcp://127.0.0.1:*", endpoint);
    CHECK(zmq_connect(client, endpoint) == 0);
    const int due[2] = {ZMQ_EVENT_CONNECTED, ZMQ_EVENT_HANDSHAKE_SUCCEEDED};
    for (int i = 0; i < 2; i++) {
        unsigned char head[6];
        CHECK(zmq_recv(watch, head, 6, 0) == 6 && (head[0] | head[1] << 8) == due[i]);
        int n = zmq_recv(watch, address, sizeof address, 0);
        CHECK(n == (int)strlen(endpoint) && memcmp(address, endpoint, (size_t)n) == 0);
    }
    CHECK(zmq_socket_monitor(client, NULL, 0) == 0);
    CHECK(zmq_close(watch) == 0 && zmq_close(client) == 0 && zmq_close(server) == 0);
}

struct relay {
    void *ctx;
    int kind;
    char front[256], back[256];
    void *ready, *control;
};

static void run_relay(void *arg)
{
    struct relay *r = arg;
    void *front = opened(r->ctx, ZMQ_PULL), *back = opened(r->ctx, ZMQ_PUSH), *control = NULL, *ready = opened(r->ctx, ZMQ_PAIR);
    bound(front, "tcp://127.0.0.1:*", r->front);
    bound(back, "tcp://127.0.0.1:*", r->back);
    if (r->kind == 2) {
        control = opened(r->ctx, ZMQ_PAIR);
        CHECK(zmq_bind(control, "inproc://control") == 0);
    }
    CHECK(zmq_connect(ready, "inproc://ready") == 0 && zmq_send(ready, "", 0, 0) == 0);
    int rc = r->kind == 0   ? zmq_proxy(front, back, NULL)
             : r->kind == 1 ? zmq_device(ZMQ_STREAMER, front, back)
                            : zmq_proxy_steerable(front, back, NULL, control);
    CHECK(r->kind == 2 ? rc == 0 : rc == -1 && zmq_errno() == ETERM);
    CHECK(zmq_close(front) == 0 && zmq_close(back) == 0 && zmq_close(ready) == 0);
    if (control)
        CHECK(zmq_close(control) == 0);
}

static void relays(int kind)
{
    char buf[8];
    struct relay r = {zmq_ctx_new(), kind, "", "", NULL, NULL};
    void *ready = opened(r.ctx, ZMQ_PAIR);
    CHECK(zmq_bind(ready, "inproc://ready") == 0);
    void *thread = zmq_threadstart(run_relay, &r);
    CHECK(zmq_recv(ready, buf, 8, 0) == 0);
    void *push = opened(r.ctx, ZMQ_PUSH), *pull = opened(r.ctx, ZMQ_PULL), *control = NULL;
    CHECK(zmq_connect(push, r.front) == 0 && zmq_connect(pull, r.back) == 0);
    for (int i = 0; i < 50; i++)
        CHECK(zmq_send(push, "through", 7, 0) == 7 && zmq_recv(pull, buf, 8, 0) == 7);
    if (kind == 2) {
        control = opened(r.ctx, ZMQ_PAIR);
        CHECK(zmq_connect(control, "inproc://control") == 0 && zmq_send(control, "TERMINATE", 9, 0) == 9);
        zmq_threadclose(thread);
        CHECK(zmq_close(control) == 0);
    }
    CHECK(zmq_close(push) == 0 && zmq_close(pull) == 0 && zmq_close(ready) == 0);
    CHECK(zmq_ctx_shutdown(r.ctx) == 0);
    if (kind != 2)
        zmq_threadclose(thread);
    CHECK(zmq_ctx_term(r.ctx) == 0);
}

static int ticks;
static void tick(int id, void *arg)
{
    CHECK(arg == &ticks && id > 0);
    ticks++;
}

/* Exported by the reference, and declared only for draft users: declared here so that the link is exercised. */
typedef void(tick_fn)(int id, void *arg);
void *zmq_timers_new(void);
int zmq_timers_destroy(void **timers);
int zmq_timers_add(void *timers, size_t interval, tick_fn fn, void *arg);
int zmq_timers_cancel(void *timers, int id);
int zmq_timers_set_interval(void *timers, int id, size_t interval);
int zmq_timers_reset(void *timers, int id);
long zmq_timers_timeout(void *timers);
int zmq_timers_execute(void *timers);

static void utilities(void *unused)
{
    (void)unused;
    char text[41], public[41], secret[41], derived[41];
    unsigned char raw[32];
    const unsigned char hello[8] = {0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B};
    CHECK(zmq_z85_encode(text, hello, 8) != NULL && strcmp(text, "HelloWorld") == 0);
    CHECK(zmq_z85_decode(raw, text) != NULL && memcmp(raw, hello, 8) == 0);
    int rc = zmq_curve_keypair(public, secret);
    CHECK((rc == 0) == zmq_has("curve"));
    if (rc == 0)
        CHECK(zmq_curve_public(derived, secret) == 0 && strcmp(public, derived) == 0);
    else
        CHECK(zmq_errno() == ENOTSUP && zmq_curve_public(derived, public) == -1 && zmq_errno() == ENOTSUP);
    void *counter = zmq_atomic_counter_new();
    zmq_atomic_counter_set(counter, 2);
    CHECK(zmq_atomic_counter_inc(counter) == 2 && zmq_atomic_counter_dec(counter) == 1);
    CHECK(zmq_atomic_counter_dec(counter) == 1 && zmq_atomic_counter_value(counter) == 1);
    CHECK(zmq_atomic_counter_dec(counter) == 0);
    zmq_atomic_counter_destroy(&counter);
    CHECK(counter == NULL);
    void *watch = zmq_stopwatch_start();
    zmq_sleep(1);
    unsigned long middle = zmq_stopwatch_intermediate(watch), end = zmq_stopwatch_stop(watch);
    CHECK(middle >= 900000 && end >= middle && end < 20000000);
    void *timers = zmq_timers_new();
    int id = zmq_timers_add(timers, 100000, tick, &ticks), other = zmq_timers_add(timers, 200000, tick, &ticks);
    CHECK(zmq_timers_cancel(timers, other) == 0 && zmq_timers_cancel(timers, other) == -1 && zmq_errno() == EINVAL);
    CHECK(zmq_timers_timeout(timers) > 90000 && zmq_timers_reset(timers, id) == 0 && zmq_timers_execute(timers) == 0 && ticks == 0);
    CHECK(zmq_timers_set_interval(timers, id, 1) == 0);
    while (ticks == 0) {
        long ms = zmq_timers_timeout(timers);
        CHECK(ms <= 1 && zmq_poll(NULL, 0, ms) == 0 && zmq_timers_execute(timers) == 0);
    }
    CHECK(zmq_timers_destroy(&timers) == 0 && timers == NULL);
}

static void over_tcp(void *ctx) { request_reply(ctx, "tcp://127.0.0.1:*"); }
static void over_ipc(void *ctx) { request_reply(ctx, "ipc://*"); }
static void over_inproc(void *ctx) { request_reply(ctx, "inproc://here"); }
static void proxy(void *ctx) { relays(0); (void)ctx; }
static void device(void *ctx) { relays(1); (void)ctx; }
static void steerable(void *ctx) { relays(2); (void)ctx; }

int main(int argc, char **argv)
{
    static const struct area areas[] = {
        {"contexts", contexts},   {"messages", messages},       {"tcp", over_tcp},     {"ipc", over_ipc},
        {"inproc", over_inproc},  {"transfer", legacy_transfer}, {"publish", publish},  {"monitor", monitor},
        {"proxy", proxy},         {"device", device},           {"steerable", steerable}, {"utilities", utilities}};
    return run_areas(areas, sizeof areas / sizeof *areas, argc, argv);
}
