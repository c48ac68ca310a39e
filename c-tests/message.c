/* zmq_msg_t: kinds, life, copy and move, free functions, properties. */
#include "tools.h"

#include <pthread.h>

struct freed {
    pthread_mutex_t lock;
    int calls;
    void *data, *hint;
};

static struct freed freed = {PTHREAD_MUTEX_INITIALIZER, 0, NULL, NULL};

static void count_free (void *data, void *hint)
{
    pthread_mutex_lock (&freed.lock);
    freed.calls++;
    freed.data = data;
    freed.hint = hint;
    pthread_mutex_unlock (&freed.lock);
}

static int free_calls (void)
{
    pthread_mutex_lock (&freed.lock);
    int calls = freed.calls;
    pthread_mutex_unlock (&freed.lock);
    return calls;
}

static char block[100000];

static void init_counted (zmq_msg_t *msg, size_t size)
{
    freed.calls = 0;
    memset (block, 'b', sizeof block);
    expect_ok (zmq_msg_init_data (msg, block, size, count_free, &freed));
}

CASE (size_and_alignment_of_the_structure, "zmq_msg_init")
{
    expect_int (sizeof (zmq_msg_t), 64);
    zmq_msg_t *msg = malloc (sizeof *msg);
    expect_ok (zmq_msg_init (msg));
    expect_ok (zmq_msg_close (msg));
    free (msg);
}

CASE (empty_message, "zmq_msg_init zmq_msg_size zmq_msg_more zmq_msg_close")
{
    zmq_msg_t msg;
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_size (&msg), 0);
    expect_int (zmq_msg_more (&msg), 0);
    expect_ok (zmq_msg_close (&msg));
}

CASE (sizes_around_the_inline_limit, "zmq_msg_init_size zmq_msg_data zmq_msg_size")
{
    static const size_t sizes[] = {0, 1, 32, 33, 34, 63, 64, 255, 256, 8192, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        zmq_msg_t msg;
        row ("%zu", sizes[i]);
        expect_ok (zmq_msg_init_size (&msg, sizes[i]));
        expect_int (zmq_msg_size (&msg), sizes[i]);
        memset (zmq_msg_data (&msg), 0x5a, sizes[i]);
        expect_int (zmq_msg_get (&msg, ZMQ_SHARED), 0);
        expect_ok (zmq_msg_close (&msg));
    }
}

CASE (data_pointer_is_aligned, "zmq_msg_data")
{
    zmq_msg_t msg;
    expect_ok (zmq_msg_init_size (&msg, 8));
    expect_int ((uintptr_t) zmq_msg_data (&msg) % sizeof (void *), 0);
    expect_ok (zmq_msg_close (&msg));
    expect_ok (zmq_msg_init_size (&msg, 1000));
    expect_int ((uintptr_t) zmq_msg_data (&msg) % sizeof (void *), 0);
    expect_ok (zmq_msg_close (&msg));
}

CASE (impossible_sizes, "zmq_msg_init_size ENOMEM")
{
    zmq_msg_t msg;
    expect_errno (zmq_msg_init_size (&msg, SIZE_MAX), ENOMEM);
    expect_errno (zmq_msg_init_size (&msg, SIZE_MAX - 16), ENOMEM);
    expect_errno (zmq_msg_init_size (&msg, SIZE_MAX / 2), ENOMEM);
}

CASE (close_twice, "zmq_msg_close EFAULT")
{
    zmq_msg_t msg;
    expect_ok (zmq_msg_init_size (&msg, 100));
    expect_ok (zmq_msg_close (&msg));
    expect_errno (zmq_msg_close (&msg), EFAULT);
}

CASE (close_of_zeroed_memory, "zmq_msg_close EFAULT")
{
    zmq_msg_t msg;
    memset (&msg, 0, sizeof msg);
    expect_errno (zmq_msg_close (&msg), EFAULT);
}

