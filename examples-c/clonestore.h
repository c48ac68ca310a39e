//  clonestore.h - what the Clone servers share: endpoints P, P + 1, P + 2, and
//  the snapshot protocol

#ifndef CLONESTORE_H_INCLUDED
#define CLONESTORE_H_INCLUDED

#include "kvmsg.h"

//  The endpoint of a service (0 snapshot, 1 publisher, 2 collector) of the
//  server with a name such as "CLONE": fresh string. ZMQ_EXAMPLE_<name> is a
//  base such as "ipc://dir/clone", to which "-0".."-2" is added, or a tcp
//  address with a port, to which the number is added; else tcp and the port.
char *clone_endpoint (const char *name, const char *host, int port, int service);

//  Answer one request on the snapshot ROUTER, [client] [ICANHAZ?] [subtree]:
//  every key of the subtree, then KTHXBAI with the sequence. 0, or -1 when
//  interrupted.
int clone_answer_snapshot (void *router, const table_t *table, int64_t sequence);

//  Publish one HUGZ
void clone_send_hugz (void *publisher, int64_t sequence);

//  Client's side: ask for a snapshot of a subtree and put it in the table.
//  The sequence it is of; -1 when none came in time, or when interrupted.
int64_t clone_request_snapshot (void *socket, const char *subtree, table_t *table, int timeout_ms);

//  Milliseconds since 1970: times in messages mean the same everywhere
int64_t clone_time (void);

#endif
