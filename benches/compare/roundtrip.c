/* REQ/REP round trips. roundtrip TRANSPORT SIZE recv|poll SECONDS. With poll both sides wait in zmq_poll and then
   receive without blocking. Prints percentiles of the round trip and the CPU time both sides spent on it. */
#include "bench.h"

static int by_poll;

static int receive(void *socket, char *buf, size_t size)
{
    if (by_poll) {
        zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
        CHECK(zmq_poll(&item, 1, -1) == 1);
        return zmq_recv(socket, buf, size, ZMQ_DONTWAIT);
    }
    return zmq_recv(socket, buf, size, 0);
}

struct job {
    void *ctx;
    size_t size;
    struct shared *shared;
};

/* Answers until an empty request says goodbye. */
static void *server(void *arg)
{
    struct job *job = arg;
    void *ctx = job->ctx ? job->ctx : zmq_ctx_new();
    void *rep = open_socket(ctx, ZMQ_REP);
    CHECK(zmq_connect(rep, job->shared->endpoint) == 0);
    char *buf = malloc(job->size);
    CHECK(buf != NULL);
    int n;
    while ((n = receive(rep, buf, job->size)) > 0)
        CHECK(zmq_send(rep, buf, (size_t)n, 0) == n);
    CHECK(n == 0);
    free(buf);
    CHECK(zmq_close(rep) == 0);
    if (job->ctx == NULL)
        CHECK(zmq_ctx_term(ctx) == 0);
    return NULL;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void client(void *req, size_t size, double seconds, pid_t peer)
{
    size_t max = 4000000, n = 0;
    uint32_t *sample = malloc(max * sizeof *sample);
    char *buf = malloc(size);
    CHECK(buf != NULL && sample != NULL);
    memset(buf, 'x', size);
    for (int phase = 0; phase < 2; phase++) { /* the first pass warms up */
        double span = phase == 0 ? seconds * 0.25 : seconds;
        uint64_t start = now_ns(), before = start, end = start + (uint64_t)(span * 1e9);
        uint64_t cpu = cpu_ns(0) + (peer ? cpu_ns(peer) : 0);
        for (n = 0; before < end && n < max; n++) {
            CHECK(zmq_send(req, buf, size, 0) == (int)size);
            CHECK(receive(req, buf, size) == (int)size);
            uint64_t after = now_ns(), took = after - before;
            sample[n] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
            before = after;
        }
        cpu = cpu_ns(0) + (peer ? cpu_ns(peer) : 0) - cpu;
        if (phase == 1) {
            qsort(sample, n, sizeof *sample, ascending);
            metric("p50", sample[n / 2] / 1e3, "us", "lower");
            metric("p99", sample[n * 99 / 100] / 1e3, "us", "lower");
            metric("p99.9", sample[n * 999 / 1000] / 1e3, "us", "lower");
            metric("rate", (double)n / ((double)(before - start) / 1e9), "trip/s", "higher");
            metric("cpu", (double)cpu / (double)n / 1e3, "us/trip", "lower");
        }
    }
    CHECK(zmq_send(req, "", 0, 0) == 0);
    free(buf);
    free(sample);
}

int main(int argc, char **argv)
{
    CHECK(argc == 5);
    by_poll = strcmp(argv[3], "poll") == 0;
    struct shared *shared = shared_page();
    struct job job = {NULL, (size_t)atol(argv[2]), shared};
    int threads = strcmp(argv[1], "inproc") == 0;
    pid_t peer = 0;
    if (!threads && (peer = fork_peer()) == 0) {
        wait_flag(&shared->ready, 1);
        server(&job);
        return 0;
    }
    void *ctx = zmq_ctx_new();
    void *req = open_socket(ctx, ZMQ_REQ);
    set_int(req, ZMQ_LINGER, 2000);
    bind_fresh(req, argv[1], shared->endpoint);
    pthread_t thread;
    if (threads) {
        job.ctx = ctx;
        CHECK(pthread_create(&thread, NULL, server, &job) == 0);
    }
    atomic_store(&shared->ready, 1);
    client(req, job.size, atof(argv[4]), peer);
    if (threads)
        CHECK(pthread_join(thread, NULL) == 0);
    else
        CHECK(waitpid(peer, NULL, 0) == peer);
    CHECK(zmq_close(req) == 0);
    CHECK(zmq_ctx_term(ctx) == 0);
    unlink_ipc(shared->endpoint);
    return 0;
}
