/* PUSH, then zmq_proxy from PULL to PUSH, then PULL: three processes over tcp. proxy SIZE SECONDS. */
#include "bench.h"

static void producer(struct shared *shared, size_t size)
{
    void *ctx = zmq_ctx_new();
    void *push = open_socket(ctx, ZMQ_PUSH);
    char *buf = calloc(1, size);
    CHECK(buf != NULL && zmq_connect(push, shared->endpoint) == 0);
    for (;;)
        CHECK(zmq_send(push, buf, size, 0) == (int)size);
}

static void middle(struct shared *shared, const char *sink)
{
    void *ctx = zmq_ctx_new();
    void *pull = open_socket(ctx, ZMQ_PULL), *push = open_socket(ctx, ZMQ_PUSH);
    CHECK(zmq_connect(push, sink) == 0);
    bind_fresh(pull, "tcp", shared->endpoint);
    atomic_store(&shared->ready, 2);
    zmq_proxy(pull, push, NULL);
    CHECK(0);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    size_t size = (size_t)atol(argv[1]);
    double seconds = atof(argv[2]);
    struct shared *shared = shared_page(), *sink = shared_page();
    pid_t proxy = fork_peer();
    if (proxy == 0) {
        wait_flag(&shared->ready, 1);
        middle(shared, sink->endpoint);
    }
    pid_t source = fork_peer();
    if (source == 0) {
        wait_flag(&shared->ready, 2);
        producer(shared, size);
    }
    void *ctx = zmq_ctx_new();
    void *pull = open_socket(ctx, ZMQ_PULL);
    bind_fresh(pull, "tcp", sink->endpoint);
    atomic_store(&shared->ready, 1);
    char *buf = malloc(size);
    CHECK(buf != NULL && zmq_recv(pull, buf, size, 0) == (int)size);
    uint64_t start = now_ns(), now = start, end = start + (uint64_t)(seconds * 0.25e9), cpu = 0;
    long count = 0;
    for (int phase = 0; phase < 2;) {
        for (int i = 0; i < 64; i++, count++)
            CHECK(zmq_recv(pull, buf, size, 0) == (int)size);
        if ((now = now_ns()) < end)
            continue;
        if (phase++ == 0) {
            start = now, end = now + (uint64_t)(seconds * 1e9), count = 0, cpu = cpu_ns(proxy);
        } else {
            metric("rate", (double)count / ((double)(now - start) / 1e9), "msg/s", "higher");
            metric("proxy_cpu", (double)(cpu_ns(proxy) - cpu) / (double)count, "ns/msg", "lower");
        }
    }
    reap(source);
    reap(proxy);
    CHECK(zmq_close(pull) == 0);
    CHECK(zmq_ctx_term(ctx) == 0);
    return 0;
}
