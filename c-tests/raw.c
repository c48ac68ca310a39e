/* Raw TCP peers: bytes in, bytes out, and just enough ZMTP to shake hands. */
#include "tools.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static void no_delay (int fd)
{
    int on = 1;
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int raw_connect (const char *endpoint)
{
    struct sockaddr_in address;
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    tcp_address (endpoint, &address);
    expect_ok (connect (fd, (struct sockaddr *) &address, sizeof address));
    no_delay (fd);
    return fd;
}

int raw_listen (const char **endpoint)
{
    static char texts[8][64];
    static int turn;
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    char *text = texts[turn++ % 8];
    memset (&address, 0, sizeof address);
    address.sin_family = AF_INET;
    inet_pton (AF_INET, loopback (), &address.sin_addr);
    expect_ok (bind (fd, (struct sockaddr *) &address, sizeof address));
    expect_ok (getsockname (fd, (struct sockaddr *) &address, &size));
    expect_ok (listen (fd, 10));
    snprintf (text, sizeof texts[0], "tcp://%s:%d", loopback (), ntohs (address.sin_port));
    *endpoint = text;
    return fd;
}

static int readable (int fd, long ms)
{
    struct pollfd p = {fd, POLLIN, 0};
    return poll (&p, 1, (int) ms) == 1;
}

int raw_accept (int listener)
{
    if (!readable (listener, LONG_MS))
        check_fail (__FILE__, __LINE__, "nobody connected");
    int fd = accept (listener, NULL, NULL);
    expect_true (fd != -1);
    no_delay (fd);
    return fd;
}

void raw_close (int fd)
{
    close (fd);
}

void raw_send (int fd, const void *bytes, size_t size)
{
    const char *p = bytes;
    while (size) {
        ssize_t n = send (fd, p, size, MSG_NOSIGNAL);
        if (n <= 0) {
            check_fail (__FILE__, __LINE__, "raw send failed: %s", error_name (errno));
            return;
        }
        p += n;
        size -= (size_t) n;
    }
}

static size_t from_hex (const char *hex, unsigned char *bytes, size_t room)
{
    size_t size = 0;
    unsigned value;
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        if (size == room || sscanf (hex, "%2x", &value) != 1)
            abort ();
        bytes[size++] = (unsigned char) value;
        hex++;
    }
    return size;
}

void raw_hex (int fd, const char *hex)
{
    unsigned char bytes[2048];
    raw_send (fd, bytes, from_hex (hex, bytes, sizeof bytes));
}

size_t raw_read (int fd, void *buffer, size_t size, long ms)
{
    size_t got = 0;
    long limit = now_ms () + ms;
    while (got < size) {
        long left = limit - now_ms ();
        if (!readable (fd, left > 0 ? left : 0))
            break;
        ssize_t n = recv (fd, (char *) buffer + got, size - got, 0);
        if (n <= 0)
            break;
        got += (size_t) n;
    }
    return got;
}

void raw_check_hex (const char *file, int line, int fd, const char *hex)
{
    unsigned char wanted[2048], got[2048];
    char text[3 * 64 + 1] = "";
    size_t size = from_hex (hex, wanted, sizeof wanted);
    size_t n = raw_read (fd, got, size, LONG_MS);
    if (n == size && memcmp (got, wanted, size) == 0)
        return;
    for (size_t i = 0; i < n && i < 64; i++)
        snprintf (text + 3 * i, 4, "%02x ", got[i]);
    check_fail (file, line, "the peer sent %zu of %zu bytes: %s, not %s", n, size, text, hex);
}

void raw_check_end (const char *file, int line, int fd)
{
    char bytes[256];
    long limit = now_ms () + LONG_MS;
    while (now_ms () < limit) {
        if (!readable (fd, limit - now_ms ()))
            break;
        ssize_t n = recv (fd, bytes, sizeof bytes, 0);
        if (n <= 0)
            return;
    }
    check_fail (file, line, "the connection was not closed");
}

