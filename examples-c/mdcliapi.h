//  mdcliapi.h - Majordomo client, one request at a time

#ifndef MDCLIAPI_H_INCLUDED
#define MDCLIAPI_H_INCLUDED

#include "mdp.h"
#include "multipart.h"

typedef struct mdcli mdcli_t;

//  The context is the caller's
mdcli_t *mdcli_new (void *context, const char *broker, bool verbose);
void mdcli_destroy (mdcli_t **self);

//  How long to wait for a reply (2500 ms), and how often to try (3)
void mdcli_set_timeout (mdcli_t *self, int timeout_ms);
void mdcli_set_retries (mdcli_t *self, int retries);

//  Send a request to a service and wait for its reply; the request is
//  destroyed. NULL when no reply came, or when interrupted.
multipart_t *mdcli_send (mdcli_t *self, const char *service, multipart_t **request);

#endif
