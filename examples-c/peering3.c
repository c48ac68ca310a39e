//  Cluster of brokers, part 3: the whole cluster. Clients send bursts of
//  tasks, each with its own number, and expect exactly that number back
//  within ten seconds. Brokers tell each other how many workers they have
//  free; a task goes to a local worker if there is one, else to a broker with
//  free workers. Endpoints are ipc files in the working directory.
//  Ends on a signal or after ZMQ_EXAMPLE_SECONDS; exit code 1 if a task was
//  lost. ZMQ_EXAMPLE_WORKERS (5), ZMQ_EXAMPLE_CLIENTS (10), ZMQ_EXAMPLE_WORK_MS.

#include "example.h"
#include "multipart.h"

enum { MAX_THREADS = 64 };
#define READY "\001"

static char *s_localfe, *s_localbe, *s_monitor;
static int s_work_ms, s_burst_pause_ms;

//  Tell the main thread something for the console
static void s_report (void *monitor, const char *what, const char *task)
{
    char line [64];
    snprintf (line, sizeof line, "%s %s", what, task);
    s_send (monitor, line);
}

static void *s_client (void *context)
{
    void *client = ex_socket (context, ZMQ_REQ);
    ex_set_int (client, ZMQ_LINGER, 0);
    ex_connect_to (client, s_localfe);
    void *monitor = ex_socket (context, ZMQ_PUSH);
    ex_set_int (monitor, ZMQ_LINGER, 0);
    ex_connect_to (monitor, s_monitor);

    bool running = true;
    //  Nothing can arrive in the pause; but the wait notices the end
    while (running && ex_wait (client, randof (s_burst_pause_ms) + 1) == 0) {
        for (int burst = randof (15); running && burst > 0; burst--) {
            char task [8];
            snprintf (task, sizeof task, "%04X", (unsigned) randof (0x10000));
            if (s_send (client, task) == -1) {
                running = false;
                break;
            }
            int rc = ex_wait (client, 10 * 1000);
            char *reply = rc == 1 ? s_recv (client) : NULL;
            if (reply && streq (reply, task))
                s_report (monitor, "DONE", task);
            else
            if (reply || rc == 0) {
                s_report (monitor, "E: CLIENT EXIT - lost task", task);
                running = false;
            }
            else
                running = false;        //  the context ends
            free (reply);
        }
    }
    zmq_close (client);
    zmq_close (monitor);
    return NULL;
}

static void *s_worker (void *context)
{
    void *worker = ex_socket (context, ZMQ_REQ);
    ex_set_int (worker, ZMQ_LINGER, 0);
    ex_connect_to (worker, s_localbe);
    zmq_send (worker, READY, 1, 0);
    for (;;) {
        multipart_t *message = mp_recv (worker);
        if (!message)
            break;
        s_sleep (randof (s_work_ms) + 1);
        if (mp_send (&message, worker) == -1)
            break;
    }
    zmq_close (worker);
    return NULL;
}

typedef struct {
    void *localfe, *localbe, *cloudfe, *cloudbe, *statefe, *statebe, *monitor;
    frame_t workers [MAX_THREADS];
    int waiting;                //  our own free workers
    const char *self;
    char **peers;
    int *capacity;              //  what each peer said it has free
    int peer_count;
    multipart_t *held;          //  a request nobody could be given yet
    long done, sent_away, lost;
} broker_t;

static void *s_open (void *context, int type, const char *self, const char *kind)
{
    void *socket = ex_socket (context, type);
    ex_set_int (socket, ZMQ_LINGER, 0);
    if (type == ZMQ_ROUTER)
        zmq_setsockopt (socket, ZMQ_IDENTITY, self, strlen (self));
    if (kind) {
        char *endpoint = ex_format ("ipc://%s-%s.ipc", self, kind);
        ex_bind_to (socket, kind, endpoint);
        free (endpoint);
    }
    return socket;
}

static void s_connect_peers (broker_t *self, void *socket, const char *kind)
{
    for (int i = 0; i < self->peer_count; i++) {
        char *endpoint = ex_format ("ipc://%s-%s.ipc", self->peers [i], kind);
        ex_connect_to (socket, endpoint);
        free (endpoint);
    }
}

