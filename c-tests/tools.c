/* Sockets, messages and monitors, with what the teardown needs to know about them. */
#include "tools.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_OPEN = 2048 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *sockets[MAX_OPEN], *contexts[MAX_OPEN];

static void note (void **table, void *item)
{
    pthread_mutex_lock (&lock);
    int i = 0;
    while (i < MAX_OPEN && table[i])
        i++;
    if (i == MAX_OPEN)
        abort ();
    table[i] = item;
    pthread_mutex_unlock (&lock);
}

static void forget (void **table, void *item)
{
    pthread_mutex_lock (&lock);
    for (int i = 0; i < MAX_OPEN; i++)
        if (table[i] == item)
            table[i] = NULL;
    pthread_mutex_unlock (&lock);
}

void *ctx_new (void)
{
    void *ctx = expect_ptr (zmq_ctx_new ());
    note (contexts, ctx);
    return ctx;
}

void *sock (void *ctx, int type)
{
    void *socket = expect_ptr (zmq_socket (ctx, type));
    note (sockets, socket);
    set_int (socket, ZMQ_LINGER, 0);
    set_int (socket, ZMQ_SNDTIMEO, LONG_MS);
    set_int (socket, ZMQ_RCVTIMEO, LONG_MS);
    return socket;
}

void sock_close (void *socket)
{
    forget (sockets, socket);
    expect_ok (zmq_close (socket));
}

void ctx_term (void *ctx)
{
    forget (contexts, ctx);
    expect_ok (zmq_ctx_term (ctx));
}

void give_up_socket (void *socket)
{
    forget (sockets, socket);
}

void give_up_ctx (void *ctx)
{
    forget (contexts, ctx);
}

static struct rlimit usual_limit;
static int limited;

void no_descriptors (void)
{
    if (getenv ("C_TESTS_VALGRIND"))
        skip_case ("valgrind accepts connections beyond the limit, and closes them");
    expect_ok (getrlimit (RLIMIT_NOFILE, &usual_limit));
    struct rlimit limit = usual_limit;
    int next = dup (0);
    close (next);
    limit.rlim_cur = (rlim_t) next;
    limited = 1;
    expect_ok (setrlimit (RLIMIT_NOFILE, &limit));
}

void descriptors_again (void)
{
    if (limited)
        expect_ok (setrlimit (RLIMIT_NOFILE, &usual_limit));
    limited = 0;
}

void tools_teardown (void)
{
    descriptors_again ();
    for (int i = 0; i < MAX_OPEN; i++)
        if (sockets[i]) {
            expect_ok (zmq_close (sockets[i]));
            sockets[i] = NULL;
        }
    for (int i = 0; i < MAX_OPEN; i++)
        if (contexts[i]) {
            expect_ok (zmq_ctx_term (contexts[i]));
            contexts[i] = NULL;
        }
}

void tools_forget (void)
{
    memset (sockets, 0, sizeof sockets);
    memset (contexts, 0, sizeof contexts);
}

void set_int (void *socket, int option, int value)
{
    errno = 0;
    if (zmq_setsockopt (socket, option, &value, sizeof value) != 0)
        check_fail (__FILE__, __LINE__, "option %d cannot be set to %d: %s", option, value, error_name (errno));
}

int get_int (void *socket, int option)
{
    int value = -12345;
    size_t size = sizeof value;
    errno = 0;
    if (zmq_getsockopt (socket, option, &value, &size) != 0)
        check_fail (__FILE__, __LINE__, "option %d cannot be read: %s", option, error_name (errno));
    expect_int (size, sizeof value);
    return value;
}

static char *text_slot (void)
{
    static char slots[32][512];
    static int turn;
    return slots[turn++ % 32];
}

const char *last_endpoint (void *socket)
{
    char *text = text_slot ();
    size_t size = 512;
    expect_ok (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, text, &size));
    expect_int (size, strlen (text) + 1);
    return text;
}

const char *loopback (void)
{
    static char text[16];
    static pid_t process;
    if (process == getpid ())
        return text;
    unsigned id = (unsigned) getpid ();
    struct sockaddr_in address;
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    memset (&address, 0, sizeof address);
    address.sin_family = AF_INET;
    snprintf (text, sizeof text, "127.%u.%u.%u", 1 + (id >> 14 & 127), 1 + (id >> 7 & 127), 1 + (id & 127));
    inet_pton (AF_INET, text, &address.sin_addr);
    if (bind (fd, (struct sockaddr *) &address, sizeof address) != 0)
        snprintf (text, sizeof text, "127.0.0.1");
    close (fd);
    process = getpid ();
    return text;
}

