/* Peers that stop in the middle of a handshake: what each costs the server, that honest clients are served meanwhile, and
   that the handshake interval ends it. The strangers are a process of their own. */
#include "stress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>

enum { STRANGERS = 5000, SERVED_MS = 1000, PATIENCE_MS = 30000 };
/* Most memory that one of them may cost. */
enum { COST_MAX = 16 * 1024 };

static const char *const KEYS[][2] = {
    {"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"},  /* the server */
    {"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"},  /* an honest client */
};

enum stage { CONNECTED, GREETING, PLAIN_ASKED, CURVE_HELLO, CURVE_ASKED };
static const struct {
    const char *name, *mechanism;
} STAGES[] = {{"connected", "CURVE"}, {"in the greeting", "CURVE"}, {"after HELLO of PLAIN, waiting for ZAP", "PLAIN"},
              {"after HELLO of CURVE", "CURVE"}, {"after INITIATE of CURVE, waiting for ZAP", "CURVE"}};

static void option (void *socket, int name, const char *text)
{
    expect_ok (zmq_setsockopt (socket, name, text, strlen (text)));
}

static void make_client (void *socket, bool plain, bool honest)
{
    set_int (socket, ZMQ_LINGER, 0);
    set_int (socket, ZMQ_SNDTIMEO, PATIENCE_MS);
    set_int (socket, ZMQ_RCVTIMEO, PATIENCE_MS);
    if (plain) {
        option (socket, ZMQ_PLAIN_USERNAME, honest ? "honest" : "stranger");
        option (socket, ZMQ_PLAIN_PASSWORD, "secret");
        return;
    }
    option (socket, ZMQ_CURVE_SERVERKEY, KEYS[0][0]);
    option (socket, ZMQ_CURVE_PUBLICKEY, KEYS[honest][0]);
    option (socket, ZMQ_CURVE_SECRETKEY, KEYS[honest][1]);
}

static void raise_limit (void)
{
    struct rlimit r;
    expect_ok (getrlimit (RLIMIT_NOFILE, &r));
    r.rlim_cur = r.rlim_max;
    expect_ok (setrlimit (RLIMIT_NOFILE, &r));
    if (r.rlim_cur < STRANGERS + 200)
        skip ("too few descriptors");
}

/* ---- the strangers ---- */

static void read_exactly (int fd, void *buffer, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t n = read (fd, (char *) buffer + got, size - got);
        expect (n > 0);
        got += (size_t) n;
    }
}

static void greeting (unsigned char bytes[64], const char *mechanism)
{
    memset (bytes, 0, 64);
    memcpy (bytes, "\377\0\0\0\0\0\0\0\1\177\3\1", 12);
    memcpy (bytes + 12, mechanism, strlen (mechanism));
}

/* A HELLO for the server, which any number of connections can begin with: what a client says to a listener of ours. */
static void record_hello (unsigned char hello[202])
{
    unsigned char bytes[64];
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {inet_addr (loopback ())}};
    socklen_t size = sizeof any;
    char endpoint[64];
    int listener = socket (AF_INET, SOCK_STREAM, 0);
    expect_ok (bind (listener, (struct sockaddr *) &any, size));
    expect_ok (listen (listener, 1));
    expect_ok (getsockname (listener, (struct sockaddr *) &any, &size));
    snprintf (endpoint, sizeof endpoint, "tcp://%s:%d", loopback (), ntohs (any.sin_port));
    void *ctx = zmq_ctx_new (), *client = zmq_socket (ctx, ZMQ_DEALER);
    make_client (client, false, false);
    expect_ok (zmq_connect (client, endpoint));
    int fd = accept (listener, NULL, NULL);
    expect_ok (fd);
    greeting (bytes, "CURVE");
    expect (raw_write (fd, bytes, 64));
    read_exactly (fd, bytes, 64);
    read_exactly (fd, hello, 202);
    expect_ok (close (fd));
    expect_ok (close (listener));
    expect_ok (zmq_close (client));
    expect_ok (zmq_ctx_term (ctx));
}