//  A reply goes to the peer it names, or to one of our clients
static void s_route_reply (broker_t *self, multipart_t *reply)
{
    for (int i = 0; i < self->peer_count; i++)
        if (mp_is_str (reply, 0, self->peers [i])) {
            mp_send (&reply, self->cloudfe);
            return;
        }
    mp_send (&reply, self->localfe);
}

static void s_publish_capacity (broker_t *self)
{
    char number [16];
    snprintf (number, sizeof number, "%d", self->waiting);
    s_sendmore (self->statebe, self->self);
    s_send (self->statebe, number);
}

//  Read what arrived; -1 when interrupted
static int s_handle_input (broker_t *self, const zmq_pollitem_t *items)
{
    if (items [0].revents & ZMQ_POLLIN) {       //  local worker
        multipart_t *message = mp_recv (self->localbe);
        if (!message)
            return -1;
        assert (self->waiting < MAX_THREADS);
        self->workers [self->waiting++] = mp_unwrap (message);
        if (mp_is (message, 0, READY, 1))
            mp_destroy (&message);
        else
            s_route_reply (self, message);
    }
    if (items [1].revents & ZMQ_POLLIN) {       //  reply of another broker
        multipart_t *message = mp_recv (self->cloudbe);
        if (!message)
            return -1;
        free (mp_pop (message).data);
        s_route_reply (self, message);
    }
    if (items [2].revents & ZMQ_POLLIN) {       //  state of another broker
        multipart_t *state = mp_recv (self->statefe);
        if (!state)
            return -1;
        for (int i = 0; i < self->peer_count; i++)
            if (state->count == 2 && mp_is_str (state, 0, self->peers [i]))
                self->capacity [i] = atoi (mp_data (state, 1));
        mp_destroy (&state);
    }
    if (items [3].revents & ZMQ_POLLIN) {       //  word from a client
        char *line = s_recv (self->monitor);
        if (!line)
            return -1;
        if (strncmp (line, "DONE", 4) == 0)
            self->done++;
        else {
            self->lost++;
            printf ("%s\n", line);
        }
        free (line);
    }
    return 0;
}

//  Which peer to ask: one that has free workers, else -1
static int s_choose_peer (broker_t *self)
{
    int first = self->peer_count ? randof (self->peer_count) : 0;
    for (int i = 0; i < self->peer_count; i++) {
        int peer = (first + i) % self->peer_count;
        if (self->capacity [peer] > 0)
            return peer;
    }
    return -1;
}

//  Hand out requests while there is anybody to take them
static int s_handle_requests (broker_t *self)
{
    for (;;) {
        int peer = s_choose_peer (self);
        if (!self->waiting && peer == -1)
            return 0;
        zmq_pollitem_t items [] = {
            { self->localfe, 0, ZMQ_POLLIN, 0 },
            { self->cloudfe, 0, ZMQ_POLLIN, 0 }
        };
        //  What came from another broker is not sent on to a third
        int rc = zmq_poll (items, self->waiting ? 2 : 1, 0);
        if (rc == -1 || (rc == 0 && !self->held))
            return rc;
        void *source = items [0].revents & ZMQ_POLLIN ? self->localfe : self->cloudfe;
        multipart_t *request = self->held ? self->held : mp_recv (source);
        if (!request)
            return -1;
        self->held = NULL;
        if (!self->waiting) {
            //  The state of a peer may arrive before the connection for
            //  requests is there: then this one waits
            multipart_t *copy = mp_dup (request);
            mp_push_str (copy, self->peers [peer]);
            if (mp_send (&copy, self->cloudbe) == 0) {
                mp_destroy (&request);
                self->capacity [peer]--;
                self->sent_away++;
            }
            else {
                self->held = request;
                self->capacity [peer] = 0;
            }
            continue;
        }
        mp_wrap (request, self->workers [0].data, self->workers [0].size);
        mp_send (&request, self->localbe);
        free (self->workers [0].data);
        self->waiting--;
        memmove (self->workers, self->workers + 1,
                 self->waiting * sizeof self->workers [0]);
    }
}

