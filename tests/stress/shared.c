/* One socket in several threads, each at its own time, and calls that wait while another thread uses what they wait for. */
#define _GNU_SOURCE
#include "stress.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>

enum { THREADS = 3 };

struct side {
    void *socket;
    pthread_mutex_t lock;
    int left;
};

/* Waits with the others, and takes under the lock what it was told of; ends when all is taken. */
static void *take (void *arg)
{
    struct side *side = arg;
    for (;;) {
        zmq_pollitem_t item = {side->socket, 0, ZMQ_POLLIN, 0};
        char byte;
        pthread_mutex_lock (&side->lock);
        while (side->left > 0 && zmq_recv (side->socket, &byte, 1, ZMQ_DONTWAIT) == 1)
            side->left--;
        int left = side->left;
        pthread_mutex_unlock (&side->lock);
        if (left <= 0)
            return NULL;
        expect_ok (zmq_poll (&item, 1, -1));
    }
}

/* Threads that poll the same socket, with and without a descriptor beside it: what one of them notices, all are told. */
static void polls (void)
{
    void *ctx = zmq_ctx_new (), *out = zmq_socket (ctx, ZMQ_PUSH);
    struct side side = {zmq_socket (ctx, ZMQ_PULL), PTHREAD_MUTEX_INITIALIZER, 0};
    expect_ok (zmq_bind (side.socket, "inproc://polls"));
    expect_ok (zmq_connect (out, "inproc://polls"));
    for (int round = 0; round < 300 * scale; round++) {
        pthread_t threads[THREADS];
        /* As many as there are threads besides: each must see some of them, or that none are left. */
        side.left = 20;
        for (int i = 0; i < THREADS; i++)
            expect_eq (pthread_create (&threads[i], NULL, take, &side), 0);
        for (int i = 0; i < 20 + THREADS; i++)
            expect_eq (zmq_send (out, "x", 1, 0), 1);
        for (int i = 0; i < THREADS; i++)
            pthread_join (threads[i], NULL);
        char byte;
        for (int i = 0; i < THREADS; i++)
            expect_eq (zmq_recv (side.socket, &byte, 1, 0), 1);
    }
    expect_ok (zmq_close (out));
    expect_ok (zmq_close (side.socket));
    expect_ok (zmq_ctx_term (ctx));
}

/* An item without events costs no time while commands wait at its socket. */
static void no_events (void)
{
    void *ctx = zmq_ctx_new (), *out = zmq_socket (ctx, ZMQ_PUSH), *in = zmq_socket (ctx, ZMQ_PULL);
    expect_ok (zmq_bind (in, "inproc://no-events"));
    expect_ok (zmq_connect (out, "inproc://no-events"));
    expect_eq (zmq_send (out, "x", 1, 0), 1);
    zmq_pollitem_t item = {in, 0, 0, 0};
    struct timespec before, after;
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &before);
    expect_eq (zmq_poll (&item, 1, 300), 0);
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &after);
    long used_us = (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
    if (used_us > 50000)
        fail (__FILE__, __LINE__, "%ld us of work in a wait of 300 ms", used_us);
    expect_ok (zmq_close (out));
    expect_ok (zmq_close (in));
    expect_ok (zmq_ctx_term (ctx));
}

/* ---- the descriptor of a socket that has nothing ---- */

struct sender {
    void *socket;
    int wanted, done;
};

static void *send_on_demand (void *arg)
{
    struct sender *s = arg;
    for (int sent = 0;;) {
        int wanted = __atomic_load_n (&s->wanted, __ATOMIC_SEQ_CST);
        if (wanted < 0)
            return NULL;
        if (sent == wanted) {
            sched_yield ();
            continue;
        }
        expect_eq (zmq_send (s->socket, "x", 1, 0), 1);
        __atomic_store_n (&s->done, ++sent, __ATOMIC_SEQ_CST);
    }
}

/* Once ZMQ_EVENTS said that there is nothing, ZMQ_FD is not readable, whatever a receive took before its sender had done:
   a program that waits for the descriptor would else turn in a circle. */
