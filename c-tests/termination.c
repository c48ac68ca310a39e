/* Shutdown and termination while calls are blocked, messages linger, signals arrive. */
#include "tools.h"

#include <pthread.h>
#include <signal.h>

/* ---- blocked calls ---- */

static volatile pid_t caller;

static void *recv_until_error (void *s)
{
    char buffer[8];
    caller = own_thread ();
    intptr_t rc = zmq_recv (s, buffer, sizeof buffer, 0);
    return (void *) (rc == -1 ? (intptr_t) errno : (intptr_t) 0);
}

static void *send_until_error (void *s)
{
    caller = own_thread ();
    intptr_t rc = zmq_send (s, "x", 1, 0);
    return (void *) (rc == -1 ? (intptr_t) errno : (intptr_t) 0);
}

static void *poll_until_error (void *s)
{
    zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
    caller = own_thread ();
    intptr_t rc = zmq_poll (&item, 1, -1);
    return (void *) (rc == -1 ? (intptr_t) errno : (intptr_t) 0);
}

static void shutdown_wakes (void *(*call) (void *), int type)
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, type);
    void *result;
    pthread_t thread;
    set_int (s, ZMQ_RCVTIMEO, -1);
    set_int (s, ZMQ_SNDTIMEO, -1);
    expect_ok (pthread_create (&thread, NULL, call, s));
    eventually (is_asleep (caller));
    expect_ok (zmq_ctx_shutdown (ctx));
    expect_ok (pthread_join (thread, &result));
    expect_int ((intptr_t) result, ETERM);
}

CASE (shutdown_wakes_a_blocked_recv, "zmq_ctx_shutdown zmq_recv ETERM")
{
    shutdown_wakes (recv_until_error, ZMQ_PULL);
}

CASE (shutdown_wakes_a_blocked_send, "zmq_ctx_shutdown zmq_send ETERM")
{
    shutdown_wakes (send_until_error, ZMQ_PUSH);
}

CASE (shutdown_wakes_a_blocked_poll, "zmq_ctx_shutdown zmq_poll ETERM")
{
    shutdown_wakes (poll_until_error, ZMQ_PULL);
}

static void *close_after_eterm (void *s)
{
    void *error = recv_until_error (s);
    zmq_close (s);
    return error;
}

CASE (term_wakes_a_blocked_recv_and_waits_for_close, "zmq_ctx_term zmq_recv ETERM")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PULL);
    void *result;
    pthread_t thread;
    set_int (s, ZMQ_RCVTIMEO, -1);
    give_up_socket (s);
    expect_ok (pthread_create (&thread, NULL, close_after_eterm, s));
    ctx_term (ctx);
    expect_ok (pthread_join (thread, &result));
    expect_int ((intptr_t) result, ETERM);
}

static volatile int closing;

static void *close_later (void *s)
{
    eventually (is_asleep (caller));
    closing = 1;
    zmq_close (s);
    return NULL;
}

CASE (term_waits_until_every_socket_is_closed, "zmq_ctx_term zmq_close")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PULL);
    void *thread;
    give_up_socket (s);
    caller = own_thread ();
    start_thread (close_later, s, &thread);
    ctx_term (ctx);
    expect_true (closing);
    join_thread (thread);
}

static volatile sig_atomic_t signals;

static void on_signal (int number)
{
    (void) number;
    signals++;
}

static pthread_t signalled;

/* Interrupts each call in which the thread falls asleep. */
static void *signal_sleeper (void *done)
{
    while (!*(volatile int *) done) {
        int before = signals;
        eventually (is_asleep (caller) || *(volatile int *) done);
        pthread_kill (signalled, SIGUSR1);
        eventually (signals > before || *(volatile int *) done);
    }
    return NULL;
}

static void catch_signals (int *done, void **thread)
{
    struct sigaction action;
    memset (&action, 0, sizeof action);
    action.sa_handler = on_signal;
    expect_ok (sigaction (SIGUSR1, &action, NULL));
    signalled = pthread_self ();
    caller = own_thread ();
    start_thread (signal_sleeper, done, thread);
}

CASE (term_interrupted_by_a_signal_can_be_called_again, "zmq_ctx_term EINTR")
{
    void *ctx = ctx_new (), *thread;
    void *s = sock (ctx, ZMQ_PULL);
    int done = 0;
    catch_signals (&done, &thread);
    expect_errno (zmq_ctx_term (ctx), EINTR);
    done = 1;
    join_thread (thread);
    give_up_socket (s);
    expect_ok (zmq_close (s));
    ctx_term (ctx);
}

CASE (recv_send_and_poll_interrupted_by_a_signal, "zmq_recv zmq_send zmq_poll EINTR")
{
    void *ctx = ctx_new (), *thread;
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    char buffer[8];
    int done = 0;
    zmq_pollitem_t item = {pull, 0, ZMQ_POLLIN, 0};
    catch_signals (&done, &thread);
    expect_errno (zmq_recv (pull, buffer, sizeof buffer, 0), EINTR);
    expect_errno (zmq_send (push, "x", 1, 0), EINTR);
    expect_errno (zmq_poll (&item, 1, -1), EINTR);
    done = 1;
    join_thread (thread);
}

CASE (linger_delays_term, "zmq_ctx_term ZMQ_LINGER")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_LINGER, 200);
    connect_to (push, free_tcp_endpoint ());
    send_text (push, "never", 0);
    long start = now_ms ();
    sock_close (push);
    ctx_term (ctx);
    long took = now_ms () - start;
    if (took < 190 || took > 2000)
        check_fail (__FILE__, __LINE__, "termination took %ld ms", took);
}

CASE (term_with_a_never_bound_inproc_connect, "zmq_ctx_term ZMQ_LINGER")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_LINGER, -1);
    connect_to (push, "inproc://nobody");
    send_text (push, "lost", 0);
    sock_close (push);
    ctx_term (ctx);
}
