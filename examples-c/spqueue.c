//  Simple Pirate queue: a load-balancing broker for Lazy Pirate clients. Each
//  worker says READY when it comes; the longest-waiting gets the next request.
//  It does not notice a worker that dies; the client's retry covers that.

#include "example.h"
#include "multipart.h"

enum { MAX_WORKERS = 1000 };
#define READY "\001"

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_ROUTER);
    ex_bind (frontend, "FRONTEND", "tcp://*:5555");
    void *backend = ex_socket (context, ZMQ_ROUTER);
    ex_bind (backend, "BACKEND", "tcp://*:5556");

    static frame_t workers [MAX_WORKERS];
    int waiting = 0;
    while (!s_interrupted) {
        zmq_pollitem_t items [] = {
            { backend, 0, ZMQ_POLLIN, 0 },
            { frontend, 0, ZMQ_POLLIN, 0 }
        };
        if (zmq_poll (items, waiting ? 2 : 1, -1) == -1)
            break;
        if (items [0].revents & ZMQ_POLLIN) {
            multipart_t *message = mp_recv (backend);
            if (!message)
                break;
            frame_t worker = mp_unwrap (message);
            if (waiting < MAX_WORKERS)
                workers [waiting++] = worker;
            else
                free (worker.data);
            if (mp_is (message, 0, READY, 1))
                mp_destroy (&message);
            else
                mp_send (&message, frontend);
        }
        if (items [1].revents & ZMQ_POLLIN) {
            multipart_t *message = mp_recv (frontend);
            if (!message)
                break;
            mp_wrap (message, workers [0].data, workers [0].size);
            mp_send (&message, backend);
            free (workers [0].data);
            waiting--;
            memmove (workers, workers + 1, waiting * sizeof workers [0]);
        }
    }
    while (waiting)
        free (workers [--waiting].data);
    zmq_close (frontend);
    zmq_close (backend);
    ex_term (context);
    return 0;
}
