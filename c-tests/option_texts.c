/* Options that are texts or bytes. */
#include "tools.h"

/* ---- texts and bytes ---- */

static void expect_value (void *s, int option, const void *wanted, size_t wanted_size)
{
    unsigned char buffer[600];
    size_t size = sizeof buffer;
    memset (buffer, 0xff, sizeof buffer);
    expect_ok (zmq_getsockopt (s, option, buffer, &size));
    expect_int (size, wanted_size);
    expect_mem (buffer, wanted, wanted_size);
    for (size_t i = wanted_size; i < sizeof buffer; i++)
        if (buffer[i] != 0) {
            check_fail (__FILE__, __LINE__, "option %d leaves byte %zu of the buffer", option, i);
            break;
        }
}

CASE (routing_id, "ZMQ_ROUTING_ID ZMQ_IDENTITY EINVAL")
{
    void *ctx = ctx_new ();
    char id[256], small[3];
    size_t size = sizeof small;
    expect_int (ZMQ_IDENTITY, ZMQ_ROUTING_ID);
    memset (id, 'i', sizeof id);
    keep_going ();
    for (int type = 0; type < 12; type++) {
        void *s = sock (ctx, type);
        row ("type %d", type);
        if (type != ZMQ_STREAM)
            expect_value (s, ZMQ_ROUTING_ID, "", 0);
        expect_errno (zmq_setsockopt (s, ZMQ_ROUTING_ID, "", 0), EINVAL);
        expect_errno (zmq_setsockopt (s, ZMQ_ROUTING_ID, NULL, 0), EINVAL);
        expect_errno (zmq_setsockopt (s, ZMQ_ROUTING_ID, id, 256), EINVAL);
        expect_ok (zmq_setsockopt (s, ZMQ_ROUTING_ID, id, 255));
        if (type != ZMQ_STREAM)
            expect_value (s, ZMQ_ROUTING_ID, id, 255);
        expect_ok (zmq_setsockopt (s, ZMQ_ROUTING_ID, "\0ab", 3));
        if (type != ZMQ_STREAM)
            expect_value (s, ZMQ_ROUTING_ID, "\0ab", 3);
    }
    void *s = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (s, ZMQ_ROUTING_ID, "abc", 3));
    expect_ok (zmq_getsockopt (s, ZMQ_ROUTING_ID, small, &size));
    expect_int (size, 3);
    size = 2;
    expect_errno (zmq_getsockopt (s, ZMQ_ROUTING_ID, small, &size), EINVAL);
}

CASE (last_endpoint_sizes, "ZMQ_LAST_ENDPOINT EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char buffer[64];
    size_t size = 0;
    expect_value (s, ZMQ_LAST_ENDPOINT, "", 1);
    expect_errno (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, buffer, &size), EINVAL);
    expect_ok (zmq_bind (s, "inproc://abcde"));
    expect_value (s, ZMQ_LAST_ENDPOINT, "inproc://abcde", 15);
    size = 14;
    expect_errno (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, buffer, &size), EINVAL);
    size = 15;
    expect_ok (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, buffer, &size));
    expect_int (size, 15);
    expect_errno (zmq_setsockopt (s, ZMQ_LAST_ENDPOINT, "x", 1), EINVAL);
}

CASE (socks_proxy, "ZMQ_SOCKS_PROXY EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_value (s, ZMQ_SOCKS_PROXY, "", 1);
    expect_ok (zmq_setsockopt (s, ZMQ_SOCKS_PROXY, "127.0.0.1:1080", 14));
    expect_value (s, ZMQ_SOCKS_PROXY, "127.0.0.1:1080", 15);
    expect_errno (zmq_setsockopt (s, ZMQ_SOCKS_PROXY, "", 0), EINVAL);
    expect_ok (zmq_setsockopt (s, ZMQ_SOCKS_PROXY, NULL, 0));
    expect_value (s, ZMQ_SOCKS_PROXY, "", 1);
}

CASE (bind_to_device, "ZMQ_BINDTODEVICE EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_value (s, ZMQ_BINDTODEVICE, "", 1);
    expect_ok (zmq_setsockopt (s, ZMQ_BINDTODEVICE, "lo", 2));
    expect_value (s, ZMQ_BINDTODEVICE, "lo", 3);
    expect_errno (zmq_setsockopt (s, ZMQ_BINDTODEVICE, "12345678901234567", 17), EINVAL);
    expect_ok (zmq_setsockopt (s, ZMQ_BINDTODEVICE, "1234567890123456", 16));
    expect_errno (zmq_setsockopt (s, ZMQ_BINDTODEVICE, "", 0), EINVAL);
    expect_ok (zmq_setsockopt (s, ZMQ_BINDTODEVICE, NULL, 0));
    expect_value (s, ZMQ_BINDTODEVICE, "", 1);
}