CASE (copy_and_move_with_an_invalid_side, "zmq_msg_copy zmq_msg_move EFAULT")
{
    zmq_msg_t good, bad;
    memset (&bad, 0, sizeof bad);
    expect_ok (zmq_msg_init_size (&good, 50));
    expect_errno (zmq_msg_copy (&good, &bad), EFAULT);
    expect_errno (zmq_msg_move (&good, &bad), EFAULT);
    expect_errno (zmq_msg_copy (&bad, &good), EFAULT);
    expect_errno (zmq_msg_move (&bad, &good), EFAULT);
    expect_ok (zmq_msg_close (&good));
}

CASE (invalid_message_has_no_data, "zmq_msg_data zmq_msg_size")
{
    zmq_msg_t bad;
    memset (&bad, 0, sizeof bad);
    expect_int (zmq_msg_size (&bad), 0);
    expect_true (zmq_msg_data (&bad) == NULL);
}

CASE (sending_an_invalid_message, "zmq_msg_send zmq_msg_recv EFAULT")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    zmq_msg_t bad;
    memset (&bad, 0, sizeof bad);
    expect_errno (zmq_msg_send (&bad, s, ZMQ_DONTWAIT), EFAULT);
    expect_errno (zmq_msg_recv (&bad, s, ZMQ_DONTWAIT), EFAULT);
}

CASE (null_message_everywhere, "zmq_msg_close zmq_msg_copy zmq_msg_move zmq_msg_get zmq_msg_set zmq_msg_gets EFAULT")
{
    zmq_msg_t msg;
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_close (NULL), -1);
    expect_int (zmq_msg_copy (NULL, &msg), -1);
    expect_int (zmq_msg_copy (&msg, NULL), -1);
    expect_int (zmq_msg_move (NULL, &msg), -1);
    expect_int (zmq_msg_move (&msg, NULL), -1);
    expect_int (zmq_msg_get (NULL, ZMQ_MORE), -1);
    expect_int (zmq_msg_set (NULL, ZMQ_MORE, 1), -1);
    expect_true (zmq_msg_gets (NULL, "User-Id") == NULL);
    expect_true (zmq_msg_gets (&msg, NULL) == NULL);
    expect_int (zmq_msg_init (NULL), -1);
    expect_int (zmq_msg_init_size (NULL, 1), -1);
    expect_int (zmq_msg_init_data (NULL, NULL, 0, NULL, NULL), -1);
}

CASE (copy_of_an_inline_message_is_a_copy, "zmq_msg_copy ZMQ_SHARED")
{
    zmq_msg_t a, b;
    expect_ok (zmq_msg_init_size (&a, 33));
    memset (zmq_msg_data (&a), 'a', 33);
    expect_ok (zmq_msg_init (&b));
    expect_ok (zmq_msg_copy (&b, &a));
    expect_int (zmq_msg_size (&b), 33);
    expect_true (zmq_msg_data (&a) != zmq_msg_data (&b));
    expect_mem (zmq_msg_data (&b), zmq_msg_data (&a), 33);
    expect_int (zmq_msg_get (&a, ZMQ_SHARED), 0);
    expect_int (zmq_msg_get (&b, ZMQ_SHARED), 0);
    expect_ok (zmq_msg_close (&a));
    expect_ok (zmq_msg_close (&b));
}

CASE (copy_of_a_large_message_shares, "zmq_msg_copy zmq_msg_get ZMQ_SHARED")
{
    zmq_msg_t a, b;
    expect_ok (zmq_msg_init_size (&a, 1000));
    expect_int (zmq_msg_get (&a, ZMQ_SHARED), 0);
    expect_ok (zmq_msg_init (&b));
    expect_ok (zmq_msg_copy (&b, &a));
    expect_true (zmq_msg_data (&a) == zmq_msg_data (&b));
    expect_int (zmq_msg_get (&a, ZMQ_SHARED), 1);
    expect_int (zmq_msg_get (&b, ZMQ_SHARED), 1);
    expect_ok (zmq_msg_close (&a));
    expect_int (zmq_msg_get (&b, ZMQ_SHARED), 1);
    expect_int (zmq_msg_size (&b), 1000);
    expect_ok (zmq_msg_close (&b));
}

