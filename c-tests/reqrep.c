/* REQ, REP and DEALER. */
#include "tools.h"

CASE_TRANSPORTS (request_and_reply, "ZMQ_REQ ZMQ_REP")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ);
    pair_up (rep, req, arg);
    for (int i = 0; i < 10; i++) {
        send_text (req, "question", 0);
        recv_last (rep, "question");
        send_text (rep, "answer", 0);
        recv_last (req, "answer");
    }
}

CASE_TRANSPORTS (multipart_request_and_reply, "ZMQ_REQ ZMQ_REP ZMQ_SNDMORE")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ);
    pair_up (rep, req, arg);
    send_parts (req, "a", "", "c", NULL);
    recv_parts (rep, "a", "", "c", NULL);
    send_parts (rep, "", "b", NULL);
    recv_parts (req, "", "b", NULL);
}

CASE (req_state_errors, "ZMQ_REQ EFSM")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ);
    char buffer[8];
    pair_up (rep, req, "inproc");
    expect_errno (zmq_recv (req, buffer, 8, 0), EFSM);
    send_text (req, "a", ZMQ_SNDMORE);
    expect_errno (zmq_recv (req, buffer, 8, 0), EFSM);
    send_text (req, "b", 0);
    expect_errno (zmq_send (req, "c", 1, 0), EFSM);
    expect_errno (zmq_send (req, "c", 1, ZMQ_SNDMORE), EFSM);
    recv_parts (rep, "a", "b", NULL);
    send_parts (rep, "x", "y", NULL);
    recv_more (req, "x");
    expect_errno (zmq_send (req, "c", 1, 0), EFSM);
    recv_last (req, "y");
    expect_errno (zmq_recv (req, buffer, 8, 0), EFSM);
    send_text (req, "next", 0);
}

CASE (rep_state_errors, "ZMQ_REP EFSM")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ);
    char buffer[8];
    pair_up (rep, req, "inproc");
    expect_errno (zmq_send (rep, "x", 1, 0), EFSM);
    send_parts (req, "a", "b", NULL);
    recv_more (rep, "a");
    expect_errno (zmq_send (rep, "x", 1, 0), EFSM);
    recv_last (rep, "b");
    expect_errno (zmq_recv (rep, buffer, 8, ZMQ_DONTWAIT), EFSM);
    send_text (rep, "x", ZMQ_SNDMORE);
    expect_errno (zmq_recv (rep, buffer, 8, ZMQ_DONTWAIT), EFSM);
    send_text (rep, "y", 0);
    expect_errno (zmq_send (rep, "z", 1, 0), EFSM);
    recv_parts (req, "x", "y", NULL);
}

CASE (events_follow_the_state, "ZMQ_REQ ZMQ_REP ZMQ_EVENTS ZMQ_POLLIN ZMQ_POLLOUT")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ);
    pair_up (rep, req, "inproc");
    expect_int (get_int (req, ZMQ_EVENTS), ZMQ_POLLOUT);
    expect_int (get_int (rep, ZMQ_EVENTS), 0);
    send_text (req, "q", 0);
    expect_int (get_int (req, ZMQ_EVENTS), 0);
    expect_int (get_int (rep, ZMQ_EVENTS), ZMQ_POLLIN);
    recv_text (rep, "q");
    expect_int (get_int (rep, ZMQ_EVENTS), ZMQ_POLLOUT);
    send_text (rep, "a", 0);
    expect_int (get_int (rep, ZMQ_EVENTS), 0);
    expect_int (get_int (req, ZMQ_EVENTS), ZMQ_POLLIN);
    recv_text (req, "a");
    expect_int (get_int (req, ZMQ_EVENTS), ZMQ_POLLOUT);
}

CASE_TRANSPORTS (req_envelope, "ZMQ_REQ ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *req = sock (ctx, ZMQ_REQ);
    expect_ok (zmq_setsockopt (req, ZMQ_ROUTING_ID, "R", 1));
    pair_up (router, req, arg);
    send_parts (req, "a", "b", NULL);
    recv_parts (router, "R", "", "a", "b", NULL);
    send_parts (router, "R", "", "reply", NULL);
    recv_last (req, "reply");
}

CASE_TRANSPORTS (rep_keeps_the_whole_envelope, "ZMQ_REP ZMQ_DEALER")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *dealer = sock (ctx, ZMQ_DEALER);
    pair_up (rep, dealer, arg);
    send_parts (dealer, "A", "B", "", "question", NULL);
    recv_last (rep, "question");
    send_text (rep, "answer", 0);
    recv_parts (dealer, "A", "B", "", "answer", NULL);
}

