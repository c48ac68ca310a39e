/* Peers and handlers that do nothing, endpoints that lead nowhere: closing and ending take the time that LINGER gives. */
#include "stress.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>

static void *plain_socket (void *ctx, int type)
{
    void *s = zmq_socket (ctx, type);
    expect (s);
    set_int (s, ZMQ_RCVTIMEO, 10000);
    set_int (s, ZMQ_SNDTIMEO, 0);
    return s;
}

static void end_within (void *ctx, long least, long most)
{
    long start = now_ms ();
    expect_ok (zmq_ctx_term (ctx));
    long took = now_ms () - start;
    if (took < least || took > most)
        fail (__FILE__, __LINE__, "zmq_ctx_term took %ld ms, not %ld to %ld", took, least, most);
}

/* A peer that shakes hands and then reads nothing, so that the kernel's buffers fill up. */
static void readers_that_do_not_read (void)
{
    static const int types[][2] = {{ZMQ_PUSH, 0}, {ZMQ_DEALER, 0}, {ZMQ_PUB, 1}, {ZMQ_PAIR, 0}};
    static const char *partners[] = {"PULL", "DEALER", "SUB", "PAIR"};
    static char bytes[50000];
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (int linger = 0; linger <= 300; linger += 300) {
            void *ctx = zmq_ctx_new (), *s = plain_socket (ctx, types[t][0]);
            set_int (s, ZMQ_LINGER, linger);
            expect_ok (zmq_bind (s, unique ("tcp")));
            int fd = raw_connect (port_of (s));
            expect (raw_handshake (fd, partners[t]));
            if (types[t][1])
                raw_frame (fd, 0, "\1", 1);
            nap_ms (20);
            for (int i = 0; i < 900; i++)
                zmq_send (s, bytes, sizeof bytes, i % 3 < 2 ? ZMQ_SNDMORE : 0);
            expect_ok (zmq_close (s));
            end_within (ctx, linger > 0 ? linger - 20 : 0, linger + 5000);
            close (fd);
        }
}

/* An authentication handler that never answers, or goes away with the question. */
static void handlers_that_do_not_answer (void)
{
    for (int round = 0; round < 30 * scale; round++) {
        void *ctx = zmq_ctx_new (), *zap = plain_socket (ctx, round % 2 ? ZMQ_REP : ZMQ_ROUTER);
        void *server = plain_socket (ctx, ZMQ_PULL), *client = plain_socket (ctx, ZMQ_PUSH);
        char bytes[256];
        int yes = 1;
        set_int (zap, ZMQ_LINGER, 0);
        set_int (server, ZMQ_LINGER, 0);
        set_int (client, ZMQ_LINGER, 0);
        expect_ok (zmq_bind (zap, "inproc://zeromq.zap.01"));
        expect_ok (zmq_setsockopt (server, ZMQ_PLAIN_SERVER, &yes, sizeof yes));
        expect_ok (zmq_setsockopt (server, ZMQ_ZAP_DOMAIN, "x", 1));
        expect_ok (zmq_setsockopt (client, ZMQ_PLAIN_USERNAME, "me", 2));
        expect_ok (zmq_setsockopt (client, ZMQ_PLAIN_PASSWORD, "me", 2));
        expect_ok (zmq_bind (server, unique (round % 3 ? "tcp" : "ipc")));
        expect_ok (zmq_connect (client, endpoint_of (server)));
        expect (zmq_recv (zap, bytes, sizeof bytes, 0) >= 0);
        switch (round % 4) {
            case 0:
                break;
            case 1:
                expect_ok (zmq_close (zap));
                zap = NULL;
                break;
            case 2:
                expect_ok (zmq_close (server));
                server = NULL;
                break;
            default:
                /* Half an answer. */
                zmq_send (zap, "1.0", 3, ZMQ_SNDMORE);
        }
        if (server)
            expect_ok (zmq_close (server));
        expect_ok (zmq_close (client));
        if (zap)
            expect_ok (zmq_close (zap));
        end_within (ctx, 0, 5000);
    }
}

struct doors {
    int port, stop;
};