CASE (copy_closes_the_destination, "zmq_msg_copy")
{
    zmq_msg_t a, b;
    init_counted (&b, 100);
    expect_ok (zmq_msg_init_size (&a, 7));
    expect_ok (zmq_msg_copy (&b, &a));
    expect_int (freed.calls, 1);
    expect_ok (zmq_msg_close (&a));
    expect_ok (zmq_msg_close (&b));
    expect_int (freed.calls, 1);
}

CASE (copy_onto_itself_changes_nothing, "zmq_msg_copy")
{
    zmq_msg_t msg;
    expect_ok (zmq_msg_init_size (&msg, 100));
    memset (zmq_msg_data (&msg), 'x', 100);
    expect_ok (zmq_msg_copy (&msg, &msg));
    expect_int (zmq_msg_size (&msg), 100);
    expect_ok (zmq_msg_close (&msg));
}

CASE (move_empties_the_source, "zmq_msg_move zmq_msg_size")
{
    zmq_msg_t a, b;
    expect_ok (zmq_msg_init_size (&a, 500));
    void *data = zmq_msg_data (&a);
    init_counted (&b, 10);
    expect_ok (zmq_msg_move (&b, &a));
    expect_int (freed.calls, 1);
    expect_int (zmq_msg_size (&a), 0);
    expect_int (zmq_msg_size (&b), 500);
    expect_true (zmq_msg_data (&b) == data);
    expect_ok (zmq_msg_close (&a));
    expect_ok (zmq_msg_close (&b));
}

CASE (data_is_kept_and_freed_once, "zmq_msg_init_data zmq_msg_data zmq_msg_close")
{
    static const size_t sizes[] = {0, 1, 33, 34, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        zmq_msg_t msg;
        row ("%zu", sizes[i]);
        init_counted (&msg, sizes[i]);
        expect_true (zmq_msg_data (&msg) == block);
        expect_int (zmq_msg_size (&msg), sizes[i]);
        expect_int (freed.calls, 0);
        expect_ok (zmq_msg_close (&msg));
        expect_int (freed.calls, 1);
        expect_true (freed.data == block && freed.hint == &freed);
    }
}

CASE (data_without_a_free_function_is_constant, "zmq_msg_init_data ZMQ_SHARED zmq_msg_copy")
{
    zmq_msg_t msg, copy;
    static char text[] = "constant";
    expect_ok (zmq_msg_init_data (&msg, text, 8, NULL, NULL));
    expect_true (zmq_msg_data (&msg) == text);
    expect_int (zmq_msg_get (&msg, ZMQ_SHARED), 1);
    expect_ok (zmq_msg_init (&copy));
    expect_ok (zmq_msg_copy (&copy, &msg));
    expect_true (zmq_msg_data (&copy) == text);
    expect_int (zmq_msg_get (&copy, ZMQ_SHARED), 1);
    expect_ok (zmq_msg_close (&msg));
    expect_ok (zmq_msg_close (&copy));
    expect_str (text, "constant");
}

CASE (null_data_of_size_0, "zmq_msg_init_data")
{
    zmq_msg_t msg;
    expect_ok (zmq_msg_init_data (&msg, NULL, 0, NULL, NULL));
    expect_int (zmq_msg_size (&msg), 0);
    expect_ok (zmq_msg_close (&msg));
}

CASE (last_copy_frees, "zmq_msg_copy zmq_msg_close")
{
    zmq_msg_t msg, copies[10];
    init_counted (&msg, 200);
    for (int i = 0; i < 10; i++) {
        expect_ok (zmq_msg_init (&copies[i]));
        expect_ok (zmq_msg_copy (&copies[i], i ? &copies[i - 1] : &msg));
    }
    expect_ok (zmq_msg_close (&msg));
    for (int i = 0; i < 10; i++) {
        expect_int (freed.calls, 0);
        expect_ok (zmq_msg_close (&copies[i]));
    }
    expect_int (freed.calls, 1);
}

