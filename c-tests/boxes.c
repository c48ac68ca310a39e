/* X25519 after RFC 7748, Poly1305 after RFC 8439, Salsa20 after its specification. */
#include "boxes.h"

#include <string.h>

/* ---- numbers modulo 2^255-19, kept below 2^256 in eight words, the least first ---- */

typedef struct {
    uint32_t w[8];
} number;

/* 2^256 is 38. */
static void add_small (number *n, uint64_t small)
{
    while (small) {
        uint64_t carry = small;
        for (int i = 0; i < 8; i++) {
            carry += n->w[i];
            n->w[i] = (uint32_t) carry;
            carry >>= 32;
        }
        small = carry * 38;
    }
}

static number sum (number a, number b)
{
    uint64_t carry = 0;
    for (int i = 0; i < 8; i++) {
        carry += (uint64_t) a.w[i] + b.w[i];
        a.w[i] = (uint32_t) carry;
        carry >>= 32;
    }
    add_small (&a, carry * 38);
    return a;
}

static number difference (number a, number b)
{
    /* What is borrowed is 2^256, which counts 38 too many. */
    uint64_t borrow = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t d = (uint64_t) a.w[i] - b.w[i] - borrow;
        a.w[i] = (uint32_t) d;
        borrow = d >> 63;
    }
    while (borrow) {
        uint64_t take = 38;
        borrow = 0;
        for (int i = 0; i < 8; i++) {
            uint64_t d = (uint64_t) a.w[i] - take - borrow;
            a.w[i] = (uint32_t) d;
            borrow = d >> 63;
            take = 0;
        }
    }
    return a;
}

static number product (number a, number b)
{
    uint32_t wide[16] = {0};
    number low;
    for (int i = 0; i < 8; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 8; j++) {
            carry += (uint64_t) a.w[i] * b.w[j] + wide[i + j];
            wide[i + j] = (uint32_t) carry;
            carry >>= 32;
        }
        wide[i + 8] = (uint32_t) carry;
    }
    uint64_t carry = 0;
    for (int i = 0; i < 8; i++) {
        carry += (uint64_t) wide[i + 8] * 38 + wide[i];
        low.w[i] = (uint32_t) carry;
        carry >>= 32;
    }
    add_small (&low, carry * 38);
    return low;
}

/* The power p-2, whose bits are all ones but the second and the fourth. */
static number inverse (number a)
{
    number r = {{1}};
    for (int bit = 254; bit >= 0; bit--) {
        r = product (r, r);
        if (bit != 2 && bit != 4)
            r = product (r, a);
    }
    return r;
}

static number from_bytes (const uint8_t bytes[32])
{
    number n;
    for (int i = 0; i < 8; i++)
        n.w[i] = (uint32_t) bytes[4 * i] | (uint32_t) bytes[4 * i + 1] << 8 | (uint32_t) bytes[4 * i + 2] << 16
                 | (uint32_t) bytes[4 * i + 3] << 24;
    n.w[7] &= 0x7fffffff;
    return n;
}

static void to_bytes (uint8_t bytes[32], number n)
{
    for (int turn = 0; turn < 2; turn++) {
        uint32_t top = n.w[7] >> 31;
        n.w[7] &= 0x7fffffff;
        add_small (&n, (uint64_t) top * 19);
    }
    /* Below 2^255 now, but maybe still p or a little more: n + 19 then reaches 2^255. */
    number more = n;
    add_small (&more, 19);
    if (more.w[7] >> 31) {
        more.w[7] &= 0x7fffffff;
        n = more;
    }
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t) (n.w[i / 4] >> 8 * (i % 4));
}

