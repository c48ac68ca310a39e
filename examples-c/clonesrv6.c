//  Clone server, model 6: -p is the primary, -b the backup, of a Binary Star
//  pair. Only the active one publishes. The passive one follows it, and keeps
//  what clients set until the active one has published it; when it takes over
//  it publishes what is left.

#include "bstar.h"
#include "clonestore.h"
#include "example.h"
#include "list.h"
#include "multipart.h"

typedef struct {
    void *context;
    reactor_t *reactor;
    bstar_t *bstar;
    table_t *table;
    bool synced;                //  the table is the peer's, or ours by right
    int64_t sequence;
    bool active;
    const char *peer;
    int peer_port;
    list_t pending;             //  pending_t, oldest first
    int64_t heard;              //  when the peer last published
    long heartbeat_ms;
    void *snapshot, *publisher, *collector, *subscriber;
} server_t;

//  An update that came once of two times: from a client, or as the active
//  server published it
typedef struct {
    kvmsg_t *kvmsg;
    bool published;
    int64_t since;
} pending_t;

static void s_publish (server_t *self, kvmsg_t *kvmsg)
{
    char *ttl = kvmsg_prop (kvmsg, "ttl");
    //  A duration becomes a moment, once
    if (kvmsg->size && atoi (ttl) > 0 && strlen (ttl) < 10) {
        char *moment = ex_format ("%" PRId64, clone_time () + (int64_t) atoi (ttl) * 1000);
        kvmsg_set_prop (kvmsg, "ttl", moment);
        free (moment);
    }
    free (ttl);
    kvmsg->sequence = ++self->sequence;
    kvmsg_send (kvmsg, self->publisher);
    printf ("I: publishing %s=%" PRId64 "\n", kvmsg->size ? "update" : "delete", self->sequence);
    kvmsg_store (&kvmsg, self->table);
}

static void s_drop_pending (pending_t *held)
{
    kvmsg_destroy (&held->kvmsg);
    free (held);
}

static void s_hold (server_t *self, kvmsg_t *kvmsg, bool published)
{
    pending_t *held = (pending_t *) ex_alloc (sizeof (pending_t));
    *held = (pending_t) { kvmsg, published, s_clock () };
    list_append (&self->pending, held);
}

//  Every update reaches the passive server twice, from the client and from the
//  active server, in either order. True at the second time.
static bool s_was_pending (server_t *self, const kvmsg_t *kvmsg)
{
    for (size_t i = 0; i < self->pending.count; i++) {
        pending_t *held = (pending_t *) list_at (&self->pending, i);
        if (kvmsg->has_uuid && memcmp (held->kvmsg->uuid, kvmsg->uuid, sizeof kvmsg->uuid) == 0) {
            list_remove (&self->pending, held);
            s_drop_pending (held);
            return true;
        }
    }
    return false;
}

//  An update that the peer has lived on with for two heartbeats comes no second
//  time: one of the two ways was interrupted when it passed there
static void s_purge_pending (server_t *self)
{
    int64_t last = (self->active ? s_clock () : self->heard) - 2 * self->heartbeat_ms;
    pending_t *held;
    while ((held = (pending_t *) list_at (&self->pending, 0)) && held->since < last) {
        list_pop (&self->pending);
        s_drop_pending (held);
    }
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
    if (s_was_pending (self, kvmsg))
        kvmsg_destroy (&kvmsg);
    else
    if (self->active)
        s_publish (self, kvmsg);
    else
        s_hold (self, kvmsg, false);
    return 0;
}

//  The peer's keys, before its first update is applied. False if none came.
static bool s_sync_with_peer (server_t *self)
{
    void *socket = ex_socket (self->context, ZMQ_DEALER);
    ex_set_int (socket, ZMQ_LINGER, 0);
    char *endpoint = clone_endpoint (self->peer, "localhost", self->peer_port, 0);
    ex_connect_to (socket, endpoint);
    printf ("I: asking for snapshot from: %s\n", endpoint);
    table_t *table = table_new (kvmsg_free);
    int64_t sequence = clone_request_snapshot (socket, "", table, 2000);
    zmq_close (socket);
    free (endpoint);
    if (sequence < 0) {
        table_destroy (&table);
        return false;
    }
    printf ("I: received snapshot=%" PRId64 "\n", sequence);
    table_destroy (&self->table);
    self->table = table;
    self->sequence = sequence;
    //  What clients sent before now the active server has had as long as we:
    //  it is in the snapshot, perhaps under a newer value, or comes from there
    pending_t *held;
    while ((held = (pending_t *) list_pop (&self->pending)))
        s_drop_pending (held);
    return true;
}

static int s_on_peer (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor;
    server_t *self = (server_t *) argument;
    kvmsg_t *kvmsg = kvmsg_recv (socket);
    if (!kvmsg)
        return -1;
    if (!self->active) {
        self->heard = s_clock ();
        if (!self->synced)
            self->synced = s_sync_with_peer (self);
        if (self->synced && strneq (kvmsg->key, "HUGZ")) {
            //  A deletion is the active server's own: no client sends it
            if (kvmsg->size && !s_was_pending (self, kvmsg))
                s_hold (self, kvmsg_dup (kvmsg), true);
            if (kvmsg->sequence > self->sequence) {
                self->sequence = kvmsg->sequence;
                printf ("I: received %s=%" PRId64 "\n",
                        kvmsg->size ? "update" : "delete", self->sequence);
                kvmsg_store (&kvmsg, self->table);
            }
        }
    }
    kvmsg_destroy (&kvmsg);
    return 0;
}

