/* N connections between one ROUTER in each of two processes, over tcp: connections N SECONDS. The server greets each
   connection with an empty message (PROBE_ROUTER), so the client knows when it is up and under which id to echo on it. */
#include "bench.h"
#include <malloc.h>

enum { ID = 16, CHUNK = 500, WINDOW = 100, REPEATS = 21 };

static void server(struct shared *shared)
{
    void *ctx = zmq_ctx_new();
    void *router = open_socket(ctx, ZMQ_ROUTER);
    char id[ID], buf[64];
    set_int(router, ZMQ_PROBE_ROUTER, 1);
    set_int(router, ZMQ_BACKLOG, 4096);
    bind_fresh(router, "tcp", shared->endpoint);
    atomic_store(&shared->ready, 1);
    for (;;) {
        int len = zmq_recv(router, id, sizeof id, 0);
        int n = zmq_recv(router, buf, sizeof buf, 0);
        CHECK(len > 0 && n >= 0);
        CHECK(zmq_send(router, id, (size_t)len, ZMQ_SNDMORE) == len);
        CHECK(zmq_send(router, buf, (size_t)n, 0) == n);
    }
}

/* Connects n times and waits until all are up; returns connections per second. */
static double set_up(void *router, const char *endpoint, int n, char (*ids)[ID], int *len)
{
    char buf[64];
    uint64_t start = now_ns();
    for (int up = 0, asked = 0; up < n; up++) {
        for (; asked < n && asked < up / CHUNK * CHUNK + CHUNK; asked++) /* the next chunk when the last one is up */
            CHECK(zmq_connect(router, endpoint) == 0);
        len[up] = zmq_recv(router, ids[up], ID, 0);
        CHECK(len[up] > 0 && zmq_recv(router, buf, sizeof buf, 0) == 0);
    }
    return n / ((double)(now_ns() - start) / 1e9);
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void request(void *router, const char *id, int len)
{
    CHECK(zmq_send(router, id, (size_t)len, ZMQ_SNDMORE) == len);
    CHECK(zmq_send(router, "ping", 4, 0) == 4);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    int n = atoi(argv[1]);
    double seconds = atof(argv[2]);
    raise_fd_limit();
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < (rlim_t)n + 100) {
        printf("skip needs %d file descriptors, may have %ld\n", n + 100, (long)limit.rlim_cur);
        return 0;
    }
    struct shared *shared = shared_page();
    pid_t peer = fork_peer();
    if (peer == 0)
        server(shared);
    wait_flag(&shared->ready, 1);
    void *ctx = zmq_ctx_new();
    void *router = open_socket(ctx, ZMQ_ROUTER);
    char(*ids)[ID] = calloc((size_t)n, ID), buf[64];
    int *len = calloc((size_t)n, sizeof *len);
    CHECK(ids != NULL && len != NULL);
    memset(len, 0, (size_t)n * sizeof *len);
    double mine = rss_kib(0), theirs = rss_kib(peer);
    double rates[REPEATS] = {set_up(router, shared->endpoint, n, ids, len)};

    int window = n < WINDOW ? n : WINDOW, next = window;
    long echoes = 0;
    uint64_t now = now_ns(), end = now + (uint64_t)(seconds * 1e9), cpu = cpu_ns(0) + cpu_ns(peer);
    uint64_t start = now;
    for (int i = 0; i < window; i++)
        request(router, ids[i], len[i]);
    for (; now < end || echoes < n; echoes++) { /* each connection at least once */
        int k = zmq_recv(router, buf, ID, 0);
        CHECK(k > 0 && zmq_recv(router, buf, sizeof buf, 0) == 4);
        request(router, ids[next % n], len[next % n]);
        next = (next + 1) % n;
        if (echoes % 16 == 0)
            now = now_ns();
    }
    cpu = cpu_ns(0) + cpu_ns(peer) - cpu;
    metric("echo", (double)echoes / ((double)(now_ns() - start) / 1e9), "echo/s", "higher");
    metric("cpu", (double)cpu / (double)echoes / 1e3, "us/echo", "lower");
    if (n >= 100) {
        metric("client_memory", (rss_kib(0) - mine) / n, "KiB/conn", "lower");
        metric("server_memory", (rss_kib(peer) - theirs) / n, "KiB/conn", "lower");
    }
    CHECK(zmq_close(router) == 0);
    /* A few connections are up before the scheduler has found its feet: that many are made again. */
    int repeats = n >= 2000 ? 1 : REPEATS;
    for (int i = 1; i < repeats; i++) {
        router = open_socket(ctx, ZMQ_ROUTER);
        rates[i] = set_up(router, shared->endpoint, n, ids, len);
        CHECK(zmq_close(router) == 0);
    }
    qsort(rates, (size_t)repeats, sizeof *rates, order);
    metric("setup", rates[repeats / 2], "conn/s", "higher");
    reap(peer);
    CHECK(zmq_ctx_term(ctx) == 0);
    return 0;
}