int raw_ended (int fd)
{
    char bytes[256];
    ssize_t n;
    while ((n = recv (fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        ;
    return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void raw_check_quiet (const char *file, int line, int fd)
{
    unsigned char byte;
    if (!readable (fd, SHORT_MS))
        return;
    if (recv (fd, &byte, 1, 0) == 1)
        check_fail (file, line, "unexpected byte %02x", byte);
    else
        check_fail (file, line, "the connection was closed");
}

int raw_frame (int fd, struct frame *f, long ms)
{
    unsigned char head[9];
    f->size = 0;
    f->flags = 0;
    if (raw_read (fd, head, 2, ms) != 2)
        return 0;
    f->flags = head[0];
    f->size = head[1];
    if (head[0] & 2) {
        expect_int (raw_read (fd, head + 2, 7, LONG_MS), 7);
        f->size = 0;
        for (int i = 1; i < 9; i++)
            f->size = f->size << 8 | head[i];
    }
    if (f->size > sizeof f->body)
        check_fail (__FILE__, __LINE__, "a frame of %zu bytes", f->size);
    expect_int (raw_read (fd, f->body, f->size, LONG_MS), f->size);
    return 1;
}

void raw_greeting (int fd, int major, int minor, const char *mechanism, int as_server)
{
    unsigned char g[64];
    memset (g, 0, sizeof g);
    g[0] = 0xff;
    g[9] = 0x7f;
    g[10] = (unsigned char) major;
    g[11] = (unsigned char) minor;
    memcpy (g + 12, mechanism, strlen (mechanism));
    g[32] = (unsigned char) as_server;
    raw_send (fd, g, sizeof g);
}

void raw_take_greeting (int fd, unsigned char greeting[64])
{
    expect_int (raw_read (fd, greeting, 64, LONG_MS), 64);
}

void raw_command (int fd, const char *name, const void *data, size_t size)
{
    unsigned char bytes[4096];
    size_t body = 1 + strlen (name) + size, at = 0;
    if (body > 4000)
        abort ();
    bytes[at++] = body > 255 ? 6 : 4;
    if (body > 255) {
        memset (bytes + at, 0, 6);
        at += 6;
        bytes[at++] = (unsigned char) (body >> 8);
    }
    bytes[at++] = (unsigned char) body;
    bytes[at++] = (unsigned char) strlen (name);
    memcpy (bytes + at, name, strlen (name));
    at += strlen (name);
    if (size)
        memcpy (bytes + at, data, size);
    raw_send (fd, bytes, at + size);
}

static size_t property (unsigned char *at, const char *name, const char *value)
{
    size_t n = strlen (name), v = strlen (value);
    at[0] = (unsigned char) n;
    memcpy (at + 1, name, n);
    memset (at + 1 + n, 0, 3);
    at[4 + n] = (unsigned char) v;
    memcpy (at + 5 + n, value, v);
    return 5 + n + v;
}

void raw_ready (int fd, const char *socket_type, const char *identity)
{
    unsigned char data[1024];
    size_t size = property (data, "Socket-Type", socket_type);
    if (identity)
        size += property (data + size, "Identity", identity);
    raw_command (fd, "READY", data, size);
}

void raw_handshake (int fd, const char *socket_type, int minor)
{
    unsigned char greeting[64];
    struct frame f;
    raw_greeting (fd, 3, minor, "NULL", 0);
    raw_take_greeting (fd, greeting);
    raw_ready (fd, socket_type, NULL);
    if (!raw_frame (fd, &f, LONG_MS))
        check_fail (__FILE__, __LINE__, "no READY came");
    expect_mem (f.body, "\5READY", 6);
}

void raw_message (int fd, const char *text, int more)
{
    unsigned char bytes[257];
    size_t size = strlen (text);
    if (size > 255)
        abort ();
    bytes[0] = more ? 1 : 0;
    bytes[1] = (unsigned char) size;
    memcpy (bytes + 2, text, size);
    raw_send (fd, bytes, size + 2);
}
