/* One ROUTER to N DEALERs in another process, over tcp, addressed in turn: router N SIZE SECONDS. */
#include "bench.h"

static void dealers(struct shared *shared, int n, size_t size)
{
    void *ctx = zmq_ctx_new();
    CHECK(zmq_ctx_set(ctx, ZMQ_MAX_SOCKETS, n + 10) == 0);
    void **dealer = calloc((size_t)n, sizeof *dealer);
    zmq_pollitem_t *items = calloc((size_t)n, sizeof *items);
    char *buf = malloc(size);
    CHECK(dealer != NULL && items != NULL && buf != NULL);
    for (int i = 0; i < n; i++) {
        dealer[i] = open_socket(ctx, ZMQ_DEALER);
        items[i] = (zmq_pollitem_t){dealer[i], 0, ZMQ_POLLIN, 0};
        CHECK(zmq_connect(dealer[i], shared->endpoint) == 0);
        CHECK(zmq_send(dealer[i], "hello", 5, 0) == 5);
    }
    for (;;)
        drain(dealer, items, n, buf, size, &shared->count);
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
        dealers(shared, n, size);
    }
    void *ctx = zmq_ctx_new();
    void *router = open_socket(ctx, ZMQ_ROUTER);
    set_int(router, ZMQ_ROUTER_MANDATORY, 1); /* block on a full peer instead of dropping */
    set_int(router, ZMQ_SNDTIMEO, 100);
    set_int(router, ZMQ_BACKLOG, 4096);
    bind_fresh(router, "tcp", shared->endpoint);
    atomic_store(&shared->ready, 1);
    char(*ids)[16] = calloc((size_t)n, 16), *buf = calloc(1, size), hello[8];
    int *len = calloc((size_t)n, sizeof *len);
    CHECK(ids != NULL && buf != NULL && len != NULL);
    for (int i = 0; i < n; i++) {
        len[i] = zmq_recv(router, ids[i], 16, 0);
        CHECK(len[i] > 0 && zmq_recv(router, hello, sizeof hello, 0) == 5);
    }
    uint64_t start = now_ns(), now = start, end = start + (uint64_t)(seconds * 0.25e9), cpu = 0;
    long before = 0, turn = 0;
    for (int phase = 0; phase < 2;) {
        for (int k = 0; k < 64; k++, turn++) {
            int i = (int)(turn % n);
            if (zmq_send(router, ids[i], (size_t)len[i], ZMQ_SNDMORE) == len[i])
                CHECK(zmq_send(router, buf, size, 0) == (int)size);
            else
                CHECK(zmq_errno() == EAGAIN);
        }
        if ((now = now_ns()) < end)
            continue;
        if (phase++ == 0) {
            start = now, end = now + (uint64_t)(seconds * 1e9);
            before = atomic_load(&shared->count), cpu = cpu_ns(0) + cpu_ns(peer);
        } else {
            double got = (double)(atomic_load(&shared->count) - before);
            CHECK(got > 0);
            metric("rate", got / ((double)(now - start) / 1e9), "msg/s", "higher");
            metric("cpu", (double)(cpu_ns(0) + cpu_ns(peer) - cpu) / got, "ns/msg", "lower");
        }
    }
    reap(peer);
    CHECK(zmq_close(router) == 0);
    CHECK(zmq_ctx_term(ctx) == 0);
    return 0;
}
