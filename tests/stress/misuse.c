/* Free functions that call the library, contexts that end under threads of every kind, messages that are none. */
#include "stress.h"

/* ---- free functions that call back ---- */

enum { SEND, EVENTS, CLOSE_OTHER, KINDS };

static struct {
    void *socket, *other;
    int kind, calls;
} back;

/* Runs wherever the content's last reference goes, which may be inside a call on the socket that it uses. */
static void call_back (void *data, void *hint)
{
    (void) data;
    (void) hint;
    int events;
    size_t size = sizeof events;
    __atomic_add_fetch (&back.calls, 1, __ATOMIC_SEQ_CST);
    switch (back.kind) {
        case SEND:
            expect (zmq_send (back.socket, "back", 4, ZMQ_DONTWAIT) == 4 || errno != 0);
            break;
        case EVENTS:
            expect (zmq_getsockopt (back.socket, ZMQ_EVENTS, &events, &size) == 0 || errno != 0);
            break;
        default:
            if (back.other)
                expect_ok (zmq_close (back.other));
            back.other = NULL;
    }
}

static void content (zmq_msg_t *msg)
{
    static char bytes[1000];
    expect_ok (zmq_msg_init_data (msg, bytes, sizeof bytes, call_back, NULL));
}

static void wait_calls (int calls)
{
    long limit = now_ms () + 10000;
    while (__atomic_load_n (&back.calls, __ATOMIC_SEQ_CST) < calls && now_ms () < limit)
        nap_ms (1);
    expect_eq (back.calls, calls);
}

/* Every place where a content may end: dropped by a publisher, replaced by a receive, left in a closed socket's pipe,
   written to a peer, refused and closed. */
static void free_functions (void)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (int place = 0; place < 6; place++) {
            void *ctx = zmq_ctx_new ();
            static const int types[6][2] = {{ZMQ_PUB, 0},         {ZMQ_PULL, ZMQ_PUSH},   {ZMQ_PUSH, ZMQ_PULL},
                                            {ZMQ_PUSH, ZMQ_PULL}, {ZMQ_ROUTER, ZMQ_DEALER}, {ZMQ_REP, ZMQ_REQ}};
            void *s = zmq_socket (ctx, types[place][0]), *peer = types[place][1] ? zmq_socket (ctx, types[place][1]) : NULL;
            zmq_msg_t msg;
            set_int (s, ZMQ_LINGER, 0);
            expect_ok (zmq_bind (s, unique (place == 3 ? "tcp" : "inproc")));
            if (peer) {
                set_int (peer, ZMQ_LINGER, 0);
                expect_ok (zmq_connect (peer, endpoint_of (s)));
            }
            back.socket = s;
            back.other = zmq_socket (ctx, ZMQ_PAIR);
            back.kind = kind;
            back.calls = 0;
            content (&msg);
            switch (place) {
                case 0: /* nobody subscribed */
                    expect_eq (zmq_msg_send (&msg, s, 0), 1000);
                    wait_calls (1);
                    break;
                case 1: /* the message that a receive overwrites */
                    expect_eq (zmq_send (peer, "x", 1, 0), 1);
                    expect_eq (zmq_msg_recv (&msg, s, 0), 1);
                    wait_calls (1);
                    expect_ok (zmq_msg_close (&msg));
                    break;
                case 2: /* left in the pipe */
                    expect_eq (zmq_msg_send (&msg, s, 0), 1000);
                    break;
                case 3: /* by whoever writes to the peer */
                    expect_eq (zmq_msg_send (&msg, s, 0), 1000);
                    expect_ok (zmq_msg_init (&msg));
                    expect_eq (zmq_msg_recv (&msg, peer, 0), 1000);
                    expect_ok (zmq_msg_close (&msg));
                    wait_calls (1);
                    break;
                case 4: /* to a peer that is not there */
                    expect_eq (zmq_send (s, "nobody", 6, ZMQ_SNDMORE), 6);
                    expect_eq (zmq_msg_send (&msg, s, 0), 1000);
                    wait_calls (1);
                    break;
                default: /* refused */
                    expect_eq (zmq_msg_send (&msg, s, 0), -1);
                    expect_ok (zmq_msg_close (&msg));
                    wait_calls (1);
            }
            if (peer)
                expect_ok (zmq_close (peer));
            expect_ok (zmq_close (s));
            /* What was in the pipe is gone with it, at the latest when the context is. */
            if (back.other && kind == CLOSE_OTHER)
                wait_calls (1);
            else if (back.other)
                expect_ok (zmq_close (back.other));
            expect_ok (zmq_ctx_term (ctx));
            expect_eq (back.calls, 1);
        }
}

/* ---- contexts that end under their users ---- */

struct user {
    void *ctx;
    int kind;
};

