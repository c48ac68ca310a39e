/* The errno of each function, condition by condition; tests/abi/errnos-stable.tsv has the list. */
#include "tools.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* ---- every way to send and to receive ---- */

static int by_send (void *s, int flags)
{
    return zmq_send (s, "nobody", 6, flags);
}

static int by_send_const (void *s, int flags)
{
    return zmq_send_const (s, "nobody", 6, flags);
}

static int by_message (void *s, int flags, int (*send) (zmq_msg_t *, void *, int))
{
    zmq_msg_t msg;
    expect_ok (zmq_msg_init_size (&msg, 6));
    memcpy (zmq_msg_data (&msg), "nobody", 6);
    int rc = send (&msg, s, flags), error = errno;
    expect_ok (zmq_msg_close (&msg)); /* still the caller's if the call failed */
    errno = error;
    return rc;
}

static int by_msg_send (void *s, int flags)
{
    return by_message (s, flags, zmq_msg_send);
}

static int swapped (zmq_msg_t *msg, void *s, int flags)
{
    return zmq_sendmsg (s, msg, flags);
}

static int by_sendmsg (void *s, int flags)
{
    return by_message (s, flags, swapped);
}

static int by_sendiov (void *s, int flags)
{
    struct iovec parts[2] = {{"nobody", 6}, {"x", 1}};
    return zmq_sendiov (s, parts, 2, flags);
}

static int by_recv (void *s, int flags)
{
    char buffer[16];
    return zmq_recv (s, buffer, sizeof buffer, flags);
}

static int into_message (void *s, int flags, int swap)
{
    zmq_msg_t msg;
    expect_ok (zmq_msg_init (&msg));
    int rc = swap ? zmq_recvmsg (s, &msg, flags) : zmq_msg_recv (&msg, s, flags), error = errno;
    expect_ok (zmq_msg_close (&msg));
    errno = error;
    return rc;
}

static int by_msg_recv (void *s, int flags)
{
    return into_message (s, flags, 0);
}

static int by_recvmsg (void *s, int flags)
{
    return into_message (s, flags, 1);
}

static int by_recviov (void *s, int flags)
{
    struct iovec parts[2];
    size_t count = 2;
    return zmq_recviov (s, parts, &count, flags);
}

typedef int transfer (void *s, int flags);

static void no_action (int number)
{
    (void) number;
}

/* A signal comes every 20 ms from now on, to whichever thread of the program takes it. */
static void alarms (int on)
{
    struct sigaction action;
    struct itimerval every = {{0, on ? 20000 : 0}, {0, on ? 20000 : 0}};
    memset (&action, 0, sizeof action);
    action.sa_handler = no_action;
    sigaction (SIGALRM, &action, NULL);
    setitimer (ITIMER_REAL, &every, NULL);
}

static void expect_transfer (transfer *call, int type, int flags, int wanted)
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, type);
    if (wanted == EHOSTUNREACH)
        set_int (s, ZMQ_ROUTER_MANDATORY, 1);
    if (wanted == ETERM)
        expect_ok (zmq_ctx_shutdown (ctx));
    if (wanted == EINTR) {
        set_int (s, ZMQ_SNDTIMEO, -1);
        set_int (s, ZMQ_RCVTIMEO, -1);
        alarms (1);
    }
    if (wanted == ENOTSOCK)
        sock_close (s);
    expect_errno (call (s, flags), wanted);
    alarms (0);
}

