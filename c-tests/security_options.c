/* Options of the security mechanisms; no connection is made here. */
#include "tools.h"

static const char *const public_key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char *const secret_key = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

CASE (plain_server_switches_the_mechanism, "ZMQ_PLAIN_SERVER ZMQ_MECHANISM ZMQ_PLAIN ZMQ_NULL EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_int (get_int (s, ZMQ_PLAIN_SERVER), 0);
    set_int (s, ZMQ_PLAIN_SERVER, 1);
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_PLAIN);
    expect_int (get_int (s, ZMQ_PLAIN_SERVER), 1);
    set_int (s, ZMQ_PLAIN_SERVER, 0);
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_NULL);
    expect_errno (zmq_setsockopt (s, ZMQ_PLAIN_SERVER, &(int){2}, 4), EINVAL);
    expect_errno (zmq_setsockopt (s, ZMQ_PLAIN_SERVER, &(int){-1}, 4), EINVAL);
}

CASE (plain_credentials, "ZMQ_PLAIN_USERNAME ZMQ_PLAIN_PASSWORD ZMQ_MECHANISM EINVAL")
{
    static const int both[] = {ZMQ_PLAIN_USERNAME, ZMQ_PLAIN_PASSWORD};
    void *ctx = ctx_new ();
    char text[300];
    keep_going ();
    for (int i = 0; i < 2; i++) {
        void *s = sock (ctx, ZMQ_DEALER);
        size_t size = sizeof text;
        row ("option %d", both[i]);
        expect_ok (zmq_getsockopt (s, both[i], text, &size));
        expect_int (size, 1);
        set_int (s, ZMQ_PLAIN_SERVER, 1);
        expect_ok (zmq_setsockopt (s, both[i], "admin", 5));
        expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_PLAIN);
        expect_int (get_int (s, ZMQ_PLAIN_SERVER), 0);
        size = sizeof text;
        expect_ok (zmq_getsockopt (s, both[i], text, &size));
        expect_int (size, 6);
        expect_str (text, "admin");
        expect_errno (zmq_setsockopt (s, both[i], "", 0), EINVAL);
        memset (text, 'p', sizeof text);
        expect_errno (zmq_setsockopt (s, both[i], text, 256), EINVAL);
        expect_ok (zmq_setsockopt (s, both[i], text, 255));
        expect_ok (zmq_setsockopt (s, both[i], NULL, 0));
        expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_NULL);
    }
}

CASE (curve_server_switches_the_mechanism, "ZMQ_CURVE_SERVER ZMQ_MECHANISM ZMQ_CURVE EINVAL")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_int (get_int (s, ZMQ_CURVE_SERVER), 0);
    set_int (s, ZMQ_CURVE_SERVER, 1);
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_CURVE);
    expect_int (get_int (s, ZMQ_CURVE_SERVER), 1);
    set_int (s, ZMQ_CURVE_SERVER, 0);
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_NULL);
    expect_errno (zmq_setsockopt (s, ZMQ_CURVE_SERVER, &(int){2}, 4), EINVAL);
}

