#include "stress.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/un.h>

int scale = 1;
uint64_t seed;
long duration_s;

void fail (const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    fprintf (stderr, "%s:%d: ", file, line);
    vfprintf (stderr, format, args);
    fprintf (stderr, "\n");
    va_end (args);
    _exit (1);
}

void skip (const char *reason)
{
    printf ("%s\n", reason);
    fflush (stdout);
    _exit (77);
}

bool is_shortage (int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN || error == ENOBUFS
           || error == EMTHREAD;
}

long now_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void nap_ms (long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep (&time, NULL);
}

static int entries (const char *path)
{
    DIR *dir = opendir (path);
    if (!dir)
        return -1;
    int count = 0;
    for (struct dirent *e; (e = readdir (dir));)
        count += e->d_name[0] != '.';
    closedir (dir);
    return count;
}

int open_fds (void)
{
    return entries ("/proc/self/fd") - 1; /* without the folder's own */
}

int threads_alive (void)
{
    return entries ("/proc/self/task");
}

long rss_kb (void)
{
    long pages = 0;
    FILE *statm = fopen ("/proc/self/statm", "r");
    expect (statm);
    expect_eq (fscanf (statm, "%*d %ld", &pages), 1);
    fclose (statm);
    return pages * (sysconf (_SC_PAGESIZE) / 1024);
}

size_t allocated (void)
{
    struct mallinfo2 info = mallinfo2 ();
    return info.uordblks + info.hblkhd;
}

static char address[16];

/* By the first process's number, so that its children have the same. */
static void choose_loopback (void)
{
    unsigned pid = (unsigned) getpid ();
    snprintf (address, sizeof address, "127.%u.%u.%u", 128 + pid / 62500 % 100, pid / 250 % 250, pid % 250 + 1);
}

const char *loopback (void)
{
    return address;
}

const char *unique (const char *prefix)
{
    static int counter;
    static __thread char text[128];
    int n = __atomic_add_fetch (&counter, 1, __ATOMIC_SEQ_CST);
    if (!strcmp (prefix, "tcp"))
        snprintf (text, sizeof text, "tcp://%s:*", loopback ());
    else
        snprintf (text, sizeof text, "%s://@stress-%d-%d", prefix, (int) getpid (), n);
    return text;
}

const char *endpoint_of (void *socket)
{
    static __thread char text[256];
    size_t size = sizeof text;
    expect_ok (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, text, &size));
    return text;
}

int port_of (void *socket)
{
    return atoi (strrchr (endpoint_of (socket), ':') + 1);
}

uint64_t next_random (uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

void set_int (void *socket, int option, int value)
{
    expect_ok (zmq_setsockopt (socket, option, &value, sizeof value));
}

void in_child (void (*fn) (void *), void *arg, const char *what)
{
    fflush (NULL);
    pid_t child = fork ();
    expect_ok (child);
    if (child == 0) {
        fn (arg);
        fflush (NULL);
        _exit (0);
    }
    int status;
    expect_eq (waitpid (child, &status, 0), child);
    if (status != 0)
        fail (__FILE__, __LINE__, "%s: the process ended with %s %d", what, WIFSIGNALED (status) ? "signal" : "status",
              WIFSIGNALED (status) ? WTERMSIG (status) : WEXITSTATUS (status));
}

int raw_socket (bool tcp)
{
    int fd = socket (tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    expect_ok (fd);
    if (tcp)
        expect_ok (setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    return fd;
}

void raw_join (int fd, const char *endpoint)
{
    const char *name = strstr (endpoint, "://") + 3;
    if (!strncmp (endpoint, "tcp", 3)) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons ((uint16_t) atoi (strrchr (name, ':') + 1))};
        char host[16] = "";
        expect (sscanf (name, "%15[0-9.]:", host) == 1 && inet_pton (AF_INET, host, &to.sin_addr) == 1);
        expect_ok (connect (fd, (struct sockaddr *) &to, sizeof to));
        return;
    }
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t size = strlen (name);
    memcpy (to.sun_path, name, size);
    if (name[0] == '@')
        to.sun_path[0] = 0;
    expect_ok (connect (fd, (struct sockaddr *) &to, (socklen_t) (offsetof (struct sockaddr_un, sun_path) + size)));
}

int raw_connect (int port)
{
    char endpoint[64];
    int fd = raw_socket (true);
    snprintf (endpoint, sizeof endpoint, "tcp://%s:%d", loopback (), port);
    raw_join (fd, endpoint);
    return fd;
}

int raw_connect_ipc (const char *endpoint)
{
    int fd = raw_socket (false);
    raw_join (fd, endpoint);
    return fd;
}

bool raw_write (int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t n = send (fd, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t) n;
    }
    return true;
}

