/* inproc: names, connecting before binding, ids, life of the pipes. */
#include "tools.h"

#include <pthread.h>

CASE (name_in_use, "zmq_bind EADDRINUSE")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PULL);
    const char *endpoint = bind_any (a, "inproc");
    expect_errno (zmq_bind (a, endpoint), EADDRINUSE);
    expect_errno (zmq_bind (b, endpoint), EADDRINUSE);
}

CASE (long_names, "zmq_bind zmq_connect ZMQ_LAST_ENDPOINT EINVAL")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    char text[1101], back[1200];
    size_t size = 500;
    memset (text, 'n', sizeof text);
    memcpy (text, "inproc://", 9);
    text[1100] = 0;
    expect_ok (zmq_bind (a, text));
    connect_to (b, text);
    send_text (b, "x", 0);
    recv_text (a, "x");
    expect_errno (zmq_getsockopt (a, ZMQ_LAST_ENDPOINT, back, &size), EINVAL);
    size = sizeof back;
    expect_ok (zmq_getsockopt (a, ZMQ_LAST_ENDPOINT, back, &size));
    expect_int (size, 1101);
    expect_str (back, text);
}

CASE (odd_names, "zmq_bind zmq_connect")
{
    static const char *const names[] = {"inproc:// ", "inproc://a b", "inproc://*", "inproc://tcp://x:1", "inproc://\xc3\xa9"};
    void *ctx = ctx_new ();
    for (int i = 0; i < 5; i++) {
        void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
        row ("%s", names[i]);
        expect_ok (zmq_bind (a, names[i]));
        connect_to (b, names[i]);
        send_text (a, "x", 0);
        recv_text (b, "x");
    }
}

CASE (sends_are_visible_at_once, "zmq_send zmq_recv ZMQ_DONTWAIT")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    char byte;
    pair_up (a, b, "inproc");
    for (int i = 0; i < 1000; i++) {
        expect_int (zmq_send (a, "1", 1, ZMQ_DONTWAIT), 1);
        expect_int (zmq_recv (b, &byte, 1, ZMQ_DONTWAIT), 1);
        expect_int (zmq_send (b, "2", 1, ZMQ_DONTWAIT), 1);
        expect_int (zmq_recv (a, &byte, 1, ZMQ_DONTWAIT), 1);
    }
}

CASE (connect_before_bind, "zmq_connect zmq_bind")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = fresh_endpoint ("inproc");
    connect_to (push, endpoint);
    expect_str (last_endpoint (push), endpoint);
    send_text (push, "1", 0);
    send_parts (push, "2", "3", NULL);
    expect_ok (zmq_bind (pull, endpoint));
    recv_last (pull, "1");
    recv_parts (pull, "2", "3", NULL);
    send_text (push, "4", 0);
    recv_text (pull, "4");
}

CASE (several_connects_before_bind, "zmq_connect zmq_bind")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = fresh_endpoint ("inproc");
    for (int i = 0; i < 10; i++) {
        void *push = sock (ctx, ZMQ_PUSH);
        connect_to (push, endpoint);
        send_text (push, "hello", 0);
    }
    expect_ok (zmq_bind (pull, endpoint));
    for (int i = 0; i < 10; i++)
        recv_text (pull, "hello");
    recv_nothing (pull);
}

CASE (one_connecter_to_two_names_before_bind, "zmq_connect zmq_bind")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *one = sock (ctx, ZMQ_PULL), *two = sock (ctx, ZMQ_PULL);
    const char *first = fresh_endpoint ("inproc"), *second = fresh_endpoint ("inproc");
    connect_to (push, first);
    connect_to (push, second);
    send_text (push, "a", 0);
    send_text (push, "b", 0);
    expect_ok (zmq_bind (one, first));
    expect_ok (zmq_bind (two, second));
    recv_text (one, "a");
    recv_text (two, "b");
}

CASE (pub_connected_first_drops_until_the_subscription, "ZMQ_PUB ZMQ_SUB zmq_connect")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_PUB), *sub = sock (ctx, ZMQ_SUB);
    const char *endpoint = fresh_endpoint ("inproc");
    connect_to (pub, endpoint);
    send_text (pub, "lost", 0);
    subscribe (sub, "");
    expect_ok (zmq_bind (sub, endpoint));
    get_int (pub, ZMQ_EVENTS); /* takes the subscription in */
    send_text (pub, "kept", 0);
    recv_text (sub, "kept");
}

CASE (connect_to_self, "zmq_connect zmq_bind")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    connect_to (s, bind_any (s, "inproc"));
    send_text (s, "me", 0);
    recv_text (s, "me");
}

CASE (any_two_types_may_meet, "zmq_connect")
{
    void *ctx = ctx_new ();
    void *pair = sock (ctx, ZMQ_PAIR), *pull = sock (ctx, ZMQ_PULL);
    pair_up (pull, pair, "inproc");
    send_text (pair, "odd", 0);
    recv_text (pull, "odd");
}

