//  kvmsg.h - key-value message of five frames: key, sequence, UUID, properties, body

#ifndef KVMSG_H_INCLUDED
#define KVMSG_H_INCLUDED

#include <czmq.h>

typedef struct _kvmsg kvmsg_t;

kvmsg_t *kvmsg_new (int64_t sequence);
void kvmsg_destroy (kvmsg_t **self_p);
void kvmsg_free (void *ptr);
kvmsg_t *kvmsg_recv (void *socket);
void kvmsg_send (kvmsg_t *self, void *socket);
char *kvmsg_key (kvmsg_t *self);
void kvmsg_set_key (kvmsg_t *self, char *key);
void kvmsg_fmt_key (kvmsg_t *self, char *format, ...);
int64_t kvmsg_sequence (kvmsg_t *self);
void kvmsg_set_sequence (kvmsg_t *self, int64_t sequence);
byte *kvmsg_body (kvmsg_t *self);
size_t kvmsg_size (kvmsg_t *self);
void kvmsg_set_body (kvmsg_t *self, byte *body, size_t size);
void kvmsg_fmt_body (kvmsg_t *self, char *format, ...);
kvmsg_t *kvmsg_dup (kvmsg_t *self);
byte *kvmsg_uuid (kvmsg_t *self);
void kvmsg_set_uuid (kvmsg_t *self);
char *kvmsg_get_prop (kvmsg_t *self, char *name);
void kvmsg_set_prop (kvmsg_t *self, char *name, char *format, ...);
void kvmsg_store (kvmsg_t **self_p, zhash_t *hash);
void kvmsg_dump (kvmsg_t *self);
int kvmsg_test (int verbose);

#endif
