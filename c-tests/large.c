/* Messages so large that they may go past the queues, between the caller's memory and the kernel or the other caller's:
 * whole, in order, within the limits in time, and with everything else that goes on at the same time. */
#include "tools.h"

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 3 << 20 };

static size_t size_of (int n)
{
    static const size_t sizes[] = {65536,   100,     16384, 32768,   1 << 20, 16385, 32767, 0,
                                   (1 << 20) + 1, 40000, 40,    MOST, 20000,   65537, 8192};
    return sizes[(size_t) n % (sizeof sizes / sizeof *sizes)];
}

struct stream {
    void *socket;
    int count;
    int nap_every;
};

/* Every seventh message is a part of the one behind it. */
static int more_follows (int n, int count)
{
    return n % 7 == 3 && n + 1 < count;
}

static void *send_stream (void *arg)
{
    struct stream *s = arg;
    for (int n = 0; n < s->count; n++) {
        unsigned char *data = made (n, size_of (n));
        expect_int (zmq_send (s->socket, data, size_of (n), more_follows (n, s->count) ? ZMQ_SNDMORE : 0), size_of (n));
        free (data);
        if (s->nap_every && n % s->nap_every == 0)
            nap_ms (2);
    }
    return NULL;
}

/* Takes a stream with every kind of call: into enough memory, into too little, and as messages. */
static void take_stream (struct stream *s, int nap_every)
{
    unsigned char *buffer = malloc (MOST);
    for (int n = 0; n < s->count; n++) {
        row ("message %d", n);
        size_t size = size_of (n);
        if (n % 11 == 7) {
            zmq_msg_t msg;
            expect_ok (zmq_msg_init (&msg));
            expect_int (zmq_msg_recv (&msg, s->socket, 0), size);
            check_bytes (n, zmq_msg_data (&msg), size);
            expect_ok (zmq_msg_close (&msg));
        } else {
            size_t room = n % 5 == 4 ? 17000 : MOST;
            memset (buffer, 0, MOST);
            expect_int (zmq_recv (s->socket, buffer, room, 0), size);
            check_bytes (n, buffer, size < room ? size : room);
            if (size > room)
                expect_int (buffer[room], 0);
        }
        expect_int (get_int (s->socket, ZMQ_RCVMORE), more_follows (n, s->count));
        if (nap_every && n % nap_every == 0)
            nap_ms (2);
    }
    free (buffer);
}

static void stream_between (int from, int to, const char *transport, int sender_naps, int receiver_naps)
{
    void *ctx = ctx_new (), *other = strcmp (transport, "inproc") == 0 ? ctx : ctx_new (), *thread;
    struct stream out = {sock (other, from), 90, sender_naps}, in = {sock (ctx, to), 90, 0};
    pair_up (in.socket, out.socket, transport);
    start_thread (send_stream, &out, &thread);
    take_stream (&in, receiver_naps);
    join_thread (thread);
    recv_nothing (in.socket);
}

CASE_TRANSPORTS (a_stream_of_all_sizes, "zmq_send zmq_recv zmq_msg_recv ZMQ_RCVMORE ZMQ_PUSH ZMQ_PULL")
{
    stream_between (ZMQ_PUSH, ZMQ_PULL, arg, 0, 0);
}

CASE_TRANSPORTS (a_slow_receiver, "zmq_send zmq_recv ZMQ_DEALER")
{
    stream_between (ZMQ_DEALER, ZMQ_DEALER, arg, 0, 3);
}

CASE_TRANSPORTS (a_slow_sender, "zmq_send zmq_recv ZMQ_PAIR")
{
    stream_between (ZMQ_PAIR, ZMQ_PAIR, arg, 3, 0);
}

struct both_ways {
    void *socket;
    int count;
};

static void *send_then_take (void *arg)
{
    struct both_ways *b = arg;
    size_t size = 200000;
    unsigned char *data = made (1, size), *buffer = malloc (size);
    for (int i = 0; i < b->count; i++)
        expect_int (zmq_send (b->socket, data, size, 0), size);
    for (int i = 0; i < b->count; i++) {
        expect_int (zmq_recv (b->socket, buffer, size, 0), size);
        expect_true (memcmp (data, buffer, size) == 0);
    }
    free (data);
    free (buffer);
    return NULL;
}

CASE_TRANSPORTS (both_send_before_either_receives, "zmq_send zmq_recv ZMQ_DEALER")
{
    void *ctx = ctx_new (), *thread;
    struct both_ways a = {sock (ctx, ZMQ_DEALER), 60}, b = {sock (ctx, ZMQ_DEALER), 60};
    pair_up (a.socket, b.socket, arg);
    start_thread (send_then_take, &a, &thread);
    send_then_take (&b);
    join_thread (thread);
}

