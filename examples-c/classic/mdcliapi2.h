//  mdcliapi2.h - Majordomo client, asynchronous

#ifndef MDCLIAPI2_H_INCLUDED
#define MDCLIAPI2_H_INCLUDED

#include <czmq.h>
#include "mdp.h"

typedef struct _mdcli_t mdcli_t;

mdcli_t *mdcli_new (char *broker, int verbose);
void mdcli_destroy (mdcli_t **self_p);
void mdcli_set_timeout (mdcli_t *self, int timeout);
int mdcli_send (mdcli_t *self, char *service, zmsg_t **request_p);
zmsg_t *mdcli_recv (mdcli_t *self);

#endif
