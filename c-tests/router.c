/* ROUTER: ids, mandatory, handover, ids chosen by the connecter. */
#include "tools.h"

CASE_TRANSPORTS (automatic_ids, "ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealers[4];
    const char *endpoint = bind_any (router, arg);
    unsigned char ids[4][8];
    for (int i = 0; i < 4; i++) {
        dealers[i] = sock (ctx, ZMQ_DEALER);
        connect_to (dealers[i], endpoint);
        send_text (dealers[i], "x", 0);
        expect_int (recv_bytes (router, ids[i], 8), 5);
        expect_int (ids[i][0], 0);
        expect_int (get_int (router, ZMQ_RCVMORE), 1);
        recv_last (router, "x");
        for (int j = 0; j < i; j++)
            expect_true (memcmp (ids[i], ids[j], 5) != 0);
    }
    for (int i = 3; i >= 0; i--) {
        char text[2] = {(char) ('0' + i), 0};
        expect_int (zmq_send (router, ids[i], 5, ZMQ_SNDMORE), 5);
        send_text (router, text, 0);
    }
    for (int i = 0; i < 4; i++) {
        char text[2] = {(char) ('0' + i), 0};
        recv_last (dealers[i], text);
    }
}

CASE_TRANSPORTS (explicit_ids, "ZMQ_ROUTER ZMQ_ROUTING_ID")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (router, arg);
    char longest[256];
    memset (longest, 'L', 255);
    longest[255] = 0;
    expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, longest, 255));
    connect_to (dealer, endpoint);
    send_text (dealer, "x", 0);
    recv_parts (router, longest, "x", NULL);
    send_parts (router, longest, "y", NULL);
    recv_last (dealer, "y");
}

CASE (unknown_ids_are_dropped, "ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "D", 1));
    pair_up (router, dealer, "inproc");
    send_parts (router, "nobody", "a", "b", NULL);
    send_parts (router, "D", "c", "d", NULL);
    recv_parts (dealer, "c", "d", NULL);
}

CASE (mandatory_reports_unknown_ids, "ZMQ_ROUTER_MANDATORY ZMQ_FAIL_UNROUTABLE ZMQ_ROUTER_BEHAVIOR EHOSTUNREACH")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    expect_int (ZMQ_FAIL_UNROUTABLE, ZMQ_ROUTER_MANDATORY);
    expect_int (ZMQ_ROUTER_BEHAVIOR, ZMQ_ROUTER_MANDATORY);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "D", 1));
    pair_up (router, dealer, "inproc");
    expect_errno (zmq_send (router, "nobody", 6, ZMQ_SNDMORE), EHOSTUNREACH);
    /* The next frame is an id again. */
    send_parts (router, "D", "x", NULL);
    recv_last (dealer, "x");
}

CASE (mandatory_after_the_peer_left, "ZMQ_ROUTER_MANDATORY EHOSTUNREACH")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "D", 1));
    pair_up (router, dealer, "tcp");
    send_text (dealer, "x", 0);
    recv_parts (router, "D", "x", NULL);
    void *mon = monitor (ctx, router, ZMQ_EVENT_DISCONNECTED);
    sock_close (dealer);
    mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    int rc;
    eventually ((rc = zmq_send (router, "D", 1, ZMQ_SNDMORE)) == -1 || zmq_send (router, "y", 1, 0) != 1);
    expect_int (rc, -1);
    expect_int (errno, EHOSTUNREACH);
}

CASE (single_frame_is_swallowed, "ZMQ_ROUTER ZMQ_ROUTER_MANDATORY")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "D", 1));
    pair_up (router, dealer, "inproc");
    expect_int (zmq_send (router, "D", 1, 0), 1);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    expect_int (zmq_send (router, "nobody", 6, 0), 6);
    send_parts (router, "D", "after", NULL);
    recv_last (dealer, "after");
}

CASE (full_pipe_without_mandatory_drops, "ZMQ_ROUTER ZMQ_SNDHWM")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    set_int (router, ZMQ_SNDHWM, 2);
    set_int (dealer, ZMQ_RCVHWM, 2);
    expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "D", 1));
    pair_up (router, dealer, "inproc");
    for (int i = 0; i < 10; i++) {
        expect_true (get_int (router, ZMQ_EVENTS) & ZMQ_POLLOUT);
        send_parts (router, "D", "x", NULL);
    }
    expect_int (drain (dealer), 4);
}

