/* Sizes that a caller or a peer chooses: what does not fit is refused, and nothing ends the process. */
#include "stress.h"

static const size_t absurd[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2, SIZE_MAX / 2 - 63, (size_t) 1 << 62, (size_t) 1 << 47};

static void messages (void)
{
    zmq_msg_t msg;
    for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
        expect_eq (zmq_msg_init_size (&msg, absurd[i]), -1);
        expect_eq (errno, ENOMEM);
        /* A failed message is no message. */
        expect_eq (zmq_msg_close (&msg), -1);
    }
}

struct bystander {
    void *ctx, *in, *out;
};

static void start (struct bystander *b, int in, int out)
{
    b->ctx = zmq_ctx_new ();
    b->in = zmq_socket (b->ctx, in);
    b->out = zmq_socket (b->ctx, out);
    set_int (b->in, ZMQ_LINGER, 0);
    set_int (b->out, ZMQ_LINGER, 0);
    set_int (b->in, ZMQ_RCVTIMEO, 10000);
    expect_ok (zmq_bind (b->in, unique ("tcp")));
    expect_ok (zmq_connect (b->out, endpoint_of (b->in)));
}

static void still_works (struct bystander *b)
{
    char byte;
    expect_eq (zmq_send (b->out, "x", 1, 0), 1);
    do
        expect (zmq_recv (b->in, &byte, 1, 0) >= 0);
    while (byte != 'x');
}

static void end (struct bystander *b)
{
    expect_ok (zmq_close (b->in));
    expect_ok (zmq_close (b->out));
    expect_ok (zmq_ctx_term (b->ctx));
}

static void announce (int fd, uint64_t size, int flags)
{
    unsigned char head[9] = {(unsigned char) (flags | 2)};
    for (int i = 0; i < 8; i++)
        head[1 + i] = (unsigned char) (size >> (56 - 8 * i));
    raw_write (fd, head, sizeof head);
}

/* Peers that announce what they will never send. */
static void frames (void)
{
    static const uint64_t sizes[] = {UINT64_MAX, (uint64_t) 1 << 63, ((uint64_t) 1 << 63) - 1, (uint64_t) 1 << 62, (uint64_t) 1 << 47,
                                     (uint64_t) 1 << 46, (uint64_t) 1 << 40, 1u << 30};
    struct bystander b;
    int fds[200], n = 0;
    start (&b, ZMQ_PULL, ZMQ_PUSH);
    still_works (&b);
    long before = rss_kb ();
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            int fd = fds[n++] = raw_connect (port_of (b.in));
            expect (raw_handshake (fd, "PUSH"));
            announce (fd, sizes[i], round % 2 ? 1 : round % 3 ? 0 : 4);
            raw_write (fd, "some bytes", 10);
        }
    still_works (&b);
    if (rss_kb () - before > 4000)
        fail (__FILE__, __LINE__, "%ld KiB for what was announced", rss_kb () - before);
    while (n > 0)
        close (fds[--n]);
    /* Announced during the handshake. */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int fd = raw_connect (port_of (b.in));
        raw_write (fd, "\377\0\0\0\0\0\0\0\1\177\3\0NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 64);
        announce (fd, sizes[i], 4);
        expect (raw_wait_close (fd, 10000));
        close (fd);
    }
    still_works (&b);
    end (&b);
}

/* ---- with little memory ---- */

enum { ROOM = 96 << 20, LARGE = 80 << 20 };

/* Leaves so many bytes of addresses; what libraries map for their threads is in place already. */
static void leave (size_t room)
{
    struct rlimit r;
    long pages;
    FILE *statm = fopen ("/proc/self/statm", "r");
    expect (statm);
    expect_eq (fscanf (statm, "%ld", &pages), 1);
    fclose (statm);
    expect_ok (getrlimit (RLIMIT_AS, &r));
    r.rlim_cur = room ? (rlim_t) pages * (rlim_t) sysconf (_SC_PAGESIZE) + room : r.rlim_max;
    expect_ok (setrlimit (RLIMIT_AS, &r));
}

