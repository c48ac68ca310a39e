//  Hello World client of several servers: a REQ socket connected to each of
//  the endpoints given as arguments deals its requests to them in turn
//  (count, default 10).

#include "example.h"

int main (int argc, char *argv [])
{
    ex_start ();
    long count = ex_count (10), number = 0;
    if (argc < 2) {
        printf ("syntax: hwclient_mc <endpoint> ...\n");
        return 2;
    }
    void *context = zmq_ctx_new ();
    void *requester = ex_socket (context, ZMQ_REQ);
    for (int i = 1; i < argc; i++)
        ex_connect_to (requester, argv [i]);
    for (; number < count; number++) {
        char *reply = s_send (requester, "Hello") == -1 ? NULL : s_recv (requester);
        if (!reply)
            break;
        printf ("Received %s %ld\n", reply, number);
        free (reply);
    }
    zmq_close (requester);
    ex_term (context);
    return number == count ? 0 : 1;
}
