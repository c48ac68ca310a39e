/* Through a SOCKS server (RFC 1928, RFC 1929) that really connects and passes bytes on. */
#include "tools.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKS_USERNAME 99
#define SOCKS_PASSWORD 100

struct proxy {
    int listener;
    const char *endpoint;     /* where it listens */
    const char *user, *password;
    volatile int connections; /* that were passed on */
    volatile int refuse;      /* this many requests are refused first */
    char asked[300];          /* the last destination's host, as it was asked for */
    int kind;                 /* and its kind of address: 1, 3 or 4 */
};

static int exactly (int fd, void *buffer, size_t size)
{
    return raw_read (fd, buffer, size, LONG_MS) == size;
}

static void pass_on (int a, int b)
{
    char bytes[16384];
    struct pollfd both[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
    while (poll (both, 2, 20000) > 0)
        for (int i = 0; i < 2; i++)
            if (both[i].revents) {
                ssize_t n = recv (both[i].fd, bytes, sizeof bytes, 0), at = 0;
                if (n <= 0)
                    return;
                while (at < n) {
                    ssize_t sent = send (both[!i].fd, bytes + at, (size_t) (n - at), MSG_NOSIGNAL);
                    if (sent <= 0)
                        return;
                    at += sent;
                }
            }
}

/* The connection to the destination that the client asked for, -1 if there is none. */
static int destination (struct proxy *p, int fd)
{
    unsigned char head[4], port[2], raw[256] = {0};
    char service[8];
    struct addrinfo hints, *found = NULL;
    int there = -1;
    if (!exactly (fd, head, 4) || head[0] != 5 || head[1] != 1)
        return -1;
    p->kind = head[3];
    if (head[3] == 3) {
        unsigned char size;
        if (!exactly (fd, &size, 1) || !exactly (fd, raw, size))
            return -1;
        memcpy (p->asked, raw, sizeof raw);
    } else {
        if (!exactly (fd, raw, head[3] == 1 ? 4 : 16))
            return -1;
        inet_ntop (head[3] == 1 ? AF_INET : AF_INET6, raw, p->asked, sizeof p->asked);
    }
    if (!exactly (fd, port, 2))
        return -1;
    snprintf (service, sizeof service, "%d", port[0] << 8 | port[1]);
    memset (&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo (p->asked, service, &hints, &found) != 0)
        return -1;
    for (struct addrinfo *at = found; at && there == -1; at = at->ai_next) {
        there = socket (at->ai_family, SOCK_STREAM, 0);
        if (connect (there, at->ai_addr, at->ai_addrlen) != 0) {
            close (there);
            there = -1;
        }
    }
    freeaddrinfo (found);
    return there;
}

static int admitted (struct proxy *p, int fd)
{
    unsigned char head[2], methods[256], size, answer[2] = {5, 0xff};
    char name[256] = {0}, password[256] = {0};
    if (!exactly (fd, head, 2) || head[0] != 5 || !exactly (fd, methods, head[1]))
        return 0;
    unsigned char wanted = p->user ? 2 : 0;
    for (int i = 0; i < head[1]; i++)
        if (methods[i] == wanted)
            answer[1] = wanted;
    raw_send (fd, answer, 2);
    if (answer[1] == 0xff)
        return 0;
    if (!p->user)
        return 1;
    if (!exactly (fd, head, 2) || head[0] != 1 || !exactly (fd, name, head[1]) || !exactly (fd, &size, 1)
        || !exactly (fd, password, size))
        return 0;
    int right = strcmp (name, p->user) == 0 && strcmp (password, p->password) == 0;
    answer[0] = 1;
    answer[1] = right ? 0 : 1;
    raw_send (fd, answer, 2);
    return right;
}

static void *connection (void *arg)
{
    void **args = arg;
    struct proxy *p = args[0];
    int fd = (int) (intptr_t) args[1];
    unsigned char reply[10] = {5, 0, 0, 1, 127, 0, 0, 1, 0, 0};
    free (args);
    if (admitted (p, fd)) {
        int there = destination (p, fd);
        if (p->refuse > 0) {
            p->refuse--;
            reply[1] = 2;
        } else if (there == -1)
            reply[1] = 5;
        raw_send (fd, reply, sizeof reply);
        if (reply[1] == 0) {
            p->connections++;
            pass_on (fd, there);
        }
        if (there != -1)
            close (there);
    }
    close (fd);
    return NULL;
}

static void *serve (void *arg)
{
    struct proxy *p = arg;
    int fd;
    while ((fd = accept (p->listener, NULL, NULL)) != -1) {
        pthread_t thread;
        void **args = malloc (2 * sizeof *args);
        args[0] = p;
        args[1] = (void *) (intptr_t) fd;
        if (pthread_create (&thread, NULL, connection, args) == 0)
            pthread_detach (thread);
    }
    return NULL;
}

/* Lives until the case's process ends. */
static struct proxy *proxy_start (const char *user, const char *password)
{
    struct proxy *p = calloc (1, sizeof *p);
    pthread_t thread;
    p->user = user;
    p->password = password;
    p->listener = raw_listen (&p->endpoint);
    expect_ok (pthread_create (&thread, NULL, serve, p));
    pthread_detach (thread);
    return p;
}

static void through (void *s, struct proxy *p)
{
    expect_ok (zmq_setsockopt (s, ZMQ_SOCKS_PROXY, p->endpoint + 6, strlen (p->endpoint + 6)));
}

static const char *forms[] = {"tcp://127.0.0.1:%d", "tcp://localhost:%d"};

CASE (both_ways_through_a_proxy, "ZMQ_SOCKS_PROXY")
{
    for (int i = 0; i < 2; i++) {
        void *ctx = ctx_new ();
        void *server = sock (ctx, ZMQ_REP), *client = sock (ctx, ZMQ_REQ);
        struct proxy *p = proxy_start (NULL, NULL);
        char text[64];
        row ("%s", forms[i]);
        through (client, p);
        snprintf (text, sizeof text, forms[i], tcp_port_of (bind_127_0_0_1 (server)));
        connect_to (client, text);
        for (int n = 0; n < 10; n++) {
            send_text (client, "question", 0);
            recv_last (server, "question");
            send_text (server, "answer", 0);
            recv_last (client, "answer");
        }
        expect_int (p->connections, 1);
        /* Names are the proxy's to resolve. */
        expect_int (p->kind, i ? 3 : 1);
        expect_str (p->asked, i ? "localhost" : "127.0.0.1");
    }
}

CASE (ipv6_through_a_proxy, "ZMQ_SOCKS_PROXY ZMQ_IPV6")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_PULL), *client = sock (ctx, ZMQ_PUSH);
    struct proxy *p = proxy_start (NULL, NULL);
    char text[64];
    set_int (server, ZMQ_IPV6, 1);
    set_int (client, ZMQ_IPV6, 1);
    if (zmq_bind (server, "tcp://[::1]:*") != 0)
        skip_case ("no IPv6 here");
    through (client, p);
    snprintf (text, sizeof text, "tcp://[::1]:%d", tcp_port_of (last_endpoint (server)));
    connect_to (client, text);
    send_text (client, "x", 0);
    recv_last (server, "x");
    expect_int (p->kind, 4);
    expect_str (p->asked, "::1");
}

