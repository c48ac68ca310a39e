/* CZMQ's authentication: its actor zauth and its certificates zcert, and CZMQ's own checks of them, over a libzmq that
   they know nothing of. */
#include <czmq.h>

#include "check.h"

enum { PLENTY_MS = 10000, REFUSED_MS = 300 };

static zactor_t *start_auth(void)
{
    zactor_t *auth = zactor_new(zauth, NULL);
    CHECK(auth != NULL);
    return auth;
}

/* Tells the actor something, and waits until it has done so. */
static void tell(zactor_t *auth, const char *what, const char *one, const char *two)
{
    CHECK((two ? zstr_sendx(auth, what, one, two, NULL) : zstr_sendx(auth, what, one, NULL)) == 0);
    CHECK(zsock_wait(auth) == 0);
}

/* Whether a message gets from one to the other over a fresh connection; both sockets are used up. */
static int talks(zsock_t *server, zsock_t *client)
{
    CHECK(server != NULL && client != NULL);
    zsock_set_linger(client, 0);
    zsock_set_sndtimeo(client, PLENTY_MS);
    zactor_t *watch = zactor_new(zmonitor, client);
    CHECK(zstr_sendx(watch, "LISTEN", "HANDSHAKE_SUCCEEDED", "HANDSHAKE_FAILED_AUTH", "HANDSHAKE_FAILED_NO_DETAIL",
                     "HANDSHAKE_FAILED_PROTOCOL", NULL) == 0);
    CHECK(zstr_send(watch, "START") == 0 && zsock_wait(watch) == 0);
    int port = zsock_bind(server, "tcp://127.0.0.1:*");
    CHECK(port > 0 && zsock_connect(client, "tcp://127.0.0.1:%d", port) == 0);
    char *event = zstr_recv(watch);
    CHECK(event != NULL);
    int in = streq(event, "HANDSHAKE_SUCCEEDED");
    zstr_free(&event);
    if (in)
        CHECK(zstr_send(client, "hello") == 0);
    zsock_set_rcvtimeo(server, in ? PLENTY_MS : REFUSED_MS);
    char *got = zstr_recv(server);
    CHECK(in == (got != NULL && streq(got, "hello")));
    zstr_free(&got);
    zactor_destroy(&watch);
    zsock_destroy(&client);
    zsock_destroy(&server);
    return in;
}

static int null_talks(void)
{
    zsock_t *server = zsock_new(ZMQ_PULL), *client = zsock_new(ZMQ_PUSH);
    zsock_set_zap_domain(server, "global");
    return talks(server, client);
}

static void addresses(void *unused)
{
    (void)unused;
    CHECK(null_talks());
    zactor_t *auth = start_auth();
    CHECK(null_talks());
    tell(auth, "DENY", "127.0.0.1", NULL);
    CHECK(!null_talks());
    tell(auth, "ALLOW", "127.0.0.1", NULL);
    CHECK(null_talks());
    zactor_destroy(&auth);
    CHECK(null_talks());
}

static int plain_talks(const char *name, const char *password)
{
    zsock_t *server = zsock_new(ZMQ_PULL), *client = zsock_new(ZMQ_PUSH);
    zsock_set_plain_server(server, 1);
    zsock_set_plain_username(client, name);
    zsock_set_plain_password(client, password);
    return talks(server, client);
}

static void plain(void *unused)
{
    (void)unused;
    char file[] = "/tmp/czmq-passwords-XXXXXX";
    FILE *passwords = fdopen(mkstemp(file), "w");
    CHECK(passwords != NULL && fputs("admin=Password\n", passwords) > 0 && fclose(passwords) == 0);
    CHECK(!plain_talks("admin", "Password"));
    zactor_t *auth = start_auth();
    CHECK(!plain_talks("admin", "Password"));
    tell(auth, "PLAIN", file, NULL);
    CHECK(plain_talks("admin", "Password"));
    CHECK(!plain_talks("admin", "Bogus"));
    CHECK(!plain_talks("nobody", "Password"));
    CHECK(plain_talks("admin", "Password"));
    zactor_destroy(&auth);
    remove(file);
}

