//  Load-balancing broker over whole messages: any identity will do, and the
//  envelope may be of any depth. Ends when each of the ten clients has had
//  its reply.

#include "example.h"
#include "lbpeers.h"
#include "multipart.h"

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_ROUTER);
    ex_bind_to (frontend, "FRONTEND", ex_endpoint ("FRONTEND", "ipc://frontend.ipc"));
    void *backend = ex_socket (context, ZMQ_ROUTER);
    ex_bind_to (backend, "BACKEND", ex_endpoint ("BACKEND", "ipc://backend.ipc"));
    char *frontend_endpoint = ex_last_endpoint (frontend);
    char *backend_endpoint = ex_last_endpoint (backend);
    lb_start (context, frontend_endpoint, backend_endpoint, 1, 0);

    frame_t workers [LB_WORKERS];
    int waiting = 0, replies = 0;
    while (replies < LB_CLIENTS) {
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
            assert (waiting < LB_WORKERS);
            workers [waiting++] = mp_unwrap (message);
            if (mp_is (message, 0, LB_READY, 1))
                mp_destroy (&message);
            else {
                mp_send (&message, frontend);
                replies++;
            }
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
    if (replies < LB_CLIENTS)
        zmq_ctx_shutdown (context);
    lb_join_clients ();
    zmq_ctx_shutdown (context);
    lb_join_workers ();
    while (waiting)
        free (workers [--waiting].data);
    free (frontend_endpoint);
    free (backend_endpoint);
    zmq_close (frontend);
    zmq_close (backend);
    ex_term (context);
    return replies == LB_CLIENTS ? 0 : 1;
}
