/* Keys, boxes and commands of CURVE for the peers by the book. */
#include "curve_book.h"

void need_curve (void)
{
    if (!zmq_has ("curve"))
        skip_case ("built without curve");
}

struct pair fresh_pair (void)
{
    struct pair p;
    FILE *random = fopen ("/dev/urandom", "r");
    expect_true (random && fread (p.secret_key, KEY, 1, random) == 1);
    fclose (random);
    box_public (p.public_key, p.secret_key);
    return p;
}

struct pair pair_of (const char *secret)
{
    struct pair p;
    expect_true (zmq_z85_decode (p.secret_key, secret) != NULL);
    box_public (p.public_key, p.secret_key);
    return p;
}

void put (struct bytes *b, const void *data, size_t size)
{
    memcpy (b->data + b->size, data, size);
    b->size += size;
}

void put_count (struct bytes *b, uint64_t count)
{
    for (int i = 56; i >= 0; i -= 8)
        b->data[b->size++] = (unsigned char) (count >> i);
}

void nonce_of (unsigned char nonce[24], const char *prefix, const void *rest)
{
    size_t size = strlen (prefix);
    memcpy (nonce, prefix, size);
    memcpy (nonce + size, rest, 24 - size);
}

void put_box (struct bytes *b, const void *content, size_t size, const char *prefix, const void *rest,
              const unsigned char *public_key, const unsigned char *secret_key)
{
    unsigned char nonce[24], key[KEY];
    nonce_of (nonce, prefix, rest);
    box_shared (key, public_key, secret_key);
    box_seal (b->data + b->size, content, size, nonce, key);
    b->size += size + MAC_SIZE;
}

int open_box (void *content, const void *box, size_t size, const unsigned char nonce[24], const unsigned char *public_key,
              const unsigned char *secret_key)
{
    unsigned char key[KEY];
    box_shared (key, public_key, secret_key);
    return box_open (content, box, size, nonce, key);
}

void send_command (int fd, const char *name, const struct bytes *b)
{
    raw_command (fd, name, b->data, b->size);
}

void send_message (int fd, const struct bytes *b)
{
    struct bytes f = {{0}, 0};
    expect_true (b->size < 240);
    f.data[1] = (unsigned char) (b->size + 8);
    f.size = 2;
    put (&f, "\7MESSAGE", 8);
    put (&f, b->data, b->size);
    raw_send (fd, f.data, f.size);
}

size_t take_message (int fd, void *content, const char *prefix, const unsigned char *public_key, const unsigned char *secret_key)
{
    struct frame f;
    unsigned char nonce[24];
    expect_true (raw_frame (fd, &f, LONG_MS));
    expect_int (f.flags, 0);
    expect_mem (f.body, "\7MESSAGE", 8);
    expect_true (f.size >= 33);
    nonce_of (nonce, prefix, f.body + 8);
    expect_true (open_box (content, f.body + 16, f.size - 16, nonce, public_key, secret_key));
    return f.size - 32;
}