static void multiply_point (uint8_t out[32], const uint8_t scalar[32], const uint8_t point[32])
{
    uint8_t k[32];
    number x1 = from_bytes (point), x2 = {{1}}, z2 = {{0}}, x3 = x1, z3 = {{1}}, a24 = {{121665}};
    memcpy (k, scalar, 32);
    k[0] &= 248;
    k[31] = (uint8_t) ((k[31] & 127) | 64);
    for (int t = 254; t >= 0; t--) {
        int set = k[t / 8] >> t % 8 & 1;
        if (set) {
            number swap = x2;
            x2 = x3, x3 = swap;
            swap = z2, z2 = z3, z3 = swap;
        }
        number a = sum (x2, z2), b = difference (x2, z2), c = sum (x3, z3), d = difference (x3, z3);
        number aa = product (a, a), bb = product (b, b), e = difference (aa, bb);
        number da = product (d, a), cb = product (c, b), s = sum (da, cb), m = difference (da, cb);
        x3 = product (s, s);
        z3 = product (x1, product (m, m));
        x2 = product (aa, bb);
        z2 = product (e, sum (aa, product (a24, e)));
        if (set) {
            number swap = x2;
            x2 = x3, x3 = swap;
            swap = z2, z2 = z3, z3 = swap;
        }
    }
    to_bytes (out, product (x2, inverse (z2)));
}

/* ---- Salsa20 ---- */

static uint32_t word (const uint8_t *p)
{
    return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 | (uint32_t) p[3] << 24;
}

static void put_word (uint8_t *p, uint32_t w)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t) (w >> 8 * i);
}

static void quarter (uint32_t *x, int a, int b, int c, int d)
{
#define ROTATED(v, n) ((uint32_t) (v) << (n) | (uint32_t) (v) >> (32 - (n)))
    uint32_t t;
    t = x[a] + x[d], x[b] ^= ROTATED (t, 7);
    t = x[b] + x[a], x[c] ^= ROTATED (t, 9);
    t = x[c] + x[b], x[d] ^= ROTATED (t, 13);
    t = x[d] + x[c], x[a] ^= ROTATED (t, 18);
}

/* Twenty rounds; `before` is what went in. */
static void rounds (uint32_t x[16], uint32_t before[16], const uint8_t key[32], const uint8_t in[16])
{
    static const char sigma[] = "expand 32-byte k";
    for (int i = 0; i < 4; i++) {
        before[5 * i] = word ((const uint8_t *) sigma + 4 * i);
        before[1 + i] = word (key + 4 * i);
        before[6 + i] = word (in + 4 * i);
        before[11 + i] = word (key + 16 + 4 * i);
    }
    memcpy (x, before, 64);
    for (int i = 0; i < 10; i++) {
        quarter (x, 0, 4, 8, 12), quarter (x, 5, 9, 13, 1), quarter (x, 10, 14, 2, 6), quarter (x, 15, 3, 7, 11);
        quarter (x, 0, 1, 2, 3), quarter (x, 5, 6, 7, 4), quarter (x, 10, 11, 8, 9), quarter (x, 15, 12, 13, 14);
    }
}

static void derive (uint8_t out[32], const uint8_t key[32], const uint8_t in[16])
{
    static const int kept[8] = {0, 5, 10, 15, 6, 7, 8, 9};
    uint32_t x[16], before[16];
    rounds (x, before, key, in);
    for (int i = 0; i < 8; i++)
        put_word (out + 4 * i, x[kept[i]]);
}

static void keystream (uint8_t block[64], const uint8_t key[32], const uint8_t nonce[8], uint32_t count)
{
    uint8_t in[16] = {0};
    uint32_t x[16], before[16];
    memcpy (in, nonce, 8);
    put_word (in + 8, count);
    rounds (x, before, key, in);
    for (int i = 0; i < 16; i++)
        put_word (block + 4 * i, x[i] + before[i]);
}

/* ---- Poly1305, in five limbs of 26 bits ---- */

static void limbs (uint32_t l[5], const uint8_t bytes[17])
{
    for (int i = 0; i < 5; i++) {
        uint64_t v = 0;
        for (int k = 0; k < 5; k++)
            if (26 * i / 8 + k < 17)
                v |= (uint64_t) bytes[26 * i / 8 + k] << 8 * k;
        l[i] = (uint32_t) (v >> 26 * i % 8) & 0x3ffffff;
    }
}

