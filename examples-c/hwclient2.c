//  Hello World client on a DEALER socket, which writes and reads the empty
//  delimiter frame that REQ and REP hide (count, default 10).

#include "example.h"
#include "multipart.h"

int main (void)
{
    ex_start ();
    long count = ex_count (10), number = 0;
    void *context = zmq_ctx_new ();
    void *requester = ex_socket (context, ZMQ_DEALER);
    ex_connect (requester, "HELLO", "tcp://localhost:5555");
    for (; number < count; number++) {
        s_sendmore (requester, "");
        s_send (requester, "Hello");
        multipart_t *reply = mp_recv (requester);
        if (!reply)
            break;
        if (reply->count == 2 && mp_size (reply, 0) == 0)
            printf ("Received respond msg: %s NO=%ld\n", mp_data (reply, 1), number + 1);
        else
            printf ("Discarded a reply without delimiter\n");
        mp_destroy (&reply);
    }
    zmq_close (requester);
    ex_term (context);
    return number == count ? 0 : 1;
}
