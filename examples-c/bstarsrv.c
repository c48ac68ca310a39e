//  Binary Star server, all in one loop: -p is the primary, -b the backup. The
//  active one echoes; each tells the other its state every second
//  (ZMQ_EXAMPLE_HEARTBEAT_MS).

#include "example.h"
#include "bstar.h"
#include "multipart.h"

int main (int argc, char *argv [])
{
    ex_start ();
    bool primary = argc == 2 && streq (argv [1], "-p");
    if (!primary && (argc != 2 || strneq (argv [1], "-b"))) {
        printf ("syntax: bstarsrv { -p | -b }\n");
        return 2;
    }
    long heartbeat_ms = ex_number ("HEARTBEAT_MS", 1000);
    bstar_state_t state = primary ? BSTAR_PRIMARY : BSTAR_BACKUP;
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (frontend, ZMQ_LINGER, 0);
    void *state_out = ex_socket (context, ZMQ_PUB);
    void *state_in = ex_socket (context, ZMQ_SUB);
    ex_subscribe (state_in, "");
    if (primary) {
        printf ("I: primary active, waiting for backup (passive)\n");
        ex_bind (frontend, "PRIMARY", "tcp://*:5001");
        ex_bind (state_out, "PRIMARY_STATE", "tcp://*:5003");
        ex_connect (state_in, "BACKUP_STATE", "tcp://localhost:5004");
    }
    else {
        printf ("I: backup passive, waiting for primary (active)\n");
        ex_bind (frontend, "BACKUP", "tcp://*:5002");
        ex_bind (state_out, "BACKUP_STATE", "tcp://*:5004");
        ex_connect (state_in, "PRIMARY_STATE", "tcp://localhost:5003");
    }
    int status = 0;
    int64_t next_state = s_clock () + heartbeat_ms;
    int64_t peer_expiry = s_clock () + 2 * heartbeat_ms;
    zmq_pollitem_t items [] = {
        { frontend, 0, ZMQ_POLLIN, 0 },
        { state_in, 0, ZMQ_POLLIN, 0 }
    };
    while (!s_interrupted) {
        int64_t left = next_state - s_clock ();
        if (zmq_poll (items, 2, left > 0 ? (long) left : 0) == -1)
            break;
        if (items [0].revents & ZMQ_POLLIN) {
            multipart_t *message = mp_recv (frontend);
            if (!message)
                break;
            if (bstar_apply (&state, BSTAR_CLIENT_REQUEST, peer_expiry) == BSTAR_OK)
                mp_send (&message, frontend);
            else
                mp_destroy (&message);
        }
        if (items [1].revents & ZMQ_POLLIN) {
            char *peer_state = s_recv (state_in);
            if (!peer_state)
                break;
            bstar_result_t result = bstar_apply (&state, atoi (peer_state), peer_expiry);
            free (peer_state);
            if (result == BSTAR_FATAL) {
                status = 1;
                break;
            }
            peer_expiry = s_clock () + 2 * heartbeat_ms;
        }
        if (s_clock () >= next_state) {
            char text [2] = { (char) ('0' + state), 0 };
            s_send (state_out, text);
            next_state = s_clock () + heartbeat_ms;
        }
    }
    zmq_close (frontend);
    zmq_close (state_out);
    zmq_close (state_in);
    ex_term (context);
    return status;
}