static void authenticate (uint8_t mac[16], const uint8_t *text, size_t size, const uint8_t key[32])
{
    uint8_t block[17] = {0};
    uint32_t r[5], h[5] = {0}, part[5];
    memcpy (block, key, 16);
    for (int i = 3; i < 16; i += 4)
        block[i] &= 15;
    for (int i = 4; i < 16; i += 4)
        block[i] &= 252;
    limbs (r, block);
    while (size) {
        size_t n = size < 16 ? size : 16;
        uint64_t d[5], carry = 0;
        memset (block, 0, sizeof block);
        memcpy (block, text, n);
        block[n] = 1;
        text += n;
        size -= n;
        limbs (part, block);
        for (int i = 0; i < 5; i++)
            h[i] += part[i];
        for (int k = 0; k < 5; k++) {
            d[k] = 0;
            for (int i = 0; i < 5; i++)
                d[k] += (uint64_t) h[i] * r[(k - i + 5) % 5] * (i > k ? 5 : 1);
        }
        for (int turn = 0; turn < 2; turn++) {
            for (int k = 0; k < 5; k++) {
                d[k] += carry;
                carry = d[k] >> 26;
                d[k] &= 0x3ffffff;
            }
            carry *= 5;
        }
        d[0] += carry;
        for (int k = 0; k < 5; k++)
            h[k] = (uint32_t) d[k];
    }
    for (int turn = 0; turn < 2; turn++) {
        uint32_t carry = 0;
        for (int k = 0; k < 5; k++) {
            h[k] += carry;
            carry = h[k] >> 26;
            h[k] &= 0x3ffffff;
        }
        h[0] += carry * 5;
    }
    /* h + 5 reaches 2^130 if h is not below the modulus. */
    uint32_t more[5], carry = 5;
    for (int k = 0; k < 5; k++) {
        more[k] = h[k] + carry;
        carry = more[k] >> 26;
        more[k] &= 0x3ffffff;
    }
    if (carry)
        memcpy (h, more, sizeof h);
    uint64_t out = 0;
    int bits = 0, limb = 0;
    unsigned over = 0;
    for (int i = 0; i < 16; i++) {
        while (bits < 8 && limb < 5) {
            out |= (uint64_t) h[limb++] << bits;
            bits += 26;
        }
        over += (unsigned) (out & 255) + key[16 + i];
        mac[i] = (uint8_t) over;
        over >>= 8;
        out >>= 8;
        bits -= 8;
    }
}

/* ---- boxes ---- */

void box_public (uint8_t public_key[32], const uint8_t secret_key[32])
{
    static const uint8_t base[32] = {9};
    multiply_point (public_key, secret_key, base);
}

void box_shared (uint8_t key[32], const uint8_t public_key[32], const uint8_t secret_key[32])
{
    static const uint8_t zeros[16];
    uint8_t point[32];
    multiply_point (point, secret_key, public_key);
    derive (key, point, zeros);
}

/* The first 32 bytes of the stream are the key of the authenticator; the text begins behind them. */
static void apply (uint8_t *out, const uint8_t *in, size_t size, const uint8_t nonce[24], const uint8_t key[32],
                   uint8_t mac_key[32])
{
    uint8_t own[32], block[64];
    derive (own, key, nonce);
    keystream (block, own, nonce + 16, 0);
    memcpy (mac_key, block, 32);
    for (size_t i = 0; i < size; i++) {
        size_t at = i + 32;
        if (at % 64 == 0)
            keystream (block, own, nonce + 16, (uint32_t) (at / 64));
        out[i] = in[i] ^ block[at % 64];
    }
}

void box_seal (uint8_t *sealed, const uint8_t *text, size_t size, const uint8_t nonce[24], const uint8_t key[32])
{
    uint8_t mac_key[32];
    apply (sealed + MAC_SIZE, text, size, nonce, key, mac_key);
    authenticate (sealed, sealed + MAC_SIZE, size, mac_key);
}

int box_open (uint8_t *text, const uint8_t *sealed, size_t size, const uint8_t nonce[24], const uint8_t key[32])
{
    uint8_t mac_key[32], mac[MAC_SIZE];
    if (size < MAC_SIZE)
        return 0;
    apply (text, sealed + MAC_SIZE, size - MAC_SIZE, nonce, key, mac_key);
    authenticate (mac, sealed + MAC_SIZE, size - MAC_SIZE, mac_key);
    return memcmp (mac, sealed, MAC_SIZE) == 0;
}