/* One connection that goes as far as the stage and no further. */
static int stop_at (int port, enum stage stage, const unsigned char hello[202])
{
    unsigned char bytes[256];
    int fd = raw_connect (port);
    expect_ok (fd);
    greeting (bytes, STAGES[stage].mechanism);
    switch (stage) {
    case CONNECTED:
        break;
    case GREETING:
        expect (raw_write (fd, bytes, 40));
        break;
    case PLAIN_ASKED:
        expect (raw_write (fd, bytes, 64));
        expect (raw_frame (fd, 4, "\5HELLO\10stranger\6secret", 22));
        read_exactly (fd, bytes, 64);
        break;
    default:
        expect (raw_write (fd, bytes, 64) && raw_write (fd, hello, 202));
        read_exactly (fd, bytes, 64);
        read_exactly (fd, bytes, 170);
        expect (memcmp (bytes + 2, "\7WELCOME", 8) == 0);
    }
    return fd;
}

struct job {
    int port, count, done, stay;
    enum stage stage;
};

static struct job spawn (int port, enum stage stage, int count, pid_t *pid)
{
    int done[2], stay[2];
    expect_ok (pipe (done));
    expect_ok (pipe (stay));
    if ((*pid = fork ()) != 0) {
        expect_ok (*pid);
        expect_ok (close (done[1]));
        expect_ok (close (stay[0]));
        return (struct job) {port, count, done[0], stay[1], stage};
    }
    unsigned char hello[202];
    close (stay[1]);
    if (stage == CURVE_HELLO)
        record_hello (hello);
    void *ctx = zmq_ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, count + 10));
    char endpoint[64], byte = 0;
    snprintf (endpoint, sizeof endpoint, "tcp://%s:%d", loopback (), port);
    for (int i = 0; i < count; i++) {
        if (stage != CURVE_ASKED) {
            stop_at (port, stage, hello);
            continue;
        }
        void *client = zmq_socket (ctx, ZMQ_DEALER);
        expect (client);
        make_client (client, false, false);
        set_int (client, ZMQ_HANDSHAKE_IVL, 10 * PATIENCE_MS);
        expect_ok (zmq_connect (client, endpoint));
    }
    expect_eq (write (done[1], &byte, 1), 1);
    if (read (stay[0], &byte, 1) < 0) /* until the parent closes its end */
        _exit (1);
    _exit (0);
}

/* ---- the server ---- */

static int asked; /* strangers that the handler was asked about: handler's thread writes, test's reads */

/* Lets the honest client in, and never answers for anybody else. */
static void *handler (void *router)
{
    char id[16], part[300];
    int n;
    while ((n = zmq_recv (router, id, sizeof id, 0)) >= 0) {
        bool honest = false;
        int more, size = 0;
        size_t more_size = sizeof more;
        do {
            size = zmq_recv (router, part, sizeof part, 0);
            expect_ok (size);
            unsigned char key[33];
            honest = honest || (size == 6 && memcmp (part, "honest", 6) == 0)
                     || (size == 32 && zmq_z85_decode (key, KEYS[1][0]) && memcmp (part, key, 32) == 0);
            expect_ok (zmq_getsockopt (router, ZMQ_RCVMORE, &more, &more_size));
        } while (more);
        if (!honest) {
            __atomic_fetch_add (&asked, 1, __ATOMIC_SEQ_CST);
            continue;
        }
        const char *reply[] = {"", "1.0", "1", "200", "", "", ""};
        expect_eq (zmq_send (router, id, (size_t) n, ZMQ_SNDMORE), n);
        for (int i = 0; i < 7; i++)
            expect_ok (zmq_send (router, reply[i], strlen (reply[i]), i < 6 ? ZMQ_SNDMORE : 0));
    }
    expect_ok (zmq_close (router));
    return NULL;
}