CASE (full_pipe_with_mandatory_fails, "ZMQ_ROUTER_MANDATORY ZMQ_SNDHWM ZMQ_SNDTIMEO EAGAIN ZMQ_POLLOUT")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    set_int (router, ZMQ_SNDHWM, 1);
    set_int (dealer, ZMQ_RCVHWM, 1);
    expect_int (get_int (router, ZMQ_EVENTS) & ZMQ_POLLOUT, 0);
    expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "D", 1));
    pair_up (router, dealer, "inproc");
    for (int i = 0; i < 2; i++) {
        expect_true (get_int (router, ZMQ_EVENTS) & ZMQ_POLLOUT);
        send_parts (router, "D", "x", NULL);
    }
    expect_int (get_int (router, ZMQ_EVENTS) & ZMQ_POLLOUT, 0);
    expect_errno (zmq_send (router, "D", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT), EAGAIN);
    set_int (router, ZMQ_SNDTIMEO, 100);
    long start = now_ms ();
    expect_errno (zmq_send (router, "D", 1, ZMQ_SNDMORE), EAGAIN);
    expect_true (now_ms () - start >= 95);
    recv_last (dealer, "x");
    recv_last (dealer, "x");
    send_parts (router, "D", "y", NULL);
    recv_last (dealer, "y");
}

CASE (mandatory_hwm_over_tcp_stays_bounded, "ZMQ_ROUTER_MANDATORY ZMQ_SNDHWM ZMQ_RCVHWM EAGAIN")
{
    static char big[65536];
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    set_int (router, ZMQ_SNDHWM, 1);
    set_int (router, ZMQ_SNDBUF, 65536);
    set_int (dealer, ZMQ_RCVHWM, 1);
    set_int (dealer, ZMQ_RCVBUF, 65536);
    expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "X", 1));
    pair_up (router, dealer, "tcp");
    send_text (dealer, "Hello", 0);
    recv_parts (router, "X", "Hello", NULL);
    int sent = 0;
    while (sent < 1000) {
        if (zmq_send (router, "X", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE) == -1)
            break;
        expect_int (zmq_send (router, big, sizeof big, ZMQ_DONTWAIT), sizeof big);
        sent++;
    }
    expect_int (errno, EAGAIN);
    /* How much the two kernel buffers take differs; that the total is bounded does not. */
    expect_true (sent > 0 && sent < 100);
}

CASE_WIRE (duplicate_id_without_handover_is_deaf, "ZMQ_ROUTER_HANDOVER")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *one = sock (ctx, ZMQ_DEALER), *two = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (router, arg);
    expect_ok (zmq_setsockopt (one, ZMQ_ROUTING_ID, "X", 1));
    expect_ok (zmq_setsockopt (two, ZMQ_ROUTING_ID, "X", 1));
    connect_to (one, endpoint);
    send_text (one, "one", 0);
    recv_parts (router, "X", "one", NULL);
    connect_to (two, endpoint);
    send_text (two, "two", 0);
    recv_nothing (router);
    send_parts (router, "X", "to one", NULL);
    recv_last (one, "to one");
    recv_nothing (two);
}

CASE_TRANSPORTS (duplicate_id_with_handover_takes_over, "ZMQ_ROUTER_HANDOVER")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *one = sock (ctx, ZMQ_DEALER), *two = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (router, arg);
    set_int (router, ZMQ_ROUTER_HANDOVER, 1);
    expect_ok (zmq_setsockopt (one, ZMQ_ROUTING_ID, "X", 1));
    expect_ok (zmq_setsockopt (two, ZMQ_ROUTING_ID, "X", 1));
    connect_to (one, endpoint);
    send_text (one, "one", 0);
    recv_parts (router, "X", "one", NULL);
    connect_to (two, endpoint);
    send_text (two, "two", 0);
    recv_parts (router, "X", "two", NULL);
    send_parts (router, "X", "to two", NULL);
    recv_last (two, "to two");
}

CASE_TRANSPORTS (connect_routing_id_names_the_peer, "ZMQ_CONNECT_ROUTING_ID ZMQ_CONNECT_RID")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (dealer, arg);
    expect_int (ZMQ_CONNECT_RID, ZMQ_CONNECT_ROUTING_ID);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    expect_ok (zmq_setsockopt (router, ZMQ_CONNECT_ROUTING_ID, "given", 5));
    connect_to (router, endpoint);
    /* Usable before any handshake. */
    send_parts (router, "given", "hello", NULL);
    recv_last (dealer, "hello");
    send_text (dealer, "back", 0);
    recv_parts (router, "given", "back", NULL);
}

