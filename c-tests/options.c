/* One case per socket option, made from a table: default, both directions, sizes, ranges, socket types. */
#include "tools.h"

#include <limits.h>

enum kind { INT_RANGE, BOOL_STRICT, BOOL_ANY, BOOL_NONNEG, READ_ONLY, I64, U64, TEXT };
enum access { READABLE = 1, WRITE_ONLY = 2 };
enum { ALL = 0xfff }; /* one bit per stable socket type */
#define T(type) (1 << (type))

struct option {
    const char *name;
    int number;
    enum kind kind;
    enum access access;
    long long low, high, fallback;
    int types; /* that accept a set */
    int since; /* the first version of libzmq with it, 0 for always; drafts are probed with zmq_has */
};

#define OPT(name, kind, access, low, high, fallback, types) {#name, name, kind, access, low, high, fallback, types, 0}
#define DRAFT(name, number, kind, access, low, high, fallback, types)                                                   \
    {#name, number, kind, access, low, high, fallback, types, 1}

static const struct option table[] = {
  OPT (ZMQ_SNDBUF, INT_RANGE, READABLE, -1, INT_MAX, -1, ALL),
  OPT (ZMQ_RCVBUF, INT_RANGE, READABLE, -1, INT_MAX, -1, ALL),
  OPT (ZMQ_RATE, INT_RANGE, READABLE, 1, INT_MAX, 100, ALL),
  OPT (ZMQ_RECOVERY_IVL, INT_RANGE, READABLE, 0, INT_MAX, 10000, ALL),
  OPT (ZMQ_LINGER, INT_RANGE, READABLE, -1, INT_MAX, -1, ALL),
  OPT (ZMQ_RECONNECT_IVL, INT_RANGE, READABLE, -1, INT_MAX, 100, ALL),
  OPT (ZMQ_RECONNECT_IVL_MAX, INT_RANGE, READABLE, 0, INT_MAX, 0, ALL),
  OPT (ZMQ_BACKLOG, INT_RANGE, READABLE, 0, INT_MAX, 100, ALL),
  OPT (ZMQ_SNDHWM, INT_RANGE, READABLE, 0, INT_MAX, 1000, ALL),
  OPT (ZMQ_RCVHWM, INT_RANGE, READABLE, 0, INT_MAX, 1000, ALL),
  OPT (ZMQ_MULTICAST_HOPS, INT_RANGE, READABLE, 1, INT_MAX, 1, ALL),
  OPT (ZMQ_MULTICAST_MAXTPDU, INT_RANGE, READABLE, 1, INT_MAX, 1500, ALL),
  OPT (ZMQ_RCVTIMEO, INT_RANGE, READABLE, -1, INT_MAX, -1, ALL),
  OPT (ZMQ_SNDTIMEO, INT_RANGE, READABLE, -1, INT_MAX, -1, ALL),
  OPT (ZMQ_IPV4ONLY, BOOL_STRICT, READABLE, 0, 1, 1, ALL),
  OPT (ZMQ_IPV6, BOOL_STRICT, READABLE, 0, 1, 0, ALL),
  OPT (ZMQ_IMMEDIATE, BOOL_STRICT, READABLE, 0, 1, 0, ALL),
  OPT (ZMQ_CONFLATE, BOOL_STRICT, READABLE, 0, 1, 0, ALL),
  OPT (ZMQ_TCP_KEEPALIVE, INT_RANGE, READABLE, -1, 1, -1, ALL),
  OPT (ZMQ_TCP_KEEPALIVE_CNT, INT_RANGE, READABLE, -1, INT_MAX, -1, ALL),
  OPT (ZMQ_TCP_KEEPALIVE_IDLE, INT_RANGE, READABLE, -1, INT_MAX, -1, ALL),
  OPT (ZMQ_TCP_KEEPALIVE_INTVL, INT_RANGE, READABLE, -1, INT_MAX, -1, ALL),
  OPT (ZMQ_TOS, INT_RANGE, READABLE, 0, INT_MAX, 0, ALL),
  OPT (ZMQ_HANDSHAKE_IVL, INT_RANGE, READABLE, 0, INT_MAX, 30000, ALL),
  OPT (ZMQ_HEARTBEAT_IVL, INT_RANGE, READABLE, 0, INT_MAX, 0, ALL),
  OPT (ZMQ_HEARTBEAT_TIMEOUT, INT_RANGE, READABLE, 0, INT_MAX, -1, ALL),
  OPT (ZMQ_CONNECT_TIMEOUT, INT_RANGE, READABLE, 0, INT_MAX, 0, ALL),
  OPT (ZMQ_TCP_MAXRT, INT_RANGE, READABLE, 0, INT_MAX, 0, ALL),
  OPT (ZMQ_USE_FD, INT_RANGE, READABLE, -1, INT_MAX, -1, ALL),
  OPT (ZMQ_INVERT_MATCHING, BOOL_ANY, READABLE, 0, 1, 0, ALL),
  OPT (ZMQ_MAXMSGSIZE, I64, READABLE, 0, 0, -1, ALL),
  OPT (ZMQ_AFFINITY, U64, READABLE, 0, 0, 0, ALL),
  OPT (ZMQ_ROUTER_MANDATORY, BOOL_NONNEG, WRITE_ONLY, 0, 1, 0, T (ZMQ_ROUTER) | T (ZMQ_REP)),
  OPT (ZMQ_ROUTER_RAW, BOOL_NONNEG, WRITE_ONLY, 0, 1, 0, T (ZMQ_ROUTER) | T (ZMQ_REP)),
  OPT (ZMQ_ROUTER_HANDOVER, BOOL_NONNEG, WRITE_ONLY, 0, 1, 0, T (ZMQ_ROUTER) | T (ZMQ_REP)),
  OPT (ZMQ_PROBE_ROUTER, BOOL_NONNEG, WRITE_ONLY, 0, 1, 0,
       T (ZMQ_REQ) | T (ZMQ_REP) | T (ZMQ_DEALER) | T (ZMQ_ROUTER)),
  OPT (ZMQ_REQ_CORRELATE, BOOL_NONNEG, WRITE_ONLY, 0, 1, 0, T (ZMQ_REQ)),
  OPT (ZMQ_REQ_RELAXED, BOOL_NONNEG, WRITE_ONLY, 0, 1, 0, T (ZMQ_REQ)),
  OPT (ZMQ_XPUB_VERBOSE, BOOL_NONNEG, WRITE_ONLY, 0, 1, 0, T (ZMQ_PUB) | T (ZMQ_XPUB)),
  OPT (ZMQ_XPUB_VERBOSER, BOOL_NONNEG, WRITE_ONLY, 0, 1, 0, T (ZMQ_PUB) | T (ZMQ_XPUB)),
  OPT (ZMQ_XPUB_NODROP, BOOL_NONNEG, WRITE_ONLY, 0, 1, 0, T (ZMQ_PUB) | T (ZMQ_XPUB)),
  OPT (ZMQ_XPUB_MANUAL, BOOL_NONNEG, WRITE_ONLY, 0, 1, 0, T (ZMQ_PUB) | T (ZMQ_XPUB)),
  OPT (ZMQ_STREAM_NOTIFY, BOOL_STRICT, WRITE_ONLY, 0, 1, 0, T (ZMQ_STREAM)),
  OPT (ZMQ_RCVMORE, READ_ONLY, READABLE, 0, 0, 0, ALL),
  OPT (ZMQ_TYPE, READ_ONLY, READABLE, 0, 0, ZMQ_DEALER, ALL),
  OPT (ZMQ_MECHANISM, READ_ONLY, READABLE, 0, 0, ZMQ_NULL, ALL),
  OPT (ZMQ_THREAD_SAFE, READ_ONLY, READABLE, 0, 0, 0, ALL),
  OPT (ZMQ_EVENTS, READ_ONLY, READABLE, 0, 0, 0, ALL),
  DRAFT (ZMQ_ZAP_ENFORCE_DOMAIN, 93, BOOL_ANY, READABLE, 0, 1, 0, ALL),
  DRAFT (ZMQ_LOOPBACK_FASTPATH, 94, BOOL_ANY, READABLE, 0, 1, 0, ALL),
  DRAFT (ZMQ_MULTICAST_LOOP, 96, BOOL_ANY, READABLE, 0, 1, 1, ALL),
  DRAFT (ZMQ_IN_BATCH_SIZE, 101, INT_RANGE, READABLE, 1, INT_MAX, 8192, ALL),
  DRAFT (ZMQ_OUT_BATCH_SIZE, 102, INT_RANGE, READABLE, 1, INT_MAX, 8192, ALL),
  DRAFT (ZMQ_RECONNECT_STOP, 109, INT_RANGE, READABLE, INT_MIN, INT_MAX, 0, ALL),
  DRAFT (ZMQ_PRIORITY, 112, INT_RANGE, READABLE, 0, INT_MAX, 0, ALL),
};

static int bytes_of (const struct option *o)
{
    return o->kind == I64 || o->kind == U64 ? 8 : 4;
}

static int takes_any_length (const struct option *o)
{
    return o->number == ZMQ_RCVMORE || o->number == ZMQ_FD || o->number == ZMQ_EVENTS || o->number == ZMQ_THREAD_SAFE;
}

static int any_type (const struct option *o)
{
    if (o->types == ALL)
        return ZMQ_DEALER;
    for (int type = 0; type < 12; type++)
        if (o->types & T (type))
            return type;
    abort ();
}

static long long read_back (void *s, const struct option *o)
{
    int64_t wide = 0;
    size_t size = 8;
    if (bytes_of (o) == 4)
        return get_int (s, o->number);
    expect_ok (zmq_getsockopt (s, o->number, &wide, &size));
    expect_int (size, 8);
    return wide;
}

static void check_sizes (void *s, const struct option *o)
{
    unsigned char buffer[16];
    size_t own = (size_t) bytes_of (o);
    for (size_t size = 0; size <= sizeof buffer; size++) {
        row ("%s with %zu bytes", o->name, size);
        memset (buffer, 0, sizeof buffer);
        if (o->kind != READ_ONLY && size != own)
            expect_errno (zmq_setsockopt (s, o->number, buffer, size), EINVAL);
        if (o->access != READABLE)
            continue;
        size_t given = size;
        memset (buffer, 0xff, sizeof buffer);
        if (size == own)
            expect_ok (zmq_getsockopt (s, o->number, buffer, &given));
        else if (size > own && takes_any_length (o)) {
            expect_ok (zmq_getsockopt (s, o->number, buffer, &given));
            expect_int (given, own);
            for (size_t i = own; i < size; i++)
                expect_int (buffer[i], 0);
        } else
            expect_errno (zmq_getsockopt (s, o->number, buffer, &given), EINVAL);
    }
}

static void expect_set (void *s, const struct option *o, int value, int stored)
{
    row ("%s = %d", o->name, value);
    expect_ok (zmq_setsockopt (s, o->number, &value, sizeof value));
    if (o->access == READABLE)
        expect_int (get_int (s, o->number), stored);
}

static void expect_refused (void *s, const struct option *o, int value)
{
    row ("%s = %d", o->name, value);
    long long before = o->access == READABLE ? get_int (s, o->number) : 0;
    expect_errno (zmq_setsockopt (s, o->number, &value, sizeof value), EINVAL);
    if (o->access == READABLE)
        expect_int (get_int (s, o->number), before);
}

static void check_values (void *s, const struct option *o)
{
    static const int64_t wide[] = {0, 1, -1, 1000, INT64_MAX, INT64_MIN};
    switch (o->kind) {
    case INT_RANGE:
        expect_set (s, o, (int) o->low, (int) o->low);
        expect_set (s, o, (int) o->high, (int) o->high);
        if (o->low > INT_MIN) {
            expect_refused (s, o, (int) o->low - 1);
            expect_refused (s, o, INT_MIN);
        }
        if (o->high < INT_MAX)
            expect_refused (s, o, (int) o->high + 1);
        expect_set (s, o, 1, 1);
        break;
    case BOOL_STRICT:
        expect_set (s, o, 1, 1);
        expect_refused (s, o, 2);
        expect_refused (s, o, -1);
        expect_set (s, o, 0, 0);
        break;
    case BOOL_NONNEG:
        expect_refused (s, o, -1);
        expect_set (s, o, 7, 1);
        expect_set (s, o, 1, 1);
        expect_set (s, o, 0, 0);
        break;
    case BOOL_ANY:
        expect_set (s, o, 7, 1);
        expect_set (s, o, 0, 0);
        expect_set (s, o, -1, 1);
        break;
    case READ_ONLY:
        row ("%s", o->name);
        expect_errno (zmq_setsockopt (s, o->number, &(int){1}, sizeof (int)), EINVAL);
        break;
    default:
        for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
            row ("%s = %lld", o->name, (long long) wide[i]);
            expect_ok (zmq_setsockopt (s, o->number, &wide[i], 8));
            expect_int (read_back (s, o), wide[i]);
        }
    }
}

