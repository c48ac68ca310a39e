//  High-speed subscriber, the black box: two SUB sockets, each served by an I/O
//  thread of its own, take the two halves of a stream by prefix; a PUSH deals
//  all of it to three workers (ZMQ_EXAMPLE_WORKERS) in turn. Each worker checks
//  that it gets exactly every third message. Ends after ZMQ_EXAMPLE_COUNT
//  messages (3000).

#include "example.h"

enum { MAX_WORKERS = 16, HALVES = 2 };

static const char *s_prefixes [HALVES] = { "A", "B" };
static char *s_endpoint;
static long s_count, s_workers;

typedef struct {
    void *context;
    int number;
    long received;
    bool in_turn;
} worker_t;

//  Sends both halves until its context ends
static void *s_publisher (void *publisher)
{
    for (long sequence = 0;; sequence++) {
        char message [32];
        snprintf (message, sizeof message, "%s %ld", s_prefixes [sequence % HALVES], sequence);
        if (s_send (publisher, message) == -1)
            break;
        if (sequence % 64 == 0)
            s_sleep (1);
    }
    zmq_close (publisher);
    return NULL;
}

static void *s_worker (void *argument)
{
    worker_t *self = (worker_t *) argument;
    void *receiver = ex_socket (self->context, ZMQ_PULL);
    ex_connect_to (receiver, "inproc://workers");
    void *ready = ex_socket (self->context, ZMQ_PUSH);
    ex_connect_to (ready, "inproc://ready");
    s_send (ready, "");
    self->in_turn = true;
    long previous = -1;
    for (;;) {
        //  "<number dealt> <half> <sequence>"
        char *message = s_recv (receiver);
        if (!message || streq (message, "END")) {
            free (message);
            break;
        }
        long dealt = strtol (message, NULL, 10);
        if (previous != -1 && dealt != previous + s_workers)
            self->in_turn = false;
        previous = dealt;
        if (self->received++ < 10)
            printf ("[W%d] Receive: [%s]\n", self->number, message);
        free (message);
    }
    zmq_close (receiver);
    zmq_close (ready);
    return NULL;
}

//  Deal what the two halves bring, until there was enough of it
static long s_deal (void *context, void *dealer)
{
    zmq_pollitem_t items [HALVES];
    for (int i = 0; i < HALVES; i++) {
        void *subscriber = ex_socket (context, ZMQ_SUB);
        uint64_t affinity = (uint64_t) 1 << i;
        zmq_setsockopt (subscriber, ZMQ_AFFINITY, &affinity, sizeof affinity);
        ex_subscribe (subscriber, s_prefixes [i]);
        ex_connect_to (subscriber, s_endpoint);
        items [i] = (zmq_pollitem_t) { subscriber, 0, ZMQ_POLLIN, 0 };
    }
    long dealt = 0, of_half [HALVES] = { 0, 0 };
    while (dealt < s_count && zmq_poll (items, HALVES, -1) != -1)
        for (int i = 0; i < HALVES && dealt < s_count; i++) {
            if (!(items [i].revents & ZMQ_POLLIN))
                continue;
            char *message = s_recv (items [i].socket);
            if (!message)
                break;
            char line [64];
            snprintf (line, sizeof line, "%ld %s", dealt++, message);
            of_half [i] += *message == *s_prefixes [i];
            free (message);
            s_send (dealer, line);
        }
    printf ("I: half A %ld, half B %ld\n", of_half [0], of_half [1]);
    for (int i = 0; i < HALVES; i++)
        zmq_close (items [i].socket);
    return dealt;
}

int main (void)
{
    ex_start ();
    s_count = ex_count (3000);
    s_workers = ex_number ("WORKERS", 3);
    if (s_workers < 1 || s_workers > MAX_WORKERS)
        s_workers = 3;

    //  The publisher stands for another process: it has a context of its own
    void *outside = zmq_ctx_new ();
    void *publisher = ex_socket (outside, ZMQ_PUB);
    ex_set_int (publisher, ZMQ_LINGER, 0);
    ex_bind_to (publisher, "STREAM", ex_endpoint ("STREAM", "tcp://127.0.0.1:5556"));
    s_endpoint = ex_last_endpoint (publisher);
    pthread_t publisher_thread = ex_thread (s_publisher, publisher);

    void *context = zmq_ctx_new ();
    zmq_ctx_set (context, ZMQ_IO_THREADS, HALVES);
    void *dealer = ex_socket (context, ZMQ_PUSH);
    ex_bind_to (dealer, "WORKERS", "inproc://workers");
    void *ready = ex_socket (context, ZMQ_PULL);
    ex_bind_to (ready, "READY", "inproc://ready");
    worker_t workers [MAX_WORKERS];
    pthread_t threads [MAX_WORKERS];
    for (int i = 0; i < s_workers; i++) {
        workers [i] = (worker_t) { context, i, 0, false };
        threads [i] = ex_thread (s_worker, &workers [i]);
    }
    for (int i = 0; i < s_workers; i++)
        free (s_recv (ready));

    long dealt = s_deal (context, dealer);
    for (int i = 0; i < s_workers; i++)
        s_send (dealer, "END");
    bool good = dealt == s_count;
    for (int i = 0; i < s_workers; i++) {
        pthread_join (threads [i], NULL);
        printf ("[W%d] %ld messages, %s\n", i, workers [i].received,
                workers [i].in_turn ? "in turn" : "OUT OF TURN");
        good = good && workers [i].in_turn;
    }
    zmq_ctx_shutdown (outside);
    pthread_join (publisher_thread, NULL);
    zmq_close (dealer);
    zmq_close (ready);
    ex_term (outside);
    ex_term (context);
    free (s_endpoint);
    return good ? 0 : 1;
}
