/* The events of a monitor one by one, with their values and addresses. */
#ifndef STEPS_H
#define STEPS_H

#include "tools.h"

/* Values that no case knows beforehand. */
enum { ANY = -2, A_DESCRIPTOR = -3 };

/* The very next event; its value. */
int step (const char *file, int line, void *mon, int event, int value, const char *address);
#define next(mon, event, value, address) step (__FILE__, __LINE__, mon, ZMQ_EVENT_##event, value, address)

/* CONNECT_RETRIED with an interval in the range. */
void step_retried (const char *file, int line, void *mon, int low, int high, const char *address);
#define retried(mon, low, high, address) step_retried (__FILE__, __LINE__, mon, low, high, address)

#endif
