/* Contexts: options, limits, shutdown, fork, affinity. */
#include "tools.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

CASE (new_and_term_without_sockets, "zmq_ctx_new zmq_ctx_term")
{
    void *ctx = expect_ptr (zmq_ctx_new ());
    expect_ok (zmq_ctx_term (ctx));
}

CASE (legacy_names_create_and_destroy, "zmq_init zmq_term zmq_ctx_destroy zmq_ctx_get ZMQ_IO_THREADS")
{
    void *ctx = expect_ptr (zmq_init (3));
    expect_int (zmq_ctx_get (ctx, ZMQ_IO_THREADS), 3);
    expect_ok (zmq_term (ctx));
    ctx = expect_ptr (zmq_init (0));
    expect_ok (zmq_ctx_destroy (ctx));
}

CASE (init_rejects_a_negative_thread_count, "zmq_init EINVAL")
{
    expect_null_errno (zmq_init (-1), EINVAL);
}

struct ctx_option {
    const char *name;
    int option, fallback, lowest, readable, settable;
};
static const struct ctx_option options[] = {
  {"ZMQ_IO_THREADS", ZMQ_IO_THREADS, 1, 0, 1, 1},
  {"ZMQ_MAX_SOCKETS", ZMQ_MAX_SOCKETS, 1023, 1, 1, 1},
  {"ZMQ_MAX_MSGSZ", ZMQ_MAX_MSGSZ, 2147483647, 0, 1, 1},
  {"ZMQ_IPV6", ZMQ_IPV6, 0, 0, 1, 1},
  {"ZMQ_BLOCKY", ZMQ_BLOCKY, 1, 0, 1, 1},
  {"ZMQ_THREAD_SCHED_POLICY", ZMQ_THREAD_SCHED_POLICY, -1, 0, 1, 1},
  {"ZMQ_SOCKET_LIMIT", ZMQ_SOCKET_LIMIT, 65535, 0, 1, 0},
  {"ZMQ_MSG_T_SIZE", ZMQ_MSG_T_SIZE, 64, 0, 1, 0},
  {"ZMQ_THREAD_AFFINITY_CPU_ADD", ZMQ_THREAD_AFFINITY_CPU_ADD, 0, 0, 0, 1},
};

/* covers: ZMQ_IO_THREADS ZMQ_MAX_SOCKETS ZMQ_MAX_MSGSZ ZMQ_IPV6 ZMQ_BLOCKY ZMQ_THREAD_SCHED_POLICY ZMQ_SOCKET_LIMIT
 * covers: ZMQ_MSG_T_SIZE ZMQ_THREAD_AFFINITY_CPU_ADD ZMQ_MAX_SOCKETS_DFLT ZMQ_IO_THREADS_DFLT
 * covers: ZMQ_THREAD_SCHED_POLICY_DFLT */
CASE (option_defaults, "zmq_ctx_get EINVAL")
{
    void *ctx = ctx_new ();
    keep_going ();
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        row ("%s", options[i].name);
        if (options[i].readable)
            expect_int (zmq_ctx_get (ctx, options[i].option), options[i].fallback);
        else
            expect_errno (zmq_ctx_get (ctx, options[i].option), EINVAL);
    }
}

CASE (option_ranges, "zmq_ctx_set zmq_ctx_get EINVAL")
{
    void *ctx = ctx_new ();
    keep_going ();
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct ctx_option *o = &options[i];
        row ("%s", o->name);
        if (!o->settable)
            continue;
        expect_ok (zmq_ctx_set (ctx, o->option, o->lowest));
        if (o->readable)
            expect_int (zmq_ctx_get (ctx, o->option), o->lowest);
        expect_errno (zmq_ctx_set (ctx, o->option, o->lowest - 1), EINVAL);
        expect_errno (zmq_ctx_set (ctx, o->option, -7), EINVAL);
        if (o->readable)
            expect_int (zmq_ctx_get (ctx, o->option), o->lowest);
    }
}

