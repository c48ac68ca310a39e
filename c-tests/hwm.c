/* High-water marks, to the message. */
#include "tools.h"
#include <sys/socket.h>
#include <time.h>

struct limits {
    int sndhwm, rcvhwm, total;
};

/* PUSH to PULL over inproc; 0 total stands for unlimited. */
static const struct limits sums[] = {{1, 1, 2}, {2, 2, 4}, {5, 1, 6}, {1, 5, 6}, {3, 4, 7}, {0, 5, 0}, {5, 0, 0}, {0, 0, 0}};

CASE (inproc_limit_is_the_sum_bind_first, "ZMQ_SNDHWM ZMQ_RCVHWM EAGAIN")
{
    void *ctx = ctx_new ();
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
        row ("%d + %d", sums[i].sndhwm, sums[i].rcvhwm);
        set_int (push, ZMQ_SNDHWM, sums[i].sndhwm);
        set_int (pull, ZMQ_RCVHWM, sums[i].rcvhwm);
        pair_up (pull, push, "inproc");
        expect_int (fill (push, 5000), sums[i].total ? sums[i].total : 5000);
        expect_int (drain (pull), sums[i].total ? sums[i].total : 5000);
        kick (push); /* a send looks for credit only now and then */
        expect_int (zmq_send (push, "x", 1, ZMQ_DONTWAIT), 1);
        recv_text (pull, "x");
    }
}

CASE (inproc_limit_is_the_sum_connect_first, "ZMQ_SNDHWM ZMQ_RCVHWM EAGAIN")
{
    void *ctx = ctx_new ();
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
        const char *endpoint = fresh_endpoint ("inproc");
        row ("%d + %d", sums[i].sndhwm, sums[i].rcvhwm);
        set_int (push, ZMQ_SNDHWM, sums[i].sndhwm);
        set_int (pull, ZMQ_RCVHWM, sums[i].rcvhwm);
        connect_to (push, endpoint);
        expect_ok (zmq_bind (pull, endpoint));
        expect_int (fill (push, 5000), sums[i].total ? sums[i].total : 5000);
        expect_int (drain (pull), sums[i].total ? sums[i].total : 5000);
    }
}

CASE (inproc_defaults_make_2000, "ZMQ_SNDHWM ZMQ_RCVHWM")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    pair_up (pull, push, "inproc");
    expect_int (fill (push, 5000), 2000);
    for (int i = 0; i < 999; i++)
        recv_text (pull, "fill");
    expect_int (get_int (push, ZMQ_EVENTS) & ZMQ_POLLOUT, 0);
    recv_text (pull, "fill");
    expect_int (get_int (push, ZMQ_EVENTS) & ZMQ_POLLOUT, ZMQ_POLLOUT);
    expect_int (fill (push, 5000), 1000);
}

CASE (connect_only_inproc_counts_its_own_limit, "ZMQ_SNDHWM")
{
    static const int limits[][2] = {{1, 1}, {5, 5}, {0, 5000}};
    void *ctx = ctx_new ();
    for (int i = 0; i < 3; i++) {
        void *push = sock (ctx, ZMQ_PUSH);
        set_int (push, ZMQ_SNDHWM, limits[i][0]);
        connect_to (push, fresh_endpoint ("inproc"));
        expect_int (fill (push, 5000), limits[i][1]);
    }
}

CASE_WIRE (connect_only_wire_counts_its_own_limit, "ZMQ_SNDHWM")
{
    static const int limits[][2] = {{1, 1}, {5, 5}, {0, 5000}};
    void *ctx = ctx_new ();
    for (int i = 0; i < 3; i++) {
        void *push = sock (ctx, ZMQ_PUSH);
        set_int (push, ZMQ_SNDHWM, limits[i][0]);
        connect_to (push, strcmp (arg, "tcp") == 0 ? free_tcp_endpoint () : fresh_endpoint (arg));
        expect_int (fill (push, 5000), limits[i][1]);
    }
}

