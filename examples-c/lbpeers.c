//  lbpeers.c - the clients and workers of lbbroker2 and lbbroker3, as threads

#include "lbpeers.h"
#include "example.h"
#include "multipart.h"

static const char *s_frontend, *s_backend;
static long s_requests;
static int s_pause_ms;
static pthread_t s_clients [LB_CLIENTS], s_workers [LB_WORKERS];

static void *s_client (void *context)
{
    void *client = ex_socket (context, ZMQ_REQ);
    ex_set_int (client, ZMQ_LINGER, 0);
    ex_connect_to (client, s_frontend);
    for (long number = 0; !s_requests || number < s_requests; number++) {
        if (s_send (client, "HELLO") == -1)
            break;
        char *reply = s_recv (client);
        if (!reply)
            break;
        printf ("Client: %s\n", reply);
        free (reply);
        s_sleep (s_pause_ms);
    }
    zmq_close (client);
    return NULL;
}

static void *s_worker (void *context)
{
    void *worker = ex_socket (context, ZMQ_REQ);
    ex_set_int (worker, ZMQ_LINGER, 0);
    ex_connect_to (worker, s_backend);
    zmq_send (worker, LB_READY, 1, 0);
    for (;;) {
        multipart_t *request = mp_recv (worker);
        if (!request)
            break;
        //  [client] [] [request] becomes [client] [] [OK]
        printf ("Worker: %s\n", mp_data (request, request->count - 1));
        frame_t client = mp_unwrap (request);
        multipart_t *reply = mp_new ();
        mp_append_str (reply, "OK");
        mp_wrap (reply, client.data, client.size);
        free (client.data);
        mp_destroy (&request);
        if (mp_send (&reply, worker) == -1)
            break;
    }
    zmq_close (worker);
    return NULL;
}

void lb_start (void *context, const char *frontend, const char *backend,
               long requests, int pause_ms)
{
    s_frontend = frontend;
    s_backend = backend;
    s_requests = requests;
    s_pause_ms = pause_ms;
    for (int i = 0; i < LB_CLIENTS; i++)
        s_clients [i] = ex_thread (s_client, context);
    for (int i = 0; i < LB_WORKERS; i++)
        s_workers [i] = ex_thread (s_worker, context);
}

void lb_join_clients (void)
{
    for (int i = 0; i < LB_CLIENTS; i++)
        pthread_join (s_clients [i], NULL);
}

void lb_join_workers (void)
{
    for (int i = 0; i < LB_WORKERS; i++)
        pthread_join (s_workers [i], NULL);
}
