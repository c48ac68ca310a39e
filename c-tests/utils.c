/* Version, strerror, has, z85, atomic counters, stopwatch, threads, iovec calls. */
#include "tools.h"

CASE (version_matches_the_header, "zmq_version ZMQ_VERSION ZMQ_VERSION_MAJOR ZMQ_VERSION_MINOR ZMQ_VERSION_PATCH")
{
    int major = -1, minor = -1, patch = -1;
    zmq_version (&major, &minor, &patch);
    expect_int (major, ZMQ_VERSION_MAJOR);
    expect_int (minor, ZMQ_VERSION_MINOR);
    expect_int (patch, ZMQ_VERSION_PATCH);
    expect_int (ZMQ_VERSION, major * 10000 + minor * 100 + patch);
}

CASE (version_is_4_3_6, "zmq_version")
{
    int major = -1, minor = -1, patch = -1;
    zmq_version (&major, &minor, &patch);
    expect_int (major * 10000 + minor * 100 + patch, 40306);
}

CASE (own_error_numbers, "EFSM ENOCOMPATPROTO ETERM EMTHREAD ZMQ_HAUSNUMERO")
{
    expect_int (ZMQ_HAUSNUMERO, 156384712);
    expect_int (EFSM, ZMQ_HAUSNUMERO + 51);
    expect_int (ENOCOMPATPROTO, ZMQ_HAUSNUMERO + 52);
    expect_int (ETERM, ZMQ_HAUSNUMERO + 53);
    expect_int (EMTHREAD, ZMQ_HAUSNUMERO + 54);
}

CASE (strerror_texts, "zmq_strerror")
{
    static const int plain[] = {0, EINVAL, EAGAIN, EFAULT, ENOTSOCK, EADDRINUSE, ENOENT, 9999, -1};
    keep_going ();
    expect_str (zmq_strerror (EFSM), "Operation cannot be accomplished in current state");
    expect_str (zmq_strerror (ENOCOMPATPROTO), "The protocol is not compatible with the socket type");
    expect_str (zmq_strerror (ETERM), "Context was terminated");
    expect_str (zmq_strerror (EMTHREAD), "No thread available");
    expect_str (zmq_strerror (EHOSTUNREACH), "Host unreachable");
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        expect_str (zmq_strerror (plain[i]), strerror (plain[i]));
}

CASE (errno_is_the_callers_errno, "zmq_errno")
{
    errno = 77;
    expect_int (zmq_errno (), 77);
    expect_int (zmq_close (NULL), -1);
    expect_int (errno, ENOTSOCK);
    expect_int (zmq_errno (), ENOTSOCK);
}

CASE (has_capabilities, "zmq_has")
{
    static const char *const no[] = {"tcp", "inproc", "udp", "", "ws", "wss", "IPC", "CURVE", "nonsense"};
    keep_going ();
    expect_int (zmq_has ("ipc"), 1);
    expect_int (zmq_has ("curve"), 1);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        row ("%s", no[i]);
        expect_int (zmq_has (no[i]), 0);
    }
}

CASE (has_of_null, "zmq_has")
{
    expect_int (zmq_has (NULL), 0);
}

/* ---- z85 ---- */

static const uint8_t hello_bytes[8] = {0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b};

CASE (z85_round_trip, "zmq_z85_encode zmq_z85_decode")
{
    char text[64];
    uint8_t bytes[64], all[48];
    expect_true (zmq_z85_encode (text, hello_bytes, 8) == text);
    expect_str (text, "HelloWorld");
    expect_true (zmq_z85_decode (bytes, "HelloWorld") == bytes);
    expect_mem (bytes, hello_bytes, 8);
    for (int round = 0; round < 16; round++) {
        for (int i = 0; i < 48; i++)
            all[i] = (uint8_t) (round * 48 + i * (round + 1));
        char long_text[61];
        expect_true (zmq_z85_encode (long_text, all, 48) == long_text);
        expect_int (strlen (long_text), 60);
        expect_true (zmq_z85_decode (bytes, long_text) == bytes);
        expect_mem (bytes, all, 48);
    }
}

CASE (z85_extremes, "zmq_z85_encode zmq_z85_decode")
{
    static const uint8_t low[4] = {0, 0, 0, 0}, high[4] = {255, 255, 255, 255};
    char text[8] = "xxxxxxx";
    uint8_t bytes[4];
    expect_true (zmq_z85_encode (text, low, 0) == text);
    expect_str (text, "");
    expect_true (zmq_z85_encode (text, low, 4) == text);
    expect_str (text, "00000");
    expect_true (zmq_z85_encode (text, high, 4) == text);
    expect_str (text, "%nSc0");
    expect_true (zmq_z85_decode (bytes, "%nSc0") == bytes);
    expect_mem (bytes, high, 4);
}

CASE (z85_encode_bad_sizes, "zmq_z85_encode EINVAL")
{
    char text[64];
    for (size_t size = 1; size < 12; size++)
        if (size % 4)
            expect_null_errno (zmq_z85_encode (text, hello_bytes, size), EINVAL);
}

CASE (z85_decode_bad_texts, "zmq_z85_decode EINVAL")
{
    static const char *const bad[] = {"", "0", "1234", "123456", "#####", "%nSc1", "0000\"", "00 00", "0000\x80", "ab,de",
                                      "00000####'", "0000\x7f"};
    uint8_t bytes[64];
    keep_going ();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        row ("%s", bad[i]);
        expect_null_errno (zmq_z85_decode (bytes, bad[i]), EINVAL);
    }
}

/* ---- counters, watch, threads ---- */

