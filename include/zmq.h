/* zmq.h: the C interface of zmq_rs, compatible with libzmq 4.3.
 *
 * Generated from src/abi by build.rs; make header writes it anew.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef __ZMQ_H_INCLUDED__
#define __ZMQ_H_INCLUDED__

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* <stdint.h> has been included. */
#define ZMQ_DEFINED_STDINT 1
#define ZMQ_MAKE_VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))
#define ZMQ_VERSION ZMQ_MAKE_VERSION(ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH)

/* There is zmq_timers_new and the rest. */
#define ZMQ_HAVE_TIMERS

#if (defined __GNUC__ && __GNUC__ >= 4) || defined __clang__
#define ZMQ_EXPORT __attribute__((visibility("default")))
#else
#define ZMQ_EXPORT
#endif

/* Error numbers of POSIX, where the platform lacks them. */
#ifndef ENOTSUP
#define ENOTSUP (ZMQ_HAUSNUMERO + 1)
#endif
#ifndef EPROTONOSUPPORT
#define EPROTONOSUPPORT (ZMQ_HAUSNUMERO + 2)
#endif
#ifndef ENOBUFS
#define ENOBUFS (ZMQ_HAUSNUMERO + 3)
#endif
#ifndef ENETDOWN
#define ENETDOWN (ZMQ_HAUSNUMERO + 4)
#endif
#ifndef EADDRINUSE
#define EADDRINUSE (ZMQ_HAUSNUMERO + 5)
#endif
#ifndef EADDRNOTAVAIL
#define EADDRNOTAVAIL (ZMQ_HAUSNUMERO + 6)
#endif
#ifndef ECONNREFUSED
#define ECONNREFUSED (ZMQ_HAUSNUMERO + 7)
#endif
#ifndef EINPROGRESS
#define EINPROGRESS (ZMQ_HAUSNUMERO + 8)
#endif
#ifndef ENOTSOCK
#define ENOTSOCK (ZMQ_HAUSNUMERO + 9)
#endif
#ifndef EMSGSIZE
#define EMSGSIZE (ZMQ_HAUSNUMERO + 10)
#endif
#ifndef EAFNOSUPPORT
#define EAFNOSUPPORT (ZMQ_HAUSNUMERO + 11)
#endif
#ifndef ENETUNREACH
#define ENETUNREACH (ZMQ_HAUSNUMERO + 12)
#endif
#ifndef ECONNABORTED
#define ECONNABORTED (ZMQ_HAUSNUMERO + 13)
#endif
#ifndef ECONNRESET
#define ECONNRESET (ZMQ_HAUSNUMERO + 14)
#endif
#ifndef ENOTCONN
#define ENOTCONN (ZMQ_HAUSNUMERO + 15)
#endif
#ifndef ETIMEDOUT
#define ETIMEDOUT (ZMQ_HAUSNUMERO + 16)
#endif
#ifndef EHOSTUNREACH
#define EHOSTUNREACH (ZMQ_HAUSNUMERO + 17)
#endif
#ifndef ENETRESET
#define ENETRESET (ZMQ_HAUSNUMERO + 18)
#endif

/* A message part: an object of 64 bytes on a pointer's boundary, for zmq_msg_* alone to look into. */
typedef struct zmq_msg_t
{
#if defined __GNUC__ || defined __clang__
    unsigned char _[64] __attribute__((aligned(sizeof(void *))));
#else
    unsigned char _[64];
#endif
} zmq_msg_t;

struct iovec;

