/* CurveZMQ (RFC 26) from the outside. */
#include "curve_peer.h"

static void keys (struct curve_peer *p, const char *secret)
{
    char public_text[41], secret_text[41];
    expect_ok (zmq_curve_keypair (public_text, secret_text));
    zmq_z85_decode (p->short_public, public_text);
    zmq_z85_decode (p->short_secret, secret_text);
    zmq_z85_decode (p->long_secret, secret);
    box_public (p->long_public, p->long_secret);
    p->counter = 1;
}

static void put_counter (uint8_t *at, uint64_t counter)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t) (counter >> 8 * (7 - i));
}

static uint64_t take_counter (const uint8_t *at)
{
    uint64_t counter = 0;
    for (int i = 0; i < 8; i++)
        counter = counter << 8 | at[i];
    return counter;
}

/* A nonce is a text of 16 bytes and a counter, or a text of 8 bytes and 16 of anything. */
static const uint8_t *nonce (const char *text, const uint8_t *rest)
{
    static uint8_t whole[NONCE_SIZE];
    size_t size = strlen (text);
    memcpy (whole, text, size);
    memcpy (whole + size, rest, NONCE_SIZE - size);
    return whole;
}

static void take (struct curve_peer *p, struct frame *f, const char *name, size_t size)
{
    if (!raw_frame (p->fd, f, LONG_MS))
        check_fail (__FILE__, __LINE__, "no %s came", name + 1);
    expect_mem (f->body, name, strlen (name));
    expect_int (f->flags & 4, 4);
    if (size)
        expect_int (f->size, size);
}

static void opened (int ok, const char *what)
{
    if (!ok)
        check_fail (__FILE__, __LINE__, "%s cannot be opened", what);
}

/* ---- client ---- */

void curve_client (struct curve_peer *p, const char *endpoint)
{
    unsigned char greeting[64];
    memset (p, 0, sizeof *p);
    keys (p, CLIENT_SECRET);
    zmq_z85_decode (p->their_long, SERVER_PUBLIC);
    p->fd = raw_connect (endpoint);
    raw_greeting (p->fd, 3, 1, "CURVE", 0);
    raw_take_greeting (p->fd, greeting);
    expect_mem (greeting + 12, "CURVE\0\0\0", 8);
}

void curve_hello (struct curve_peer *p)
{
    uint8_t body[194] = {1, 0}, zeros[64] = {0}, key[32];
    memcpy (body + 74, p->short_public, 32);
    put_counter (body + 106, p->counter);
    box_shared (key, p->their_long, p->short_secret);
    box_seal (body + 114, zeros, 64, nonce ("CurveZMQHELLO---", body + 106), key);
    p->counter++;
    raw_command (p->fd, "HELLO", body, sizeof body);
}

void curve_take_welcome (struct curve_peer *p)
{
    struct frame f;
    uint8_t key[32], text[128];
    take (p, &f, "\7WELCOME", 168);
    box_shared (key, p->their_long, p->short_secret);
    opened (box_open (text, f.body + 24, 144, nonce ("WELCOME-", f.body + 8), key), "WELCOME");
    memcpy (p->their_short, text, 32);
    memcpy (p->cookie, text + 32, 96);
    box_shared (p->key, p->their_short, p->short_secret);
}

/* `cut`: bytes to leave away at the end. */
void curve_initiate (struct curve_peer *p, const char *name, enum curve_lie lie, size_t cut)
{
    static const char good[] = "\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\0", bad[] = "\13Socket-Type\0\0\0\16DEALER....";
    const char *metadata = lie == CURVE_BAD_METADATA ? bad : good;
    size_t size = lie == CURVE_BAD_METADATA ? sizeof bad - 1 : sizeof good - 1;
    uint8_t text[256], body[400], vouch[64], key[32];
    memcpy (text, p->long_public, 32);
    memset (text + 32, 7, 16);
    memcpy (vouch, p->short_public, 32);
    if (lie == CURVE_OTHER_KEY_IN_VOUCH)
        vouch[3] ^= 1;
    memcpy (vouch + 32, p->their_long, 32);
    box_shared (key, p->their_short, p->long_secret);
    box_seal (text + 48, vouch, 64, nonce ("VOUCH---", text + 32), key);
    if (lie == CURVE_OTHER_VOUCH)
        text[60] ^= 1;
    memcpy (text + 128, metadata, size);
    memcpy (body, p->cookie, 96);
    if (lie == CURVE_OTHER_COOKIE)
        body[40] ^= 1;
    put_counter (body + 96, p->counter);
    box_seal (body + 104, text, 128 + size, nonce ("CurveZMQINITIATE", body + 96), p->key);
    if (lie == CURVE_TORN_BOX)
        body[150] ^= 1;
    p->counter++;
    raw_command (p->fd, name, body, 104 + MAC_SIZE + 128 + size - cut);
}

void curve_take_ready (struct curve_peer *p)
{
    struct frame f;
    uint8_t text[1024];
    take (p, &f, "\5READY", 0);
    opened (box_open (text, f.body + 14, f.size - 14, nonce ("CurveZMQREADY---", f.body + 6), p->key), "READY");
    expect_mem (text, "\13Socket-Type", 12);
}

