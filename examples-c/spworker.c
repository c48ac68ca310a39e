//  Simple Pirate worker: a REQ socket that says READY, then echoes. After
//  three requests it may crash or be slow; ZMQ_EXAMPLE_CHAOS=0 makes it
//  reliable, ZMQ_EXAMPLE_COUNT=n makes it crash at request n + 1 (exit code 3).

#include "example.h"
#include "multipart.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0), cycles = 0;
    bool chaos = ex_number ("CHAOS", 1) != 0;
    int work_ms = (int) ex_number ("WORK_MS", 1000);
    int status = 0;
    void *context = zmq_ctx_new ();
    void *worker = ex_socket (context, ZMQ_REQ);
    ex_set_int (worker, ZMQ_LINGER, 0);
    s_set_id (worker);
    ex_connect (worker, "BACKEND", "tcp://localhost:5556");
    printf ("I: worker ready\n");
    zmq_send (worker, "\001", 1, 0);
    while (!s_interrupted) {
        multipart_t *message = mp_recv (worker);
        if (!message)
            break;
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
        printf ("I: normal reply (%s)\n", mp_data (message, message->count - 1));
        s_sleep (work_ms);
        mp_send (&message, worker);
    }
    zmq_close (worker);
    ex_term (context);
    return status;
}