static char *large;

static void clean (int rc, const char *what)
{
    if (rc < 0 && errno != ENOMEM && errno != EINVAL && errno != ENAMETOOLONG && errno != EAGAIN
        && errno != ENOCOMPATPROTO && errno != EPROTONOSUPPORT && errno != ENODEV && errno != ENOENT)
        fail (__FILE__, __LINE__, "%s: errno %d, %s", what, errno, zmq_strerror (errno));
}

static void options_limited (void *unused)
{
    (void) unused;
    static const int types[] = {ZMQ_SUB, ZMQ_XPUB, ZMQ_PUB, ZMQ_ROUTER, ZMQ_STREAM, ZMQ_DEALER};
    static const int ids[] = {ZMQ_SUBSCRIBE,      ZMQ_UNSUBSCRIBE,        ZMQ_ROUTING_ID,     ZMQ_XPUB_WELCOME_MSG, ZMQ_CONNECT_ROUTING_ID,
                              ZMQ_SOCKS_PROXY,    ZMQ_PLAIN_USERNAME,     ZMQ_PLAIN_PASSWORD, ZMQ_ZAP_DOMAIN,       ZMQ_BINDTODEVICE,
                              ZMQ_CURVE_PUBLICKEY, ZMQ_TCP_ACCEPT_FILTER, ZMQ_LAST_ENDPOINT,  ZMQ_LINGER};
    struct bystander b;
    start (&b, ZMQ_PULL, ZMQ_PUSH);
    still_works (&b);
    leave (ROOM);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
            for (size_t size = LARGE; size > 1000; size /= 3) {
                void *s = zmq_socket (b.ctx, types[t]);
                expect (s);
                memset (large, 'a' + (int) i, size);
                clean (zmq_setsockopt (s, ids[i], large, size), "zmq_setsockopt");
                if (size < LARGE / 20) {
                    clean (zmq_setsockopt (s, ids[i], large, size - 1), "zmq_setsockopt");
                    clean (zmq_bind (s, unique ("inproc")), "zmq_bind");
                }
                expect_ok (zmq_close (s));
            }
    still_works (&b);
    leave (0);
    still_works (&b);
    end (&b);
}

static void names_limited (void *unused)
{
    (void) unused;
    static const char *schemes[] = {"inproc://", "ipc://", "tcp://", "udp://", "", "tcp://127.0.0.1:", "ipc://@", "tcp://localhost;127.0.0.1:"};
    struct bystander b;
    start (&b, ZMQ_PULL, ZMQ_PUSH);
    still_works (&b);
    leave (ROOM);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        for (size_t size = LARGE; size > 1000; size /= 3) {
            void *s = zmq_socket (b.ctx, ZMQ_DEALER);
            expect (s);
            set_int (s, ZMQ_LINGER, 0);
            memset (large, '1', size);
            memcpy (large, schemes[i], strlen (schemes[i]));
            large[size - 1] = 0;
            clean (zmq_bind (s, large), "zmq_bind");
            clean (zmq_connect (s, large), "zmq_connect");
            zmq_unbind (s, large);
            zmq_disconnect (s, large);
            zmq_socket_monitor (s, large, ZMQ_EVENT_ALL);
            zmq_socket_monitor (s, NULL, 0);
            expect_ok (zmq_close (s));
        }
    still_works (&b);
    leave (0);
    still_works (&b);
    end (&b);
}

static void polls_limited (void *unused)
{
    (void) unused;
    struct bystander b;
    start (&b, ZMQ_PULL, ZMQ_PUSH);
    int count = LARGE / (int) sizeof (zmq_pollitem_t);
    zmq_pollitem_t *items = (zmq_pollitem_t *) (void *) large;
    leave (ROOM / 2);
    for (int kind = 0; kind < 2; kind++) {
        for (int i = 0; i < count; i++)
            items[i] = kind ? (zmq_pollitem_t){NULL, 1, ZMQ_POLLPRI, 0} : (zmq_pollitem_t){b.in, 0, ZMQ_POLLIN, 0};
        int rc = zmq_poll (items, count, 0);
        expect (rc >= 0 || errno == ENOMEM || errno == EINVAL);
    }
    leave (0);
    still_works (&b);
    end (&b);
}