int main (int argc, char *argv [])
{
    ex_start ();
    if (argc < 2) {
        printf ("syntax: peering3 me {you}...\n");
        return 2;
    }
    long clients = ex_number ("CLIENTS", 10), workers = ex_number ("WORKERS", 5);
    if (clients < 0 || workers < 0 || clients > MAX_THREADS || workers > MAX_THREADS) {
        fprintf (stderr, "E: at most %d clients and workers\n", MAX_THREADS);
        return 2;
    }
    s_work_ms = (int) ex_number ("WORK_MS", 1000);
    s_burst_pause_ms = (int) ex_number ("PAUSE_MS", 5000);
    printf ("I: preparing broker at %s...\n", argv [1]);

    void *context = zmq_ctx_new ();
    broker_t self;
    memset (&self, 0, sizeof self);
    self.self = argv [1];
    self.peers = argv + 2;
    self.peer_count = argc - 2;
    self.capacity = (int *) ex_alloc (argc * sizeof (int));
    self.localfe = s_open (context, ZMQ_ROUTER, argv [1], "localfe");
    self.localbe = s_open (context, ZMQ_ROUTER, argv [1], "localbe");
    self.cloudfe = s_open (context, ZMQ_ROUTER, argv [1], "cloud");
    self.statebe = s_open (context, ZMQ_PUB, argv [1], "state");
    self.monitor = s_open (context, ZMQ_PULL, argv [1], "monitor");
    self.cloudbe = s_open (context, ZMQ_ROUTER, argv [1], NULL);
    ex_set_int (self.cloudbe, ZMQ_ROUTER_MANDATORY, 1);
    s_connect_peers (&self, self.cloudbe, "cloud");
    self.statefe = s_open (context, ZMQ_SUB, argv [1], NULL);
    ex_subscribe (self.statefe, "");
    s_connect_peers (&self, self.statefe, "state");
    s_localfe = ex_last_endpoint (self.localfe);
    s_localbe = ex_last_endpoint (self.localbe);
    s_monitor = ex_last_endpoint (self.monitor);

    pthread_t threads [2 * MAX_THREADS];
    for (long i = 0; i < workers + clients; i++)
        threads [i] = ex_thread (i < workers ? s_worker : s_client, context);

    zmq_pollitem_t items [] = {
        { self.localbe, 0, ZMQ_POLLIN, 0 },
        { self.cloudbe, 0, ZMQ_POLLIN, 0 },
        { self.statefe, 0, ZMQ_POLLIN, 0 },
        { self.monitor, 0, ZMQ_POLLIN, 0 },
        { self.localfe, 0, ZMQ_POLLIN, 0 },
        { self.cloudfe, 0, ZMQ_POLLIN, 0 }
    };
    int64_t next_state = s_clock ();
    while (!s_interrupted) {
        //  Frontends only count while somebody can take their requests
        int watched = 4;
        if (self.waiting)
            watched = 6;
        else
        if (s_choose_peer (&self) != -1)
            watched = 5;
        for (int i = 0; i < 6; i++)
            items [i].revents = 0;
        if (zmq_poll (items, watched, 1000) == -1)
            break;
        int before = self.waiting;
        if (s_handle_input (&self, items) == -1 || s_handle_requests (&self) == -1)
            break;
        //  Also now and then, for peers that have come since
        if (self.waiting != before || s_clock () >= next_state) {
            s_publish_capacity (&self);
            next_state = s_clock () + 1000;
        }
    }
    printf ("I: %ld tasks done, %ld sent to other brokers, %ld lost\n",
            self.done, self.sent_away, self.lost);
    zmq_ctx_shutdown (context);
    for (long i = 0; i < workers + clients; i++)
        pthread_join (threads [i], NULL);
    mp_destroy (&self.held);
    while (self.waiting)
        free (self.workers [--self.waiting].data);
    free (self.capacity);
    free (s_localfe);
    free (s_localbe);
    free (s_monitor);
    void *sockets [] = { self.localfe, self.localbe, self.cloudfe, self.cloudbe,
                         self.statefe, self.statebe, self.monitor };
    for (size_t i = 0; i < sizeof sockets / sizeof sockets [0]; i++)
        zmq_close (sockets [i]);
    ex_term (context);
    return self.lost ? 1 : 0;
}