CASE (read_only_options_refuse_a_set, "zmq_ctx_set ZMQ_MSG_T_SIZE ZMQ_THREAD_PRIORITY ZMQ_THREAD_PRIORITY_DFLT EINVAL")
{
    void *ctx = ctx_new ();
    expect_errno (zmq_ctx_set (ctx, ZMQ_MSG_T_SIZE, 64), EINVAL);
    expect_errno (zmq_ctx_set (ctx, ZMQ_THREAD_PRIORITY, ZMQ_THREAD_PRIORITY_DFLT), EINVAL);
    expect_ok (zmq_ctx_set (ctx, ZMQ_THREAD_PRIORITY, 0));
    expect_int (zmq_ctx_get (ctx, ZMQ_SOCKET_LIMIT), 65535);
}

CASE (unknown_options, "zmq_ctx_set zmq_ctx_get EINVAL")
{
    void *ctx = ctx_new ();
    static const int unknown[] = {-1, 0, 11, 41, 43, 69, 71, 9999};
    keep_going ();
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        row ("%d", unknown[i]);
        expect_errno (zmq_ctx_get (ctx, unknown[i]), EINVAL);
        expect_errno (zmq_ctx_set (ctx, unknown[i], 1), EINVAL);
    }
}

CASE (boolean_options_normalise, "zmq_ctx_set ZMQ_IPV6 ZMQ_BLOCKY")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_IPV6, 7));
    expect_int (zmq_ctx_get (ctx, ZMQ_IPV6), 1);
    expect_ok (zmq_ctx_set (ctx, ZMQ_BLOCKY, 0));
    expect_int (zmq_ctx_get (ctx, ZMQ_BLOCKY), 0);
}

CASE (cpu_affinity_set, "zmq_ctx_set ZMQ_THREAD_AFFINITY_CPU_ADD ZMQ_THREAD_AFFINITY_CPU_REMOVE EINVAL")
{
    void *ctx = ctx_new ();
    expect_errno (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0), EINVAL);
    expect_ok (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, 0));
    expect_ok (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0));
    expect_errno (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0), EINVAL);
}

CASE (thread_name_prefix_as_an_int, "zmq_ctx_set ZMQ_THREAD_NAME_PREFIX")
{
    void *ctx = ctx_new ();
    expect_int (zmq_ctx_get (ctx, ZMQ_THREAD_NAME_PREFIX), 0);
    expect_ok (zmq_ctx_set (ctx, ZMQ_THREAD_NAME_PREFIX, 1234));
    expect_int (zmq_ctx_get (ctx, ZMQ_THREAD_NAME_PREFIX), 1234);
    sock (ctx, ZMQ_PAIR);
}

CASE (blocky_0_gives_sockets_linger_0, "ZMQ_BLOCKY ZMQ_LINGER")
{
    void *ctx = ctx_new ();
    void *before = expect_ptr (zmq_socket (ctx, ZMQ_PUSH));
    expect_ok (zmq_ctx_set (ctx, ZMQ_BLOCKY, 0));
    void *after = expect_ptr (zmq_socket (ctx, ZMQ_PUSH));
    expect_int (get_int (before, ZMQ_LINGER), -1);
    expect_int (get_int (after, ZMQ_LINGER), 0);
    expect_ok (zmq_close (before));
    expect_ok (zmq_close (after));
}

CASE (ipv6_is_inherited_at_creation_only, "ZMQ_IPV6 ZMQ_IPV4ONLY")
{
    void *ctx = ctx_new ();
    void *before = sock (ctx, ZMQ_PUSH);
    expect_ok (zmq_ctx_set (ctx, ZMQ_IPV6, 1));
    void *after = sock (ctx, ZMQ_PUSH);
    expect_int (get_int (before, ZMQ_IPV6), 0);
    expect_int (get_int (after, ZMQ_IPV6), 1);
    expect_int (get_int (after, ZMQ_IPV4ONLY), 0);
}

CASE (options_work_after_shutdown, "zmq_ctx_shutdown zmq_ctx_set zmq_ctx_get")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_shutdown (ctx));
    expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 4));
    expect_int (zmq_ctx_get (ctx, ZMQ_IO_THREADS), 4);
}

CASE (max_sockets_limits_open_sockets, "zmq_socket ZMQ_MAX_SOCKETS EMFILE")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 3));
    sock (ctx, ZMQ_PAIR);
    sock (ctx, ZMQ_PUB);
    void *third = sock (ctx, ZMQ_REQ);
    expect_null_errno (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    /* The table was fixed by the first socket: a later change has no effect. */
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 10));
    expect_int (zmq_ctx_get (ctx, ZMQ_MAX_SOCKETS), 10);
    expect_null_errno (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    sock_close (third);
    void *again = NULL;
    eventually ((again = zmq_socket (ctx, ZMQ_PAIR)) != NULL || errno != EMFILE);
    expect_ok (zmq_close (again));
}

