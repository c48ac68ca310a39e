/* Large messages within the process: a receiver that waits may get one straight from the sender's memory. Nothing is lost,
 * overtaken or torn, whatever ends the wait, and a socket that is turned away says nothing. */
#include "tools.h"

#include <pthread.h>
#include <signal.h>

enum { SMALL = 100, MIDDLE = 6000, LARGE = 100000, HUGE_ = 1 << 20 };

static size_t size_of (int n)
{
    static const size_t sizes[] = {LARGE, MIDDLE, SMALL, LARGE, MIDDLE, MIDDLE, HUGE_, 4096, 4097};
    return sizes[n % 9];
}

struct sender {
    void *ctx;
    const char *endpoint;
    int first;
    int count;
    int nap_every;
};

/* Messages `first` to `first + count`, over a socket of its own. */
static void *send_some (void *arg)
{
    struct sender *s = arg;
    void *push = zmq_socket (s->ctx, ZMQ_PUSH);
    expect_ok (zmq_setsockopt (push, ZMQ_SNDTIMEO, &(int){(int) LONG_MS}, sizeof (int)));
    expect_ok (zmq_connect (push, s->endpoint));
    for (int n = s->first; n < s->first + s->count; n++) {
        unsigned char *data = made (n, size_of (n));
        memcpy (data, &n, sizeof n);
        expect_int (zmq_send (push, data, size_of (n), 0), size_of (n));
        memset (data, 0xee, size_of (n));
        free (data);
        if (s->nap_every && n % s->nap_every == 0)
            nap_ms (1);
    }
    expect_ok (zmq_close (push));
    return NULL;
}

/* Which message it is, all of which is there. */
static int check_message (unsigned char *buffer, int size)
{
    int n;
    memcpy (&n, buffer, sizeof n);
    expect_int (size, size_of (n));
    unsigned char *wanted = made (n, size_of (n));
    expect_true (memcmp (buffer + sizeof n, wanted + sizeof n, size_of (n) - sizeof n) == 0);
    free (wanted);
    return n;
}

static void *pull_from (struct sender *senders, int count)
{
    void *ctx = ctx_new (), *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = bind_any (pull, "inproc");
    for (int i = 0; i < count; i++)
        senders[i] = (struct sender){ctx, endpoint, i * 1000, 300, i * 7};
    return pull;
}

CASE (several_senders, "zmq_send zmq_recv ZMQ_PUSH ZMQ_PULL")
{
    enum { SENDERS = 3 };
    struct sender senders[SENDERS];
    static unsigned char buffer[HUGE_];
    void *pull = pull_from (senders, SENDERS), *threads[SENDERS];
    int next[SENDERS] = {0, 1000, 2000};
    for (int i = 0; i < SENDERS; i++)
        start_thread (send_some, &senders[i], &threads[i]);
    for (int i = 0; i < SENDERS * 300; i++) {
        int n = check_message (buffer, zmq_recv (pull, buffer, HUGE_, 0));
        expect_int (n, next[n / 1000]++);
        expect_int (get_int (pull, ZMQ_RCVMORE), 0);
    }
    for (int i = 0; i < SENDERS; i++)
        join_thread (threads[i]);
    recv_nothing (pull);
}

CASE (the_time_ends_again_and_again, "zmq_recv ZMQ_RCVTIMEO EAGAIN")
{
    struct sender sender;
    static unsigned char buffer[HUGE_];
    void *pull = pull_from (&sender, 1), *thread;
    sender.nap_every = 2;
    start_thread (send_some, &sender, &thread);
    set_int (pull, ZMQ_RCVTIMEO, 1);
    long limit = now_ms () + LONG_MS;
    for (int next = 0; next < 300 && now_ms () < limit;) {
        int size = zmq_recv (pull, buffer, HUGE_, 0);
        if (size == -1)
            expect_int (errno, EAGAIN);
        else
            expect_int (check_message (buffer, size), next++);
    }
    join_thread (thread);
    recv_nothing (pull);
}

static void on_signal (int number)
{
}

struct interrupter {
    pthread_t thread;
    volatile int ended;
};

static void *interrupt_until_it_ends (void *arg)
{
    struct interrupter *i = arg;
    while (!i->ended) {
        pthread_kill (i->thread, SIGUSR1);
        nap_ms (1);
    }
    return NULL;
}

CASE (signals, "zmq_recv EINTR")
{
    struct sender sender;
    struct interrupter interrupter = {pthread_self (), 0};
    struct sigaction action = {.sa_handler = on_signal};
    static unsigned char buffer[HUGE_];
    void *pull = pull_from (&sender, 1), *thread, *interrupting;
    sender.nap_every = 3;
    expect_ok (sigaction (SIGUSR1, &action, NULL));
    start_thread (interrupt_until_it_ends, &interrupter, &interrupting);
    start_thread (send_some, &sender, &thread);
    for (int next = 0; next < 300;) {
        int size = zmq_recv (pull, buffer, HUGE_, 0);
        if (size == -1)
            expect_int (errno, EINTR);
        else
            expect_int (check_message (buffer, size), next++);
    }
    interrupter.ended = 1;
    join_thread (interrupting);
    join_thread (thread);
}