CASE (connected_then_bound_with_a_bigger_limit, "ZMQ_SNDHWM ZMQ_RCVHWM")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = fresh_endpoint ("inproc");
    set_int (push, ZMQ_SNDHWM, 1);
    set_int (pull, ZMQ_RCVHWM, 1);
    connect_to (push, endpoint);
    expect_ok (zmq_bind (pull, endpoint));
    set_int (push, ZMQ_SNDHWM, 5);
    expect_int (fill (push, 100), 6);
}

/* What filled the connecter's own limit before there was a peer is no obstacle any more. */
CASE (bind_makes_room_on_a_full_pipe, "zmq_bind ZMQ_SNDHWM ZMQ_RCVHWM ZMQ_POLLOUT")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = fresh_endpoint ("inproc");
    set_int (push, ZMQ_SNDHWM, 2);
    set_int (pull, ZMQ_RCVHWM, 3);
    connect_to (push, endpoint);
    expect_int (fill (push, 100), 2);
    expect_int (get_int (push, ZMQ_EVENTS), 0);
    expect_ok (zmq_bind (pull, endpoint));
    expect_int (get_int (push, ZMQ_EVENTS), ZMQ_POLLOUT);
    expect_int (fill (push, 100), 3);
    expect_int (drain (pull), 5);
}

static void *binds_later (void *arg)
{
    void **args = arg;
    expect_ok (zmq_bind (args[0], args[1]));
    return NULL;
}

CASE (bind_wakes_a_blocked_sender, "zmq_bind zmq_send ZMQ_SNDHWM")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH), *thread;
    const char *endpoint = fresh_endpoint ("inproc");
    void *args[] = {pull, (void *) endpoint};
    set_int (push, ZMQ_SNDHWM, 1);
    connect_to (push, endpoint);
    expect_int (fill (push, 100), 1);
    start_thread (binds_later, args, &thread);
    send_text (push, "more", 0); /* nobody reads meanwhile */
    join_thread (thread);
    recv_text (pull, "fill");
    recv_text (pull, "more");
}

CASE (credit_comes_at_the_low_water_mark, "ZMQ_SNDHWM ZMQ_RCVHWM ZMQ_POLLOUT ZMQ_EVENTS")
{
    static const int rows[][4] = {{1, 1, 2, 1}, {2, 2, 4, 2}, {3, 3, 6, 3}, {3, 4, 7, 4}, {1000, 1000, 2000, 1000}};
    void *ctx = ctx_new ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
        row ("total %d", rows[i][2]);
        set_int (push, ZMQ_SNDHWM, rows[i][0]);
        set_int (pull, ZMQ_RCVHWM, rows[i][1]);
        pair_up (pull, push, "inproc");
        expect_int (fill (push, 5000), rows[i][2]);
        for (int n = 1; n <= rows[i][3]; n++) {
            expect_int (get_int (push, ZMQ_EVENTS), 0);
            recv_text (pull, "fill");
        }
        expect_int (get_int (push, ZMQ_EVENTS), ZMQ_POLLOUT);
        expect_int (fill (push, 5000), rows[i][3]);
    }
}

CASE (multiparts_count_once_and_finish, "ZMQ_SNDHWM ZMQ_RCVHWM ZMQ_SNDMORE")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_SNDHWM, 2);
    set_int (pull, ZMQ_RCVHWM, 2);
    pair_up (pull, push, "inproc");
    for (int i = 0; i < 4; i++) {
        expect_int (zmq_send (push, "a", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE), 1);
        expect_int (zmq_send (push, "b", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE), 1);
        expect_int (zmq_send (push, "c", 1, ZMQ_DONTWAIT), 1);
    }
    expect_errno (zmq_send (push, "a", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE), EAGAIN);
    for (int i = 0; i < 4; i++)
        recv_parts (pull, "a", "b", "c", NULL);
    recv_nothing (pull);
}

