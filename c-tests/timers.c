/* zmq_timers_*. */
#include "tools.h"

#include <limits.h>

static int calls[8];
static int order[32], ordered;

static void on_timer (int id, void *arg)
{
    calls[(intptr_t) arg]++;
    order[ordered++ % 32] = id;
}

static void *timers_new (void)
{
    memset (calls, 0, sizeof calls);
    ordered = 0;
    return expect_ptr (zmq_timers_new ());
}

CASE (no_timers, "zmq_timers_new zmq_timers_timeout zmq_timers_execute zmq_timers_destroy")
{
    void *t = timers_new ();
    expect_int (zmq_timers_timeout (t), -1);
    expect_ok (zmq_timers_execute (t));
    expect_ok (zmq_timers_destroy (&t));
    expect_true (t == NULL);
}

CASE (arguments, "zmq_timers_add zmq_timers_cancel zmq_timers_set_interval zmq_timers_reset EFAULT EINVAL")
{
    void *t = timers_new ();
    expect_errno (zmq_timers_add (t, 10, NULL, NULL), EFAULT);
    expect_errno (zmq_timers_cancel (t, 1), EINVAL);
    expect_errno (zmq_timers_set_interval (t, 1, 10), EINVAL);
    expect_errno (zmq_timers_reset (t, 1), EINVAL);
    expect_errno (zmq_timers_cancel (t, -1), EINVAL);
    expect_errno (zmq_timers_cancel (t, 0), EINVAL);
    int id = zmq_timers_add (t, 100, on_timer, NULL);
    expect_true (id >= 1);
    expect_ok (zmq_timers_cancel (t, id));
    expect_errno (zmq_timers_cancel (t, id), EINVAL);
    expect_int (zmq_timers_timeout (t), -1);
    expect_ok (zmq_timers_destroy (&t));
}

CASE (ids_increase, "zmq_timers_add")
{
    void *t = timers_new ();
    int last = 0;
    for (int i = 0; i < 20; i++) {
        int id = zmq_timers_add (t, 1000, on_timer, NULL);
        expect_true (id > last);
        last = id;
        if (i % 3 == 0)
            expect_ok (zmq_timers_cancel (t, id));
    }
    expect_ok (zmq_timers_destroy (&t));
}

CASE (fires_when_due_and_again, "zmq_timers_execute zmq_timers_timeout")
{
    void *t = timers_new ();
    int id = zmq_timers_add (t, 100, on_timer, (void *) 1);
    long left = zmq_timers_timeout (t);
    expect_true (left > 50 && left <= 100);
    expect_ok (zmq_timers_execute (t));
    expect_int (calls[1], 0);
    for (int round = 1; round <= 2; round++) {
        nap_ms (zmq_timers_timeout (t));
        eventually (zmq_timers_timeout (t) == 0);
        expect_ok (zmq_timers_execute (t));
        expect_int (calls[1], round);
        expect_int (order[round - 1], id);
        left = zmq_timers_timeout (t);
        expect_true (left > 0 && left <= 100);
    }
    expect_ok (zmq_timers_destroy (&t));
}

CASE (missed_intervals_run_once, "zmq_timers_execute")
{
    void *t = timers_new ();
    int slow = zmq_timers_add (t, 60, on_timer, (void *) 1);
    int fast = zmq_timers_add (t, 50, on_timer, (void *) 2);
    nap_ms (200);
    expect_ok (zmq_timers_execute (t));
    expect_int (calls[1], 1);
    expect_int (calls[2], 1);
    expect_int (order[0], fast);
    expect_int (order[1], slow);
    long left = zmq_timers_timeout (t);
    expect_true (left > 20 && left <= 50);
    expect_ok (zmq_timers_destroy (&t));
}

CASE (set_interval_and_reset_start_from_now, "zmq_timers_set_interval zmq_timers_reset")
{
    void *t = timers_new ();
    int id = zmq_timers_add (t, 10000, on_timer, (void *) 1);
    expect_ok (zmq_timers_set_interval (t, id, 200));
    long left = zmq_timers_timeout (t);
    expect_true (left > 100 && left <= 200);
    nap_ms (60);
    expect_true (zmq_timers_timeout (t) <= 145);
    expect_ok (zmq_timers_reset (t, id));
    expect_true (zmq_timers_timeout (t) > 145);
    expect_int (calls[1], 0);
    expect_ok (zmq_timers_destroy (&t));
}

CASE (huge_interval_is_accepted, "zmq_timers_add")
{
    void *t = timers_new ();
    int id = zmq_timers_add (t, SIZE_MAX, on_timer, NULL);
    expect_true (id >= 1);
    expect_ok (zmq_timers_cancel (t, id));
    expect_ok (zmq_timers_destroy (&t));
}

