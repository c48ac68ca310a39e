/* Limits that are reached: high-water marks when the peer goes, descriptors, ids that peers choose. Nothing accepted is
 * lost, and things go on. */
#include "tools.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MANY = 2000 };

/* The receiver stands at its mark when the sender is gone already; what the sender handed over arrives all the same. */
static void sent_before_the_close (const char *transport, int from, int to, int by_linger)
{
    void *ctx = ctx_new (), *other = ctx_new ();
    void *receiver = sock (ctx, to), *sender = sock (other, from);
    char text[32];
    set_int (receiver, ZMQ_RCVHWM, 1);
    set_int (sender, ZMQ_SNDHWM, 0);
    set_int (sender, ZMQ_LINGER, by_linger ? LONG_MS : -1);
    if (to == ZMQ_SUB)
        subscribe (receiver, "");
    pair_up (receiver, sender, transport);
    if (from == ZMQ_XPUB) /* knows of the subscription */
        eventually ((kick (receiver), get_int (sender, ZMQ_EVENTS) & ZMQ_POLLIN));
    for (int i = 0; i < MANY; i++) {
        snprintf (text, sizeof text, "%d", i);
        send_text (sender, text, 0);
    }
    sock_close (sender);
    for (int i = 0; i < MANY; i++) {
        if (to == ZMQ_ROUTER)
            recv_bytes (receiver, text, sizeof text);
        snprintf (text, sizeof text, "%d", i);
        recv_last (receiver, text);
    }
    ctx_term (other); /* the sender has nothing left */
}

CASE_WIRE (sent_before_the_close_push, "zmq_close ZMQ_RCVHWM ZMQ_LINGER ZMQ_PUSH ZMQ_PULL")
{
    sent_before_the_close (arg, ZMQ_PUSH, ZMQ_PULL, 0);
    sent_before_the_close (arg, ZMQ_PUSH, ZMQ_PULL, 1);
}

CASE_WIRE (sent_before_the_close_pub, "zmq_close ZMQ_RCVHWM ZMQ_LINGER ZMQ_XPUB ZMQ_SUB")
{
    sent_before_the_close (arg, ZMQ_XPUB, ZMQ_SUB, 0);
}

CASE_WIRE (sent_before_the_close_dealer, "zmq_close ZMQ_RCVHWM ZMQ_LINGER ZMQ_DEALER ZMQ_ROUTER")
{
    sent_before_the_close (arg, ZMQ_DEALER, ZMQ_ROUTER, 0);
    sent_before_the_close (arg, ZMQ_DEALER, ZMQ_DEALER, 0);
}

CASE_WIRE (sent_before_the_close_pair, "zmq_close ZMQ_RCVHWM ZMQ_LINGER ZMQ_PAIR")
{
    sent_before_the_close (arg, ZMQ_PAIR, ZMQ_PAIR, 0);
}

/* The same from a peer that knows nothing of linger: its kernel has sent everything. */
CASE (sent_before_a_raw_peer_closed, "ZMQ_RCVHWM")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    char text[16];
    set_int (pull, ZMQ_RCVHWM, 1);
    int fd = raw_connect (bind_any (pull, "tcp"));
    raw_handshake (fd, "PUSH", 1);
    for (int i = 0; i < 500; i++) {
        snprintf (text, sizeof text, "%d", i);
        raw_message (fd, text, 0);
    }
    raw_close (fd);
    nap_ms (50); /* nothing tells when the end has been noticed; if it has not, that is no failure */
    for (int i = 0; i < 500; i++) {
        snprintf (text, sizeof text, "%d", i);
        recv_last (pull, text);
    }
    recv_nothing (pull);
}