/* Listeners that hang up at once, at several stages. */
static void *slam (void *arg)
{
    struct doors *d = arg;
    int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {inet_addr (loopback ())}};
    socklen_t size = sizeof at;
    expect_ok (bind (listener, (struct sockaddr *) &at, size));
    expect_ok (listen (listener, 100));
    expect_ok (getsockname (listener, (struct sockaddr *) &at, &size));
    __atomic_store_n (&d->port, ntohs (at.sin_port), __ATOMIC_SEQ_CST);
    for (int i = 0; !__atomic_load_n (&d->stop, __ATOMIC_SEQ_CST); i++) {
        struct pollfd item = {listener, POLLIN, 0};
        if (poll (&item, 1, 20) <= 0)
            continue;
        int fd = accept (listener, NULL, NULL);
        if (fd < 0)
            continue;
        if (i % 3 == 1)
            raw_write (fd, "\377\0\0\0\0\0\0\0\1\177", 10);
        if (i % 3 == 2)
            raw_handshake (fd, "PULL");
        close (fd);
    }
    close (listener);
    return NULL;
}

/* Reconnecting as fast as it goes: sends, closes and the end come through. */
static void slammed_doors (void)
{
    struct doors d = {0, 0};
    pthread_t thread;
    expect_eq (pthread_create (&thread, NULL, slam, &d), 0);
    while (!__atomic_load_n (&d.port, __ATOMIC_SEQ_CST))
        nap_ms (1);
    char where[64];
    snprintf (where, sizeof where, "tcp://%s:%d", loopback (), d.port);
    int fds = open_fds ();
    for (int round = 0; round < 10 * scale; round++) {
        void *ctx = zmq_ctx_new (), *sockets[20];
        for (int i = 0; i < 20; i++) {
            sockets[i] = plain_socket (ctx, ZMQ_PUSH);
            set_int (sockets[i], ZMQ_RECONNECT_IVL, 1);
            set_int (sockets[i], ZMQ_LINGER, i % 2 ? 50 : 0);
            expect_ok (zmq_connect (sockets[i], where));
        }
        for (int k = 0; k < 200; k++)
            zmq_send (sockets[k % 20], "something", 9, ZMQ_DONTWAIT);
        nap_ms (20);
        for (int i = 0; i < 20; i++) {
            if (i % 3 == 0)
                expect_ok (zmq_disconnect (sockets[i], where));
            expect_ok (zmq_close (sockets[i]));
        }
        end_within (ctx, 0, 5000);
    }
    __atomic_store_n (&d.stop, 1, __ATOMIC_SEQ_CST);
    pthread_join (thread, NULL);
    expect (open_fds () <= fds);
}

/* Everything that a program does, on a stack of the least size that threads have here. */
static void *live_small (void *arg)
{
    static const char *transports[] = {"inproc", "ipc", "tcp"};
    char public[41], secret[41], byte;
    int yes = 1;
    (void) arg;
    expect_ok (zmq_curve_keypair (public, secret));
    for (int t = 0; t < 3; t++)
        for (int curve = 0; curve < 2; curve++) {
            void *ctx = zmq_ctx_new (), *a = plain_socket (ctx, ZMQ_PUB), *b = plain_socket (ctx, ZMQ_SUB);
            set_int (a, ZMQ_LINGER, 0);
            if (curve) {
                expect_ok (zmq_setsockopt (a, ZMQ_CURVE_SERVER, &yes, sizeof yes));
                expect_ok (zmq_setsockopt (a, ZMQ_CURVE_SECRETKEY, secret, 40));
                expect_ok (zmq_setsockopt (b, ZMQ_CURVE_SERVERKEY, public, 40));
                expect_ok (zmq_setsockopt (b, ZMQ_CURVE_PUBLICKEY, public, 40));
                expect_ok (zmq_setsockopt (b, ZMQ_CURVE_SECRETKEY, secret, 40));
            }
            expect_ok (zmq_setsockopt (b, ZMQ_SUBSCRIBE, "topic", 5));
            expect_ok (zmq_bind (a, unique (transports[t])));
            expect_ok (zmq_socket_monitor (a, unique ("inproc"), ZMQ_EVENT_ALL));
            expect_ok (zmq_connect (b, endpoint_of (a)));
            zmq_pollitem_t item = {b, 0, ZMQ_POLLIN, 0};
            for (long limit = now_ms () + 10000; item.revents == 0;) {
                expect (now_ms () < limit);
                expect_eq (zmq_send (a, "topic and more", 14, 0), 14);
                expect_ok (zmq_poll (&item, 1, 2));
            }
            expect_eq (zmq_recv (b, &byte, 1, 0), 14);
            expect_ok (zmq_close (a));
            expect_ok (zmq_close (b));
            expect_ok (zmq_ctx_term (ctx));
        }
    return NULL;
}

