//  Pathological publisher: one update of each of 1000 topics, then an update
//  of a random topic a second (ZMQ_EXAMPLE_INTERVAL_MS). Connects to a cache
//  with ZMQ_EXAMPLE_CONNECT=1. With ZMQ_EXAMPLE_SUBSCRIBERS=n it first waits
//  for n subscriptions.

#include "example.h"

enum { TOPICS = 1000 };

static void s_publish (void *publisher, int topic, const char *text)
{
    char name [16];
    snprintf (name, sizeof name, "%03d", topic);
    s_sendmore (publisher, name);
    s_send (publisher, text);
}

int main (void)
{
    ex_start ();
    long subscribers = ex_number ("SUBSCRIBERS", 0);
    int interval_ms = (int) ex_number ("INTERVAL_MS", 1000);
    void *context = zmq_ctx_new ();
    void *publisher = ex_socket (context, ZMQ_XPUB);
    ex_set_int (publisher, ZMQ_XPUB_VERBOSE, 1);
    //  The burst must not be cut short by the default mark
    ex_set_int (publisher, ZMQ_SNDHWM, 2 * TOPICS);
    if (ex_number ("CONNECT", 0))
        ex_connect (publisher, "TOPICS", "tcp://localhost:5557");
    else
        ex_bind (publisher, "TOPICS", "tcp://*:5556");
    while (subscribers > 0 && !s_interrupted) {
        char *subscription = s_recv (publisher);
        if (!subscription)
            break;
        subscribers -= *subscription == 1;
        free (subscription);
    }
    for (int topic = 0; topic < TOPICS && !s_interrupted; topic++)
        s_publish (publisher, topic, "Save Roger");
    while (!s_interrupted) {
        s_sleep (interval_ms);
        s_publish (publisher, randof (TOPICS), "Off with his head!");
    }
    zmq_close (publisher);
    ex_term (context);
    return 0;
}
