/* Peers that mean harm, or die: whatever they send or leave out, the others are served and nothing stays. */
#define _GNU_SOURCE
#include "stress.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

static const struct {
    int type;
    const char *name, *partner;
} kinds[] = {{ZMQ_PULL, "PULL", "PUSH"}, {ZMQ_SUB, "SUB", "PUB"},       {ZMQ_PUB, "PUB", "SUB"},       {ZMQ_XPUB, "XPUB", "SUB"},
             {ZMQ_XSUB, "XSUB", "PUB"},  {ZMQ_REP, "REP", "REQ"},       {ZMQ_REQ, "REQ", "REP"},       {ZMQ_ROUTER, "ROUTER", "DEALER"},
             {ZMQ_DEALER, "DEALER", "ROUTER"}, {ZMQ_PAIR, "PAIR", "PAIR"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const char greeting[64] = "\377\0\0\0\0\0\0\0\1\177\3\0NULL";

static void settle_fds (int fds)
{
    long limit = now_ms () + 20000;
    while (open_fds () > fds && now_ms () < limit)
        nap_ms (2);
    expect_eq (open_fds (), fds);
}

/* ---- every place where a handshake can stop, and a socket that closes meanwhile ---- */

static size_t script (const char *partner, char *into)
{
    size_t n = strlen (partner), at = 64;
    memcpy (into, greeting, 64);
    into[at++] = 4;
    into[at++] = (char) (6 + 1 + 11 + 4 + n);
    memcpy (into + at, "\5READY\13Socket-Type\0\0\0", 21);
    at += 21;
    into[at++] = (char) n;
    memcpy (into + at, partner, n);
    at += n;
    memcpy (into + at, "\1\4part\0\4rest", 12);
    return at + 12;
}

static void stopping_handshakes (void)
{
    uint64_t state = seed;
    void *ctx = zmq_ctx_new ();
    int fds = -1;
    for (int round = 0; round < 200 * scale; round++) {
        int kind = round % KINDS, clients[8];
        char bytes[256];
        size_t size = script (kinds[kind].partner, bytes);
        void *s = zmq_socket (ctx, kinds[kind].type);
        bool ipc = round % 3 == 0;
        if (round % 5 == 4) {
            int yes = 1;
            expect_ok (zmq_setsockopt (s, round % 2 ? ZMQ_PLAIN_SERVER : ZMQ_CURVE_SERVER, &yes, sizeof yes));
            if (round % 2 == 0)
                expect_ok (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6", 40));
        }
        set_int (s, ZMQ_LINGER, 0);
        expect_ok (zmq_bind (s, unique (ipc ? "ipc" : "tcp")));
        char where[256];
        strcpy (where, endpoint_of (s));
        for (int i = 0; i < 8; i++) {
            clients[i] = ipc ? raw_connect_ipc (where) : raw_connect (port_of (s));
            raw_write (clients[i], bytes, next_random (&state) % (size + 1));
        }
        if (next_random (&state) % 2)
            nap_ms ((long) (next_random (&state) % 3));
        if (next_random (&state) % 2)
            expect_ok (zmq_unbind (s, where));
        expect_ok (zmq_close (s));
        for (int i = 0; i < 8; i++) {
            raw_write (clients[i], bytes, size);
            expect (raw_wait_close (clients[i], 20000));
            close (clients[i]);
        }
        if (round == 20)
            fds = open_fds ();
    }
    settle_fds (fds);
    expect_ok (zmq_ctx_term (ctx));
}

/* ---- one byte at a time, while others want service ---- */

static void slow_peers (void)
{
    enum { SLOW = 200 };
    int fds[SLOW];
    char bytes[256], byte;
    size_t size = script ("REQ", bytes);
    void *ctx = zmq_ctx_new (), *rep = zmq_socket (ctx, ZMQ_REP), *req = zmq_socket (ctx, ZMQ_REQ);
    set_int (rep, ZMQ_HANDSHAKE_IVL, 2000);
    set_int (rep, ZMQ_LINGER, 0);
    set_int (req, ZMQ_LINGER, 0);
    set_int (req, ZMQ_RCVTIMEO, 10000);
    set_int (rep, ZMQ_RCVTIMEO, 10000);
    expect_ok (zmq_bind (rep, unique ("tcp")));
    expect_ok (zmq_connect (req, endpoint_of (rep)));
    expect_eq (zmq_send (req, "x", 1, 0), 1);
    expect_eq (zmq_recv (rep, &byte, 1, 0), 1);
    expect_eq (zmq_send (rep, "x", 1, 0), 1);
    expect_eq (zmq_recv (req, &byte, 1, 0), 1);
    int before = open_fds ();
    for (int i = 0; i < SLOW; i++)
        fds[i] = raw_connect (port_of (rep));
    for (size_t at = 0; at < size - 12; at++) {
        for (int i = 0; i < SLOW; i++)
            send (fds[i], bytes + at, 1, MSG_NOSIGNAL);
        expect_eq (zmq_send (req, "x", 1, 0), 1);
        expect_eq (zmq_recv (rep, &byte, 1, 0), 1);
        expect_eq (zmq_send (rep, "x", 1, 0), 1);
        expect_eq (zmq_recv (req, &byte, 1, 0), 1);
    }
    for (int i = 0; i < SLOW; i++)
        close (fds[i]);
    /* Those who never finish are sent away. */
    for (int i = 0; i < 20; i++) {
        fds[i] = raw_connect (port_of (rep));
        raw_write (fds[i], bytes, (size_t) i * 4);
    }
    for (int i = 0; i < 20; i++) {
        expect (raw_wait_close (fds[i], 20000));
        close (fds[i]);
    }
    settle_fds (before);
    expect_ok (zmq_close (req));
    expect_ok (zmq_close (rep));
    expect_ok (zmq_ctx_term (ctx));
}

/* ---- well-formed beginnings, then anything ---- */

static void junk (uint64_t *state, int fd)
{
    unsigned char bytes[600];
    for (uint64_t frames = next_random (state) % 20; frames > 0; frames--) {
        size_t size = next_random (state) % 3 ? next_random (state) % 20 : next_random (state) % sizeof bytes;
        for (size_t i = 0; i < size; i++)
            bytes[i] = (unsigned char) next_random (state);
        switch (next_random (state) % 8) {
            case 0: /* no frame at all */
                raw_write (fd, bytes, size);
                break;
            case 1: { /* commands by name */
                static const char *names[] = {"\4PING", "\4PONG", "\11SUBSCRIBE", "\6CANCEL", "\5READY", "\5ERROR", "\5HELLO", "\7MESSAGE"};
                const char *name = names[next_random (state) % 8];
                size_t n = strlen (name), rest = next_random (state) % 30;
                memmove (bytes + n, bytes, rest);
                memcpy (bytes, name, n);
                raw_frame (fd, 4, bytes, n + rest);
                break;
            }
            case 2: /* any flags */
                raw_frame (fd, (int) (next_random (state) & 0xff & ~2u), bytes, size > 255 ? 255 : size);
                break;
            case 3: /* subscriptions of old */
                bytes[0] &= 1;
                raw_frame (fd, 0, bytes, size);
                break;
            case 4: /* parts */
                raw_frame (fd, 1, bytes, size);
                break;
            default:
                raw_frame (fd, (int) (next_random (state) % 2), bytes, size);
        }
    }
}

static void garbage (void)
{
    uint64_t state = seed;
    void *ctx = zmq_ctx_new ();
    for (int kind = 0; kind < KINDS; kind++) {
        void *s = zmq_socket (ctx, kinds[kind].type);
        char bytes[64], where[256];
        set_int (s, ZMQ_LINGER, 0);
        set_int (s, ZMQ_SNDTIMEO, 0);
        if (kinds[kind].type == ZMQ_SUB)
            expect_ok (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "", 0));
        expect_ok (zmq_bind (s, unique ("tcp")));
        strcpy (where, endpoint_of (s));
        int fds = open_fds ();
        for (int round = 0; round < 60 * scale; round++) {
            int fd = raw_connect (port_of (s));
            if (raw_handshake (fd, kinds[kind].partner))
                junk (&state, fd);
            for (int i = 0; i < 10; i++) {
                zmq_recv (s, bytes, sizeof bytes, ZMQ_DONTWAIT);
                zmq_send (s, "something", 9, ZMQ_DONTWAIT | (i % 3 ? 0 : ZMQ_SNDMORE));
            }
            if (round % 2)
                shutdown (fd, SHUT_WR);
            close (fd);
        }
        /* A good peer finds it in order; a PAIR only once it has seen the last one go. */
        long limit = now_ms () + 20000;
        for (bool good = false; !good;) {
            int fd = raw_connect (port_of (s));
            good = raw_handshake (fd, kinds[kind].partner);
            close (fd);
            expect (now_ms () < limit);
        }
        limit = now_ms () + 20000;
        while (open_fds () > fds && now_ms () < limit) {
            /* Peers beyond the high-water mark go once what they sent was read. */
            zmq_recv (s, bytes, sizeof bytes, ZMQ_DONTWAIT);
            zmq_send (s, "something", 9, ZMQ_DONTWAIT);
        }
        expect_eq (open_fds (), fds);
        expect_ok (zmq_close (s));
    }
    expect_ok (zmq_ctx_term (ctx));
}

/* ---- peers that are killed in the middle of anything ---- */

static void work (const char *where, int kind)
{
    void *ctx = zmq_ctx_new ();
    void *s = zmq_socket (ctx, kind == 0 ? ZMQ_PUSH : kind == 1 ? ZMQ_DEALER : kind == 2 ? ZMQ_SUB : ZMQ_REQ);
    static char bytes[100000];
    uint64_t state = (uint64_t) getpid ();
    if (kind == 2)
        zmq_setsockopt (s, ZMQ_SUBSCRIBE, "", 0);
    zmq_connect (s, where);
    for (;;) {
        size_t size = next_random (&state) % (next_random (&state) % 4 ? 100 : sizeof bytes);
        if (kind != 2) {
            zmq_send (s, bytes, size / 2, kind == 3 ? 0 : ZMQ_SNDMORE);
            if (kind != 3)
                zmq_send (s, bytes, size, 0);
        }
        if (kind)
            zmq_recv (s, bytes, sizeof bytes, kind == 1 ? ZMQ_DONTWAIT : 0);
    }
}

static void killed_peers (void)
{
    uint64_t state = seed;
    static const int types[] = {ZMQ_PULL, ZMQ_ROUTER, ZMQ_PUB, ZMQ_REP};
    static char bytes[100000];
    int gate[2];
    for (int kind = 0; kind < 4; kind++)
        for (int ipc = 0; ipc < 2; ipc++) {
            /* Children come from a process that has no library threads. */
            expect_ok (pipe2 (gate, O_CLOEXEC));
            pid_t children[6];
            char where[256];
            void *ctx = zmq_ctx_new (), *s = zmq_socket (ctx, types[kind]);
            set_int (s, ZMQ_LINGER, 0);
            expect_ok (zmq_bind (s, unique (ipc ? "ipc" : "tcp")));
            strcpy (where, endpoint_of (s));
            int fds = open_fds ();
            for (int round = 0; round < 3 * scale; round++) {
                for (int i = 0; i < 6; i++) {
                    children[i] = fork ();
                    expect_ok (children[i]);
                    if (children[i] == 0) {
                        work (where, kind);
                        _exit (1);
                    }
                }
                long until = now_ms () + 30 + (long) (next_random (&state) % 60);
                for (int left = 6; left > 0;) {
                    int more = 0;
                    size_t width = sizeof more;
                    char id[256];
                    int n = -1, idn = 0;
                    if (kind == 2) {
                        zmq_send (s, bytes, next_random (&state) % 1000, 0);
                    } else {
                        zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
                        expect_ok (zmq_poll (&item, 1, 5));
                        if (kind == 1)
                            idn = zmq_recv (s, id, sizeof id, ZMQ_DONTWAIT);
                        n = zmq_recv (s, bytes, sizeof bytes, ZMQ_DONTWAIT);
                        while (n >= 0 && zmq_getsockopt (s, ZMQ_RCVMORE, &more, &width) == 0 && more)
                            n = zmq_recv (s, bytes, sizeof bytes, ZMQ_DONTWAIT);
                        if (n >= 0 && kind == 1) {
                            expect_eq (zmq_send (s, id, (size_t) idn, ZMQ_SNDMORE), idn);
                            expect_eq (zmq_send (s, bytes, (size_t) n, 0), n);
                        }
                        if (n >= 0 && kind == 3)
                            expect_eq (zmq_send (s, bytes, (size_t) n, 0), n);
                    }
                    if (now_ms () >= until) {
                        expect_ok (kill (children[--left], SIGKILL));
                        expect_eq (waitpid (children[left], NULL, 0), children[left]);
                        until = now_ms () + (long) (next_random (&state) % 10);
                    }
                }
            }
            /* What they left unread does not keep their connections for ever. */
            long limit = now_ms () + 20000;
            while (open_fds () > fds && now_ms () < limit)
                zmq_recv (s, bytes, sizeof bytes, ZMQ_DONTWAIT);
            expect_eq (open_fds (), fds);
            expect_ok (zmq_close (s));
            expect_ok (zmq_ctx_term (ctx));
            close (gate[0]);
            close (gate[1]);
        }
}

/* ---- monitors that nobody reads, and those that come and go ---- */

static void unread_monitors (void)
{
    void *ctx = zmq_ctx_new (), *s = zmq_socket (ctx, ZMQ_PULL), *push = zmq_socket (ctx, ZMQ_PUSH), *m = zmq_socket (ctx, ZMQ_PAIR);
    size_t used = 0;
    char byte;
    set_int (push, ZMQ_LINGER, 0);
    set_int (m, ZMQ_RCVHWM, 10);
    set_int (s, ZMQ_RCVTIMEO, 10000);
    expect_ok (zmq_bind (s, unique ("tcp")));
    expect_ok (zmq_socket_monitor (s, "inproc://unread", ZMQ_EVENT_ALL));
    expect_ok (zmq_connect (m, "inproc://unread"));
    expect_ok (zmq_connect (push, endpoint_of (s)));
    for (int round = 0; round < 4000 * scale; round++) {
        int fd = raw_connect (port_of (s));
        if (round % 3 == 0)
            expect (raw_handshake (fd, "PUSH"));
        close (fd);
        if (round % 100 == 0) {
            expect_eq (zmq_send (push, "x", 1, 0), 1);
            expect_eq (zmq_recv (s, &byte, 1, 0), 1);
        }
        if (round == 2500)
            used = allocated ();
    }
    if (used && allocated () > used + 300000)
        fail (__FILE__, __LINE__, "%zu bytes in use, %zu after 2500 clients", allocated (), used);
    /* With the reader gone, and with another in its place. */
    expect_ok (zmq_close (m));
    for (int round = 0; round < 100; round++)
        close (raw_connect (port_of (s)));
    expect_eq (zmq_send (push, "x", 1, 0), 1);
    expect_eq (zmq_recv (s, &byte, 1, 0), 1);
    expect_ok (zmq_close (push));
    expect_ok (zmq_close (s));
    expect_ok (zmq_ctx_term (ctx));
}

struct watched {
    void *ctx;
    int port, stop;
};

static void *visit (void *arg)
{
    struct watched *w = arg;
    while (!__atomic_load_n (&w->stop, __ATOMIC_SEQ_CST)) {
        int fd = raw_connect (w->port);
        raw_handshake (fd, "PUSH");
        close (fd);
    }
    return NULL;
}

static void changing_monitors (void)
{
    struct watched w = {zmq_ctx_new (), 0, 0};
    void *s = zmq_socket (w.ctx, ZMQ_PULL);
    pthread_t threads[2];
    expect_ok (zmq_bind (s, unique ("tcp")));
    w.port = port_of (s);
    for (int i = 0; i < 2; i++)
        expect_eq (pthread_create (&threads[i], NULL, visit, &w), 0);
    for (int round = 0; round < 1000 * scale; round++) {
        char name[128], bytes[300];
        strcpy (name, unique ("inproc"));
        expect_ok (zmq_socket_monitor (s, name, ZMQ_EVENT_ALL));
        void *m = zmq_socket (w.ctx, ZMQ_PAIR);
        set_int (m, ZMQ_LINGER, 0);
        set_int (m, ZMQ_RCVTIMEO, 1000);
        expect_ok (zmq_connect (m, name));
        for (int i = round % 3; i > 0; i--) {
            expect (zmq_recv (m, bytes, sizeof bytes, 0) == 6);
            expect (zmq_recv (m, bytes, sizeof bytes, 0) > 0);
        }
        if (round % 4 == 0)
            expect_ok (zmq_close (m));
        if (round % 2 == 0)
            expect_ok (zmq_socket_monitor (s, NULL, 0));
        if (round % 4)
            expect_ok (zmq_close (m));
    }
    __atomic_store_n (&w.stop, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 2; i++)
        pthread_join (threads[i], NULL);
    expect_ok (zmq_close (s));
    expect_ok (zmq_ctx_term (w.ctx));
}

const struct stress_case cases[] = {{"stopping_handshakes", stopping_handshakes},
                                    {"slow_peers", slow_peers},
                                    {"garbage", garbage},
                                    {"killed_peers", killed_peers},
                                    {"unread_monitors", unread_monitors},
                                    {"changing_monitors", changing_monitors},
                                    {NULL, NULL}};