/* A message is cut to the room there is, and what lies behind that is nobody's business. */
CASE (too_little_room, "zmq_recv")
{
    struct sender sender;
    static unsigned char buffer[HUGE_];
    void *pull = pull_from (&sender, 1), *thread;
    sender.nap_every = 2;
    start_thread (send_some, &sender, &thread);
    for (int n = 0; n < 300; n++) {
        size_t size = size_of (n), room = n % 2 ? 5000 : 50000;
        memset (buffer, 0x55, HUGE_);
        expect_int (zmq_recv (pull, buffer, room, 0), size);
        unsigned char *wanted = made (n, size);
        memcpy (wanted, &n, sizeof n);
        expect_true (memcmp (buffer, wanted, size < room ? size : room) == 0);
        for (size_t i = room; i < HUGE_; i++)
            if (buffer[i] != 0x55)
                check_fail (__FILE__, __LINE__, "byte %zu was written", i);
        free (wanted);
    }
    join_thread (thread);
}

struct waiting {
    void *socket;
    int error;
};

/* Until the socket says otherwise. */
static void *recv_until_the_end (void *arg)
{
    struct waiting *w = arg;
    static unsigned char buffer[HUGE_];
    while (zmq_recv (w->socket, buffer, HUGE_, 0) >= 0)
        ;
    w->error = errno;
    return NULL;
}

CASE (the_context_is_shut_down, "zmq_ctx_shutdown zmq_recv ETERM")
{
    for (int round = 0; round < 20; round++) {
        void *ctx = ctx_new (), *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH), *thread;
        unsigned char *data = made (round, LARGE);
        struct waiting waiting = {pull, 0};
        pair_up (pull, push, "inproc");
        start_thread (recv_until_the_end, &waiting, &thread);
        for (int i = 0; i < 20; i++)
            expect_int (zmq_send (push, data, LARGE, 0), LARGE);
        expect_ok (zmq_ctx_shutdown (ctx));
        join_thread (thread);
        expect_int (waiting.error, ETERM);
        sock_close (pull);
        sock_close (push);
        ctx_term (ctx);
        free (data);
    }
}

/* Everything in one thread, where nobody waits. */
CASE (one_thread, "zmq_send zmq_recv ZMQ_PAIR ZMQ_DONTWAIT EAGAIN")
{
    void *ctx = ctx_new (), *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    static unsigned char buffer[HUGE_];
    pair_up (a, b, "inproc");
    for (int n = 0; n < 200; n += 2) {
        for (int i = n; i < n + 2; i++) {
            unsigned char *data = made (i, size_of (i));
            expect_int (zmq_send (a, data, size_of (i), 0), size_of (i));
            free (data);
        }
        for (int i = n; i < n + 2; i++) {
            expect_int (zmq_recv (b, buffer, HUGE_, 0), size_of (i));
            check_bytes (i, buffer, size_of (i));
        }
        expect_errno (zmq_recv (b, buffer, HUGE_, ZMQ_DONTWAIT), EAGAIN);
    }
}

struct stranger {
    void *socket;
    volatile int ended;
};

/* Until it may stop; whether the peer takes anything does not matter. */
static void *talk (void *arg)
{
    struct stranger *s = arg;
    unsigned char *data = made (77, LARGE);
    while (!s->ended)
        if (zmq_send (s->socket, data, LARGE, ZMQ_DONTWAIT) == -1)
            nap_ms (1);
    free (data);
    return NULL;
}

CASE (a_second_peer_of_a_pair_is_not_heard, "ZMQ_PAIR zmq_recv")
{
    struct stranger stranger = {NULL, 0};
    void *ctx = ctx_new (), *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR), *thread;
    static unsigned char buffer[HUGE_];
    const char *endpoint = bind_any (a, "inproc");
    connect_to (b, endpoint);
    kick (a);
    stranger.socket = sock (ctx, ZMQ_PAIR);
    connect_to (stranger.socket, endpoint);
    start_thread (talk, &stranger, &thread);
    unsigned char *data = made (5, LARGE);
    for (int i = 0; i < 30; i++) {
        expect_int (zmq_send (b, data, LARGE, 0), LARGE);
        expect_int (zmq_recv (a, buffer, HUGE_, 0), LARGE);
        check_bytes (5, buffer, LARGE);
        set_int (a, ZMQ_RCVTIMEO, 2);
        expect_errno (zmq_recv (a, buffer, HUGE_, 0), EAGAIN);
        set_int (a, ZMQ_RCVTIMEO, (int) LONG_MS);
    }
    stranger.ended = 1;
    join_thread (thread);
    free (data);
}

/* A socket with peers elsewhere, too. */
CASE (with_a_connection_beside, "zmq_recv ZMQ_PULL")
{
    struct sender sender;
    static unsigned char buffer[HUGE_];
    void *pull = pull_from (&sender, 1), *push = sock (ctx_new (), ZMQ_PUSH), *thread;
    const char *endpoint = bind_any (pull, "tcp");
    unsigned char *data = made (9999, LARGE);
    int number = 9999, local = 0, remote = 0;
    memcpy (data, &number, sizeof number);
    connect_to (push, endpoint);
    sender.nap_every = 5;
    start_thread (send_some, &sender, &thread);
    for (int i = 0; i < 600; i++) {
        if (i % 2 == 0)
            expect_int (zmq_send (push, data, LARGE, 0), LARGE);
        int size = zmq_recv (pull, buffer, HUGE_, 0);
        memcpy (&number, buffer, sizeof number);
        if (number == 9999) {
            expect_int (size, LARGE);
            expect_true (memcmp (buffer, data, LARGE) == 0);
            remote++;
        } else
            expect_int (check_message (buffer, size), local++);
    }
    expect_int (local, 300);
    expect_int (remote, 300);
    join_thread (thread);
    free (data);
}
