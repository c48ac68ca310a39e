//  Majordomo management: asks the broker whether a service (argument 1,
//  default "echo") has workers: 200, or 404.

#include "example.h"
#include "mdcliapi.h"

int main (int argc, char *argv [])
{
    ex_start ();
    const char *service = argc > 1 ? argv [1] : "echo";
    void *context = zmq_ctx_new ();
    mdcli_t *session = mdcli_new (context, ex_endpoint ("BROKER", "tcp://localhost:5555"), false);
    mdcli_set_timeout (session, (int) ex_number ("TIMEOUT_MS", 2500));
    multipart_t *request = mp_new ();
    mp_append_str (request, service);
    multipart_t *reply = mdcli_send (session, "mmi.service", &request);
    int status = 1;
    if (reply) {
        printf ("Lookup %s service: %s\n", service, mp_data (reply, 0));
        status = 0;
    }
    else
        printf ("E: no response from broker, make sure it's running\n");
    mp_destroy (&reply);
    mdcli_destroy (&session);
    ex_term (context);
    return status;
}