CASE (huge_interval_never_comes, "zmq_timers_execute")
{
    void *t = timers_new ();
    expect_true (zmq_timers_add (t, SIZE_MAX, on_timer, (void *) 1) >= 1);
    expect_ok (zmq_timers_execute (t));
    expect_int (calls[1], 0);
    expect_ok (zmq_timers_destroy (&t));
}

CASE (cancelled_but_not_purged, "zmq_timers_cancel zmq_timers_set_interval zmq_timers_reset")
{
    void *t = timers_new ();
    int id = zmq_timers_add (t, 1000, on_timer, (void *) 1);
    expect_ok (zmq_timers_cancel (t, id));
    expect_ok (zmq_timers_set_interval (t, id, 1));
    expect_ok (zmq_timers_reset (t, id));
    nap_ms (5);
    expect_ok (zmq_timers_execute (t));
    expect_int (calls[1], 0);
    expect_ok (zmq_timers_destroy (&t));
}

struct self {
    void *timers;
    int id, calls, other;
};

static void cancel_self (int id, void *arg)
{
    struct self *s = arg;
    s->calls++;
    s->id = zmq_timers_cancel (s->timers, id);
}

CASE (cancel_inside_the_handler, "zmq_timers_cancel zmq_timers_execute")
{
    struct self s = {timers_new (), -5, 0, 0};
    expect_true (zmq_timers_add (s.timers, 10, cancel_self, &s) >= 1);
    nap_ms (15);
    expect_ok (zmq_timers_execute (s.timers));
    expect_int (s.calls, 1);
    expect_int (s.id, 0);
    nap_ms (15);
    expect_ok (zmq_timers_execute (s.timers));
    expect_int (s.calls, 1);
    expect_int (zmq_timers_timeout (s.timers), -1);
    expect_ok (zmq_timers_destroy (&s.timers));
}

static void add_another (int id, void *arg)
{
    struct self *s = arg;
    s->calls++;
    s->other = zmq_timers_add (s->timers, 10000, on_timer, NULL);
}

CASE (add_inside_the_handler, "zmq_timers_add zmq_timers_execute")
{
    struct self s = {timers_new (), 0, 0, 0};
    int id = zmq_timers_add (s.timers, 10, add_another, &s);
    nap_ms (15);
    expect_ok (zmq_timers_execute (s.timers));
    expect_int (s.calls, 1);
    expect_true (s.other > id);
    expect_ok (zmq_timers_cancel (s.timers, s.other));
    expect_ok (zmq_timers_destroy (&s.timers));
}

CASE (interval_0_does_not_hold_execute, "zmq_timers_execute")
{
    void *t = timers_new ();
    expect_true (zmq_timers_add (t, 0, on_timer, (void *) 1) >= 1);
    expect_ok (zmq_timers_execute (t));
    expect_true (calls[1] >= 1);
    expect_int (zmq_timers_timeout (t), 0);
    expect_ok (zmq_timers_destroy (&t));
}

CASE (many_timers_fire_in_due_order, "zmq_timers_execute")
{
    void *t = timers_new ();
    int ids[10];
    for (int i = 0; i < 10; i++)
        ids[i] = zmq_timers_add (t, (size_t) (200 - 20 * i), on_timer, (void *) 1);
    nap_ms (210);
    expect_ok (zmq_timers_execute (t));
    expect_int (calls[1], 10);
    for (int i = 0; i < 10; i++)
        expect_int (order[i], ids[9 - i]);
    expect_ok (zmq_timers_destroy (&t));
}

static int fired[16], fired_count;

static void note_order (int id, void *arg)
{
    (void) arg;
    if (fired_count < 16)
        fired[fired_count++] = id;
}

/* Due in the same millisecond, they run in the order in which they were started. */
CASE (started_last_runs_last, "zmq_timers_reset zmq_timers_set_interval zmq_timers_execute")
{
    int ids[3], wanted[3];
    for (int attempt = 0; attempt < 20; attempt++) {
        void *timers = expect_ptr (zmq_timers_new ());
        fired_count = 0;
        long begin = now_ms ();
        for (int i = 0; i < 3; i++)
            ids[i] = zmq_timers_add (timers, 10, note_order, NULL);
        expect_ok (zmq_timers_reset (timers, ids[0]));
        expect_ok (zmq_timers_set_interval (timers, ids[1], 10));
        long spent = now_ms () - begin;
        nap_ms (15);
        expect_ok (zmq_timers_execute (timers));
        expect_ok (zmq_timers_destroy (&timers));
        wanted[0] = ids[2], wanted[1] = ids[0], wanted[2] = ids[1];
        expect_int (fired_count, 3);
        for (int i = 0; i < 3; i++)
            expect_int (fired[i], wanted[i]);
        if (spent == 0)
            return;
    }
}
