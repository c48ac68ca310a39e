//  Majordomo client: 100000 requests (count) to the service "echo", one after
//  another. -v prints every message.

#include "example.h"
#include "mdcliapi.h"

int main (int argc, char *argv [])
{
    ex_start ();
    long count = ex_count (100000), done = 0;
    void *context = zmq_ctx_new ();
    mdcli_t *session = mdcli_new (context, ex_endpoint ("BROKER", "tcp://localhost:5555"),
                                  argc > 1 && streq (argv [1], "-v"));
    mdcli_set_timeout (session, (int) ex_number ("TIMEOUT_MS", 2500));
    int64_t started = s_clock ();
    for (; done < count; done++) {
        multipart_t *request = mp_new ();
        mp_append_format (request, "Hello world %ld", done);
        multipart_t *expected = mp_dup (request);
        multipart_t *reply = mdcli_send (session, "echo", &request);
        bool right = reply && reply->count == 1
                  && mp_is_str (reply, 0, mp_data (expected, 0));
        mp_destroy (&expected);
        mp_destroy (&reply);
        if (!right)
            break;
    }
    printf ("%ld requests/replies processed in %d msec\n", done, (int) (s_clock () - started));
    mdcli_destroy (&session);
    ex_term (context);
    return done == count ? 0 : 1;
}
