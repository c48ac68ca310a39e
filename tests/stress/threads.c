/* Threads cannot be started: the call that needs them says so, and works when they can. */
#define _GNU_SOURCE
#include "stress.h"

#include <dlfcn.h>

/* The next starts that succeed; then they fail until the gate is opened. */
static int allowed = -1;

/* Takes the place of the C library's, for this program and the library under test. */
int pthread_create (pthread_t *thread, const pthread_attr_t *attr, void *(*fn) (void *), void *arg)
{
    static int (*real) (pthread_t *, const pthread_attr_t *, void *(*) (void *), void *);
    if (!real)
        *(void **) &real = dlsym (RTLD_NEXT, "pthread_create");
    int left = __atomic_load_n (&allowed, __ATOMIC_SEQ_CST);
    if (left == 0)
        return EAGAIN;
    if (left > 0)
        __atomic_sub_fetch (&allowed, 1, __ATOMIC_SEQ_CST);
    return real (thread, attr, fn, arg);
}

static void transfer (void *from, void *to)
{
    char byte;
    set_int (to, ZMQ_RCVTIMEO, 10000);
    expect_eq (zmq_send (from, "x", 1, 0), 1);
    expect_eq (zmq_recv (to, &byte, 1, 0), 1);
}

static void io_threads (void)
{
    for (int wanted = 1; wanted <= 4; wanted++)
        for (int n = 0; n < wanted; n++) {
            int fds = open_fds (), before = threads_alive (), refused = 0;
            void *ctx = zmq_ctx_new ();
            expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, wanted));
            allowed = n;
            void *a = NULL, *b = NULL;
            expect_clean (!(a = zmq_socket (ctx, ZMQ_PUSH)));
            expect_clean (!(b = zmq_socket (ctx, ZMQ_PULL)));
            refused += !a + !b;
            if (b)
                expect_clean (zmq_bind (b, unique ("tcp")) != 0 && ++refused);
            if (b)
                expect_clean (zmq_bind (b, unique ("ipc")) != 0 && ++refused);
            if (a)
                expect_clean (zmq_connect (a, "tcp://127.0.0.1:9") != 0 && ++refused);
            expect (refused > 0);
            expect_eq (threads_alive (), before);
            /* inproc needs no thread */
            if (a && b) {
                expect_ok (zmq_bind (b, "inproc://x"));
                expect_ok (zmq_connect (a, "inproc://x"));
                transfer (a, b);
                expect_ok (zmq_disconnect (a, "inproc://x"));
            }
            allowed = -1;
            if (!a)
                expect (a = zmq_socket (ctx, ZMQ_PUSH));
            if (!b)
                expect (b = zmq_socket (ctx, ZMQ_PULL));
            expect_ok (zmq_bind (b, unique ("tcp")));
            expect_ok (zmq_connect (a, endpoint_of (b)));
            transfer (a, b);
            expect_ok (zmq_close (a));
            expect_ok (zmq_close (b));
            expect_ok (zmq_ctx_term (ctx));
            expect_eq (threads_alive (), before);
            expect_eq (open_fds (), fds);
        }
}

/* Names are looked up on threads; without one the attempt is repeated. */
static void resolver (void)
{
    void *ctx = zmq_ctx_new ();
    void *a = zmq_socket (ctx, ZMQ_PUSH), *b = zmq_socket (ctx, ZMQ_PULL), *monitor = zmq_socket (ctx, ZMQ_PAIR);
    char where[64];
    set_int (monitor, ZMQ_RCVTIMEO, 10000);
    expect_ok (zmq_socket_monitor (a, "inproc://attempts", ZMQ_EVENT_CONNECT_RETRIED));
    expect_ok (zmq_connect (monitor, "inproc://attempts"));
    expect_ok (zmq_bind (b, "tcp://127.0.0.1:*")); /* the address of the name */
    snprintf (where, sizeof where, "tcp://localhost:%d", port_of (b));
    allowed = 0;
    expect_ok (zmq_connect (a, where));
    for (int parts = 0; parts < 4; parts++) /* two attempts that fail */
        expect_ok (zmq_recv (monitor, where, sizeof where, 0));
    allowed = -1;
    transfer (a, b);
    expect_ok (zmq_close (monitor));
    expect_ok (zmq_close (a));
    expect_ok (zmq_close (b));
    expect_ok (zmq_ctx_term (ctx));
}

static void nothing (void *arg)
{
    (void) arg;
}

static void application (void)
{
    allowed = 0;
    expect (zmq_threadstart (nothing, NULL) == NULL);
    expect_eq (errno, EAGAIN);
    allowed = -1;
    void *t = zmq_threadstart (nothing, NULL);
    expect (t);
    zmq_threadclose (t);
}

/* The system's own limit, for whom it applies to. */
static void as_somebody (void *unused)
{
    (void) unused;
    if (setgid (65534) != 0 || setuid (65534) != 0)
        _exit (0);
    struct rlimit none = {0, 64};
    expect_ok (setrlimit (RLIMIT_NPROC, &none));
    void *ctx = zmq_ctx_new ();
    void *s = NULL;
    expect_clean (!(s = zmq_socket (ctx, ZMQ_PULL)));
    if (s) {
        int rc;
        expect_clean ((rc = zmq_bind (s, unique ("tcp"))) != 0);
        expect (rc != 0);
    }
    struct rlimit some = {64, 64};
    expect_ok (setrlimit (RLIMIT_NPROC, &some));
    if (!s)
        expect (s = zmq_socket (ctx, ZMQ_PULL));
    expect_ok (zmq_bind (s, unique ("tcp")));
    expect_ok (zmq_close (s));
    expect_ok (zmq_ctx_term (ctx));
}

static void process_limit (void)
{
    in_child (as_somebody, NULL, "RLIMIT_NPROC");
}

const struct stress_case cases[] = {
  {"io_threads", io_threads}, {"resolver", resolver}, {"application", application}, {"process_limit", process_limit}, {NULL, NULL}};