static void check_option (const void *arg)
{
    const struct option *o = arg;
    void *ctx = ctx_new ();
    if (o->since && !zmq_has ("draft"))
        skip_case ("built without the draft options");
    void *s = expect_ptr (zmq_socket (ctx, any_type (o)));
    char buffer[8];
    size_t size = 4;
    keep_going ();
    row ("%s", o->name);
    if (o->access == READABLE)
        expect_int (read_back (s, o), o->fallback);
    else
        expect_errno (zmq_getsockopt (s, o->number, buffer, &size), EINVAL);
    check_values (s, o);
    check_sizes (s, o);
    expect_ok (zmq_close (s));
    /* Options for some types only are refused by all the others, and unreadable on every type. */
    if (o->types != ALL)
        for (int type = 0; type < 12; type++) {
            s = expect_ptr (zmq_socket (ctx, type));
            row ("%s on type %d", o->name, type);
            if (o->types & T (type))
                expect_ok (zmq_setsockopt (s, o->number, &(int){1}, sizeof (int)));
            else
                expect_errno (zmq_setsockopt (s, o->number, &(int){1}, sizeof (int)), EINVAL);
            expect_errno (zmq_getsockopt (s, o->number, buffer, &size), EINVAL);
            expect_ok (zmq_close (s));
        }
}

