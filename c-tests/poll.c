/* zmq_poll and the edge of ZMQ_FD. */
#include "tools.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

CASE (no_items, "zmq_poll")
{
    zmq_pollitem_t none = {NULL, -1, 0, 0};
    expect_int (zmq_poll (NULL, 0, 0), 0);
    long start = now_ms ();
    expect_int (zmq_poll (&none, 0, 100), 0);
    expect_true (now_ms () - start >= 95);
    start = now_ms ();
    expect_int (zmq_poll (NULL, 0, 100), 0);
    expect_true (now_ms () - start >= 95);
}

CASE (bad_arguments, "zmq_poll EINVAL EFAULT")
{
    zmq_pollitem_t item = {NULL, -1, ZMQ_POLLIN, 0};
    expect_errno (zmq_poll (&item, -1, 0), EINVAL);
    expect_errno (zmq_poll (NULL, 1, 0), EFAULT);
}

CASE (structure_size, "zmq_poll ZMQ_POLLITEMS_DFLT")
{
    expect_int (sizeof (zmq_pollitem_t), 16);
    expect_int (offsetof (zmq_pollitem_t, fd), 8);
    expect_int (offsetof (zmq_pollitem_t, events), 12);
    expect_int (offsetof (zmq_pollitem_t, revents), 14);
    expect_int (ZMQ_POLLITEMS_DFLT, 16);
}

CASE (time_out_rewrites_revents, "zmq_poll")
{
    void *ctx = ctx_new ();
    zmq_pollitem_t items[2] = {{sock (ctx, ZMQ_PULL), 0, ZMQ_POLLIN, 77}, {sock (ctx, ZMQ_PUSH), 0, ZMQ_POLLOUT, 77}};
    long start = now_ms ();
    expect_int (zmq_poll (items, 2, 100), 0);
    expect_true (now_ms () - start >= 95);
    expect_int (items[0].revents, 0);
    expect_int (items[1].revents, 0);
    items[0].revents = 77;
    expect_int (zmq_poll (items, 2, 0), 0);
    expect_int (items[0].revents, 0);
}

CASE_TRANSPORTS (readiness_of_sockets, "zmq_poll ZMQ_POLLIN ZMQ_POLLOUT")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    zmq_pollitem_t items[2] = {{a, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0}, {b, 0, ZMQ_POLLIN, 0}};
    pair_up (a, b, arg);
    wait_out (a);
    expect_int (zmq_poll (items, 2, -1), 1);
    expect_int (items[0].revents, ZMQ_POLLOUT);
    expect_int (items[1].revents, 0);
    send_text (a, "x", 0);
    wait_in (b);
    expect_int (zmq_poll (items, 2, -1), 2);
    expect_int (items[1].revents, ZMQ_POLLIN);
    recv_text (b, "x");
    send_text (b, "y", 0);
    wait_in (a);
    expect_int (zmq_poll (items, 2, 0), 1);
    expect_int (items[0].revents, ZMQ_POLLIN | ZMQ_POLLOUT);
    expect_int (items[1].revents, 0);
}

CASE (no_events_no_report, "zmq_poll")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, "inproc");
    send_text (a, "x", 0);
    zmq_pollitem_t item = {b, 0, 0, 5};
    expect_int (zmq_poll (&item, 1, 30), 0);
    expect_int (item.revents, 0);
    item.events = ZMQ_POLLERR | ZMQ_POLLPRI;
    expect_int (zmq_poll (&item, 1, 30), 0);
}

CASE (the_same_socket_twice, "zmq_poll")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, "inproc");
    send_text (b, "x", 0);
    zmq_pollitem_t items[3] = {{a, 0, ZMQ_POLLIN, 0}, {a, 0, ZMQ_POLLOUT, 0}, {a, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0}};
    expect_int (zmq_poll (items, 3, 0), 3);
    expect_int (items[0].revents, ZMQ_POLLIN);
    expect_int (items[1].revents, ZMQ_POLLOUT);
    expect_int (items[2].revents, ZMQ_POLLIN | ZMQ_POLLOUT);
}

