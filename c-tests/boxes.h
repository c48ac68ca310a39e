/* The boxes of NaCl (X25519, XSalsa20, Poly1305), for peers that speak CurveZMQ byte by byte. For tests: neither fast nor
 * hardened against observers. */
#ifndef BOXES_H
#define BOXES_H

#include <stddef.h>
#include <stdint.h>

enum { KEY_SIZE = 32, NONCE_SIZE = 24, MAC_SIZE = 16 };

void box_public (uint8_t public_key[32], const uint8_t secret_key[32]);
/* What both sides of a pair of keys know. */
void box_shared (uint8_t key[32], const uint8_t public_key[32], const uint8_t secret_key[32]);
/* Writes MAC_SIZE bytes more than it reads. */
void box_seal (uint8_t *sealed, const uint8_t *text, size_t size, const uint8_t nonce[24], const uint8_t key[32]);
/* 0 if someone without the key made or changed it; else writes MAC_SIZE bytes less than it reads. */
int box_open (uint8_t *text, const uint8_t *sealed, size_t size, const uint8_t nonce[24], const uint8_t key[32]);

#endif
