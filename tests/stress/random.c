/* Random calls from several threads within the rules: each socket is one thread's at a time. The decisions follow from the
   seed; a watchdog ends a run in which a thread makes no progress. Some sockets speak PLAIN or CURVE, with a handler of
   authentication that says yes most of the time. */
#include "stress.h"

#include <poll.h>

enum { THREADS = 4, SOCKETS = 12, NAMES = 24 };

static const int types[] = {ZMQ_PAIR, ZMQ_PUB, ZMQ_SUB, ZMQ_REQ, ZMQ_REP, ZMQ_DEALER, ZMQ_ROUTER, ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB, ZMQ_STREAM};

/* Endpoints that were bound at some time, for anyone to connect to. */
static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;
static char names[NAMES][128];

/* Key pairs of servers and clients, one for the whole run. */
static char server_public[41], server_secret[41], client_public[41], client_secret[41];

struct player {
    void *ctx;
    uint64_t state;
    long until;
    int number;
    uint64_t steps, sum;
    void *sockets[SOCKETS];
    int types[SOCKETS];
    char bound[SOCKETS][128], connected[SOCKETS][128];
};

static uint64_t roll (struct player *p, uint64_t sides)
{
    return next_random (&p->state) % sides;
}

static bool expected (int error)
{
    static const int known[] = {EAGAIN, ETERM, EFSM, ENOTSUP, EINTR, EHOSTUNREACH, EINVAL, EMFILE, EADDRINUSE, ENOENT, ENOMEM, ENOBUFS};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (error == known[i])
            return true;
    return false;
}