CASE (connect_routing_id_is_used_once, "ZMQ_CONNECT_ROUTING_ID")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *one = sock (ctx, ZMQ_DEALER), *two = sock (ctx, ZMQ_DEALER);
    char id[16];
    expect_ok (zmq_setsockopt (router, ZMQ_CONNECT_ROUTING_ID, "given", 5));
    connect_to (router, bind_any (one, "tcp"));
    connect_to (router, bind_any (two, "tcp"));
    send_text (two, "x", 0);
    expect_int (recv_bytes (router, id, sizeof id), 5);
    expect_int (id[0], 0);
    recv_last (router, "x");
    send_text (one, "x", 0);
    recv_parts (router, "given", "x", NULL);
}

CASE (connect_routing_id_of_a_live_peer, "ZMQ_CONNECT_ROUTING_ID")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *one = sock (ctx, ZMQ_DEALER), *two = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (router, ZMQ_CONNECT_ROUTING_ID, "given", 5));
    connect_to (router, bind_any (one, "inproc"));
    expect_ok (zmq_setsockopt (router, ZMQ_CONNECT_ROUTING_ID, "given", 5));
    /* Refused, or taken like a duplicate id of a peer: in both cases the first one keeps its name. */
    zmq_connect (router, bind_any (two, "inproc"));
    send_parts (router, "given", "first", NULL);
    recv_last (one, "first");
}

CASE_TRANSPORTS (router_to_router_by_known_ids, "ZMQ_ROUTER ZMQ_ROUTING_ID")
{
    void *ctx = ctx_new ();
    void *x = sock (ctx, ZMQ_ROUTER), *y = sock (ctx, ZMQ_ROUTER);
    expect_ok (zmq_setsockopt (x, ZMQ_ROUTING_ID, "X", 1));
    expect_ok (zmq_setsockopt (y, ZMQ_ROUTING_ID, "Y", 1));
    set_int (y, ZMQ_ROUTER_MANDATORY, 1);
    pair_up (x, y, arg);
    int rc;
    eventually ((rc = zmq_send (y, "X", 1, ZMQ_SNDMORE)) == 1);
    send_text (y, "hello", 0);
    recv_parts (x, "Y", "hello", NULL);
    send_parts (x, "Y", "hi", NULL);
    recv_parts (y, "X", "hi", NULL);
}

/* Whether the router, which is mandatory, knows of no peer with the id any more. */
static int is_free (void *router, const char *id)
{
    if (zmq_send (router, id, strlen (id), ZMQ_SNDMORE | ZMQ_DONTWAIT) == -1)
        return errno == EHOSTUNREACH;
    send_text (router, "is it gone?", 0);
    return 0;
}

CASE (reply_to_a_reconnected_peer_with_the_same_id, "ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER);
    const char *endpoint = bind_any (router, "tcp");
    void *mon = monitor (ctx, router, ZMQ_EVENT_DISCONNECTED);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    for (int i = 0; i < 5; i++) {
        void *dealer = sock (ctx, ZMQ_DEALER);
        expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "same", 4));
        connect_to (dealer, endpoint);
        send_text (dealer, "x", 0);
        recv_parts (router, "same", "x", NULL);
        send_parts (router, "same", "y", NULL);
        recv_last (dealer, "y");
        sock_close (dealer);
        mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
        eventually (is_free (router, "same"));
    }
}

CASE (interleaved_multiparts_stay_whole, "ZMQ_ROUTER ZMQ_SNDMORE")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (router, "inproc");
    expect_ok (zmq_setsockopt (a, ZMQ_ROUTING_ID, "A", 1));
    expect_ok (zmq_setsockopt (b, ZMQ_ROUTING_ID, "B", 1));
    connect_to (a, endpoint);
    connect_to (b, endpoint);
    send_text (a, "a1", ZMQ_SNDMORE);
    send_text (b, "b1", ZMQ_SNDMORE);
    send_text (b, "b2", 0);
    send_text (a, "a2", 0);
    for (int i = 0; i < 2; i++) {
        char id[2] = "";
        expect_int (recv_bytes (router, id, 1), 1);
        recv_more (router, id[0] == 'A' ? "a1" : "b1");
        recv_last (router, id[0] == 'A' ? "a2" : "b2");
    }
    recv_nothing (router);
}
