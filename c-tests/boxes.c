/* Keys, boxes and commands of CURVE for the peers that are written here. */
#include "boxes.h"

#include <dlfcn.h>

struct nacl nacl;

void need_boxes (void)
{
    if (!zmq_has ("curve"))
        skip_case ("built without curve");
    void *lib = dlopen ("libsodium.so.23", RTLD_NOW);
    if (!lib)
        skip_case ("no libsodium");
    *(void **) &nacl.keypair = dlsym (lib, "crypto_box_keypair");
    *(void **) &nacl.base = dlsym (lib, "crypto_scalarmult_base");
    *(void **) &nacl.seal = dlsym (lib, "crypto_box_easy");
    *(void **) &nacl.open = dlsym (lib, "crypto_box_open_easy");
    expect_true (nacl.keypair && nacl.base && nacl.seal && nacl.open);
}

struct pair fresh_pair (void)
{
    struct pair p;
    nacl.keypair (p.public_key, p.secret_key);
    return p;
}

struct pair pair_of (const char *secret)
{
    struct pair p;
    expect_true (zmq_z85_decode (p.secret_key, secret) != NULL);
    nacl.base (p.public_key, p.secret_key);
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
    unsigned char nonce[24];
    nonce_of (nonce, prefix, rest);
    nacl.seal (b->data + b->size, content, size, nonce, public_key, secret_key);
    b->size += size + MAC;
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
