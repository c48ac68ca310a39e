//  Freelance server, model 3: a ROUTER whose identity is the endpoint that
//  clients connect to, which is argument 1; argument 2, if different, is the
//  endpoint to bind. Answers [PING] with [PONG], and [sequence] [request] with
//  [sequence] [OK].

#include "example.h"
#include "multipart.h"

int main (int argc, char *argv [])
{
    ex_start ();
    bool verbose = argc > 1 && streq (argv [argc - 1], "-v");
    argc -= verbose;
    const char *endpoint = argc > 1 ? argv [1] : "tcp://localhost:5555";
    const char *bind_to = argc > 2 ? argv [2] : argc > 1 ? argv [1] : "tcp://*:5555";
    void *context = zmq_ctx_new ();
    void *server = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (server, ZMQ_LINGER, 0);
    zmq_setsockopt (server, ZMQ_IDENTITY, endpoint, strlen (endpoint));
    ex_bind_to (server, "SERVER", bind_to);
    printf ("I: service is ready at %s\n", endpoint);
    while (!s_interrupted) {
        //  [client] [control] [request...]
        multipart_t *request = mp_recv (server);
        if (!request)
            break;
        if (verbose)
            mp_dump (request, stdout);
        if (request->count >= 2) {
            multipart_t *reply = mp_new ();
            mp_append (reply, mp_data (request, 0), mp_size (request, 0));
            if (mp_is_str (request, 1, "PING"))
                mp_append_str (reply, "PONG");
            else {
                mp_append (reply, mp_data (request, 1), mp_size (request, 1));
                mp_append_str (reply, "OK");
            }
            mp_send (&reply, server);
        }
        mp_destroy (&request);
    }
    zmq_close (server);
    ex_term (context);
    return 0;
}