/* ---- a peer that sends a message in pieces ---- */

enum { SIZE = 100000, HALF = 60000 };

static void send_header (int fd, size_t size)
{
    unsigned char header[9] = {2};
    for (int i = 0; i < 8; i++)
        header[1 + i] = (unsigned char) (size >> (56 - 8 * i));
    raw_send (fd, header, sizeof header);
}

static void send_first_half (int fd, const unsigned char *data)
{
    send_header (fd, SIZE);
    raw_send (fd, data, HALF);
}

static int pusher (void *pull)
{
    int fd = raw_connect (bind_any (pull, "tcp"));
    raw_handshake (fd, "PUSH", 0);
    return fd;
}

CASE (the_time_ends_in_the_middle_of_a_message, "zmq_recv zmq_msg_recv ZMQ_RCVTIMEO EAGAIN")
{
    void *ctx = ctx_new (), *pull = sock (ctx, ZMQ_PULL);
    static unsigned char buffer[SIZE];
    unsigned char *data = made (5, SIZE);
    int fd = pusher (pull);
    set_int (pull, ZMQ_RCVTIMEO, 100);
    for (int round = 0; round < 6; round++) {
        row ("round %d", round);
        send_first_half (fd, data);
        long start = now_ms ();
        expect_errno (zmq_recv (pull, buffer, SIZE, 0), EAGAIN);
        expect_true (now_ms () - start >= 99);
        expect_errno (zmq_recv (pull, buffer, SIZE, ZMQ_DONTWAIT), EAGAIN);
        raw_send (fd, data + HALF, SIZE - HALF);
        set_int (pull, ZMQ_RCVTIMEO, (int) LONG_MS);
        if (round % 3 == 0) {
            memset (buffer, 0, SIZE);
            expect_int (zmq_recv (pull, buffer, SIZE, 0), SIZE);
            check_bytes (5, buffer, SIZE);
        } else if (round % 3 == 1) {
            memset (buffer, 0, SIZE);
            expect_int (zmq_recv (pull, buffer, 70000, 0), SIZE);
            check_bytes (5, buffer, 70000);
            expect_int (buffer[70000], 0);
        } else {
            zmq_msg_t msg;
            expect_ok (zmq_msg_init (&msg));
            expect_int (zmq_msg_recv (&msg, pull, 0), SIZE);
            check_bytes (5, zmq_msg_data (&msg), SIZE);
            expect_ok (zmq_msg_close (&msg));
        }
        set_int (pull, ZMQ_RCVTIMEO, 100);
    }
    free (data);
}

CASE (another_peer_is_heard_in_the_middle_of_a_message, "zmq_recv ZMQ_PULL")
{
    void *ctx = ctx_new (), *pull = sock (ctx, ZMQ_PULL);
    static unsigned char buffer[SIZE];
    unsigned char *data = made (5, SIZE);
    int slow = pusher (pull), quick = raw_connect (last_endpoint (pull));
    raw_handshake (quick, "PUSH", 0);
    for (int round = 0; round < 5; round++) {
        send_first_half (slow, data);
        set_int (pull, ZMQ_RCVTIMEO, 20);
        expect_errno (zmq_recv (pull, buffer, SIZE, 0), EAGAIN);
        set_int (pull, ZMQ_RCVTIMEO, (int) LONG_MS);
        raw_message (quick, "meanwhile", 0);
        expect_int (zmq_recv (pull, buffer, SIZE, 0), 9);
        expect_mem (buffer, "meanwhile", 9);
        raw_send (slow, data + HALF, SIZE - HALF);
        expect_int (zmq_recv (pull, buffer, SIZE, 0), SIZE);
        check_bytes (5, buffer, SIZE);
    }
    free (data);
}

