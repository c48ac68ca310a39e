/* The header agrees with the ABI: the number of each constant, the type of each function. */
#include "tools.h"

struct number {
    const char *name;
    long value, wanted;
};

static const struct number numbers[] = {
  {"EFSM", EFSM, 156384763},
  {"EMTHREAD", EMTHREAD, 156384766},
  {"ENOCOMPATPROTO", ENOCOMPATPROTO, 156384764},
  {"ETERM", ETERM, 156384765},
  {"ZMQ_AFFINITY", ZMQ_AFFINITY, 4},
  {"ZMQ_BACKLOG", ZMQ_BACKLOG, 19},
  {"ZMQ_BINDTODEVICE", ZMQ_BINDTODEVICE, 92},
  {"ZMQ_BLOCKY", ZMQ_BLOCKY, 70},
  {"ZMQ_CONFLATE", ZMQ_CONFLATE, 54},
  {"ZMQ_CONNECT_RID", ZMQ_CONNECT_RID, 61},
  {"ZMQ_CONNECT_ROUTING_ID", ZMQ_CONNECT_ROUTING_ID, 61},
  {"ZMQ_CONNECT_TIMEOUT", ZMQ_CONNECT_TIMEOUT, 79},
  {"ZMQ_CURVE", ZMQ_CURVE, 2},
  {"ZMQ_CURVE_PUBLICKEY", ZMQ_CURVE_PUBLICKEY, 48},
  {"ZMQ_CURVE_SECRETKEY", ZMQ_CURVE_SECRETKEY, 49},
  {"ZMQ_CURVE_SERVER", ZMQ_CURVE_SERVER, 47},
  {"ZMQ_CURVE_SERVERKEY", ZMQ_CURVE_SERVERKEY, 50},
  {"ZMQ_DEALER", ZMQ_DEALER, 5},
  {"ZMQ_DELAY_ATTACH_ON_CONNECT", ZMQ_DELAY_ATTACH_ON_CONNECT, 39},
  {"ZMQ_DONTWAIT", ZMQ_DONTWAIT, 1},
  {"ZMQ_EVENTS", ZMQ_EVENTS, 15},
  {"ZMQ_EVENT_ACCEPTED", ZMQ_EVENT_ACCEPTED, 32},
  {"ZMQ_EVENT_ACCEPT_FAILED", ZMQ_EVENT_ACCEPT_FAILED, 64},
  {"ZMQ_EVENT_ALL", ZMQ_EVENT_ALL, 65535},
  {"ZMQ_EVENT_BIND_FAILED", ZMQ_EVENT_BIND_FAILED, 16},
  {"ZMQ_EVENT_CLOSED", ZMQ_EVENT_CLOSED, 128},
  {"ZMQ_EVENT_CLOSE_FAILED", ZMQ_EVENT_CLOSE_FAILED, 256},
  {"ZMQ_EVENT_CONNECTED", ZMQ_EVENT_CONNECTED, 1},
  {"ZMQ_EVENT_CONNECT_DELAYED", ZMQ_EVENT_CONNECT_DELAYED, 2},
  {"ZMQ_EVENT_CONNECT_RETRIED", ZMQ_EVENT_CONNECT_RETRIED, 4},
  {"ZMQ_EVENT_DISCONNECTED", ZMQ_EVENT_DISCONNECTED, 512},
  {"ZMQ_EVENT_HANDSHAKE_FAILED_AUTH", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 16384},
  {"ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL", ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, 2048},
  {"ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL", ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 8192},
  {"ZMQ_EVENT_HANDSHAKE_SUCCEEDED", ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 4096},
  {"ZMQ_EVENT_LISTENING", ZMQ_EVENT_LISTENING, 8},
  {"ZMQ_EVENT_MONITOR_STOPPED", ZMQ_EVENT_MONITOR_STOPPED, 1024},
  {"ZMQ_FAIL_UNROUTABLE", ZMQ_FAIL_UNROUTABLE, 33},
  {"ZMQ_FD", ZMQ_FD, 14},
  {"ZMQ_FORWARDER", ZMQ_FORWARDER, 2},
  {"ZMQ_GROUP_MAX_LENGTH", ZMQ_GROUP_MAX_LENGTH, 255},
  {"ZMQ_GSSAPI", ZMQ_GSSAPI, 3},
  {"ZMQ_GSSAPI_NT_HOSTBASED", ZMQ_GSSAPI_NT_HOSTBASED, 0},
  {"ZMQ_GSSAPI_NT_KRB5_PRINCIPAL", ZMQ_GSSAPI_NT_KRB5_PRINCIPAL, 2},
  {"ZMQ_GSSAPI_NT_USER_NAME", ZMQ_GSSAPI_NT_USER_NAME, 1},
  {"ZMQ_GSSAPI_PLAINTEXT", ZMQ_GSSAPI_PLAINTEXT, 65},
  {"ZMQ_GSSAPI_PRINCIPAL", ZMQ_GSSAPI_PRINCIPAL, 63},
  {"ZMQ_GSSAPI_PRINCIPAL_NAMETYPE", ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, 90},
  {"ZMQ_GSSAPI_SERVER", ZMQ_GSSAPI_SERVER, 62},
  {"ZMQ_GSSAPI_SERVICE_PRINCIPAL", ZMQ_GSSAPI_SERVICE_PRINCIPAL, 64},
  {"ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE", ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, 91},
  {"ZMQ_HANDSHAKE_IVL", ZMQ_HANDSHAKE_IVL, 66},
  {"ZMQ_HAS_CAPABILITIES", ZMQ_HAS_CAPABILITIES, 1},
  {"ZMQ_HAUSNUMERO", ZMQ_HAUSNUMERO, 156384712},
  {"ZMQ_HEARTBEAT_IVL", ZMQ_HEARTBEAT_IVL, 75},
  {"ZMQ_HEARTBEAT_TIMEOUT", ZMQ_HEARTBEAT_TIMEOUT, 77},
  {"ZMQ_HEARTBEAT_TTL", ZMQ_HEARTBEAT_TTL, 76},
  {"ZMQ_IDENTITY", ZMQ_IDENTITY, 5},
  {"ZMQ_IMMEDIATE", ZMQ_IMMEDIATE, 39},
  {"ZMQ_INVERT_MATCHING", ZMQ_INVERT_MATCHING, 74},
  {"ZMQ_IO_THREADS", ZMQ_IO_THREADS, 1},
  {"ZMQ_IO_THREADS_DFLT", ZMQ_IO_THREADS_DFLT, 1},
  {"ZMQ_IPC_FILTER_GID", ZMQ_IPC_FILTER_GID, 60},
  {"ZMQ_IPC_FILTER_PID", ZMQ_IPC_FILTER_PID, 58},
  {"ZMQ_IPC_FILTER_UID", ZMQ_IPC_FILTER_UID, 59},
  {"ZMQ_IPV4ONLY", ZMQ_IPV4ONLY, 31},
  {"ZMQ_IPV6", ZMQ_IPV6, 42},
  {"ZMQ_LAST_ENDPOINT", ZMQ_LAST_ENDPOINT, 32},
  {"ZMQ_LINGER", ZMQ_LINGER, 17},
  {"ZMQ_MAXMSGSIZE", ZMQ_MAXMSGSIZE, 22},
  {"ZMQ_MAX_MSGSZ", ZMQ_MAX_MSGSZ, 5},
  {"ZMQ_MAX_SOCKETS", ZMQ_MAX_SOCKETS, 2},
  {"ZMQ_MAX_SOCKETS_DFLT", ZMQ_MAX_SOCKETS_DFLT, 1023},
  {"ZMQ_MECHANISM", ZMQ_MECHANISM, 43},
  {"ZMQ_MORE", ZMQ_MORE, 1},
  {"ZMQ_MSG_T_SIZE", ZMQ_MSG_T_SIZE, 6},
  {"ZMQ_MULTICAST_HOPS", ZMQ_MULTICAST_HOPS, 25},
  {"ZMQ_MULTICAST_MAXTPDU", ZMQ_MULTICAST_MAXTPDU, 84},
  {"ZMQ_NOBLOCK", ZMQ_NOBLOCK, 1},
  {"ZMQ_NULL", ZMQ_NULL, 0},
  {"ZMQ_PAIR", ZMQ_PAIR, 0},
  {"ZMQ_PLAIN", ZMQ_PLAIN, 1},
  {"ZMQ_PLAIN_PASSWORD", ZMQ_PLAIN_PASSWORD, 46},
  {"ZMQ_PLAIN_SERVER", ZMQ_PLAIN_SERVER, 44},
  {"ZMQ_PLAIN_USERNAME", ZMQ_PLAIN_USERNAME, 45},
  {"ZMQ_POLLERR", ZMQ_POLLERR, 4},
  {"ZMQ_POLLIN", ZMQ_POLLIN, 1},
  {"ZMQ_POLLITEMS_DFLT", ZMQ_POLLITEMS_DFLT, 16},
  {"ZMQ_POLLOUT", ZMQ_POLLOUT, 2},
  {"ZMQ_POLLPRI", ZMQ_POLLPRI, 8},
  {"ZMQ_PROBE_ROUTER", ZMQ_PROBE_ROUTER, 51},
  {"ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED", ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED, 805306368},
  {"ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID", ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID, 536870914},
  {"ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION", ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION, 536870915},
  {"ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA", ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA, 536870917},
  {"ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE", ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE, 536870916},
  {"ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY", ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY, 536870913},
  {"ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED", ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED, 536870912},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC", ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC, 285212673},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA", ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA, 268435480},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE", ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE, 268435458},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE", ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE, 268435459},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR, 268435477},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO, 268435475},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE, 268435476},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE, 268435474},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY, 268435478},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED, 268435473},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME, 268435479},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH", ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH, 285212674},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND", ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND, 268435457},
  {"ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED", ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED, 268435456},
  {"ZMQ_PUB", ZMQ_PUB, 1},
  {"ZMQ_PULL", ZMQ_PULL, 7},
  {"ZMQ_PUSH", ZMQ_PUSH, 8},
  {"ZMQ_QUEUE", ZMQ_QUEUE, 3},
  {"ZMQ_RATE", ZMQ_RATE, 8},
  {"ZMQ_RCVBUF", ZMQ_RCVBUF, 12},
  {"ZMQ_RCVHWM", ZMQ_RCVHWM, 24},
  {"ZMQ_RCVMORE", ZMQ_RCVMORE, 13},
  {"ZMQ_RCVTIMEO", ZMQ_RCVTIMEO, 27},
  {"ZMQ_RECONNECT_IVL", ZMQ_RECONNECT_IVL, 18},
  {"ZMQ_RECONNECT_IVL_MAX", ZMQ_RECONNECT_IVL_MAX, 21},
  {"ZMQ_RECOVERY_IVL", ZMQ_RECOVERY_IVL, 9},
  {"ZMQ_REP", ZMQ_REP, 4},
  {"ZMQ_REQ", ZMQ_REQ, 3},
  {"ZMQ_REQ_CORRELATE", ZMQ_REQ_CORRELATE, 52},
  {"ZMQ_REQ_RELAXED", ZMQ_REQ_RELAXED, 53},
  {"ZMQ_ROUTER", ZMQ_ROUTER, 6},
  {"ZMQ_ROUTER_BEHAVIOR", ZMQ_ROUTER_BEHAVIOR, 33},
  {"ZMQ_ROUTER_HANDOVER", ZMQ_ROUTER_HANDOVER, 56},
  {"ZMQ_ROUTER_MANDATORY", ZMQ_ROUTER_MANDATORY, 33},
  {"ZMQ_ROUTER_RAW", ZMQ_ROUTER_RAW, 41},
  {"ZMQ_ROUTING_ID", ZMQ_ROUTING_ID, 5},
  {"ZMQ_SHARED", ZMQ_SHARED, 3},
  {"ZMQ_SNDBUF", ZMQ_SNDBUF, 11},
  {"ZMQ_SNDHWM", ZMQ_SNDHWM, 23},
  {"ZMQ_SNDMORE", ZMQ_SNDMORE, 2},
  {"ZMQ_SNDTIMEO", ZMQ_SNDTIMEO, 28},
  {"ZMQ_SOCKET_LIMIT", ZMQ_SOCKET_LIMIT, 3},
  {"ZMQ_SOCKS_PROXY", ZMQ_SOCKS_PROXY, 68},
  {"ZMQ_SRCFD", ZMQ_SRCFD, 2},
  {"ZMQ_STREAM", ZMQ_STREAM, 11},
  {"ZMQ_STREAMER", ZMQ_STREAMER, 1},
  {"ZMQ_STREAM_NOTIFY", ZMQ_STREAM_NOTIFY, 73},
  {"ZMQ_SUB", ZMQ_SUB, 2},
  {"ZMQ_SUBSCRIBE", ZMQ_SUBSCRIBE, 6},
  {"ZMQ_TCP_ACCEPT_FILTER", ZMQ_TCP_ACCEPT_FILTER, 38},
  {"ZMQ_TCP_KEEPALIVE", ZMQ_TCP_KEEPALIVE, 34},
  {"ZMQ_TCP_KEEPALIVE_CNT", ZMQ_TCP_KEEPALIVE_CNT, 35},
  {"ZMQ_TCP_KEEPALIVE_IDLE", ZMQ_TCP_KEEPALIVE_IDLE, 36},
  {"ZMQ_TCP_KEEPALIVE_INTVL", ZMQ_TCP_KEEPALIVE_INTVL, 37},
  {"ZMQ_TCP_MAXRT", ZMQ_TCP_MAXRT, 80},
  {"ZMQ_THREAD_AFFINITY_CPU_ADD", ZMQ_THREAD_AFFINITY_CPU_ADD, 7},
  {"ZMQ_THREAD_AFFINITY_CPU_REMOVE", ZMQ_THREAD_AFFINITY_CPU_REMOVE, 8},
  {"ZMQ_THREAD_NAME_PREFIX", ZMQ_THREAD_NAME_PREFIX, 9},
  {"ZMQ_THREAD_PRIORITY", ZMQ_THREAD_PRIORITY, 3},
  {"ZMQ_THREAD_PRIORITY_DFLT", ZMQ_THREAD_PRIORITY_DFLT, -1},
  {"ZMQ_THREAD_SAFE", ZMQ_THREAD_SAFE, 81},
  {"ZMQ_THREAD_SCHED_POLICY", ZMQ_THREAD_SCHED_POLICY, 4},
  {"ZMQ_THREAD_SCHED_POLICY_DFLT", ZMQ_THREAD_SCHED_POLICY_DFLT, -1},
  {"ZMQ_TOS", ZMQ_TOS, 57},
  {"ZMQ_TYPE", ZMQ_TYPE, 16},
  {"ZMQ_UNSUBSCRIBE", ZMQ_UNSUBSCRIBE, 7},
  {"ZMQ_USE_FD", ZMQ_USE_FD, 89},
  {"ZMQ_VMCI_BUFFER_MAX_SIZE", ZMQ_VMCI_BUFFER_MAX_SIZE, 87},
  {"ZMQ_VMCI_BUFFER_MIN_SIZE", ZMQ_VMCI_BUFFER_MIN_SIZE, 86},
  {"ZMQ_VMCI_BUFFER_SIZE", ZMQ_VMCI_BUFFER_SIZE, 85},
  {"ZMQ_VMCI_CONNECT_TIMEOUT", ZMQ_VMCI_CONNECT_TIMEOUT, 88},
  {"ZMQ_XPUB", ZMQ_XPUB, 9},
  {"ZMQ_XPUB_MANUAL", ZMQ_XPUB_MANUAL, 71},
  {"ZMQ_XPUB_NODROP", ZMQ_XPUB_NODROP, 69},
  {"ZMQ_XPUB_VERBOSE", ZMQ_XPUB_VERBOSE, 40},
  {"ZMQ_XPUB_VERBOSER", ZMQ_XPUB_VERBOSER, 78},
  {"ZMQ_XPUB_WELCOME_MSG", ZMQ_XPUB_WELCOME_MSG, 72},
  {"ZMQ_XREP", ZMQ_XREP, 6},
  {"ZMQ_XREQ", ZMQ_XREQ, 5},
  {"ZMQ_XSUB", ZMQ_XSUB, 10},
  {"ZMQ_ZAP_DOMAIN", ZMQ_ZAP_DOMAIN, 55},
};