CASE (file_descriptors, "zmq_poll ZMQ_POLLIN ZMQ_POLLOUT ZMQ_POLLERR")
{
    int ends[2];
    expect_ok (pipe (ends));
    zmq_pollitem_t items[2] = {{NULL, ends[0], ZMQ_POLLIN, 0}, {NULL, ends[1], ZMQ_POLLOUT, 0}};
    expect_int (zmq_poll (items, 2, 0), 1);
    expect_int (items[1].revents, ZMQ_POLLOUT);
    expect_int (write (ends[1], "x", 1), 1);
    expect_int (zmq_poll (items, 2, -1), 2);
    expect_int (items[0].revents, ZMQ_POLLIN);
    close (ends[1]);
    expect_int (zmq_poll (items, 1, -1), 1);
    expect_int (items[0].revents, ZMQ_POLLIN | ZMQ_POLLERR);
    close (ends[0]);
}

CASE (closed_file_descriptor, "zmq_poll ZMQ_POLLERR")
{
    int ends[2];
    expect_ok (pipe (ends));
    close (ends[0]);
    close (ends[1]);
    zmq_pollitem_t item = {NULL, ends[0], ZMQ_POLLIN, 0};
    expect_int (zmq_poll (&item, 1, 1000), 1);
    expect_int (item.revents, ZMQ_POLLERR);
    item.events = 0;
    expect_int (zmq_poll (&item, 1, 1000), 1);
    expect_int (item.revents, ZMQ_POLLERR);
    item.fd = -1;
    item.events = ZMQ_POLLIN;
    expect_int (zmq_poll (&item, 1, 20), 0);
}

CASE (urgent_data_on_a_descriptor, "zmq_poll ZMQ_POLLPRI")
{
    const char *endpoint;
    int listener = raw_listen (&endpoint), a = raw_connect (endpoint), b = raw_accept (listener);
    zmq_pollitem_t item = {NULL, b, ZMQ_POLLPRI, 0};
    expect_int (zmq_poll (&item, 1, 20), 0);
    expect_int (send (a, "!", 1, MSG_OOB), 1);
    expect_int (zmq_poll (&item, 1, LONG_MS), 1);
    expect_int (item.revents, ZMQ_POLLPRI);
    raw_close (a);
    raw_close (b);
    raw_close (listener);
}

CASE (sockets_and_descriptors_together, "zmq_poll")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    int ends[2];
    pair_up (a, b, "tcp");
    expect_ok (pipe (ends));
    zmq_pollitem_t items[2] = {{a, 0, ZMQ_POLLIN, 0}, {NULL, ends[0], ZMQ_POLLIN, 0}};
    expect_int (zmq_poll (items, 2, 20), 0);
    expect_int (write (ends[1], "x", 1), 1);
    expect_int (zmq_poll (items, 2, -1), 1);
    expect_int (items[1].revents, ZMQ_POLLIN);
    send_text (b, "x", 0);
    wait_in (a);
    expect_int (zmq_poll (items, 2, -1), 2);
    close (ends[0]);
    close (ends[1]);
}

static volatile pid_t poller;

static void *send_soon (void *s)
{
    eventually (is_asleep (poller));
    zmq_send (s, "soon", 4, 0);
    return NULL;
}

CASE_TRANSPORTS (an_infinite_poll_wakes, "zmq_poll")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR), *thread;
    pair_up (a, b, arg);
    zmq_pollitem_t item = {b, 0, ZMQ_POLLIN, 0};
    poller = own_thread ();
    start_thread (send_soon, a, &thread);
    expect_int (zmq_poll (&item, 1, -1), 1);
    expect_int (item.revents, ZMQ_POLLIN);
    join_thread (thread);
    recv_text (b, "soon");
}

