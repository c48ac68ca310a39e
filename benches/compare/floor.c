/* What the machine itself allows, without any messaging library: floor KIND SECONDS, KIND one of
   tcp-pingpong unix-pingpong eventfd-pingpong tcp-stream unix-stream memcpy-64 memcpy-8192 memcpy-1048576. */
#include "bench.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static void connected_pair(int tcp, int fd[2])
{
    if (!tcp) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
        return;
    }
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    CHECK(bind(listener, (struct sockaddr *)&a, n) == 0 && listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&a, &n) == 0);
    fd[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fd[0], (struct sockaddr *)&a, n) == 0);
    fd[1] = accept(listener, NULL, NULL);
    CHECK(fd[1] >= 0);
    for (int i = 0; i < 2; i++)
        CHECK(setsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
    close(listener);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* One side writes `in` and reads `out`; the peer does the opposite, in a process of its own. */
static void pingpong(int in, int out, int peer_in, int peer_out, double seconds)
{
    char buf[8] = {1};
    pid_t peer = fork_peer();
    if (peer == 0) {
        while (read(peer_in, buf, 8) == 8 && write(peer_out, buf, 8) == 8) {
        }
        _exit(0);
    }
    size_t max = 4000000, n = 0;
    uint32_t *sample = malloc(max * sizeof *sample);
    CHECK(sample != NULL);
    uint64_t start = now_ns(), before = start, end = start + (uint64_t)(seconds * 1e9);
    uint64_t cpu = cpu_ns(0) + cpu_ns(peer);
    for (; before < end && n < max; n++) {
        CHECK(write(out, buf, 8) == 8 && read(in, buf, 8) == 8);
        uint64_t after = now_ns();
        sample[n] = (uint32_t)(after - before);
        before = after;
    }
    cpu = cpu_ns(0) + cpu_ns(peer) - cpu;
    reap(peer);
    qsort(sample, n, sizeof *sample, ascending);
    metric("p50", sample[n / 2] / 1e3, "us", "lower");
    metric("p99", sample[n * 99 / 100] / 1e3, "us", "lower");
    metric("p99.9", sample[n * 999 / 1000] / 1e3, "us", "lower");
    metric("cpu", (double)cpu / (double)n / 1e3, "us/trip", "lower");
    free(sample);
}

static void stream(int fd[2], double seconds)
{
    size_t size = 65536;
    char *buf = calloc(1, size);
    CHECK(buf != NULL);
    pid_t peer = fork_peer();
    if (peer == 0) {
        close(fd[0]);
        while (write(fd[1], buf, size) > 0) {
        }
        _exit(0);
    }
    uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), now = start, cpu = cpu_ns(0) + cpu_ns(peer);
    double bytes = 0;
    while (now < end) {
        ssize_t n = read(fd[0], buf, size);
        CHECK(n > 0);
        bytes += (double)n;
        now = now_ns();
    }
    cpu = cpu_ns(0) + cpu_ns(peer) - cpu;
    reap(peer);
    metric("bandwidth", bytes / 1e6 / ((double)(now - start) / 1e9), "MB/s", "higher");
    metric("cpu", (double)cpu / (bytes / 65536), "ns/64KiB", "lower");
    free(buf);
}

static void copy(size_t size, double seconds)
{
    size_t apart = (size + 4095) / 4096 * 4096 + 2048; /* not at the same offset in a page: aliasing costs tenfold */
    char *from = aligned_alloc(4096, 2 * apart + 4096 - 2 * apart % 4096), *to = from + apart;
    CHECK(from != NULL);
    memset(from, 'x', 2 * apart);
    uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), now = start;
    double copies = 0;
    int batch = size > 65536 ? 1 : 1024;
    while (now < end) {
        for (int i = 0; i < batch; i++) {
            memcpy(to, from, size);
            __asm__ volatile("" : : "r"(to), "r"(from) : "memory"); /* keep each copy */
        }
        copies += batch;
        now = now_ns();
    }
    double ns = (double)(now - start);
    metric("copy", ns / copies, "ns", "lower");
    metric("bandwidth", copies * (double)size * 1e3 / ns, "MB/s", "higher");
    free(from);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    const char *kind = argv[1];
    double seconds = atof(argv[2]);
    int fd[2];
    if (strncmp(kind, "memcpy-", 7) == 0) {
        copy((size_t)atol(kind + 7), seconds);
    } else if (strcmp(kind, "eventfd-pingpong") == 0) {
        fd[0] = eventfd(0, 0), fd[1] = eventfd(0, 0);
        pingpong(fd[0], fd[1], fd[1], fd[0], seconds);
    } else {
        connected_pair(strncmp(kind, "tcp", 3) == 0, fd);
        if (strstr(kind, "stream"))
            stream(fd, seconds);
        else
            pingpong(fd[0], fd[0], fd[1], fd[1], seconds);
    }
    return 0;
}
