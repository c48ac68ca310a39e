//  ROUTER to DEALER without the empty delimiter frame: both sides leave it out,
//  which rtdealer has in it.

#include "example.h"
#include "multipart.h"

enum { WORKERS = 10 };

static char *s_endpoint;

static void *s_worker (void *context)
{
    void *worker = ex_socket (context, ZMQ_DEALER);
    ex_connect_to (worker, s_endpoint);
    int total = 0;
    for (;;) {
        s_send (worker, "Hi Boss");
        char *workload = s_recv (worker);
        bool finished = !workload || streq (workload, "Fired!");
        free (workload);
        if (finished)
            break;
        total++;
        s_sleep (randof (500) + 1);
    }
    printf ("Completed: %d tasks\n", total);
    zmq_close (worker);
    return NULL;
}

int main (void)
{
    ex_start ();
    int64_t run_ms = ex_number ("RUN_MS", 5000);
    void *context = zmq_ctx_new ();
    void *broker = ex_socket (context, ZMQ_ROUTER);
    ex_bind_to (broker, "BROKER", ex_endpoint ("BROKER", "tcp://*:5671"));
    s_endpoint = ex_last_endpoint (broker);

    pthread_t workers [WORKERS];
    for (int i = 0; i < WORKERS; i++)
        workers [i] = ex_thread (s_worker, context);

    int64_t deadline = s_clock () + run_ms;
    int fired = 0;
    while (fired < WORKERS) {
        //  [identity] [Hi Boss]: the worker that has waited longest
        multipart_t *request = mp_recv (broker);
        if (!request)
            break;
        multipart_t *reply = mp_new ();
        mp_append (reply, mp_data (request, 0), mp_size (request, 0));
        if (s_clock () < deadline)
            mp_append_str (reply, "Work harder");
        else {
            mp_append_str (reply, "Fired!");
            fired++;
        }
        mp_send (&reply, broker);
        mp_destroy (&request);
    }
    if (fired < WORKERS)
        zmq_ctx_shutdown (context);
    for (int i = 0; i < WORKERS; i++)
        pthread_join (workers [i], NULL);
    free (s_endpoint);
    zmq_close (broker);
    ex_term (context);
    return fired == WORKERS ? 0 : 1;
}
