/* PUSH to PULL as fast as both go. throughput TRANSPORT SIZE SECONDS, TRANSPORT one of inproc ipc tcp curve.
   The receiver counts for a fixed time after a warm-up; ipc and tcp use two processes, inproc two threads. */
#include "security.h"

struct job {
    void *ctx;
    const char *transport;
    size_t size;
    struct shared *shared;
};

static int hwm(size_t size)
{
    size_t n = ((size_t)64 << 20) / size; /* at most 64 MiB queued a side, and never above the default of 1000 */
    return n < 4 ? 4 : n > 1000 ? 1000 : (int)n;
}

static void *sender(void *arg)
{
    struct job *job = arg;
    void *ctx = job->ctx ? job->ctx : zmq_ctx_new();
    void *push = open_socket(ctx, ZMQ_PUSH);
    set_int(push, ZMQ_SNDHWM, hwm(job->size));
    set_int(push, ZMQ_SNDTIMEO, 100);
    make_client(push, job->transport);
    CHECK(zmq_connect(push, job->shared->endpoint) == 0);
    char *buf = malloc(job->size);
    CHECK(buf != NULL);
    memset(buf, 'x', job->size);
    while (!atomic_load_explicit(&job->shared->stop, memory_order_relaxed))
        if (zmq_send(push, buf, job->size, 0) < 0)
            CHECK(zmq_errno() == EAGAIN);
    free(buf);
    CHECK(zmq_close(push) == 0);
    if (job->ctx == NULL)
        CHECK(zmq_ctx_term(ctx) == 0);
    return NULL;
}

static void receive(void *pull, size_t size, double seconds, pid_t peer)
{
    char *buf = malloc(size);
    CHECK(buf != NULL);
    int batch = size >= 65536 ? 1 : size >= 8192 ? 16 : 256;
    uint64_t start = now_ns() + 5000000000u, end = start, cpu = 0;
    long count = 0, warm = 0;
    for (int phase = 0; phase < 2;) {
        for (int i = 0; i < batch; i++)
            CHECK(zmq_recv(pull, buf, size, 0) == (int)size);
        uint64_t now = now_ns();
        if (phase == 0) {
            if (warm++ == 0)
                end = now + (uint64_t)(seconds * 0.25e9);
            if (now >= end) {
                phase = 1, start = now, end = now + (uint64_t)(seconds * 1e9);
                cpu = cpu_ns(0) + (peer ? cpu_ns(peer) : 0);
            }
        } else {
            count += batch;
            if (now >= end)
                phase = 2, end = now;
        }
    }
    cpu = cpu_ns(0) + (peer ? cpu_ns(peer) : 0) - cpu;
    double rate = (double)count / ((double)(end - start) / 1e9);
    if (size < 8192)
        metric("rate", rate, "msg/s", "higher");
    else
        metric("bandwidth", rate * (double)size / 1e6, "MB/s", "higher");
    metric("cpu", (double)cpu / (double)count, "ns/msg", "lower");
    free(buf);
}

int main(int argc, char **argv)
{
    CHECK(argc == 4);
    struct shared *shared = shared_page();
    struct job job = {NULL, argv[1], (size_t)atol(argv[2]), shared};
    int threads = strcmp(argv[1], "inproc") == 0;
    pid_t peer = 0;
    if (!threads && (peer = fork_peer()) == 0) {
        wait_flag(&shared->ready, 1);
        sender(&job);
        return 0;
    }
    void *ctx = zmq_ctx_new();
    void *pull = open_socket(ctx, ZMQ_PULL);
    set_int(pull, ZMQ_RCVHWM, hwm(job.size));
    if (is_missing(argv[1])) {
        reap(peer);
        puts("skip no curve");
        return 0;
    }
    make_server(pull, argv[1]);
    bind_fresh(pull, argv[1], shared->endpoint);
    pthread_t thread;
    if (threads) {
        job.ctx = ctx;
        CHECK(pthread_create(&thread, NULL, sender, &job) == 0);
    }
    atomic_store(&shared->ready, 1);
    receive(pull, job.size, atof(argv[3]), peer);
    atomic_store(&shared->stop, 1);
    CHECK(zmq_close(pull) == 0);
    if (threads)
        CHECK(pthread_join(thread, NULL) == 0);
    else
        CHECK(waitpid(peer, NULL, 0) == peer);
    CHECK(zmq_ctx_term(ctx) == 0);
    unlink_ipc(shared->endpoint);
    return 0;
}