CASE (curve_keys_in_every_form, "ZMQ_CURVE_PUBLICKEY ZMQ_CURVE_SECRETKEY ZMQ_CURVE_SERVERKEY ZMQ_MECHANISM EINVAL")
{
    static const int keys[] = {ZMQ_CURVE_PUBLICKEY, ZMQ_CURVE_SECRETKEY, ZMQ_CURVE_SERVERKEY};
    void *ctx = ctx_new ();
    keep_going ();
    for (int i = 0; i < 3; i++) {
        void *s = sock (ctx, ZMQ_DEALER);
        unsigned char raw[64], decoded[32], zero[32] = {0};
        char text[64];
        size_t size = 32;
        row ("option %d", keys[i]);
        expect_true (zmq_z85_decode (decoded, public_key) != NULL);
        expect_ok (zmq_getsockopt (s, keys[i], raw, &size));
        expect_mem (raw, zero, 32);
        expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_NULL);
        expect_ok (zmq_setsockopt (s, keys[i], public_key, 40));
        expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_CURVE);
        expect_ok (zmq_setsockopt (s, keys[i], secret_key, 41));
        size = 41;
        expect_ok (zmq_getsockopt (s, keys[i], text, &size));
        expect_str (text, secret_key);
        expect_ok (zmq_setsockopt (s, keys[i], decoded, 32));
        size = 32;
        expect_ok (zmq_getsockopt (s, keys[i], raw, &size));
        expect_int (size, 32);
        expect_mem (raw, decoded, 32);
        static const size_t wrong[] = {0, 4, 31, 33, 39, 40, 42, 64};
        for (size_t j = 0; j < sizeof wrong / sizeof *wrong; j++) {
            size = wrong[j];
            expect_errno (zmq_getsockopt (s, keys[i], text, &size), EINVAL);
            if (wrong[j] != 40)
                expect_errno (zmq_setsockopt (s, keys[i], public_key, wrong[j]), EINVAL);
        }
        expect_errno (zmq_setsockopt (s, keys[i], "#####w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", 40), EINVAL);
    }
}

CASE (server_key_makes_a_client, "ZMQ_CURVE_SERVERKEY ZMQ_CURVE_SERVER")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    set_int (s, ZMQ_CURVE_SERVER, 1);
    expect_ok (zmq_setsockopt (s, ZMQ_CURVE_SERVERKEY, public_key, 40));
    expect_int (get_int (s, ZMQ_CURVE_SERVER), 0);
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_CURVE);
}

CASE (last_mechanism_wins, "ZMQ_MECHANISM")
{
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    expect_ok (zmq_setsockopt (s, ZMQ_CURVE_PUBLICKEY, public_key, 40));
    expect_ok (zmq_setsockopt (s, ZMQ_PLAIN_USERNAME, "u", 1));
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_PLAIN);
    expect_ok (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, secret_key, 40));
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_CURVE);
    expect_errno (zmq_setsockopt (s, ZMQ_MECHANISM, &(int){0}, 4), EINVAL);
}

CASE (gssapi_options, "ZMQ_GSSAPI_SERVER ZMQ_GSSAPI_PRINCIPAL ZMQ_GSSAPI_SERVICE_PRINCIPAL ZMQ_GSSAPI_PLAINTEXT "
                      "ZMQ_GSSAPI_PRINCIPAL_NAMETYPE ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE EINVAL")
{
    static const int numbers[] = {62, 63, 64, 65, 90, 91};
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    if (zmq_has ("gssapi"))
        skip_case ("built with gssapi");
    for (int i = 0; i < 6; i++) {
        int value = 1;
        size_t size = sizeof value;
        expect_errno (zmq_setsockopt (s, numbers[i], &value, sizeof value), EINVAL);
        expect_errno (zmq_getsockopt (s, numbers[i], &value, &size), EINVAL);
    }
}

CASE (gssapi_numbers, "ZMQ_GSSAPI_SERVER ZMQ_GSSAPI_PLAINTEXT ZMQ_GSSAPI_PRINCIPAL_NAMETYPE "
                      "ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE EINVAL")
{
    static const struct {
        int option, most;
    } rows[] = {{ZMQ_GSSAPI_SERVER, 1},
                {ZMQ_GSSAPI_PLAINTEXT, 1},
                {ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, ZMQ_GSSAPI_NT_KRB5_PRINCIPAL},
                {ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, ZMQ_GSSAPI_NT_KRB5_PRINCIPAL}};
    if (!zmq_has ("gssapi"))
        skip_case ("built without gssapi");
    void *ctx = ctx_new ();
    for (int i = 0; i < 4; i++) {
        void *s = sock (ctx, ZMQ_DEALER);
        int64_t wide = 0;
        size_t size = sizeof wide;
        row ("option %d", rows[i].option);
        expect_int (get_int (s, rows[i].option), 0);
        for (int value = rows[i].most; value >= 0; value--) {
            set_int (s, rows[i].option, value);
            expect_int (get_int (s, rows[i].option), value);
        }
        expect_errno (zmq_setsockopt (s, rows[i].option, &(int){rows[i].most + 1}, 4), EINVAL);
        expect_errno (zmq_setsockopt (s, rows[i].option, &(int){-1}, 4), EINVAL);
        expect_errno (zmq_setsockopt (s, rows[i].option, &wide, sizeof wide), EINVAL);
        expect_errno (zmq_getsockopt (s, rows[i].option, &wide, &size), EINVAL);
        expect_errno (zmq_setsockopt (s, rows[i].option, NULL, 0), EINVAL);
        expect_int (get_int (s, rows[i].option), 0);
    }
}