CASE (zap_domain, "ZMQ_ZAP_DOMAIN EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char text[257];
    memset (text, 'z', sizeof text);
    expect_value (s, ZMQ_ZAP_DOMAIN, "", 1);
    expect_ok (zmq_setsockopt (s, ZMQ_ZAP_DOMAIN, "global", 6));
    expect_value (s, ZMQ_ZAP_DOMAIN, "global", 7);
    expect_errno (zmq_setsockopt (s, ZMQ_ZAP_DOMAIN, "", 0), EINVAL);
    expect_errno (zmq_setsockopt (s, ZMQ_ZAP_DOMAIN, text, 256), EINVAL);
    expect_ok (zmq_setsockopt (s, ZMQ_ZAP_DOMAIN, text, 255));
    text[255] = 0;
    expect_value (s, ZMQ_ZAP_DOMAIN, text, 256);
}

CASE (zap_domain_of_null, "ZMQ_ZAP_DOMAIN EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_errno (zmq_setsockopt (s, ZMQ_ZAP_DOMAIN, NULL, 0), EINVAL);
    expect_int (zmq_setsockopt (s, ZMQ_ZAP_DOMAIN, NULL, 5), -1);
}

CASE (tcp_accept_filter_texts, "ZMQ_TCP_ACCEPT_FILTER EINVAL")
{
    static const char *const good[] = {"127.0.0.1", "0.0.0.0/0", "10.0.0.0/8", "192.168.1.1/32"};
    static const char *const bad[] = {"foo",        "0.0.0.0foo",  "0.0.0.0/foo", "0.0.0.0/",  "0.0.0.0/-1", "0.0.0.0/33",
                                      "localhost",  "lo",          "127.0.0.1:80", "*",        "::1"};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    char buffer[64];
    size_t size = sizeof buffer;
    keep_going ();
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        row ("%s", good[i]);
        expect_ok (zmq_setsockopt (s, ZMQ_TCP_ACCEPT_FILTER, good[i], strlen (good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        row ("%s", bad[i]);
        expect_errno (zmq_setsockopt (s, ZMQ_TCP_ACCEPT_FILTER, bad[i], strlen (bad[i])), EINVAL);
    }
    row ("clearing");
    expect_ok (zmq_setsockopt (s, ZMQ_TCP_ACCEPT_FILTER, NULL, 0));
    expect_errno (zmq_getsockopt (s, ZMQ_TCP_ACCEPT_FILTER, buffer, &size), EINVAL);
}

CASE (ipc_filters, "ZMQ_IPC_FILTER_PID ZMQ_IPC_FILTER_UID ZMQ_IPC_FILTER_GID EINVAL")
{
    static const int filters[] = {ZMQ_IPC_FILTER_PID, ZMQ_IPC_FILTER_UID, ZMQ_IPC_FILTER_GID};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    keep_going ();
    for (int i = 0; i < 3; i++) {
        int id = 0;
        size_t size = sizeof id;
        char three[3] = "";
        row ("option %d", filters[i]);
        expect_ok (zmq_setsockopt (s, filters[i], &id, sizeof id));
        expect_errno (zmq_setsockopt (s, filters[i], three, 3), EINVAL);
        expect_errno (zmq_getsockopt (s, filters[i], &id, &size), EINVAL);
        expect_ok (zmq_setsockopt (s, filters[i], NULL, 0));
    }
}

CASE (connect_routing_id, "ZMQ_CONNECT_ROUTING_ID EINVAL")
{
    void *ctx = ctx_new ();
    char buffer[300];
    memset (buffer, 'c', sizeof buffer);
    keep_going ();
    for (int type = 0; type < 12; type++) {
        void *s = sock (ctx, type);
        size_t size = sizeof buffer;
        int accepts = type == ZMQ_ROUTER || type == ZMQ_REP || type == ZMQ_STREAM;
        row ("type %d", type);
        if (accepts) {
            expect_ok (zmq_setsockopt (s, ZMQ_CONNECT_ROUTING_ID, "peer", 4));
            expect_ok (zmq_setsockopt (s, ZMQ_CONNECT_ROUTING_ID, "\0peer", 5));
            expect_ok (zmq_setsockopt (s, ZMQ_CONNECT_ROUTING_ID, buffer, 300));
            expect_errno (zmq_setsockopt (s, ZMQ_CONNECT_ROUTING_ID, "", 0), EINVAL);
        } else
            expect_errno (zmq_setsockopt (s, ZMQ_CONNECT_ROUTING_ID, "peer", 4), EINVAL);
        expect_errno (zmq_getsockopt (s, ZMQ_CONNECT_ROUTING_ID, buffer, &size), EINVAL);
    }
}

CASE (subscribe_and_unsubscribe, "ZMQ_SUBSCRIBE ZMQ_UNSUBSCRIBE EINVAL")
{
    void *ctx = ctx_new ();
    char buffer[300];
    memset (buffer, 't', sizeof buffer);
    keep_going ();
    for (int type = 0; type < 12; type++) {
        void *s = sock (ctx, type);
        size_t size = 4;
        row ("type %d", type);
        if (type == ZMQ_SUB) {
            expect_ok (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "a", 1));
            expect_ok (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "", 0));
            expect_ok (zmq_setsockopt (s, ZMQ_SUBSCRIBE, NULL, 0));
            expect_ok (zmq_setsockopt (s, ZMQ_SUBSCRIBE, buffer, 300));
            expect_ok (zmq_setsockopt (s, ZMQ_UNSUBSCRIBE, "a", 1));
            expect_ok (zmq_setsockopt (s, ZMQ_UNSUBSCRIBE, "never subscribed", 16));
        } else {
            expect_errno (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "a", 1), EINVAL);
            expect_errno (zmq_setsockopt (s, ZMQ_UNSUBSCRIBE, "a", 1), EINVAL);
        }
        expect_errno (zmq_getsockopt (s, ZMQ_SUBSCRIBE, buffer, &size), EINVAL);
        expect_errno (zmq_getsockopt (s, ZMQ_UNSUBSCRIBE, buffer, &size), EINVAL);
    }
}