/* What peers send: long topics, endless messages, many small parts, a large frame; each until memory is short. */
static void peers_limited (void *arg)
{
    int kind = *(int *) arg;
    struct bystander b;
    bool publisher = kind < 3;
    start (&b, publisher ? ZMQ_XPUB : ZMQ_PULL, publisher ? ZMQ_SUB : ZMQ_PUSH);
    set_int (b.in, ZMQ_RCVHWM, 0);
    char byte;
    if (publisher) {
        expect_ok (zmq_setsockopt (b.out, ZMQ_SUBSCRIBE, "x", 1));
        expect_eq (zmq_recv (b.in, &byte, 1, 0), 2);
    } else
        still_works (&b);
    int port = port_of (b.in);
    pid_t child = fork ();
    expect_ok (child);
    if (child == 0) {
        for (int round = 0; round < 6; round++) {
            int fd = raw_connect (port);
            bool up = raw_handshake (fd, publisher ? "SUB" : "PUSH");
            char *bytes = malloc (LARGE + 16);
            memset (bytes, 'q' + round, LARGE + 16);
            memcpy (bytes, "\11SUBSCRIBE", 10);
            switch (kind) {
                case 0: /* one topic */
                    up = up && raw_frame (fd, 4, bytes, LARGE);
                    break;
                case 1: /* one topic in the form of old peers */
                    bytes[0] = 1;
                    up = up && raw_frame (fd, 0, bytes, LARGE);
                    break;
                case 2: /* many topics */
                    for (int i = 0; up && i < 120; i++) {
                        char *at = bytes + 1000;
                        for (int k = 0; k < 1000; k++, at += 102) {
                            memcpy (at, "\4\144", 2);
                            memcpy (at + 2, bytes, 100);
                            memcpy (at + 12, &i, sizeof i);
                            memcpy (at + 16, &k, sizeof k);
                            memcpy (at + 20, &round, sizeof round);
                        }
                        up = raw_write (fd, bytes + 1000, 102000);
                    }
                    break;
                case 3: /* one frame */
                    up = up && raw_frame (fd, 0, bytes, LARGE);
                    break;
                case 4: /* a message that never ends, of empty parts */
                    for (int i = 0; i < LARGE; i += 2)
                        memcpy (bytes + i, "\1", 2);
                    up = up && raw_write (fd, bytes, LARGE);
                    break;
                case 5: /* the same, of parts that are not small */
                    for (int i = 0; up && i < LARGE; i += 5000)
                        up = raw_frame (fd, 1, bytes, 5000);
                    break;
            }
            free (bytes);
            if (up)
                raw_wait_close (fd, 300);
            close (fd);
        }
        _exit (0);
    }
    leave (ROOM);
    int status;
    while (waitpid (child, &status, WNOHANG) == 0) {
        zmq_pollitem_t item = {b.in, 0, ZMQ_POLLIN, 0};
        expect (zmq_poll (&item, 1, 20) >= 0 || errno == ENOMEM);
        while (zmq_recv (b.in, &byte, 1, ZMQ_DONTWAIT) >= 0)
            ;
    }
    expect_eq (status, 0);
    leave (0);
    if (publisher) {
        set_int (b.out, ZMQ_RCVTIMEO, 10000);
        expect_eq (zmq_send (b.in, "xyz", 3, 0), 3);
        expect_eq (zmq_recv (b.out, &byte, 1, 0), 3);
    } else
        still_works (&b);
    end (&b);
}