/* ---- server ---- */

void curve_server (struct curve_peer *p, int fd)
{
    unsigned char greeting[64];
    memset (p, 0, sizeof *p);
    keys (p, SERVER_SECRET);
    p->serves = 1;
    p->fd = fd;
    raw_greeting (fd, 3, 1, "CURVE", 1);
    raw_take_greeting (fd, greeting);
}

void curve_take_hello (struct curve_peer *p)
{
    struct frame f;
    uint8_t key[32], text[64], zeros[72] = {0};
    take (p, &f, "\5HELLO", 200);
    expect_mem (f.body + 6, "\1\0", 2);
    expect_mem (f.body + 8, zeros, 72);
    memcpy (p->their_short, f.body + 80, 32);
    box_shared (key, p->their_short, p->long_secret);
    opened (box_open (text, f.body + 120, 80, nonce ("CurveZMQHELLO---", f.body + 112), key), "HELLO");
    expect_mem (text, zeros, 64);
    box_shared (p->key, p->their_short, p->short_secret);
}

void curve_welcome (struct curve_peer *p, enum curve_lie lie, size_t size)
{
    uint8_t body[200], text[128], key[32];
    memset (body, 9, sizeof body);
    memset (p->cookie, 5, sizeof p->cookie);
    memcpy (text, p->short_public, 32);
    memcpy (text + 32, p->cookie, 96);
    box_shared (key, p->their_short, p->long_secret);
    box_seal (body + 16, text, 128, nonce ("WELCOME-", body), key);
    if (lie == CURVE_TORN_BOX)
        body[50] ^= 1;
    raw_command (p->fd, "WELCOME", body, size);
}

void curve_take_initiate (struct curve_peer *p)
{
    struct frame f;
    uint8_t text[1024], vouch[64], key[32];
    take (p, &f, "\10INITIATE", 0);
    expect_true (f.size >= 257);
    expect_mem (f.body + 9, p->cookie, 96);
    opened (box_open (text, f.body + 113, f.size - 113, nonce ("CurveZMQINITIATE", f.body + 105), p->key), "INITIATE");
    memcpy (p->their_long, text, 32);
    box_shared (key, p->their_long, p->short_secret);
    opened (box_open (vouch, text + 48, 80, nonce ("VOUCH---", text + 32), key), "the vouch");
    expect_mem (vouch, p->their_short, 32);
    expect_mem (vouch + 32, p->long_public, 32);
    expect_mem (text + 128, "\13Socket-Type", 12);
}

void curve_ready (struct curve_peer *p, enum curve_lie lie, size_t cut)
{
    static const char good[] = "\13Socket-Type\0\0\0\6DEALER", bad[] = "\13Socket-Type\0\0\0\16DEALER";
    uint8_t body[100];
    put_counter (body, p->counter++);
    box_seal (body + 8, (const uint8_t *) (lie == CURVE_BAD_METADATA ? bad : good), sizeof good - 1,
              nonce ("CurveZMQREADY---", body), p->key);
    if (lie == CURVE_TORN_BOX)
        body[20] ^= 1;
    raw_command (p->fd, "READY", body, 8 + MAC_SIZE + sizeof good - 1 - cut);
}

/* ---- both ---- */

size_t curve_message (struct curve_peer *p, uint8_t *command, uint64_t counter, int flags, const void *body, size_t size)
{
    uint8_t text[600];
    text[0] = (uint8_t) flags;
    memcpy (text + 1, body, size);
    put_counter (command, counter);
    box_seal (command + 8, text, size + 1, nonce (p->serves ? "CurveZMQMESSAGES" : "CurveZMQMESSAGEC", command), p->key);
    return 8 + MAC_SIZE + 1 + size;
}

/* As an ordinary frame; only its inside says what it is. */
void curve_send (struct curve_peer *p, int flags, const void *body, size_t size)
{
    uint8_t bytes[700] = {0, 0, 7, 'M', 'E', 'S', 'S', 'A', 'G', 'E'};
    size_t inner = curve_message (p, bytes + 10, p->counter++, flags, body, size);
    if (inner + 8 > 255)
        abort ();
    bytes[1] = (uint8_t) (inner + 8);
    raw_send (p->fd, bytes, inner + 10);
}

int curve_receive (struct curve_peer *p, uint8_t *body, size_t *size)
{
    struct frame f;
    uint8_t text[4096];
    if (!raw_frame (p->fd, &f, LONG_MS))
        check_fail (__FILE__, __LINE__, "no MESSAGE came");
    expect_mem (f.body, "\7MESSAGE", 8);
    expect_true (f.size >= 33);
    opened (box_open (text, f.body + 16, f.size - 16, nonce (p->serves ? "CurveZMQMESSAGEC" : "CurveZMQMESSAGES", f.body + 8), p->key),
            "MESSAGE");
    expect_true (take_counter (f.body + 8) > p->last);
    p->last = take_counter (f.body + 8);
    *size = f.size - 33;
    memcpy (body, text + 1, *size);
    return text[0];
}
