/* What a context leaves behind: descriptors, threads; names of the threads; storms of sockets. */
#include "tools.h"

#include <dirent.h>
#include <pthread.h>

static int entries (const char *path)
{
    int count = 0;
    DIR *dir = opendir (path);
    if (!dir)
        skip_case ("no /proc");
    while (readdir (dir))
        count++;
    closedir (dir);
    return count;
}

static int descriptors (void)
{
    return entries ("/proc/self/fd");
}

static int threads (void)
{
    return entries ("/proc/self/task");
}

CASE (an_unused_context_starts_no_thread, "zmq_ctx_new")
{
    int before = threads ();
    void *ctx = ctx_new ();
    expect_int (threads (), before);
    ctx_term (ctx);
}

CASE (term_ends_the_threads, "zmq_ctx_term ZMQ_IO_THREADS")
{
    int before = threads ();
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 3));
    void *s = sock (ctx, ZMQ_PAIR);
    bind_any (s, "tcp"); /* at the latest now they are needed */
    expect_true (threads () > before);
    sock_close (s);
    ctx_term (ctx);
    eventually (threads () == before); /* a joined thread's entry may outlive the join a little */
}

CASE_TRANSPORTS (term_closes_every_descriptor, "zmq_ctx_term zmq_close")
{
    int before = descriptors ();
    for (int round = 0; round < 5; round++) {
        void *ctx = ctx_new (), *open[8];
        for (int i = 0; i < 8; i += 2) {
            open[i] = sock (ctx, ZMQ_DEALER);
            open[i + 1] = sock (ctx, ZMQ_DEALER);
            pair_up (open[i], open[i + 1], arg);
            send_text (open[i + 1], "x", 0);
            recv_text (open[i], "x");
        }
        for (int i = 0; i < 8; i++)
            sock_close (open[i]);
        ctx_term (ctx);
    }
    expect_int (descriptors (), before);
}

CASE (failed_calls_leak_no_descriptor, "zmq_bind zmq_connect")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER), *other = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (other, "tcp");
    expect_errno (zmq_bind (s, endpoint), EADDRINUSE);
    int before = descriptors ();
    for (int i = 0; i < 50; i++) {
        expect_errno (zmq_bind (s, endpoint), EADDRINUSE);
        expect_errno (zmq_bind (s, "tcp://192.0.2.1:*"), EADDRNOTAVAIL);
        expect_errno (zmq_bind (s, "ipc:///no/such/dir/x"), ENOENT);
    }
    eventually (descriptors () <= before);
}

CASE (lost_connections_leak_no_descriptor, "ZMQ_EVENT_DISCONNECTED")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    const char *endpoint = bind_any (s, "tcp");
    void *mon = monitor (ctx, s, ZMQ_EVENT_DISCONNECTED);
    int before = descriptors ();
    for (int i = 0; i < 50; i++) {
        int fd = raw_connect (endpoint);
        raw_hex (fd, "ff 00");
        raw_close (fd);
        mon_expect (mon, ZMQ_EVENT_DISCONNECTED);
    }
    eventually ((kick (s), descriptors () <= before));
}

static int thread_named (const char *wanted)
{
    DIR *dir = opendir ("/proc/self/task");
    struct dirent *entry;
    int found = 0;
    if (!dir)
        skip_case ("no /proc");
    while ((entry = readdir (dir))) {
        char path[300], name[32] = "";
        snprintf (path, sizeof path, "/proc/self/task/%.32s/comm", entry->d_name);
        FILE *file = fopen (path, "r");
        if (file && fgets (name, sizeof name, file)) {
            name[strcspn (name, "\n")] = 0;
            found += strcmp (name, wanted) == 0;
        }
        if (file)
            fclose (file);
    }
    closedir (dir);
    return found;
}

CASE (names_of_the_threads, "zmq_socket ZMQ_IO_THREADS")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 2));
    bind_any (sock (ctx, ZMQ_PAIR), "tcp");
    eventually (thread_named ("ZMQbg/IO/0") == 1);
    eventually (thread_named ("ZMQbg/IO/1") == 1);
}

CASE (prefix_of_the_thread_names, "ZMQ_THREAD_NAME_PREFIX")
{
    void *ctx = ctx_new ();
    expect_ok (zmq_ctx_set (ctx, ZMQ_THREAD_NAME_PREFIX, 42));
    bind_any (sock (ctx, ZMQ_PAIR), "tcp");
    eventually (thread_named ("42/ZMQbg/IO/0") == 1);
}

static void *storm (void *ctx)
{
    for (int i = 0; i < 100; i++) {
        void *a = zmq_socket (ctx, ZMQ_PAIR), *b = zmq_socket (ctx, ZMQ_PAIR);
        char name[96];
        int linger = 0;
        if (!a || !b)
            return "no socket";
        snprintf (name, sizeof name, "inproc://storm-%p-%d", (void *) &i, i);
        zmq_setsockopt (a, ZMQ_LINGER, &linger, sizeof linger);
        zmq_setsockopt (b, ZMQ_LINGER, &linger, sizeof linger);
        if (zmq_bind (a, i % 2 ? name : "tcp://127.0.0.1:*") != 0)
            return "no bind";
        size_t size = sizeof name;
        zmq_getsockopt (a, ZMQ_LAST_ENDPOINT, name, &size);
        if (zmq_connect (b, name) != 0 || zmq_send (b, "x", 1, 0) != 1)
            return "no connection";
        if (i % 3 && zmq_recv (a, name, 1, 0) != 1)
            return "no message";
        zmq_close (i % 2 ? a : b);
        zmq_close (i % 2 ? b : a);
    }
    return NULL;
}

CASE (storm_of_sockets_in_several_threads, "zmq_socket zmq_close")
{
    void *ctx = ctx_new ();
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        expect_ok (pthread_create (&t[i], NULL, storm, ctx));
    for (int i = 0; i < 4; i++) {
        void *problem;
        expect_ok (pthread_join (t[i], &problem));
        expect_str (problem, NULL);
    }
}

CASE (storm_of_contexts, "zmq_ctx_new zmq_ctx_term")
{
    for (int i = 0; i < 100; i++) {
        void *ctx = ctx_new ();
        void *a = sock (ctx, ZMQ_PUSH), *b = sock (ctx, ZMQ_PULL);
        pair_up (b, a, i % 2 ? "tcp" : "ipc");
        zmq_send (a, "x", 1, ZMQ_DONTWAIT);
        sock_close (a);
        sock_close (b);
        ctx_term (ctx);
    }
}

static void *close_slowly (void *s)
{
    char byte;
    while (zmq_recv (s, &byte, 1, 0) != -1)
        ;
    zmq_close (s);
    return NULL;
}

CASE (term_while_many_threads_receive, "zmq_ctx_term zmq_recv ETERM")
{
    void *ctx = ctx_new ();
    pthread_t t[10];
    for (int i = 0; i < 10; i++) {
        void *s = sock (ctx, ZMQ_PULL);
        set_int (s, ZMQ_RCVTIMEO, -1);
        bind_any (s, i % 2 ? "tcp" : "ipc");
        give_up_socket (s);
        expect_ok (pthread_create (&t[i], NULL, close_slowly, s));
    }
    ctx_term (ctx);
    for (int i = 0; i < 10; i++)
        expect_ok (pthread_join (t[i], NULL));
}
