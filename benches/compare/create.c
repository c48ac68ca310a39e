/* Creation and destruction: create KIND SECONDS, KIND one of socket (one context), bound (each bound to a fresh tcp
   port), context (empty), context-socket (a context with one socket, so its threads start and end). */
#include "bench.h"

static void *patient_socket(void *ctx)
{
    void *s;
    while ((s = zmq_socket(ctx, ZMQ_DEALER)) == NULL) { /* closed sockets are reaped in the background */
        CHECK(zmq_errno() == EMFILE);
        usleep(100);
    }
    return s;
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    const char *kind = argv[1];
    int fresh = strncmp(kind, "context", 7) == 0, with_socket = strcmp(kind, "context") != 0;
    int bound = strcmp(kind, "bound") == 0;
    void *ctx = fresh ? NULL : zmq_ctx_new();
    uint64_t start = now_ns(), now = start, end = start + (uint64_t)(atof(argv[2]) * 1e9), cpu = cpu_ns(0);
    double made = 0;
    for (; now < end; made++, now = now_ns()) {
        void *c = fresh ? zmq_ctx_new() : ctx;
        CHECK(c != NULL);
        if (with_socket) {
            void *s = patient_socket(c);
            if (bound)
                CHECK(zmq_bind(s, "tcp://127.0.0.1:*") == 0);
            CHECK(zmq_close(s) == 0);
        }
        if (fresh)
            CHECK(zmq_ctx_term(c) == 0);
    }
    metric("rate", made / ((double)(now - start) / 1e9), "1/s", "higher");
    metric("cpu", (double)(cpu_ns(0) - cpu) / made / 1e3, "us", "lower");
    if (ctx != NULL)
        CHECK(zmq_ctx_term(ctx) == 0);
    return 0;
}
