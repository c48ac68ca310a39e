/* Steps through the events of a monitor. */
#include "steps.h"

int step (const char *file, int line, void *mon, int event, int value, const char *address)
{
    struct event e = monitor_expect (file, line, mon, event);
    if (value == A_DESCRIPTOR ? e.value < 3 || e.value > 65536 : value != ANY && e.value != value)
        check_fail (file, line, "event 0x%x has value %d, not %d", e.event, e.value, value);
    if (strcmp (e.address, address) != 0)
        check_fail (file, line, "event 0x%x has address \"%s\", not \"%s\"", e.event, e.address, address);
    return e.value;
}

void step_retried (const char *file, int line, void *mon, int low, int high, const char *address)
{
    int value = step (file, line, mon, ZMQ_EVENT_CONNECT_RETRIED, ANY, address);
    if (value < low || value > high)
        check_fail (file, line, "the interval is %d, not in %d..%d", value, low, high);
}
