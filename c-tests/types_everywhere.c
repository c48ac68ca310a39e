/* Every pair of socket types that may meet, over every transport, bound and connected either way: what goes through. */
#include "tools.h"

static const struct pair {
    const char *name;
    int a, b;
} pairs[] = {
  {"pair_pair", ZMQ_PAIR, ZMQ_PAIR},         {"req_rep", ZMQ_REQ, ZMQ_REP},
  {"req_router", ZMQ_REQ, ZMQ_ROUTER},       {"dealer_rep", ZMQ_DEALER, ZMQ_REP},
  {"dealer_dealer", ZMQ_DEALER, ZMQ_DEALER}, {"dealer_router", ZMQ_DEALER, ZMQ_ROUTER},
  {"router_router", ZMQ_ROUTER, ZMQ_ROUTER}, {"push_pull", ZMQ_PUSH, ZMQ_PULL},
  {"pub_sub", ZMQ_PUB, ZMQ_SUB},             {"pub_xsub", ZMQ_PUB, ZMQ_XSUB},
  {"xpub_sub", ZMQ_XPUB, ZMQ_SUB},           {"xpub_xsub", ZMQ_XPUB, ZMQ_XSUB},
};

static void to_router (void *router, const char *id)
{
    expect_ok (zmq_setsockopt (router, ZMQ_ROUTING_ID, id, strlen (id)));
}

/* `a` asks, `b` answers, if their types do. */
static void exchange (const struct pair *p, void *a, void *b, int turn)
{
    char text[16], reply[16];
    snprintf (text, sizeof text, "to %d", turn);
    snprintf (reply, sizeof reply, "from %d", turn);
    if (p->a == ZMQ_ROUTER)
        send_text (a, "B", ZMQ_SNDMORE);
    if (p->a == ZMQ_DEALER && p->b == ZMQ_REP)
        send_text (a, "", ZMQ_SNDMORE);
    send_parts (a, text, "and more", NULL);
    if (p->b == ZMQ_ROUTER)
        recv_more (b, "A");
    if (p->a == ZMQ_REQ && p->b == ZMQ_ROUTER)
        recv_more (b, "");
    recv_parts (b, text, "and more", NULL);
    if (p->b == ZMQ_PULL || p->b == ZMQ_SUB || p->b == ZMQ_XSUB)
        return;
    if (p->b == ZMQ_ROUTER)
        send_text (b, "A", ZMQ_SNDMORE);
    if (p->a == ZMQ_REQ && p->b == ZMQ_ROUTER)
        send_text (b, "", ZMQ_SNDMORE);
    send_parts (b, reply, "", NULL);
    if (p->a == ZMQ_ROUTER)
        recv_more (a, "B");
    if (p->a == ZMQ_DEALER && p->b == ZMQ_REP)
        recv_more (a, "");
    recv_parts (a, reply, "", NULL);
}

static void meet (const struct pair *p, const char *transport, int b_binds)
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, p->a), *b = sock (ctx, p->b);
    char byte;
    row ("%s, %s binds", transport, b_binds ? "the second" : "the first");
    if (p->a == ZMQ_REQ || p->a == ZMQ_DEALER || p->a == ZMQ_ROUTER)
        to_router (a, "A");
    if (p->b == ZMQ_DEALER || p->b == ZMQ_ROUTER)
        to_router (b, "B");
    if (p->b == ZMQ_SUB)
        subscribe (b, "");
    if (p->a == ZMQ_ROUTER)
        set_int (a, ZMQ_ROUTER_MANDATORY, 1);
    pair_up (b_binds ? b : a, b_binds ? a : b, transport);
    if (p->b == ZMQ_XSUB)
        expect_int (zmq_send (b, "\1", 1, 0), 1);
    if (p->a == ZMQ_XPUB) {
        eventually ((kick (b), get_int (a, ZMQ_EVENTS) & ZMQ_POLLIN));
        recv_last (a, "\1");
    } else if (p->a == ZMQ_PUB) {
        /* Nothing tells a PUB of its subscribers. */
        for (long limit = now_ms () + LONG_MS; now_ms () < limit;) {
            kick (b);
            send_text (a, "are you there", 0);
            if (poll_socket (b, ZMQ_POLLIN, 5))
                break;
        }
        send_text (a, "end", 0);
        do
            expect_int (recv_bytes (b, &byte, 1) >= 3, 1);
        while (byte != 'e');
    } else if (p->a == ZMQ_ROUTER)
        eventually ((kick (b), zmq_send (a, "B", 1, ZMQ_SNDMORE) == 1 && zmq_send (a, "", 0, 0) == 0));
    if (p->a == ZMQ_ROUTER) {
        recv_more (b, "A");
        recv_last (b, "");
    }
    for (int turn = 0; turn < 3; turn++)
        exchange (p, a, b, turn);
    sock_close (a);
    sock_close (b);
    ctx_term (ctx);
}

static void over (const void *arg, const char *transport)
{
    meet (arg, transport, 0);
    meet (arg, transport, 1);
}

static void over_inproc (const void *arg)
{
    over (arg, "inproc");
}

static void over_ipc (const void *arg)
{
    over (arg, "ipc");
}

static void over_tcp (const void *arg)
{
    over (arg, "tcp");
}

/* covers: ZMQ_PAIR ZMQ_REQ ZMQ_REP ZMQ_DEALER ZMQ_ROUTER ZMQ_PUSH ZMQ_PULL ZMQ_PUB ZMQ_SUB ZMQ_XPUB ZMQ_XSUB */
__attribute__ ((constructor)) static void register_pairs (void)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct pair *p = &pairs[i];
        case_add (p->name, "inproc", over_inproc, p);
        case_add (p->name, "ipc", over_ipc, p);
        case_add (p->name, "tcp", over_tcp, p);
    }
}

CASE_WIRE (stream_stream, "ZMQ_STREAM")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_STREAM), *b = sock (ctx, ZMQ_STREAM);
    char id[5], other[5], byte;
    pair_up (a, b, arg);
    expect_int (recv_bytes (a, id, 5), 5);
    recv_last (a, "");
    expect_int (recv_bytes (b, other, 5), 5);
    recv_last (b, "");
    expect_int (zmq_send (a, id, 5, ZMQ_SNDMORE), 5);
    send_text (a, "x", 0);
    expect_int (recv_bytes (b, other, 5), 5);
    expect_int (recv_bytes (b, &byte, 1), 1);
    expect_int (byte, 'x');
}
