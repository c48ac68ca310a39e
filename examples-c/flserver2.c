//  Freelance server, model 2: answers [sequence] [request] with
//  [sequence] [OK], at the endpoint given as argument.

#include "example.h"
#include "multipart.h"

int main (int argc, char *argv [])
{
    ex_start ();
    if (argc < 2) {
        printf ("syntax: flserver2 <endpoint>\n");
        return 2;
    }
    void *context = zmq_ctx_new ();
    void *server = ex_socket (context, ZMQ_REP);
    ex_set_int (server, ZMQ_LINGER, 0);
    ex_bind_to (server, "SERVER", argv [1]);
    printf ("I: service is ready at %s\n", argv [1]);
    while (!s_interrupted) {
        multipart_t *request = mp_recv (server);
        if (!request)
            break;
        //  Who sends something else gets an empty sequence back
        multipart_t *reply = mp_new ();
        bool valid = request->count == 2;
        mp_append (reply, valid ? mp_data (request, 0) : "", valid ? mp_size (request, 0) : 0);
        mp_append_str (reply, "OK");
        mp_destroy (&request);
        mp_send (&reply, server);
    }
    zmq_close (server);
    ex_term (context);
    return 0;
}