CASE (gssapi_names, "ZMQ_GSSAPI_PRINCIPAL ZMQ_GSSAPI_SERVICE_PRINCIPAL EINVAL")
{
    static const int options[] = {ZMQ_GSSAPI_PRINCIPAL, ZMQ_GSSAPI_SERVICE_PRINCIPAL};
    char name[257], got[300];
    if (!zmq_has ("gssapi"))
        skip_case ("built without gssapi");
    void *ctx = ctx_new ();
    memset (name, 'x', sizeof name);
    for (int i = 0; i < 2; i++) {
        void *s = sock (ctx, ZMQ_DEALER);
        size_t size = sizeof got;
        row ("option %d", options[i]);
        expect_ok (zmq_getsockopt (s, options[i], got, &size));
        expect_int (size, 1);
        expect_errno (zmq_setsockopt (s, options[i], "", 0), EINVAL);
        expect_errno (zmq_setsockopt (s, options[i], NULL, 0), EINVAL);
        expect_errno (zmq_setsockopt (s, options[i], name, 256), EINVAL);
        expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_NULL);
        expect_ok (zmq_setsockopt (s, options[i], name, 255));
        size = 255;
        expect_errno (zmq_getsockopt (s, options[i], got, &size), EINVAL);
        size = sizeof got;
        expect_ok (zmq_getsockopt (s, options[i], got, &size));
        expect_int (size, 256);
        expect_mem (got, name, 255);
        expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_GSSAPI);
    }
}

CASE (gssapi_role, "ZMQ_GSSAPI ZMQ_GSSAPI_SERVER ZMQ_GSSAPI_PRINCIPAL ZMQ_GSSAPI_SERVICE_PRINCIPAL ZMQ_MECHANISM")
{
    if (!zmq_has ("gssapi"))
        skip_case ("built without gssapi");
    void *ctx = ctx_new ();
    void *s = sock (ctx, ZMQ_DEALER);
    set_int (s, ZMQ_GSSAPI_SERVER, 0); /* chooses the mechanism, too */
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_GSSAPI);
    set_int (s, ZMQ_PLAIN_SERVER, 1);
    expect_int (get_int (s, ZMQ_GSSAPI_SERVER), 0);
    expect_ok (zmq_setsockopt (s, ZMQ_GSSAPI_PRINCIPAL, "p", 1)); /* leaves the role */
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_GSSAPI);
    expect_int (get_int (s, ZMQ_GSSAPI_SERVER), 1);
    expect_ok (zmq_setsockopt (s, ZMQ_GSSAPI_SERVICE_PRINCIPAL, "p", 1)); /* a client's */
    expect_int (get_int (s, ZMQ_GSSAPI_SERVER), 0);
    set_int (s, ZMQ_GSSAPI_SERVER, 1);
    set_int (s, ZMQ_PLAIN_SERVER, 0);
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_NULL);
    set_int (s, ZMQ_GSSAPI_PLAINTEXT, 1); /* leaves the mechanism */
    expect_int (get_int (s, ZMQ_MECHANISM), ZMQ_NULL);
}
