/* What was sent before a close arrives; what is closed gives back what it held. */
#include "stress.h"

#include <signal.h>

enum { MESSAGES = 3000 };

struct sending {
    char where[256];
    int type;    /* of the sender */
    size_t size; /* of a message */
    int unread;  /* what the receiver sends before, and the sender never reads */
};

/* A process that sends everything and goes. */
static void send_and_leave (void *arg)
{
    struct sending *s = arg;
    char *bytes = calloc (1, s->size);
    void *ctx = zmq_ctx_new ();
    void *out = zmq_socket (ctx, s->type);
    set_int (out, ZMQ_SNDHWM, 0);
    expect_ok (zmq_connect (out, s->where));
    if (s->unread) {
        /* The answer to the first message is there when the rest goes. */
        char byte;
        set_int (out, ZMQ_RCVTIMEO, 10000);
        expect_eq (zmq_send (out, "", 0, 0), 0);
        expect_eq (zmq_recv (out, &byte, 1, 0), 1);
    }
    for (uint32_t i = 0; i < MESSAGES; i++) {
        memcpy (bytes, &i, sizeof i);
        expect_eq (zmq_send (out, bytes, s->size, 0), s->size);
    }
    expect_ok (zmq_close (out));
    expect_ok (zmq_ctx_term (ctx));
    free (bytes);
}

static void deliver (const char *transport, size_t size, int unread, int slow_ms)
{
    void *ctx = zmq_ctx_new ();
    void *in = zmq_socket (ctx, unread ? ZMQ_ROUTER : ZMQ_PULL);
    struct sending s = {.type = unread ? ZMQ_DEALER : ZMQ_PUSH, .size = size, .unread = unread};
    set_int (in, ZMQ_RCVHWM, 10);
    set_int (in, ZMQ_RCVTIMEO, 20000);
    set_int (in, ZMQ_LINGER, 0);
    expect_ok (zmq_bind (in, unique (transport)));
    strcpy (s.where, endpoint_of (in));
    fflush (NULL);
    pid_t child = fork ();
    expect_ok (child);
    if (child == 0) {
        send_and_leave (&s);
        _exit (0);
    }
    char id[64], *bytes = calloc (1, size);
    int id_size;
    if (unread) {
        expect ((id_size = zmq_recv (in, id, sizeof id, 0)) > 0);
        expect_eq (zmq_recv (in, bytes, size, 0), 0);
        for (int i = 0; i < unread; i++) {
            expect_eq (zmq_send (in, id, (size_t) id_size, ZMQ_SNDMORE | ZMQ_DONTWAIT), id_size);
            expect_eq (zmq_send (in, bytes, 1, ZMQ_DONTWAIT), 1);
        }
    }
    for (uint32_t i = 0; i < MESSAGES; i++) {
        uint32_t got;
        if (unread)
            expect ((id_size = zmq_recv (in, id, sizeof id, 0)) > 0);
        int n = zmq_recv (in, bytes, size, 0);
        if (n < 0)
            fail (__FILE__, __LINE__, "%s, %zu bytes, %d unread: message %u of %d is lost (errno %d)", transport, size, unread, i,
                  MESSAGES, errno);
        expect_eq (n, size);
        memcpy (&got, bytes, sizeof got);
        expect_eq (got, i);
        if (slow_ms && i % (MESSAGES / 10) == 0)
            nap_ms (slow_ms);
    }
    int status;
    expect_eq (waitpid (child, &status, 0), child);
    expect_eq (status, 0);
    free (bytes);
    expect_ok (zmq_close (in));
    expect_ok (zmq_ctx_term (ctx));
}

static void delivery (const char *transport)
{
    for (int round = 0; round < 10 * scale; round++) {
        deliver (transport, 4, 0, 0);
        deliver (transport, 4, 100, 0);
        deliver (transport, 1000, 0, 0);
        deliver (transport, 1000, 100, 0);
        deliver (transport, 20000, round % 2 ? 50 : 0, 0);
    }
}

static void delivery_tcp (void)
{
    delivery ("tcp");
}

static void delivery_ipc (void)
{
    delivery ("ipc");
}

/* A receiver that rests longer than any timer that closing may have. */
static void slow_receiver (void)
{
    deliver ("tcp", 4000, 0, 350);
    deliver ("tcp", 4000, 100, 350);
    deliver ("ipc", 4000, 100, 350);
}

