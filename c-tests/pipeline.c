/* PUSH and PULL. */
#include "tools.h"

#include <poll.h>

CASE_TRANSPORTS (push_to_pull, "ZMQ_PUSH ZMQ_PULL")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    pair_up (pull, push, arg);
    send_text (push, "one", 0);
    send_parts (push, "two", "three", NULL);
    recv_last (pull, "one");
    recv_parts (pull, "two", "three", NULL);
}

CASE_TRANSPORTS (push_goes_round, "ZMQ_PUSH")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pulls[4];
    for (int i = 0; i < 4; i++) {
        pulls[i] = sock (ctx, ZMQ_PULL);
        connect_to (push, bind_any (pulls[i], arg));
    }
    for (int i = 0; i < 12; i++) {
        char text[8];
        snprintf (text, sizeof text, "%d", i);
        send_parts (push, text, "tail", NULL);
    }
    for (int i = 0; i < 4; i++) {
        for (int n = 0; n < 3; n++) {
            char text[8];
            snprintf (text, sizeof text, "%d", n * 4 + i);
            recv_parts (pulls[i], text, "tail", NULL);
        }
        recv_nothing (pulls[i]);
    }
}

CASE_TRANSPORTS (pull_takes_from_all, "ZMQ_PULL")
{
    enum { PUSHERS = 5, EACH = 40 };
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = bind_any (pull, arg);
    int next[PUSHERS] = {0};
    for (int i = 0; i < PUSHERS; i++) {
        void *push = sock (ctx, ZMQ_PUSH);
        connect_to (push, endpoint);
        for (int n = 0; n < EACH; n++) {
            char text[8] = {(char) i, (char) n};
            expect_int (zmq_send (push, text, 2, 0), 2);
        }
    }
    for (int i = 0; i < PUSHERS * EACH; i++) {
        char got[2];
        expect_int (recv_bytes (pull, got, 2), 2);
        expect_int (got[1], next[(int) got[0]]++); /* in order per pusher */
    }
    recv_nothing (pull);
}

CASE (pull_is_fair_over_inproc, "ZMQ_PULL")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = bind_any (pull, "inproc");
    int seen[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        void *push = sock (ctx, ZMQ_PUSH);
        char text[2] = {(char) ('0' + i), 0};
        connect_to (push, endpoint);
        for (int n = 0; n < 10; n++)
            send_text (push, text, 0);
    }
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 3; i++) {
            char got;
            expect_int (recv_bytes (pull, &got, 1), 1);
            seen[got - '0']++;
        }
        for (int i = 0; i < 3; i++)
            expect_int (seen[i], round + 1);
    }
}

CASE (full_peer_is_skipped, "ZMQ_PUSH ZMQ_SNDHWM")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *narrow = sock (ctx, ZMQ_PULL), *wide = sock (ctx, ZMQ_PULL);
    set_int (push, ZMQ_SNDHWM, 1);
    set_int (narrow, ZMQ_RCVHWM, 1);
    set_int (wide, ZMQ_RCVHWM, 19);
    connect_to (push, bind_any (narrow, "inproc"));
    connect_to (push, bind_any (wide, "inproc"));
    expect_int (fill (push, 100), 22);
    expect_int (drain (narrow), 2);
    expect_int (drain (wide), 20);
}

CASE (not_connected_peers_take_their_share, "ZMQ_PUSH ZMQ_IMMEDIATE")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    connect_to (push, free_tcp_endpoint ());
    connect_to (push, bind_any (pull, "tcp"));
    for (int i = 0; i < 10; i++)
        send_text (push, "x", 0);
    for (int i = 0; i < 5; i++)
        recv_text (pull, "x");
    recv_nothing (pull);
}

CASE (push_blocks_until_a_peer_comes, "ZMQ_PUSH zmq_send")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = bind_any (push, "tcp");
    expect_errno (zmq_send (push, "x", 1, ZMQ_DONTWAIT), EAGAIN);
    connect_to (pull, endpoint);
    send_text (push, "x", 0);
    recv_text (pull, "x");
}

CASE_TRANSPORTS (ten_thousand_messages_in_order, "ZMQ_PUSH ZMQ_PULL ZMQ_SNDHWM ZMQ_RCVHWM")
{
    enum { COUNT = 10000 };
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_SNDHWM, 0);
    set_int (pull, ZMQ_RCVHWM, 0);
    pair_up (pull, push, arg);
    for (int i = 0; i < COUNT; i++) {
        char body[300];
        size_t size = sizeof i + (size_t) (i * 37 % 290);
        memset (body, 0, sizeof body);
        memcpy (body, &i, sizeof i);
        expect_int (zmq_send (push, body, size, 0), size);
    }
    for (int i = 0; i < COUNT; i++) {
        char body[300];
        int number, size = recv_bytes (pull, body, sizeof body);
        memcpy (&number, body, sizeof number);
        expect_int (number, i);
        expect_int (size, (int) sizeof i + i * 37 % 290);
    }
}

struct flood {
    void *push;
    int count;
};

static void *flood (void *arg)
{
    struct flood *f = arg;
    for (int i = 0; i < f->count; i++)
        if (zmq_send (f->push, &i, sizeof i, 0) != (int) sizeof i)
            break;
    return NULL;
}

CASE_TRANSPORTS (backpressure_loses_nothing, "ZMQ_PUSH ZMQ_PULL ZMQ_SNDHWM ZMQ_RCVHWM")
{
    void *ctx = ctx_new (), *thread;
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    struct flood f = {push, 20000};
    set_int (push, ZMQ_SNDHWM, 10);
    set_int (pull, ZMQ_RCVHWM, 10);
    pair_up (pull, push, arg);
    start_thread (flood, &f, &thread);
    for (int i = 0; i < f.count; i++) {
        int got = -1;
        expect_int (recv_bytes (pull, &got, sizeof got), sizeof got);
        expect_int (got, i);
    }
    join_thread (thread);
}

CASE_WIRE (linger_delivers_after_close, "ZMQ_LINGER zmq_close zmq_ctx_term")
{
    void *ctx = ctx_new (), *other = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (other, ZMQ_PUSH);
    set_int (pull, ZMQ_RCVHWM, 0);
    set_int (push, ZMQ_LINGER, -1);
    connect_to (push, bind_any (pull, arg));
    for (int i = 0; i < 500; i++)
        send_text (push, "0123456789", 0);
    sock_close (push);
    ctx_term (other);
    for (int i = 0; i < 500; i++)
        recv_text (pull, "0123456789");
}

CASE (dead_pipe_in_the_middle_of_a_multipart, "ZMQ_PUSH ZMQ_SNDMORE EAGAIN")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = bind_any (push, "inproc");
    connect_to (pull, endpoint);
    send_text (push, "one", ZMQ_SNDMORE);
    struct pollfd news = {get_int (push, ZMQ_FD), POLLIN, 0};
    get_int (push, ZMQ_EVENTS);
    expect_int (poll (&news, 1, 0), 0);
    sock_close (pull);
    expect_int (poll (&news, 1, LONG_MS), 1);
    get_int (push, ZMQ_EVENTS);
    /* The part is swallowed, or refused once, depending on when the end of the pipe was seen. */
    errno = 0;
    int rc = zmq_send (push, "two", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    expect_true (rc == 3 || (rc == -1 && errno == EAGAIN));
    zmq_send (push, "three", 5, ZMQ_DONTWAIT);
    pull = sock (ctx, ZMQ_PULL);
    connect_to (pull, endpoint);
    send_parts (push, "new", "message", NULL);
    recv_parts (pull, "new", "message", NULL);
    recv_nothing (pull);
}
