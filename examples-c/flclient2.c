//  Freelance client, model 2: sends each request to every server given as
//  argument and takes the first reply; 10000 requests (count), each given up
//  after 2.5 seconds (ZMQ_EXAMPLE_TIMEOUT_MS).

#include "example.h"
#include "multipart.h"

//  [sequence] [OK] of this request, NULL after the timeout
static multipart_t *s_request (void *client, int servers, uint32_t sequence, int timeout_ms)
{
    char number [16];
    snprintf (number, sizeof number, "%u", sequence);
    for (int i = 0; i < servers; i++) {
        multipart_t *request = mp_new ();       //  [] [sequence] [request]
        mp_append_str (request, "");
        mp_append_str (request, number);
        mp_append_str (request, "random name");
        //  A server that does not read must not stop us
        mp_send_nowait (&request, client);
    }
    int64_t deadline = s_clock () + timeout_ms;
    for (int64_t left; (left = deadline - s_clock ()) > 0;) {
        if (ex_wait (client, (long) left) != 1)
            return NULL;
        multipart_t *reply = mp_recv (client);
        if (!reply)
            return NULL;
        free (mp_pop (reply).data);             //  delimiter
        if (mp_is_str (reply, 0, number))
            return reply;
        mp_destroy (&reply);                    //  late one, of an earlier request
    }
    return NULL;
}

int main (int argc, char *argv [])
{
    ex_start ();
    long count = ex_count (10000), done = 0;
    int timeout_ms = (int) ex_number ("TIMEOUT_MS", 2500);
    if (argc < 2) {
        printf ("syntax: flclient2 <endpoint> ...\n");
        return 2;
    }
    void *context = zmq_ctx_new ();
    void *client = ex_socket (context, ZMQ_DEALER);
    ex_set_int (client, ZMQ_LINGER, 0);
    for (int i = 1; i < argc; i++)
        ex_connect_to (client, argv [i]);
    int64_t started = s_clock ();
    for (; done < count; done++) {
        multipart_t *reply = s_request (client, argc - 1, (uint32_t) done + 1, timeout_ms);
        if (!reply) {
            printf ("E: name service not available, aborting\n");
            break;
        }
        mp_destroy (&reply);
    }
    if (done)
        printf ("Average round trip cost: %d usec\n",
                (int) ((s_clock () - started) * 1000 / done));
    zmq_close (client);
    ex_term (context);
    return done == count ? 0 : 1;
}
