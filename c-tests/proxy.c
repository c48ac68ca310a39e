/* zmq_proxy, zmq_proxy_steerable, zmq_device. */
#include "tools.h"

#include <pthread.h>

struct proxy {
    void *front, *back, *capture, *control;
    int steerable, device, rc, error;
};

static void *run_proxy (void *arg)
{
    struct proxy *p = arg;
    errno = 0;
    if (p->device)
        p->rc = zmq_device (p->device, p->front, p->back);
    else if (p->steerable)
        p->rc = zmq_proxy_steerable (p->front, p->back, p->capture, p->control);
    else
        p->rc = zmq_proxy (p->front, p->back, p->capture);
    p->error = errno;
    return NULL;
}

/* Ends the proxy through its context and checks how it ended. */
static void end_by_shutdown (void *ctx, struct proxy *p, void *thread)
{
    expect_ok (zmq_ctx_shutdown (ctx));
    join_thread (thread);
    expect_int (p->rc, -1);
    expect_int (p->error, ETERM);
}

CASE_TRANSPORTS (request_reply_broker, "zmq_proxy ETERM")
{
    void *ctx = ctx_new (), *thread;
    struct proxy p = {sock (ctx, ZMQ_ROUTER), sock (ctx, ZMQ_DEALER), NULL, NULL, 0, 0, 0, 0};
    void *req = sock (ctx, ZMQ_REQ), *rep = sock (ctx, ZMQ_REP);
    pair_up (p.front, req, arg);
    pair_up (p.back, rep, arg);
    start_thread (run_proxy, &p, &thread);
    for (int i = 0; i < 20; i++) {
        send_parts (req, "q", "2", NULL);
        recv_parts (rep, "q", "2", NULL);
        send_text (rep, "a", 0);
        recv_last (req, "a");
    }
    end_by_shutdown (ctx, &p, thread);
}

CASE (device_is_a_proxy, "zmq_device ZMQ_QUEUE ZMQ_FORWARDER ZMQ_STREAMER")
{
    static const int kinds[] = {ZMQ_QUEUE, ZMQ_FORWARDER, ZMQ_STREAMER, 77};
    for (int i = 0; i < 4; i++) {
        void *ctx = ctx_new (), *thread;
        struct proxy p = {sock (ctx, ZMQ_PULL), sock (ctx, ZMQ_PUSH), NULL, NULL, 0, kinds[i], 0, 0};
        void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
        pair_up (p.front, push, "inproc");
        pair_up (p.back, pull, "inproc");
        start_thread (run_proxy, &p, &thread);
        send_parts (push, "a", "b", NULL);
        recv_parts (pull, "a", "b", NULL);
        end_by_shutdown (ctx, &p, thread);
    }
}

CASE (single_socket_echoes, "zmq_proxy")
{
    void *ctx = ctx_new (), *thread;
    void *echo = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ);
    struct proxy p = {echo, echo, NULL, NULL, 0, 0, 0, 0};
    pair_up (echo, req, "inproc");
    start_thread (run_proxy, &p, &thread);
    for (int i = 0; i < 5; i++) {
        send_text (req, "hello", 0);
        recv_last (req, "hello");
    }
    end_by_shutdown (ctx, &p, thread);
}

CASE (capture_sees_every_frame, "zmq_proxy")
{
    static const int captures[] = {ZMQ_PUSH, ZMQ_PAIR, ZMQ_DEALER};
    for (int i = 0; i < 3; i++) {
        void *ctx = ctx_new (), *thread;
        struct proxy p = {sock (ctx, ZMQ_PULL), sock (ctx, ZMQ_PUSH), sock (ctx, captures[i]), NULL, 0, 0, 0, 0};
        void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
        void *tap = sock (ctx, captures[i] == ZMQ_PUSH ? ZMQ_PULL : captures[i]);
        pair_up (p.front, push, "inproc");
        pair_up (p.back, pull, "inproc");
        pair_up (p.capture, tap, "inproc");
        start_thread (run_proxy, &p, &thread);
        send_parts (push, "a", "", "c", NULL);
        send_text (push, "d", 0);
        recv_parts (pull, "a", "", "c", NULL);
        recv_last (pull, "d");
        recv_parts (tap, "a", "", "c", NULL);
        recv_last (tap, "d");
        end_by_shutdown (ctx, &p, thread);
    }
}