__attribute__ ((constructor)) static void register_options (void)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        case_add ("int", table[i].name, check_option, &table[i]);
}

CASE (type_of_every_type, "ZMQ_TYPE zmq_socket")
{
    void *ctx = ctx_new ();
    for (int type = 0; type < 12; type++)
        expect_int (get_int (sock (ctx, type), ZMQ_TYPE), type);
}

CASE (linger_defaults_per_type, "ZMQ_LINGER")
{
    void *ctx = ctx_new ();
    keep_going ();
    for (int type = 0; type < 12; type++) {
        void *s = expect_ptr (zmq_socket (ctx, type));
        row ("type %d", type);
        expect_int (get_int (s, ZMQ_LINGER), type == ZMQ_SUB || type == ZMQ_XSUB ? 0 : -1);
        expect_ok (zmq_close (s));
    }
}

CASE (events_of_fresh_sockets, "ZMQ_EVENTS ZMQ_POLLOUT")
{
    static const int out = T (ZMQ_PUB) | T (ZMQ_XPUB) | T (ZMQ_XSUB) | T (ZMQ_ROUTER) | T (ZMQ_STREAM);
    void *ctx = ctx_new ();
    keep_going ();
    for (int type = 0; type < 12; type++) {
        row ("type %d", type);
        expect_int (get_int (sock (ctx, type), ZMQ_EVENTS), out & T (type) ? ZMQ_POLLOUT : 0);
    }
}

