/* What message number `index` of a flow holds: its parts, their sizes and bytes follow from a seed, so either side can
   say what is due without being told. */
#ifndef CONTENT_H
#define CONTENT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define CHECK(cond)                                                                            \
    do {                                                                                       \
        if (!(cond)) {                                                                         \
            printf("FAIL %s:%d: %s: %s\n", __FILE__, __LINE__, #cond, zmq_strerror(zmq_errno())); \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

enum profile { SMALL, MIXED, SIZES };

static const size_t SIZE_TABLE[] = {
    0, 1, 2, 7, 8, 9, 31, 32, 33, 34, 35, 63, 64, 65, 127, 128, 253, 254, 255, 256, 257, 258, 1000, 1023, 1024, 4095,
    4096, 4097, 8182, 8183, 8184, 8190, 8191, 8192, 8193, 16384, 65535, 65536, 65537, 1 << 20, (1 << 20) + 1, 10 << 20,
    100 << 20};
enum { SIZE_COUNT = sizeof SIZE_TABLE / sizeof *SIZE_TABLE };

static inline uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static inline uint64_t part_key(uint64_t seed, long index, int part)
{
    return mix(mix(seed) + (uint64_t)index * 8 + (uint64_t)part);
}

/* SIZES walks the table twice: one part each, then the same between two small parts. */
static inline int part_count(enum profile profile, uint64_t seed, long index)
{
    uint64_t h = part_key(seed, index, 7);
    if (profile == SIZES)
        return index < SIZE_COUNT ? 1 : 3;
    return profile == MIXED && h % 3 == 0 ? 1 + (int)((h >> 8) % 4) : 1;
}

static inline size_t part_size(enum profile profile, uint64_t seed, long index, int part)
{
    uint64_t h = part_key(seed, index, part), kind = h & 1023;
    h >>= 10;
    if (profile == SIZES)
        return part == (index < SIZE_COUNT ? 0 : 1) ? SIZE_TABLE[index % SIZE_COUNT] : part == 0 ? 5 : 0;
    if (profile == SMALL)
        return h % 65;
    return kind == 0 ? h % 65538 : kind < 8 ? h % 8200 : kind < 64 ? h % 1026 : kind < 128 ? 0 : h % 65;
}

/* The bytes of one part, in a buffer that the next call reuses. */
static inline const char *part_bytes(uint64_t seed, long index, int part, size_t size)
{
    static char *buf;
    static size_t room;
    if (size + 8 > room) {
        free(buf);
        room = size + 8;
        buf = malloc(room);
        CHECK(buf != NULL);
    }
    uint64_t x = part_key(seed, index, part) | 1;
    for (size_t at = 0; at < size; at += 8) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        memcpy(buf + at, &x, 8);
    }
    return buf;
}

/* Sends message `index`; 0, or -1 with errno when its first part does not go. */
static inline int send_content(void *socket, enum profile profile, uint64_t seed, long index)
{
    int parts = part_count(profile, seed, index);
    for (int p = 0; p < parts; p++) {
        size_t size = part_size(profile, seed, index, p);
        if (zmq_send(socket, part_bytes(seed, index, p, size), size, p + 1 < parts ? ZMQ_SNDMORE : 0) != (int)size) {
            CHECK(p == 0);
            return -1;
        }
    }
    return 0;
}

static inline int has_more(void *socket)
{
    int more = 0;
    size_t n = sizeof more;
    CHECK(zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &n) == 0);
    return more;
}

/* Compares `msg`, the first part received, and the parts after it with message `index`. */
static inline void check_content(void *socket, zmq_msg_t *msg, enum profile profile, uint64_t seed, long index)
{
    int parts = part_count(profile, seed, index);
    for (int p = 0; p < parts; p++) {
        if (p > 0)
            CHECK(zmq_msg_recv(msg, socket, 0) >= 0);
        size_t size = part_size(profile, seed, index, p);
        int more = p + 1 < parts;
        if (zmq_msg_size(msg) != size || zmq_msg_more(msg) != more || has_more(socket) != more ||
            memcmp(zmq_msg_data(msg), part_bytes(seed, index, p, size), size) != 0) {
            printf("FAIL message %ld part %d: %zu bytes, more %d; due %zu bytes, more %d\n", index, p, zmq_msg_size(msg),
                   zmq_msg_more(msg), size, more);
            exit(1);
        }
    }
}

#endif
