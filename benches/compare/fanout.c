/* One publisher, N subscribers of everything, over tcp: fanout N SIZE SECONDS. The publisher waits for the slowest
   (XPUB_NODROP), so every message counts N times. Subscribers share one process and one thread. Before the measurement
   the queues have had time to fill: with many subscribers that is memory which a process first has to get. */
#include "bench.h"

enum { QUEUED = 2000 /* both high-water marks */ };
#define WARM_UP_NS 4000000000u

static void subscribers(struct shared *shared, int n, size_t size)
{
    void *ctx = zmq_ctx_new();
    CHECK(zmq_ctx_set(ctx, ZMQ_MAX_SOCKETS, n + 10) == 0);
    void **sub = calloc((size_t)n, sizeof *sub);
    zmq_pollitem_t *items = calloc((size_t)n, sizeof *items);
    char *buf = malloc(size);
    CHECK(sub != NULL && items != NULL && buf != NULL);
    for (int i = 0; i < n; i++) {
        sub[i] = open_socket(ctx, ZMQ_SUB);
        items[i] = (zmq_pollitem_t){sub[i], 0, ZMQ_POLLIN, 0};
        CHECK(zmq_setsockopt(sub[i], ZMQ_SUBSCRIBE, "", 0) == 0);
        CHECK(zmq_connect(sub[i], shared->endpoint) == 0);
    }
    for (;;)
        drain(sub, items, n, buf, size, &shared->count);
}

int main(int argc, char **argv)
{
    CHECK(argc == 4);
    int n = atoi(argv[1]);
    size_t size = (size_t)atol(argv[2]);
    double seconds = atof(argv[3]);
    raise_fd_limit();
    struct shared *shared = shared_page();
    pid_t peer = fork_peer();
    if (peer == 0) {
        wait_flag(&shared->ready, 1);
        subscribers(shared, n, size);
    }
    void *ctx = zmq_ctx_new();
    void *pub = open_socket(ctx, ZMQ_XPUB);
    set_int(pub, ZMQ_XPUB_VERBOSE, 1);
    set_int(pub, ZMQ_XPUB_NODROP, 1);
    set_int(pub, ZMQ_SNDTIMEO, 100);
    set_int(pub, ZMQ_BACKLOG, 4096);
    bind_fresh(pub, "tcp", shared->endpoint);
    atomic_store(&shared->ready, 1);
    char *buf = calloc(1, size);
    char subscription[8];
    CHECK(buf != NULL);
    for (int i = 0; i < n; i++)
        CHECK(zmq_recv(pub, subscription, sizeof subscription, 0) == 1);
    uint64_t start = 0, cpu = 0, end = now_ns() + (uint64_t)(seconds * 0.25e9), latest = now_ns() + WARM_UP_NS;
    long before = 0;
    for (int phase = 0; phase < 2;) {
        for (int i = 0; i < (n < 100 ? 64 : 1); i++)
            if (zmq_send(pub, buf, size, 0) < 0)
                CHECK(zmq_errno() == EAGAIN);
        uint64_t now = now_ns();
        if (now < end || (phase == 0 && now < latest && atomic_load(&shared->count) < (long)n * QUEUED))
            continue;
        if (phase++ == 0) {
            start = now, end = now + (uint64_t)(seconds * 1e9);
            before = atomic_load(&shared->count);
            cpu = cpu_ns(0) + cpu_ns(peer);
        } else {
            double got = (double)(atomic_load(&shared->count) - before);
            cpu = cpu_ns(0) + cpu_ns(peer) - cpu;
            CHECK(got > 0);
            metric("deliveries", got / ((double)(now - start) / 1e9), "msg/s", "higher");
            metric("cpu", (double)cpu / got, "ns/msg", "lower");
        }
    }
    reap(peer);
    CHECK(zmq_close(pub) == 0);
    CHECK(zmq_ctx_term(ctx) == 0);
    return 0;
}
