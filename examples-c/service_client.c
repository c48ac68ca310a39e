//  Client of the service registry:
//    service_client register NAME ENDPOINT   registers, sends heartbeats every
//        five seconds (ZMQ_EXAMPLE_HEARTBEAT_MS), unregisters when interrupted
//    service_client discover NAME            prints the endpoint, or NOT_FOUND
//        with exit code 1

#include "example.h"
#include "multipart.h"

//  One request; NULL when no answer came in two seconds
static multipart_t *s_ask (void *socket, const char *command, const char *name, const char *endpoint)
{
    multipart_t *request = mp_new ();
    mp_append_str (request, command);
    mp_append_str (request, name);
    if (endpoint)
        mp_append_str (request, endpoint);
    mp_send (&request, socket);
    //  An interrupt must not keep us from unregistering
    int rc;
    do
        rc = ex_wait (socket, 2000);
    while (rc == -1 && errno == EINTR && streq (command, "UNREGISTER"));
    return rc == 1 ? mp_recv (socket) : NULL;
}

static int s_stay_registered (void *socket, const char *name, const char *endpoint)
{
    int interval_ms = (int) ex_number ("HEARTBEAT_MS", 5000);
    multipart_t *reply = s_ask (socket, "REGISTER", name, endpoint);
    bool good = reply && mp_is_str (reply, 0, "OK");
    mp_destroy (&reply);
    if (good)
        printf ("Registered %s\n", name);
    while (good && !s_interrupted) {
        s_sleep (interval_ms);
        if (s_interrupted)
            break;
        reply = s_ask (socket, "HEARTBEAT", name, NULL);
        if (!reply)
            break;
        //  A registry that was restarted does not know us
        if (mp_is_str (reply, 0, "UNKNOWN")) {
            mp_destroy (&reply);
            reply = s_ask (socket, "REGISTER", name, endpoint);
            printf ("Registered %s again\n", name);
        }
        mp_destroy (&reply);
    }
    reply = good ? s_ask (socket, "UNREGISTER", name, NULL) : NULL;
    good = good && reply != NULL;
    mp_destroy (&reply);
    return good ? 0 : 1;
}

int main (int argc, char *argv [])
{
    ex_start ();
    bool registers = argc == 4 && streq (argv [1], "register");
    if (!registers && (argc != 3 || strneq (argv [1], "discover"))) {
        printf ("syntax: service_client register NAME ENDPOINT | discover NAME\n");
        return 2;
    }
    int status = 1;
    void *context = zmq_ctx_new ();
    void *socket = ex_socket (context, ZMQ_REQ);
    //  After an interrupt a request may be under way: replies are matched
    ex_set_int (socket, ZMQ_REQ_RELAXED, 1);
    ex_set_int (socket, ZMQ_REQ_CORRELATE, 1);
    ex_set_int (socket, ZMQ_LINGER, 0);
    ex_connect (socket, "REGISTRY", "tcp://localhost:5560");
    if (registers)
        status = s_stay_registered (socket, argv [2], argv [3]);
    else {
        multipart_t *reply = s_ask (socket, "DISCOVER", argv [2], NULL);
        if (reply && mp_is_str (reply, 0, "FOUND")) {
            printf ("FOUND %s\n", mp_data (reply, 1));
            status = 0;
        }
        else
            printf ("%s\n", reply ? mp_data (reply, 0) : "E: no registry");
        mp_destroy (&reply);
    }
    zmq_close (socket);
    ex_term (context);
    return status;
}
