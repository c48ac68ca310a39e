//  Paranoid Pirate queue: workers and queue send each other heartbeats; a
//  worker that is silent for three intervals (ZMQ_EXAMPLE_HEARTBEAT_MS, 1000)
//  is dropped.

#include "example.h"
#include "multipart.h"

enum { LIVENESS = 3, MAX_WORKERS = 1000 };
#define READY     "\001"
#define HEARTBEAT "\002"

typedef struct {
    frame_t identity;
    int64_t expiry;
} worker_t;

static worker_t s_workers [MAX_WORKERS];    //  longest-waiting first
static int s_waiting;

static void s_remove (int index)
{
    free (s_workers [index].identity.data);
    s_waiting--;
    memmove (s_workers + index, s_workers + index + 1,
             (s_waiting - index) * sizeof s_workers [0]);
}

//  A worker showed life: it goes to the end of the queue, once
static void s_ready (frame_t identity, int64_t expiry)
{
    for (int i = 0; i < s_waiting; i++)
        if (s_workers [i].identity.size == identity.size
        &&  memcmp (s_workers [i].identity.data, identity.data, identity.size) == 0) {
            s_remove (i);
            break;
        }
    if (s_waiting == MAX_WORKERS)
        s_remove (0);
    s_workers [s_waiting++] = (worker_t) { identity, expiry };
}

static void s_purge (void)
{
    int64_t now = s_clock ();
    for (int i = 0; i < s_waiting; i++)
        if (s_workers [i].expiry <= now) {
            char *hex = mp_hex (s_workers [i].identity.data, s_workers [i].identity.size);
            printf ("W: worker %s expired\n", hex);
            free (hex);
            s_remove (i--);
        }
}

int main (void)
{
    ex_start ();
    long interval_ms = ex_number ("HEARTBEAT_MS", 1000);
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_ROUTER);
    ex_bind (frontend, "FRONTEND", "tcp://*:5555");
    void *backend = ex_socket (context, ZMQ_ROUTER);
    ex_bind (backend, "BACKEND", "tcp://*:5556");

    int64_t heartbeat_at = s_clock () + interval_ms;
    while (!s_interrupted) {
        zmq_pollitem_t items [] = {
            { backend, 0, ZMQ_POLLIN, 0 },
            { frontend, 0, ZMQ_POLLIN, 0 }
        };
        int64_t left = heartbeat_at - s_clock ();
        if (zmq_poll (items, s_waiting ? 2 : 1, left > 0 ? (long) left : 0) == -1)
            break;
        if (items [0].revents & ZMQ_POLLIN) {
            //  [worker] [READY or HEARTBEAT], or [worker] [client] [] [reply]
            multipart_t *message = mp_recv (backend);
            if (!message)
                break;
            if (message->count == 2 && mp_is (message, 1, READY, 1))
                printf ("I: worker ready\n");
            s_ready (mp_pop (message), s_clock () + LIVENESS * interval_ms);
            if (message->count > 1)
                mp_send (&message, frontend);
            else {
                if (!mp_is (message, 0, READY, 1) && !mp_is (message, 0, HEARTBEAT, 1))
                    printf ("E: invalid message from worker\n");
                mp_destroy (&message);
            }
        }
        s_purge ();
        if (s_waiting && (items [1].revents & ZMQ_POLLIN)) {
            multipart_t *message = mp_recv (frontend);
            if (!message)
                break;
            mp_push (message, s_workers [0].identity.data, s_workers [0].identity.size);
            mp_send (&message, backend);
            s_remove (0);
        }
        if (s_clock () >= heartbeat_at) {
            for (int i = 0; i < s_waiting; i++) {
                frame_t identity = s_workers [i].identity;
                zmq_send (backend, identity.data, identity.size, ZMQ_SNDMORE);
                zmq_send (backend, HEARTBEAT, 1, 0);
            }
            heartbeat_at = s_clock () + interval_ms;
        }
    }
    while (s_waiting)
        s_remove (0);
    zmq_close (frontend);
    zmq_close (backend);
    ex_term (context);
    return 0;
}
