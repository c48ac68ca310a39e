/* What the stress programs share: a table of cases, checks that end the process, and ways to look at it from outside. */
#ifndef STRESS_H
#define STRESS_H

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

/* Short rounds for every build, long ones for an afternoon. */
extern int scale; /* 1, or 20 with --long */
extern uint64_t seed;
extern long duration_s; /* --seconds N, for the cases that go on as long as they are told; 0: not told */

struct stress_case {
    const char *name;
    void (*run) (void);
};
extern const struct stress_case cases[]; /* ends with a NULL name */

/* ---- checks: the first failure ends the process ---- */

void fail (const char *file, int line, const char *format, ...) __attribute__ ((format (printf, 3, 4), noreturn));
void skip (const char *reason) __attribute__ ((noreturn));
#define expect(cond) ((cond) ? (void) 0 : fail (__FILE__, __LINE__, "false: %s (errno %d, %s)", #cond, errno, zmq_strerror (errno)))
#define expect_ok(call) expect ((call) >= 0)
#define expect_eq(a, b)                                                                                                 \
    do {                                                                                                                \
        long long a_ = (long long) (a), b_ = (long long) (b);                                                           \
        if (a_ != b_)                                                                                                   \
            fail (__FILE__, __LINE__, "%s is %lld, not %lld (errno %d)", #a, a_, b_, errno);                            \
    } while (0)
/* The call succeeded, or failed with an errno that says that a resource is short. */
#define expect_clean(failed)                                                                                            \
    do {                                                                                                                \
        errno = 0;                                                                                                      \
        if ((failed) && !is_shortage (errno))                                                                           \
            fail (__FILE__, __LINE__, "%s with errno %d, %s", #failed, errno, zmq_strerror (errno));                    \
    } while (0)
bool is_shortage (int error);

/* ---- surroundings ---- */

long now_ms (void);
void nap_ms (long ms); /* where there is no event to wait for */
int open_fds (void);
long rss_kb (void);
size_t allocated (void); /* bytes that the process has from the allocator, whatever that keeps for later */
int threads_alive (void);
const char *loopback (void); /* the address 127.x.y.z of the case and its children alone: what reconnects elsewhere finds nothing here */
const char *unique (const char *prefix); /* an endpoint that nobody else has: "ipc", "inproc", or "tcp" for a wildcard port */
const char *endpoint_of (void *socket);  /* LAST_ENDPOINT, in a buffer of the thread */
int port_of (void *socket);
uint64_t next_random (uint64_t *state);
void set_int (void *socket, int option, int value);
void in_child (void (*fn) (void *), void *arg, const char *what); /* runs it in a forked process, which must end well */

/* ---- peers that speak by themselves ---- */

int raw_socket (bool tcp);                            /* one that is not connected yet */
void raw_join (int fd, const char *endpoint);         /* connects it, to this machine */
int raw_connect (int port);                           /* TCP to the loopback address */
int raw_connect_ipc (const char *endpoint);           /* "ipc://..." */
bool raw_handshake (int fd, const char *socket_type); /* greeting, READY both ways; false if the other side hung up */
bool raw_write (int fd, const void *bytes, size_t size);
bool raw_frame (int fd, int flags, const void *bytes, size_t size);
bool raw_wait_close (int fd, int timeout_ms); /* reads until the other side hangs up */

#endif
