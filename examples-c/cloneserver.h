//  cloneserver.h - the body of clonesrv2 to clonesrv5

#ifndef CLONESERVER_H_INCLUDED
#define CLONESERVER_H_INCLUDED

#include <stdbool.h>

//  Keep the keys, answer snapshot requests, publish updates in sequence and a
//  HUGZ every second (ZMQ_EXAMPLE_HEARTBEAT_MS). It makes updates itself
//  (every ZMQ_EXAMPLE_PAUSE_MS, ZMQ_EXAMPLE_COUNT of them if that is set), or
//  collects those of clients; with ttl it deletes keys whose time is over. At
//  the end the table is written to the file ZMQ_EXAMPLE_DUMP names.
int clone_server (bool generates, bool collects, bool ttl);

#endif
