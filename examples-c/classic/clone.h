//  clone.h - Clone client stack

#ifndef CLONE_H_INCLUDED
#define CLONE_H_INCLUDED

#include <czmq.h>
#include "kvmsg.h"

typedef struct _clone_t clone_t;

clone_t *clone_new (void);
void clone_destroy (clone_t **self_p);
void clone_subtree (clone_t *self, char *subtree);
void clone_connect (clone_t *self, char *address, char *service);
void clone_set (clone_t *self, char *key, char *value, int ttl);
char *clone_get (clone_t *self, char *key);

#endif
