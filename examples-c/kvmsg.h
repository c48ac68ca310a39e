//  kvmsg.h - a key and its value, as the Clone programs send them
//
//  On the wire five frames: key, sequence (8 bytes, big end first), UUID (16
//  bytes or none), properties ("name=value\n"...), body. An empty body deletes
//  the key.

#ifndef KVMSG_H_INCLUDED
#define KVMSG_H_INCLUDED

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "table.h"

typedef struct {
    char *key;
    int64_t sequence;
    unsigned char uuid [16];
    bool has_uuid;
    char *props;                //  "name=value\n"..., never NULL
    char *body;                 //  NUL after size bytes
    size_t size;
} kvmsg_t;

kvmsg_t *kvmsg_new (int64_t sequence);
void kvmsg_destroy (kvmsg_t **self);
void kvmsg_free (void *item);               //  for tables
kvmsg_t *kvmsg_dup (const kvmsg_t *self);

//  NULL when interrupted; a message of another form is skipped
kvmsg_t *kvmsg_recv (void *socket);
int kvmsg_send (const kvmsg_t *self, void *socket);

void kvmsg_set_key (kvmsg_t *self, const char *key);
void kvmsg_set_body (kvmsg_t *self, const void *data, size_t size);
void kvmsg_set_text (kvmsg_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));
void kvmsg_set_uuid (kvmsg_t *self);        //  a random one

//  Fresh string, "" when there is no such property
char *kvmsg_prop (const kvmsg_t *self, const char *name);
//  0, or -1 for a name or value with '=' or a newline
int kvmsg_set_prop (kvmsg_t *self, const char *name, const char *value);

//  Put the message in the table under its key, or, when its body is empty,
//  delete the key. The message is the table's, or destroyed.
void kvmsg_store (kvmsg_t **self, table_t *table);

void kvmsg_dump (const kvmsg_t *self, FILE *out);

//  "key value" lines of a whole table, sorted, into a file
void kvmsg_dump_table (const table_t *table, const char *path);

#endif