CASE (routing_ids_are_exchanged_in_both_orders, "ZMQ_ROUTING_ID ZMQ_ROUTER")
{
    for (int bind_first = 0; bind_first < 2; bind_first++) {
        void *ctx = ctx_new ();
        void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
        const char *endpoint = fresh_endpoint ("inproc");
        expect_ok (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "D", 1));
        if (bind_first)
            expect_ok (zmq_bind (router, endpoint));
        connect_to (dealer, endpoint);
        if (!bind_first)
            expect_ok (zmq_bind (router, endpoint));
        send_text (dealer, "hi", 0);
        recv_parts (router, "D", "hi", NULL);
        send_parts (router, "D", "ho", NULL);
        recv_last (dealer, "ho");
    }
}

CASE (router_to_router_ids, "ZMQ_ROUTING_ID ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *x = sock (ctx, ZMQ_ROUTER), *y = sock (ctx, ZMQ_ROUTER);
    expect_ok (zmq_setsockopt (x, ZMQ_ROUTING_ID, "X", 1));
    expect_ok (zmq_setsockopt (y, ZMQ_ROUTING_ID, "Y", 1));
    set_int (x, ZMQ_ROUTER_MANDATORY, 1);
    set_int (y, ZMQ_ROUTER_MANDATORY, 1);
    pair_up (x, y, "inproc");
    send_parts (y, "X", "to x", NULL);
    recv_parts (x, "Y", "to x", NULL);
    send_parts (x, "Y", "to y", NULL);
    recv_parts (y, "X", "to y", NULL);
}

CASE (unbind_keeps_pipes_and_frees_the_name, "zmq_unbind zmq_bind")
{
    void *ctx = ctx_new ();
    void *old = sock (ctx, ZMQ_PULL), *fresh = sock (ctx, ZMQ_PULL), *a = sock (ctx, ZMQ_PUSH), *b = sock (ctx, ZMQ_PUSH);
    const char *endpoint = bind_any (old, "inproc");
    connect_to (a, endpoint);
    expect_ok (zmq_unbind (old, endpoint));
    expect_ok (zmq_bind (fresh, endpoint));
    connect_to (b, endpoint);
    send_text (a, "old", 0);
    send_text (b, "new", 0);
    recv_text (old, "old");
    recv_text (fresh, "new");
}

CASE (disconnect_lets_the_peer_read_on, "zmq_disconnect")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = bind_any (pull, "inproc");
    connect_to (push, endpoint);
    send_text (push, "1", 0);
    send_text (push, "2", 0);
    expect_ok (zmq_disconnect (push, endpoint));
    recv_text (pull, "1");
    recv_text (pull, "2");
    recv_nothing (pull);
    expect_errno (zmq_send (push, "3", 1, ZMQ_DONTWAIT), EAGAIN);
}

/* An inproc connection is its pipe: who was turned away, or left by the peer, has no endpoint to disconnect any more. */
CASE (endpoint_ends_with_its_pipe, "zmq_disconnect ENOENT")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR), *c = sock (ctx, ZMQ_PAIR);
    const char *endpoint = bind_any (a, "inproc");
    connect_to (b, endpoint);
    kick (a);
    connect_to (c, endpoint);
    kick (a);
    eventually ((kick (a), kick (c), zmq_disconnect (c, endpoint) == -1));
    expect_int (errno, ENOENT);
    sock_close (a);
    eventually ((kick (b), zmq_disconnect (b, endpoint) == -1));
    expect_int (errno, ENOENT);
}

CASE (disconnect_of_a_subscriber_unsubscribes, "zmq_disconnect ZMQ_XPUB ZMQ_SUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *sub = sock (ctx, ZMQ_SUB);
    const char *endpoint = bind_any (pub, "inproc");
    subscribe (sub, "foo");
    connect_to (sub, endpoint);
    recv_text (pub, "\1foo");
    for (int i = 0; i < 3; i++)
        send_parts (pub, "foo", "body", NULL);
    for (int i = 0; i < 3; i++)
        recv_parts (sub, "foo", "body", NULL);
    expect_ok (zmq_disconnect (sub, endpoint));
    /* It takes rounds of command processing on both sides. */
    eventually ((get_int (sub, ZMQ_EVENTS), get_int (pub, ZMQ_EVENTS) & ZMQ_POLLIN));
    char got[8];
    expect_int (zmq_recv (pub, got, sizeof got, 0), 4);
    expect_mem (got, "\0foo", 4);
    send_text (pub, "foo", 0);
    recv_nothing (sub);
}

CASE (messages_survive_the_senders_close, "zmq_close")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    pair_up (pull, push, "inproc");
    for (int i = 0; i < 10; i++)
        send_text (push, "x", 0);
    sock_close (push);
    for (int i = 0; i < 10; i++)
        recv_text (pull, "x");
    recv_nothing (pull);
}

CASE (connecter_closed_before_the_bind, "zmq_close zmq_bind")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH), *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = fresh_endpoint ("inproc");
    connect_to (push, endpoint);
    send_text (push, "testament", 0);
    sock_close (push);
    expect_ok (zmq_bind (pull, endpoint));
    recv_text (pull, "testament");
}

