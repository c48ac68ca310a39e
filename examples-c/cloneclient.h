//  cloneclient.h - the body of clonecli2 to clonecli5

#ifndef CLONECLIENT_H_INCLUDED
#define CLONECLIENT_H_INCLUDED

#include <stdbool.h>

//  Mirror the keys under a subtree: subscribe, wait until the subscription is
//  in force (the first update or HUGZ shows it), ask for a snapshot, then
//  apply each update with a higher sequence. When it publishes, it sends a
//  random key every second (ZMQ_EXAMPLE_PAUSE_MS), ZMQ_EXAMPLE_COUNT times
//  when that is set; ttl seconds, if not 0, is the highest life of a key.
//  At the end the table is written to the file ZMQ_EXAMPLE_DUMP names.
int clone_client (const char *subtree, bool publishes, int ttl);

#endif