#ifdef __cplusplus
extern "C" {
#endif

/* Gives the content of a message back: zmq_msg_init_data(3). */
typedef void(zmq_free_fn)(void *data_, void *hint_);

/* What a timer runs: zmq_timers(3). */
typedef void(zmq_timer_fn)(int timer_id, void *arg);

/* What a thread runs: zmq_threadstart. */
typedef void(zmq_thread_fn)(void *arg);

/* The version of libzmq that this library is compatible with. */
#define ZMQ_VERSION_MAJOR 4
#define ZMQ_VERSION_MINOR 3
#define ZMQ_VERSION_PATCH 6

/* The first of the error numbers that are ZeroMQ's own. */
#define ZMQ_HAUSNUMERO 156384712

/* Errors that only ZeroMQ has. */
#define EFSM (ZMQ_HAUSNUMERO + 51)
#define ENOCOMPATPROTO (ZMQ_HAUSNUMERO + 52)
#define ETERM (ZMQ_HAUSNUMERO + 53)
#define EMTHREAD (ZMQ_HAUSNUMERO + 54)

/* Context options: zmq_ctx_set(3). */
#define ZMQ_IO_THREADS 1
#define ZMQ_MAX_SOCKETS 2
#define ZMQ_SOCKET_LIMIT 3
#define ZMQ_THREAD_PRIORITY 3
#define ZMQ_THREAD_SCHED_POLICY 4
#define ZMQ_MAX_MSGSZ 5
#define ZMQ_MSG_T_SIZE 6
#define ZMQ_THREAD_AFFINITY_CPU_ADD 7
#define ZMQ_THREAD_AFFINITY_CPU_REMOVE 8
#define ZMQ_THREAD_NAME_PREFIX 9

/* Defaults of context options. */
#define ZMQ_IO_THREADS_DFLT 1
#define ZMQ_MAX_SOCKETS_DFLT 1023
#define ZMQ_THREAD_PRIORITY_DFLT -1
#define ZMQ_THREAD_SCHED_POLICY_DFLT -1

/* Socket types: zmq_socket(3). */
#define ZMQ_PAIR 0
#define ZMQ_PUB 1
#define ZMQ_SUB 2
#define ZMQ_REQ 3
#define ZMQ_REP 4
#define ZMQ_DEALER 5
#define ZMQ_ROUTER 6
#define ZMQ_PULL 7
#define ZMQ_PUSH 8
#define ZMQ_XPUB 9
#define ZMQ_XSUB 10
#define ZMQ_STREAM 11

/* Older names of socket types. */
#define ZMQ_XREQ ZMQ_DEALER
#define ZMQ_XREP ZMQ_ROUTER

/* Message properties: zmq_msg_get(3). */
#define ZMQ_MORE 1
#define ZMQ_SRCFD 2
#define ZMQ_SHARED 3

/* Flags of send and receive. */
#define ZMQ_DONTWAIT 1
#define ZMQ_SNDMORE 2

/* Older name of a flag. */
#define ZMQ_NOBLOCK ZMQ_DONTWAIT

/* Security mechanisms: ZMQ_MECHANISM. */
#define ZMQ_NULL 0
#define ZMQ_PLAIN 1
#define ZMQ_CURVE 2
#define ZMQ_GSSAPI 3

/* GSSAPI name types. */
#define ZMQ_GSSAPI_NT_HOSTBASED 0
#define ZMQ_GSSAPI_NT_USER_NAME 1
#define ZMQ_GSSAPI_NT_KRB5_PRINCIPAL 2

/* The longest name of a group. */
#define ZMQ_GROUP_MAX_LENGTH 255

/* Events to poll for: zmq_poll(3). */
#define ZMQ_POLLIN 1
#define ZMQ_POLLOUT 2
#define ZMQ_POLLERR 4
#define ZMQ_POLLPRI 8

/* A number of poll items that needs no allocation in libzmq. */
#define ZMQ_POLLITEMS_DFLT 16

/* Kinds of zmq_device(3). */
#define ZMQ_STREAMER 1
#define ZMQ_FORWARDER 2
#define ZMQ_QUEUE 3

/* There is zmq_has(3). */
#define ZMQ_HAS_CAPABILITIES 1

/* Monitor events: zmq_socket_monitor(3). */
#define ZMQ_EVENT_CONNECTED 1
#define ZMQ_EVENT_CONNECT_DELAYED 2
#define ZMQ_EVENT_CONNECT_RETRIED 4
#define ZMQ_EVENT_LISTENING 8
#define ZMQ_EVENT_BIND_FAILED 16
#define ZMQ_EVENT_ACCEPTED 32
#define ZMQ_EVENT_ACCEPT_FAILED 64
#define ZMQ_EVENT_CLOSED 128
#define ZMQ_EVENT_CLOSE_FAILED 256
#define ZMQ_EVENT_DISCONNECTED 512
#define ZMQ_EVENT_MONITOR_STOPPED 1024
#define ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL 2048
#define ZMQ_EVENT_HANDSHAKE_SUCCEEDED 4096
#define ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL 8192
#define ZMQ_EVENT_HANDSHAKE_FAILED_AUTH 16384
#define ZMQ_EVENT_ALL 65535

/* Values of ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED 268435456
#define ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND 268435457
#define ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE 268435458
#define ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE 268435459
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED 268435473
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE 268435474
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO 268435475
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE 268435476
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR 268435477
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY 268435478
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME 268435479
#define ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA 268435480
#define ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC 285212673
#define ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH 285212674
#define ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED 536870912
#define ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY 536870913
#define ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID 536870914
#define ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION 536870915
#define ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE 536870916
#define ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA 536870917
#define ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED 805306368

/* Socket options: zmq_setsockopt(3), zmq_getsockopt(3). */
#define ZMQ_AFFINITY 4
#define ZMQ_ROUTING_ID 5
#define ZMQ_SUBSCRIBE 6
#define ZMQ_UNSUBSCRIBE 7
#define ZMQ_RATE 8
#define ZMQ_RECOVERY_IVL 9
#define ZMQ_SNDBUF 11
#define ZMQ_RCVBUF 12
#define ZMQ_RCVMORE 13
#define ZMQ_FD 14
#define ZMQ_EVENTS 15
#define ZMQ_TYPE 16
#define ZMQ_LINGER 17
#define ZMQ_RECONNECT_IVL 18
#define ZMQ_BACKLOG 19
#define ZMQ_RECONNECT_IVL_MAX 21
#define ZMQ_MAXMSGSIZE 22
#define ZMQ_SNDHWM 23
#define ZMQ_RCVHWM 24
#define ZMQ_MULTICAST_HOPS 25
#define ZMQ_RCVTIMEO 27
#define ZMQ_SNDTIMEO 28
#define ZMQ_IPV4ONLY 31
#define ZMQ_LAST_ENDPOINT 32
#define ZMQ_ROUTER_MANDATORY 33
#define ZMQ_TCP_KEEPALIVE 34
#define ZMQ_TCP_KEEPALIVE_CNT 35
#define ZMQ_TCP_KEEPALIVE_IDLE 36
#define ZMQ_TCP_KEEPALIVE_INTVL 37
#define ZMQ_TCP_ACCEPT_FILTER 38
#define ZMQ_IMMEDIATE 39
#define ZMQ_XPUB_VERBOSE 40
#define ZMQ_ROUTER_RAW 41
#define ZMQ_IPV6 42
#define ZMQ_MECHANISM 43
#define ZMQ_PLAIN_SERVER 44
#define ZMQ_PLAIN_USERNAME 45
#define ZMQ_PLAIN_PASSWORD 46
#define ZMQ_CURVE_SERVER 47
#define ZMQ_CURVE_PUBLICKEY 48
#define ZMQ_CURVE_SECRETKEY 49
#define ZMQ_CURVE_SERVERKEY 50
#define ZMQ_PROBE_ROUTER 51
#define ZMQ_REQ_CORRELATE 52
#define ZMQ_REQ_RELAXED 53
#define ZMQ_CONFLATE 54
#define ZMQ_ZAP_DOMAIN 55
#define ZMQ_ROUTER_HANDOVER 56
#define ZMQ_TOS 57
#define ZMQ_IPC_FILTER_PID 58
#define ZMQ_IPC_FILTER_UID 59
#define ZMQ_IPC_FILTER_GID 60
#define ZMQ_CONNECT_ROUTING_ID 61
#define ZMQ_GSSAPI_SERVER 62
#define ZMQ_GSSAPI_PRINCIPAL 63
#define ZMQ_GSSAPI_SERVICE_PRINCIPAL 64
#define ZMQ_GSSAPI_PLAINTEXT 65
#define ZMQ_HANDSHAKE_IVL 66
#define ZMQ_SOCKS_PROXY 68
#define ZMQ_XPUB_NODROP 69
#define ZMQ_BLOCKY 70
#define ZMQ_XPUB_MANUAL 71
#define ZMQ_XPUB_WELCOME_MSG 72
#define ZMQ_STREAM_NOTIFY 73
#define ZMQ_INVERT_MATCHING 74
#define ZMQ_HEARTBEAT_IVL 75
#define ZMQ_HEARTBEAT_TTL 76
#define ZMQ_HEARTBEAT_TIMEOUT 77
#define ZMQ_XPUB_VERBOSER 78
#define ZMQ_CONNECT_TIMEOUT 79
#define ZMQ_TCP_MAXRT 80
#define ZMQ_THREAD_SAFE 81
#define ZMQ_MULTICAST_MAXTPDU 84
#define ZMQ_VMCI_BUFFER_SIZE 85
#define ZMQ_VMCI_BUFFER_MIN_SIZE 86
#define ZMQ_VMCI_BUFFER_MAX_SIZE 87
#define ZMQ_VMCI_CONNECT_TIMEOUT 88
#define ZMQ_USE_FD 89
#define ZMQ_GSSAPI_PRINCIPAL_NAMETYPE 90
#define ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE 91
#define ZMQ_BINDTODEVICE 92

/* Older names of socket options. */
#define ZMQ_IDENTITY ZMQ_ROUTING_ID
#define ZMQ_CONNECT_RID ZMQ_CONNECT_ROUTING_ID
#define ZMQ_DELAY_ATTACH_ON_CONNECT ZMQ_IMMEDIATE
#define ZMQ_FAIL_UNROUTABLE ZMQ_ROUTER_MANDATORY
#define ZMQ_ROUTER_BEHAVIOR ZMQ_ROUTER_MANDATORY

/* A descriptor of the operating system. */
typedef int zmq_fd_t;

/* A socket or a descriptor to poll. */
typedef struct zmq_pollitem_t {
    /* The socket, or NULL to poll fd. */
    void *socket;
    /* The descriptor, if socket is NULL. */
    zmq_fd_t fd;
    /* What to wait for: ZMQ_POLL*. */
    short events;
    /* What was found. */
    short revents;
} zmq_pollitem_t;

/* The calling thread's errno. */
ZMQ_EXPORT int zmq_errno(void);

/* The text of an error number; it stays valid for ever. */
ZMQ_EXPORT const char *zmq_strerror(int errnum_);

/* The version that the library is compatible with. */
ZMQ_EXPORT void zmq_version(int *major_, int *minor_, int *patch_);

/* Makes a context. Nothing is started before it is needed. */
ZMQ_EXPORT void *zmq_ctx_new(void);

/* Ends a context: waits until its sockets are closed and what they linger for is sent. */
ZMQ_EXPORT int zmq_ctx_term(void *context_);

/* Makes every blocking call on the context's sockets return, and every later one but zmq_close fail, with ETERM. */
ZMQ_EXPORT int zmq_ctx_shutdown(void *context_);

/* Sets an option of a context. */
ZMQ_EXPORT int zmq_ctx_set(void *context_, int option_, int optval_);

/* Reads an option of a context. */
ZMQ_EXPORT int zmq_ctx_get(void *context_, int option_);

/* The old way to make a context with a number of I/O threads. */
ZMQ_EXPORT void *zmq_init(int io_threads_);

/* The old name of [zmq_ctx_term]. */
ZMQ_EXPORT int zmq_term(void *context_);

/* Another old name of [zmq_ctx_term]. */
ZMQ_EXPORT int zmq_ctx_destroy(void *context_);

/* Opens a socket. */
ZMQ_EXPORT void *zmq_socket(void *context_, int type_);

/* Closes a socket. What it still has to send goes out as LINGER says, in the background. */
ZMQ_EXPORT int zmq_close(void *s_);

/* Sets an option. */
ZMQ_EXPORT int zmq_setsockopt(void *s_, int option_, const void *optval_, size_t optvallen_);

/* Reads an option. */
ZMQ_EXPORT int zmq_getsockopt(void *s_, int option_, void *optval_, size_t *optvallen_);

/* Accepts connections on an endpoint. */
ZMQ_EXPORT int zmq_bind(void *s_, const char *addr_);

/* Connects to an endpoint, in the background. */
ZMQ_EXPORT int zmq_connect(void *s_, const char *addr_);

/* Takes a bind back. Also takes connects back: the two are one operation. */
ZMQ_EXPORT int zmq_unbind(void *s_, const char *addr_);

/* Takes a connect back; see [zmq_unbind]. */
ZMQ_EXPORT int zmq_disconnect(void *s_, const char *addr_);

/* Reports the socket's events on an inproc endpoint; NULL ends the reports. */
ZMQ_EXPORT int zmq_socket_monitor(void *s_, const char *addr_, int events_);

/* Makes an empty message. */
ZMQ_EXPORT int zmq_msg_init(zmq_msg_t *msg_);

/* Makes a message of size_ bytes, which the caller writes. */
ZMQ_EXPORT int zmq_msg_init_size(zmq_msg_t *msg_, size_t size_);

/* Makes a message of the caller's bytes, which ffn_ gives back when nothing refers to them any more. */
ZMQ_EXPORT int zmq_msg_init_data(zmq_msg_t *msg_, void *data_, size_t size_, zmq_free_fn *ffn_, void *hint_);

/* Ends a message and gives its content back. */
ZMQ_EXPORT int zmq_msg_close(zmq_msg_t *msg_);

/* Moves a message; the source is empty afterwards. */
ZMQ_EXPORT int zmq_msg_move(zmq_msg_t *dest_, zmq_msg_t *src_);

/* Copies a message; content outside the 64 bytes is shared, so it must not be changed afterwards. */
ZMQ_EXPORT int zmq_msg_copy(zmq_msg_t *dest_, zmq_msg_t *src_);

/* The content's first byte; NULL if it is no open message. */
ZMQ_EXPORT void *zmq_msg_data(zmq_msg_t *msg_);

/* The content's size in bytes; 0 if it is no open message. */
ZMQ_EXPORT size_t zmq_msg_size(const zmq_msg_t *msg_);

/* 1 if more parts of the message follow, else 0. */
ZMQ_EXPORT int zmq_msg_more(const zmq_msg_t *msg_);

/* A property that is a number: ZMQ_MORE, ZMQ_SHARED or ZMQ_SRCFD. */
ZMQ_EXPORT int zmq_msg_get(const zmq_msg_t *msg_, int property_);

/* Sets a property; there is none that can be set. */
ZMQ_EXPORT int zmq_msg_set(zmq_msg_t *msg_, int property_, int optval_);

/* A property that is text, of the connection that the message came over; valid as long as the message. */
ZMQ_EXPORT const char *zmq_msg_gets(const zmq_msg_t *msg_, const char *property_);

/* Sends a copy of a buffer as one part; returns its size. */
ZMQ_EXPORT int zmq_send(void *s_, const void *buf_, size_t len_, int flags_);

/* Sends a buffer that stays valid for ever, without copying it. */
ZMQ_EXPORT int zmq_send_const(void *s_, const void *buf_, size_t len_, int flags_);

/* Receives one part into a buffer; returns its whole size, of which no more than len_ bytes were stored. The rest of a */
ZMQ_EXPORT int zmq_recv(void *s_, void *buf_, size_t len_, int flags_);

/* Sends a message part; returns its size and leaves the message empty. */
ZMQ_EXPORT int zmq_msg_send(zmq_msg_t *msg_, void *s_, int flags_);

/* Receives one part in the place of a message; returns its size. */
ZMQ_EXPORT int zmq_msg_recv(zmq_msg_t *msg_, void *s_, int flags_);

/* The old form of [zmq_msg_send]. */
ZMQ_EXPORT int zmq_sendmsg(void *s_, zmq_msg_t *msg_, int flags_);

/* The old form of [zmq_msg_recv]. */
ZMQ_EXPORT int zmq_recvmsg(void *s_, zmq_msg_t *msg_, int flags_);

/* Sends several buffers: one multipart message with ZMQ_SNDMORE, else a message each. Returns the size of the last. */
ZMQ_EXPORT int zmq_sendiov(void *s_, struct iovec *iov_, size_t count_, int flags_);

/* Receives the parts of one message, at most *count_, each into a buffer from malloc(3). Returns how many, and says so */
ZMQ_EXPORT int zmq_recviov(void *s_, struct iovec *iov_, size_t *count_, int flags_);

/* Waits for sockets and descriptors; returns how many are ready. */
ZMQ_EXPORT int zmq_poll(struct zmq_pollitem_t *items_, int nitems_, long timeout_);

/* Forwards between two sockets, with a copy to capture_ unless NULL. Returns only with an error. */
ZMQ_EXPORT int zmq_proxy(void *frontend_, void *backend_, void *capture_);

/* Forwards as [zmq_proxy], steered by PAUSE, RESUME, TERMINATE and STATISTICS on control_. */
ZMQ_EXPORT int zmq_proxy_steerable(void *frontend_, void *backend_, void *capture_, void *control_);

/* The old form of [zmq_proxy]; the type says nothing. */
ZMQ_EXPORT int zmq_device(int _type_, void *frontend_, void *backend_);

/* Writes the Z85 text of size_ bytes, and a NUL, to dest_, which it returns. */
ZMQ_EXPORT char *zmq_z85_encode(char *dest_, const uint8_t *data_, size_t size_);

/* Writes the bytes of a Z85 text to dest_, which it returns. */
ZMQ_EXPORT uint8_t *zmq_z85_decode(uint8_t *dest_, const char *string_);

/* Makes a new pair of keys for CURVE, each as 40 characters and a NUL. */
ZMQ_EXPORT int zmq_curve_keypair(char *z85_public_key_, char *z85_secret_key_);

/* Writes the public key that belongs to a secret one. */
ZMQ_EXPORT int zmq_curve_public(char *z85_public_key_, const char *z85_secret_key_);

/* Makes a set of timers. */
ZMQ_EXPORT void *zmq_timers_new(void);

/* Ends a set of timers and sets the handle to NULL. */
ZMQ_EXPORT int zmq_timers_destroy(void **timers_p);

/* Adds a timer that runs handler every interval milliseconds and returns its number. */
ZMQ_EXPORT int zmq_timers_add(void *timers, size_t interval, zmq_timer_fn *handler, void *arg);

/* Ends a timer. */
ZMQ_EXPORT int zmq_timers_cancel(void *timers, int timer_id);

/* Changes a timer's interval and starts it anew. */
ZMQ_EXPORT int zmq_timers_set_interval(void *timers, int timer_id, size_t interval);

/* Starts a timer anew. */
ZMQ_EXPORT int zmq_timers_reset(void *timers, int timer_id);

/* Milliseconds until the next timer is due; -1 without timers, which is no error and leaves errno alone. */
ZMQ_EXPORT long zmq_timers_timeout(void *timers);

/* Runs each timer that is due, once. */
ZMQ_EXPORT int zmq_timers_execute(void *timers);

/* Makes a counter that is 0. */
ZMQ_EXPORT void *zmq_atomic_counter_new(void);

/* Sets a counter. */
ZMQ_EXPORT void zmq_atomic_counter_set(void *counter_, int value_);

/* Adds one and returns what the counter was before; 0 without a counter. */
ZMQ_EXPORT int zmq_atomic_counter_inc(void *counter_);

/* Takes one away and returns 0 if that made the counter 0, else 1; 0 without a counter. */
ZMQ_EXPORT int zmq_atomic_counter_dec(void *counter_);

/* The counter's value; 0 without a counter. */
ZMQ_EXPORT int zmq_atomic_counter_value(void *counter_);

/* Ends a counter and sets the handle to NULL. */
ZMQ_EXPORT void zmq_atomic_counter_destroy(void **counter_p_);

/* Starts a stopwatch. */
ZMQ_EXPORT void *zmq_stopwatch_start(void);

/* Microseconds since the stopwatch was started, which goes on; 0 without a stopwatch. */
ZMQ_EXPORT unsigned long zmq_stopwatch_intermediate(void *watch_);

/* Microseconds since the stopwatch was started, which ends; 0 without a stopwatch. */
ZMQ_EXPORT unsigned long zmq_stopwatch_stop(void *watch_);

/* Sleeps for so many seconds, or until a signal is handled, as sleep(3) does. */
ZMQ_EXPORT void zmq_sleep(int seconds_);

/* 1 if the library has a capability, else 0. */
ZMQ_EXPORT int zmq_has(const char *capability_);

/* Makes a context. Nothing is started before it is needed. */
ZMQ_EXPORT void *zmq_ctx_new(void);

/* Ends a context: waits until its sockets are closed and what they linger for is sent. */
ZMQ_EXPORT int zmq_ctx_term(void *context_);

/* Makes every blocking call on the context's sockets return, and every later one but zmq_close fail, with ETERM. */
ZMQ_EXPORT int zmq_ctx_shutdown(void *context_);

/* Sets an option of a context. */
ZMQ_EXPORT int zmq_ctx_set(void *context_, int option_, int optval_);

/* Reads an option of a context. */
ZMQ_EXPORT int zmq_ctx_get(void *context_, int option_);

/* The old way to make a context with a number of I/O threads. */
ZMQ_EXPORT void *zmq_init(int io_threads_);

/* The old name of [zmq_ctx_term]. */
ZMQ_EXPORT int zmq_term(void *context_);

/* Another old name of [zmq_ctx_term]. */
ZMQ_EXPORT int zmq_ctx_destroy(void *context_);

/* Writes the Z85 text of size_ bytes, and a NUL, to dest_, which it returns. */
ZMQ_EXPORT char *zmq_z85_encode(char *dest_, const uint8_t *data_, size_t size_);

/* Writes the bytes of a Z85 text to dest_, which it returns. */
ZMQ_EXPORT uint8_t *zmq_z85_decode(uint8_t *dest_, const char *string_);

/* Makes a new pair of keys for CURVE, each as 40 characters and a NUL. */
ZMQ_EXPORT int zmq_curve_keypair(char *z85_public_key_, char *z85_secret_key_);

/* Writes the public key that belongs to a secret one. */
ZMQ_EXPORT int zmq_curve_public(char *z85_public_key_, const char *z85_secret_key_);

/* The calling thread's errno. */
ZMQ_EXPORT int zmq_errno(void);

/* The text of an error number; it stays valid for ever. */
ZMQ_EXPORT const char *zmq_strerror(int errnum_);

/* The version that the library is compatible with. */
ZMQ_EXPORT void zmq_version(int *major_, int *minor_, int *patch_);

/* Makes an empty message. */
ZMQ_EXPORT int zmq_msg_init(zmq_msg_t *msg_);

/* Makes a message of size_ bytes, which the caller writes. */
ZMQ_EXPORT int zmq_msg_init_size(zmq_msg_t *msg_, size_t size_);

/* Makes a message of the caller's bytes, which ffn_ gives back when nothing refers to them any more. */
ZMQ_EXPORT int zmq_msg_init_data(zmq_msg_t *msg_, void *data_, size_t size_, zmq_free_fn *ffn_, void *hint_);

/* Ends a message and gives its content back. */
ZMQ_EXPORT int zmq_msg_close(zmq_msg_t *msg_);

/* Moves a message; the source is empty afterwards. */
ZMQ_EXPORT int zmq_msg_move(zmq_msg_t *dest_, zmq_msg_t *src_);

/* Copies a message; content outside the 64 bytes is shared, so it must not be changed afterwards. */
ZMQ_EXPORT int zmq_msg_copy(zmq_msg_t *dest_, zmq_msg_t *src_);

/* The content's first byte; NULL if it is no open message. */
ZMQ_EXPORT void *zmq_msg_data(zmq_msg_t *msg_);

/* The content's size in bytes; 0 if it is no open message. */
ZMQ_EXPORT size_t zmq_msg_size(const zmq_msg_t *msg_);

/* 1 if more parts of the message follow, else 0. */
ZMQ_EXPORT int zmq_msg_more(const zmq_msg_t *msg_);

/* A property that is a number: ZMQ_MORE, ZMQ_SHARED or ZMQ_SRCFD. */
ZMQ_EXPORT int zmq_msg_get(const zmq_msg_t *msg_, int property_);

/* Sets a property; there is none that can be set. */
ZMQ_EXPORT int zmq_msg_set(zmq_msg_t *msg_, int property_, int optval_);

/* A property that is text, of the connection that the message came over; valid as long as the message. */
ZMQ_EXPORT const char *zmq_msg_gets(const zmq_msg_t *msg_, const char *property_);

/* Waits for sockets and descriptors; returns how many are ready. */
ZMQ_EXPORT int zmq_poll(struct zmq_pollitem_t *items_, int nitems_, long timeout_);

/* Forwards between two sockets, with a copy to capture_ unless NULL. Returns only with an error. */
ZMQ_EXPORT int zmq_proxy(void *frontend_, void *backend_, void *capture_);

/* Forwards as [zmq_proxy], steered by PAUSE, RESUME, TERMINATE and STATISTICS on control_. */
ZMQ_EXPORT int zmq_proxy_steerable(void *frontend_, void *backend_, void *capture_, void *control_);

/* The old form of [zmq_proxy]; the type says nothing. */
ZMQ_EXPORT int zmq_device(int _type_, void *frontend_, void *backend_);

/* Opens a socket. */
ZMQ_EXPORT void *zmq_socket(void *context_, int type_);

/* Closes a socket. What it still has to send goes out as LINGER says, in the background. */
ZMQ_EXPORT int zmq_close(void *s_);

/* Sets an option. */
ZMQ_EXPORT int zmq_setsockopt(void *s_, int option_, const void *optval_, size_t optvallen_);

/* Reads an option. */
ZMQ_EXPORT int zmq_getsockopt(void *s_, int option_, void *optval_, size_t *optvallen_);

/* Accepts connections on an endpoint. */
ZMQ_EXPORT int zmq_bind(void *s_, const char *addr_);

/* Connects to an endpoint, in the background. */
ZMQ_EXPORT int zmq_connect(void *s_, const char *addr_);

/* Takes a bind back. Also takes connects back: the two are one operation. */
ZMQ_EXPORT int zmq_unbind(void *s_, const char *addr_);

/* Takes a connect back; see [zmq_unbind]. */
ZMQ_EXPORT int zmq_disconnect(void *s_, const char *addr_);

/* Reports the socket's events on an inproc endpoint; NULL ends the reports. */
ZMQ_EXPORT int zmq_socket_monitor(void *s_, const char *addr_, int events_);

/* Starts a thread that runs func_(arg_), for zmq_threadclose to wait for. */
ZMQ_EXPORT void *zmq_threadstart(zmq_thread_fn *func_, void *arg_);

/* Waits until a thread ends. */
ZMQ_EXPORT void zmq_threadclose(void *thread_);

/* Makes a set of timers. */
ZMQ_EXPORT void *zmq_timers_new(void);

/* Ends a set of timers and sets the handle to NULL. */
ZMQ_EXPORT int zmq_timers_destroy(void **timers_p);

/* Adds a timer that runs handler every interval milliseconds and returns its number. */
ZMQ_EXPORT int zmq_timers_add(void *timers, size_t interval, zmq_timer_fn *handler, void *arg);

/* Ends a timer. */
ZMQ_EXPORT int zmq_timers_cancel(void *timers, int timer_id);

/* Changes a timer's interval and starts it anew. */
ZMQ_EXPORT int zmq_timers_set_interval(void *timers, int timer_id, size_t interval);

/* Starts a timer anew. */
ZMQ_EXPORT int zmq_timers_reset(void *timers, int timer_id);

/* Milliseconds until the next timer is due; -1 without timers, which is no error and leaves errno alone. */
ZMQ_EXPORT long zmq_timers_timeout(void *timers);

/* Runs each timer that is due, once. */
ZMQ_EXPORT int zmq_timers_execute(void *timers);

/* Sends a copy of a buffer as one part; returns its size. */
ZMQ_EXPORT int zmq_send(void *s_, const void *buf_, size_t len_, int flags_);

/* Sends a buffer that stays valid for ever, without copying it. */
ZMQ_EXPORT int zmq_send_const(void *s_, const void *buf_, size_t len_, int flags_);

/* Receives one part into a buffer; returns its whole size, of which no more than len_ bytes were stored. The rest of a */
ZMQ_EXPORT int zmq_recv(void *s_, void *buf_, size_t len_, int flags_);

/* Sends a message part; returns its size and leaves the message empty. */
ZMQ_EXPORT int zmq_msg_send(zmq_msg_t *msg_, void *s_, int flags_);

/* Receives one part in the place of a message; returns its size. */
ZMQ_EXPORT int zmq_msg_recv(zmq_msg_t *msg_, void *s_, int flags_);

/* The old form of [zmq_msg_send]. */
ZMQ_EXPORT int zmq_sendmsg(void *s_, zmq_msg_t *msg_, int flags_);

/* The old form of [zmq_msg_recv]. */
ZMQ_EXPORT int zmq_recvmsg(void *s_, zmq_msg_t *msg_, int flags_);

/* Sends several buffers: one multipart message with ZMQ_SNDMORE, else a message each. Returns the size of the last. */
ZMQ_EXPORT int zmq_sendiov(void *s_, struct iovec *iov_, size_t count_, int flags_);

/* Receives the parts of one message, at most *count_, each into a buffer from malloc(3). Returns how many, and says so */
ZMQ_EXPORT int zmq_recviov(void *s_, struct iovec *iov_, size_t *count_, int flags_);

/* Makes a counter that is 0. */
ZMQ_EXPORT void *zmq_atomic_counter_new(void);

/* Sets a counter. */
ZMQ_EXPORT void zmq_atomic_counter_set(void *counter_, int value_);

/* Adds one and returns what the counter was before; 0 without a counter. */
ZMQ_EXPORT int zmq_atomic_counter_inc(void *counter_);

/* Takes one away and returns 0 if that made the counter 0, else 1; 0 without a counter. */
ZMQ_EXPORT int zmq_atomic_counter_dec(void *counter_);

/* The counter's value; 0 without a counter. */
ZMQ_EXPORT int zmq_atomic_counter_value(void *counter_);

/* Ends a counter and sets the handle to NULL. */
ZMQ_EXPORT void zmq_atomic_counter_destroy(void **counter_p_);

/* Starts a stopwatch. */
ZMQ_EXPORT void *zmq_stopwatch_start(void);

/* Microseconds since the stopwatch was started, which goes on; 0 without a stopwatch. */
ZMQ_EXPORT unsigned long zmq_stopwatch_intermediate(void *watch_);

/* Microseconds since the stopwatch was started, which ends; 0 without a stopwatch. */
ZMQ_EXPORT unsigned long zmq_stopwatch_stop(void *watch_);

/* Sleeps for so many seconds, or until a signal is handled, as sleep(3) does. */
ZMQ_EXPORT void zmq_sleep(int seconds_);

/* 1 if the library has a capability, else 0. */
ZMQ_EXPORT int zmq_has(const char *capability_);

/* Starts a thread that runs func_(arg_), for zmq_threadclose to wait for. */
ZMQ_EXPORT void *zmq_threadstart(zmq_thread_fn *func_, void *arg_);

/* Waits until a thread ends. */
ZMQ_EXPORT void zmq_threadclose(void *thread_);

#ifdef __cplusplus
}
#endif

#undef ZMQ_EXPORT

#endif