CASE (atomic_counter,
      "zmq_atomic_counter_new zmq_atomic_counter_set zmq_atomic_counter_inc zmq_atomic_counter_dec "
      "zmq_atomic_counter_value zmq_atomic_counter_destroy")
{
    void *c = expect_ptr (zmq_atomic_counter_new ());
    expect_int (zmq_atomic_counter_value (c), 0);
    expect_int (zmq_atomic_counter_inc (c), 0);
    expect_int (zmq_atomic_counter_inc (c), 1);
    expect_int (zmq_atomic_counter_inc (c), 2);
    expect_int (zmq_atomic_counter_value (c), 3);
    expect_int (zmq_atomic_counter_dec (c), 1);
    expect_int (zmq_atomic_counter_dec (c), 1);
    expect_int (zmq_atomic_counter_dec (c), 0);
    zmq_atomic_counter_set (c, 2);
    expect_int (zmq_atomic_counter_value (c), 2);
    expect_int (zmq_atomic_counter_dec (c), 1);
    expect_int (zmq_atomic_counter_dec (c), 0);
    zmq_atomic_counter_destroy (&c);
    expect_true (c == NULL);
}

static void count_up (void *c)
{
    for (int i = 0; i < 10000; i++)
        zmq_atomic_counter_inc (c);
}

CASE (atomic_counter_from_threads, "zmq_threadstart zmq_threadclose zmq_atomic_counter_inc")
{
    void *c = expect_ptr (zmq_atomic_counter_new ()), *threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = expect_ptr (zmq_threadstart (count_up, c));
    for (int i = 0; i < 4; i++)
        zmq_threadclose (threads[i]);
    expect_int (zmq_atomic_counter_value (c), 40000);
    zmq_atomic_counter_destroy (&c);
}

CASE (stopwatch, "zmq_stopwatch_start zmq_stopwatch_intermediate zmq_stopwatch_stop")
{
    void *watch = expect_ptr (zmq_stopwatch_start ());
    nap_ms (20);
    unsigned long first = zmq_stopwatch_intermediate (watch);
    expect_true (first >= 20000 && first < 5000000);
    nap_ms (10);
    unsigned long second = zmq_stopwatch_intermediate (watch);
    expect_true (second >= first + 10000);
    unsigned long last = zmq_stopwatch_stop (watch);
    expect_true (last >= second);
}

CASE (sleep_counts_seconds, "zmq_sleep")
{
    long start = now_ms ();
    zmq_sleep (1);
    long took = now_ms () - start;
    expect_true (took >= 990 && took < 4000);
    start = now_ms ();
    zmq_sleep (0);
    expect_true (now_ms () - start < 500);
}

static void ping_back (void *socket)
{
    char buffer[8];
    int size = zmq_recv (socket, buffer, sizeof buffer, 0);
    zmq_send (socket, buffer, (size_t) size, 0);
    zmq_close (socket);
}

CASE (thread_with_a_socket, "zmq_threadstart zmq_threadclose")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, "inproc");
    give_up_socket (b);
    void *thread = expect_ptr (zmq_threadstart (ping_back, b));
    send_text (a, "echo", 0);
    recv_text (a, "echo");
    zmq_threadclose (thread);
}

/* ---- iovec ---- */

CASE (sendiov_makes_one_multipart, "zmq_sendiov zmq_recviov ZMQ_SNDMORE")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    struct iovec out[3] = {{(char *) "one", 3}, {(char *) "", 0}, {(char *) "three", 5}}, in[5];
    size_t count = 5;
    pair_up (a, b, "inproc");
    expect_int (zmq_sendiov (a, out, 3, ZMQ_SNDMORE), 5);
    send_text (a, "next", 0);
    expect_int (zmq_recviov (b, in, &count, 0), 3);
    expect_int (count, 3);
    expect_int (in[0].iov_len, 3);
    expect_mem (in[0].iov_base, "one", 3);
    expect_int (in[1].iov_len, 0);
    expect_int (in[2].iov_len, 5);
    expect_mem (in[2].iov_base, "three", 5);
    for (int i = 0; i < 3; i++)
        free (in[i].iov_base);
    recv_last (b, "next");
}

CASE (sendiov_without_sndmore_sends_messages, "zmq_sendiov")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    struct iovec out[2] = {{(char *) "one", 3}, {(char *) "second", 6}};
    pair_up (a, b, "inproc");
    expect_int (zmq_sendiov (a, out, 2, 0), 6);
    recv_last (b, "one");
    recv_last (b, "second");
}

CASE (recviov_with_too_few_slots, "zmq_recviov ZMQ_RCVMORE")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    struct iovec in[2];
    size_t count = 2;
    pair_up (a, b, "inproc");
    send_parts (a, "a", "b", "c", NULL);
    expect_int (zmq_recviov (b, in, &count, 0), 2);
    expect_int (count, 2);
    expect_mem (in[1].iov_base, "b", 1);
    expect_int (get_int (b, ZMQ_RCVMORE), 1);
    free (in[0].iov_base);
    free (in[1].iov_base);
    recv_last (b, "c");
}

CASE (iov_arguments, "zmq_sendiov zmq_recviov EINVAL EAGAIN")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_PAIR);
    struct iovec iov[1] = {{(char *) "x", 1}};
    size_t count = 0;
    expect_errno (zmq_sendiov (s, iov, 0, 0), EINVAL);
    expect_errno (zmq_sendiov (s, NULL, 1, 0), EINVAL);
    expect_errno (zmq_recviov (s, iov, &count, 0), EINVAL);
    count = 1;
    expect_errno (zmq_recviov (s, NULL, &count, 0), EINVAL);
    expect_errno (zmq_recviov (s, iov, NULL, 0), EINVAL);
    expect_errno (zmq_recviov (s, iov, &count, ZMQ_DONTWAIT), EAGAIN);
    expect_errno (zmq_sendiov (s, iov, 1, ZMQ_DONTWAIT), EAGAIN);
}