/* The slot of a socket with nothing left to send is free when the close returns. */
static void slots (const char *transport)
{
    void *ctx = zmq_ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 2));
    int rounds = (strcmp (transport, "inproc") ? 1500 : 10000) * (scale > 1 ? 7 : 1), fds = -1;
    for (int i = 0; i < rounds; i++) {
        void *a = zmq_socket (ctx, ZMQ_PULL), *b = zmq_socket (ctx, ZMQ_PUSH);
        char byte;
        if (!a || !b)
            fail (__FILE__, __LINE__, "%s: no slot in round %d (errno %d)", transport, i, errno);
        expect_ok (zmq_bind (a, unique (transport)));
        expect_ok (zmq_connect (b, endpoint_of (a)));
        if (i % 3) {
            set_int (a, ZMQ_RCVTIMEO, 10000);
            expect_eq (zmq_send (b, "x", 1, 0), 1);
            expect_eq (zmq_recv (a, &byte, 1, 0), 1);
        } else {
            /* A connection that was never made has nothing to send, whatever the linger time. */
            set_int (b, ZMQ_LINGER, i % 2 ? -1 : 0);
        }
        expect_ok (zmq_close (i % 2 ? a : b));
        expect_ok (zmq_close (i % 2 ? b : a));
        if (i == 100)
            fds = open_fds ();
    }
    expect_ok (zmq_ctx_term (ctx));
    expect (open_fds () <= fds);
}

static void slots_inproc (void)
{
    slots ("inproc");
}
static void slots_ipc (void)
{
    slots ("ipc");
}
static void slots_tcp (void)
{
    slots ("tcp");
}

static void on_signal (int number)
{
    (void) number;
}

struct terminating {
    void *ctx;
    pthread_t who;
    int done;
};

static void *interrupt (void *arg)
{
    struct terminating *t = arg;
    while (!__atomic_load_n (&t->done, __ATOMIC_SEQ_CST)) {
        pthread_kill (t->who, SIGUSR1);
        nap_ms (1);
    }
    return NULL;
}

/* A handler ends zmq_ctx_term with EINTR, as often as it runs, and the context can still be used to finish. */
static void interrupted_term (void)
{
    struct sigaction action = {.sa_handler = on_signal};
    expect_ok (sigaction (SIGUSR1, &action, NULL));
    for (int round = 0; round < 20 * scale; round++) {
        struct terminating t = {.ctx = zmq_ctx_new (), .who = pthread_self ()};
        void *in = zmq_socket (t.ctx, ZMQ_PULL), *out = zmq_socket (t.ctx, ZMQ_PUSH);
        action.sa_flags = round % 2 ? SA_RESTART : 0;
        expect_ok (sigaction (SIGUSR1, &action, NULL));
        expect_ok (zmq_bind (in, unique (round % 3 ? "tcp" : "ipc")));
        expect_ok (zmq_connect (out, endpoint_of (in)));
        expect_eq (zmq_send (out, "x", 1, 0), 1);
        /* With the message under way for ever, the context would have to wait for ever. */
        zmq_pollitem_t item = {in, 0, ZMQ_POLLIN, 0};
        expect_eq (zmq_poll (&item, 1, 10000), 1);
        expect_ok (zmq_close (out));
        pthread_t thread;
        expect_eq (pthread_create (&thread, NULL, interrupt, &t), 0);
        for (int i = 0; i < 5; i++) {
            expect_eq (zmq_ctx_term (t.ctx), -1);
            expect_eq (errno, EINTR);
        }
        expect (zmq_socket (t.ctx, ZMQ_PAIR) == NULL);
        expect_eq (errno, ETERM);
        __atomic_store_n (&t.done, 1, __ATOMIC_SEQ_CST);
        pthread_join (thread, NULL);
        expect_ok (zmq_close (in));
        int rc;
        while ((rc = zmq_ctx_term (t.ctx)) != 0)
            expect_eq (errno, EINTR);
    }
}

/* Sockets that connect to a name nobody binds, and go: nothing of them stays. */
static void unbound_names (void)
{
    void *ctx = zmq_ctx_new ();
    long start = 0;
    int rounds = 30000 * (scale > 1 ? 5 : 1);
    for (int i = 0; i < rounds; i++) {
        void *s = zmq_socket (ctx, ZMQ_DEALER);
        expect (s);
        expect_ok (zmq_connect (s, "inproc://nobody"));
        expect_ok (zmq_close (s));
        if (i == 2000)
            start = rss_kb ();
    }
    long grown = rss_kb () - start;
    if (grown > 2000)
        fail (__FILE__, __LINE__, "%ld KiB more after %d sockets", grown, rounds);
    expect_ok (zmq_ctx_term (ctx));
}

const struct stress_case cases[] = {{"delivery_tcp", delivery_tcp},
                                    {"delivery_ipc", delivery_ipc},
                                    {"slow_receiver", slow_receiver},
                                    {"slots_inproc", slots_inproc},
                                    {"slots_ipc", slots_ipc},
                                    {"slots_tcp", slots_tcp},
                                    {"interrupted_term", interrupted_term},
                                    {"unbound_names", unbound_names},
                                    {NULL, NULL}};
