//  kvsimple.h - a key-value message of three frames: key, sequence, body; no
//  UUID and no properties

#ifndef KVSIMPLE_H_INCLUDED
#define KVSIMPLE_H_INCLUDED

#include "kvmsg.h"

kvmsg_t *kvsimple_recv (void *socket);
int kvsimple_send (const kvmsg_t *self, void *socket);

#endif
