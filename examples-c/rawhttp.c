//  A web server on a ROUTER socket that speaks without ZeroMQ's framing: every
//  connection says what its identity is with a first, empty message; what
//  follows is bytes as they come, in any pieces, and an empty message when the
//  peer has gone. Ends after ZMQ_EXAMPLE_COUNT requests.

#include "example.h"
#include "multipart.h"
#include "table.h"

enum { MAX_REQUEST = 8192 };
static const char s_page [] =
    "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nHello, World!\n";

int main (void)
{
    ex_start ();
    long count = ex_count (0), served = 0;
    void *context = zmq_ctx_new ();
    table_t *requests = table_new (free);
    void *router = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (router, ZMQ_ROUTER_RAW, 1);
    ex_bind (router, "HTTP", "tcp://127.0.0.1:8080");
    while (!s_interrupted && (!count || served < count)) {
        //  [identity] [bytes]
        multipart_t *message = mp_recv (router);
        if (!message)
            break;
        char *id = mp_hex (mp_data (message, 0), mp_size (message, 0));
        const char *before = (const char *) table_get (requests, id);
        char *request = ex_format ("%s%s", before ? before : "", message->count == 2 ? mp_data (message, 1) : "");
        if (strstr (request, "\r\n\r\n")) {
            printf ("Request: %.*s\n", (int) strcspn (request, "\r\n"), request);
            zmq_send (router, mp_data (message, 0), mp_size (message, 0), ZMQ_SNDMORE);
            zmq_send (router, s_page, sizeof s_page - 1, ZMQ_SNDMORE);
            //  An empty message closes the connection
            zmq_send (router, mp_data (message, 0), mp_size (message, 0), ZMQ_SNDMORE);
            zmq_send (router, "", 0, ZMQ_SNDMORE);
            served++;
        }
        //  Keep what is not whole yet, as long as its peer is there
        if (mp_size (message, 1) == 0 || strlen (request) > MAX_REQUEST || strstr (request, "\r\n\r\n")) {
            table_delete (requests, id);
            free (request);
        }
        else
            table_put (requests, id, request);
        free (id);
        mp_destroy (&message);
    }
    table_destroy (&requests);
    zmq_close (router);
    ex_term (context);
    return 0;
}
