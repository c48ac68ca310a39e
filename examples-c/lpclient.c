//  Lazy Pirate client: when no reply comes in 2.5 seconds
//  (ZMQ_EXAMPLE_TIMEOUT_MS) it closes the socket, opens another and sends the
//  request again; after three tries it gives up, with exit code 1.
//  Ends after ZMQ_EXAMPLE_COUNT replies.

#include "example.h"

enum { RETRIES = 3 };

static void *s_connected (void *context)
{
    void *client = ex_socket (context, ZMQ_REQ);
    ex_set_int (client, ZMQ_LINGER, 0);
    ex_connect (client, "FRONTEND", "tcp://localhost:5555");
    return client;
}

//  One request with its retries: true once the right reply is here
static bool s_request (void *context, void **client, long sequence, long timeout_ms)
{
    char request [24];
    snprintf (request, sizeof request, "%ld", sequence);
    s_send (*client, request);
    int retries_left = RETRIES;
    int64_t deadline = s_clock () + timeout_ms;
    while (!s_interrupted) {
        int64_t left = deadline - s_clock ();
        int rc = ex_wait (*client, left > 0 ? (long) left : 0);
        if (rc == -1)
            return false;
        if (rc == 1) {
            char *reply = s_recv (*client);
            bool right = reply && streq (reply, request);
            if (right)
                printf ("I: server replied OK (%s)\n", reply);
            else
                printf ("E: malformed reply from server: %s\n", reply ? reply : "");
            free (reply);
            if (right)
                return true;
            continue;
        }
        if (--retries_left == 0) {
            printf ("E: server seems to be offline, abandoning\n");
            return false;
        }
        printf ("W: no response from server, retrying...\n");
        //  A REQ socket that waits for a reply cannot send: use another
        zmq_close (*client);
        *client = s_connected (context);
        s_send (*client, request);
        deadline = s_clock () + timeout_ms;
    }
    return false;
}

int main (void)
{
    ex_start ();
    long count = ex_count (0), sequence = 0;
    long timeout_ms = ex_number ("TIMEOUT_MS", 2500);
    int pause_ms = (int) ex_number ("PAUSE_MS", 0);
    void *context = zmq_ctx_new ();
    printf ("I: connecting to server...\n");
    void *client = s_connected (context);
    while ((!count || sequence < count)
    &&     s_request (context, &client, sequence + 1, timeout_ms)) {
        sequence++;
        s_sleep (pause_ms);
    }
    zmq_close (client);
    ex_term (context);
    return s_interrupted || (count && sequence == count) ? 0 : 1;
}
