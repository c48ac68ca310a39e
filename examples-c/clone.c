//  clone.c - Clone client stack. The thread owns everything; the API talks to
//  it over a PAIR socket. It mirrors one server at a time: subscribe, wait for
//  a first message as proof, take a snapshot, follow; when the server is silent
//  for ZMQ_EXAMPLE_TTL_MS (5000) it turns to the other one.

#include "clone.h"
#include "clonestore.h"
#include "example.h"
#include "multipart.h"

enum { MAX_SERVERS = 2 };

typedef enum { FOLLOW_NOTHING, SUBSCRIBING, SYNCING, FOLLOWING } state_t;

typedef struct {
    char *snapshot_endpoint, *publisher_endpoint;
    void *snapshot, *subscriber;
} server_t;

typedef struct {
    void *context, *pipe;
    void *publisher;            //  XPUB: hears when a server subscribes
    char *subtree;
    server_t servers [MAX_SERVERS];
    int server_count, current;
    state_t state;
    int64_t deadline;           //  when the current server counts as dead
    int64_t sequence;
    table_t *table;
    table_t *incoming;          //  the snapshot while it arrives
    int listeners;              //  servers that subscribed to what we set
    kvmsg_t *waiting [256];     //  set before the servers listened
    int waiting_count;
    int64_t patience;           //  until when they wait for all servers
    long ttl_ms;
} agent_t;

struct clone {
    void *pipe;
    pthread_t thread;
};

static void s_close_server (server_t *server)
{
    if (server->snapshot)
        zmq_close (server->snapshot);
    if (server->subscriber)
        zmq_close (server->subscriber);
    server->snapshot = server->subscriber = NULL;
}

//  Begin with the current server: its sockets are new, old news is gone
static void s_begin (agent_t *self)
{
    server_t *server = &self->servers [self->current];
    printf ("I: waiting for server at %s...\n", server->snapshot_endpoint);
    s_close_server (server);
    server->subscriber = ex_socket (self->context, ZMQ_SUB);
    ex_set_int (server->subscriber, ZMQ_RCVHWM, 0);
    ex_subscribe (server->subscriber, self->subtree);
    ex_subscribe (server->subscriber, "HUGZ");
    ex_connect_to (server->subscriber, server->publisher_endpoint);
    server->snapshot = ex_socket (self->context, ZMQ_DEALER);
    ex_set_int (server->snapshot, ZMQ_LINGER, 0);
    ex_connect_to (server->snapshot, server->snapshot_endpoint);
    table_destroy (&self->incoming);
    self->incoming = table_new (kvmsg_free);
    //  A passive server publishes nothing, so ask it as well: the request is
    //  a vote. The subscription is proven by the first message or the answer
    //  to a second request.
    s_sendmore (server->snapshot, "ICANHAZ?");
    s_send (server->snapshot, self->subtree);
    self->state = SUBSCRIBING;
    self->deadline = s_clock () + self->ttl_ms;
}

static void s_fail_over (agent_t *self)
{
    server_t *server = &self->servers [self->current];
    printf ("I: server at %s didn't give HUGZ\n", server->snapshot_endpoint);
    s_close_server (server);
    self->current = (self->current + 1) % self->server_count;
    s_begin (self);
}

//  Send what waited, once every server listens; one that is down is not waited
//  for long. A passive server alone would keep it to itself.
static void s_send_waiting (agent_t *self)
{
    bool ready = self->server_count > 0 && self->listeners >= self->server_count;
    if (!ready && (self->listeners == 0 || s_clock () < self->patience)
    &&  self->waiting_count < 256)
        return;
    for (int i = 0; i < self->waiting_count; i++) {
        kvmsg_send (self->waiting [i], self->publisher);
        kvmsg_destroy (&self->waiting [i]);
    }
    self->waiting_count = 0;
}

//  A key is set; parts: [key] [value] [ttl]. It is in our table at once.
static void s_set (agent_t *self, multipart_t *parts)
{
    kvmsg_t *kvmsg = kvmsg_new (0);
    kvmsg_set_key (kvmsg, mp_data (parts, 0));
    kvmsg_set_uuid (kvmsg);
    kvmsg_set_body (kvmsg, mp_data (parts, 1), mp_size (parts, 1));
    if (atoi (mp_data (parts, 2)) > 0)
        kvmsg_set_prop (kvmsg, "ttl", mp_data (parts, 2));
    self->waiting [self->waiting_count++] = kvmsg_dup (kvmsg);
    kvmsg_store (&kvmsg, self->table);
    s_send_waiting (self);
}