CASE (peer_closing_frees_a_pair, "ZMQ_PAIR zmq_close")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    const char *endpoint = bind_any (a, "inproc");
    connect_to (b, endpoint);
    send_text (b, "first", 0);
    recv_text (a, "first");
    sock_close (b);
    /* Until the old pipe is gone, which takes rounds of commands, a new peer is turned away. */
    for (int attempt = 0;; attempt++) {
        void *c = sock (ctx, ZMQ_PAIR);
        connect_to (c, endpoint);
        zmq_send (c, "second", 6, ZMQ_DONTWAIT);
        if (poll_socket (a, ZMQ_POLLIN, 20)) {
            recv_text (a, "second");
            send_text (a, "back", 0);
            recv_text (c, "back");
            return;
        }
        expect_true (attempt < 100);
        sock_close (c);
    }
}

CASE (conflate_of_the_connecter_decides, "ZMQ_CONFLATE")
{
    void *ctx = ctx_new ();
    for (int on_connecter = 0; on_connecter < 2; on_connecter++) {
        void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
        set_int (on_connecter ? push : pull, ZMQ_CONFLATE, 1);
        pair_up (pull, push, "inproc");
        send_text (push, "1", 0);
        send_text (push, "2", 0);
        send_text (push, "3", 0);
        if (!on_connecter) {
            recv_text (pull, "1");
            recv_text (pull, "2");
        }
        recv_text (pull, "3");
        recv_nothing (pull);
    }
}

/* ---- races ---- */

struct racer {
    void *ctx;
    const char *endpoint;
    int bind;
};

static void *race (void *arg)
{
    struct racer *r = arg;
    void *s = zmq_socket (r->ctx, r->bind ? ZMQ_PULL : ZMQ_PUSH);
    int timeout = LONG_MS;
    char buffer[8];
    intptr_t good = 0;
    zmq_setsockopt (s, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    if (r->bind)
        good = zmq_bind (s, r->endpoint) == 0 && zmq_recv (s, buffer, 8, 0) == 4;
    else
        good = zmq_connect (s, r->endpoint) == 0 && zmq_send (s, "race", 4, 0) == 4;
    zmq_close (s);
    return (void *) good;
}

CASE (fifty_simultaneous_binds_and_connects, "zmq_bind zmq_connect")
{
    enum { PAIRS = 50 };
    static struct racer racers[2 * PAIRS];
    static char names[PAIRS][64];
    pthread_t threads[2 * PAIRS];
    void *ctx = ctx_new ();
    for (int i = 0; i < 2 * PAIRS; i++) {
        snprintf (names[i / 2], 64, "inproc://race-%d", i / 2);
        racers[i] = (struct racer){ctx, names[i / 2], i % 2};
        expect_ok (pthread_create (&threads[i], NULL, race, &racers[i]));
    }
    for (int i = 0; i < 2 * PAIRS; i++) {
        void *good;
        expect_ok (pthread_join (threads[i], &good));
        expect_true (good != NULL);
    }
}

CASE (thirty_threads_connect_to_one_bound_socket, "zmq_connect")
{
    enum { CLIENTS = 30 };
    static struct racer racers[CLIENTS];
    pthread_t threads[CLIENTS];
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    const char *endpoint = bind_any (pull, "inproc");
    for (int i = 0; i < CLIENTS; i++) {
        racers[i] = (struct racer){ctx, endpoint, 0};
        expect_ok (pthread_create (&threads[i], NULL, race, &racers[i]));
    }
    for (int i = 0; i < CLIENTS; i++)
        recv_text (pull, "race");
    for (int i = 0; i < CLIENTS; i++)
        expect_ok (pthread_join (threads[i], NULL));
}

CASE (shutdown_with_pending_connects, "zmq_ctx_shutdown zmq_ctx_term")
{
    for (int round = 0; round < 20; round++) {
        void *ctx = ctx_new ();
        void *open[20];
        for (int i = 0; i < 20; i++) {
            open[i] = sock (ctx, ZMQ_PAIR);
            connect_to (open[i], "inproc://pending");
        }
        expect_ok (zmq_ctx_shutdown (ctx));
        for (int i = 0; i < 20; i++)
            sock_close (open[i]);
        ctx_term (ctx);
    }
}

CASE (term_with_pending_connects_and_a_full_table, "zmq_ctx_term ZMQ_MAX_SOCKETS")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 2));
    void *a = sock (ctx, ZMQ_PUSH), *b = sock (ctx, ZMQ_PUSH);
    connect_to (a, "inproc://pending");
    connect_to (b, "inproc://pending");
    sock_close (a);
    sock_close (b);
    ctx_term (ctx);
}

CASE (no_monitor_events, "zmq_socket_monitor")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    void *mon = monitor (ctx, a, ZMQ_EVENT_ALL);
    pair_up (a, b, "inproc");
    send_text (b, "x", 0);
    recv_text (a, "x");
    mon_nothing (mon);
}
