/* Handles that are NULL, stale, foreign or not handles at all, for each function that takes one. */
#include "tools.h"

/* covers: zmq_close zmq_bind zmq_connect zmq_unbind zmq_disconnect zmq_setsockopt zmq_getsockopt zmq_send zmq_send_const
 * covers: zmq_recv zmq_msg_send zmq_msg_recv zmq_sendmsg zmq_recvmsg zmq_sendiov zmq_recviov zmq_socket_monitor */
static void refused_as_socket (void *s)
{
    char buffer[64];
    int value = 0;
    size_t size = sizeof value, count = 1;
    struct iovec iov[1];
    zmq_msg_t msg;
    iov[0].iov_base = buffer;
    iov[0].iov_len = sizeof buffer;
    expect_errno (zmq_bind (s, "inproc://x"), ENOTSOCK);
    expect_errno (zmq_connect (s, "inproc://x"), ENOTSOCK);
    expect_errno (zmq_unbind (s, "inproc://x"), ENOTSOCK);
    expect_errno (zmq_disconnect (s, "inproc://x"), ENOTSOCK);
    expect_errno (zmq_setsockopt (s, ZMQ_LINGER, &value, sizeof value), ENOTSOCK);
    expect_errno (zmq_getsockopt (s, ZMQ_LINGER, &value, &size), ENOTSOCK);
    expect_errno (zmq_send (s, "x", 1, 0), ENOTSOCK);
    expect_errno (zmq_send_const (s, "x", 1, 0), ENOTSOCK);
    expect_errno (zmq_recv (s, buffer, sizeof buffer, 0), ENOTSOCK);
    expect_ok (zmq_msg_init (&msg));
    expect_errno (zmq_msg_send (&msg, s, 0), ENOTSOCK);
    expect_errno (zmq_msg_recv (&msg, s, 0), ENOTSOCK);
    expect_errno (zmq_sendmsg (s, &msg, 0), ENOTSOCK);
    expect_errno (zmq_recvmsg (s, &msg, 0), ENOTSOCK);
    expect_ok (zmq_msg_close (&msg));
    expect_errno (zmq_sendiov (s, iov, 1, 0), ENOTSOCK);
    expect_errno (zmq_recviov (s, iov, &count, 0), ENOTSOCK);
    expect_errno (zmq_socket_monitor (s, "inproc://m", ZMQ_EVENT_ALL), ENOTSOCK);
    expect_errno (zmq_socket_monitor (s, NULL, 0), ENOTSOCK);
    expect_errno (zmq_close (s), ENOTSOCK);
}

CASE (null_socket, "ENOTSOCK")
{
    keep_going ();
    refused_as_socket (NULL);
}

CASE (local_variable_as_socket, "ENOTSOCK")
{
    void *local[16] = {NULL};
    keep_going ();
    refused_as_socket (local);
}

CASE (garbage_memory_as_socket, "ENOTSOCK")
{
    unsigned char *block = malloc (4096);
    keep_going ();
    for (int i = 0; i < 4096; i++)
        block[i] = (unsigned char) (i * 131 + 7);
    refused_as_socket (block);
    memset (block, 0xff, 4096);
    refused_as_socket (block);
    free (block);
}

CASE (context_as_socket, "ENOTSOCK")
{
    void *ctx = ctx_new ();
    keep_going ();
    refused_as_socket (ctx);
}

CASE (message_as_socket, "ENOTSOCK")
{
    zmq_msg_t msg[16];
    keep_going ();
    for (int i = 0; i < 16; i++)
        expect_ok (zmq_msg_init (&msg[i]));
    refused_as_socket (msg);
    for (int i = 0; i < 16; i++)
        expect_ok (zmq_msg_close (&msg[i]));
}

CASE (counter_and_timers_as_socket, "ENOTSOCK")
{
    void *timers = expect_ptr (zmq_timers_new ());
    keep_going ();
    refused_as_socket (timers);
    expect_ok (zmq_timers_destroy (&timers));
}

CASE (closed_socket, "zmq_close ENOTSOCK")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    sock_close (s);
    keep_going ();
    refused_as_socket (s);
}

CASE (socket_of_a_terminated_context, "zmq_close ENOTSOCK")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    sock_close (s);
    ctx_term (ctx);
    keep_going ();
    refused_as_socket (s);
}

CASE (closed_socket_after_its_slot_was_reused, "zmq_close zmq_socket ENOTSOCK")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 1));
    void *old = sock (ctx, ZMQ_PAIR), *fresh = NULL;
    sock_close (old);
    eventually ((fresh = zmq_socket (ctx, ZMQ_PAIR)) != NULL);
    if (fresh == old) {
        /* The allocator gave the address out again, so the old value names the new socket. */
        expect_ok (zmq_close (fresh));
        return;
    }
    keep_going ();
    refused_as_socket (old);
    expect_ok (zmq_close (fresh));
}

/* covers: zmq_ctx_term zmq_ctx_shutdown zmq_ctx_set zmq_ctx_get zmq_socket zmq_term zmq_ctx_destroy */
static void refused_as_context (void *ctx)
{
    expect_errno (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 1), EFAULT);
    expect_errno (zmq_ctx_get (ctx, ZMQ_IO_THREADS), EFAULT);
    expect_null_errno (zmq_socket (ctx, ZMQ_PAIR), EFAULT);
    expect_errno (zmq_ctx_shutdown (ctx), EFAULT);
    expect_errno (zmq_ctx_term (ctx), EFAULT);
    expect_errno (zmq_ctx_destroy (ctx), EFAULT);
    expect_errno (zmq_term (ctx), EFAULT);
}

CASE (null_context, "EFAULT")
{
    keep_going ();
    refused_as_context (NULL);
}