/* Whoever is built against the header finds the names that say what it has. */
#if !defined ZMQ_HAS_CAPABILITIES || !defined ZMQ_DEFINED_STDINT || !defined ZMQ_HAVE_TIMERS
#error "the header lacks one of its guards"
#endif

/* Names with nothing to call behind them in a library without drafts and GSSAPI: their numbers are all there is. */
CASE (numbers_of_the_constants, "ZMQ_HAS_CAPABILITIES ZMQ_DEFINED_STDINT ZMQ_HAVE_TIMERS ZMQ_GROUP_MAX_LENGTH ZMQ_GSSAPI "
                                "ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED")
{
    keep_going ();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        row ("%s", numbers[i].name);
        expect_int (numbers[i].value, numbers[i].wanted);
    }
}

/* Assigning each function to a pointer of its documented type is checked by the compiler (an error, see Makefile). */
static int (*const p_zmq_atomic_counter_dec) (void *) = zmq_atomic_counter_dec;
static void (*const p_zmq_atomic_counter_destroy) (void **) = zmq_atomic_counter_destroy;
static int (*const p_zmq_atomic_counter_inc) (void *) = zmq_atomic_counter_inc;
static void *(*const p_zmq_atomic_counter_new) (void) = zmq_atomic_counter_new;
static void (*const p_zmq_atomic_counter_set) (void *, int) = zmq_atomic_counter_set;
static int (*const p_zmq_atomic_counter_value) (void *) = zmq_atomic_counter_value;
static int (*const p_zmq_bind) (void *, const char *) = zmq_bind;
static int (*const p_zmq_close) (void *) = zmq_close;
static int (*const p_zmq_connect) (void *, const char *) = zmq_connect;
static int (*const p_zmq_ctx_destroy) (void *) = zmq_ctx_destroy;
static int (*const p_zmq_ctx_get) (void *, int) = zmq_ctx_get;
static void *(*const p_zmq_ctx_new) (void) = zmq_ctx_new;
static int (*const p_zmq_ctx_set) (void *, int, int) = zmq_ctx_set;
static int (*const p_zmq_ctx_shutdown) (void *) = zmq_ctx_shutdown;
static int (*const p_zmq_ctx_term) (void *) = zmq_ctx_term;
static int (*const p_zmq_curve_keypair) (char *, char *) = zmq_curve_keypair;
static int (*const p_zmq_curve_public) (char *, const char *) = zmq_curve_public;
static int (*const p_zmq_device) (int, void *, void *) = zmq_device;
static int (*const p_zmq_disconnect) (void *, const char *) = zmq_disconnect;
static int (*const p_zmq_errno) (void) = zmq_errno;
static int (*const p_zmq_getsockopt) (void *, int, void *, size_t *) = zmq_getsockopt;
static int (*const p_zmq_has) (const char *) = zmq_has;
static void *(*const p_zmq_init) (int) = zmq_init;
static int (*const p_zmq_msg_close) (zmq_msg_t *) = zmq_msg_close;
static int (*const p_zmq_msg_copy) (zmq_msg_t *, zmq_msg_t *) = zmq_msg_copy;
static void *(*const p_zmq_msg_data) (zmq_msg_t *) = zmq_msg_data;
static int (*const p_zmq_msg_get) (const zmq_msg_t *, int) = zmq_msg_get;
static const char *(*const p_zmq_msg_gets) (const zmq_msg_t *, const char *) = zmq_msg_gets;
static int (*const p_zmq_msg_init) (zmq_msg_t *) = zmq_msg_init;
static int (*const p_zmq_msg_init_data) (zmq_msg_t *, void *, size_t, zmq_free_fn *, void *) = zmq_msg_init_data;
static int (*const p_zmq_msg_init_size) (zmq_msg_t *, size_t) = zmq_msg_init_size;
static int (*const p_zmq_msg_more) (const zmq_msg_t *) = zmq_msg_more;
static int (*const p_zmq_msg_move) (zmq_msg_t *, zmq_msg_t *) = zmq_msg_move;
static int (*const p_zmq_msg_recv) (zmq_msg_t *, void *, int) = zmq_msg_recv;
static int (*const p_zmq_msg_send) (zmq_msg_t *, void *, int) = zmq_msg_send;
static int (*const p_zmq_msg_set) (zmq_msg_t *, int, int) = zmq_msg_set;
static size_t (*const p_zmq_msg_size) (const zmq_msg_t *) = zmq_msg_size;
static int (*const p_zmq_poll) (zmq_pollitem_t *, int, long) = zmq_poll;
static int (*const p_zmq_proxy) (void *, void *, void *) = zmq_proxy;
static int (*const p_zmq_proxy_steerable) (void *, void *, void *, void *) = zmq_proxy_steerable;
static int (*const p_zmq_recv) (void *, void *, size_t, int) = zmq_recv;
static int (*const p_zmq_recviov) (void *, struct iovec *, size_t *, int) = zmq_recviov;
static int (*const p_zmq_recvmsg) (void *, zmq_msg_t *, int) = zmq_recvmsg;
static int (*const p_zmq_send) (void *, const void *, size_t, int) = zmq_send;
static int (*const p_zmq_send_const) (void *, const void *, size_t, int) = zmq_send_const;
static int (*const p_zmq_sendiov) (void *, struct iovec *, size_t, int) = zmq_sendiov;
static int (*const p_zmq_sendmsg) (void *, zmq_msg_t *, int) = zmq_sendmsg;
static int (*const p_zmq_setsockopt) (void *, int, const void *, size_t) = zmq_setsockopt;
static void (*const p_zmq_sleep) (int) = zmq_sleep;
static void *(*const p_zmq_socket) (void *, int) = zmq_socket;
static int (*const p_zmq_socket_monitor) (void *, const char *, int) = zmq_socket_monitor;
static unsigned long (*const p_zmq_stopwatch_intermediate) (void *) = zmq_stopwatch_intermediate;
static void *(*const p_zmq_stopwatch_start) (void) = zmq_stopwatch_start;
static unsigned long (*const p_zmq_stopwatch_stop) (void *) = zmq_stopwatch_stop;
static const char *(*const p_zmq_strerror) (int) = zmq_strerror;
static int (*const p_zmq_term) (void *) = zmq_term;
static void (*const p_zmq_threadclose) (void *) = zmq_threadclose;
static void *(*const p_zmq_threadstart) (zmq_thread_fn *, void *) = zmq_threadstart;
static int (*const p_zmq_timers_add) (void *, size_t, zmq_timer_fn, void *) = zmq_timers_add;
static int (*const p_zmq_timers_cancel) (void *, int) = zmq_timers_cancel;
static int (*const p_zmq_timers_destroy) (void **) = zmq_timers_destroy;
static int (*const p_zmq_timers_execute) (void *) = zmq_timers_execute;
static void *(*const p_zmq_timers_new) (void) = zmq_timers_new;
static int (*const p_zmq_timers_reset) (void *, int) = zmq_timers_reset;
static int (*const p_zmq_timers_set_interval) (void *, int, size_t) = zmq_timers_set_interval;
static long (*const p_zmq_timers_timeout) (void *) = zmq_timers_timeout;
static int (*const p_zmq_unbind) (void *, const char *) = zmq_unbind;
static void (*const p_zmq_version) (int *, int *, int *) = zmq_version;
static uint8_t *(*const p_zmq_z85_decode) (uint8_t *, const char *) = zmq_z85_decode;
static char *(*const p_zmq_z85_encode) (char *, const uint8_t *, size_t) = zmq_z85_encode;

