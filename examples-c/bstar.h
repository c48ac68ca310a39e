//  bstar.h - Binary Star: two servers, one of them active

#ifndef BSTAR_H_INCLUDED
#define BSTAR_H_INCLUDED

#include <stdint.h>
#include "reactor.h"

//  What a server can be; the same numbers travel between the two as events
typedef enum {
    BSTAR_PRIMARY = 1,          //  primary, waiting for its peer
    BSTAR_BACKUP = 2,           //  backup, waiting for its peer
    BSTAR_ACTIVE = 3,
    BSTAR_PASSIVE = 4
} bstar_state_t;

enum { BSTAR_CLIENT_REQUEST = 5 };

typedef enum { BSTAR_OK, BSTAR_REFUSED, BSTAR_FATAL } bstar_result_t;

//  The state machine by itself: apply a peer's state or a client's request.
//  The peer is dead from peer_expiry on. BSTAR_REFUSED: do not serve the
//  request. BSTAR_FATAL: both are active, or both passive.
bstar_result_t bstar_apply (bstar_state_t *state, int event, int64_t peer_expiry);

//  The same with sockets, on a reactor. The first handler is called for each
//  request on the voting socket that may be served; the others when the
//  server becomes active, or passive.
typedef struct bstar bstar_t;

bstar_t *bstar_new (void *context, bstar_state_t start, reactor_t *reactor,
                    const char *local_role, const char *local,
                    const char *remote_role, const char *remote);
void bstar_destroy (bstar_t **self);
void bstar_voter (bstar_t *self, void *socket, reactor_fn *handler, void *argument);
void bstar_on_active (bstar_t *self, reactor_fn *handler, void *argument);
void bstar_on_passive (bstar_t *self, reactor_fn *handler, void *argument);

#endif
