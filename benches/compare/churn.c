/* Clients that come, ask once and go: churn TRANSPORT SECONDS, TRANSPORT one of tcp ipc plain curve; the last two are tcp
   with that mechanism and a ZAP handler that lets everybody in. Prints clients per second and what each one leaves behind
   in the memory of the server and of the client's process, once both have warmed up. */
#include "security.h"

static void server(struct shared *shared, const char *transport)
{
    void *ctx = zmq_ctx_new();
    void *router = open_socket(ctx, ZMQ_ROUTER);
    char id[256], buf[64];
    make_server(router, transport);
    if (strcmp(transport, "plain") == 0 || strcmp(transport, "curve") == 0)
        start_handler(ctx);
    bind_fresh(router, transport, shared->endpoint);
    atomic_store(&shared->ready, 1);
    for (;;) {
        int len = zmq_recv(router, id, sizeof id, 0);
        int n = zmq_recv(router, buf, sizeof buf, 0);
        CHECK(len > 0 && n >= 0);
        CHECK(zmq_send(router, id, (size_t)len, ZMQ_SNDMORE) == len);
        CHECK(zmq_send(router, buf, (size_t)n, 0) == n);
    }
}

static void client(void *ctx, const char *transport, const char *endpoint)
{
    void *dealer;
    char buf[8];
    while ((dealer = zmq_socket(ctx, ZMQ_DEALER)) == NULL) { /* closed sockets are reaped in the background */
        CHECK(zmq_errno() == EMFILE);
        usleep(100);
    }
    set_int(dealer, ZMQ_LINGER, 0);
    make_client(dealer, transport);
    CHECK(zmq_connect(dealer, endpoint) == 0);
    CHECK(zmq_send(dealer, "ping", 4, 0) == 4);
    CHECK(zmq_recv(dealer, buf, sizeof buf, 0) == 4);
    CHECK(zmq_close(dealer) == 0);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    if (is_missing(argv[1])) {
        puts("skip no curve");
        return 0;
    }
    double seconds = atof(argv[2]), mine = 0, theirs = 0;
    struct shared *shared = shared_page();
    pid_t peer = fork_peer();
    if (peer == 0)
        server(shared, argv[1]);
    wait_flag(&shared->ready, 1);
    void *ctx = zmq_ctx_new();
    uint64_t start = now_ns(), now = start, warm = start + (uint64_t)(seconds * 0.3e9), end = warm + (uint64_t)(seconds * 1e9);
    long clients = 0;
    for (int counting = 0; now < end; now = now_ns()) {
        client(ctx, argv[1], shared->endpoint);
        clients++;
        if (!counting && now > warm)
            counting = 1, clients = 0, start = now, mine = rss_kib(0), theirs = rss_kib(peer);
    }
    CHECK(clients > 0);
    metric("rate", (double)clients / ((double)(now - start) / 1e9), "client/s", "higher");
    metric("client_growth", fmax(0, rss_kib(0) - mine) * 1024 / (double)clients, "B/client", "lower");
    metric("server_growth", fmax(0, rss_kib(peer) - theirs) * 1024 / (double)clients, "B/client", "lower");
    reap(peer);
    unlink_ipc(shared->endpoint);
    CHECK(zmq_ctx_term(ctx) == 0);
    return 0;
}