CASE (many_sockets_up_to_the_default_limit, "zmq_socket zmq_close EMFILE")
{
    void *ctx = ctx_new ();
    int opened = 0;
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 200));
    while (opened < 200) {
        sock (ctx, opened % 12);
        opened++;
    }
    expect_null_errno (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
}

CASE (bad_socket_types, "zmq_socket EINVAL")
{
    void *ctx = ctx_new ();
    expect_null_errno (zmq_socket (ctx, -1), EINVAL);
    expect_null_errno (zmq_socket (ctx, 99), EINVAL);
    expect_null_errno (zmq_socket (ctx, 0x7fffffff), EINVAL);
    sock (ctx, ZMQ_PAIR);
}

CASE (no_socket_after_shutdown, "zmq_ctx_shutdown zmq_socket ETERM")
{
    void *ctx = ctx_new ();
    sock (ctx, ZMQ_PAIR);
    expect_ok (zmq_ctx_shutdown (ctx));
    expect_null_errno (zmq_socket (ctx, ZMQ_PAIR), ETERM);
    expect_null_errno (zmq_socket (ctx, 99), ETERM);
}

CASE (no_socket_after_shutdown_of_an_unused_context, "zmq_ctx_shutdown zmq_socket ETERM")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_shutdown (ctx));
    expect_null_errno (zmq_socket (ctx, ZMQ_PAIR), ETERM);
}

CASE (shutdown_is_idempotent, "zmq_ctx_shutdown")
{
    void *ctx = ctx_new ();
    sock (ctx, ZMQ_PAIR);
    for (int i = 0; i < 3; i++)
        expect_ok (zmq_ctx_shutdown (ctx));
}

/* covers: zmq_send zmq_recv zmq_msg_send zmq_msg_recv zmq_bind zmq_connect zmq_unbind zmq_disconnect zmq_setsockopt
 * covers: zmq_getsockopt zmq_socket_monitor zmq_send_const ZMQ_FD ZMQ_EVENTS ZMQ_TYPE */
CASE (every_socket_call_after_shutdown, "zmq_ctx_shutdown ETERM")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    char buffer[256];
    int value = 0;
    size_t size = sizeof value;
    zmq_msg_t msg;
    expect_ok (zmq_ctx_shutdown (ctx));
    keep_going ();
    expect_errno (zmq_send (s, "x", 1, 0), ETERM);
    expect_errno (zmq_send (s, "x", 1, ZMQ_DONTWAIT), ETERM);
    expect_errno (zmq_send_const (s, "x", 1, 0), ETERM);
    expect_errno (zmq_recv (s, buffer, sizeof buffer, 0), ETERM);
    expect_errno (zmq_recv (s, buffer, sizeof buffer, ZMQ_DONTWAIT), ETERM);
    expect_ok (zmq_msg_init (&msg));
    expect_errno (zmq_msg_send (&msg, s, 0), ETERM);
    expect_errno (zmq_msg_recv (&msg, s, 0), ETERM);
    expect_ok (zmq_msg_close (&msg));
    expect_errno (zmq_bind (s, "inproc://late"), ETERM);
    expect_errno (zmq_connect (s, "inproc://late"), ETERM);
    expect_errno (zmq_unbind (s, endpoint), ETERM);
    expect_errno (zmq_disconnect (s, endpoint), ETERM);
    expect_errno (zmq_setsockopt (s, ZMQ_LINGER, &value, sizeof value), ETERM);
    expect_errno (zmq_getsockopt (s, ZMQ_FD, &value, &size), ETERM);
    expect_errno (zmq_getsockopt (s, ZMQ_EVENTS, &value, &size), ETERM);
    expect_errno (zmq_getsockopt (s, ZMQ_TYPE, &value, &size), ETERM);
    expect_errno (zmq_socket_monitor (s, "inproc://latemon", ZMQ_EVENT_ALL), ETERM);
    zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
    expect_errno (zmq_poll (&item, 1, 0), ETERM);
}