CASE (much_through_a_proxy, "ZMQ_SOCKS_PROXY")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_PULL), *client = sock (ctx, ZMQ_PUSH);
    struct proxy *p = proxy_start (NULL, NULL);
    static char big[1000000], got[1000000];
    memset (big, 'b', sizeof big);
    through (client, p);
    pair_up (server, client, "tcp");
    for (int i = 0; i < 5; i++)
        expect_int (zmq_send (client, big, sizeof big, 0), sizeof big);
    for (int i = 0; i < 5; i++) {
        expect_int (recv_bytes (server, got, sizeof got), sizeof got);
        expect_mem (got, big, sizeof big);
    }
}

CASE (user_of_a_proxy, "ZMQ_SOCKS_PROXY")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_PULL), *client = sock (ctx, ZMQ_PUSH);
    struct proxy *p = proxy_start ("someone", "secret");
    through (client, p);
    if (zmq_setsockopt (client, SOCKS_USERNAME, "someone", 7) != 0)
        skip_case ("built without the option");
    expect_ok (zmq_setsockopt (client, SOCKS_PASSWORD, "secret", 6));
    pair_up (server, client, "tcp");
    send_text (client, "x", 0);
    recv_last (server, "x");
    expect_int (p->connections, 1);
}

CASE (refusing_proxy_is_asked_again, "ZMQ_SOCKS_PROXY ZMQ_EVENT_CLOSED ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *server = sock (ctx, ZMQ_PULL), *client = sock (ctx, ZMQ_PUSH);
    struct proxy *p = proxy_start (NULL, NULL);
    p->refuse = 2;
    set_int (client, ZMQ_RECONNECT_IVL, 20);
    through (client, p);
    void *mon = monitor (ctx, client, ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    pair_up (server, client, "tcp");
    for (int i = 0; i < 2; i++) {
        mon_expect (mon, ZMQ_EVENT_CLOSED);
        mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    }
    mon_expect (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_text (client, "x", 0);
    recv_last (server, "x");
}

/* Whoever is connected and goes silent is not waited for without end. */
CASE (silent_proxy_is_given_up, "ZMQ_SOCKS_PROXY ZMQ_CONNECT_TIMEOUT ZMQ_EVENT_CLOSED ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PUSH);
    const char *proxy;
    int listener = raw_listen (&proxy);
    set_int (s, ZMQ_CONNECT_TIMEOUT, 100);
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    expect_ok (zmq_setsockopt (s, ZMQ_SOCKS_PROXY, proxy + 6, strlen (proxy + 6)));
    void *mon = monitor (ctx, s, ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED);
    connect_to (s, "tcp://10.1.2.3:4660");
    mon_expect (mon, ZMQ_EVENT_CLOSED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    mon_expect (mon, ZMQ_EVENT_CLOSED);
    raw_close (listener);
}

CASE (other_transports_need_no_proxy, "ZMQ_SOCKS_PROXY")
{
    static const char *const transports[] = {"inproc", "ipc"};
    for (int i = 0; i < 2; i++) {
        void *ctx = ctx_new ();
        void *server = sock (ctx, ZMQ_PULL), *client = sock (ctx, ZMQ_PUSH);
        struct proxy *p = proxy_start (NULL, NULL);
        through (client, p);
        pair_up (server, client, transports[i]);
        send_text (client, "x", 0);
        recv_last (server, "x");
        expect_int (p->connections, 0);
    }
}