/* The type and the flags with which the condition comes about. */
#define TRANSFER(function, call, type, flags, wanted)                                                                   \
    static void function##_##wanted (const void *arg) { expect_transfer (call, type, flags, wanted); }                  \
    __attribute__ ((constructor)) static void register_##function##_##wanted (void)                                     \
    {                                                                                                                   \
        case_add (#function, #wanted, function##_##wanted, NULL);                                                       \
    }

#define SENDS(function, call)                                                                                           \
    TRANSFER (function, call, ZMQ_PUSH, ZMQ_DONTWAIT, EAGAIN)                                                           \
    TRANSFER (function, call, ZMQ_REP, 0, EFSM)                                                                         \
    TRANSFER (function, call, ZMQ_ROUTER, ZMQ_SNDMORE, EHOSTUNREACH)                                                    \
    TRANSFER (function, call, ZMQ_PUSH, 0, EINTR)                                                                       \
    TRANSFER (function, call, ZMQ_PUSH, 0, ENOTSOCK)                                                                    \
    TRANSFER (function, call, ZMQ_PULL, 0, ENOTSUP)                                                                     \
    TRANSFER (function, call, ZMQ_PUSH, 0, ETERM)

#define RECEIVES(function, call)                                                                                        \
    TRANSFER (function, call, ZMQ_PULL, ZMQ_DONTWAIT, EAGAIN)                                                           \
    TRANSFER (function, call, ZMQ_REQ, 0, EFSM)                                                                         \
    TRANSFER (function, call, ZMQ_PULL, 0, EINTR)                                                                       \
    TRANSFER (function, call, ZMQ_PULL, 0, ENOTSOCK)                                                                    \
    TRANSFER (function, call, ZMQ_PUSH, 0, ENOTSUP)                                                                     \
    TRANSFER (function, call, ZMQ_PULL, 0, ETERM)

/* pairs: zmq_send zmq_send_const zmq_msg_send zmq_sendmsg zmq_sendiov: EAGAIN EFSM EHOSTUNREACH EINTR ENOTSOCK ENOTSUP ETERM */
SENDS (zmq_send, by_send)
SENDS (zmq_send_const, by_send_const)
SENDS (zmq_msg_send, by_msg_send)
SENDS (zmq_sendmsg, by_sendmsg)
SENDS (zmq_sendiov, by_sendiov)
/* pairs: zmq_recv zmq_msg_recv zmq_recvmsg zmq_recviov: EAGAIN EFSM EINTR ENOTSOCK ENOTSUP ETERM */
RECEIVES (zmq_recv, by_recv)
RECEIVES (zmq_msg_recv, by_msg_recv)
RECEIVES (zmq_recvmsg, by_recvmsg)
RECEIVES (zmq_recviov, by_recviov)

CASE (transfer_of_no_message, "zmq_msg_send zmq_sendmsg zmq_msg_recv zmq_recvmsg EFAULT")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    zmq_msg_t none;
    memset (&none, 0, sizeof none);
    pair_up (a, b, "inproc");
    send_text (b, "waiting", 0);
    expect_errno (zmq_msg_send (&none, a, 0), EFAULT);
    expect_errno (zmq_sendmsg (a, &none, 0), EFAULT);
    expect_errno (zmq_msg_recv (&none, a, 0), EFAULT);
    expect_errno (zmq_recvmsg (a, &none, 0), EFAULT);
}

CASE (no_memory_for_the_copy, "zmq_send zmq_sendiov zmq_msg_init_size ENOMEM")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    static char byte;
    struct iovec part = {&byte, SIZE_MAX / 2};
    zmq_msg_t msg;
    pair_up (a, b, "inproc");
    expect_errno (zmq_send (a, &byte, SIZE_MAX / 2, 0), ENOMEM);
    expect_errno (zmq_sendiov (a, &part, 1, 0), ENOMEM);
    expect_errno (zmq_msg_init_size (&msg, SIZE_MAX / 2), ENOMEM);
    send_text (a, "fine", 0);
    recv_last (b, "fine");
}

/* ---- functions of a socket, of a context ---- */

static void socket_functions (void *s, int wanted)
{
    int value = 1;
    size_t size = sizeof value;
    keep_going ();
    row ("zmq_setsockopt");
    expect_errno (zmq_setsockopt (s, ZMQ_LINGER, &value, sizeof value), wanted);
    row ("zmq_getsockopt");
    expect_errno (zmq_getsockopt (s, ZMQ_LINGER, &value, &size), wanted);
    row ("zmq_bind");
    expect_errno (zmq_bind (s, "inproc://name"), wanted);
    row ("zmq_connect");
    expect_errno (zmq_connect (s, "inproc://name"), wanted);
    row ("zmq_unbind");
    expect_errno (zmq_unbind (s, "inproc://name"), wanted);
    row ("zmq_disconnect");
    expect_errno (zmq_disconnect (s, "inproc://name"), wanted);
    row ("zmq_socket_monitor");
    expect_errno (zmq_socket_monitor (s, "inproc://monitor", ZMQ_EVENT_ALL), wanted);
}