static void s_add_server (agent_t *self, multipart_t *message)
{
    if (self->server_count == MAX_SERVERS) {
        printf ("E: too many servers (max. %d)\n", MAX_SERVERS);
        return;
    }
    server_t *server = &self->servers [self->server_count++];
    server->snapshot_endpoint = mp_pop_str (message);
    server->publisher_endpoint = mp_pop_str (message);
    ex_connect_to (self->publisher, mp_data (message, 0));
    self->patience = s_clock () + self->ttl_ms;
    if (self->server_count == 1)
        s_begin (self);
}

//  A command of the API; false when it is the last
static bool s_on_application (agent_t *self)
{
    multipart_t *message = mp_recv (self->pipe);
    if (!message)
        return false;
    char *command = mp_pop_str (message);
    bool running = true;
    if (streq (command, "SUBTREE")) {
        free (self->subtree);
        self->subtree = mp_pop_str (message);
    }
    else
    if (streq (command, "CONNECT"))
        s_add_server (self, message);
    else
    if (streq (command, "SET"))
        s_set (self, message);
    else
    if (streq (command, "GET")) {
        kvmsg_t *kvmsg = (kvmsg_t *) table_get (self->table, mp_data (message, 0));
        s_sendmore (self->pipe, kvmsg ? "1" : "0");
        s_send (self->pipe, kvmsg ? kvmsg->body : "");
    }
    else
    if (streq (command, "STATUS")) {
        char *status = ex_format ("%" PRId64 " %zu %d", self->sequence, table_size (self->table),
                                  self->state == FOLLOWING ? self->current : -1);
        s_send (self->pipe, status);
        free (status);
    }
    else
    if (streq (command, "DUMP")) {
        kvmsg_dump_table (self->table, mp_data (message, 0));
        s_send (self->pipe, "");
    }
    else
        running = false;        //  STOP
    free (command);
    mp_destroy (&message);
    return running;
}

//  A server begins or ends to listen to what we set
static void s_on_listener (agent_t *self)
{
    char *event = s_recv_nowait (self->publisher);
    if (event)
        self->listeners += *event == 1 ? 1 : -1;
    free (event);
    s_send_waiting (self);
}

static void s_on_snapshot (agent_t *self, server_t *server)
{
    kvmsg_t *kvmsg = kvmsg_recv (server->snapshot);
    if (!kvmsg)
        return;
    self->deadline = s_clock () + self->ttl_ms;
    if (strneq (kvmsg->key, "KTHXBAI")) {
        if (self->state == SYNCING)
            kvmsg_store (&kvmsg, self->incoming);
        kvmsg_destroy (&kvmsg);
        return;
    }
    if (self->state == SYNCING) {
        table_destroy (&self->table);
        self->table = self->incoming;
        self->incoming = NULL;
        self->sequence = kvmsg->sequence;
        self->state = FOLLOWING;
        printf ("I: received from %s snapshot=%" PRId64 "\n",
                server->snapshot_endpoint, self->sequence);
    }
    kvmsg_destroy (&kvmsg);
}

static void s_on_update (agent_t *self, server_t *server)
{
    if (self->state == SYNCING)
        return;                 //  it stays in the socket's queue
    kvmsg_t *kvmsg = kvmsg_recv (server->subscriber);
    if (!kvmsg)
        return;
    self->deadline = s_clock () + self->ttl_ms;
    if (self->state == SUBSCRIBING) {
        //  From here on nothing is missed. The answer to the first request may
        //  be older than this message: drop it with its socket, ask again.
        zmq_close (server->snapshot);
        server->snapshot = ex_socket (self->context, ZMQ_DEALER);
        ex_set_int (server->snapshot, ZMQ_LINGER, 0);
        ex_connect_to (server->snapshot, server->snapshot_endpoint);
        s_sendmore (server->snapshot, "ICANHAZ?");
        s_send (server->snapshot, self->subtree);
        self->state = SYNCING;
    }
    else
    if (strneq (kvmsg->key, "HUGZ") && kvmsg->sequence > self->sequence) {
        self->sequence = kvmsg->sequence;
        printf ("I: received from %s %s=%" PRId64 "\n", server->publisher_endpoint,
                kvmsg->size ? "update" : "delete", self->sequence);
        kvmsg_store (&kvmsg, self->table);
    }
    kvmsg_destroy (&kvmsg);
}

