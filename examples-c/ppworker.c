//  Paranoid Pirate worker: echoes, and exchanges heartbeats with the queue.
//  When the queue is silent for three intervals it connects anew, after a wait
//  that doubles from 1 to 32 seconds (ZMQ_EXAMPLE_BACKOFF_MS is the first).
//  ZMQ_EXAMPLE_CHAOS and ZMQ_EXAMPLE_COUNT as for spworker.

#include "example.h"
#include "multipart.h"

enum { LIVENESS = 3, MAX_BACKOFF_MS = 32000 };
#define READY     "\001"
#define HEARTBEAT "\002"

static void *s_connected (void *context)
{
    void *worker = ex_socket (context, ZMQ_DEALER);
    ex_set_int (worker, ZMQ_LINGER, 0);
    ex_connect (worker, "BACKEND", "tcp://localhost:5556");
    printf ("I: worker ready\n");
    zmq_send (worker, READY, 1, 0);
    return worker;
}

int main (void)
{
    ex_start ();
    long count = ex_count (0), cycles = 0;
    bool chaos = ex_number ("CHAOS", 1) != 0;
    int work_ms = (int) ex_number ("WORK_MS", 1000);
    long interval_ms = ex_number ("HEARTBEAT_MS", 1000);
    long first_backoff_ms = ex_number ("BACKOFF_MS", 1000);
    long backoff_ms = first_backoff_ms;
    int liveness = LIVENESS, status = 0;
    void *context = zmq_ctx_new ();
    void *worker = s_connected (context);
    int64_t heartbeat_at = s_clock () + interval_ms;

    while (!s_interrupted) {
        int rc = ex_wait (worker, interval_ms);
        if (rc == -1)
            break;
        if (rc == 1) {
            //  [client] [] [request], or [HEARTBEAT]
            multipart_t *message = mp_recv (worker);
            if (!message)
                break;
            if (message->count == 3) {
                cycles++;
                if ((count && cycles > count) || (chaos && cycles > 3 && randof (5) == 0)) {
                    printf ("I: simulating a crash\n");
                    mp_destroy (&message);
                    status = 3;
                    break;
                }
                if (chaos && cycles > 3 && randof (5) == 0) {
                    printf ("I: simulating CPU overload\n");
                    s_sleep (3 * work_ms);
                }
                printf ("I: normal reply (%s)\n", mp_data (message, 2));
                s_sleep (work_ms);
                mp_send (&message, worker);
            }
            else {
                if (message->count != 1 || !mp_is (message, 0, HEARTBEAT, 1))
                    printf ("E: invalid message\n");
                mp_destroy (&message);
            }
            liveness = LIVENESS;
            backoff_ms = first_backoff_ms;
        }
        else
        if (--liveness == 0) {
            printf ("W: heartbeat failure, can't reach queue\n");
            printf ("W: reconnecting in %ld msec...\n", backoff_ms);
            s_sleep ((int) backoff_ms);
            if (backoff_ms < MAX_BACKOFF_MS)
                backoff_ms *= 2;
            zmq_close (worker);
            worker = s_connected (context);
            liveness = LIVENESS;
        }
        if (s_clock () >= heartbeat_at) {
            heartbeat_at = s_clock () + interval_ms;
            zmq_send (worker, HEARTBEAT, 1, 0);
        }
    }
    zmq_close (worker);
    ex_term (context);
    return status;
}