void tcp_address (const char *endpoint, struct sockaddr_in *address)
{
    char host[64];
    const char *start = strstr (endpoint, "://") + 3;
    memset (address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_port = htons ((uint16_t) tcp_port_of (endpoint));
    snprintf (host, sizeof host, "%.*s", (int) (strrchr (start, ':') - start), start);
    if (inet_pton (AF_INET, host, &address->sin_addr) != 1 || address->sin_addr.s_addr == 0)
        address->sin_addr.s_addr = htonl (INADDR_LOOPBACK);
}

const char *fresh_endpoint (const char *transport)
{
    char *text = text_slot ();
    if (strcmp (transport, "tcp") == 0)
        snprintf (text, 512, "tcp://%s:*", loopback ());
    else if (strcmp (transport, "ipc") == 0)
        snprintf (text, 512, "ipc://%s/%s", scratch_dir (), unique_name ("s"));
    else
        snprintf (text, 512, "inproc://%s", unique_name ("n"));
    return text;
}

const char *bind_any (void *socket, const char *transport)
{
    expect_ok (zmq_bind (socket, fresh_endpoint (transport)));
    return last_endpoint (socket);
}

const char *bind_127_0_0_1 (void *socket)
{
    expect_ok (zmq_bind (socket, "tcp://127.0.0.1:*"));
    return last_endpoint (socket);
}

void connect_to (void *socket, const char *endpoint)
{
    expect_ok (zmq_connect (socket, endpoint));
}

void pair_up (void *binder, void *connecter, const char *transport)
{
    connect_to (connecter, bind_any (binder, transport));
}

int tcp_port_of (const char *endpoint)
{
    return atoi (strrchr (endpoint, ':') + 1);
}

const char *free_tcp_endpoint (void)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    char *text = text_slot ();
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    memset (&address, 0, sizeof address);
    address.sin_family = AF_INET;
    inet_pton (AF_INET, loopback (), &address.sin_addr);
    expect_ok (bind (fd, (struct sockaddr *) &address, sizeof address));
    expect_ok (getsockname (fd, (struct sockaddr *) &address, &size));
    close (fd);
    snprintf (text, 512, "tcp://%s:%d", loopback (), ntohs (address.sin_port));
    return text;
}

/* ---- messages ---- */

void send_text (void *socket, const char *text, int flags)
{
    errno = 0;
    int rc = zmq_send (socket, text, strlen (text), flags);
    if (rc != (int) strlen (text))
        check_fail (__FILE__, __LINE__, "sending \"%s\" returned %d (%s)", text, rc, error_name (errno));
}

void send_parts (void *socket, const char *first, ...)
{
    va_list args;
    va_start (args, first);
    for (const char *part = first; part;) {
        const char *next = va_arg (args, const char *);
        send_text (socket, part, next ? ZMQ_SNDMORE : 0);
        part = next;
    }
    va_end (args);
}

void expect_text (const char *file, int line, void *socket, const char *text, int more)
{
    char buffer[1024];
    errno = 0;
    int size = zmq_recv (socket, buffer, sizeof buffer - 1, 0);
    if (size == -1) {
        check_fail (file, line, "waiting for \"%s\": %s", text, error_name (errno));
        return;
    }
    buffer[size < 1023 ? size : 1023] = 0;
    if (size != (int) strlen (text) || memcmp (buffer, text, (size_t) size) != 0)
        check_fail (file, line, "received \"%s\" (%d bytes), not \"%s\"", buffer, size, text);
    if (more != -1 && get_int (socket, ZMQ_RCVMORE) != more)
        check_fail (file, line, "\"%s\" came with RCVMORE %d", text, !more);
}

void expect_parts (const char *file, int line, void *socket, const char *first, ...)
{
    va_list args;
    va_start (args, first);
    for (const char *part = first; part;) {
        const char *next = va_arg (args, const char *);
        expect_text (file, line, socket, part, next != NULL);
        part = next;
    }
    va_end (args);
}

void expect_silence (const char *file, int line, void *socket, long ms)
{
    char buffer[128];
    if (ms > 0)
        poll_socket (socket, ZMQ_POLLIN, ms);
    errno = 0;
    int size = zmq_recv (socket, buffer, sizeof buffer - 1, ZMQ_DONTWAIT);
    if (size != -1) {
        buffer[size < 127 ? size : 127] = 0;
        check_fail (file, line, "unexpected message \"%s\" (%d bytes)", buffer, size);
    } else if (errno != EAGAIN)
        check_fail (file, line, "receiving failed with %s, not EAGAIN", error_name (errno));
}

int recv_bytes (void *socket, void *buffer, size_t size)
{
    errno = 0;
    int rc = zmq_recv (socket, buffer, size, 0);
    if (rc == -1)
        check_fail (__FILE__, __LINE__, "nothing received: %s", error_name (errno));
    return rc;
}

