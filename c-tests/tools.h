/* Sockets, messages, monitors and raw peers for the cases. Everything handed out here is cleaned up by the harness. */
#ifndef TOOLS_H
#define TOOLS_H

#include "harness.h"

#include <sys/uio.h>

/* Names newer than the oldest header this suite builds against. */
#ifndef ZMQ_ROUTER_NOTIFY
#define ZMQ_ROUTER_NOTIFY 97
#endif

/* ---- contexts and sockets ---- */

void *ctx_new (void);
void *sock (void *ctx, int type);        /* LINGER 0, send and receive time out after LONG_MS */
void sock_close (void *socket);          /* closes before the teardown does */
void ctx_term (void *ctx);               /* terminates before the teardown does */
void give_up_socket (void *socket);      /* the case closes it itself */
void give_up_ctx (void *ctx);            /* the case terminates it itself */

void set_int (void *socket, int option, int value);
int get_int (void *socket, int option);
const char *last_endpoint (void *socket);
const char *fresh_endpoint (const char *transport);          /* to bind; tcp has a wildcard port */
const char *bind_any (void *socket, const char *transport);  /* returns LAST_ENDPOINT */
const char *bind_127_0_0_1 (void *socket);                   /* the same, for cases that write addresses themselves */
void connect_to (void *socket, const char *endpoint);
void pair_up (void *binder, void *connecter, const char *transport);
int tcp_port_of (const char *endpoint);
const char *free_tcp_endpoint (void);    /* a port nobody listens on right now */
/* An address of this process alone, as far as the system has more than one: what is still connecting to a port that another
 * case had does not arrive here. */
const char *loopback (void);
struct sockaddr_in;
void tcp_address (const char *endpoint, struct sockaddr_in *address);

/* ---- descriptors ---- */

void no_descriptors (void);              /* none can be had from now on, but for those that are given back */
void descriptors_again (void);           /* the teardown does this, too */

/* ---- messages ---- */

void send_text (void *socket, const char *text, int flags);
void send_parts (void *socket, const char *first, ...);      /* up to NULL */
void expect_text (const char *file, int line, void *socket, const char *text, int more);
void expect_parts (const char *file, int line, void *socket, const char *first, ...);
void expect_silence (const char *file, int line, void *socket, long ms);
#define recv_text(s, text) expect_text (__FILE__, __LINE__, s, text, -1)
#define recv_last(s, text) expect_text (__FILE__, __LINE__, s, text, 0)
#define recv_more(s, text) expect_text (__FILE__, __LINE__, s, text, 1)
#define recv_parts(s, ...) expect_parts (__FILE__, __LINE__, s, __VA_ARGS__)
#define recv_nothing(s) expect_silence (__FILE__, __LINE__, s, SHORT_MS)
int recv_bytes (void *socket, void *buffer, size_t size);    /* size of the part, fatal on error */
int poll_socket (void *socket, short events, long ms);       /* revents */
int fill (void *socket, int most);                           /* DONTWAIT sends until EAGAIN */
int drain (void *socket);                                    /* DONTWAIT receives until EAGAIN */
void wait_in (void *socket);
void wait_out (void *socket);
void subscribe (void *socket, const char *topic);
void kick (void *socket);                 /* lets the socket process its commands */

/* ---- bytes that differ from place to place and from message to message ---- */

unsigned char byte_of (int n, size_t i);                     /* byte `i` of message `n` */
unsigned char *made (int n, size_t size);                    /* all of them, to be freed */
void check_bytes (int n, const void *bytes, size_t size);

/* ---- monitor ---- */

struct event {
    int event;
    int value;
    char address[256];
};
void *monitor (void *ctx, void *socket, int mask);
int monitor_next (void *mon, struct event *e, long ms);      /* 0 if none came */
struct event monitor_wait (const char *file, int line, void *mon, int event);   /* skips others */
struct event monitor_expect (const char *file, int line, void *mon, int event); /* the very next one */
void monitor_nothing (const char *file, int line, void *mon);
#define mon_wait(mon, e) monitor_wait (__FILE__, __LINE__, mon, e)
#define mon_expect(mon, e) monitor_expect (__FILE__, __LINE__, mon, e)
#define mon_nothing(mon) monitor_nothing (__FILE__, __LINE__, mon)

/* ---- raw TCP peers that speak bytes ---- */

int raw_connect (const char *endpoint);
int raw_listen (const char **endpoint);
int raw_accept (int listener);
void raw_close (int fd);
void raw_send (int fd, const void *bytes, size_t size);
void raw_hex (int fd, const char *hex);                      /* "ff 00 7f", blanks ignored */
size_t raw_read (int fd, void *buffer, size_t size, long ms); /* up to size bytes, fewer at EOF or time-out */
int raw_ended (int fd);                                      /* closed by the peer; discards what came before */
void raw_check_hex (const char *file, int line, int fd, const char *hex);
void raw_check_end (const char *file, int line, int fd);
void raw_check_quiet (const char *file, int line, int fd);
#define raw_expect(fd, hex) raw_check_hex (__FILE__, __LINE__, fd, hex)
#define raw_expect_end(fd) raw_check_end (__FILE__, __LINE__, fd)
#define raw_expect_quiet(fd) raw_check_quiet (__FILE__, __LINE__, fd)

struct frame {
    int flags;
    size_t size;
    unsigned char body[4096];
};
int raw_frame (int fd, struct frame *f, long ms);            /* next v2/v3 frame; 0 if none */
void raw_greeting (int fd, int major, int minor, const char *mechanism, int as_server);
void raw_ready (int fd, const char *socket_type, const char *identity); /* identity NULL: no such property */
void raw_take_greeting (int fd, unsigned char greeting[64]);
void raw_handshake (int fd, const char *socket_type, int minor); /* NULL mechanism, both ways, READY included */
void raw_message (int fd, const char *text, int more);
void raw_command (int fd, const char *name, const void *data, size_t size);

#endif