#define check(call)                                                                                                     \
    do {                                                                                                                \
        errno = 0;                                                                                                      \
        if ((call) < 0 && !expected (errno))                                                                            \
            fail (__FILE__, __LINE__, "%s: errno %d, %s", #call, errno, zmq_strerror (errno));                          \
    } while (0)

static void announce (struct player *p, const char *name)
{
    pthread_mutex_lock (&names_lock);
    snprintf (names[roll (p, NAMES)], sizeof names[0], "%s", name);
    pthread_mutex_unlock (&names_lock);
}

static void somebody (struct player *p, char *name, size_t size)
{
    pthread_mutex_lock (&names_lock);
    snprintf (name, size, "%s", names[roll (p, NAMES)]);
    pthread_mutex_unlock (&names_lock);
}

static void configure (struct player *p, void *s)
{
    static const struct {
        int id, values[4];
    } options[] = {{ZMQ_SNDHWM, {0, 1, 10, 1000}},        {ZMQ_RCVHWM, {0, 1, 10, 1000}},         {ZMQ_LINGER, {0, 0, 1, 20}},
                   {ZMQ_IMMEDIATE, {0, 1, 0, 1}},         {ZMQ_RECONNECT_IVL, {1, 10, 100, -1}},  {ZMQ_RECONNECT_IVL_MAX, {0, 50, 5, 0}},
                   {ZMQ_CONFLATE, {0, 0, 0, 1}},          {ZMQ_HEARTBEAT_IVL, {0, 5, 50, 0}},     {ZMQ_HEARTBEAT_TIMEOUT, {0, 5, 100, 0}},
                   {ZMQ_HANDSHAKE_IVL, {0, 5, 100, 30000}}, {ZMQ_ROUTER_MANDATORY, {0, 1, 0, 1}}, {ZMQ_ROUTER_HANDOVER, {0, 1, 0, 1}},
                   {ZMQ_PROBE_ROUTER, {0, 1, 0, 1}},      {ZMQ_REQ_RELAXED, {0, 1, 0, 1}},        {ZMQ_REQ_CORRELATE, {0, 1, 0, 1}},
                   {ZMQ_XPUB_VERBOSE, {0, 1, 0, 1}},      {ZMQ_XPUB_VERBOSER, {0, 1, 0, 1}},      {ZMQ_XPUB_NODROP, {0, 1, 0, 1}},
                   {ZMQ_XPUB_MANUAL, {0, 0, 0, 1}},       {ZMQ_INVERT_MATCHING, {0, 0, 0, 1}},    {ZMQ_STREAM_NOTIFY, {0, 1, 0, 1}},
                   {ZMQ_MAXMSGSIZE, {0, 0, 0, 0}},        {ZMQ_SNDBUF, {-1, 4096, 100000, 0}},    {ZMQ_RCVBUF, {-1, 4096, 100000, 0}},
                   {ZMQ_CONNECT_TIMEOUT, {0, 1, 100, 0}}, {ZMQ_IPV6, {0, 1, 0, 1}},               {ZMQ_BACKLOG, {1, 100, 0, 5}},
                   {ZMQ_TCP_KEEPALIVE, {-1, 0, 1, 1}},    {ZMQ_ROUTER_RAW, {0, 0, 0, 0}}};
    size_t n = roll (p, sizeof options / sizeof *options);
    int value = options[n].values[roll (p, 4)];
    check (zmq_setsockopt (s, options[n].id, &value, sizeof value));
    if (roll (p, 4) == 0) {
        char id[5] = {'p', (char) ('0' + p->number), (char) roll (p, 5), 'x', 'y'};
        check (zmq_setsockopt (s, roll (p, 2) ? ZMQ_ROUTING_ID : ZMQ_CONNECT_ROUTING_ID, id, sizeof id));
    }
}

static void text_option (void *s, int id, const char *text)
{
    check (zmq_setsockopt (s, id, text, strlen (text)));
}

/* One of four parts of eight; the others stay without. Which side a socket is says nothing about whom it meets. */
static void secure (struct player *p, void *s)
{
    int yes = 1;
    switch (roll (p, 8)) {
        case 0:
            check (zmq_setsockopt (s, ZMQ_PLAIN_SERVER, &yes, sizeof yes));
            break;
        case 1:
            text_option (s, ZMQ_PLAIN_USERNAME, roll (p, 5) ? "player" : "nobody");
            text_option (s, ZMQ_PLAIN_PASSWORD, "secret");
            break;
        case 2:
            check (zmq_setsockopt (s, ZMQ_CURVE_SERVER, &yes, sizeof yes));
            text_option (s, ZMQ_CURVE_SECRETKEY, server_secret);
            break;
        case 3:
            text_option (s, ZMQ_CURVE_SERVERKEY, roll (p, 5) ? server_public : client_public);
            text_option (s, ZMQ_CURVE_PUBLICKEY, client_public);
            text_option (s, ZMQ_CURVE_SECRETKEY, client_secret);
            break;
        default:
            break;
    }
    if (roll (p, 4) == 0)
        text_option (s, ZMQ_ZAP_DOMAIN, "stress");
}

static void open_socket (struct player *p, int i)
{
    int type = types[roll (p, sizeof types / sizeof *types)];
    void *s = p->sockets[i] = zmq_socket (p->ctx, type);
    if (!s) {
        if (!expected (errno))
            fail (__FILE__, __LINE__, "zmq_socket: errno %d", errno);
        return;
    }
    int soon = (int) roll (p, 4), none = 0;
    p->types[i] = type;
    p->bound[i][0] = p->connected[i][0] = 0;
    check (zmq_setsockopt (s, ZMQ_LINGER, &none, sizeof none));
    check (zmq_setsockopt (s, ZMQ_SNDTIMEO, &soon, sizeof soon));
    check (zmq_setsockopt (s, ZMQ_RCVTIMEO, &soon, sizeof soon));
    for (uint64_t k = roll (p, 4); k > 0; k--)
        configure (p, s);
    secure (p, s);
}

static void bind_socket (struct player *p, int i)
{
    static const char *transports[] = {"tcp", "ipc", "inproc", "inproc"};
    const char *transport = transports[roll (p, 4)];
    if (p->types[i] == ZMQ_STREAM)
        transport = "tcp";
    int rc;
    check ((rc = zmq_bind (p->sockets[i], unique (transport))));
    if (rc == 0) {
        size_t size = sizeof p->bound[i];
        if (zmq_getsockopt (p->sockets[i], ZMQ_LAST_ENDPOINT, p->bound[i], &size) == 0)
            announce (p, p->bound[i]);
    }
}

static void connect_socket (struct player *p, int i)
{
    char name[128];
    somebody (p, name, sizeof name);
    if (!name[0] || (p->types[i] == ZMQ_STREAM && strncmp (name, "tcp", 3)))
        return;
    int rc;
    check ((rc = zmq_connect (p->sockets[i], name)));
    if (rc == 0)
        strcpy (p->connected[i], name);
}

static void release (void *data, void *hint)
{
    expect (hint == (void *) 7);
    free (data);
}

static void send_message (struct player *p, int i)
{
    static const size_t sizes[] = {0, 1, 5, 33, 34, 200, 300, 5000, 70000, 300000};
    void *s = p->sockets[i];
    for (uint64_t parts = 1 + roll (p, 3); parts > 0; parts--) {
        zmq_msg_t msg;
        size_t size = sizes[roll (p, roll (p, 4) ? 7 : 10)];
        if (roll (p, 4) == 0) {
            char *data = malloc (size + 1);
            memset (data, 'u', size + 1);
            check (zmq_msg_init_data (&msg, data, size, release, (void *) 7));
        } else {
            if (zmq_msg_init_size (&msg, size) != 0)
                return;
            memset (zmq_msg_data (&msg), roll (p, 3) ? 'x' : 1, size);
        }
        if (roll (p, 5) == 0) {
            zmq_msg_t copy;
            expect_ok (zmq_msg_init (&copy));
            expect_ok (zmq_msg_copy (&copy, &msg));
            expect_ok (zmq_msg_close (&copy));
        }
        int rc, flags = (parts > 1 ? ZMQ_SNDMORE : 0) | (roll (p, 2) ? ZMQ_DONTWAIT : 0);
        check ((rc = zmq_msg_send (&msg, s, flags)));
        if (rc < 0) {
            expect_ok (zmq_msg_close (&msg));
            return;
        }
    }
}

static void receive_message (struct player *p, int i)
{
    static __thread unsigned char bytes[300000];
    for (uint64_t n = 1 + roll (p, 20); n > 0; n--) {
        zmq_msg_t msg;
        int rc;
        if (roll (p, 3) == 0) {
            /* While it waits, a large message may come straight to where it belongs. */
            size_t room = roll (p, 3) ? sizeof bytes : 64;
            check ((rc = zmq_recv (p->sockets[i], bytes, room, roll (p, 4) ? ZMQ_DONTWAIT : 0)));
            for (int k = 0; k < rc && k < (int) room; k++)
                p->sum += bytes[k];
        } else {
            expect_ok (zmq_msg_init (&msg));
            check ((rc = zmq_msg_recv (&msg, p->sockets[i], roll (p, 4) ? ZMQ_DONTWAIT : 0)));
            if (rc >= 0) {
                /* Every byte can be read. */
                const char *data = zmq_msg_data (&msg);
                unsigned sum = 0;
                for (size_t k = 0; k < zmq_msg_size (&msg); k++)
                    sum += (unsigned char) data[k];
                __atomic_add_fetch (&p->sum, sum, __ATOMIC_RELAXED);
                zmq_msg_gets (&msg, "Peer-Address");
            }
            expect_ok (zmq_msg_close (&msg));
        }
        if (rc < 0)
            return;
    }
}

static void poll_sockets (struct player *p)
{
    zmq_pollitem_t items[SOCKETS + 1];
    int n = 0;
    for (int i = 0; i < SOCKETS; i++)
        if (p->sockets[i] && roll (p, 2))
            items[n++] = (zmq_pollitem_t){p->sockets[i], 0, (short) (1 + roll (p, 3)), 0};
    if (roll (p, 2))
        items[n++] = (zmq_pollitem_t){NULL, 0, ZMQ_POLLPRI, 0};
    check (zmq_poll (items, n, (long) roll (p, 4)));
}

static void watch (struct player *p, int i)
{
    int rc;
    const char *name = unique ("inproc");
    check ((rc = zmq_socket_monitor (p->sockets[i], roll (p, 4) ? name : NULL, ZMQ_EVENT_ALL)));
    if (rc != 0)
        return;
    void *s = zmq_socket (p->ctx, ZMQ_PAIR);
    if (!s)
        return;
    int none = 0;
    zmq_setsockopt (s, ZMQ_LINGER, &none, sizeof none);
    check (zmq_connect (s, name));
    int k = (int) roll (p, SOCKETS);
    if (p->sockets[k])
        expect_ok (zmq_close (s));
    else {
        p->sockets[k] = s;
        p->types[k] = ZMQ_PAIR;
        p->bound[k][0] = p->connected[k][0] = 0;
        zmq_setsockopt (s, ZMQ_RCVTIMEO, &none, sizeof none);
        zmq_setsockopt (s, ZMQ_SNDTIMEO, &none, sizeof none);
    }
}

static void step (struct player *p)
{
    int i = (int) roll (p, SOCKETS);
    __atomic_add_fetch (&p->steps, 1, __ATOMIC_RELAXED);
    if (!p->sockets[i]) {
        open_socket (p, i);
        return;
    }
    void *s = p->sockets[i];
    char bytes[256];
    size_t size = sizeof bytes;
    int number;
    switch (roll (p, 32)) {
        case 0:
            p->sockets[i] = NULL;
            expect_ok (zmq_close (s));
            break;
        case 1:
        case 2:
            bind_socket (p, i);
            break;
        case 3:
        case 4:
        case 5:
            connect_socket (p, i);
            break;
        case 6:
            if (p->bound[i][0])
                check (zmq_unbind (s, p->bound[i]));
            break;
        case 7:
            if (p->connected[i][0])
                check (zmq_disconnect (s, p->connected[i]));
            break;
        case 8:
            configure (p, s);
            break;
        case 9:
            check (zmq_setsockopt (s, roll (p, 3) ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", roll (p, 40)));
            break;
        case 10:
            poll_sockets (p);
            break;
        case 11:
            watch (p, i);
            break;
        case 12:
            size = sizeof number;
            check (zmq_getsockopt (s, ZMQ_EVENTS, &number, &size));
            break;
        case 13:
            size = sizeof number;
            check (zmq_getsockopt (s, ZMQ_FD, &number, &size));
            break;
        case 14:
            check (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, bytes, &size));
            break;
        default:
            if (roll (p, 2))
                send_message (p, i);
            else
                receive_message (p, i);
    }
}

static void *play (void *arg)
{
    struct player *p = arg;
    while (now_ms () < p->until)
        step (p);
    for (int i = 0; i < SOCKETS; i++)
        if (p->sockets[i]) {
            expect_ok (zmq_close (p->sockets[i]));
            p->sockets[i] = NULL;
        }
    return NULL;
}

static void *forward (void *arg)
{
    void **s = arg;
    expect_eq (zmq_proxy_steerable (s[0], s[1], NULL, s[2]), -1);
    expect_eq (errno, ETERM);
    for (int i = 0; i < 3; i++)
        expect_ok (zmq_close (s[i]));
    return NULL;
}

/* Answers requests for authentication (RFC 27). */
static void *authenticate (void *arg)
{
    void *s = arg;
    for (unsigned count = 0;; count++) {
        char id[300] = "", mechanism[300] = "", user[300] = "", ignored[300];
        int more = 1, size = 0;
        for (int part = 0; more; part++) {
            char *into = part == 1 ? id : part == 5 ? mechanism : part == 6 ? user : ignored;
            size_t width = sizeof more;
            size = zmq_recv (s, into, 255, 0);
            if (size < 0 || zmq_getsockopt (s, ZMQ_RCVMORE, &more, &width) != 0)
                break;
        }
        if (size < 0) {
            expect_eq (errno, ETERM);
            expect_ok (zmq_close (s));
            return NULL;
        }
        const char *code = !strcmp (user, "nobody") ? "400" : count % 50 == 49 ? "300" : count % 70 == 69 ? "500" : "200";
        const char *reply[] = {"1.0", id, code, "", !strcmp (code, "200") ? user : "", ""};
        for (int part = 0; part < 6; part++)
            if (zmq_send (s, reply[part], part == 4 && !strcmp (mechanism, "CURVE") ? 0 : strlen (reply[part]),
                          part < 5 ? ZMQ_SNDMORE : 0)
                < 0)
                expect (errno == ETERM);
    }
}

/* One context's life: players, a proxy, and at the end a shutdown in the middle of it, or not. */
static void game (uint64_t *state, long length)
{
    struct player players[THREADS];
    pthread_t threads[THREADS], proxy, authenticator;
    void *ctx = zmq_ctx_new ();
    expect (ctx);
    expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 1 + (int) (next_random (state) % 3)));
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 60));
    memset (names, 0, sizeof names);
    void *forwarded[3] = {zmq_socket (ctx, ZMQ_ROUTER), zmq_socket (ctx, ZMQ_DEALER), zmq_socket (ctx, ZMQ_PAIR)};
    for (int i = 0; i < 3; i++) {
        set_int (forwarded[i], ZMQ_LINGER, 0);
        expect_ok (zmq_bind (forwarded[i], unique (i == 0 ? "tcp" : "inproc")));
        if (i < 2)
            strcpy (names[i], endpoint_of (forwarded[i]));
    }
    expect_eq (pthread_create (&proxy, NULL, forward, forwarded), 0);
    void *zap = zmq_socket (ctx, ZMQ_REP);
    set_int (zap, ZMQ_LINGER, 0);
    expect_ok (zmq_bind (zap, "inproc://zeromq.zap.01"));
    expect_eq (pthread_create (&authenticator, NULL, authenticate, zap), 0);
    for (int t = 0; t < THREADS; t++) {
        memset (&players[t], 0, sizeof players[t]);
        players[t].ctx = ctx;
        players[t].state = next_random (state);
        players[t].number = t;
        players[t].until = now_ms () + length;
        expect_eq (pthread_create (&threads[t], NULL, play, &players[t]), 0);
    }
    if (next_random (state) % 2) {
        nap_ms (length * 4 / 5);
        expect_ok (zmq_ctx_shutdown (ctx));
    }
    uint64_t steps = 0;
    for (int t = 0; t < THREADS; t++) {
        pthread_join (threads[t], NULL);
        steps += players[t].steps;
    }
    expect_ok (zmq_ctx_shutdown (ctx));
    pthread_join (proxy, NULL);
    pthread_join (authenticator, NULL);
    expect_ok (zmq_ctx_term (ctx));
    if (length >= 500)
        printf ("%llu steps\n", (unsigned long long) steps);
}

