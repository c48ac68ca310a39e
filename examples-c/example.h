//  example.h - what the programs of this folder share
//
//  Each program reads a few environment variables, so that a test can bound
//  it and choose its endpoints:
//    ZMQ_EXAMPLE_SECONDS   end by itself after so many seconds
//    ZMQ_EXAMPLE_COUNT     end after so many messages (each program says of what)
//    ZMQ_EXAMPLE_SEED      draw the same random numbers each time
//    ZMQ_EXAMPLE_<ROLE>    endpoint of one role, such as ZMQ_EXAMPLE_HELLO

#ifndef EXAMPLE_H_INCLUDED
#define EXAMPLE_H_INCLUDED

#define ZHELPERS_SHARED_FLAG 1
#include "zhelpers.h"
#include <pthread.h>

//  Line-buffered output, signals caught, ZMQ_EXAMPLE_SECONDS armed
#define ex_start() do {                                       \
    s_catch_signals ();                                       \
    ex_prepare ();                                            \
} while (0)
void ex_prepare (void);

//  ZMQ_EXAMPLE_COUNT, or the fallback; 0 means no limit
long ex_count (long fallback);

//  A number from the environment variable ZMQ_EXAMPLE_<name>
long ex_number (const char *name, long fallback);

//  The endpoint of a role, or the fallback
const char *ex_endpoint (const char *role, const char *fallback);

//  Create a socket; failing is fatal. It lingers for two seconds, so that a
//  program always ends, even when its peer has left before
void *ex_socket (void *context, int type);

//  Bind a socket to the endpoint of a role; failing is fatal. An endpoint
//  that came from the environment is reported on stderr, with the port the
//  system chose: "bound ROLE tcp://127.0.0.1:40123"
void ex_bind (void *socket, const char *role, const char *fallback);
void ex_connect (void *socket, const char *role, const char *fallback);

//  The same with an endpoint already at hand
void ex_bind_to (void *socket, const char *role, const char *endpoint);
void ex_connect_to (void *socket, const char *endpoint);

//  Where a socket is really bound, as others can connect to it: fresh string
char *ex_last_endpoint (void *socket);

//  Subscribe to a prefix; "" is everything
void ex_subscribe (void *socket, const char *prefix);

void ex_set_int (void *socket, int option, int value);

//  zmq_poll for input on one socket: 1 ready, 0 timeout, -1 interrupted
int ex_wait (void *socket, long timeout_ms);

//  A thread in which no signal is delivered: they are all for main
pthread_t ex_thread (void *(*body) (void *), void *argument);

//  Close the context and wait for it, whatever signals arrive
void ex_term (void *context);

//  Print "E: what: reason" and exit 1
void ex_die (const char *what) __attribute__ ((noreturn));

//  malloc that does not return NULL, zeroed
void *ex_alloc (size_t size);

//  Fresh string by printf rules
char *ex_format (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

//  Random bytes as lower-case hexadecimal: text holds 2 * bytes + 1
void ex_random_hex (char *text, size_t bytes);

#endif
