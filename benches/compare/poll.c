/* zmq_poll over N inproc sockets in one thread: poll N SECONDS. `ready` finds the one message just sent to a random
   socket and reads it; `idle` finds nothing. */
#include "bench.h"

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    int n = atoi(argv[1]);
    double seconds = atof(argv[2]);
    raise_fd_limit();
    void *ctx = zmq_ctx_new();
    CHECK(zmq_ctx_set(ctx, ZMQ_MAX_SOCKETS, 2 * n + 10) == 0);
    void **push = calloc((size_t)n, sizeof *push);
    zmq_pollitem_t *items = calloc((size_t)n, sizeof *items);
    CHECK(push != NULL && items != NULL);
    for (int i = 0; i < n; i++) {
        char endpoint[256], buf[4];
        items[i] = (zmq_pollitem_t){open_socket(ctx, ZMQ_PULL), 0, ZMQ_POLLIN, 0};
        push[i] = open_socket(ctx, ZMQ_PUSH);
        bind_fresh(items[i].socket, "inproc", endpoint);
        CHECK(zmq_connect(push[i], endpoint) == 0);
        CHECK(zmq_send(push[i], "warm", 4, 0) == 4 && zmq_recv(items[i].socket, buf, 4, 0) == 4);
    }
    uint64_t start = now_ns(), now = start, end = start + (uint64_t)(seconds * 0.7e9), state = 88172645463325252u;
    double calls = 0;
    for (; now < end; calls++, now = now_ns()) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        int i = (int)(state % (uint64_t)n);
        char buf[8];
        CHECK(zmq_send(push[i], "x", 1, 0) == 1);
        CHECK(zmq_poll(items, n, -1) == 1 && items[i].revents == ZMQ_POLLIN);
        CHECK(zmq_recv(items[i].socket, buf, sizeof buf, ZMQ_DONTWAIT) == 1);
    }
    metric("ready", calls / ((double)(now - start) / 1e9), "poll/s", "higher");
    for (calls = 0, start = now, end = start + (uint64_t)(seconds * 0.3e9); now < end; calls++, now = now_ns())
        CHECK(zmq_poll(items, n, 0) == 0);
    metric("idle", calls / ((double)(now - start) / 1e9), "poll/s", "higher");
    for (int i = 0; i < n; i++)
        CHECK(zmq_close(push[i]) == 0 && zmq_close(items[i].socket) == 0);
    CHECK(zmq_ctx_term(ctx) == 0);
    return 0;
}
