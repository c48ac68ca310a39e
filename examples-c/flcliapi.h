//  flcliapi.h - Freelance client: one of many servers answers, whichever lives

#ifndef FLCLIAPI_H_INCLUDED
#define FLCLIAPI_H_INCLUDED

#include "multipart.h"

typedef struct flcliapi flcliapi_t;

//  Starts a thread that holds the connections; the context is the caller's
flcliapi_t *flcliapi_new (void *context);
void flcliapi_destroy (flcliapi_t **self);

//  Add a server; it is used once it has answered a ping
void flcliapi_connect (flcliapi_t *self, const char *endpoint);

//  Send a request, which is destroyed. The reply; or NULL when no server
//  answered in three seconds, or when interrupted.
multipart_t *flcliapi_request (flcliapi_t *self, multipart_t **request);

#endif
