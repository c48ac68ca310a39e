/* Raw peers that speak CURVE, honestly or not. */
#ifndef CURVE_PEER_H
#define CURVE_PEER_H

#include "boxes.h"
#include "zap.h"

struct curve_peer {
    int fd;
    uint8_t long_secret[32], long_public[32], short_secret[32], short_public[32];
    uint8_t their_long[32], their_short[32]; /* the public halves */
    uint8_t key[32];                         /* of the short pairs: for everything after WELCOME */
    uint8_t cookie[96];
    int serves;
    uint64_t counter, last;                  /* of the next command sent, of the last received */
};

enum curve_lie { CURVE_HONEST, CURVE_OTHER_COOKIE, CURVE_OTHER_VOUCH, CURVE_OTHER_KEY_IN_VOUCH, CURVE_TORN_BOX, CURVE_BAD_METADATA };

/* A client of a server with SERVER_PUBLIC, with the greetings exchanged. */
void curve_client (struct curve_peer *p, const char *endpoint);
void curve_hello (struct curve_peer *p);
void curve_take_welcome (struct curve_peer *p);
void curve_initiate (struct curve_peer *p, const char *name, enum curve_lie lie, size_t cut);
void curve_take_ready (struct curve_peer *p);

/* A server with SERVER_SECRET on an accepted connection. */
void curve_server (struct curve_peer *p, int fd);
void curve_take_hello (struct curve_peer *p);
void curve_welcome (struct curve_peer *p, enum curve_lie lie, size_t size);
void curve_take_initiate (struct curve_peer *p);
void curve_ready (struct curve_peer *p, enum curve_lie lie, size_t cut);

/* After the handshake. */
size_t curve_message (struct curve_peer *p, uint8_t *command, uint64_t counter, int flags, const void *body, size_t size);
void curve_send (struct curve_peer *p, int flags, const void *body, size_t size);
int curve_receive (struct curve_peer *p, uint8_t *body, size_t *size); /* the flags */

#endif
