/* What the benchmark programs share: clocks, fatal checks, one output line per metric, two processes over a shared page.

   Every program prints lines "metric value unit better" with better one of higher, lower; the runner does the rest. */
#ifndef BENCH_H
#define BENCH_H

#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define CHECK(cond)                                                                                 \
    do {                                                                                            \
        if (!(cond)) {                                                                              \
            fprintf(stderr, "%s:%d: %s failed: %s\n", __FILE__, __LINE__, #cond, zmq_strerror(zmq_errno())); \
            exit(1);                                                                                \
        }                                                                                           \
    } while (0)

/* The page both processes see. `stop` ends the sender's loop, `ready` and `value` carry what a row needs. */
struct shared {
    atomic_int stop;
    atomic_int ready;
    atomic_long count;
    double value;
    char endpoint[256];
};

static inline uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CPU time of another process (0: this one), all its threads. */
static inline uint64_t cpu_ns(pid_t pid)
{
    struct timespec t;
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    if (pid != 0 && clock_getcpuclockid(pid, &clock) != 0)
        return 0;
    if (clock_gettime(clock, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Resident memory of a process (0: this one) in KiB. */
static inline double rss_kib(pid_t pid)
{
    char path[64];
    long size = 0, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid ? (int)pid : (int)getpid());
    FILE *f = fopen(path, "r");
    CHECK(f != NULL);
    CHECK(fscanf(f, "%ld %ld", &size, &resident) == 2);
    fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024.0;
}

static inline void metric(const char *name, double value, const char *unit, const char *better)
{
    printf("%s %.6g %s %s\n", name, value, unit, better);
    fflush(stdout);
}

static inline struct shared *shared_page(void)
{
    void *p = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED);
    return p;
}

/* Forks a peer that dies with its parent. Call before any context exists. */
static inline pid_t fork_peer(void)
{
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
    }
    return pid;
}

/* Waits until the other process raised `flag` to at least `level`; yields the processor meanwhile. */
static inline void wait_flag(atomic_int *flag, int level)
{
    struct timespec t = {0, 200000};
    while (atomic_load(flag) < level)
        nanosleep(&t, NULL);
}

static inline void set_int(void *socket, int option, int value)
{
    CHECK(zmq_setsockopt(socket, option, &value, sizeof value) == 0);
}

static inline void *open_socket(void *ctx, int type)
{
    void *s = zmq_socket(ctx, type);
    CHECK(s != NULL);
    set_int(s, ZMQ_LINGER, 0);
    return s;
}

/* Binds to a fresh address of the transport (curve is tcp) and writes it to `endpoint`. */
static inline void bind_fresh(void *socket, const char *transport, char *endpoint)
{
    static int serial;
    size_t n = 256;
    if (strcmp(transport, "inproc") == 0)
        snprintf(endpoint, n, "inproc://bench-%d-%d", (int)getpid(), serial++);
    else if (strcmp(transport, "ipc") == 0)
        snprintf(endpoint, n, "ipc:///tmp/zmq-bench-%d-%d", (int)getpid(), serial++);
    else
        snprintf(endpoint, n, "tcp://127.0.0.1:*");
    CHECK(zmq_bind(socket, endpoint) == 0);
    CHECK(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &n) == 0);
}

/* Removes the file an ipc address leaves behind; nothing for other transports. */
static inline void unlink_ipc(const char *endpoint)
{
    if (strncmp(endpoint, "ipc://", 6) == 0)
        unlink(endpoint + 6);
}

static inline void reap(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static inline void raise_fd_limit(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

/* Receives what is there on each of n sockets, in turn, and counts it as it goes; sleeps in zmq_poll only after an empty
   round. */
static inline void drain(void **sockets, zmq_pollitem_t *items, int n, char *buf, size_t len, atomic_long *count)
{
    long all = 0;
    for (int i = 0; i < n; i++) {
        long got = 0;
        while (got < 100 && zmq_recv(sockets[i], buf, len, ZMQ_DONTWAIT) >= 0)
            got++;
        if (got > 0)
            atomic_fetch_add(count, got);
        all += got;
    }
    if (all == 0)
        CHECK(zmq_poll(items, n, 100) >= 0);
}

#endif