static void small_stacks (void)
{
    pthread_attr_t attr;
    pthread_t thread;
    long least = sysconf (_SC_THREAD_STACK_MIN);
    expect_eq (pthread_attr_init (&attr), 0);
    expect_eq (pthread_attr_setstacksize (&attr, (size_t) (least > 0 ? least : 16384) + 32768), 0);
    expect_eq (pthread_create (&thread, &attr, live_small, NULL), 0);
    pthread_join (thread, NULL);
    pthread_attr_destroy (&attr);
}

/* A topic of many megabytes, and a tree as deep as that: neither subscribing nor dropping it climbs down a stack. */
static void deep_topics (void)
{
    enum { DEEP = 8 << 20 };
    char *topic = malloc (DEEP);
    void *ctx = zmq_ctx_new (), *pub = plain_socket (ctx, ZMQ_XPUB), *sub = plain_socket (ctx, ZMQ_SUB);
    memset (topic, 't', DEEP);
    set_int (pub, ZMQ_LINGER, 0);
    expect_ok (zmq_bind (pub, unique ("tcp")));
    expect_ok (zmq_connect (sub, endpoint_of (pub)));
    /* Every thousandth prefix is a topic of its own. */
    for (size_t size = 1; size <= DEEP; size += size < 100000 ? 1000 : 1 << 20)
        expect_ok (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, topic, size));
    char *got = malloc (DEEP + 1);
    for (size_t size = 1; size <= DEEP; size += size < 100000 ? 1000 : 1 << 20)
        expect_eq (zmq_recv (pub, got, DEEP + 1, 0), size + 1);
    expect_eq (zmq_send (pub, topic, DEEP, 0), DEEP);
    expect_eq (zmq_recv (sub, got, DEEP, 0), DEEP);
    expect_ok (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, topic, 1));
    expect_eq (zmq_recv (pub, got, DEEP + 1, 0), 2);
    expect_ok (zmq_close (sub));
    expect_ok (zmq_close (pub));
    expect_ok (zmq_ctx_term (ctx));
    free (topic);
    free (got);
}

/* Signals are the application's: none is delivered to a thread of the library. */
static void signal_masks (void)
{
    void *ctx = zmq_ctx_new (), *s = plain_socket (ctx, ZMQ_PULL);
    expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 3));
    expect_ok (zmq_bind (s, unique ("tcp")));
    DIR *dir = opendir ("/proc/self/task");
    int others = 0;
    expect (dir);
    for (struct dirent *e; (e = readdir (dir));) {
        char path[PATH_MAX], line[200];
        unsigned long long blocked = 0;
        if (e->d_name[0] == '.' || atoi (e->d_name) == getpid ())
            continue;
        snprintf (path, sizeof path, "/proc/self/task/%.20s/status", e->d_name);
        FILE *status = fopen (path, "r");
        expect (status);
        while (fgets (line, sizeof line, status))
            if (sscanf (line, "SigBlk: %llx", &blocked) == 1)
                break;
        fclose (status);
        for (int n = 1; n < 32; n++)
            if (n != SIGKILL && n != SIGSTOP && n != SIGSEGV && n != SIGBUS && n != SIGFPE && n != SIGILL && n != SIGABRT
                && n != SIGTRAP && n != SIGSYS && !(blocked >> (n - 1) & 1))
                fail (__FILE__, __LINE__, "signal %d may reach a thread of the library", n);
        others++;
    }
    closedir (dir);
    expect (others > 0);
    expect_ok (zmq_close (s));
    expect_ok (zmq_ctx_term (ctx));
}

const struct stress_case cases[] = {{"readers_that_do_not_read", readers_that_do_not_read},
                                    {"handlers_that_do_not_answer", handlers_that_do_not_answer},
                                    {"slammed_doors", slammed_doors},
                                    {"small_stacks", small_stacks},
                                    {"deep_topics", deep_topics},
                                    {"signal_masks", signal_masks},
                                    {NULL, NULL}};
