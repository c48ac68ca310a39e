/* Sending and receiving: metadata, sizes, truncation, legacy calls. */
#include "tools.h"

CASE (metadata_over_tcp, "zmq_msg_gets zmq_msg_get ZMQ_SRCFD EINVAL")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    zmq_msg_t msg, copy;
    expect_ok (zmq_setsockopt (b, ZMQ_ROUTING_ID, "me", 2));
    pair_up (a, b, "tcp");
    send_parts (b, "one", "two", NULL);
    expect_ok (zmq_msg_init (&msg));
    for (int i = 0; i < 2; i++) {
        expect_int (zmq_msg_recv (&msg, a, 0), 3);
        expect_str (zmq_msg_gets (&msg, "Socket-Type"), "DEALER");
        expect_str (zmq_msg_gets (&msg, "Identity"), "me");
        expect_str (zmq_msg_gets (&msg, "Peer-Address"), "127.0.0.1");
        expect_null_errno (zmq_msg_gets (&msg, "Routing-Id"), EINVAL);
        expect_null_errno (zmq_msg_gets (&msg, "socket-type"), EINVAL);
        expect_null_errno (zmq_msg_gets (&msg, "User-Id"), EINVAL);
        expect_true (zmq_msg_get (&msg, ZMQ_SRCFD) > 2);
    }
    expect_ok (zmq_msg_init (&copy));
    expect_ok (zmq_msg_copy (&copy, &msg));
    expect_ok (zmq_msg_close (&msg));
    expect_str (zmq_msg_gets (&copy, "Socket-Type"), "DEALER");
    /* Sent on, the message belongs to its next connection. */
    expect_int (zmq_msg_send (&copy, a, 0), 3);
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_recv (&msg, b, 0), 3);
    expect_str (zmq_msg_gets (&msg, "Identity"), "");
    expect_ok (zmq_msg_close (&msg));
}

CASE (metadata_over_ipc, "zmq_msg_gets")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PULL), *b = sock (ctx, ZMQ_PUSH);
    zmq_msg_t msg;
    pair_up (a, b, "ipc");
    send_text (b, "x", 0);
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_recv (&msg, a, 0), 1);
    expect_str (zmq_msg_gets (&msg, "Socket-Type"), "PUSH");
    const char *address = expect_ptr ((void *) zmq_msg_gets (&msg, "Peer-Address"));
    expect_true (strncmp (address, "localhost:", 10) == 0);
    expect_ok (zmq_msg_close (&msg));
}

CASE (no_metadata_over_inproc, "zmq_msg_gets zmq_msg_get ZMQ_SRCFD EINVAL")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PULL), *b = sock (ctx, ZMQ_PUSH), *c = sock (ctx, ZMQ_PUSH);
    zmq_msg_t msg;
    pair_up (a, b, "inproc");
    pair_up (a, c, "tcp");
    send_text (c, "x", 0);
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_recv (&msg, a, 0), 1);
    expect_str (zmq_msg_gets (&msg, "Socket-Type"), "PUSH");
    expect_int (zmq_msg_send (&msg, b, 0), 1);
    expect_int (zmq_msg_recv (&msg, a, 0), 1);
    expect_null_errno (zmq_msg_gets (&msg, "Socket-Type"), EINVAL);
    expect_errno (zmq_msg_get (&msg, ZMQ_SRCFD), EINVAL);
    expect_ok (zmq_msg_close (&msg));
}

CASE (router_id_frame_carries_metadata, "zmq_msg_gets ZMQ_ROUTER")
{
    void *ctx = ctx_new ();
    void *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    zmq_msg_t msg;
    pair_up (router, dealer, "tcp");
    send_text (dealer, "x", 0);
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_recv (&msg, router, 0), 5);
    expect_str (zmq_msg_gets (&msg, "Socket-Type"), "DEALER");
    expect_int (zmq_msg_more (&msg), 1);
    expect_ok (zmq_msg_close (&msg));
}

CASE (recv_truncates_but_reports_the_size, "zmq_recv")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    char buffer[5] = "....";
    pair_up (a, b, "inproc");
    send_text (a, "abcdefghij", 0);
    expect_int (zmq_recv (b, buffer, 3, 0), 10);
    expect_str (buffer, "abc.");
    send_text (a, "klm", 0);
    expect_int (zmq_recv (b, NULL, 0, 0), 3);
    recv_nothing (b);
}

CASE (send_of_nothing, "zmq_send zmq_send_const")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, "inproc");
    expect_int (zmq_send (a, NULL, 0, 0), 0);
    expect_int (zmq_send (a, "", 0, ZMQ_SNDMORE), 0);
    expect_int (zmq_send_const (a, NULL, 0, 0), 0);
    recv_last (b, "");
    recv_more (b, "");
    recv_last (b, "");
}

CASE (send_const_shares_the_bytes, "zmq_send_const ZMQ_SHARED")
{
    static const char text[] = "a constant text that is longer than what fits inline";
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    zmq_msg_t msg;
    pair_up (a, b, "inproc");
    expect_int (zmq_send_const (a, text, sizeof text, 0), sizeof text);
    expect_ok (zmq_msg_init (&msg));
    expect_int (zmq_msg_recv (&msg, b, 0), sizeof text);
    expect_true (zmq_msg_data (&msg) == text);
    expect_int (zmq_msg_get (&msg, ZMQ_SHARED), 1);
    expect_ok (zmq_msg_close (&msg));
}