static bool raw_read (int fd, void *bytes, size_t size)
{
    char *at = bytes;
    while (size > 0) {
        ssize_t n = recv (fd, at, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t) n;
    }
    return true;
}

bool raw_frame (int fd, int flags, const void *bytes, size_t size)
{
    unsigned char head[9] = {(unsigned char) flags, (unsigned char) size};
    size_t length = 2;
    if (size > 255) {
        head[0] |= 2;
        for (int i = 0; i < 8; i++)
            head[1 + i] = (unsigned char) ((uint64_t) size >> (56 - 8 * i));
        length = 9;
    }
    return raw_write (fd, head, length) && raw_write (fd, bytes, size);
}

bool raw_handshake (int fd, const char *socket_type)
{
    unsigned char greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
    unsigned char ready[64], in[512];
    size_t length = strlen (socket_type), at = 0;
    memcpy (ready, "\5READY\13Socket-Type\0\0\0", 21);
    at = 21;
    ready[at++] = (unsigned char) length;
    memcpy (ready + at, socket_type, length);
    at += length;
    return raw_write (fd, greeting, sizeof greeting) && raw_read (fd, in, 64) && raw_frame (fd, 4, ready, at)
           && raw_read (fd, in, 2) && raw_read (fd, in + 2, in[1]);
}

bool raw_wait_close (int fd, int timeout_ms)
{
    long limit = now_ms () + timeout_ms;
    char bytes[4096];
    for (;;) {
        long left = limit - now_ms ();
        struct pollfd item = {fd, POLLIN, 0};
        if (left <= 0 || poll (&item, 1, (int) left) == 0)
            return false;
        ssize_t n = recv (fd, bytes, sizeof bytes, 0);
        if (n == 0 || (n < 0 && errno != EINTR))
            return true;
    }
}

int main (int argc, char **argv)
{
    const char *name = NULL;
    bool seeded = false;
    choose_loopback ();
    signal (SIGPIPE, SIG_DFL); /* the library must never raise it */
    for (int i = 1; i < argc; i++) {
        if (!strcmp (argv[i], "--list")) {
            for (const struct stress_case *c = cases; c->name; c++)
                puts (c->name);
            return 0;
        } else if (!strcmp (argv[i], "--long"))
            scale = 20;
        else if (!strcmp (argv[i], "--seconds") && i + 1 < argc)
            duration_s = atol (argv[++i]);
        else if (!strcmp (argv[i], "--seed") && i + 1 < argc) {
            seed = strtoull (argv[++i], NULL, 0);
            seeded = true;
        } else
            name = argv[i];
    }
    if (!seeded) {
        struct timespec now;
        clock_gettime (CLOCK_REALTIME, &now);
        seed = (uint64_t) now.tv_sec * 1000003 ^ (uint64_t) now.tv_nsec ^ (uint64_t) getpid () << 32;
    }
    for (const struct stress_case *c = cases; c->name; c++) {
        if (name && !strcmp (c->name, name)) {
            printf ("seed 0x%llx\n", (unsigned long long) seed);
            fflush (stdout);
            c->run ();
            return 0;
        }
    }
    fprintf (stderr, "usage: %s --list | [--long] [--seconds N] [--seed N] CASE\n", argv[0]);
    return 2;
}