CASE (types_of_the_functions, "")
{
    static const void *const *const all[] = {
      (const void *const *) &p_zmq_atomic_counter_dec,
      (const void *const *) &p_zmq_atomic_counter_destroy,
      (const void *const *) &p_zmq_atomic_counter_inc,
      (const void *const *) &p_zmq_atomic_counter_new,
      (const void *const *) &p_zmq_atomic_counter_set,
      (const void *const *) &p_zmq_atomic_counter_value,
      (const void *const *) &p_zmq_bind,
      (const void *const *) &p_zmq_close,
      (const void *const *) &p_zmq_connect,
      (const void *const *) &p_zmq_ctx_destroy,
      (const void *const *) &p_zmq_ctx_get,
      (const void *const *) &p_zmq_ctx_new,
      (const void *const *) &p_zmq_ctx_set,
      (const void *const *) &p_zmq_ctx_shutdown,
      (const void *const *) &p_zmq_ctx_term,
      (const void *const *) &p_zmq_curve_keypair,
      (const void *const *) &p_zmq_curve_public,
      (const void *const *) &p_zmq_device,
      (const void *const *) &p_zmq_disconnect,
      (const void *const *) &p_zmq_errno,
      (const void *const *) &p_zmq_getsockopt,
      (const void *const *) &p_zmq_has,
      (const void *const *) &p_zmq_init,
      (const void *const *) &p_zmq_msg_close,
      (const void *const *) &p_zmq_msg_copy,
      (const void *const *) &p_zmq_msg_data,
      (const void *const *) &p_zmq_msg_get,
      (const void *const *) &p_zmq_msg_gets,
      (const void *const *) &p_zmq_msg_init,
      (const void *const *) &p_zmq_msg_init_data,
      (const void *const *) &p_zmq_msg_init_size,
      (const void *const *) &p_zmq_msg_more,
      (const void *const *) &p_zmq_msg_move,
      (const void *const *) &p_zmq_msg_recv,
      (const void *const *) &p_zmq_msg_send,
      (const void *const *) &p_zmq_msg_set,
      (const void *const *) &p_zmq_msg_size,
      (const void *const *) &p_zmq_poll,
      (const void *const *) &p_zmq_proxy,
      (const void *const *) &p_zmq_proxy_steerable,
      (const void *const *) &p_zmq_recv,
      (const void *const *) &p_zmq_recviov,
      (const void *const *) &p_zmq_recvmsg,
      (const void *const *) &p_zmq_send,
      (const void *const *) &p_zmq_send_const,
      (const void *const *) &p_zmq_sendiov,
      (const void *const *) &p_zmq_sendmsg,
      (const void *const *) &p_zmq_setsockopt,
      (const void *const *) &p_zmq_sleep,
      (const void *const *) &p_zmq_socket,
      (const void *const *) &p_zmq_socket_monitor,
      (const void *const *) &p_zmq_stopwatch_intermediate,
      (const void *const *) &p_zmq_stopwatch_start,
      (const void *const *) &p_zmq_stopwatch_stop,
      (const void *const *) &p_zmq_strerror,
      (const void *const *) &p_zmq_term,
      (const void *const *) &p_zmq_threadclose,
      (const void *const *) &p_zmq_threadstart,
      (const void *const *) &p_zmq_timers_add,
      (const void *const *) &p_zmq_timers_cancel,
      (const void *const *) &p_zmq_timers_destroy,
      (const void *const *) &p_zmq_timers_execute,
      (const void *const *) &p_zmq_timers_new,
      (const void *const *) &p_zmq_timers_reset,
      (const void *const *) &p_zmq_timers_set_interval,
      (const void *const *) &p_zmq_timers_timeout,
      (const void *const *) &p_zmq_unbind,
      (const void *const *) &p_zmq_version,
      (const void *const *) &p_zmq_z85_decode,
      (const void *const *) &p_zmq_z85_encode,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        expect_true (*all[i] != NULL);
}
