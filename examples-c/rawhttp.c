//  A web server on a ROUTER socket that speaks without ZeroMQ's framing: every
//  connection says what its identity is with a first, empty message; what
//  follows is bytes as they come. Ends after ZMQ_EXAMPLE_COUNT requests.

#include "example.h"
#include "multipart.h"

static const char s_page [] =
    "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nHello, World!\n";

int main (void)
{
    ex_start ();
    long count = ex_count (0), served = 0;
    void *context = zmq_ctx_new ();
    void *router = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (router, ZMQ_ROUTER_RAW, 1);
    ex_bind (router, "HTTP", "tcp://127.0.0.1:8080");
    while (!s_interrupted && (!count || served < count)) {
        //  [identity] [bytes]
        multipart_t *message = mp_recv (router);
        if (!message)
            break;
        if (message->count == 2 && strncmp (mp_data (message, 1), "GET ", 4) == 0) {
            const char *line = mp_data (message, 1);
            printf ("Request: %.*s\n", (int) strcspn (line, "\r\n"), line);
            zmq_send (router, mp_data (message, 0), mp_size (message, 0), ZMQ_SNDMORE);
            zmq_send (router, s_page, sizeof s_page - 1, ZMQ_SNDMORE);
            //  An empty message closes the connection
            zmq_send (router, mp_data (message, 0), mp_size (message, 0), ZMQ_SNDMORE);
            zmq_send (router, "", 0, ZMQ_SNDMORE);
            served++;
        }
        mp_destroy (&message);
    }
    zmq_close (router);
    ex_term (context);
    return 0;
}