CASE (a_peer_that_goes_in_the_middle_of_a_message, "zmq_recv ZMQ_RCVTIMEO EAGAIN ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new (), *pull = sock (ctx, ZMQ_PULL);
    static unsigned char buffer[SIZE];
    unsigned char *data = made (5, SIZE);
    void *mon = monitor (ctx, pull, ZMQ_EVENT_DISCONNECTED);
    const char *endpoint = bind_any (pull, "tcp");
    set_int (pull, ZMQ_RCVTIMEO, 50);
    for (int round = 0; round < 6; round++) {
        if (round == 3) {
            int bystander = raw_connect (endpoint);
            raw_handshake (bystander, "PUSH", 0);
        }
        int fd = raw_connect (endpoint);
        raw_handshake (fd, "PUSH", 0);
        send_first_half (fd, data);
        if (round % 2)
            expect_errno (zmq_recv (pull, buffer, SIZE, 0), EAGAIN);
        raw_close (fd);
        expect_errno (zmq_recv (pull, buffer, SIZE, 0), EAGAIN);
        mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    }
    int fd = raw_connect (endpoint);
    raw_handshake (fd, "PUSH", 0);
    send_first_half (fd, data);
    raw_send (fd, data + HALF, SIZE - HALF);
    set_int (pull, ZMQ_RCVTIMEO, (int) LONG_MS);
    expect_int (zmq_recv (pull, buffer, SIZE, 0), SIZE);
    check_bytes (5, buffer, SIZE);
    free (data);
}

static void on_signal (int number) {}

struct interrupted {
    void *socket;
    pthread_t thread;
    volatile int waits, ended;
};

static void *interrupt_until_it_ends (void *arg)
{
    struct interrupted *i = arg;
    while (!i->ended) {
        if (i->waits)
            pthread_kill (i->thread, SIGUSR1);
        nap_ms (5);
    }
    return NULL;
}

CASE (a_signal_in_the_middle_of_a_message, "zmq_recv EINTR")
{
    void *ctx = ctx_new (), *pull = sock (ctx, ZMQ_PULL), *thread;
    static unsigned char buffer[SIZE];
    unsigned char *data = made (5, SIZE);
    struct interrupted i = {pull, pthread_self (), 0, 0};
    struct sigaction action = {.sa_handler = on_signal};
    int fd = pusher (pull);
    expect_ok (sigaction (SIGUSR1, &action, NULL));
    send_first_half (fd, data);
    start_thread (interrupt_until_it_ends, &i, &thread);
    i.waits = 1;
    for (int round = 0; round < 20; round++)
        expect_errno (zmq_recv (pull, buffer, SIZE, 0), EINTR);
    i.ended = 1;
    join_thread (thread);
    raw_send (fd, data + HALF, SIZE - HALF);
    expect_int (zmq_recv (pull, buffer, SIZE, 0), SIZE);
    check_bytes (5, buffer, SIZE);
    free (data);
}

/* What came with the message that was received is not left lying, even if the socket is only asked for its events. */
CASE_WIRE (messages_behind_the_one_received_are_found, "zmq_recv zmq_poll ZMQ_EVENTS ZMQ_POLLIN")
{
    void *ctx = ctx_new (), *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    static unsigned char buffer[SIZE];
    unsigned char *data = made (5, SIZE);
    pair_up (pull, push, arg);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++)
            expect_int (zmq_send (push, data, SIZE, 0), SIZE);
        expect_int (zmq_recv (pull, buffer, SIZE, 0), SIZE);
        eventually (get_int (pull, ZMQ_EVENTS) & ZMQ_POLLIN);
        expect_int (zmq_recv (pull, buffer, SIZE, ZMQ_DONTWAIT), SIZE);
        expect_int (poll_socket (pull, ZMQ_POLLIN, LONG_MS), ZMQ_POLLIN);
        expect_int (zmq_recv (pull, buffer, SIZE, 0), SIZE);
        check_bytes (5, buffer, SIZE);
    }
    free (data);
}

/* ---- a peer that takes a message in pieces, or not at all ---- */

static int puller (void *push)
{
    const char *endpoint;
    int listener = raw_listen (&endpoint);
    connect_to (push, endpoint);
    int fd = raw_accept (listener);
    raw_handshake (fd, "PULL", 0);
    return fd;
}

/* Reads a frame with message `n`. */
static void take_frame (int fd, int n, size_t size)
{
    unsigned char header[9], *data = malloc (size);
    expect_int (raw_read (fd, header, sizeof header, LONG_MS), sizeof header);
    expect_int (header[0], 2);
    size_t announced = 0;
    for (int i = 1; i < 9; i++)
        announced = announced << 8 | header[i];
    expect_int (announced, size);
    expect_int (raw_read (fd, data, size, LONG_MS), size);
    check_bytes (n, data, size);
    free (data);
}

