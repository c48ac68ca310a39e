/* Cases that end in every possible way; `selfcheck` compares what the harness makes of them. */
#include "tools.h"

CASE (passes, "")
{
    expect_int (1, 1);
}

CASE (fails_int, "")
{
    expect_int (1, 2);
}

CASE (fails_str, "")
{
    expect_str ("a", "b");
}

CASE (fails_mem, "")
{
    expect_mem ("ab", "ac", 2);
}

CASE (fails_ok, "")
{
    expect_ok (-1);
}

CASE (fails_errno_by_success, "")
{
    expect_errno (0, EINVAL);
}

CASE (fails_errno_by_another, "")
{
    expect_errno (zmq_close (NULL), EINVAL);
}

CASE (fails_errno_by_a_stale_one, "")
{
    errno = EINVAL;
    expect_errno (-1, EINVAL);
}

CASE (fails_true, "")
{
    expect_true (0);
}

CASE (fails_ptr, "")
{
    expect_ptr (NULL);
}

CASE (fails_later_rows, "")
{
    keep_going ();
    expect_int (1, 2);
    expect_int (1, 1);
}

CASE (fails_event_that_never_comes, "")
{
    void *ctx = ctx_new ();
    mon_expect (monitor (ctx, sock (ctx, ZMQ_PAIR), ZMQ_EVENT_ALL), ZMQ_EVENT_CONNECTED);
}

CASE (fails_unexpected_message, "")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, "inproc");
    send_text (a, "x", 0);
    recv_nothing (b);
}

CASE (crashes, "")
{
    abort ();
}

CASE (exits_early, "")
{
    exit (0);
}

CASE (hangs, "")
{
    for (;;)
        nap_ms (1000);
}

CASE (hangs_in_teardown, "")
{
    void *ctx = ctx_new ();
    give_up_socket (sock (ctx, ZMQ_PAIR));
}

CASE (skips, "")
{
    skip_case ("on purpose");
}