/* Messages of the caller until there is no room: the one that does not fit is refused, the others arrive. */
static void sends_limited (void *unused)
{
    (void) unused;
    struct bystander b;
    start (&b, ZMQ_PULL, ZMQ_PUSH);
    still_works (&b);
    void *in = zmq_socket (b.ctx, ZMQ_PULL), *out = zmq_socket (b.ctx, ZMQ_PUSH);
    set_int (in, ZMQ_RCVHWM, 0);
    set_int (out, ZMQ_SNDHWM, 0);
    expect_ok (zmq_bind (in, "inproc://sends"));
    expect_ok (zmq_connect (out, "inproc://sends"));
    leave (ROOM);
    int sent = 0;
    while (zmq_send (out, large, 1 << 20, 0) == 1 << 20)
        expect (++sent < 1000);
    expect_eq (errno, ENOMEM);
    expect (sent > 10);
    still_works (&b);
    for (int i = 0; i < sent; i++)
        expect_eq (zmq_recv (in, large, LARGE, ZMQ_DONTWAIT), 1 << 20);
    expect_eq (zmq_send (out, large, 1 << 20, 0), 1 << 20);
    leave (0);
    expect_ok (zmq_close (in));
    expect_ok (zmq_close (out));
    end (&b);
}

/* Messages of every size to a socket that is not read, without a limit, until there is no room: what was accepted arrives,
   the rest is refused, and nothing else suffers. */
static void growth_limited (void *arg)
{
    static const int pairs[][2] = {{ZMQ_PUSH, ZMQ_PULL}, {ZMQ_DEALER, ZMQ_ROUTER}, {ZMQ_ROUTER, ZMQ_DEALER}, {ZMQ_PUB, ZMQ_SUB},
                                   {ZMQ_PAIR, ZMQ_PAIR}};
    static const size_t sizes[] = {0, 40, 300, 5000, 200000};
    int kind = *(int *) arg;
    const int *pair = pairs[kind % 5];
    size_t size = sizes[kind / 5 % 5];
    int parts = kind / 25 ? 3 : 1;
    struct bystander b;
    start (&b, ZMQ_PULL, ZMQ_PUSH);
    still_works (&b);
    void *in = zmq_socket (b.ctx, pair[1]), *out = zmq_socket (b.ctx, pair[0]);
    set_int (in, ZMQ_RCVHWM, 0);
    set_int (out, ZMQ_SNDHWM, 0);
    if (pair[1] == ZMQ_SUB)
        expect_ok (zmq_setsockopt (in, ZMQ_SUBSCRIBE, "", 0));
    if (pair[0] == ZMQ_ROUTER) {
        set_int (out, ZMQ_ROUTER_MANDATORY, 1);
        expect_ok (zmq_setsockopt (in, ZMQ_ROUTING_ID, "peer", 4));
    }
    expect_ok (zmq_bind (out, "inproc://growth"));
    expect_ok (zmq_connect (in, "inproc://growth"));
    leave (40 << 20);
    long sent = 0;
    for (bool up = true; up;) {
        if (pair[0] == ZMQ_ROUTER)
            up = zmq_send (out, "peer", 4, ZMQ_SNDMORE) == 4;
        for (int i = 0; up && i < parts; i++)
            up = zmq_send (out, large, size, i < parts - 1 ? ZMQ_SNDMORE : 0) == (int) size;
        sent += up;
        expect (sent < 20000000);
    }
    expect_eq (errno, ENOMEM);
    expect (sent > 20);
    for (int i = 0; i < 100; i++)
        still_works (&b);
    /* A refused message leaves nothing: an unfinished one would stand before the next. */
    void *other = zmq_socket (b.ctx, ZMQ_DEALER);
    expect (other);
    expect_ok (zmq_bind (other, unique ("tcp")));
    expect_ok (zmq_close (other));
    if (pair[1] == ZMQ_ROUTER)
        parts++;
    for (long i = 0; i < sent; i++)
        for (int k = 0; k < parts; k++) {
            int more;
            size_t width = sizeof more;
            int got = zmq_recv (in, large, LARGE, ZMQ_DONTWAIT);
            if (pair[1] != ZMQ_ROUTER || k > 0)
                expect_eq (got, size);
            expect_ok (zmq_getsockopt (in, ZMQ_RCVMORE, &more, &width));
            expect_eq (more, k < parts - 1);
        }
    expect_eq (zmq_recv (in, large, LARGE, ZMQ_DONTWAIT), -1);
    expect_eq (errno, EAGAIN);
    leave (0);
    expect_ok (zmq_close (in));
    expect_ok (zmq_close (out));
    end (&b);
}

