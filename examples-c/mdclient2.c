//  Majordomo client: sends 100000 requests (count) to the service "echo", then
//  reads as many replies.

#include "example.h"
#include "mdcliapi2.h"

int main (int argc, char *argv [])
{
    ex_start ();
    long count = ex_count (100000), sent = 0, done = 0;
    void *context = zmq_ctx_new ();
    mdcli2_t *session = mdcli2_new (context, ex_endpoint ("BROKER", "tcp://localhost:5555"),
                                    argc > 1 && streq (argv [1], "-v"));
    int64_t started = s_clock ();
    for (; sent < count; sent++) {
        multipart_t *request = mp_new ();
        mp_append_str (request, "Hello world");
        if (mdcli2_send (session, "echo", &request) == -1)
            break;
    }
    while (done < sent) {
        multipart_t *reply = mdcli2_recv (session);
        if (!reply)
            break;
        mp_destroy (&reply);
        done++;
    }
    printf ("%ld replies received in %d msec\n", done, (int) (s_clock () - started));
    mdcli2_destroy (&session);
    ex_term (context);
    return done == count ? 0 : 1;
}
