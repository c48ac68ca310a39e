//  reactor.c - readers and timers over zmq_poll

#include "reactor.h"
#include "example.h"

enum { MAX_READERS = 64, MAX_TIMERS = 64 };

typedef struct {
    void *socket;
    reactor_fn *handler;
    void *argument;
} reader_t;

typedef struct {
    int64_t due;
    int delay_ms;
    int times;                  //  0: without end
    reactor_fn *handler;
    void *argument;
} r_timer_t;

struct reactor {
    reader_t readers [MAX_READERS];
    int reader_count;
    r_timer_t timers [MAX_TIMERS];
    int timer_count;
    bool changed;               //  the reader table is not what was polled
};

reactor_t *reactor_new (void)
{
    return (reactor_t *) ex_alloc (sizeof (reactor_t));
}

void reactor_destroy (reactor_t **reactor)
{
    free (*reactor);
    *reactor = NULL;
}

void reactor_reader (reactor_t *self, void *socket, reactor_fn *handler, void *argument)
{
    assert (self->reader_count < MAX_READERS);
    self->readers [self->reader_count++] = (reader_t) { socket, handler, argument };
    self->changed = true;
}

void reactor_reader_end (reactor_t *self, void *socket)
{
    for (int i = 0; i < self->reader_count; i++)
        if (self->readers [i].socket == socket) {
            self->readers [i--] = self->readers [--self->reader_count];
            self->changed = true;
        }
}

void reactor_timer (reactor_t *self, int delay_ms, int times,
                    reactor_fn *handler, void *argument)
{
    assert (self->timer_count < MAX_TIMERS);
    self->timers [self->timer_count++] = (r_timer_t) {
        s_clock () + delay_ms, delay_ms, times, handler, argument };
}

//  Milliseconds until the next timer; -1 when there is none
static long s_timeout (reactor_t *self)
{
    int64_t next = -1;
    for (int i = 0; i < self->timer_count; i++)
        if (next == -1 || self->timers [i].due < next)
            next = self->timers [i].due;
    if (next == -1)
        return -1;
    int64_t left = next - s_clock ();
    return left > 0 ? (long) left : 0;
}

static int s_run_timers (reactor_t *self)
{
    int64_t now = s_clock ();
    int rc = 0;
    for (int i = 0; i < self->timer_count && rc != -1; i++) {
        r_timer_t *timer = &self->timers [i];
        if (timer->due > now)
            continue;
        r_timer_t due = *timer;
        if (timer->times == 1)
            self->timers [i--] = self->timers [--self->timer_count];
        else {
            timer->due = now + timer->delay_ms;
            if (timer->times)
                timer->times--;
        }
        rc = due.handler (self, NULL, due.argument);
    }
    return rc;
}

int reactor_run (reactor_t *self)
{
    while (!s_interrupted) {
        zmq_pollitem_t items [MAX_READERS];
        reader_t readers [MAX_READERS];
        int count = self->reader_count;
        for (int i = 0; i < count; i++) {
            readers [i] = self->readers [i];
            items [i] = (zmq_pollitem_t) { readers [i].socket, 0, ZMQ_POLLIN, 0 };
        }
        self->changed = false;
        if (zmq_poll (items, count, s_timeout (self)) == -1)
            return -1;
        if (s_run_timers (self) == -1)
            return 0;
        //  Once a handler has changed the table, poll anew
        for (int i = 0; i < count && !self->changed; i++)
            if ((items [i].revents & ZMQ_POLLIN)
            &&  readers [i].handler (self, readers [i].socket, readers [i].argument) == -1)
                return 0;
    }
    return -1;
}