CASE (publish_subscribe_forwarder, "zmq_proxy ZMQ_XPUB ZMQ_XSUB")
{
    void *ctx = ctx_new (), *thread;
    struct proxy p = {sock (ctx, ZMQ_XSUB), sock (ctx, ZMQ_XPUB), NULL, NULL, 0, 0, 0, 0};
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    pair_up (p.front, pub, "tcp");
    pair_up (p.back, sub, "tcp");
    start_thread (run_proxy, &p, &thread);
    subscribe (sub, "news");
    eventually ((kick (sub), get_int (pub, ZMQ_EVENTS) & ZMQ_POLLIN));
    recv_text (pub, "\1news");
    send_text (pub, "olds", 0);
    send_parts (pub, "news", "body", NULL);
    recv_parts (sub, "news", "body", NULL);
    end_by_shutdown (ctx, &p, thread);
}

CASE (flow_control_loses_nothing, "zmq_proxy ZMQ_SNDHWM ZMQ_RCVHWM")
{
    enum { COUNT = 3000 };
    void *ctx = ctx_new (), *thread, *sender;
    struct proxy p = {sock (ctx, ZMQ_PULL), sock (ctx, ZMQ_PUSH), NULL, NULL, 0, 0, 0, 0};
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    void *all[] = {p.front, p.back, push, pull};
    extern void *send_numbers (void *);
    for (int i = 0; i < 4; i++) {
        set_int (all[i], ZMQ_SNDHWM, 5);
        set_int (all[i], ZMQ_RCVHWM, 5);
    }
    pair_up (p.front, push, "inproc");
    pair_up (p.back, pull, "inproc");
    start_thread (run_proxy, &p, &thread);
    start_thread (send_numbers, push, &sender);
    for (int i = 0; i < COUNT; i++) {
        int got = -1;
        recv_bytes (pull, &got, sizeof got);
        expect_int (got, i);
    }
    join_thread (sender);
    end_by_shutdown (ctx, &p, thread);
}

void *send_numbers (void *push)
{
    for (int i = 0; i < 3000; i++)
        zmq_send (push, &i, sizeof i, 0);
    return NULL;
}

CASE (blocked_destination_does_not_hang_termination, "zmq_proxy zmq_ctx_shutdown ETERM")
{
    void *ctx = ctx_new (), *thread;
    struct proxy p = {sock (ctx, ZMQ_PULL), sock (ctx, ZMQ_PUSH), NULL, NULL, 0, 0, 0, 0};
    void *push = sock (ctx, ZMQ_PUSH);
    set_int (p.back, ZMQ_SNDTIMEO, -1);
    bind_any (p.back, "inproc");
    pair_up (p.front, push, "inproc");
    for (int i = 0; i < 100; i++)
        send_text (push, "x", 0);
    start_thread (run_proxy, &p, &thread);
    end_by_shutdown (ctx, &p, thread);
}

/* ---- steerable ---- */

struct steered {
    void *ctx, *thread, *push, *pull, *commander;
    struct proxy p;
};

static void steer (struct steered *s, int control_type, int commander_type)
{
    memset (s, 0, sizeof *s);
    s->ctx = ctx_new ();
    s->p = (struct proxy){sock (s->ctx, ZMQ_PULL), sock (s->ctx, ZMQ_PUSH), NULL, sock (s->ctx, control_type), 1, 0, 9, 0};
    s->push = sock (s->ctx, ZMQ_PUSH);
    s->pull = sock (s->ctx, ZMQ_PULL);
    s->commander = sock (s->ctx, commander_type);
    pair_up (s->p.front, s->push, "inproc");
    pair_up (s->p.back, s->pull, "inproc");
    pair_up (s->p.control, s->commander, "inproc");
    start_thread (run_proxy, &s->p, &s->thread);
}

CASE (steerable_terminate, "zmq_proxy_steerable")
{
    struct steered s;
    steer (&s, ZMQ_PAIR, ZMQ_PAIR);
    send_text (s.push, "x", 0);
    recv_text (s.pull, "x");
    send_text (s.commander, "TERMINATE", 0);
    join_thread (s.thread);
    expect_int (s.p.rc, 0);
}

CASE (steerable_pause_and_resume, "zmq_proxy_steerable")
{
    struct steered s;
    uint64_t number;
    steer (&s, ZMQ_PAIR, ZMQ_PAIR);
    send_text (s.push, "1", 0);
    recv_text (s.pull, "1");
    send_text (s.commander, "PAUSE", 0);
    /* The pause has no acknowledgement on a PAIR, but what is asked after it has an answer. */
    send_text (s.commander, "STATISTICS", 0);
    for (int i = 0; i < 8; i++)
        expect_int (recv_bytes (s.commander, &number, sizeof number), sizeof number);
    send_text (s.push, "2", 0);
    recv_nothing (s.pull);
    send_text (s.commander, "RESUME", 0);
    recv_text (s.pull, "2");
    send_text (s.commander, "TERMINATE", 0);
    join_thread (s.thread);
    expect_int (s.p.rc, 0);
}