static void *s_agent (void *argument)
{
    agent_t *self = (agent_t *) argument;
    bool running = true;
    while (running) {
        server_t *server = &self->servers [self->current];
        bool active = self->state != FOLLOW_NOTHING;
        zmq_pollitem_t items [] = {
            { self->pipe, 0, ZMQ_POLLIN, 0 },
            { self->publisher, 0, ZMQ_POLLIN, 0 },
            { server->snapshot, 0, ZMQ_POLLIN, 0 },
            { server->subscriber, 0, ZMQ_POLLIN, 0 }
        };
        bool impatient = self->waiting_count && self->listeners && self->patience < self->deadline;
        int64_t left = (impatient ? self->patience : self->deadline) - s_clock ();
        //  While the snapshot comes, updates wait
        int watched = !active ? 2 : self->state == SYNCING ? 3 : 4;
        if (zmq_poll (items, watched, !active ? -1 : left > 0 ? (long) left : 0) == -1)
            break;
        if (items [0].revents & ZMQ_POLLIN)
            running = s_on_application (self);
        if (items [1].revents & ZMQ_POLLIN)
            s_on_listener (self);
        if (active && (items [2].revents & ZMQ_POLLIN))
            s_on_snapshot (self, server);
        if (active && (items [3].revents & ZMQ_POLLIN))
            s_on_update (self, server);
        if (active && running && s_clock () >= self->deadline)
            s_fail_over (self);
        s_send_waiting (self);
    }
    for (int i = 0; i < self->server_count; i++) {
        s_close_server (&self->servers [i]);
        free (self->servers [i].snapshot_endpoint);
        free (self->servers [i].publisher_endpoint);
    }
    while (self->waiting_count)
        kvmsg_destroy (&self->waiting [--self->waiting_count]);
    table_destroy (&self->table);
    table_destroy (&self->incoming);
    zmq_close (self->publisher);
    zmq_close (self->pipe);
    free (self->subtree);
    free (self);
    return NULL;
}

clone_t *clone_new (void *context)
{
    clone_t *self = (clone_t *) ex_alloc (sizeof (clone_t));
    char *endpoint = ex_format ("inproc://clone-%p", (void *) self);
    self->pipe = ex_socket (context, ZMQ_PAIR);
    if (zmq_bind (self->pipe, endpoint) == -1)
        ex_die (endpoint);
    agent_t *agent = (agent_t *) ex_alloc (sizeof (agent_t));
    agent->context = context;
    agent->pipe = ex_socket (context, ZMQ_PAIR);
    ex_connect_to (agent->pipe, endpoint);
    agent->publisher = ex_socket (context, ZMQ_XPUB);
    ex_set_int (agent->publisher, ZMQ_XPUB_VERBOSER, 1);
    //  What is set while a server is down must not reach it when it is back:
    //  it has that from the other server then
    ex_set_int (agent->publisher, ZMQ_IMMEDIATE, 1);
    agent->subtree = ex_format ("%s", "");
    agent->table = table_new (kvmsg_free);
    agent->ttl_ms = ex_number ("TTL_MS", 5000);
    free (endpoint);
    self->thread = ex_thread (s_agent, agent);
    return self;
}

void clone_destroy (clone_t **self)
{
    if (!*self)
        return;
    s_send ((*self)->pipe, "STOP");
    pthread_join ((*self)->thread, NULL);
    zmq_close ((*self)->pipe);
    free (*self);
    *self = NULL;
}

void clone_subtree (clone_t *self, const char *subtree)
{
    s_sendmore (self->pipe, "SUBTREE");
    s_send (self->pipe, subtree);
}

void clone_connect (clone_t *self, const char *snapshot, const char *publisher,
                    const char *collector)
{
    s_sendmore (self->pipe, "CONNECT");
    s_sendmore (self->pipe, snapshot);
    s_sendmore (self->pipe, publisher);
    s_send (self->pipe, collector);
}

void clone_set (clone_t *self, const char *key, const char *value, int ttl)
{
    char *seconds = ex_format ("%d", ttl);
    s_sendmore (self->pipe, "SET");
    s_sendmore (self->pipe, key);
    s_sendmore (self->pipe, value);
    s_send (self->pipe, seconds);
    free (seconds);
}

char *clone_get (clone_t *self, const char *key)
{
    s_sendmore (self->pipe, "GET");
    s_send (self->pipe, key);
    multipart_t *reply = mp_recv (self->pipe);
    char *value = NULL;
    if (reply && mp_is_str (reply, 0, "1"))
        value = ex_format ("%s", mp_data (reply, 1));
    mp_destroy (&reply);
    return value;
}

char *clone_status (clone_t *self)
{
    s_send (self->pipe, "STATUS");
    return s_recv (self->pipe);
}

void clone_dump (clone_t *self, const char *path)
{
    s_sendmore (self->pipe, "DUMP");
    s_send (self->pipe, path);
    char *done;
    do
        done = s_recv (self->pipe);     //  also after an interrupt
    while (!done && errno == EINTR);
    free (done);
}
