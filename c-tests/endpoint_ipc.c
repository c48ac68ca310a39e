/* ipc addresses: paths, abstract names, wildcards, files. */
#include "tools.h"

#include <sys/stat.h>

/* ---- ipc ---- */

CASE (ipc_path_lengths, "zmq_bind zmq_connect ENAMETOOLONG")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char text[200];
    int used = snprintf (text, sizeof text, "ipc://%s/", scratch_dir ());
    memset (text + used, 'n', sizeof text - (size_t) used);
    text[6 + 107] = 0;
    expect_ok (zmq_bind (s, text));
    expect_str (last_endpoint (s), text);
    text[6 + 107] = 'n';
    text[6 + 108] = 0;
    expect_errno (zmq_bind (s, text), ENAMETOOLONG);
    expect_errno (zmq_connect (s, text), ENAMETOOLONG);
}

CASE (ipc_abstract, "zmq_bind zmq_connect ZMQ_LAST_ENDPOINT EINVAL")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    char text[128];
    snprintf (text, sizeof text, "ipc://@%s", unique_name ("abs"));
    expect_ok (zmq_bind (pull, text));
    expect_str (last_endpoint (pull), text);
    connect_to (push, text);
    send_text (push, "x", 0);
    recv_text (pull, "x");
    expect_errno (zmq_bind (pull, "ipc://@"), EINVAL);
    expect_errno (zmq_connect (push, "ipc://@"), EINVAL);
}

CASE (ipc_wildcard, "zmq_bind zmq_unbind ZMQ_LAST_ENDPOINT")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    struct stat status;
    char prefix[160];
    setenv ("TMPDIR", scratch_dir (), 1);
    expect_ok (zmq_bind (pull, "ipc://*"));
    const char *endpoint = last_endpoint (pull);
    snprintf (prefix, sizeof prefix, "ipc://%s/tmp", scratch_dir ());
    if (strncmp (endpoint, prefix, strlen (prefix)) != 0)
        check_fail (__FILE__, __LINE__, "bound to %s", endpoint);
    expect_ok (stat (endpoint + 6, &status));
    connect_to (push, endpoint);
    send_text (push, "x", 0);
    recv_text (pull, "x");
    void *mon = monitor (ctx, pull, ZMQ_EVENT_CLOSED);
    expect_ok (zmq_unbind (pull, endpoint));
    mon_wait (mon, ZMQ_EVENT_CLOSED);
    eventually (stat (endpoint + 6, &status) == -1);
    char *slash = strrchr ((char *) endpoint, '/');
    *slash = 0;
    eventually (stat (endpoint + 6, &status) == -1);
}

CASE (ipc_wildcard_with_something_behind_it, "zmq_bind zmq_unbind ZMQ_LAST_ENDPOINT")
{
    static const char *const forms[] = {"ipc://**", "ipc://*.ipc"};
    void *ctx = ctx_new ();
    char prefix[160];
    setenv ("TMPDIR", scratch_dir (), 1);
    snprintf (prefix, sizeof prefix, "ipc://%s/tmp", scratch_dir ());
    for (int i = 0; i < 2; i++) {
        void *s = sock (ctx, ZMQ_PULL);
        row ("%s", forms[i]);
        expect_ok (zmq_bind (s, forms[i]));
        expect_mem (last_endpoint (s), prefix, strlen (prefix));
        expect_errno (zmq_unbind (s, forms[i]), ENOENT);
        expect_ok (zmq_unbind (s, last_endpoint (s)));
    }
}

CASE (ipc_file_stays_after_close, "zmq_bind zmq_close")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL);
    struct stat status;
    const char *endpoint = bind_any (pull, "ipc");
    expect_ok (stat (endpoint + 6, &status));
    expect_true (S_ISSOCK (status.st_mode));
    sock_close (pull);
    ctx_term (ctx);
    expect_ok (stat (endpoint + 6, &status));
    /* And binding over it works. */
    ctx = ctx_new ();
    pull = sock (ctx, ZMQ_PULL);
    expect_ok (zmq_bind (pull, endpoint));
}

CASE (ipc_bind_replaces_a_regular_file, "zmq_bind")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    char text[200];
    snprintf (text, sizeof text, "ipc://%s/file", scratch_dir ());
    FILE *file = fopen (text + 6, "w");
    expect_true (file != NULL);
    fclose (file);
    expect_ok (zmq_bind (pull, text));
    connect_to (push, text);
    send_text (push, "x", 0);
    recv_text (pull, "x");
}

CASE (ipc_bad_places, "zmq_bind ENOENT EADDRINUSE")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PULL);
    char text[200];
    snprintf (text, sizeof text, "ipc://%s/no/such/dir", scratch_dir ());
    expect_errno (zmq_bind (s, text), ENOENT);
    snprintf (text, sizeof text, "ipc://%s/dir", scratch_dir ());
    expect_ok (mkdir (text + 6, 0700));
    expect_errno (zmq_bind (s, text), EADDRINUSE);
}

CASE (ipc_connect_before_the_file_exists, "zmq_connect")
{
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    const char *endpoint = fresh_endpoint ("ipc");
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    void *mon = monitor (ctx, push, ZMQ_EVENT_ALL);
    connect_to (push, endpoint);
    send_text (push, "early", 0);
    mon_expect (mon, ZMQ_EVENT_CLOSED);
    mon_expect (mon, ZMQ_EVENT_CONNECT_RETRIED);
    expect_ok (zmq_bind (pull, endpoint));
    recv_text (pull, "early");
}