CASE (heartbeat_ttl_is_cut_to_deciseconds, "ZMQ_HEARTBEAT_TTL EINVAL")
{
    static const int pairs[][2] = {{0, 0}, {100, 100}, {99, 0}, {-99, 0}, {199, 100}, {1550, 1500}, {6553599, 6553500}};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_int (get_int (s, ZMQ_HEARTBEAT_TTL), 0);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        row ("%d", pairs[i][0]);
        set_int (s, ZMQ_HEARTBEAT_TTL, pairs[i][0]);
        expect_int (get_int (s, ZMQ_HEARTBEAT_TTL), pairs[i][1]);
    }
    expect_errno (zmq_setsockopt (s, ZMQ_HEARTBEAT_TTL, &(int){6553600}, 4), EINVAL);
    expect_errno (zmq_setsockopt (s, ZMQ_HEARTBEAT_TTL, &(int){-150}, 4), EINVAL);
}

CASE (ipv6_and_ipv4only_mirror_each_other, "ZMQ_IPV6 ZMQ_IPV4ONLY")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    set_int (s, ZMQ_IPV6, 1);
    expect_int (get_int (s, ZMQ_IPV4ONLY), 0);
    set_int (s, ZMQ_IPV4ONLY, 1);
    expect_int (get_int (s, ZMQ_IPV6), 0);
}