/* All at once, and gone: what the library has to say meets a reset. */
CASE (sent_in_one_go_before_a_reset, "ZMQ_RCVHWM")
{
    for (int limit = 0; limit < 2; limit++)
        for (int i = 0; i < 20; i++) {
            void *ctx = ctx_new ();
            void *pull = sock (ctx, ZMQ_PULL);
            unsigned char bytes[64 + 28 + 50 * 5] = {0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 1, 'N', 'U', 'L', 'L'};
            set_int (pull, ZMQ_RCVHWM, limit);
            memcpy (bytes + 64, "\4\32\5READY\13Socket-Type\0\0\0\4PUSH", 28);
            for (int n = 0; n < 50; n++)
                memcpy (bytes + 64 + 28 + 5 * n, "\0\3abc", 5);
            int fd = raw_connect (bind_any (pull, "tcp"));
            raw_send (fd, bytes, sizeof bytes);
            raw_close (fd);
            for (int n = 0; n < 50; n++)
                recv_last (pull, "abc");
            sock_close (pull);
            ctx_term (ctx);
        }
}

/* And by a disconnect, which leaves the socket open. */
CASE_WIRE (sent_before_a_disconnect, "zmq_disconnect ZMQ_RCVHWM ZMQ_LINGER")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    char text[16];
    set_int (pull, ZMQ_RCVHWM, 1);
    set_int (push, ZMQ_SNDHWM, 0);
    set_int (push, ZMQ_LINGER, -1);
    const char *endpoint = bind_any (pull, arg);
    connect_to (push, endpoint);
    for (int i = 0; i < MANY; i++) {
        snprintf (text, sizeof text, "%d", i);
        send_text (push, text, 0);
    }
    expect_ok (zmq_disconnect (push, endpoint));
    for (int i = 0; i < MANY; i++) {
        snprintf (text, sizeof text, "%d", i);
        recv_last (pull, text);
    }
}

/* ---- descriptors ---- */

static void raw_reach (int fd, const char *endpoint)
{
    struct sockaddr_in tcp;
    struct sockaddr_un ipc;
    memset (&ipc, 0, sizeof ipc);
    ipc.sun_family = AF_UNIX;
    if (strncmp (endpoint, "tcp", 3) == 0) {
        tcp_address (endpoint, &tcp);
        expect_ok (connect (fd, (struct sockaddr *) &tcp, sizeof tcp));
    } else {
        snprintf (ipc.sun_path, sizeof ipc.sun_path, "%s", endpoint + 6);
        expect_ok (connect (fd, (struct sockaddr *) &ipc, sizeof ipc));
    }
}

/* Nobody can be accepted while no descriptor is left; whoever waits is, when some come free. */
CASE_WIRE (accepting_goes_on_when_descriptors_come_free, "ZMQ_EVENT_ACCEPT_FAILED ZMQ_EVENT_ACCEPTED EMFILE")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = bind_any (pull, arg);
    connect_to (push, endpoint);
    send_text (push, "one", 0);
    recv_last (pull, "one");
    void *mon = monitor (ctx, pull, ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_ACCEPTED);
    int fd = strcmp (arg, "tcp") == 0 ? socket (AF_INET, SOCK_STREAM, 0) : socket (AF_UNIX, SOCK_STREAM, 0);
    int placeholder = dup (0);
    no_descriptors ();
    raw_reach (fd, endpoint);
    struct event e = mon_expect (mon, ZMQ_EVENT_ACCEPT_FAILED);
    expect_int (e.value, EMFILE);
    expect_str (e.address, endpoint);
    send_text (push, "two", 0); /* what is connected goes on */
    recv_last (pull, "two");
    close (placeholder);
    mon_wait (mon, ZMQ_EVENT_ACCEPTED);
    raw_handshake (fd, "PUSH", 1);
    raw_message (fd, "three", 0);
    recv_last (pull, "three");
    raw_close (fd);
    descriptors_again ();
}

CASE_WIRE (connecting_goes_on_when_descriptors_come_free, "ZMQ_EVENT_CONNECT_RETRIED ZMQ_EVENT_CONNECTED zmq_connect EMFILE")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = bind_any (pull, arg);
    set_int (push, ZMQ_RECONNECT_IVL, 20);
    void *mon = monitor (ctx, push, ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_CONNECTED);
    no_descriptors ();
    connect_to (push, endpoint);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    descriptors_again ();
    mon_wait (mon, ZMQ_EVENT_CONNECTED);
    send_text (push, "x", 0);
    recv_last (pull, "x");
}