CASE (publisher_drops_at_the_sum, "ZMQ_PUB ZMQ_SNDHWM ZMQ_RCVHWM")
{
    static const struct limits rows[] = {{1, 1, 2}, {10, 20, 30}, {5, 1, 6}, {0, 3, 0}};
    void *ctx = ctx_new ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *pub = sock (ctx, ZMQ_PUB), *sub = sock (ctx, ZMQ_SUB);
        row ("%d + %d", rows[i].sndhwm, rows[i].rcvhwm);
        set_int (pub, ZMQ_SNDHWM, rows[i].sndhwm);
        set_int (sub, ZMQ_RCVHWM, rows[i].rcvhwm);
        subscribe (sub, "");
        pair_up (pub, sub, "inproc");
        kick (pub);
        for (int n = 0; n < 100; n++)
            send_text (pub, "x", 0);
        expect_int (drain (sub), rows[i].total ? rows[i].total : 100);
    }
}

CASE_WIRE (wire_limits_are_bounded_and_recover, "ZMQ_SNDHWM ZMQ_RCVHWM EAGAIN ZMQ_SNDBUF ZMQ_RCVBUF")
{
    enum { SIZE = 100000 };
    static char big[SIZE];
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    int sent = 0, received = 0;
    set_int (push, ZMQ_SNDHWM, 2);
    set_int (pull, ZMQ_RCVHWM, 2);
    set_int (push, ZMQ_SNDBUF, 16384);
    set_int (pull, ZMQ_RCVBUF, 16384);
    pair_up (pull, push, arg);
    /* The two limits' worth goes out however long it takes; then nothing for a while means that all is full. */
    for (long quiet = now_ms (); sent < 1000 && now_ms () - quiet < (sent < 4 ? 10000 : 300);) {
        if (zmq_send (push, big, SIZE, ZMQ_DONTWAIT) == SIZE) {
            sent++;
            quiet = now_ms ();
        } else {
            expect_int (errno, EAGAIN);
            poll_socket (push, ZMQ_POLLOUT, 20);
        }
    }
    expect_true (sent >= 4 && sent < 200);
    for (; received < sent; received++)
        expect_int (zmq_recv (pull, NULL, 0, 0), SIZE);
    recv_nothing (pull);
    wait_out (push);
    expect_int (zmq_send (push, big, SIZE, ZMQ_DONTWAIT), SIZE);
    expect_int (zmq_recv (pull, NULL, 0, 0), SIZE);
}

CASE (raising_the_limit_of_a_full_pipe_does_not_unblock, "ZMQ_SNDHWM ZMQ_RCVHWM")
{
    void *ctx = ctx_new ();
    static const int raised[] = {100, 0, 5};
    for (int i = 0; i < 3; i++) {
        void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
        set_int (push, ZMQ_SNDHWM, 2);
        set_int (pull, ZMQ_RCVHWM, 2);
        pair_up (pull, push, "inproc");
        expect_int (fill (push, 100), 4);
        set_int (push, ZMQ_SNDHWM, raised[i]);
        expect_errno (zmq_send (push, "x", 1, ZMQ_DONTWAIT), EAGAIN);
        expect_int (drain (pull), 4);
        /* Only where the reader crossed its new low-water mark, which rose with the limit, is there credit now. */
        kick (push);
        if (raised[i] == 5)
            expect_int (fill (push, 50), 7);
    }
}

CASE (raising_the_limit_before_it_is_reached, "ZMQ_SNDHWM")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_SNDHWM, 3);
    set_int (pull, ZMQ_RCVHWM, 3);
    pair_up (pull, push, "inproc");
    expect_int (fill (push, 5), 5);
    set_int (push, ZMQ_SNDHWM, 10);
    expect_int (fill (push, 100), 8);
}

CASE (lowering_the_limit_of_a_full_pipe, "ZMQ_SNDHWM")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_SNDHWM, 100);
    set_int (pull, ZMQ_RCVHWM, 1);
    pair_up (pull, push, "inproc");
    expect_int (fill (push, 1000), 101);
    set_int (push, ZMQ_SNDHWM, 70);
    expect_int (drain (pull), 101);
    kick (push);
    int again = fill (push, 1000);
    if (again > 71 || again <= 7)
        check_fail (__FILE__, __LINE__, "%d messages fit", again);
}

