//  Task ventilator: sends 100 tasks (ZMQ_EXAMPLE_COUNT) of 1 to 100 ms each
//  to the workers, once Enter is pressed. ZMQ_EXAMPLE_WORKERS instead waits
//  until so many workers are connected, so none of them gets more than its
//  share.

#include "example.h"

//  Wait for so many accepted connections on the monitored socket
static int await_workers (void *monitor, long workers)
{
    while (workers > 0) {
        //  First frame: event number and value; second: the endpoint
        unsigned char header [6];
        if (zmq_recv (monitor, header, sizeof header, 0) == -1)
            return -1;
        uint16_t event;
        memcpy (&event, header, sizeof event);
        free (s_recv (monitor));
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            workers--;
    }
    return 0;
}

int main (void)
{
    ex_start ();
    long tasks = ex_count (100);
    long workers = ex_number ("WORKERS", 0);
    int max_ms = (int) ex_number ("WORK_MS", 100);

    void *context = zmq_ctx_new ();
    void *sender = ex_socket (context, ZMQ_PUSH);
    zmq_socket_monitor (sender, "inproc://workers", ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    void *monitor = ex_socket (context, ZMQ_PAIR);
    ex_connect_to (monitor, "inproc://workers");
    ex_bind (sender, "VENTILATOR", "tcp://*:5557");

    //  The sink gets the start signal directly
    void *sink = ex_socket (context, ZMQ_PUSH);
    ex_connect (sink, "SINK", "tcp://localhost:5558");

    int rc = 0;
    if (workers)
        rc = await_workers (monitor, workers);
    else {
        printf ("Press Enter when the workers are ready: ");
        fflush (stdout);
        getchar ();
    }
    if (rc == 0 && !s_interrupted) {
        printf ("Sending tasks to workers...\n");
        s_send (sink, "0");
        int total = 0;
        for (long task = 0; task < tasks && rc != -1; task++) {
            int workload = randof (max_ms) + 1;
            total += workload;
            char string [16];
            snprintf (string, sizeof string, "%d", workload);
            rc = s_send (sender, string);
        }
        printf ("Total expected cost: %d msec\n", total);
    }
    zmq_socket_monitor (sender, NULL, 0);
    zmq_close (monitor);
    zmq_close (sink);
    zmq_close (sender);
    ex_term (context);
    return 0;
}