/* ---- ids that peers choose ---- */

static int raw_dealer (const char *endpoint, const char *id, size_t size)
{
    unsigned char greeting[64], data[1024] = "\13Socket-Type\0\0\0\6DEALER\10Identity\0\0";
    struct frame f;
    size_t at = 22 + 9;
    int fd = raw_connect (endpoint);
    raw_greeting (fd, 3, 1, "NULL", 0);
    raw_take_greeting (fd, greeting);
    data[at++] = 0;
    data[at++] = 0;
    data[at++] = (unsigned char) (size >> 8);
    data[at++] = (unsigned char) size;
    memcpy (data + at, id, size);
    raw_command (fd, "READY", data, at + size);
    expect_true (raw_frame (fd, &f, LONG_MS));
    return fd;
}

/* Whatever it announces, a peer is reached by the id under which its message came, and harms nobody else. */
CASE (ids_of_any_length_and_content, "ZMQ_ROUTER ZMQ_ROUTING_ID")
{
    static char ids[][400] = {"", "a", "\0", "\0\0\0\0", "\0aaaa", "\0\377\377\377\377", "\1bbbb"};
    static const size_t sizes[] = {0, 1, 1, 4, 5, 5, 5, 255, 256, 300, 399};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *honest = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (router, "tcp");
    static char seen[COUNT][400], longest[400];
    int fds[COUNT], lengths[COUNT];
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    memset (longest, 'x', sizeof longest);
    for (int i = 0; i < COUNT; i++) {
        row ("id %d of %zu bytes", i, sizes[i]);
        fds[i] = raw_dealer (endpoint, i < 7 ? ids[i] : longest, sizes[i]);
        raw_message (fds[i], "hello", 0);
        lengths[i] = recv_bytes (router, seen[i], sizeof seen[i]);
        recv_last (router, "hello");
        expect_true (lengths[i] >= 1);
        for (int j = 0; j < i; j++)
            expect_true (lengths[i] != lengths[j] || memcmp (seen[i], seen[j], (size_t) lengths[i]) != 0);
    }
    connect_to (honest, endpoint);
    send_text (honest, "hello", 0);
    char id[400];
    int size = recv_bytes (router, id, sizeof id);
    recv_last (router, "hello");
    for (int i = 0; i < COUNT; i++) {
        row ("answer %d", i);
        expect_int (zmq_send (router, seen[i], (size_t) lengths[i], ZMQ_SNDMORE), lengths[i]);
        send_text (router, "answer", 0);
        raw_expect (fds[i], "00 06 616e73776572");
        raw_close (fds[i]);
    }
    expect_int (zmq_send (router, id, (size_t) size, ZMQ_SNDMORE), size);
    send_text (router, "answer", 0);
    recv_last (honest, "answer");
}

/* A REP has a ROUTER inside. */
CASE (ids_that_guess_the_next_one, "ZMQ_REP ZMQ_ROUTER")
{
    static const int types[] = {ZMQ_ROUTER, ZMQ_REP};
    for (int t = 0; t < 2; t++) {
        void *ctx = ctx_new ();
        void *s = sock (ctx, types[t]);
        const char *endpoint = bind_any (s, "tcp");
        int fds[20];
        char id[16] = "";
        for (int i = 0; i < 20; i++) {
            if (i % 2 && types[t] == ZMQ_ROUTER) {
                /* The counter that was seen last, plus one. */
                for (int k = 4; k > 0 && ++id[k] == 0; k--)
                    ;
                fds[i] = raw_dealer (endpoint, id, 5);
            } else
                fds[i] = raw_dealer (endpoint, "", 0);
            raw_message (fds[i], "", 1);
            raw_message (fds[i], "hi", 0);
            if (types[t] == ZMQ_ROUTER) {
                recv_bytes (s, id, sizeof id);
                recv_more (s, "");
                recv_last (s, "hi");
            } else {
                recv_last (s, "hi");
                send_text (s, "ho", 0);
                raw_expect (fds[i], "01 00 00 02 686f");
            }
        }
        for (int i = 0; i < 20; i++)
            raw_close (fds[i]);
    }
}
