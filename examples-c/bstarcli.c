//  Binary Star client: a request a second (ZMQ_EXAMPLE_PAUSE_MS); when no
//  reply comes in a second (ZMQ_EXAMPLE_TIMEOUT_MS) it waits two
//  (ZMQ_EXAMPLE_SETTLE_MS) and turns to the other server. Ends after
//  ZMQ_EXAMPLE_COUNT replies.

#include "example.h"

static void *s_connected (void *context, int server)
{
    static const char *roles [] = { "PRIMARY", "BACKUP" };
    static const char *endpoints [] = { "tcp://localhost:5001", "tcp://localhost:5002" };
    void *client = ex_socket (context, ZMQ_REQ);
    ex_set_int (client, ZMQ_LINGER, 0);
    ex_connect (client, roles [server], endpoints [server]);
    return client;
}

int main (void)
{
    ex_start ();
    long count = ex_count (0), sequence = 0;
    int pause_ms = (int) ex_number ("PAUSE_MS", 1000);
    int timeout_ms = (int) ex_number ("TIMEOUT_MS", 1000);
    int settle_ms = (int) ex_number ("SETTLE_MS", 2000);
    int server = 0;
    void *context = zmq_ctx_new ();
    printf ("I: connecting to server at %s...\n", server ? "backup" : "primary");
    void *client = s_connected (context, server);

    while (!s_interrupted && (!count || sequence < count)) {
        char request [24];
        snprintf (request, sizeof request, "%ld", sequence + 1);
        s_send (client, request);
        bool answered = false;
        while (!answered && !s_interrupted) {
            int rc = ex_wait (client, timeout_ms);
            if (rc == -1)
                break;
            if (rc == 1) {
                char *reply = s_recv (client);
                if (reply && streq (reply, request)) {
                    printf ("I: server replied OK (%s)\n", reply);
                    sequence++;
                    answered = true;
                    s_sleep (pause_ms);
                }
                else
                    printf ("E: bad reply from server: %s\n", reply ? reply : "");
                free (reply);
            }
            else {
                printf ("W: no response from server, failing over\n");
                zmq_close (client);
                server = !server;
                s_sleep (settle_ms);
                printf ("I: connecting to server at %s...\n", server ? "backup" : "primary");
                client = s_connected (context, server);
                s_send (client, request);
            }
        }
        if (!answered)
            break;
    }
    zmq_close (client);
    ex_term (context);
    return !count || sequence == count ? 0 : 1;
}