CASE (local_variable_as_context, "EFAULT")
{
    void *local[16] = {NULL};
    keep_going ();
    refused_as_context (local);
}

CASE (socket_as_context, "EFAULT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    keep_going ();
    refused_as_context (s);
}

CASE (terminated_context, "zmq_ctx_term EFAULT")
{
    void *ctx = ctx_new ();
    sock_close (sock (ctx, ZMQ_PAIR));
    ctx_term (ctx);
    keep_going ();
    refused_as_context (ctx);
}

/* covers: zmq_timers_add zmq_timers_cancel zmq_timers_set_interval zmq_timers_reset zmq_timers_timeout zmq_timers_execute
 * covers: zmq_timers_destroy */
static void on_timer (int id, void *arg)
{
}

static void refused_as_timers (void *t)
{
    void *copy = t;
    expect_errno (zmq_timers_add (t, 10, on_timer, NULL), EFAULT);
    expect_errno (zmq_timers_cancel (t, 1), EFAULT);
    expect_errno (zmq_timers_set_interval (t, 1, 10), EFAULT);
    expect_errno (zmq_timers_reset (t, 1), EFAULT);
    expect_errno (zmq_timers_timeout (t), EFAULT);
    expect_errno (zmq_timers_execute (t), EFAULT);
    expect_errno (zmq_timers_destroy (&copy), EFAULT);
}

CASE (null_timers, "EFAULT")
{
    keep_going ();
    refused_as_timers (NULL);
}

CASE (local_variable_as_timers, "EFAULT")
{
    void *local[16] = {NULL};
    keep_going ();
    refused_as_timers (local);
}

CASE (socket_as_timers, "EFAULT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    keep_going ();
    refused_as_timers (s);
}

CASE (destroyed_timers, "zmq_timers_destroy EFAULT")
{
    void *timers = expect_ptr (zmq_timers_new ()), *stale = timers;
    expect_ok (zmq_timers_destroy (&timers));
    expect_true (timers == NULL);
    keep_going ();
    refused_as_timers (stale);
}

CASE (null_pointer_to_timers, "zmq_timers_destroy EFAULT")
{
    expect_errno (zmq_timers_destroy (NULL), EFAULT);
}

CASE (poll_of_a_bad_socket, "zmq_poll ENOTSOCK")
{
    void *ctx = ctx_new (), *local[16] = {NULL};
    void *s = sock (ctx, ZMQ_PAIR), *closed = sock (ctx, ZMQ_PAIR);
    zmq_pollitem_t items[2] = {{s, 0, ZMQ_POLLIN, 0}, {closed, 0, ZMQ_POLLIN, 0}};
    sock_close (closed);
    expect_errno (zmq_poll (items, 2, 0), ENOTSOCK);
    items[1].socket = local;
    expect_errno (zmq_poll (items, 2, 0), ENOTSOCK);
    items[1].socket = ctx;
    expect_errno (zmq_poll (items, 2, 0), ENOTSOCK);
}

CASE (proxy_without_sockets, "zmq_proxy zmq_proxy_steerable EFAULT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_ROUTER);
    expect_errno (zmq_proxy (NULL, NULL, NULL), EFAULT);
    expect_errno (zmq_proxy (s, NULL, NULL), EFAULT);
    expect_errno (zmq_proxy (NULL, s, NULL), EFAULT);
    expect_errno (zmq_proxy_steerable (NULL, s, NULL, NULL), EFAULT);
    expect_errno (zmq_proxy_steerable (s, NULL, NULL, NULL), EFAULT);
}

CASE (device_without_sockets, "zmq_device EFAULT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_ROUTER);
    expect_errno (zmq_device (ZMQ_QUEUE, NULL, NULL), EFAULT);
    expect_errno (zmq_device (ZMQ_FORWARDER, s, NULL), EFAULT);
    expect_errno (zmq_device (ZMQ_STREAMER, NULL, s), EFAULT);
}

CASE (proxy_of_closed_sockets, "zmq_proxy ENOTSOCK")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_ROUTER), *b = sock (ctx, ZMQ_DEALER);
    sock_close (b);
    expect_errno (zmq_proxy (a, b, NULL), ENOTSOCK);
}

CASE (null_endpoints, "zmq_bind zmq_connect EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    expect_errno (zmq_bind (s, NULL), EINVAL);
    expect_errno (zmq_connect (s, NULL), EINVAL);
}

CASE (null_endpoints_of_unbind_and_disconnect, "zmq_unbind zmq_disconnect EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    expect_errno (zmq_unbind (s, NULL), EINVAL);
    expect_errno (zmq_disconnect (s, NULL), EINVAL);
}

CASE (null_option_pointers, "zmq_setsockopt zmq_getsockopt EINVAL EFAULT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    int value = 0;
    size_t size = sizeof value;
    errno = 0;
    expect_int (zmq_setsockopt (s, ZMQ_SNDHWM, NULL, sizeof value), -1);
    expect_true (errno == EINVAL || errno == EFAULT);
    errno = 0;
    expect_int (zmq_getsockopt (s, ZMQ_SNDHWM, NULL, &size), -1);
    expect_true (errno == EINVAL || errno == EFAULT);
    errno = 0;
    expect_int (zmq_getsockopt (s, ZMQ_SNDHWM, &value, NULL), -1);
    expect_true (errno == EINVAL || errno == EFAULT);
}

CASE (null_message_in_send_and_recv, "zmq_msg_send zmq_msg_recv EFAULT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    expect_errno (zmq_msg_send (NULL, s, ZMQ_DONTWAIT), EFAULT);
    expect_errno (zmq_msg_recv (NULL, s, ZMQ_DONTWAIT), EFAULT);
}
