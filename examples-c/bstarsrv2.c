//  Binary Star server on the bstar reactor: -p is the primary, -b the backup.

#include "example.h"
#include "bstar.h"
#include "multipart.h"

static int s_echo (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor, (void) argument;
    multipart_t *message = mp_recv (socket);
    if (!message)
        return -1;
    mp_send (&message, socket);
    return 0;
}

int main (int argc, char *argv [])
{
    ex_start ();
    bool primary = argc == 2 && streq (argv [1], "-p");
    if (!primary && (argc != 2 || strneq (argv [1], "-b"))) {
        printf ("syntax: bstarsrv2 { -p | -b }\n");
        return 2;
    }
    void *context = zmq_ctx_new ();
    reactor_t *reactor = reactor_new ();
    void *frontend = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (frontend, ZMQ_LINGER, 0);
    bstar_t *bstar;
    if (primary) {
        ex_bind (frontend, "PRIMARY", "tcp://*:5001");
        bstar = bstar_new (context, BSTAR_PRIMARY, reactor,
                           "PRIMARY_STATE", "tcp://*:5003",
                           "BACKUP_STATE", "tcp://localhost:5004");
    }
    else {
        ex_bind (frontend, "BACKUP", "tcp://*:5002");
        bstar = bstar_new (context, BSTAR_BACKUP, reactor,
                           "BACKUP_STATE", "tcp://*:5004",
                           "PRIMARY_STATE", "tcp://localhost:5003");
    }
    bstar_voter (bstar, frontend, s_echo, NULL);
    //  A handler ends the loop only when both servers are active, or passive
    int status = reactor_run (reactor) == 0 ? 1 : 0;
    bstar_destroy (&bstar);
    reactor_destroy (&reactor);
    zmq_close (frontend);
    ex_term (context);
    return status;
}