static void resting_descriptor (void)
{
    void *ctx = zmq_ctx_new (), *in = zmq_socket (ctx, ZMQ_PULL);
    struct sender sender = {zmq_socket (ctx, ZMQ_PUSH), 0, 0};
    pthread_t thread;
    int fd, events;
    size_t size = sizeof fd;
    char byte;
    expect_ok (zmq_bind (in, "inproc://resting"));
    expect_ok (zmq_connect (sender.socket, "inproc://resting"));
    expect_ok (zmq_getsockopt (in, ZMQ_FD, &fd, &size));
    expect_eq (pthread_create (&thread, NULL, send_on_demand, &sender), 0);
    for (int round = 1; round <= 20000 * scale; round++) {
        __atomic_store_n (&sender.wanted, round, __ATOMIC_SEQ_CST);
        while (zmq_recv (in, &byte, 1, ZMQ_DONTWAIT) != 1)
            expect_eq (errno, EAGAIN);
        while (__atomic_load_n (&sender.done, __ATOMIC_SEQ_CST) < round)
            sched_yield ();
        expect_ok (zmq_getsockopt (in, ZMQ_EVENTS, &events, &size));
        expect_eq (events & ZMQ_POLLIN, 0);
        struct pollfd item = {fd, POLLIN, 0};
        if (poll (&item, 1, 0) != 0)
            fail (__FILE__, __LINE__, "readable without a cause in round %d", round);
    }
    __atomic_store_n (&sender.wanted, -1, __ATOMIC_SEQ_CST);
    pthread_join (thread, NULL);
    expect_ok (zmq_close (in));
    expect_ok (zmq_close (sender.socket));
    expect_ok (zmq_ctx_term (ctx));
}

/* ---- signals during every call that waits ---- */

static void ignore (int number)
{
    (void) number;
}

struct blocked {
    void *ctx, *socket;
    int call, stop, interrupted;
};

static int wait_once (struct blocked *b)
{
    zmq_pollitem_t items[2] = {{b->socket, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLPRI, 0}};
    zmq_msg_t msg;
    char byte;
    int rc;
    switch (b->call) {
        case 0:
            return zmq_recv (b->socket, &byte, 1, 0);
        case 1:
            expect_ok (zmq_msg_init (&msg));
            rc = zmq_msg_recv (&msg, b->socket, 0);
            if (rc < 0) {
                int error = errno;
                expect_ok (zmq_msg_close (&msg));
                errno = error;
            }
            return rc;
        case 2:
            return zmq_poll (items, 1, -1);
        case 3:
            return zmq_poll (items, 2, 100000);
        case 4: /* nobody is there */
            return zmq_send (b->socket, "x", 1, 0);
        case 5: /* a socket is open */
            return zmq_ctx_term (b->ctx);
        default:
            return zmq_proxy (b->socket, b->socket, NULL);
    }
}

