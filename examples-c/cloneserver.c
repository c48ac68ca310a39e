//  cloneserver.c - the body of clonesrv2 to clonesrv5, on a reactor

#include "cloneserver.h"
#include "clonestore.h"
#include "example.h"
#include "reactor.h"

typedef struct {
    table_t *table;
    int64_t sequence;
    void *snapshot, *publisher, *collector;
    bool ttl;
    long made, limit;
} server_t;

static void s_publish (server_t *self, kvmsg_t *kvmsg)
{
    kvmsg->sequence = ++self->sequence;
    kvmsg_send (kvmsg, self->publisher);
    printf ("I: publishing %s=%" PRId64 "\n", kvmsg->size ? "update" : "delete", self->sequence);
    kvmsg_store (&kvmsg, self->table);
}

static int s_on_snapshot (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor;
    server_t *self = (server_t *) argument;
    return clone_answer_snapshot (socket, self->table, self->sequence);
}

static int s_on_collector (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor;
    server_t *self = (server_t *) argument;
    kvmsg_t *kvmsg = kvmsg_recv (socket);
    if (!kvmsg)
        return -1;
    char *ttl = kvmsg_prop (kvmsg, "ttl");
    if (self->ttl && atoi (ttl) > 0) {
        //  From a duration to a moment
        char *moment = ex_format ("%" PRId64, clone_time () + (int64_t) atoi (ttl) * 1000);
        kvmsg_set_prop (kvmsg, "ttl", moment);
        free (moment);
    }
    free (ttl);
    s_publish (self, kvmsg);
    return 0;
}

static int s_make_update (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor, (void) socket;
    server_t *self = (server_t *) argument;
    if (self->limit && self->made >= self->limit)
        return 0;
    self->made++;
    kvmsg_t *kvmsg = kvmsg_new (0);
    char *key = ex_format ("%d", randof (10000));
    kvmsg_set_key (kvmsg, key);
    free (key);
    kvmsg_set_uuid (kvmsg);
    kvmsg_set_text (kvmsg, "%d", randof (1000000));
    s_publish (self, kvmsg);
    return 0;
}

static int s_flush_expired (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor, (void) socket;
    server_t *self = (server_t *) argument;
    size_t at = 0;
    kvmsg_t *kvmsg;
    while ((kvmsg = (kvmsg_t *) table_next (self->table, &at, NULL))) {
        char *ttl = kvmsg_prop (kvmsg, "ttl");
        int64_t moment = strtoll (ttl, NULL, 10);
        free (ttl);
        if (moment && clone_time () >= moment) {
            kvmsg_t *gone = kvmsg_dup (kvmsg);
            kvmsg_set_body (gone, "", 0);
            s_publish (self, gone);
        }
    }
    return 0;
}

static int s_hugz (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor, (void) socket;
    server_t *self = (server_t *) argument;
    clone_send_hugz (self->publisher, self->sequence);
    return 0;
}

static void *s_bound (void *context, int type, int service)
{
    void *socket = ex_socket (context, type);
    //  A snapshot is whole, however many keys there are; the limit of a
    //  connection is what the socket had when it was bound
    if (type == ZMQ_ROUTER)
        ex_set_int (socket, ZMQ_SNDHWM, 0);
    char *endpoint = clone_endpoint ("CLONE", "*", 5556, service);
    ex_bind_to (socket, "CLONE", endpoint);
    free (endpoint);
    return socket;
}

int clone_server (bool generates, bool collects, bool ttl)
{
    ex_start ();
    server_t self;
    memset (&self, 0, sizeof self);
    self.ttl = ttl;
    self.limit = ex_count (0);
    self.table = table_new (kvmsg_free);
    void *context = zmq_ctx_new ();
    self.snapshot = s_bound (context, ZMQ_ROUTER, 0);
    ex_set_int (self.snapshot, ZMQ_LINGER, 0);
    self.publisher = s_bound (context, ZMQ_PUB, 1);
    reactor_t *reactor = reactor_new ();
    reactor_reader (reactor, self.snapshot, s_on_snapshot, &self);
    if (collects) {
        self.collector = s_bound (context, ZMQ_PULL, 2);
        reactor_reader (reactor, self.collector, s_on_collector, &self);
    }
    if (generates)
        reactor_timer (reactor, (int) ex_number ("PAUSE_MS", 10), 0, s_make_update, &self);
    if (ttl)
        reactor_timer (reactor, 1000, 0, s_flush_expired, &self);
    reactor_timer (reactor, (int) ex_number ("HEARTBEAT_MS", 1000), 0, s_hugz, &self);
    reactor_run (reactor);
    printf ("Interrupted: sequence=%" PRId64 "\n", self.sequence);
    const char *dump = ex_endpoint ("DUMP", NULL);
    if (dump)
        kvmsg_dump_table (self.table, dump);
    reactor_destroy (&reactor);
    table_destroy (&self.table);
    zmq_close (self.snapshot);
    zmq_close (self.publisher);
    if (self.collector)
        zmq_close (self.collector);
    ex_term (context);
    return 0;
}