CASE (small_data_copies_share_the_pointer, "zmq_msg_init_data zmq_msg_copy ZMQ_SHARED")
{
    zmq_msg_t msg, copy;
    init_counted (&msg, 3);
    expect_int (zmq_msg_get (&msg, ZMQ_SHARED), 0);
    expect_ok (zmq_msg_init (&copy));
    expect_ok (zmq_msg_copy (&copy, &msg));
    expect_true (zmq_msg_data (&copy) == block);
    expect_int (zmq_msg_get (&copy, ZMQ_SHARED), 1);
    expect_ok (zmq_msg_close (&msg));
    expect_int (freed.calls, 0);
    expect_ok (zmq_msg_close (&copy));
    expect_int (freed.calls, 1);
}

CASE (inproc_hands_over_the_same_bytes, "zmq_msg_send zmq_msg_recv")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    zmq_msg_t msg, got;
    pair_up (a, b, "inproc");
    init_counted (&msg, 4000);
    expect_int (zmq_msg_send (&msg, a, 0), 4000);
    expect_int (zmq_msg_size (&msg), 0);
    expect_ok (zmq_msg_close (&msg));
    expect_int (free_calls (), 0);
    expect_ok (zmq_msg_init (&got));
    expect_int (zmq_msg_recv (&got, b, 0), 4000);
    expect_true (zmq_msg_data (&got) == block);
    expect_int (free_calls (), 0);
    expect_ok (zmq_msg_close (&got));
    expect_int (free_calls (), 1);
}

CASE_WIRE (the_wire_frees_after_writing, "zmq_msg_send zmq_msg_init_data")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    static const size_t sizes[] = {0, 10, 33, 34, 5000, 100000};
    pair_up (a, b, arg);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        zmq_msg_t msg, got;
        row ("%zu", sizes[i]);
        init_counted (&msg, sizes[i]);
        expect_int (zmq_msg_send (&msg, a, 0), sizes[i]);
        expect_ok (zmq_msg_init (&got));
        expect_int (zmq_msg_recv (&got, b, 0), sizes[i]);
        expect_mem (zmq_msg_data (&got), block, sizes[i]);
        eventually (free_calls () == 1);
        expect_ok (zmq_msg_close (&got));
        expect_ok (zmq_msg_close (&msg));
        expect_int (free_calls (), 1);
    }
}

CASE_TRANSPORTS (fan_out_frees_once, "zmq_msg_send ZMQ_PUB ZMQ_SUB")
{
    enum { SUBS = 5 };
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_XPUB), *subs[SUBS];
    const char *endpoint = bind_any (pub, arg);
    zmq_msg_t msg;
    set_int (pub, ZMQ_XPUB_VERBOSE, 1);
    for (int i = 0; i < SUBS; i++) {
        subs[i] = sock (ctx, ZMQ_SUB);
        subscribe (subs[i], "");
        connect_to (subs[i], endpoint);
    }
    for (int i = 0; i < SUBS; i++)
        recv_text (pub, "\1");
    init_counted (&msg, 3000);
    expect_int (zmq_msg_send (&msg, pub, 0), 3000);
    for (int i = 0; i < SUBS; i++) {
        char buffer[4000];
        if (strcmp (arg, "inproc") == 0)
            expect_int (free_calls (), 0);
        expect_int (recv_bytes (subs[i], buffer, sizeof buffer), 3000);
        expect_mem (buffer, block, 3000);
    }
    eventually (free_calls () == 1);
    expect_ok (zmq_msg_close (&msg));
}

CASE (failed_send_keeps_ownership, "zmq_msg_send EAGAIN")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PUSH);
    zmq_msg_t msg;
    init_counted (&msg, 60);
    expect_errno (zmq_msg_send (&msg, s, ZMQ_DONTWAIT), EAGAIN);
    expect_int (zmq_msg_size (&msg), 60);
    expect_true (zmq_msg_data (&msg) == block);
    expect_int (free_calls (), 0);
    expect_ok (zmq_msg_close (&msg));
    expect_int (free_calls (), 1);
}

