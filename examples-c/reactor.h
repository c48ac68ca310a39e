//  reactor.h - a loop that calls a handler when a socket has input or when a
//  timer is due. A handler that returns -1 ends the loop; it may add and
//  remove readers and timers.

#ifndef REACTOR_H_INCLUDED
#define REACTOR_H_INCLUDED

typedef struct reactor reactor_t;
typedef int (reactor_fn) (reactor_t *reactor, void *socket, void *argument);

reactor_t *reactor_new (void);
void reactor_destroy (reactor_t **reactor);

void reactor_reader (reactor_t *reactor, void *socket, reactor_fn *handler, void *argument);
void reactor_reader_end (reactor_t *reactor, void *socket);

//  Every delay_ms, so many times; 0 times means without end. The handler's
//  socket is NULL.
void reactor_timer (reactor_t *reactor, int delay_ms, int times,
                    reactor_fn *handler, void *argument);

//  0 when a handler ended the loop, -1 when interrupted or terminated
int reactor_run (reactor_t *reactor);

#endif