CASE_TRANSPORTS (rep_skips_requests_without_a_delimiter, "ZMQ_REP ZMQ_DEALER")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *dealer = sock (ctx, ZMQ_DEALER);
    pair_up (rep, dealer, arg);
    send_text (dealer, "nodelim", 0);
    send_parts (dealer, "no", "delim", NULL);
    send_text (dealer, "", 0);
    send_parts (dealer, "", "good", NULL);
    recv_last (rep, "good");
    send_text (rep, "answer", 0);
    recv_parts (dealer, "", "answer", NULL);
    recv_nothing (dealer);
}

CASE (rep_replies_to_a_vanished_peer, "ZMQ_REP")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ), *other = sock (ctx, ZMQ_REQ);
    const char *endpoint = bind_any (rep, "inproc");
    connect_to (req, endpoint);
    send_text (req, "q", 0);
    recv_text (rep, "q");
    sock_close (req);
    get_int (rep, ZMQ_EVENTS);
    send_text (rep, "nobody listens", 0);
    connect_to (other, endpoint);
    send_text (other, "q2", 0);
    recv_text (rep, "q2");
    send_text (rep, "a2", 0);
    recv_text (other, "a2");
}

/* A request to whichever of the three it goes, and its reply; which it was. */
static int ask_one_of (void *req, void *reps[3])
{
    zmq_pollitem_t items[3] = {{reps[0], 0, ZMQ_POLLIN, 0}, {reps[1], 0, ZMQ_POLLIN, 0}, {reps[2], 0, ZMQ_POLLIN, 0}};
    int who = 0;
    send_text (req, "q", 0);
    expect_int (zmq_poll (items, 3, LONG_MS), 1);
    while (!items[who].revents)
        who++;
    recv_text (reps[who], "q");
    send_text (reps[who], "a", 0);
    recv_text (req, "a");
    return who;
}

CASE_TRANSPORTS (req_goes_round_the_reps, "ZMQ_REQ ZMQ_REP")
{
    void *ctx = ctx_new ();
    void *req = sock (ctx, ZMQ_REQ), *reps[3];
    const char *endpoint = bind_any (req, arg);
    int turns[3], seen = 0;
    for (int i = 0; i < 3; i++) {
        reps[i] = sock (ctx, ZMQ_REP);
        connect_to (reps[i], endpoint);
    }
    /* Until each was asked some are not there yet; from then on they have their turns. */
    eventually ((seen |= 1 << ask_one_of (req, reps)) == 7);
    for (int i = 0; i < 3; i++)
        turns[i] = ask_one_of (req, reps);
    expect_int (1 << turns[0] | 1 << turns[1] | 1 << turns[2], 7);
    for (int i = 0; i < 6; i++)
        expect_int (ask_one_of (req, reps), turns[i % 3]);
}

CASE (rep_is_fair, "ZMQ_REP")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *dealers[3];
    char text[3][8];
    const char *endpoint = bind_any (rep, "inproc");
    int seen[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        dealers[i] = sock (ctx, ZMQ_DEALER);
        snprintf (text[i], sizeof text[i], "%d", i);
        connect_to (dealers[i], endpoint);
        for (int n = 0; n < 4; n++)
            send_parts (dealers[i], "", text[i], NULL);
    }
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 3; i++) {
            char got;
            expect_int (recv_bytes (rep, &got, 1), 1);
            seen[got - '0']++;
            send_text (rep, "ok", 0);
        }
        for (int i = 0; i < 3; i++)
            expect_int (seen[i], round + 1);
    }
}

CASE (req_drops_what_came_unasked, "ZMQ_REQ ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *req = sock (ctx, ZMQ_REQ);
    expect_ok (zmq_setsockopt (req, ZMQ_ROUTING_ID, "R", 1));
    pair_up (router, req, "inproc");
    send_text (req, "1", 0);
    recv_parts (router, "R", "", "1", NULL);
    send_parts (router, "R", "", "a1", NULL);
    send_parts (router, "R", "", "stale", NULL);
    recv_last (req, "a1");
    send_text (req, "2", 0);
    recv_parts (router, "R", "", "2", NULL);
    send_parts (router, "R", "", "a2", NULL);
    recv_last (req, "a2");
}

CASE (req_skips_malformed_replies_on_inproc, "ZMQ_REQ ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *req = sock (ctx, ZMQ_REQ);
    expect_ok (zmq_setsockopt (req, ZMQ_ROUTING_ID, "R", 1));
    pair_up (router, req, "inproc");
    send_text (req, "q", 0);
    recv_parts (router, "R", "", "q", NULL);
    send_parts (router, "R", "no delimiter", NULL);
    send_parts (router, "R", "bad", "delimiter", NULL);
    send_parts (router, "R", "", "good", NULL);
    recv_last (req, "good");
}

