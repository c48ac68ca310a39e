//  Load-balancing broker on a reactor: the frontend is a reader of the loop
//  only while workers wait. Clients send until the program is interrupted, or
//  until ZMQ_EXAMPLE_COUNT replies went through; ZMQ_EXAMPLE_PAUSE_MS is the
//  time between the requests of one client (default 1000).

#include "example.h"
#include "lbpeers.h"
#include "multipart.h"
#include "reactor.h"

typedef struct {
    void *frontend, *backend;
    frame_t workers [LB_WORKERS];
    int waiting;
    long replies, limit;
} broker_t;

//  A client's request goes to the worker that has waited longest
static int s_on_frontend (reactor_t *reactor, void *socket, void *argument)
{
    broker_t *self = (broker_t *) argument;
    multipart_t *message = mp_recv (socket);
    if (!message)
        return -1;
    mp_wrap (message, self->workers [0].data, self->workers [0].size);
    mp_send (&message, self->backend);
    free (self->workers [0].data);
    self->waiting--;
    memmove (self->workers, self->workers + 1, self->waiting * sizeof self->workers [0]);
    if (self->waiting == 0)
        reactor_reader_end (reactor, self->frontend);
    return 0;
}

//  A worker is free; it may have brought a reply
static int s_on_backend (reactor_t *reactor, void *socket, void *argument)
{
    broker_t *self = (broker_t *) argument;
    multipart_t *message = mp_recv (socket);
    if (!message)
        return -1;
    assert (self->waiting < LB_WORKERS);
    self->workers [self->waiting++] = mp_unwrap (message);
    if (self->waiting == 1)
        reactor_reader (reactor, self->frontend, s_on_frontend, self);
    if (mp_is (message, 0, LB_READY, 1))
        mp_destroy (&message);
    else {
        mp_send (&message, self->frontend);
        self->replies++;
    }
    return self->limit && self->replies >= self->limit ? -1 : 0;
}

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    broker_t self;
    memset (&self, 0, sizeof self);
    self.limit = ex_count (0);
    self.frontend = ex_socket (context, ZMQ_ROUTER);
    ex_bind_to (self.frontend, "FRONTEND", ex_endpoint ("FRONTEND", "ipc://frontend.ipc"));
    self.backend = ex_socket (context, ZMQ_ROUTER);
    ex_bind_to (self.backend, "BACKEND", ex_endpoint ("BACKEND", "ipc://backend.ipc"));
    char *frontend = ex_last_endpoint (self.frontend);
    char *backend = ex_last_endpoint (self.backend);
    lb_start (context, frontend, backend, 0, (int) ex_number ("PAUSE_MS", 1000));

    reactor_t *reactor = reactor_new ();
    reactor_reader (reactor, self.backend, s_on_backend, &self);
    reactor_run (reactor);
    reactor_destroy (&reactor);

    zmq_ctx_shutdown (context);
    lb_join_clients ();
    lb_join_workers ();
    while (self.waiting)
        free (self.workers [--self.waiting].data);
    free (frontend);
    free (backend);
    zmq_close (self.frontend);
    zmq_close (self.backend);
    ex_term (context);
    return 0;
}
