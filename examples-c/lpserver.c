//  Lazy Pirate server: echoes; after three requests it may crash or be slow.
//  ZMQ_EXAMPLE_CHAOS=0 makes it reliable; ZMQ_EXAMPLE_COUNT=n makes it crash
//  (exit code 3) instead of answering request n + 1.

#include "example.h"

int main (void)
{
    ex_start ();
    long count = ex_count (0), cycles = 0;
    bool chaos = ex_number ("CHAOS", 1) != 0;
    int work_ms = (int) ex_number ("WORK_MS", 1000);
    int status = 0;
    void *context = zmq_ctx_new ();
    void *server = ex_socket (context, ZMQ_REP);
    ex_set_int (server, ZMQ_LINGER, 0);
    ex_bind (server, "FRONTEND", "tcp://*:5555");
    while (!s_interrupted) {
        char *request = s_recv (server);
        if (!request)
            break;
        cycles++;
        bool crash = (count && cycles > count) || (chaos && cycles > 3 && randof (3) == 0);
        if (crash) {
            printf ("I: simulating a crash\n");
            free (request);
            status = 3;
            break;
        }
        if (chaos && cycles > 3 && randof (3) == 0) {
            printf ("I: simulating CPU overload\n");
            s_sleep (2 * work_ms);
        }
        printf ("I: normal request (%s)\n", request);
        s_sleep (work_ms);
        s_send (server, request);
        free (request);
    }
    zmq_close (server);
    ex_term (context);
    return status;
}