static int curve_talks(zcert_t *server_cert, zcert_t *client_cert, const char *server_key)
{
    zsock_t *server = zsock_new(ZMQ_PULL), *client = zsock_new(ZMQ_PUSH);
    zcert_apply(server_cert, server);
    zsock_set_curve_server(server, 1);
    zcert_apply(client_cert, client);
    zsock_set_curve_serverkey(client, server_key);
    return talks(server, client);
}

static void curve(void *unused)
{
    (void)unused;
    char folder[] = "/tmp/czmq-certificates-XXXXXX", file[100];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(file, sizeof file, "%s/client.txt", folder);
    zcert_t *server = zcert_new(), *client = zcert_new(), *stranger = zcert_new();
    CHECK(server != NULL && client != NULL && stranger != NULL);
    const char *key = zcert_public_txt(server);
    zactor_t *auth = start_auth();
    tell(auth, "CURVE", CURVE_ALLOW_ANY, NULL);
    CHECK(curve_talks(server, client, key) && curve_talks(server, stranger, key));
    CHECK(!curve_talks(server, client, zcert_public_txt(stranger)));
    tell(auth, "CURVE", folder, NULL);
    CHECK(!curve_talks(server, client, key));
    zcert_set_meta(client, "name", "a client");
    CHECK(zcert_save_public(client, file) == 0);
    zclock_sleep(1100); /* the store looks at the folder's time, which counts seconds */
    CHECK(curve_talks(server, client, key));
    CHECK(!curve_talks(server, stranger, key));
    zactor_destroy(&auth);
    zsys_file_delete(file);
    zsys_dir_delete("%s", folder);
    zcert_destroy(&server);
    zcert_destroy(&client);
    zcert_destroy(&stranger);
}

static void certificates(void *unused)
{
    (void)unused;
    char folder[] = "/tmp/czmq-certificates-XXXXXX", file[100], secret[120];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(file, sizeof file, "%s/mine", folder);
    snprintf(secret, sizeof secret, "%s_secret", file);
    zcert_t *cert = zcert_new();
    CHECK(zcert_save(cert, file) == 0);
    zcert_t *loaded = zcert_load(file);
    CHECK(loaded != NULL && zcert_eq(cert, loaded) && streq(zcert_secret_txt(cert), zcert_secret_txt(loaded)));
    zcert_t *made = zcert_new_from(zcert_public_key(cert), zcert_secret_key(cert));
    CHECK(zcert_eq(cert, made) && streq(zcert_secret_txt(cert), zcert_secret_txt(made)));
    char derived[41];
    CHECK(zmq_curve_public(derived, zcert_secret_txt(cert)) == 0 && streq(derived, zcert_public_txt(cert)));
    zcert_destroy(&made);
    zcert_destroy(&loaded);
    zcert_destroy(&cert);
    zsys_file_delete(file);
    zsys_file_delete(secret);
    zsys_dir_delete("%s", folder);
}

/* The checks that CZMQ's library carries. */
static void own_zauth(void *unused) { (void)unused; zauth_test(false); }
static void own_zcert(void *unused) { (void)unused; zcert_test(false); }
static void own_zcertstore(void *unused) { (void)unused; zcertstore_test(false); }
static void own_zmonitor(void *unused) { (void)unused; zmonitor_test(false); }
static void own_zproxy(void *unused) { (void)unused; zproxy_test(false); }
static void own_zsock(void *unused) { (void)unused; zsock_test(false); }

int main(int argc, char **argv)
{
    static const struct area areas[] = {
        {"addresses", addresses}, {"plain", plain},         {"curve", curve},
        {"certificates", certificates}, {"own-zauth", own_zauth}, {"own-zcert", own_zcert},
        {"own-zcertstore", own_zcertstore}, {"own-zmonitor", own_zmonitor}, {"own-zproxy", own_zproxy},
        {"own-zsock", own_zsock}};
    zsys_set_logstream(stderr);
    int rc = run_areas(areas, sizeof areas / sizeof *areas, argc, argv);
    zsys_shutdown();
    return rc;
}