/* Gives back what it is sent. */
static void *echo (void *router)
{
    char id[16], part[64];
    int n, m;
    while ((n = zmq_recv (router, id, sizeof id, 0)) >= 0 && (m = zmq_recv (router, part, sizeof part, 0)) >= 0) {
        expect_eq (zmq_send (router, id, (size_t) n, ZMQ_SNDMORE), n);
        expect_eq (zmq_send (router, part, (size_t) m, 0), m);
    }
    expect_ok (zmq_close (router));
    return NULL;
}

struct server {
    void *ctx;
    int port;
    bool plain;
    pthread_t threads[2];
};

static void serve (struct server *s, bool plain, int handshake_ivl)
{
    s->ctx = zmq_ctx_new ();
    s->plain = plain;
    void *zap = zmq_socket (s->ctx, ZMQ_ROUTER), *router = zmq_socket (s->ctx, ZMQ_ROUTER);
    set_int (zap, ZMQ_LINGER, 0);
    set_int (zap, ZMQ_RCVHWM, 0);
    expect_ok (zmq_bind (zap, "inproc://zeromq.zap.01"));
    set_int (router, ZMQ_LINGER, 0);
    set_int (router, ZMQ_BACKLOG, 4096);
    set_int (router, ZMQ_HANDSHAKE_IVL, handshake_ivl);
    set_int (router, plain ? ZMQ_PLAIN_SERVER : ZMQ_CURVE_SERVER, 1);
    if (!plain)
        option (router, ZMQ_CURVE_SECRETKEY, KEYS[0][1]);
    expect_ok (zmq_bind (router, unique ("tcp")));
    s->port = port_of (router);
    __atomic_store_n (&asked, 0, __ATOMIC_SEQ_CST);
    expect_eq (pthread_create (&s->threads[0], NULL, handler, zap), 0);
    expect_eq (pthread_create (&s->threads[1], NULL, echo, router), 0);
}

static void stop (struct server *s)
{
    expect_ok (zmq_ctx_shutdown (s->ctx));
    for (int i = 0; i < 2; i++)
        expect_eq (pthread_join (s->threads[i], NULL), 0);
    expect_ok (zmq_ctx_term (s->ctx));
}

/* How long a client that is in the right takes from connecting to its answer. */
static long served_ms (struct server *s)
{
    char endpoint[64], answer[8];
    long start = now_ms ();
    snprintf (endpoint, sizeof endpoint, "tcp://%s:%d", loopback (), s->port);
    void *ctx = zmq_ctx_new (), *client = zmq_socket (ctx, ZMQ_DEALER);
    make_client (client, s->plain, true);
    expect_ok (zmq_connect (client, endpoint));
    expect_eq (zmq_send (client, "hello", 5, 0), 5);
    expect_eq (zmq_recv (client, answer, sizeof answer, 0), 5);
    long took = now_ms () - start;
    expect_ok (zmq_close (client));
    expect_ok (zmq_ctx_term (ctx));
    return took;
}

static void wait_until (bool (*due) (int), int value, const char *what)
{
    for (long end = now_ms () + PATIENCE_MS; !due (value); nap_ms (5))
        if (now_ms () > end)
            fail (__FILE__, __LINE__, "never: %s (%d descriptors, %d asked for)", what, open_fds (), asked);
}

static bool has_descriptors (int n)
{
    return open_fds () >= n;
}

static bool has_no_more_descriptors (int n)
{
    return open_fds () <= n;
}

static bool was_asked (int n)
{
    return __atomic_load_n (&asked, __ATOMIC_SEQ_CST) >= n;
}

/* Waits until the server has them all where they stop. */
static void settle (struct job *job, int fds)
{
    char byte;
    expect_eq (read (job->done, &byte, 1), 1);
    wait_until (has_descriptors, fds + job->count, "every stranger is accepted");
    if (job->stage == CURVE_ASKED || job->stage == PLAIN_ASKED)
        wait_until (was_asked, job->count, "the handler was asked about every stranger");
}

static void end (struct job *job, pid_t pid)
{
    int status;
    expect_ok (close (job->done));
    expect_ok (close (job->stay));
    expect_eq (waitpid (pid, &status, 0), pid);
    expect_eq (status, 0);
}