CASE (functions_of_a_closed_socket, "zmq_setsockopt zmq_getsockopt zmq_bind zmq_connect zmq_unbind zmq_disconnect "
                                    "zmq_socket_monitor zmq_close ENOTSOCK")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    sock_close (s);
    socket_functions (s, ENOTSOCK);
    row ("zmq_close");
    expect_errno (zmq_close (s), ENOTSOCK);
    row ("NULL");
    socket_functions (NULL, ENOTSOCK);
}

CASE (functions_after_shutdown, "zmq_setsockopt zmq_getsockopt zmq_bind zmq_connect zmq_unbind zmq_disconnect "
                                "zmq_socket_monitor ETERM")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    expect_ok (zmq_ctx_shutdown (ctx));
    expect_errno (zmq_recv (s, NULL, 0, 0), ETERM); /* has seen it from here on */
    socket_functions (s, ETERM);
}

CASE (functions_of_no_context, "zmq_ctx_term zmq_ctx_shutdown zmq_ctx_set zmq_ctx_get zmq_socket zmq_term zmq_ctx_destroy EFAULT")
{
    int nothing[16] = {0};
    void *contexts[] = {NULL, nothing};
    for (int i = 0; i < 2; i++) {
        expect_errno (zmq_ctx_shutdown (contexts[i]), EFAULT);
        expect_errno (zmq_ctx_set (contexts[i], ZMQ_IO_THREADS, 1), EFAULT);
        expect_errno (zmq_ctx_get (contexts[i], ZMQ_IO_THREADS), EFAULT);
        expect_null_errno (zmq_socket (contexts[i], ZMQ_PAIR), EFAULT);
        expect_errno (zmq_ctx_term (contexts[i]), EFAULT);
        expect_errno (zmq_term (contexts[i]), EFAULT);
        expect_errno (zmq_ctx_destroy (contexts[i]), EFAULT);
    }
}

static void timer_action (int id, void *arg)
{
    (void) id;
    (void) arg;
}

CASE (functions_of_no_timers, "zmq_timers_add zmq_timers_cancel zmq_timers_set_interval zmq_timers_reset zmq_timers_timeout "
                              "zmq_timers_execute zmq_timers_destroy EFAULT")
{
    void *none = NULL;
    expect_errno (zmq_timers_add (none, 1, timer_action, NULL), EFAULT);
    expect_errno (zmq_timers_cancel (none, 1), EFAULT);
    expect_errno (zmq_timers_set_interval (none, 1, 1), EFAULT);
    expect_errno (zmq_timers_reset (none, 1), EFAULT);
    expect_errno (zmq_timers_timeout (none), EFAULT);
    expect_errno (zmq_timers_execute (none), EFAULT);
    expect_errno (zmq_timers_destroy (&none), EFAULT);
}

CASE (transport_of_other_types, "zmq_bind zmq_connect zmq_unbind zmq_disconnect ENOCOMPATPROTO")
{
    void *ctx = ctx_new ();
    keep_going ();
    for (int type = 0; type < 12; type++) {
        void *s = sock (ctx, type);
        row ("type %d", type);
        expect_errno (zmq_bind (s, "udp://127.0.0.1:5555"), ENOCOMPATPROTO);
        expect_errno (zmq_connect (s, "udp://127.0.0.1:5555"), ENOCOMPATPROTO);
        expect_errno (zmq_unbind (s, "udp://127.0.0.1:5555"), ENOCOMPATPROTO);
        expect_errno (zmq_disconnect (s, "udp://127.0.0.1:5555"), ENOCOMPATPROTO);
    }
}

