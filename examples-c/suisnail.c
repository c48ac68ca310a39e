//  Suicidal snail: a subscriber that sees from the time in each message that it
//  is more than a second behind (ZMQ_EXAMPLE_MAX_DELAY_MS), and gives up rather
//  than deliver old news. It works a while on each message, the publisher sends
//  one each millisecond.

#include "example.h"

static char *s_endpoint;
static bool s_ended;            //  written by the subscriber before it signals

static void *s_publisher (void *context)
{
    void *publisher = ex_socket (context, ZMQ_PUB);
    ex_set_int (publisher, ZMQ_LINGER, 0);
    ex_bind_to (publisher, "SNAIL", s_endpoint);
    for (;;) {
        char stamp [32];
        snprintf (stamp, sizeof stamp, "%" PRId64, s_clock ());
        if (s_send (publisher, stamp) == -1)
            break;
        s_sleep (1);
    }
    zmq_close (publisher);
    return NULL;
}

static void *s_subscriber (void *context)
{
    long max_delay_ms = ex_number ("MAX_DELAY_MS", 1000);
    void *subscriber = ex_socket (context, ZMQ_SUB);
    ex_subscribe (subscriber, "");
    ex_connect_to (subscriber, s_endpoint);
    for (;;) {
        char *stamp = s_recv (subscriber);
        if (!stamp)
            break;
        int64_t sent = strtoll (stamp, NULL, 10);
        free (stamp);
        if (s_clock () - sent > max_delay_ms) {
            printf ("E: subscriber cannot keep up, aborting\n");
            s_ended = true;
            break;
        }
        s_sleep (1 + randof (2));
    }
    zmq_close (subscriber);
    void *signal = ex_socket (context, ZMQ_PAIR);
    ex_connect_to (signal, "inproc://ended");
    s_send (signal, "gone and died");
    zmq_close (signal);
    return NULL;
}

int main (void)
{
    ex_start ();
    s_endpoint = ex_format ("%s", ex_endpoint ("SNAIL", "tcp://127.0.0.1:5556"));
    void *context = zmq_ctx_new ();
    void *ended = ex_socket (context, ZMQ_PAIR);
    ex_bind_to (ended, "ENDED", "inproc://ended");
    pthread_t publisher = ex_thread (s_publisher, context);
    pthread_t subscriber = ex_thread (s_subscriber, context);
    free (s_recv (ended));
    zmq_ctx_shutdown (context);
    pthread_join (publisher, NULL);
    pthread_join (subscriber, NULL);
    zmq_close (ended);
    free (s_endpoint);
    ex_term (context);
    return s_ended ? 0 : 1;
}