/* What must not grow, after some games as after many. */
struct state {
    int fds, threads;
    long rss;
    size_t used;
};

static struct state look (void)
{
    return (struct state){open_fds (), threads_alive (), rss_kb (), allocated ()};
}

static void games (void)
{
    enum { WARM = 4 };
    uint64_t state = seed;
    struct state early = {0, 0, 0, 0};
    long end = duration_s > 0 ? now_ms () + duration_s * 1000 : 0;
    expect_ok (zmq_curve_keypair (server_public, server_secret));
    expect_ok (zmq_curve_keypair (client_public, client_secret));
    for (int round = 0; end ? now_ms () < end : round < 8 * scale; round++) {
        game (&state, 1000);
        struct state now = look ();
        if (round >= WARM) {
            /* A fresh thread a player and a fresh context, so nothing may stay. */
            expect (now.fds <= early.fds);
            expect (now.threads <= early.threads);
            if (now.used > early.used + (1 << 20))
                fail (__FILE__, __LINE__, "%zu bytes in use after round %d, %zu after %d", now.used, round, early.used, WARM);
        } else
            early = now;
        if (round % 60 == 59) {
            printf ("round %d: %ld KiB, %zu bytes in use\n", round, now.rss, now.used);
            fflush (stdout);
        }
    }
}

