//  example.c - what the programs of this folder share

#include "example.h"
#include <fcntl.h>

volatile sig_atomic_t s_interrupted = 0;

void ex_prepare (void)
{
    setvbuf (stdout, NULL, _IOLBF, 0);
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    srandom ((unsigned) ex_number ("SEED", now.tv_nsec ^ now.tv_sec ^ getpid ()));
    long seconds = ex_number ("SECONDS", 0);
    if (seconds > 0)
        alarm ((unsigned) seconds);
}

long ex_number (const char *name, long fallback)
{
    const char *text = ex_endpoint (name, NULL);
    if (!text)
        return fallback;
    char *end;
    errno = 0;
    long value = strtol (text, &end, 10);
    if (errno || end == text || *end) {
        fprintf (stderr, "E: ZMQ_EXAMPLE_%s is no number: %s\n", name, text);
        exit (2);
    }
    return value;
}

long ex_count (long fallback)
{
    return ex_number ("COUNT", fallback);
}

const char *ex_endpoint (const char *role, const char *fallback)
{
    char name [64];
    snprintf (name, sizeof name, "ZMQ_EXAMPLE_%s", role);
    const char *value = getenv (name);
    return value && *value ? value : fallback;
}

void ex_die (const char *what)
{
    fprintf (stderr, "E: %s: %s\n", what, zmq_strerror (zmq_errno ()));
    exit (1);
}

//  True in threads that ex_thread started
static __thread bool s_in_thread;

//  A call on a socket failed. A thread that finds its context terminated just
//  ends, as it would have a little later; everything else is fatal.
static void s_socket_failed (void *socket, const char *what)
{
    if (zmq_errno () != ETERM || !s_in_thread)
        ex_die (what);
    if (socket)
        zmq_close (socket);
    pthread_exit (NULL);
}

void *ex_socket (void *context, int type)
{
    void *socket = zmq_socket (context, type);
    if (!socket)
        s_socket_failed (NULL, "zmq_socket");
    ex_set_int (socket, ZMQ_LINGER, 2000);
    return socket;
}

void ex_bind_to (void *socket, const char *role, const char *endpoint)
{
    if (zmq_bind (socket, endpoint) == -1)
        s_socket_failed (socket, endpoint);
    char *actual = ex_last_endpoint (socket);
    fprintf (stderr, "bound %s %s\n", role, actual);
    free (actual);
}

char *ex_last_endpoint (void *socket)
{
    char actual [256];
    size_t size = sizeof actual;
    if (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, actual, &size) == -1)
        ex_die ("ZMQ_LAST_ENDPOINT");
    //  A wildcard address can be bound but not connected to
    if (strncmp (actual, "tcp://0.0.0.0:", 14) == 0)
        return ex_format ("tcp://127.0.0.1:%s", actual + 14);
    return ex_format ("%s", actual);
}

void ex_bind (void *socket, const char *role, const char *fallback)
{
    const char *chosen = ex_endpoint (role, NULL);
    if (chosen)
        ex_bind_to (socket, role, chosen);
    else
    if (zmq_bind (socket, fallback) == -1)
        ex_die (fallback);
}

void ex_connect_to (void *socket, const char *endpoint)
{
    if (zmq_connect (socket, endpoint) == -1)
        s_socket_failed (socket, endpoint);
}

void ex_connect (void *socket, const char *role, const char *fallback)
{
    ex_connect_to (socket, ex_endpoint (role, fallback));
}

void ex_subscribe (void *socket, const char *prefix)
{
    if (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, prefix, strlen (prefix)) == -1)
        s_socket_failed (socket, "ZMQ_SUBSCRIBE");
}

void ex_set_int (void *socket, int option, int value)
{
    if (zmq_setsockopt (socket, option, &value, sizeof value) == -1)
        s_socket_failed (socket, "zmq_setsockopt");
}

int ex_wait (void *socket, long timeout_ms)
{
    zmq_pollitem_t item = { socket, 0, ZMQ_POLLIN, 0 };
    return zmq_poll (&item, 1, timeout_ms);
}

typedef struct {
    void *(*body) (void *);
    void *argument;
} start_t;

static void *s_thread_main (void *argument)
{
    start_t start = *(start_t *) argument;
    free (argument);
    s_in_thread = true;
    return start.body (start.argument);
}

pthread_t ex_thread (void *(*body) (void *), void *argument)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &before);
    start_t *start = (start_t *) ex_alloc (sizeof (start_t));
    *start = (start_t) { body, argument };
    int rc = pthread_create (&thread, NULL, s_thread_main, start);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    if (rc) {
        errno = rc;
        ex_die ("pthread_create");
    }
    return thread;
}

void ex_term (void *context)
{
    while (zmq_ctx_term (context) == -1 && errno == EINTR)
        ;
}

void *ex_alloc (size_t size)
{
    void *memory = calloc (1, size ? size : 1);
    if (!memory)
        ex_die ("out of memory");
    return memory;
}

char *ex_format (const char *format, ...)
{
    va_list args;
    va_start (args, format);
    int size = vsnprintf (NULL, 0, format, args);
    va_end (args);
    char *text = (char *) ex_alloc ((size_t) size + 1);
    va_start (args, format);
    vsnprintf (text, (size_t) size + 1, format, args);
    va_end (args);
    return text;
}

void ex_random_hex (char *text, size_t bytes)
{
    int source = open ("/dev/urandom", O_RDONLY);
    if (source == -1)
        ex_die ("/dev/urandom");
    for (size_t i = 0; i < bytes; i++) {
        unsigned char byte;
        if (read (source, &byte, 1) != 1)
            ex_die ("/dev/urandom");
        snprintf (text + 2 * i, 3, "%02x", byte);
    }
    close (source);
}
