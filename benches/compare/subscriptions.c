/* One subscriber with N subscriptions over tcp: subscriptions N SECONDS. Set-up lasts from the word to start until the
   publisher has seen the last; then the publisher sends messages that match one of them, and messages that match none. */
#include "bench.h"
#include <malloc.h>

enum { PAYLOAD = 32 };

/* Topics of one length, so that none is a prefix of another. */
static size_t topic(char *buf, size_t len, long i)
{
    CHECK(len >= 16);
    memcpy(buf, "topic/00000000/", 16);
    for (int at = 13; at >= 6; at--, i /= 10) /* not printf: it would cost as much as the send */
        buf[at] = (char)('0' + i % 10);
    return 15;
}

static void subscriber(struct shared *shared, long n)
{
    void *ctx = zmq_ctx_new();
    void *sub = open_socket(ctx, ZMQ_SUB);
    char buf[64];
    set_int(sub, ZMQ_SNDHWM, 0); /* subscriptions travel upstream: lose none */
    CHECK(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "sync", 4) == 0);
    CHECK(zmq_connect(sub, shared->endpoint) == 0);
    CHECK(zmq_recv(sub, buf, sizeof buf, 0) == 4);
    double before = rss_kib(0);
    atomic_store(&shared->ready, 2);
    for (long i = 0; i < n; i++)
        CHECK(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, buf, topic(buf, sizeof buf, i)) == 0);
    wait_flag(&shared->ready, 3);
    malloc_trim(0);
    shared->value = rss_kib(0) - before;
    atomic_store(&shared->ready, 4);
    while (zmq_recv(sub, buf, sizeof buf, 0) == PAYLOAD)
        atomic_fetch_add_explicit(&shared->count, 1, memory_order_relaxed);
    CHECK(0);
}

static void publish(void *pub, struct shared *shared, long n, double seconds)
{
    char buf[64] = {0};
    uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), now = start, state = 88172645463325252u;
    long before = atomic_load(&shared->count);
    while ((now = now_ns()) < end)
        for (int i = 0; i < 64; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            topic(buf, sizeof buf, (long)(state % (uint64_t)n));
            if (zmq_send(pub, buf, PAYLOAD, 0) < 0)
                CHECK(zmq_errno() == EAGAIN);
        }
    double got = (double)(atomic_load(&shared->count) - before);
    CHECK(got > 0);
    metric("match", got / ((double)(now - start) / 1e9), "msg/s", "higher");
    double sent = 0;
    for (start = now_ns(), end = start + (uint64_t)(seconds * 0.3e9); (now = now_ns()) < end; sent += 64)
        for (int i = 0; i < 64; i++)
            CHECK(zmq_send(pub, "topic/none/", 11, 0) >= 0);
    metric("miss", sent / ((double)(now - start) / 1e9), "msg/s", "higher");
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    long n = atol(argv[1]);
    struct shared *shared = shared_page();
    pid_t peer = fork_peer();
    if (peer == 0) {
        wait_flag(&shared->ready, 1);
        subscriber(shared, n);
    }
    void *ctx = zmq_ctx_new();
    void *pub = open_socket(ctx, ZMQ_XPUB);
    char buf[64];
    set_int(pub, ZMQ_RCVHWM, 0);
    set_int(pub, ZMQ_XPUB_NODROP, 1);
    set_int(pub, ZMQ_SNDTIMEO, 100);
    bind_fresh(pub, "tcp", shared->endpoint);
    atomic_store(&shared->ready, 1);
    CHECK(zmq_recv(pub, buf, sizeof buf, 0) == 5);
    double before = rss_kib(0);
    CHECK(zmq_send(pub, "sync", 4, 0) == 4);
    uint64_t start = now_ns();
    for (long i = 0; i < n; i++)
        CHECK(zmq_recv(pub, buf, sizeof buf, 0) == 16);
    if (n >= 1000)
        metric("setup", (double)n / ((double)(now_ns() - start) / 1e9), "sub/s", "higher");
    if (n >= 1000) {
        malloc_trim(0);
        metric("pub_memory", (rss_kib(0) - before) * 1024 / (double)n, "B/sub", "lower");
    }
    atomic_store(&shared->ready, 3);
    wait_flag(&shared->ready, 4);
    if (n >= 1000)
        metric("sub_memory", shared->value * 1024 / (double)n, "B/sub", "lower");
    publish(pub, shared, n, atof(argv[2]));
    reap(peer);
    CHECK(zmq_close(pub) == 0);
    CHECK(zmq_ctx_term(ctx) == 0);
    return 0;
}
