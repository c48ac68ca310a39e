/* A small TAP harness: every case runs in a forked child with a time limit, so that a crash or a hang stays one case.
 * Only zmq.h, C99 and POSIX. Checks are fatal unless the case called keep_going(). */
#ifndef HARNESS_H
#define HARNESS_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <zmq.h>

/* ---- registration ---- */

typedef void (case_fn) (const void *arg);
void case_add (const char *name, const char *variant, case_fn *fn, const void *arg);

/* The covers text names the functions, options, errnos and events that the case checks; `coverage` reads it. */
#define CASE(name, covers)                                                                                              \
    static void name (const void *arg);                                                                                 \
    __attribute__ ((constructor)) static void register_##name (void) { case_add (#name, NULL, name, NULL); }           \
    static void name (const void *arg)

/* One case per transport; `arg` is "inproc", "ipc" or "tcp". */
#define CASE_TRANSPORTS(name, covers)                                                                                   \
    static void name (const void *arg);                                                                                 \
    __attribute__ ((constructor)) static void register_##name (void)                                                   \
    {                                                                                                                   \
        case_add (#name, "inproc", name, "inproc");                                                                     \
        case_add (#name, "ipc", name, "ipc");                                                                           \
        case_add (#name, "tcp", name, "tcp");                                                                           \
    }                                                                                                                   \
    static void name (const void *arg)

#define CASE_WIRE(name, covers)                                                                                         \
    static void name (const void *arg);                                                                                 \
    __attribute__ ((constructor)) static void register_##name (void)                                                   \
    {                                                                                                                   \
        case_add (#name, "ipc", name, "ipc");                                                                           \
        case_add (#name, "tcp", name, "tcp");                                                                           \
    }                                                                                                                   \
    static void name (const void *arg)

/* ---- checks ---- */

void check_fail (const char *file, int line, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
void keep_going (void);            /* failed checks are recorded and the case goes on (for tables) */
void row (const char *format, ...) __attribute__ ((format (printf, 1, 2))); /* context shown with later failures */
void skip_case (const char *reason);
const char *error_name (int error);

void check_int (const char *file, int line, const char *text, long long got, long long wanted);
void check_str (const char *file, int line, const char *text, const char *got, const char *wanted);
void check_mem (const char *file, int line, const char *text, const void *got, const void *wanted, size_t size);
void check_errno (const char *file, int line, const char *text, long long got, long long failure, int error, int wanted);
void check_ok (const char *file, int line, const char *text, long long got, int error);
void *check_ptr (const char *file, int line, const char *text, void *got);

#define expect_true(cond) ((cond) ? (void) 0 : check_fail (__FILE__, __LINE__, "false: %s", #cond))
#define expect_int(got, wanted) check_int (__FILE__, __LINE__, #got, (long long) (got), (long long) (wanted))
#define expect_str(got, wanted) check_str (__FILE__, __LINE__, #got, got, wanted)
#define expect_mem(got, wanted, size) check_mem (__FILE__, __LINE__, #got, got, wanted, size)

/* The call must return 0 (or, for send and receive calls, use expect_int on the size). */
#define expect_ok(call)                                                                                                 \
    do {                                                                                                                \
        errno = 0;                                                                                                      \
        long long rc_ = (long long) (call);                                                                             \
        check_ok (__FILE__, __LINE__, #call, rc_, errno);                                                               \
    } while (0)

/* The call must return -1 and leave this errno; errno is poisoned first so that a stale value cannot pass. */
#define expect_errno(call, wanted)                                                                                      \
    do {                                                                                                                \
        errno = 0;                                                                                                      \
        long long rc_ = (long long) (call);                                                                             \
        check_errno (__FILE__, __LINE__, #call, rc_, -1, errno, wanted);                                                \
    } while (0)

#define expect_null_errno(call, wanted)                                                                                 \
    do {                                                                                                                \
        errno = 0;                                                                                                      \
        const void *p_ = (call);                                                                                        \
        check_errno (__FILE__, __LINE__, #call, p_ == NULL ? -1 : 0, -1, errno, wanted);                                \
    } while (0)

#define expect_ptr(call) check_ptr (__FILE__, __LINE__, #call, call)

/* ---- the case's surroundings ---- */

#define SHORT_MS 150  /* how long "nothing happens" is watched */
#define LONG_MS (5000 * patience) /* how long something that must happen may take */
extern int patience;              /* --patience: how many times slower than usual things are */

int on_libzmq (void);                     /* --name libzmq */
long now_ms (void);
void nap_ms (long ms);                    /* only for what has no event to wait for */
const char *scratch_dir (void);           /* private to the case, removed by the parent */
const char *unique_name (const char *prefix); /* unique over processes and calls */
void start_thread (void *(*fn) (void *), void *arg, void **handle);
void join_thread (void *handle);
pid_t own_thread (void);
int is_asleep (pid_t thread); /* the kernel has put this thread of the process to sleep; 0 is none */

/* Polls `cond` until true; fails the case after LONG_MS. */
#define eventually(cond)                                                                                                \
    do {                                                                                                                \
        long limit_ = now_ms () + LONG_MS;                                                                              \
        while (!(cond)) {                                                                                               \
            if (now_ms () > limit_) {                                                                                   \
                check_fail (__FILE__, __LINE__, "never became true: %s", #cond);                                        \
                break;                                                                                                  \
            }                                                                                                           \
            nap_ms (2);                                                                                                 \
        }                                                                                                               \
    } while (0)

/* Teardown: closes what tools.c handed out and terminates its contexts; a hang here fails the case. */
void tools_teardown (void);
void tools_forget (void);

#endif
