//  Cluster of brokers, part 1: the state flow. Each broker publishes how many
//  of its workers are free, once a second (ZMQ_EXAMPLE_INTERVAL_MS), and hears
//  the others. Endpoints are ipc files named after the brokers, in the working
//  directory. Ends after ZMQ_EXAMPLE_COUNT states of each peer.

#include "example.h"
#include "multipart.h"

int main (int argc, char *argv [])
{
    ex_start ();
    if (argc < 2) {
        printf ("syntax: peering1 me {you}...\n");
        return 2;
    }
    const char *self = argv [1];
    long count = ex_count (0);
    int interval_ms = (int) ex_number ("INTERVAL_MS", 1000);
    printf ("I: preparing broker at %s...\n", self);

    void *context = zmq_ctx_new ();
    char endpoint [256];
    void *state_out = ex_socket (context, ZMQ_PUB);
    snprintf (endpoint, sizeof endpoint, "ipc://%s-state.ipc", self);
    ex_bind_to (state_out, "STATE", endpoint);
    void *state_in = ex_socket (context, ZMQ_SUB);
    ex_subscribe (state_in, "");
    for (int i = 2; i < argc; i++) {
        printf ("I: connecting to state backend at '%s'\n", argv [i]);
        snprintf (endpoint, sizeof endpoint, "ipc://%s-state.ipc", argv [i]);
        ex_connect_to (state_in, endpoint);
    }
    long *heard = (long *) ex_alloc (argc * sizeof (long));
    bool enough = false;
    int64_t next = s_clock ();
    while (!s_interrupted && !enough) {
        int64_t left = next - s_clock ();
        int rc = ex_wait (state_in, left > 0 ? (long) left : 0);
        if (rc == -1)
            break;
        if (rc == 1) {
            multipart_t *state = mp_recv (state_in);
            if (!state)
                break;
            if (state->count == 2) {
                printf ("%s - %s workers free\n", mp_data (state, 0), mp_data (state, 1));
                for (int i = 2; i < argc; i++)
                    if (mp_is_str (state, 0, argv [i]))
                        heard [i]++;
            }
            mp_destroy (&state);
        }
        else {
            s_sendmore (state_out, self);
            char number [16];
            snprintf (number, sizeof number, "%d", randof (10));
            s_send (state_out, number);
            next = s_clock () + interval_ms;
            //  Only after sending: the peers wait for our states too
            enough = count > 0;
            for (int i = 2; i < argc; i++)
                if (heard [i] < count)
                    enough = false;
        }
    }
    free (heard);
    zmq_close (state_out);
    zmq_close (state_in);
    ex_term (context);
    return 0;
}