/* As much memory as a game may ever need. */
static void in_bounds (void *arg)
{
    (void) arg;
    struct rlimit r;
    expect_ok (getrlimit (RLIMIT_AS, &r));
    r.rlim_cur = (rlim_t) 3 << 30;
    expect_ok (setrlimit (RLIMIT_AS, &r));
    games ();
}

static void games_in_bounds (void)
{
    in_child (in_bounds, NULL, "games within 3 GiB of addresses");
}

static void short_games (void)
{
    uint64_t state = seed;
    expect_ok (zmq_curve_keypair (server_public, server_secret));
    expect_ok (zmq_curve_keypair (client_public, client_secret));
    for (int round = 0; round < 100 * scale; round++)
        game (&state, (long) (next_random (&state) % 30));
}

/* The same with little memory and few descriptors. */
static void in_need (void *arg)
{
    (void) arg;
    uint64_t state = seed;
    struct rlimit files;
    expect_ok (getrlimit (RLIMIT_NOFILE, &files));
    expect_ok (zmq_curve_keypair (server_public, server_secret));
    expect_ok (zmq_curve_keypair (client_public, client_secret));
    files.rlim_cur = 60;
    expect_ok (setrlimit (RLIMIT_NOFILE, &files));
    for (int round = 0; round < 5 * scale; round++)
        game (&state, 1000);
}

static void needy_games (void)
{
    in_child (in_need, NULL, "few descriptors");
}

const struct stress_case cases[] = {{"games", games}, {"games_in_bounds", games_in_bounds}, {"short_games", short_games}, {"needy_games", needy_games}, {NULL, NULL}};