static void *be_interrupted (void *arg)
{
    struct blocked *b = arg;
    while (!__atomic_load_n (&b->stop, __ATOMIC_SEQ_CST)) {
        if (wait_once (b) >= 0)
            fail (__FILE__, __LINE__, "call %d ended without a cause", b->call);
        if (errno == ETERM && b->call != 5)
            break;
        expect_eq (errno, EINTR);
        __atomic_add_fetch (&b->interrupted, 1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

/* With SA_RESTART as without: the call ends with EINTR, and can be made again. */
static void signals (void)
{
    for (int flags = 0; flags < 2; flags++)
        for (int call = 0; call < 6; call++) {
            struct blocked b = {zmq_ctx_new (), NULL, call, 0, 0};
            struct sigaction action = {.sa_handler = ignore, .sa_flags = flags ? SA_RESTART : 0};
            pthread_t thread;
            b.socket = zmq_socket (b.ctx, call == 4 ? ZMQ_PUSH : ZMQ_PULL);
            if (call != 4)
                expect_ok (zmq_bind (b.socket, unique ("tcp")));
            expect_ok (sigaction (SIGUSR1, &action, NULL));
            expect_eq (pthread_create (&thread, NULL, be_interrupted, &b), 0);
            long limit = now_ms () + 30000;
            while (__atomic_load_n (&b.interrupted, __ATOMIC_SEQ_CST) < 50 * scale) {
                if (now_ms () > limit)
                    fail (__FILE__, __LINE__, "call %d is not interrupted", call);
                pthread_kill (thread, SIGUSR1);
                sched_yield ();
            }
            __atomic_store_n (&b.stop, 1, __ATOMIC_SEQ_CST);
            /* The last wait may have begun before the word. */
            while (pthread_tryjoin_np (thread, NULL) != 0) {
                pthread_kill (thread, SIGUSR1);
                sched_yield ();
            }
            expect_ok (zmq_close (b.socket));
            expect_ok (zmq_ctx_term (b.ctx));
        }
}

/* ---- several threads receive large messages from one socket ---- */

enum { SENDERS = 2, EACH = 1500, MOST = 70000 };

struct large {
    void *ctx;
    void *in;
    int received; /* atomic */
    int by[SENDERS];
};

struct sending {
    struct large *l;
    int sender;
};

static size_t large_size (int n)
{
    static const size_t sizes[] = {5000, MOST, 100, 20000, 8192};
    return sizes[n % 5];
}

static void *send_large (void *arg)
{
    struct sending *s = arg;
    void *out = zmq_socket (s->l->ctx, ZMQ_PUSH);
    unsigned char *bytes = malloc (MOST);
    expect (bytes);
    expect_ok (zmq_connect (out, "inproc://receivers"));
    for (int n = 0; n < EACH * scale; n++) {
        memset (bytes, (n * 7 + s->sender) % 256, MOST);
        int head[2] = {s->sender, n};
        memcpy (bytes, head, sizeof head);
        expect_eq (zmq_send (out, bytes, large_size (n), 0), large_size (n));
    }
    free (bytes);
    expect_ok (zmq_close (out));
    return NULL;
}

/* Until all is received, with waits that end in between. */
static void *recv_large (void *arg)
{
    struct large *l = arg;
    unsigned char *bytes = malloc (MOST);
    expect (bytes);
    while (__atomic_load_n (&l->received, __ATOMIC_SEQ_CST) < SENDERS * EACH * scale) {
        int size = zmq_recv (l->in, bytes, MOST, 0);
        if (size < 0) {
            expect_eq (errno, EAGAIN);
            continue;
        }
        int head[2];
        memcpy (head, bytes, sizeof head);
        expect (head[0] >= 0 && head[0] < SENDERS && head[1] >= 0 && head[1] < EACH * scale);
        expect_eq (size, large_size (head[1]));
        for (int i = sizeof head; i < size; i++)
            if (bytes[i] != (head[1] * 7 + head[0]) % 256)
                fail (__FILE__, __LINE__, "byte %d of message %d of sender %d is wrong", i, head[1], head[0]);
        __atomic_add_fetch (&l->by[head[0]], 1, __ATOMIC_SEQ_CST);
        __atomic_add_fetch (&l->received, 1, __ATOMIC_SEQ_CST);
    }
    free (bytes);
    return NULL;
}

/* Each message is received once, by one of them, and whole. */
static void receivers (void)
{
    struct large l = {zmq_ctx_new (), NULL, 0, {0}};
    struct sending sending[SENDERS];
    pthread_t in[THREADS], out[SENDERS];
    int soon = 2;
    l.in = zmq_socket (l.ctx, ZMQ_PULL);
    expect_ok (zmq_bind (l.in, "inproc://receivers"));
    expect_ok (zmq_setsockopt (l.in, ZMQ_RCVTIMEO, &soon, sizeof soon));
    for (int i = 0; i < THREADS; i++)
        expect_eq (pthread_create (&in[i], NULL, recv_large, &l), 0);
    for (int i = 0; i < SENDERS; i++) {
        sending[i] = (struct sending){&l, i};
        expect_eq (pthread_create (&out[i], NULL, send_large, &sending[i]), 0);
    }
    for (int i = 0; i < SENDERS; i++)
        pthread_join (out[i], NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join (in[i], NULL);
    for (int i = 0; i < SENDERS; i++)
        expect_eq (l.by[i], EACH * scale);
    expect_ok (zmq_close (l.in));
    expect_ok (zmq_ctx_term (l.ctx));
}

const struct stress_case cases[] = {{"receivers", receivers}, {"polls", polls}, {"no_events", no_events}, {"resting_descriptor", resting_descriptor}, {"signals", signals}, {NULL, NULL}};
