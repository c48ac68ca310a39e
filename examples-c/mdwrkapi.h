//  mdwrkapi.h - Majordomo worker

#ifndef MDWRKAPI_H_INCLUDED
#define MDWRKAPI_H_INCLUDED

#include "mdp.h"
#include "multipart.h"

typedef struct mdwrk mdwrk_t;

mdwrk_t *mdwrk_new (void *context, const char *broker, const char *service, bool verbose);
void mdwrk_destroy (mdwrk_t **self);

//  Heartbeat interval (2500 ms; the broker is given up after three) and wait
//  before connecting anew (2500 ms)
void mdwrk_set_heartbeat (mdwrk_t *self, int heartbeat_ms);
void mdwrk_set_reconnect (mdwrk_t *self, int reconnect_ms);

//  Send the reply to the last request, if there is one, and wait for the next
//  request. The reply is destroyed. NULL when interrupted.
multipart_t *mdwrk_recv (mdwrk_t *self, multipart_t **reply);

#endif