CASE_TRANSPORTS (req_relaxed_may_ask_again, "ZMQ_REQ_RELAXED ZMQ_REQ_CORRELATE")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *req = sock (ctx, ZMQ_REQ);
    char id[2][64], request[2][8];
    set_int (req, ZMQ_REQ_RELAXED, 1);
    set_int (req, ZMQ_REQ_CORRELATE, 1);
    connect_to (req, bind_any (router, arg));
    expect_ok (zmq_setsockopt (req, ZMQ_ROUTING_ID, "R", 1));
    send_text (req, "1", 0);
    send_text (req, "2", 0);
    for (int i = 0; i < 2; i++) {
        int size = recv_bytes (router, id[i], sizeof id[i]);
        expect_int (recv_bytes (router, request[i], 8), 4);
        recv_more (router, "");
        recv_last (router, i ? "2" : "1");
        expect_int (zmq_send (router, id[i], (size_t) size, ZMQ_SNDMORE), size);
        expect_int (zmq_send (router, request[i], 4, ZMQ_SNDMORE), 4);
        send_parts (router, "", i ? "a2" : "a1", NULL);
    }
    uint32_t first, second;
    memcpy (&first, request[0], 4);
    memcpy (&second, request[1], 4);
    expect_true (second == first + 1);
    recv_last (req, "a2");
}

CASE (req_correlate_frames, "ZMQ_REQ_CORRELATE")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ);
    set_int (req, ZMQ_REQ_CORRELATE, 1);
    pair_up (rep, req, "tcp");
    for (int i = 0; i < 3; i++) {
        send_text (req, "q", 0);
        recv_last (rep, "q");
        send_text (rep, "a", 0);
        recv_last (req, "a");
    }
}

CASE (strict_req_stays_stuck_and_relaxed_helps, "ZMQ_REQ ZMQ_REQ_RELAXED EFSM")
{
    void *ctx = ctx_new ();
    void *rep = sock (ctx, ZMQ_REP), *req = sock (ctx, ZMQ_REQ);
    const char *endpoint = bind_any (rep, "tcp");
    char buffer[8];
    set_int (req, ZMQ_RECONNECT_IVL, 10);
    void *mon = monitor (ctx, req, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
    connect_to (req, endpoint);
    mon_expect (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_text (req, "lost", 0);
    recv_text (rep, "lost");
    void *closing = monitor (ctx, rep, ZMQ_EVENT_CLOSED);
    sock_close (rep);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    mon_wait (closing, ZMQ_EVENT_CLOSED);
    rep = sock (ctx, ZMQ_REP);
    expect_ok (zmq_bind (rep, endpoint));
    mon_expect (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    expect_errno (zmq_send (req, "again", 5, 0), EFSM);
    expect_errno (zmq_recv (req, buffer, 8, ZMQ_DONTWAIT), EAGAIN);
    set_int (req, ZMQ_REQ_RELAXED, 1);
    send_text (req, "again", 0);
    recv_text (rep, "again");
    send_text (rep, "yes", 0);
    recv_text (req, "yes");
}

CASE_TRANSPORTS (dealer_round_robin, "ZMQ_DEALER")
{
    void *ctx = ctx_new ();
    void *dealer = sock (ctx, ZMQ_DEALER), *peers[3];
    for (int i = 0; i < 3; i++) {
        peers[i] = sock (ctx, ZMQ_DEALER);
        connect_to (dealer, bind_any (peers[i], arg));
    }
    for (int i = 0; i < 9; i++)
        send_parts (dealer, "m", "n", NULL);
    for (int i = 0; i < 3; i++) {
        for (int n = 0; n < 3; n++)
            recv_parts (peers[i], "m", "n", NULL);
        recv_nothing (peers[i]);
    }
}

CASE (dealer_fair_queue, "ZMQ_DEALER")
{
    void *ctx = ctx_new ();
    void *dealer = sock (ctx, ZMQ_DEALER), *peers[3];
    const char *endpoint = bind_any (dealer, "inproc");
    int seen[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        char text[2] = {(char) ('0' + i), 0};
        peers[i] = sock (ctx, ZMQ_DEALER);
        connect_to (peers[i], endpoint);
        for (int n = 0; n < 5; n++)
            send_parts (peers[i], text, "end", NULL);
    }
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++) {
            char got;
            expect_int (recv_bytes (dealer, &got, 1), 1);
            recv_last (dealer, "end");
            seen[got - '0']++;
        }
        for (int i = 0; i < 3; i++)
            expect_int (seen[i], round + 1);
    }
}

CASE_TRANSPORTS (probe_router, "ZMQ_PROBE_ROUTER")
{
    static const int types[] = {ZMQ_DEALER, ZMQ_ROUTER};
    void *ctx = ctx_new ();
    for (int i = 0; i < 2; i++) {
        void *router = sock (ctx, ZMQ_ROUTER), *s = sock (ctx, types[i]);
        set_int (s, ZMQ_PROBE_ROUTER, 1);
        expect_ok (zmq_setsockopt (s, ZMQ_ROUTING_ID, "X", 1));
        connect_to (s, bind_any (router, arg));
        recv_parts (router, "X", "", NULL);
        recv_nothing (router);
    }
}
