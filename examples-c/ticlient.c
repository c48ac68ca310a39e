//  Titanic client: leaves requests (count, default 1) for the service "echo"
//  with Titanic, asks for each reply until it is there, then closes it.

#include "example.h"
#include "mdcliapi.h"

//  The reply of a Titanic service without its code when that is 200, else NULL
static multipart_t *s_call (mdcli_t *session, const char *service, multipart_t *request)
{
    multipart_t *reply = mdcli_send (session, service, &request);
    if (!reply)
        return NULL;
    char *code = mp_pop_str (reply);
    bool ok = code && streq (code, "200");
    if (code && (streq (code, "400") || streq (code, "500"))) {
        printf ("E: server fatal error %s, aborting\n", code);
        exit (1);
    }
    free (code);
    if (!ok)
        mp_destroy (&reply);
    return reply;
}

static multipart_t *s_message (const char *first, const char *second)
{
    multipart_t *message = mp_new ();
    mp_append_str (message, first);
    if (second)
        mp_append_str (message, second);
    return message;
}

int main (int argc, char *argv [])
{
    ex_start ();
    long count = ex_count (1), done = 0;
    int poll_ms = (int) ex_number ("POLL_MS", 5000);
    void *context = zmq_ctx_new ();
    mdcli_t *session = mdcli_new (context, ex_endpoint ("BROKER", "tcp://localhost:5555"),
                                  argc > 1 && streq (argv [1], "-v"));
    mdcli_set_timeout (session, (int) ex_number ("TIMEOUT_MS", 2500));
    char **uuids = (char **) ex_alloc (count * sizeof (char *));
    for (long i = 0; i < count && !s_interrupted; i++) {
        //  Titanic may come later than we do
        while (!uuids [i] && !s_interrupted) {
            char body [64];
            snprintf (body, sizeof body, "Hello world %ld", i);
            multipart_t *reply = s_call (session, "titanic.request", s_message ("echo", body));
            if (reply) {
                uuids [i] = mp_pop_str (reply);
                printf ("I: request UUID %s\n", uuids [i]);
            }
            mp_destroy (&reply);
        }
    }
    for (long i = 0; i < count && !s_interrupted; i++)
        while (!s_interrupted) {
            multipart_t *reply = s_call (session, "titanic.reply", s_message (uuids [i], NULL));
            if (!reply) {
                printf ("I: no reply yet, trying again...\n");
                s_sleep (poll_ms);
                continue;
            }
            printf ("Reply: %s\n", mp_data (reply, 0));
            mp_destroy (&reply);
            do {
                reply = s_call (session, "titanic.close", s_message (uuids [i], NULL));
                done += reply != NULL;
                mp_destroy (&reply);
            } while (done == i && !s_interrupted);
            break;
        }
    for (long i = 0; i < count; i++)
        free (uuids [i]);
    free (uuids);
    mdcli_destroy (&session);
    ex_term (context);
    return done == count ? 0 : 1;
}