CASE (dropped_message_is_freed, "zmq_msg_send ZMQ_PUB")
{
    void *ctx = ctx_new ();
    void *pub = sock (ctx, ZMQ_PUB);
    zmq_msg_t msg;
    init_counted (&msg, 60);
    expect_int (zmq_msg_send (&msg, pub, 0), 60);
    expect_int (free_calls (), 1);
    expect_int (zmq_msg_size (&msg), 0);
    expect_ok (zmq_msg_close (&msg));
}

CASE (undelivered_message_is_freed_by_close, "zmq_close ZMQ_LINGER")
{
    void *ctx = ctx_new ();
    void *push = sock (ctx, ZMQ_PUSH);
    zmq_msg_t msg;
    connect_to (push, free_tcp_endpoint ());
    init_counted (&msg, 60);
    expect_int (zmq_msg_send (&msg, push, 0), 60);
    sock_close (push);
    ctx_term (ctx);
    expect_int (free_calls (), 1);
}

CASE (recv_closes_the_previous_content, "zmq_msg_recv")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    zmq_msg_t msg;
    pair_up (a, b, "inproc");
    send_text (a, "new", 0);
    init_counted (&msg, 100);
    expect_int (zmq_msg_recv (&msg, b, 0), 3);
    expect_int (free_calls (), 1);
    expect_int (zmq_msg_size (&msg), 3);
    expect_mem (zmq_msg_data (&msg), "new", 3);
    expect_ok (zmq_msg_close (&msg));
}

CASE (properties_of_a_fresh_message, "zmq_msg_get zmq_msg_set ZMQ_MORE ZMQ_SRCFD ZMQ_SHARED EINVAL")
{
    zmq_msg_t msg;
    expect_ok (zmq_msg_init_size (&msg, 3));
    expect_int (zmq_msg_get (&msg, ZMQ_MORE), 0);
    expect_int (zmq_msg_get (&msg, ZMQ_SHARED), 0);
    expect_errno (zmq_msg_get (&msg, ZMQ_SRCFD), EINVAL);
    expect_errno (zmq_msg_get (&msg, 0), EINVAL);
    expect_errno (zmq_msg_get (&msg, 4), EINVAL);
    expect_errno (zmq_msg_get (&msg, 9999), EINVAL);
    expect_errno (zmq_msg_set (&msg, ZMQ_MORE, 1), EINVAL);
    expect_errno (zmq_msg_set (&msg, 9999, 1), EINVAL);
    expect_null_errno (zmq_msg_gets (&msg, "Socket-Type"), EINVAL);
    expect_null_errno (zmq_msg_gets (&msg, "User-Id"), EINVAL);
    expect_ok (zmq_msg_close (&msg));
}

CASE (more_survives_copy_and_move, "zmq_msg_more zmq_msg_copy zmq_msg_move ZMQ_MORE")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    zmq_msg_t msg, copy, moved;
    pair_up (a, b, "inproc");
    send_parts (a, "one", "two", NULL);
    expect_ok (zmq_msg_init (&msg));
    expect_ok (zmq_msg_init (&copy));
    expect_ok (zmq_msg_init (&moved));
    expect_int (zmq_msg_recv (&msg, b, 0), 3);
    expect_int (zmq_msg_more (&msg), 1);
    expect_int (zmq_msg_get (&msg, ZMQ_MORE), 1);
    expect_ok (zmq_msg_copy (&copy, &msg));
    expect_int (zmq_msg_more (&copy), 1);
    expect_ok (zmq_msg_move (&moved, &copy));
    expect_int (zmq_msg_more (&moved), 1);
    expect_int (zmq_msg_recv (&msg, b, 0), 3);
    expect_int (zmq_msg_more (&msg), 0);
    /* A received part is sent with the flag of the call, not its own. */
    expect_int (zmq_msg_send (&moved, b, 0), 3);
    recv_last (a, "one");
    expect_ok (zmq_msg_close (&msg));
}