CASE (many_items, "zmq_poll")
{
    enum { COUNT = 100 };
    void *ctx = ctx_new ();
    static zmq_pollitem_t items[COUNT];
    void *peers[COUNT];
    for (int i = 0; i < COUNT; i++) {
        void *a = sock (ctx, ZMQ_PAIR);
        peers[i] = sock (ctx, ZMQ_PAIR);
        pair_up (a, peers[i], "inproc");
        items[i] = (zmq_pollitem_t){a, 0, ZMQ_POLLIN, 0};
    }
    for (int i = 0; i < COUNT; i += 7)
        send_text (peers[i], "x", 0);
    expect_int (zmq_poll (items, COUNT, -1), (COUNT + 6) / 7);
    for (int i = 0; i < COUNT; i++)
        expect_int (items[i].revents, i % 7 ? 0 : ZMQ_POLLIN);
}

/* ---- the edge of ZMQ_FD ---- */

static int fd_ready (void *s, int ms)
{
    struct pollfd p = {get_int (s, ZMQ_FD), POLLIN, 0};
    return poll (&p, 1, ms);
}

CASE_TRANSPORTS (fd_signals_arrival, "ZMQ_FD ZMQ_EVENTS")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, arg);
    send_text (a, "sync", 0);
    recv_text (b, "sync");
    do /* at least once after each receive: that is the contract */
        kick (b);
    while (fd_ready (b, 20));
    send_text (a, "x", 0);
    expect_int (fd_ready (b, LONG_MS), 1);
    eventually (get_int (b, ZMQ_EVENTS) & ZMQ_POLLIN);
    recv_text (b, "x");
}

CASE (fd_is_quiet_once_events_were_read, "ZMQ_FD ZMQ_EVENTS")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, "inproc");
    kick (b);
    send_text (a, "1", 0);
    send_text (a, "2", 0);
    expect_int (fd_ready (b, LONG_MS), 1);
    expect_int (get_int (b, ZMQ_EVENTS), ZMQ_POLLIN | ZMQ_POLLOUT);
    expect_int (fd_ready (b, 0), 0);
    send_text (a, "3", 0);
    expect_int (fd_ready (b, 0), 0);
    recv_text (b, "1");
    recv_text (b, "2");
    recv_text (b, "3");
    expect_int (get_int (b, ZMQ_EVENTS), ZMQ_POLLOUT);
    send_text (a, "4", 0);
    expect_int (fd_ready (b, LONG_MS), 1);
    recv_text (b, "4");
}

CASE (fd_loop_misses_nothing, "ZMQ_FD ZMQ_EVENTS")
{
    enum { COUNT = 2000 };
    void *ctx = ctx_new (), *thread;
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    extern void *send_many (void *);
    int got = 0;
    pair_up (pull, push, "tcp");
    start_thread (send_many, push, &thread);
    while (got < COUNT) {
        expect_int (fd_ready (pull, LONG_MS), 1);
        while (get_int (pull, ZMQ_EVENTS) & ZMQ_POLLIN) {
            expect_int (zmq_recv (pull, NULL, 0, ZMQ_DONTWAIT), 1);
            got++;
        }
    }
    join_thread (thread);
}

void *send_many (void *push)
{
    for (int i = 0; i < 2000; i++) {
        zmq_send (push, "x", 1, 0);
        if (i % 50 == 0)
            nap_ms (1);
    }
    return NULL;
}

CASE (fd_signals_regained_credit, "ZMQ_FD ZMQ_EVENTS ZMQ_POLLOUT")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    set_int (push, ZMQ_SNDHWM, 1);
    set_int (pull, ZMQ_RCVHWM, 1);
    pair_up (pull, push, "inproc");
    expect_int (fill (push, 10), 2);
    kick (push);
    expect_int (fd_ready (push, 0), 0);
    recv_text (pull, "fill");
    expect_int (fd_ready (push, LONG_MS), 1);
    expect_int (get_int (push, ZMQ_EVENTS), ZMQ_POLLOUT);
}

CASE (fd_is_closed_on_exec, "ZMQ_FD")
{
    void *ctx = ctx_new ();
    int fd = get_int (sock (ctx, ZMQ_PAIR), ZMQ_FD);
    expect_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
}