static void half_open (enum stage stage)
{
    struct server s;
    pid_t pid;
    raise_limit ();
    if (stage != PLAIN_ASKED && !zmq_has ("curve"))
        skip ("no curve");
    serve (&s, stage == PLAIN_ASKED, 10 * PATIENCE_MS);
    served_ms (&s);
    long before = rss_kb ();
    int fds = open_fds ();
    struct job job = spawn (s.port, stage, STRANGERS, &pid);
    settle (&job, fds);
    long cost = (rss_kb () - before) * 1024 / STRANGERS, took = 0;
    for (int i = 0; i < 10; i++) {
        long each = served_ms (&s);
        took = each > took ? each : took;
    }
    printf ("%d strangers %s: %ld bytes each, an honest client waits %ld ms at most\n", STRANGERS, STAGES[stage].name, cost, took);
    expect (cost < COST_MAX);
    expect (took < SERVED_MS);
    end (&job, pid);
    wait_until (has_no_more_descriptors, fds + 8, "the strangers' connections are gone");
    expect (served_ms (&s) < SERVED_MS);
    stop (&s);
}

static void connected (void) { half_open (CONNECTED); }
static void in_greeting (void) { half_open (GREETING); }
static void plain_asked (void) { half_open (PLAIN_ASKED); }
static void curve_hello (void) { half_open (CURVE_HELLO); }
static void curve_asked (void) { half_open (CURVE_ASKED); }

/* The interval ends handshakes at every stage, while the strangers would stay. */
static void cut_off (void)
{
    raise_limit ();
    for (enum stage stage = CONNECTED; stage < CURVE_ASKED; stage++) {
        struct server s;
        pid_t pid;
        if (stage != PLAIN_ASKED && !zmq_has ("curve"))
            continue;
        serve (&s, stage == PLAIN_ASKED, 1000);
        int fds = open_fds ();
        struct job job = spawn (s.port, stage, 300, &pid);
        char byte;
        expect_eq (read (job.done, &byte, 1), 1);
        wait_until (has_no_more_descriptors, fds + 4, "the interval has ended every handshake");
        end (&job, pid);
        stop (&s);
    }
}

/* Strangers come without end, and leave half-way; clients that are in the right are served all the time. */
static void flood (void)
{
    struct server s;
    int status;
    raise_limit ();
    if (!zmq_has ("curve"))
        skip ("no curve");
    serve (&s, false, 10 * PATIENCE_MS);
    pid_t pid = fork ();
    expect_ok (pid);
    if (pid == 0) {
        unsigned char hello[202];
        record_hello (hello);
        int fds[200] = {0};
        for (long i = 0;; i++) { /* until it is killed */
            int *fd = &fds[i % 200];
            if (*fd > 0)
                close (*fd);
            *fd = stop_at (s.port, i % 3 == 0 ? GREETING : i % 3 == 1 ? CONNECTED : CURVE_HELLO, hello);
        }
    }
    long most = 0, clients = 0;
    for (long until = now_ms () + 2000 * scale; now_ms () < until; clients++) {
        long took = served_ms (&s);
        most = took > most ? took : most;
    }
    printf ("flood: %ld honest clients, %ld ms on average, %ld at most\n", clients, 2000L * scale / clients, most);
    expect_ok (kill (pid, SIGKILL));
    expect_eq (waitpid (pid, &status, 0), pid);
    expect (WIFSIGNALED (status)); /* it had not given up before */
    expect (clients > 2 * scale && most < 10 * SERVED_MS); /* the strangers take all that is left of the processors */
    stop (&s);
}

const struct stress_case cases[] = {{"connected", connected},     {"in_greeting", in_greeting}, {"plain_asked", plain_asked},
                                    {"curve_hello", curve_hello}, {"curve_asked", curve_asked}, {"cut_off", cut_off},
                                    {"flood", flood},             {NULL, NULL}};