CASE (blocked_sender_is_woken_by_credit, "zmq_send ZMQ_SNDHWM")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_SNDHWM, 1);
    set_int (pull, ZMQ_RCVHWM, 1);
    set_int (push, ZMQ_SNDTIMEO, 50);
    pair_up (pull, push, "inproc");
    expect_int (fill (push, 10), 2);
    expect_errno (zmq_send (push, "x", 1, 0), EAGAIN);
    recv_text (pull, "fill");
    expect_int (zmq_send (push, "x", 1, 0), 1);
}

CASE (routing_ids_are_not_counted, "ZMQ_ROUTER ZMQ_SNDHWM ZMQ_RCVHWM")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    set_int (dealer, ZMQ_SNDHWM, 1);
    set_int (router, ZMQ_RCVHWM, 1);
    pair_up (router, dealer, "inproc");
    expect_int (fill (dealer, 10), 2);
    expect_int (drain (router), 4);
}

/* Sends numbered messages to a peer that does not read, each some time after the one before, so that the library finds
   the connection idle and nothing waits but what the kernel refuses; until there is no room, and none comes. */
static int send_with_pauses (void *socket, const char *id, size_t size)
{
    char text[64];
    for (int count = 0;; count++) {
        struct timespec start, now;
        clock_gettime (CLOCK_MONOTONIC, &start);
        do
            clock_gettime (CLOCK_MONOTONIC, &now);
        while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec < 120000);
        memset (text, '.', sizeof text);
        snprintf (text, sizeof text, "%06d", count);
        int sent = id ? zmq_send (socket, id, strlen (id), ZMQ_SNDMORE | ZMQ_DONTWAIT) : 0;
        if (sent >= 0)
            sent = zmq_send (socket, text, size, ZMQ_DONTWAIT);
        if (sent >= 0) {
            expect_int (sent, size);
            continue;
        }
        expect_int (zmq_errno (), EAGAIN);
        if (!poll_socket (socket, ZMQ_POLLOUT, SHORT_MS))
            return count;
        count--;
    }
}

CASE (each_message_of_a_slow_sender_arrives, "ZMQ_SNDHWM ZMQ_SNDBUF EAGAIN ZMQ_ROUTER ZMQ_PUSH")
{
    static const struct {
        int type;
        const char *id, *peer;
        size_t size;
    } rows[] = {{ZMQ_PUSH, NULL, "PULL", 7}, {ZMQ_PUSH, NULL, "PULL", 33}, {ZMQ_ROUTER, "peer", "DEALER", 20}};
    void *ctx = ctx_new ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row ("%s, %zu bytes", rows[i].peer, rows[i].size);
        void *socket = sock (ctx, rows[i].type);
        int small = 2048;
        set_int (socket, ZMQ_SNDBUF, 4096);
        set_int (socket, ZMQ_SNDHWM, 5);
        if (rows[i].type == ZMQ_ROUTER)
            set_int (socket, ZMQ_ROUTER_MANDATORY, 1);
        const char *endpoint;
        int listener = raw_listen (&endpoint);
        expect_ok (setsockopt (listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small)); /* inherited */
        connect_to (socket, endpoint);
        int fd = raw_accept (listener);
        raw_greeting (fd, 3, 0, "NULL", 0);
        unsigned char greeting[64];
        raw_take_greeting (fd, greeting);
        raw_ready (fd, rows[i].peer, rows[i].id);
        struct frame f;
        expect_int (raw_frame (fd, &f, LONG_MS), 1);
        if (rows[i].type == ZMQ_ROUTER) { /* says when the peer is known */
            raw_message (fd, "hello", 0);
            recv_more (socket, rows[i].id);
            recv_last (socket, "hello");
        }
        int count = send_with_pauses (socket, rows[i].id, rows[i].size);
        expect_true (count > 5);
        for (int n = 0; n < count; n++) {
            char text[64];
            snprintf (text, sizeof text, "%06d", n);
            expect_int (raw_frame (fd, &f, LONG_MS), 1);
            expect_int (f.size, rows[i].size);
            expect_mem (f.body, text, 6);
        }
        raw_close (fd);
        raw_close (listener);
    }
}
