//  Freelance client, model 3: 1000 requests (count) to whichever of the servers
//  given as arguments lives.

#include "example.h"
#include "flcliapi.h"

int main (int argc, char *argv [])
{
    ex_start ();
    long count = ex_count (1000), done = 0;
    static char *defaults [] = {
        NULL, "tcp://localhost:5555", "tcp://localhost:5556", "tcp://localhost:5557"
    };
    if (argc < 2) {
        argc = 4;
        argv = defaults;
    }
    void *context = zmq_ctx_new ();
    flcliapi_t *client = flcliapi_new (context);
    for (int i = 1; i < argc; i++)
        flcliapi_connect (client, argv [i]);
    int64_t started = s_clock ();
    for (; done < count; done++) {
        multipart_t *request = mp_new ();
        mp_append_str (request, "random name");
        multipart_t *reply = flcliapi_request (client, &request);
        if (!reply) {
            printf ("E: name service not available, aborting\n");
            break;
        }
        mp_destroy (&reply);
    }
    if (done)
        printf ("Average round trip cost: %d usec\n",
                (int) ((s_clock () - started) * 1000 / done));
    flcliapi_destroy (&client);
    ex_term (context);
    return done == count ? 0 : 1;
}
