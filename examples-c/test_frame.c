//  The frames of a request at each step of its way: REQ sends one, the ROUTER
//  of the broker sees three, and so does its DEALER with the reply; REP and REQ
//  see one.

#include "example.h"
#include "multipart.h"

static char *s_frontend, *s_backend;

static void s_show (const char *where, const multipart_t *message)
{
    printf ("%s\n", where);
    mp_dump (message, stdout);
}

//  Take a message, show it, and pass it on if there is somewhere to
static bool s_pass (void *from, void *to, const char *where)
{
    multipart_t *message = mp_recv (from);
    if (!message)
        return false;
    s_show (where, message);
    if (to)
        mp_send (&message, to);
    else
        mp_destroy (&message);
    return true;
}

static void *s_service (void *context)
{
    void *service = ex_socket (context, ZMQ_REP);
    ex_connect_to (service, s_backend);
    if (s_pass (service, NULL, "[REP] request:"))
        s_send (service, "World");
    zmq_close (service);
    return NULL;
}

static void *s_client (void *context)
{
    void *client = ex_socket (context, ZMQ_REQ);
    ex_connect_to (client, s_frontend);
    s_send (client, "Hello");
    s_pass (client, NULL, "[REQ] reply:");
    zmq_close (client);
    return NULL;
}

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_ROUTER);
    ex_bind_to (frontend, "FRONTEND", ex_endpoint ("FRONTEND", "tcp://*:5555"));
    s_frontend = ex_last_endpoint (frontend);
    void *backend = ex_socket (context, ZMQ_DEALER);
    ex_bind_to (backend, "BACKEND", ex_endpoint ("BACKEND", "tcp://*:5556"));
    s_backend = ex_last_endpoint (backend);
    pthread_t service = ex_thread (s_service, context), client = ex_thread (s_client, context);
    bool whole = s_pass (frontend, backend, "[ROUTER] request:")
              && s_pass (backend, frontend, "[DEALER] reply:");
    if (!whole)
        zmq_ctx_shutdown (context);
    pthread_join (service, NULL);
    pthread_join (client, NULL);
    free (s_frontend);
    free (s_backend);
    zmq_close (frontend);
    zmq_close (backend);
    ex_term (context);
    return whole ? 0 : 1;
}
