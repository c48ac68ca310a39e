//  Load-balancing broker: ten clients, three workers, all in this process but
//  over ipc. Workers wait in a queue, the longest-waiting gets the next
//  request; the frontend is only polled while a worker waits. Ends when each
//  client has its reply.
//
//  Identities are printable here, so that plain strings will do.

#include "example.h"

enum { CLIENTS = 10, WORKERS = 3 };

static char *s_frontend, *s_backend;

static void *s_client (void *context)
{
    void *client = ex_socket (context, ZMQ_REQ);
    s_set_id (client);
    ex_connect_to (client, s_frontend);
    s_send (client, "HELLO");
    char *reply = s_recv (client);
    if (reply)
        printf ("Client: %s\n", reply);
    free (reply);
    zmq_close (client);
    return NULL;
}

static void *s_worker (void *context)
{
    void *worker = ex_socket (context, ZMQ_REQ);
    ex_set_int (worker, ZMQ_LINGER, 0);
    s_set_id (worker);
    ex_connect_to (worker, s_backend);
    s_send (worker, "READY");
    for (;;) {
        //  [client] [] [request]
        char *client = s_recv (worker);
        if (!client)
            break;
        free (s_recv (worker));
        char *request = s_recv (worker);
        if (request)
            printf ("Worker: %s\n", request);
        free (request);
        s_sendmore (worker, client);
        s_sendmore (worker, "");
        s_send (worker, "OK");
        free (client);
    }
    zmq_close (worker);
    return NULL;
}

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_ROUTER);
    ex_bind_to (frontend, "FRONTEND", ex_endpoint ("FRONTEND", "ipc://frontend.ipc"));
    void *backend = ex_socket (context, ZMQ_ROUTER);
    ex_bind_to (backend, "BACKEND", ex_endpoint ("BACKEND", "ipc://backend.ipc"));
    s_frontend = ex_last_endpoint (frontend);
    s_backend = ex_last_endpoint (backend);

    pthread_t threads [CLIENTS + WORKERS];
    for (int i = 0; i < CLIENTS + WORKERS; i++)
        threads [i] = ex_thread (i < CLIENTS ? s_client : s_worker, context);

    char *waiting [WORKERS];
    int waiting_count = 0, replies = 0;
    zmq_pollitem_t items [] = {
        { backend, 0, ZMQ_POLLIN, 0 },
        { frontend, 0, ZMQ_POLLIN, 0 }
    };
    while (replies < CLIENTS) {
        if (zmq_poll (items, waiting_count ? 2 : 1, -1) == -1)
            break;
        if (items [0].revents & ZMQ_POLLIN) {
            //  [worker] [] [READY], or [worker] [] [client] [] [reply]
            char *worker = s_recv (backend);
            free (s_recv (backend));
            char *client = s_recv (backend);
            if (!worker || !client)
                break;
            assert (waiting_count < WORKERS);
            waiting [waiting_count++] = worker;
            if (strneq (client, "READY")) {
                free (s_recv (backend));
                char *reply = s_recv (backend);
                s_sendmore (frontend, client);
                s_sendmore (frontend, "");
                s_send (frontend, reply);
                free (reply);
                replies++;
            }
            free (client);
        }
        if (waiting_count > 0 && (items [1].revents & ZMQ_POLLIN)) {
            //  [client] [] [request]
            char *client = s_recv (frontend);
            free (s_recv (frontend));
            char *request = s_recv (frontend);
            if (!client || !request)
                break;
            s_sendmore (backend, waiting [0]);
            s_sendmore (backend, "");
            s_sendmore (backend, client);
            s_sendmore (backend, "");
            s_send (backend, request);
            free (client);
            free (request);
            free (waiting [0]);
            waiting_count--;
            memmove (waiting, waiting + 1, waiting_count * sizeof waiting [0]);
        }
        items [1].revents = 0;
    }
    //  Clients leave with their reply; workers when the context ends
    if (replies == CLIENTS)
        for (int i = 0; i < CLIENTS; i++)
            pthread_join (threads [i], NULL);
    zmq_ctx_shutdown (context);
    for (int i = replies == CLIENTS ? CLIENTS : 0; i < CLIENTS + WORKERS; i++)
        pthread_join (threads [i], NULL);
    while (waiting_count)
        free (waiting [--waiting_count]);
    free (s_frontend);
    free (s_backend);
    zmq_close (frontend);
    zmq_close (backend);
    ex_term (context);
    return replies == CLIENTS ? 0 : 1;
}