CASE (steerable_statistics, "zmq_proxy_steerable")
{
    static const uint64_t wanted[8] = {2, 5, 0, 0, 0, 0, 2, 5};
    struct steered s;
    steer (&s, ZMQ_PAIR, ZMQ_PAIR);
    send_parts (s.push, "abc", "de", NULL);
    recv_parts (s.pull, "abc", "de", NULL);
    send_text (s.commander, "STATISTICS", 0);
    for (int i = 0; i < 8; i++) {
        uint64_t value = 99;
        row ("frame %d", i);
        expect_int (recv_bytes (s.commander, &value, sizeof value), 8);
        expect_int (value, wanted[i]);
        expect_int (get_int (s.commander, ZMQ_RCVMORE), i < 7);
    }
    send_text (s.commander, "TERMINATE", 0);
    join_thread (s.thread);
    expect_int (s.p.rc, 0);
}

CASE (steerable_unknown_commands_are_ignored, "zmq_proxy_steerable")
{
    struct steered s;
    static const char *const unknown[] = {"pause", "PAUSED", "TERMINATE ", "TERM", "", "STATISTIC"};
    steer (&s, ZMQ_PAIR, ZMQ_PAIR);
    for (int i = 0; i < 6; i++)
        send_text (s.commander, unknown[i], 0);
    send_text (s.push, "x", 0);
    recv_text (s.pull, "x");
    recv_nothing (s.commander);
    send_text (s.commander, "TERMINATE", 0);
    join_thread (s.thread);
    expect_int (s.p.rc, 0);
}

CASE (steerable_rep_acknowledges, "zmq_proxy_steerable ZMQ_REP")
{
    struct steered s;
    steer (&s, ZMQ_REP, ZMQ_REQ);
    send_text (s.commander, "PAUSE", 0);
    recv_last (s.commander, "");
    send_text (s.push, "x", 0);
    recv_nothing (s.pull);
    send_text (s.commander, "RESUME", 0);
    recv_last (s.commander, "");
    recv_text (s.pull, "x");
    send_text (s.commander, "TERMINATE", 0);
    recv_last (s.commander, "");
    join_thread (s.thread);
    expect_int (s.p.rc, 0);
}

CASE (steerable_by_publisher, "zmq_proxy_steerable ZMQ_SUB")
{
    void *ctx = ctx_new (), *thread;
    struct proxy p = {sock (ctx, ZMQ_PULL), sock (ctx, ZMQ_PUSH), NULL, sock (ctx, ZMQ_SUB), 1, 0, 9, 0};
    void *commander = sock (ctx, ZMQ_XPUB), *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    subscribe (p.control, "");
    pair_up (commander, p.control, "inproc");
    recv_text (commander, "\1");
    pair_up (p.front, push, "inproc");
    pair_up (p.back, pull, "inproc");
    start_thread (run_proxy, &p, &thread);
    send_text (push, "x", 0);
    recv_text (pull, "x");
    send_text (commander, "TERMINATE", 0);
    join_thread (thread);
    expect_int (p.rc, 0);
}

CASE (steerable_without_control_is_a_proxy, "zmq_proxy_steerable ETERM")
{
    void *ctx = ctx_new (), *thread;
    struct proxy p = {sock (ctx, ZMQ_PULL), sock (ctx, ZMQ_PUSH), NULL, NULL, 1, 0, 0, 0};
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    pair_up (p.front, push, "inproc");
    pair_up (p.back, pull, "inproc");
    start_thread (run_proxy, &p, &thread);
    send_text (push, "x", 0);
    recv_text (pull, "x");
    end_by_shutdown (ctx, &p, thread);
}

CASE (steerable_single_socket, "zmq_proxy_steerable")
{
    void *ctx = ctx_new (), *thread;
    void *echo = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ), *commander = sock (ctx, ZMQ_PAIR);
    struct proxy p = {echo, echo, NULL, sock (ctx, ZMQ_PAIR), 1, 0, 9, 0};
    pair_up (echo, req, "inproc");
    pair_up (p.control, commander, "inproc");
    start_thread (run_proxy, &p, &thread);
    send_text (req, "hello", 0);
    recv_text (req, "hello");
    send_text (commander, "TERMINATE", 0);
    join_thread (thread);
    expect_int (p.rc, 0);
}