CASE (contexts_are_separate, "zmq_ctx_new zmq_bind")
{
    void *one = ctx_new (), *two = ctx_new ();
    void *a = sock (one, ZMQ_PULL), *b = sock (two, ZMQ_PULL), *c = sock (two, ZMQ_PUSH);
    expect_ok (zmq_bind (a, "inproc://same"));
    expect_ok (zmq_bind (b, "inproc://same"));
    connect_to (c, "inproc://same");
    send_text (c, "two", 0);
    recv_text (b, "two");
    expect_errno (zmq_recv (a, NULL, 0, ZMQ_DONTWAIT), EAGAIN);
    expect_ok (zmq_ctx_shutdown (one));
    send_text (c, "still", 0);
    recv_text (b, "still");
}

CASE (fork_child_may_close_and_terminate, "zmq_ctx_term zmq_close zmq_errno EINTR")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = bind_any (pull, "tcp");
    int status = 0;
    fflush (stdout);
    pid_t pid = fork ();
    if (pid == 0) {
        /* The background threads did not survive the fork, so termination may end in EINTR, but it must end. */
        if (zmq_close (pull) != 0 || zmq_close (push) != 0 || (zmq_ctx_term (ctx) != 0 && zmq_errno () != EINTR))
            _exit (1);
        void *own = zmq_ctx_new (), *s = zmq_socket (own, ZMQ_PUSH);
        if (!s || zmq_connect (s, endpoint) != 0 || zmq_send (s, "child", 5, 0) != 5 || zmq_close (s) != 0
            || zmq_ctx_term (own) != 0)
            _exit (2);
        /* What the parent's threads held is lost to the child: nothing that counts leaks shall look at it. */
        raise (SIGKILL);
    }
    recv_text (pull, "child");
    expect_int (waitpid (pid, &status, 0), pid);
    expect_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
    connect_to (push, endpoint);
    send_text (push, "parent", 0);
    recv_text (pull, "parent");
}

CASE (affinity_without_a_thread, "ZMQ_AFFINITY zmq_bind zmq_connect EMTHREAD")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PUSH);
    uint64_t mask = 2;
    expect_ok (zmq_setsockopt (s, ZMQ_AFFINITY, &mask, sizeof mask));
    expect_errno (zmq_bind (s, "tcp://127.0.0.1:*"), EMTHREAD);
    expect_errno (zmq_connect (s, "tcp://127.0.0.1:9"), EMTHREAD);
    expect_ok (zmq_bind (s, "inproc://affinity"));
    mask = 1;
    expect_ok (zmq_setsockopt (s, ZMQ_AFFINITY, &mask, sizeof mask));
    expect_ok (zmq_bind (s, "tcp://127.0.0.1:*"));
}

CASE (no_io_threads_leave_inproc, "ZMQ_IO_THREADS zmq_bind zmq_connect EMTHREAD")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 0));
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    expect_errno (zmq_bind (a, "tcp://127.0.0.1:*"), EMTHREAD);
    expect_errno (zmq_bind (a, fresh_endpoint ("ipc")), EMTHREAD);
    expect_errno (zmq_connect (a, "tcp://127.0.0.1:9"), EMTHREAD);
    pair_up (a, b, "inproc");
    send_text (a, "inproc", 0);
    recv_text (b, "inproc");
}

CASE (several_io_threads_carry_traffic, "ZMQ_IO_THREADS ZMQ_AFFINITY")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 4));
    void *pull = sock (ctx, ZMQ_PULL);
    for (uint64_t i = 0; i < 4; i++) {
        void *push = sock (ctx, ZMQ_PUSH);
        uint64_t mask = UINT64_C (1) << i;
        expect_ok (zmq_setsockopt (push, ZMQ_AFFINITY, &mask, sizeof mask));
        pair_up (pull, push, "tcp");
        send_text (push, "x", 0);
        recv_text (pull, "x");
    }
}

static void *send_on (void *s)
{
    zmq_send (s, "from a thread", 13, 0);
    return NULL;
}

CASE (sockets_may_migrate_between_threads, "zmq_send zmq_recv")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR), *thread;
    pair_up (a, b, "inproc");
    start_thread (send_on, a, &thread);
    join_thread (thread);
    recv_text (b, "from a thread");
    send_text (a, "back", 0);
    recv_text (b, "back");
}