int poll_socket (void *socket, short events, long ms)
{
    zmq_pollitem_t item = {socket, 0, events, 0};
    int rc = zmq_poll (&item, 1, ms);
    if (rc == -1)
        check_fail (__FILE__, __LINE__, "poll failed: %s", error_name (errno));
    return item.revents;
}

int fill (void *socket, int most)
{
    int count = 0;
    while (count < most) {
        errno = 0;
        if (zmq_send (socket, "fill", 4, ZMQ_DONTWAIT) == -1) {
            if (errno != EAGAIN)
                check_fail (__FILE__, __LINE__, "send %d failed with %s", count, error_name (errno));
            break;
        }
        count++;
    }
    return count;
}

int drain (void *socket)
{
    char buffer[16];
    int count = 0;
    while (zmq_recv (socket, buffer, sizeof buffer, ZMQ_DONTWAIT) != -1)
        count++;
    if (errno != EAGAIN)
        check_fail (__FILE__, __LINE__, "receive %d failed with %s", count, error_name (errno));
    return count;
}

void wait_in (void *socket)
{
    if (!(poll_socket (socket, ZMQ_POLLIN, LONG_MS) & ZMQ_POLLIN))
        check_fail (__FILE__, __LINE__, "POLLIN never came");
}

void wait_out (void *socket)
{
    if (!(poll_socket (socket, ZMQ_POLLOUT, LONG_MS) & ZMQ_POLLOUT))
        check_fail (__FILE__, __LINE__, "POLLOUT never came");
}

void subscribe (void *socket, const char *topic)
{
    expect_ok (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, topic, strlen (topic)));
}

void kick (void *socket)
{
    get_int (socket, ZMQ_EVENTS);
}

/* ---- bytes ---- */

unsigned char byte_of (int n, size_t i)
{
    return (unsigned char) (i * 7 + i / 251 + (size_t) n * 13);
}

unsigned char *made (int n, size_t size)
{
    unsigned char *data = malloc (size + 1);
    for (size_t i = 0; i < size; i++)
        data[i] = byte_of (n, i);
    return data;
}

void check_bytes (int n, const void *bytes, size_t size)
{
    const unsigned char *data = bytes;
    for (size_t i = 0; i < size; i++)
        if (data[i] != byte_of (n, i))
            check_fail (__FILE__, __LINE__, "byte %zu of message %d is wrong", i, n);
}

/* ---- monitor ---- */

void *monitor (void *ctx, void *socket, int mask)
{
    char address[128];
    snprintf (address, sizeof address, "inproc://%s", unique_name ("mon"));
    expect_ok (zmq_socket_monitor (socket, address, mask));
    void *mon = sock (ctx, ZMQ_PAIR);
    connect_to (mon, address);
    return mon;
}

int monitor_next (void *mon, struct event *e, long ms)
{
    unsigned char head[6];
    uint16_t event;
    int32_t value;
    if (!(poll_socket (mon, ZMQ_POLLIN, ms) & ZMQ_POLLIN))
        return 0;
    expect_int (recv_bytes (mon, head, sizeof head), 6);
    expect_int (get_int (mon, ZMQ_RCVMORE), 1);
    memcpy (&event, head, 2);
    memcpy (&value, head + 2, 4);
    int size = recv_bytes (mon, e->address, sizeof e->address - 1);
    e->address[size < 255 ? size : 255] = 0;
    expect_int (get_int (mon, ZMQ_RCVMORE), 0);
    e->event = event;
    e->value = value;
    return 1;
}

struct event monitor_wait (const char *file, int line, void *mon, int event)
{
    struct event e;
    long limit = now_ms () + LONG_MS;
    while (monitor_next (mon, &e, limit - now_ms () > 0 ? limit - now_ms () : 0))
        if (e.event == event)
            return e;
    check_fail (file, line, "event 0x%x never came", event);
    memset (&e, 0, sizeof e);
    return e;
}

struct event monitor_expect (const char *file, int line, void *mon, int event)
{
    struct event e;
    memset (&e, 0, sizeof e);
    if (!monitor_next (mon, &e, LONG_MS))
        check_fail (file, line, "no event came, 0x%x was due", event);
    else if (e.event != event)
        check_fail (file, line, "event 0x%x (value %d, \"%s\") came, not 0x%x", e.event, e.value, e.address, event);
    return e;
}

void monitor_nothing (const char *file, int line, void *mon)
{
    struct event e;
    if (monitor_next (mon, &e, SHORT_MS))
        check_fail (file, line, "unexpected event 0x%x (value %d, \"%s\")", e.event, e.value, e.address);
}
