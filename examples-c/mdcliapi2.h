//  mdcliapi2.h - Majordomo client, many requests in flight; no retries

#ifndef MDCLIAPI2_H_INCLUDED
#define MDCLIAPI2_H_INCLUDED

#include "mdp.h"
#include "multipart.h"

typedef struct mdcli2 mdcli2_t;

mdcli2_t *mdcli2_new (void *context, const char *broker, bool verbose);
void mdcli2_destroy (mdcli2_t **self);
void mdcli2_set_timeout (mdcli2_t *self, int timeout_ms);

//  0, or -1 when interrupted; the request is destroyed
int mdcli2_send (mdcli2_t *self, const char *service, multipart_t **request);

//  The next reply; NULL after the timeout or when interrupted
multipart_t *mdcli2_recv (mdcli2_t *self);

#endif
