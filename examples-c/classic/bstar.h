//  bstar.h - Binary Star reactor

#ifndef BSTAR_H_INCLUDED
#define BSTAR_H_INCLUDED

#include <czmq.h>

#define BSTAR_PRIMARY 1
#define BSTAR_BACKUP  0

typedef struct _bstar_t bstar_t;

bstar_t *bstar_new (int primary, char *local, char *remote);
void bstar_destroy (bstar_t **self_p);
zloop_t *bstar_zloop (bstar_t *self);
int bstar_voter (bstar_t *self, char *endpoint, int type, zloop_fn handler, void *arg);
void bstar_new_active (bstar_t *self, zloop_fn handler, void *arg);
void bstar_new_passive (bstar_t *self, zloop_fn handler, void *arg);
int bstar_start (bstar_t *self);

#endif