/* Everything from the first call on, with ever less room. */
static void life_limited (void *arg)
{
    int megabytes = *(int *) arg;
    leave ((size_t) megabytes << 20);
    void *ctx = zmq_ctx_new ();
    /* Enough for a small program is enough. */
    if (megabytes >= 100)
        expect (ctx);
    if (!ctx) {
        expect_eq (errno, ENOMEM);
        return;
    }
    void *s = zmq_socket (ctx, ZMQ_PULL), *t = zmq_socket (ctx, ZMQ_PUSH);
    char byte;
    if (s && t) {
        int rc;
        expect_clean ((rc = zmq_bind (s, unique ("tcp"))) != 0);
        if (rc == 0)
            expect_clean ((rc = zmq_connect (t, endpoint_of (s))) != 0);
        if (rc == 0) {
            set_int (s, ZMQ_RCVTIMEO, 10000);
            expect_eq (zmq_send (t, "x", 1, 0), 1);
            expect_eq (zmq_recv (s, &byte, 1, 0), 1);
        }
    }
    if (s)
        expect_ok (zmq_close (s));
    if (t)
        expect_ok (zmq_close (t));
    expect_ok (zmq_ctx_term (ctx));
}

static void limited (void (*fn) (void *), void *arg, const char *what)
{
    large = malloc (LARGE);
    memset (large, 'x', LARGE);
    in_child (fn, arg, what);
}

static void option_values (void)
{
    limited (options_limited, NULL, "options");
}

static void endpoint_names (void)
{
    limited (names_limited, NULL, "names");
}

static void poll_items (void)
{
    limited (polls_limited, NULL, "items");
}

static void sending (void)
{
    limited (sends_limited, NULL, "sending");
}

static void growth (void)
{
    for (int kind = 0; kind < 50; kind++) {
        char what[32];
        snprintf (what, sizeof what, "growth of kind %d", kind);
        limited (growth_limited, &kind, what);
        free (large);
    }
}

static void peers (int kind)
{
    char what[32];
    snprintf (what, sizeof what, "kind %d", kind);
    limited (peers_limited, &kind, what);
}

static void peer_topic (void)
{
    peers (0);
}
static void peer_old_topic (void)
{
    peers (1);
}
static void peer_topics (void)
{
    peers (2);
}
static void peer_frame (void)
{
    peers (3);
}
static void peer_empty_parts (void)
{
    peers (4);
}
static void peer_parts (void)
{
    peers (5);
}

static void whole_life (void)
{
    for (int megabytes = 200; megabytes > 8; megabytes -= megabytes > 40 ? 20 : 2)
        in_child (life_limited, &megabytes, "a life in little memory");
}

const struct stress_case cases[] = {{"messages", messages},
                                    {"frames", frames},
                                    {"option_values", option_values},
                                    {"endpoint_names", endpoint_names},
                                    {"poll_items", poll_items},
                                    {"sending", sending},
                                    {"growth", growth},
                                    {"peer_topic", peer_topic},
                                    {"peer_old_topic", peer_old_topic},
                                    {"peer_topics", peer_topics},
                                    {"peer_frame", peer_frame},
                                    {"peer_empty_parts", peer_empty_parts},
                                    {"peer_parts", peer_parts},
                                    {"whole_life", whole_life},
                                    {NULL, NULL}};