/* ---- the system says no ---- */

CASE (path_of_someone_else, "zmq_bind EACCES")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    char path[200];
    snprintf (path, sizeof path, "ipc://%s/locked", scratch_dir ());
    expect_ok (mkdir (path + 6, 0700));
    /* Root may write everywhere. */
    uid_t user = geteuid ();
    if (user == 0)
        expect_ok (seteuid (65534));
    else
        expect_ok (chmod (path + 6, 0));
    snprintf (path, sizeof path, "ipc://%s/locked/s", scratch_dir ());
    errno = 0;
    int rc = zmq_bind (s, path), error = errno;
    if (user == 0)
        expect_ok (seteuid (0));
    expect_int (rc, -1);
    expect_int (error, EACCES);
}

/* Kernels before 5.7 want a privilege. */
CASE (device_without_privilege, "zmq_bind EPERM")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    uid_t user = geteuid ();
    expect_ok (zmq_setsockopt (s, ZMQ_BINDTODEVICE, "lo", 2));
    if (user == 0)
        expect_ok (seteuid (65534));
    errno = 0;
    int rc = zmq_bind (s, "tcp://127.0.0.1:*"), error = errno;
    if (user == 0)
        expect_ok (seteuid (0));
    expect_true (rc == 0 || error == EPERM);
}

CASE_WIRE (no_descriptor_is_left, "zmq_bind EMFILE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    const char *endpoint = fresh_endpoint (arg);
    bind_any (s, "tcp"); /* whatever else the socket and its thread need is there */
    get_int (s, ZMQ_FD);
    no_descriptors ();
    errno = 0;
    int rc = zmq_bind (s, endpoint), error = errno;
    descriptors_again ();
    expect_int (rc, -1);
    expect_int (error, EMFILE);
    expect_ok (zmq_bind (s, endpoint));
}

/* Where the first descriptor is needed is the library's choice. */
CASE (no_descriptor_from_the_start, "zmq_ctx_new zmq_socket zmq_bind EMFILE")
{
    no_descriptors ();
    errno = 0;
    void *ctx = zmq_ctx_new (), *s = ctx ? zmq_socket (ctx, ZMQ_PAIR) : NULL;
    int rc = s ? zmq_bind (s, "tcp://127.0.0.1:*") : -1, error = errno;
    descriptors_again ();
    expect_int (rc, -1);
    expect_int (error, EMFILE);
    if (s)
        expect_ok (zmq_close (s));
    if (ctx)
        expect_ok (zmq_ctx_term (ctx));
}

/* ---- proxies ---- */

static int proxy_1 (void *a, void *b)
{
    return zmq_proxy (a, b, NULL);
}

static int proxy_2 (void *a, void *b)
{
    return zmq_proxy_steerable (a, b, NULL, NULL);
}

static int proxy_3 (void *a, void *b)
{
    return zmq_device (ZMQ_STREAMER, a, b);
}

static int (*const proxies[]) (void *, void *) = {proxy_1, proxy_2, proxy_3};

CASE (proxies_and_signals, "zmq_proxy zmq_proxy_steerable zmq_device EINTR")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    for (int i = 0; i < 3; i++) {
        row ("proxy %d", i);
        alarms (1);
        expect_errno (proxies[i] (pull, push), EINTR);
        alarms (0);
    }
}

CASE (proxies_and_shutdown, "zmq_proxy zmq_proxy_steerable zmq_device ETERM")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    expect_ok (zmq_ctx_shutdown (ctx));
    for (int i = 0; i < 3; i++) {
        row ("proxy %d", i);
        expect_errno (proxies[i] (pull, push), ETERM);
    }
}

CASE (proxies_of_closed_sockets, "zmq_proxy zmq_proxy_steerable zmq_device ENOTSOCK")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    sock_close (push);
    for (int i = 0; i < 3; i++) {
        row ("proxy %d", i);
        expect_errno (proxies[i] (pull, push), ENOTSOCK);
        expect_errno (proxies[i] (push, pull), ENOTSOCK);
    }
}
