//  Majordomo worker for the service "echo" (argument 1 for another name;
//  -v prints every message).

#include "example.h"
#include "mdwrkapi.h"

int main (int argc, char *argv [])
{
    ex_start ();
    bool verbose = argc > 1 && streq (argv [argc - 1], "-v");
    const char *service = argc > 1 && strneq (argv [1], "-v") ? argv [1] : "echo";
    void *context = zmq_ctx_new ();
    mdwrk_t *session = mdwrk_new (context, ex_endpoint ("BROKER", "tcp://localhost:5555"),
                                  service, verbose);
    long served = 0;
    multipart_t *reply = NULL;
    for (;;) {
        multipart_t *request = mdwrk_recv (session, &reply);
        if (!request)
            break;
        served++;
        reply = request;
    }
    printf ("%ld requests served\n", served);
    mdwrk_destroy (&session);
    ex_term (context);
    return 0;
}
