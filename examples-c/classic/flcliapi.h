//  flcliapi.h - Freelance client

#ifndef FLCLIAPI_H_INCLUDED
#define FLCLIAPI_H_INCLUDED

#include <czmq.h>

typedef struct _flcliapi_t flcliapi_t;

flcliapi_t *flcliapi_new (void);
void flcliapi_destroy (flcliapi_t **self_p);
void flcliapi_connect (flcliapi_t *self, char *endpoint);
zmsg_t *flcliapi_request (flcliapi_t *self, zmsg_t **request_p);

#endif