/* Uses one socket in one way until the context ends, and then closes it. */
static void *use (void *arg)
{
    struct user *u = arg;
    static const int types[] = {ZMQ_PULL, ZMQ_PUSH, ZMQ_REP, ZMQ_XPUB, ZMQ_DEALER, ZMQ_ROUTER, ZMQ_SUB, ZMQ_STREAM};
    void *s = zmq_socket (u->ctx, types[u->kind % 8]);
    if (!s) {
        expect (errno == ETERM || errno == EFAULT);
        return NULL;
    }
    char bytes[64], where[256];
    size_t size;
    zmq_pollitem_t items[2] = {{s, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLPRI, 0}};
    int rc = 0;
    while (rc >= 0) {
        switch (u->kind) {
            case 0:
            case 2:
            case 6:
                rc = zmq_recv (s, bytes, sizeof bytes, 0);
                break;
            case 1:
                rc = zmq_send (s, "x", 1, 0);
                break;
            case 3:
                rc = zmq_poll (items, 1, -1);
                break;
            case 4:
                rc = zmq_poll (items, 2, -1);
                break;
            case 5:
                rc = zmq_proxy (s, s, NULL);
                break;
            default:
                rc = zmq_bind (s, unique ("tcp"));
                size = sizeof where;
                if (rc == 0)
                    rc = zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, where, &size);
                if (rc == 0)
                    rc = zmq_connect (s, where);
                if (rc == 0)
                    rc = zmq_socket_monitor (s, unique ("inproc"), ZMQ_EVENT_ALL);
        }
    }
    expect_eq (errno, ETERM);
    expect_ok (zmq_close (s));
    return NULL;
}

static void *shut_down (void *ctx)
{
    expect (zmq_ctx_shutdown (ctx) == 0);
    return NULL;
}

static void endings (void)
{
    uint64_t state = seed;
    int fds = -1;
    for (int round = 0; round < 300 * scale; round++) {
        void *ctx = zmq_ctx_new ();
        pthread_t threads[8], others[2];
        struct user users[8];
        for (int i = 0; i < 8; i++) {
            users[i] = (struct user){ctx, i};
            expect_eq (pthread_create (&threads[i], NULL, use, &users[i]), 0);
        }
        if (round % 3)
            nap_ms ((long) (next_random (&state) % 4));
        for (int i = 0; i < 2; i++)
            expect_eq (pthread_create (&others[i], NULL, shut_down, ctx), 0);
        for (int i = 0; i < 2; i++)
            pthread_join (others[i], NULL);
        expect_ok (zmq_ctx_term (ctx));
        for (int i = 0; i < 8; i++)
            pthread_join (threads[i], NULL);
        if (round == 5)
            fds = open_fds ();
    }
    expect (open_fds () <= fds);
}

/* ---- messages that are none ---- */

static void garbage (void)
{
    uint64_t state = seed;
    void *ctx = zmq_ctx_new (), *s = zmq_socket (ctx, ZMQ_PAIR);
    for (int round = 0; round < 20000 * scale; round++) {
        union {
            zmq_msg_t msg;
            uint64_t words[8];
            unsigned char bytes[64];
        } one, two;
        for (int i = 0; i < 8; i++)
            one.words[i] = round % 4 == 0 ? 0 : round % 4 == 1 ? UINT64_MAX : next_random (&state);
        if (round % 4 == 3)
            /* A closed message with something changed, which makes it no message again. */
            expect_ok (zmq_msg_init (&one.msg)), expect_ok (zmq_msg_close (&one.msg)), one.bytes[next_random (&state) % 24] ^= 1;
        expect_ok (zmq_msg_init_size (&two.msg, 100));
        expect (zmq_msg_data (&one.msg) == NULL);
        expect_eq (zmq_msg_size (&one.msg), 0);
        expect_eq (zmq_msg_copy (&two.msg, &one.msg), -1);
        expect_eq (zmq_msg_move (&two.msg, &one.msg), -1);
        expect_eq (zmq_msg_copy (&one.msg, &two.msg), -1);
        expect_eq (zmq_msg_move (&one.msg, &two.msg), -1);
        expect_eq (zmq_msg_send (&one.msg, s, ZMQ_DONTWAIT), -1);
        expect_eq (zmq_msg_recv (&one.msg, s, ZMQ_DONTWAIT), -1);
        expect_eq (zmq_msg_close (&one.msg), -1);
        expect (zmq_msg_gets (&one.msg, "Socket-Type") == NULL);
        expect_eq (zmq_msg_copy (&two.msg, &two.msg), 0);
        expect_eq (zmq_msg_size (&two.msg), 100);
        expect_ok (zmq_msg_close (&two.msg));
    }
    expect_ok (zmq_close (s));
    expect_ok (zmq_ctx_term (ctx));
}

const struct stress_case cases[] = {{"free_functions", free_functions}, {"endings", endings}, {"garbage", garbage}, {NULL, NULL}};