static int s_become_active (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor, (void) socket;
    server_t *self = (server_t *) argument;
    self->active = true;
    self->synced = true;
    //  What the dead server did not publish. What it did may still come from
    //  the client, late.
    for (size_t i = 0; i < self->pending.count;) {
        pending_t *held = (pending_t *) list_at (&self->pending, i);
        if (held->published) {
            i++;
            continue;
        }
        list_remove (&self->pending, held);
        s_publish (self, held->kvmsg);
        free (held);
    }
    return 0;
}

static int s_become_passive (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor, (void) socket;
    server_t *self = (server_t *) argument;
    self->active = false;
    self->synced = false;
    return 0;
}

static int s_hugz (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor, (void) socket;
    server_t *self = (server_t *) argument;
    s_purge_pending (self);
    if (self->active)
        clone_send_hugz (self->publisher, self->sequence);
    return 0;
}

static int s_flush_expired (reactor_t *reactor, void *socket, void *argument)
{
    (void) reactor, (void) socket;
    server_t *self = (server_t *) argument;
    size_t at = 0;
    kvmsg_t *kvmsg;
    while (self->active && (kvmsg = (kvmsg_t *) table_next (self->table, &at, NULL))) {
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

static void *s_bound (server_t *self, int type, const char *name, int port, int service)
{
    void *socket = ex_socket (self->context, type);
    ex_set_int (socket, ZMQ_LINGER, 0);
    //  A snapshot is whole, however many keys there are; the limit of a
    //  connection is what the socket had when it was bound
    if (type == ZMQ_ROUTER)
        ex_set_int (socket, ZMQ_SNDHWM, 0);
    char *endpoint = clone_endpoint (name, "*", port, service);
    ex_bind_to (socket, name, endpoint);
    free (endpoint);
    return socket;
}

int main (int argc, char *argv [])
{
    ex_start ();
    bool primary = argc == 2 && streq (argv [1], "-p");
    if (!primary && (argc != 2 || strneq (argv [1], "-b"))) {
        printf ("syntax: clonesrv6 { -p | -b }\n");
        return 2;
    }
    server_t self;
    memset (&self, 0, sizeof self);
    self.heartbeat_ms = ex_number ("HEARTBEAT_MS", 1000);
    self.context = zmq_ctx_new ();
    self.reactor = reactor_new ();
    self.table = table_new (kvmsg_free);
    const char *name = primary ? "CLONE_PRIMARY" : "CLONE_BACKUP";
    int port = primary ? 5556 : 5566;
    self.peer = primary ? "CLONE_BACKUP" : "CLONE_PRIMARY";
    self.peer_port = primary ? 5566 : 5556;
    self.publisher = s_bound (&self, ZMQ_PUB, name, port, 1);
    self.collector = s_bound (&self, ZMQ_SUB, name, port, 2);
    ex_subscribe (self.collector, "");
    self.snapshot = s_bound (&self, ZMQ_ROUTER, name, port, 0);
    self.subscriber = ex_socket (self.context, ZMQ_SUB);
    ex_subscribe (self.subscriber, "");
    char *endpoint = clone_endpoint (self.peer, "localhost", self.peer_port, 1);
    ex_connect_to (self.subscriber, endpoint);
    free (endpoint);

    if (primary)
        self.bstar = bstar_new (self.context, BSTAR_PRIMARY, self.reactor,
                                "PRIMARY_STATE", "tcp://*:5003",
                                "BACKUP_STATE", "tcp://localhost:5004");
    else
        self.bstar = bstar_new (self.context, BSTAR_BACKUP, self.reactor,
                                "BACKUP_STATE", "tcp://*:5004",
                                "PRIMARY_STATE", "tcp://localhost:5003");
    bstar_on_active (self.bstar, s_become_active, &self);
    bstar_on_passive (self.bstar, s_become_passive, &self);
    bstar_voter (self.bstar, self.snapshot, s_on_snapshot, &self);
    reactor_reader (self.reactor, self.collector, s_on_collector, &self);
    reactor_reader (self.reactor, self.subscriber, s_on_peer, &self);
    reactor_timer (self.reactor, (int) self.heartbeat_ms, 0, s_hugz, &self);
    reactor_timer (self.reactor, 1000, 0, s_flush_expired, &self);
    int status = reactor_run (self.reactor) == 0 ? 1 : 0;

    printf ("Interrupted: sequence=%" PRId64 "\n", self.sequence);
    const char *dump = ex_endpoint ("DUMP", NULL);
    if (dump)
        kvmsg_dump_table (self.table, dump);
    for (pending_t *held; (held = (pending_t *) list_pop (&self.pending));)
        s_drop_pending (held);
    list_close (&self.pending);
    bstar_destroy (&self.bstar);
    reactor_destroy (&self.reactor);
    table_destroy (&self.table);
    zmq_close (self.snapshot);
    zmq_close (self.publisher);
    zmq_close (self.collector);
    zmq_close (self.subscriber);
    ex_term (self.context);
    return status;
}
