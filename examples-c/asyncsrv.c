//  Asynchronous clients and server: three DEALER clients send a request a
//  second (ZMQ_EXAMPLE_INTERVAL_MS) and print replies as they come; five
//  worker threads answer each request zero to four times, after a random
//  time. Runs for five seconds (ZMQ_EXAMPLE_RUN_MS).

#include "example.h"
#include "multipart.h"

enum { CLIENTS = 3, WORKERS = 5 };

static char *s_endpoint;
static int s_interval_ms;

static void *s_client (void *context)
{
    static pthread_mutex_t numbering = PTHREAD_MUTEX_INITIALIZER;
    static int last_number;
    pthread_mutex_lock (&numbering);
    int number = ++last_number;
    pthread_mutex_unlock (&numbering);

    //  Different identities, or the ROUTER would refuse all but the first
    char identity [32];
    snprintf (identity, sizeof identity, "CLIENT-%d", number);
    void *client = ex_socket (context, ZMQ_DEALER);
    ex_set_int (client, ZMQ_LINGER, 0);
    zmq_setsockopt (client, ZMQ_IDENTITY, identity, strlen (identity));
    ex_connect_to (client, s_endpoint);

    int requests = 0;
    int64_t next = s_clock ();
    for (;;) {
        int64_t left = next - s_clock ();
        int rc = ex_wait (client, left > 0 ? (long) left : 0);
        if (rc == -1)
            break;
        if (rc == 1) {
            char *reply = s_recv (client);
            if (!reply)
                break;
            printf ("[%s] %s\n", identity, reply);
            free (reply);
        }
        if (s_clock () >= next) {
            char request [32];
            snprintf (request, sizeof request, "request #%d", ++requests);
            s_send (client, request);
            next += s_interval_ms;
        }
    }
    zmq_close (client);
    return NULL;
}

static void *s_worker (void *context)
{
    void *worker = ex_socket (context, ZMQ_DEALER);
    ex_set_int (worker, ZMQ_LINGER, 0);
    ex_connect_to (worker, "inproc://backend");
    for (;;) {
        multipart_t *request = mp_recv (worker);    //  [client] [text]
        if (!request)
            break;
        for (int replies = randof (5); replies > 0; replies--) {
            s_sleep (randof (100) + 1);
            multipart_t *reply = mp_dup (request);
            mp_send (&reply, worker);
        }
        mp_destroy (&request);
    }
    zmq_close (worker);
    return NULL;
}

//  The server is a thread of its own: frontend, backend, and a proxy
static void *s_server (void *context)
{
    void *frontend = ex_socket (context, ZMQ_ROUTER);
    ex_set_int (frontend, ZMQ_LINGER, 0);
    ex_bind_to (frontend, "SERVER", ex_endpoint ("SERVER", "tcp://*:5570"));
    void *backend = ex_socket (context, ZMQ_DEALER);
    ex_set_int (backend, ZMQ_LINGER, 0);
    ex_bind_to (backend, "BACKEND", "inproc://backend");

    //  Tell main where the clients find us
    s_endpoint = ex_last_endpoint (frontend);
    void *ready = ex_socket (context, ZMQ_PAIR);
    ex_connect_to (ready, "inproc://ready");
    s_send (ready, "");
    zmq_close (ready);

    pthread_t workers [WORKERS];
    for (int i = 0; i < WORKERS; i++)
        workers [i] = ex_thread (s_worker, context);
    zmq_proxy (frontend, backend, NULL);
    for (int i = 0; i < WORKERS; i++)
        pthread_join (workers [i], NULL);
    zmq_close (frontend);
    zmq_close (backend);
    return NULL;
}

int main (void)
{
    ex_start ();
    int64_t deadline = s_clock () + ex_number ("RUN_MS", 5000);
    s_interval_ms = (int) ex_number ("INTERVAL_MS", 1000);

    void *context = zmq_ctx_new ();
    void *ready = ex_socket (context, ZMQ_PAIR);
    ex_bind_to (ready, "READY", "inproc://ready");
    pthread_t server = ex_thread (s_server, context);
    free (s_recv (ready));
    zmq_close (ready);

    pthread_t clients [CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        clients [i] = ex_thread (s_client, context);
    for (int64_t left; !s_interrupted && (left = deadline - s_clock ()) > 0;)
        s_sleep ((int) left);

    zmq_ctx_shutdown (context);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join (clients [i], NULL);
    pthread_join (server, NULL);
    free (s_endpoint);
    ex_term (context);
    return 0;
}
