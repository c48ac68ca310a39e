//  Metrics of a stream: messages, bytes and rate, printed every second
//  (ZMQ_EXAMPLE_INTERVAL_MS). A thread sends ZMQ_EXAMPLE_COUNT messages
//  (1000000) of 100 bytes, the program counts them.

#include "example.h"

typedef struct {
    uint64_t messages, bytes;
    int64_t started, last_report;
} metrics_t;

static void s_report (const metrics_t *metrics)
{
    double seconds = (double) (s_clock () - metrics->started) / 1000;
    printf ("Messages: %" PRIu64 ", bytes: %" PRIu64 ", throughput: %.0f msg/s\n",
            metrics->messages, metrics->bytes, metrics->messages / (seconds > 0 ? seconds : 0.001));
}

static void *s_sender (void *socket)
{
    char body [100];
    memset (body, 'm', sizeof body);
    for (long left = ex_count (1000000); left > 0; left--)
        if (zmq_send (socket, body, sizeof body, 0) == -1)
            break;
    zmq_close (socket);
    return NULL;
}

int main (void)
{
    ex_start ();
    uint64_t count = (uint64_t) ex_count (1000000);
    int interval_ms = (int) ex_number ("INTERVAL_MS", 1000);
    void *context = zmq_ctx_new ();
    void *receiver = ex_socket (context, ZMQ_PULL);
    ex_bind_to (receiver, "METRICS", ex_endpoint ("METRICS", "inproc://metrics"));
    char *endpoint = ex_last_endpoint (receiver);
    void *sender = ex_socket (context, ZMQ_PUSH);
    ex_set_int (sender, ZMQ_LINGER, -1);
    ex_connect_to (sender, endpoint);
    free (endpoint);
    pthread_t thread = ex_thread (s_sender, sender);
    metrics_t metrics = { 0, 0, s_clock (), s_clock () };
    while (metrics.messages < count) {
        zmq_msg_t message;
        zmq_msg_init (&message);
        int size = zmq_msg_recv (&message, receiver, 0);
        zmq_msg_close (&message);
        if (size == -1)
            break;
        metrics.messages++;
        metrics.bytes += (uint64_t) size;
        if (metrics.messages % 1024 == 0 && s_clock () - metrics.last_report >= interval_ms) {
            s_report (&metrics);
            metrics.last_report = s_clock ();
        }
    }
    s_report (&metrics);
    bool whole = metrics.messages == count && metrics.bytes == 100 * count;
    if (!whole)
        zmq_ctx_shutdown (context);
    pthread_join (thread, NULL);
    zmq_close (receiver);
    ex_term (context);
    return whole ? 0 : 1;
}
