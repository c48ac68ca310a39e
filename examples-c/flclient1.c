//  Freelance client, model 1: asks each server given as argument in turn, one
//  second each (ZMQ_EXAMPLE_TIMEOUT_MS), until one answers; a single server is
//  asked three times.

#include "example.h"

static bool s_try (void *context, const char *endpoint, int timeout_ms)
{
    printf ("I: trying echo service at %s...\n", endpoint);
    void *client = ex_socket (context, ZMQ_REQ);
    ex_set_int (client, ZMQ_LINGER, 0);
    ex_connect_to (client, endpoint);
    s_send (client, "Hello world");
    char *reply = ex_wait (client, timeout_ms) == 1 ? s_recv (client) : NULL;
    bool right = reply && streq (reply, "Hello world");
    free (reply);
    zmq_close (client);
    return right;
}

int main (int argc, char *argv [])
{
    ex_start ();
    int timeout_ms = (int) ex_number ("TIMEOUT_MS", 1000);
    if (argc < 2) {
        printf ("syntax: flclient1 <endpoint> ...\n");
        return 2;
    }
    void *context = zmq_ctx_new ();
    int tries = argc == 2 ? 3 : argc - 1;
    bool found = false;
    for (int i = 0; i < tries && !found && !s_interrupted; i++) {
        const char *endpoint = argv [argc == 2 ? 1 : i + 1];
        found = s_try (context, endpoint, timeout_ms);
        if (!found)
            printf ("W: no response from %s\n", endpoint);
    }
    if (found)
        printf ("Service is running OK\n");
    else
        printf ("E: service not available\n");
    ex_term (context);
    return found ? 0 : 1;
}