CASE (welcome_message_option, "ZMQ_XPUB_WELCOME_MSG EINVAL")
{
    void *ctx = ctx_new ();
    char buffer[8];
    keep_going ();
    for (int type = 0; type < 12; type++) {
        void *s = sock (ctx, type);
        size_t size = sizeof buffer;
        row ("type %d", type);
        if (type == ZMQ_PUB || type == ZMQ_XPUB) {
            expect_ok (zmq_setsockopt (s, ZMQ_XPUB_WELCOME_MSG, "hi", 2));
            expect_ok (zmq_setsockopt (s, ZMQ_XPUB_WELCOME_MSG, NULL, 0));
            expect_ok (zmq_setsockopt (s, ZMQ_XPUB_WELCOME_MSG, "", 0));
        } else
            expect_errno (zmq_setsockopt (s, ZMQ_XPUB_WELCOME_MSG, "hi", 2), EINVAL);
        expect_errno (zmq_getsockopt (s, ZMQ_XPUB_WELCOME_MSG, buffer, &size), EINVAL);
    }
}

CASE (absent_vmci, "ZMQ_VMCI_BUFFER_SIZE ZMQ_VMCI_BUFFER_MIN_SIZE ZMQ_VMCI_BUFFER_MAX_SIZE ZMQ_VMCI_CONNECT_TIMEOUT EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    uint64_t wide = 1024;
    if (zmq_has ("vmci"))
        skip_case ("built with vmci");
    for (int option = ZMQ_VMCI_BUFFER_SIZE; option <= ZMQ_VMCI_CONNECT_TIMEOUT; option++) {
        size_t size = option == ZMQ_VMCI_CONNECT_TIMEOUT ? 4 : 8;
        expect_errno (zmq_setsockopt (s, option, &wide, size), EINVAL);
        expect_errno (zmq_getsockopt (s, option, &wide, &size), EINVAL);
    }
}

/* The mask takes bits that name no thread. covers: ZMQ_AFFINITY */
CASE (router_notify_is_readable_everywhere, "")
{
    void *ctx = ctx_new ();
    if (!zmq_has ("draft"))
        skip_case ("built without the draft options");
    for (int type = 0; type < 12; type++)
        expect_int (get_int (sock (ctx, type), ZMQ_ROUTER_NOTIFY), 0);
    void *router = sock (ctx, ZMQ_ROUTER);
    set_int (router, ZMQ_ROUTER_NOTIFY, 3);
    expect_int (get_int (router, ZMQ_ROUTER_NOTIFY), 3);
    expect_errno (zmq_setsockopt (router, ZMQ_ROUTER_NOTIFY, &(int){4}, 4), EINVAL);
}
