//  mdwrkapi.h - Majordomo worker

#ifndef MDWRKAPI_H_INCLUDED
#define MDWRKAPI_H_INCLUDED

#include <czmq.h>
#include "mdp.h"

typedef struct _mdwrk_t mdwrk_t;

mdwrk_t *mdwrk_new (char *broker, char *service, int verbose);
void mdwrk_destroy (mdwrk_t **self_p);
void mdwrk_set_heartbeat (mdwrk_t *self, int heartbeat);
void mdwrk_set_reconnect (mdwrk_t *self, int reconnect);
zmsg_t *mdwrk_recv (mdwrk_t *self, zmsg_t **reply_p);

#endif
