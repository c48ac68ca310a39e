/* What the CURVE peers that are written here share, from RFC 26: keys, boxes and commands. The boxes are libsodium's, which
 * Debian's libzmq5 depends on; without it the case is skipped. */
#ifndef BOXES_H
#define BOXES_H

#include "zap.h"

enum { MAC = 16, KEY = 32, COOKIE = 96 };

/* libsodium's crypto_box_easy and crypto_box_open_easy. */
typedef int (box_fn) (unsigned char *out, const unsigned char *in, unsigned long long size, const unsigned char *nonce,
                      const unsigned char *public_key, const unsigned char *secret_key);
extern struct nacl {
    int (*keypair) (unsigned char *public_key, unsigned char *secret_key);
    int (*base) (unsigned char *public_key, const unsigned char *secret_key);
    box_fn *seal, *open;
} nacl;
void need_boxes (void);

struct pair {
    unsigned char public_key[KEY], secret_key[KEY];
};
struct pair fresh_pair (void);
struct pair pair_of (const char *secret); /* Z85 */

struct bytes {
    unsigned char data[3000];
    size_t size;
};
void put (struct bytes *b, const void *data, size_t size);
void put_count (struct bytes *b, uint64_t count);
/* A nonce of 24 bytes: the prefix, then what is on the wire. */
void nonce_of (unsigned char nonce[24], const char *prefix, const void *rest);
void put_box (struct bytes *b, const void *content, size_t size, const char *prefix, const void *rest,
              const unsigned char *public_key, const unsigned char *secret_key);

void send_command (int fd, const char *name, const struct bytes *b);
void send_message (int fd, const struct bytes *b); /* a MESSAGE is a frame without flags of its own */

/* The metadata of a DEALER. */
#define DEALER "\13Socket-Type\0\0\0\6DEALER"
enum { DEALER_SIZE = sizeof DEALER - 1 };

#endif