CASE (a_peer_that_takes_nothing, "zmq_send ZMQ_SNDHWM ZMQ_SNDTIMEO ZMQ_DONTWAIT EAGAIN")
{
    enum { LARGE = 200000 };
    void *ctx = ctx_new (), *push = sock (ctx, ZMQ_PUSH);
    int sent = 0;
    set_int (push, ZMQ_SNDHWM, 3);
    set_int (push, ZMQ_SNDBUF, 50000);
    int fd = puller (push);
    for (int limit = 0; limit < 2; limit++) {
        /* First without waiting, then with a limit in time. */
        set_int (push, ZMQ_SNDTIMEO, limit ? 100 : -1);
        for (;; sent++) {
            unsigned char *data = made (sent, LARGE);
            long start = now_ms ();
            int rc = zmq_send (push, data, LARGE, limit ? 0 : ZMQ_DONTWAIT);
            free (data);
            if (rc < 0) {
                expect_int (zmq_errno (), EAGAIN);
                if (limit)
                    expect_true (now_ms () - start >= 99);
                break;
            }
            expect_int (rc, LARGE);
            expect_true (sent < 100);
        }
    }
    expect_true (sent >= 3);
    for (int n = 0; n < sent; n++)
        take_frame (fd, n, LARGE);
    raw_expect_quiet (fd);
}

/* Whoever sends may wait for the peer for a moment, not for each message. */
CASE (a_queue_is_filled_without_delay, "zmq_send ZMQ_SNDHWM")
{
    enum { COUNT = 1000, LARGE = 40000 };
    void *ctx = ctx_new (), *push = sock (ctx, ZMQ_PUSH);
    unsigned char *data = made (0, LARGE);
    int fd = puller (push);
    long start = now_ms ();
    for (int n = 0; n < COUNT; n++)
        expect_int (zmq_send (push, data, LARGE, 0), LARGE);
    expect_true (now_ms () - start < 1000 * patience);
    for (int n = 0; n < COUNT; n++)
        take_frame (fd, 0, LARGE);
    free (data);
}

struct lingering {
    void *ctx;
    volatile int ended;
};

static void *term (void *arg)
{
    struct lingering *l = arg;
    expect_ok (zmq_ctx_term (l->ctx));
    l->ended = 1;
    return NULL;
}

/* A peer that kept up, and then takes nothing until the socket is closed. */
CASE (what_is_left_lingers, "zmq_close zmq_ctx_term ZMQ_LINGER")
{
    enum { COUNT = 60, EARLY = 30, LARGE = 300000 };
    void *push_ctx = zmq_ctx_new (), *push = zmq_socket (push_ctx, ZMQ_PUSH), *thread;
    struct lingering l = {push_ctx, 0};
    set_int (push, ZMQ_SNDBUF, 50000);
    int fd = puller (push);
    for (int n = 0; n < COUNT; n++) {
        unsigned char *data = made (n, LARGE);
        expect_int (zmq_send (push, data, LARGE, 0), LARGE);
        free (data);
        if (n < EARLY)
            take_frame (fd, n, LARGE);
    }
    expect_ok (zmq_close (push));
    start_thread (term, &l, &thread);
    nap_ms (SHORT_MS);
    expect_int (l.ended, 0);
    for (int n = EARLY; n < COUNT; n++)
        take_frame (fd, n, LARGE);
    join_thread (thread);
}

CASE (a_connection_reset_in_the_middle_of_a_message, "zmq_send ZMQ_RECONNECT_IVL")
{
    enum { COUNT = 40, LARGE = 500000 };
    void *ctx = ctx_new (), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint;
    int listener = raw_listen (&endpoint);
    set_int (push, ZMQ_RECONNECT_IVL, 1);
    connect_to (push, endpoint);
    int fd = raw_accept (listener);
    raw_handshake (fd, "PULL", 0);
    for (int n = 0; n < COUNT; n++) {
        unsigned char *data = made (n, LARGE);
        if (n == 20) {
            /* The kernel's buffers hold less than what was sent: somewhere in the middle of a message. */
            struct linger reset = {1, 0};
            expect_ok (setsockopt (fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
            raw_close (fd);
            fd = -1;
        }
        expect_int (zmq_send (push, data, LARGE, 0), LARGE);
        free (data);
    }
    fd = raw_accept (listener);
    raw_handshake (fd, "PULL", 0);
    /* What arrives is whole and in order, up to the last one. */
    int last = -1;
    unsigned char *data = malloc (LARGE);
    while (last < COUNT - 1) {
        unsigned char header[9];
        expect_int (raw_read (fd, header, sizeof header, LONG_MS), sizeof header);
        expect_int (header[0], 2);
        expect_int (raw_read (fd, data, LARGE, LONG_MS), LARGE);
        int n = last + 1;
        while (n < COUNT && (data[0] != byte_of (n, 0) || data[LARGE - 1] != byte_of (n, LARGE - 1)))
            n++;
        expect_true (n < COUNT);
        check_bytes (n, data, LARGE);
        last = n;
    }
    free (data);
    raw_expect_quiet (fd);
}