CASE (legacy_sendmsg_and_recvmsg, "zmq_sendmsg zmq_recvmsg")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    zmq_msg_t msg;
    pair_up (a, b, "inproc");
    expect_ok (zmq_msg_init_size (&msg, 4));
    memcpy (zmq_msg_data (&msg), "old!", 4);
    expect_int (zmq_sendmsg (a, &msg, ZMQ_SNDMORE), 4);
    send_text (a, "end", 0);
    expect_int (zmq_recvmsg (b, &msg, 0), 4);
    expect_mem (zmq_msg_data (&msg), "old!", 4);
    expect_int (zmq_msg_more (&msg), 1);
    recv_last (b, "end");
    expect_errno (zmq_recvmsg (b, &msg, ZMQ_DONTWAIT), EAGAIN);
    expect_ok (zmq_msg_close (&msg));
}

CASE_TRANSPORTS (large_messages_arrive_whole, "zmq_msg_send zmq_msg_recv")
{
    enum { SIZE = 3000000 };
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    pair_up (a, b, arg);
    for (int round = 0; round < 3; round++) {
        zmq_msg_t msg;
        expect_ok (zmq_msg_init_size (&msg, SIZE));
        unsigned char *data = zmq_msg_data (&msg);
        for (size_t i = 0; i < SIZE; i++)
            data[i] = (unsigned char) (i * 7 + i / 251 + (size_t) round);
        expect_int (zmq_msg_send (&msg, a, 0), SIZE);
        expect_int (zmq_msg_recv (&msg, b, 0), SIZE);
        data = zmq_msg_data (&msg);
        for (size_t i = 0; i < SIZE; i++)
            if (data[i] != (unsigned char) (i * 7 + i / 251 + (size_t) round))
                check_fail (__FILE__, __LINE__, "byte %zu is wrong", i);
        expect_ok (zmq_msg_close (&msg));
    }
}

CASE_TRANSPORTS (every_size_up_to_600, "zmq_send zmq_recv")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    char out[600], in[700];
    pair_up (a, b, arg);
    for (int size = 0; size < 600; size++) {
        memset (out, size & 0xff, sizeof out);
        expect_int (zmq_send (a, out, (size_t) size, size % 3 ? ZMQ_SNDMORE : 0), size);
    }
    expect_int (zmq_send (a, "", 0, 0), 0);
    for (int size = 0; size < 600; size++) {
        memset (out, size & 0xff, sizeof out);
        expect_int (zmq_recv (b, in, sizeof in, 0), size);
        expect_mem (in, out, (size_t) size);
        expect_int (get_int (b, ZMQ_RCVMORE), size % 3 != 0);
    }
    recv_last (b, "");
}

CASE_WIRE (received_data_may_be_written_to, "zmq_msg_data zmq_msg_recv")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    zmq_msg_t first, second;
    char text[101];
    pair_up (a, b, arg);
    memset (text, 's', 100);
    text[100] = 0;
    for (int i = 0; i < 20; i++)
        send_text (a, text, 0);
    expect_ok (zmq_msg_init (&first));
    expect_ok (zmq_msg_init (&second));
    for (int i = 0; i < 10; i++) {
        expect_int (zmq_msg_recv (&first, b, 0), 100);
        memset (zmq_msg_data (&first), 'w', 100);
        expect_int (zmq_msg_recv (&second, b, 0), 100);
        expect_mem (zmq_msg_data (&second), text, 100);
    }
    expect_ok (zmq_msg_close (&first));
    expect_ok (zmq_msg_close (&second));
}

/* Queued behind each other, large messages leave the kernel's buffers in arbitrary pieces. */
CASE_WIRE (queued_large_messages_survive_partial_writes, "zmq_send zmq_recv ZMQ_SNDBUF ZMQ_RCVBUF")
{
    enum { COUNT = 40, SIZE = 60000 };
    static unsigned char out[SIZE], in[SIZE];
    void *ctx = ctx_new ();
    void *pull = sock (ctx, ZMQ_PULL), *push = sock (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_SNDBUF, 16384);
    set_int (pull, ZMQ_RCVBUF, 16384);
    pair_up (pull, push, arg);
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < SIZE; k++)
            out[k] = (unsigned char) (k * 3 + i + k / 256);
        expect_int (zmq_send (push, out, (size_t) (SIZE - 997 * i), i % 3 ? ZMQ_SNDMORE : 0), SIZE - 997 * i);
    }
    expect_int (zmq_send (push, out, 1, 0), 1);
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < SIZE; k++)
            out[k] = (unsigned char) (k * 3 + i + k / 256);
        row ("message %d", i);
        expect_int (recv_bytes (pull, in, sizeof in), SIZE - 997 * i);
        expect_mem (in, out, (size_t) (SIZE - 997 * i));
    }
    expect_int (recv_bytes (pull, in, sizeof in), 1);
}
