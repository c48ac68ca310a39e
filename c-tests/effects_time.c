/* Options whose effect shows in time, and in what threads are like. */
#include "tools.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SCHED_BATCH
#define SCHED_BATCH 3
#endif

/* A listener whose queue is full: the kernel answers no further connection. */
struct deaf {
    int listener, fillers[4];
    const char *endpoint;
};

static void deaf_listener (struct deaf *d)
{
    struct sockaddr_in address;
    d->listener = raw_listen (&d->endpoint);
    expect_ok (listen (d->listener, 0));
    tcp_address (d->endpoint, &address);
    for (int i = 0; i < 4; i++) {
        d->fillers[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect (d->fillers[i], (struct sockaddr *) &address, sizeof address);
    }
}

static void deaf_close (struct deaf *d)
{
    for (int i = 0; i < 4; i++)
        raw_close (d->fillers[i]);
    raw_close (d->listener);
}

CASE (connecting_is_given_up, "ZMQ_CONNECT_TIMEOUT ZMQ_EVENT_CLOSED ZMQ_EVENT_CONNECT_RETRIED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    struct deaf d;
    deaf_listener (&d);
    set_int (s, ZMQ_CONNECT_TIMEOUT, 100);
    set_int (s, ZMQ_RECONNECT_IVL, 20);
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    /* From before the first attempt, so that a thread that comes late to its events cannot make an attempt look short. */
    long begin = now_ms ();
    connect_to (s, d.endpoint);
    for (int i = 1; i <= 2; i++) {
        mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
        mon_expect (mon, ZMQ_EVENT_CLOSED);
        expect_true (now_ms () - begin >= i * 80 && now_ms () - begin < i * 5000);
        mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    }
    deaf_close (&d);
}

CASE (connecting_is_not_given_up, "ZMQ_CONNECT_TIMEOUT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    struct deaf d;
    deaf_listener (&d);
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    connect_to (s, d.endpoint);
    mon_expect (mon, ZMQ_EVENT_CONNECT_DELAYED);
    mon_nothing (mon);
    deaf_close (&d);
}

CASE (connection_made_in_time_stays, "ZMQ_CONNECT_TIMEOUT")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    set_int (b, ZMQ_CONNECT_TIMEOUT, 50);
    const char *endpoint = bind_any (a, "tcp");
    void *mon = monitor (ctx, b, ZMQ_EVENT_ALL);
    connect_to (b, endpoint);
    mon_wait (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_nothing (mon);
    send_text (b, "x", 0);
    recv_text (a, "x");
}

CASE (handshakes_without_a_limit, "ZMQ_HANDSHAKE_IVL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    set_int (s, ZMQ_HANDSHAKE_IVL, 0);
    const char *endpoint = bind_any (s, "tcp");
    void *mon = monitor (ctx, s, ZMQ_EVENT_ALL);
    int fd = raw_connect (endpoint);
    mon_expect (mon, ZMQ_EVENT_ACCEPTED);
    mon_nothing (mon);
    raw_handshake (fd, "DEALER", 1);
    mon_expect (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    raw_close (fd);
}

/* The interval ends with the handshake. */
CASE (handshake_made_in_time_stays, "ZMQ_HANDSHAKE_IVL")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    set_int (a, ZMQ_HANDSHAKE_IVL, 60);
    set_int (b, ZMQ_HANDSHAKE_IVL, 60);
    const char *endpoint = bind_any (a, "tcp");
    void *mon = monitor (ctx, b, ZMQ_EVENT_ALL);
    connect_to (b, endpoint);
    mon_wait (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_nothing (mon);
}

/* The number is kept and stops nothing. */
CASE (longest_message_of_the_context, "ZMQ_MAX_MSGSZ zmq_ctx_set")
{
    void *ctx = ctx_new ();
    static char big[5000];
    expect_ok (zmq_ctx_set (ctx, ZMQ_MAX_MSGSZ, 100));
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, "tcp");
    expect_int (zmq_send (b, big, sizeof big, 0), sizeof big);
    expect_int (recv_bytes (a, big, sizeof big), sizeof big);
}

/* ---- the context's threads ---- */

/* The id of the thread with this name in this process, 0 if there is none. */
static int thread_of (const char *name)
{
    char path[300], text[64];
    DIR *tasks = opendir ("/proc/self/task");
    struct dirent *entry;
    int found = 0;
    while (tasks && (entry = readdir (tasks))) {
        snprintf (path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen (path, "r");
        if (!file)
            continue;
        if (fgets (text, sizeof text, file)) {
            text[strcspn (text, "\n")] = 0;
            if (strcmp (text, name) == 0)
                found = atoi (entry->d_name);
        }
        fclose (file);
    }
    if (tasks)
        closedir (tasks);
    return found;
}

static int cpus_of (int thread, char *list, size_t size)
{
    char path[64], line[256];
    snprintf (path, sizeof path, "/proc/self/task/%d/status", thread);
    FILE *file = fopen (path, "r");
    int found = 0;
    while (file && fgets (line, sizeof line, file))
        if (strncmp (line, "Cpus_allowed_list:", 18) == 0) {
            snprintf (list, size, "%s", line + 18 + strspn (line + 18, " \t"));
            list[strcspn (list, "\n")] = 0;
            found = 1;
        }
    if (file)
        fclose (file);
    return found;
}

CASE (threads_run_where_they_are_told, "ZMQ_THREAD_AFFINITY_CPU_ADD ZMQ_THREAD_AFFINITY_CPU_REMOVE zmq_ctx_set")
{
    void *ctx = ctx_new ();
    char list[256], own[256], wanted[16];
    int thread = 0;
    if (!cpus_of ((int) getpid (), own, sizeof own))
        skip_case ("no /proc");
    int cpu = atoi (own); /* the first that this process may use */
    snprintf (wanted, sizeof wanted, "%d", cpu);
    expect_ok (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, cpu));
    expect_ok (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, cpu + 1));
    expect_ok (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, cpu + 1));
    bind_any (sock (ctx, ZMQ_PAIR), "tcp");
    eventually ((thread = thread_of ("ZMQbg/IO/0")) != 0);
    eventually (cpus_of (thread, list, sizeof list) && strcmp (list, wanted) == 0);
}

CASE (threads_run_as_they_are_told, "ZMQ_THREAD_SCHED_POLICY ZMQ_THREAD_PRIORITY zmq_ctx_set")
{
    void *ctx = ctx_new ();
    int thread = 0;
    expect_ok (zmq_ctx_set (ctx, ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH));
    bind_any (sock (ctx, ZMQ_PAIR), "tcp");
    eventually ((thread = thread_of ("ZMQbg/IO/0")) != 0);
    eventually (sched_getscheduler (thread) == SCHED_BATCH);
}