CASE (unknown_socket_options, "zmq_setsockopt zmq_getsockopt EINVAL")
{
    static const int numbers[] = {-1, 0, 1, 2, 3, 10, 20, 26, 29, 30, 67, 70, 82, 83, 9999};
    void *ctx = ctx_new ();
    keep_going ();
    for (int type = 0; type < 12; type++) {
        void *s = sock (ctx, type);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            int value = 0;
            size_t size = sizeof value;
            row ("option %d on type %d", numbers[i], type);
            expect_errno (zmq_setsockopt (s, numbers[i], &value, sizeof value), EINVAL);
            expect_errno (zmq_getsockopt (s, numbers[i], &value, &size), EINVAL);
        }
    }
}

CASE (fd_is_stable_and_accepts_any_length, "ZMQ_FD EINVAL")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_DEALER), *b = sock (ctx, ZMQ_DEALER);
    unsigned char wide[16];
    size_t size = sizeof wide;
    int fd = get_int (a, ZMQ_FD);
    expect_true (fd > 2 && fd != get_int (b, ZMQ_FD));
    expect_int (get_int (a, ZMQ_FD), fd);
    memset (wide, 0xff, sizeof wide);
    expect_ok (zmq_getsockopt (a, ZMQ_FD, wide, &size));
    expect_int (size, 4);
    expect_mem (wide, &fd, 4);
    for (int i = 4; i < 16; i++)
        expect_int (wide[i], 0);
    size = 3;
    expect_errno (zmq_getsockopt (a, ZMQ_FD, wide, &size), EINVAL);
    expect_errno (zmq_setsockopt (a, ZMQ_FD, &fd, sizeof fd), EINVAL);
}

CASE (rcvmore_as_a_size_t, "ZMQ_RCVMORE")
{
    void *ctx = ctx_new ();
    void *a = sock (ctx, ZMQ_PAIR), *b = sock (ctx, ZMQ_PAIR);
    uint64_t more = UINT64_MAX;
    size_t size = sizeof more;
    pair_up (a, b, "inproc");
    send_parts (a, "1", "2", NULL);
    recv_text (b, "1");
    expect_ok (zmq_getsockopt (b, ZMQ_RCVMORE, &more, &size));
    expect_int (size, 4);
    expect_true (more == 1);
    recv_text (b, "2");
    size = sizeof more;
    more = UINT64_MAX;
    expect_ok (zmq_getsockopt (b, ZMQ_RCVMORE, &more, &size));
    expect_true (more == 0);
}
