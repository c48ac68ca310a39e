/* What the CURVE peers by the book share, from RFC 26: keys, commands and the boxes in them. */
#ifndef CURVE_BOOK_H
#define CURVE_BOOK_H

#include "boxes.h"
#include "zap.h"

enum { KEY = 32, COOKIE = 96 };

void need_curve (void); /* skips the case in a library without it */

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
/* Opens a box of `size` bytes; whether it is genuine. */
int open_box (void *content, const void *box, size_t size, const unsigned char nonce[24], const unsigned char *public_key,
              const unsigned char *secret_key);
void put_box (struct bytes *b, const void *content, size_t size, const char *prefix, const void *rest,
              const unsigned char *public_key, const unsigned char *secret_key);

void send_command (int fd, const char *name, const struct bytes *b);
void send_message (int fd, const struct bytes *b); /* a MESSAGE is a frame without flags of its own */
/* Takes the next MESSAGE and opens it; the flags and what follows them, whose size is returned. */
size_t take_message (int fd, void *content, const char *prefix, const unsigned char *public_key, const unsigned char *secret_key);

/* The metadata of a DEALER. */
#define DEALER "\13Socket-Type\0\0\0\6DEALER"
enum { DEALER_SIZE = sizeof DEALER - 1 };

#endif
