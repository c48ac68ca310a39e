/* Processes that fork while the library works: the child can drop what it inherited and begin anew, the parent goes on. */
#include "stress.h"

enum { WORKERS = 3 };

struct worker {
    void *ctx, *in, *out, *extra;
    int stop;
    uint64_t moved;
};

/* Sends and receives without a rest, opens and closes, so that a fork meets every lock taken. */
static void *work (void *arg)
{
    struct worker *w = arg;
    char bytes[200] = {0};
    uint64_t sent = 0, got = 0;
    while (!__atomic_load_n (&w->stop, __ATOMIC_SEQ_CST)) {
        memcpy (bytes, &sent, sizeof sent);
        if (zmq_send (w->out, bytes, sizeof bytes, ZMQ_DONTWAIT) == sizeof bytes)
            sent++;
        while (zmq_recv (w->in, bytes, sizeof bytes, ZMQ_DONTWAIT) == sizeof bytes) {
            uint64_t number;
            memcpy (&number, bytes, sizeof number);
            expect_eq (number, got);
            got++;
        }
        if (sent % 64 == 0) {
            void *s = zmq_socket (w->ctx, ZMQ_DEALER);
            expect (s);
            expect_ok (zmq_connect (s, "inproc://nobody"));
            expect_ok (zmq_connect (s, "tcp://127.0.0.1:1"));
            expect_ok (zmq_close (s));
        }
    }
    while (got < sent) {
        set_int (w->in, ZMQ_RCVTIMEO, 10000);
        expect_eq (zmq_recv (w->in, bytes, sizeof bytes, 0), sizeof bytes);
        got++;
    }
    w->moved = got;
    return NULL;
}

static void start (struct worker *w, const char *transport)
{
    memset (w, 0, sizeof *w);
    w->ctx = zmq_ctx_new ();
    w->in = zmq_socket (w->ctx, ZMQ_PULL);
    w->out = zmq_socket (w->ctx, ZMQ_PUSH);
    w->extra = zmq_socket (w->ctx, ZMQ_ROUTER);
    set_int (w->extra, ZMQ_LINGER, 0);
    expect_ok (zmq_bind (w->in, unique (transport)));
    expect_ok (zmq_bind (w->extra, unique ("tcp")));
    expect_ok (zmq_connect (w->out, endpoint_of (w->in)));
}

static void fresh_start (void)
{
    void *ctx = zmq_ctx_new (), *a = zmq_socket (ctx, ZMQ_PUSH), *b = zmq_socket (ctx, ZMQ_PULL);
    char byte;
    expect (a && b);
    set_int (b, ZMQ_RCVTIMEO, 10000);
    expect_ok (zmq_bind (b, unique ("tcp")));
    expect_ok (zmq_connect (a, endpoint_of (b)));
    expect_eq (zmq_send (a, "x", 1, 0), 1);
    expect_eq (zmq_recv (b, &byte, 1, 0), 1);
    expect_ok (zmq_close (a));
    expect_ok (zmq_close (b));
    expect_ok (zmq_ctx_term (ctx));
}

/* In the child; an alarm ends one that hangs. */
static void child (struct worker *workers, int round)
{
    alarm (20);
    if (round % 3 == 0)
        fresh_start ();
    for (int i = 0; i < WORKERS; i++) {
        struct worker *w = &workers[i];
        if (round % 2) {
            expect_ok (zmq_close (w->out));
            expect_ok (zmq_close (w->in));
            expect_ok (zmq_close (w->extra));
        }
        expect_ok (zmq_ctx_term (w->ctx));
        expect_eq (zmq_ctx_term (w->ctx), -1);
    }
    fresh_start ();
    _exit (0);
}

static void busy (void)
{
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    static const char *transports[WORKERS] = {"inproc", "ipc", "tcp"};
    for (int i = 0; i < WORKERS; i++) {
        start (&workers[i], transports[i]);
        expect_eq (pthread_create (&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int round = 0; round < 150 * scale; round++) {
        fflush (NULL);
        pid_t pid = fork ();
        expect_ok (pid);
        if (pid == 0)
            child (workers, round);
        int status;
        expect_eq (waitpid (pid, &status, 0), pid);
        if (status)
            fail (__FILE__, __LINE__, "round %d: the child ended with status 0x%x", round, status);
    }
    for (int i = 0; i < WORKERS; i++) {
        __atomic_store_n (&workers[i].stop, 1, __ATOMIC_SEQ_CST);
        pthread_join (threads[i], NULL);
        expect (workers[i].moved > 0);
        expect_ok (zmq_close (workers[i].in));
        expect_ok (zmq_close (workers[i].out));
        expect_ok (zmq_close (workers[i].extra));
        expect_ok (zmq_ctx_term (workers[i].ctx));
    }
}

/* A child that goes without a word, and one that runs exit handlers. */
static void exits (void)
{
    struct worker w;
    start (&w, "tcp");
    for (int i = 0; i < 4; i++) {
        fflush (NULL);
        pid_t pid = fork ();
        expect_ok (pid);
        if (pid == 0) {
            alarm (20);
            if (i % 2)
                exit (0);
            _exit (0);
        }
        int status;
        expect_eq (waitpid (pid, &status, 0), pid);
        expect_eq (status, 0);
        char byte;
        set_int (w.in, ZMQ_RCVTIMEO, 10000);
        expect_eq (zmq_send (w.out, "x", 1, 0), 1);
        expect_eq (zmq_recv (w.in, &byte, 1, 0), 1);
    }
    expect_ok (zmq_close (w.in));
    expect_ok (zmq_close (w.out));
    expect_ok (zmq_close (w.extra));
    expect_ok (zmq_ctx_term (w.ctx));
}

const struct stress_case cases[] = {{"busy", busy}, {"exits", exits}, {NULL, NULL}};
