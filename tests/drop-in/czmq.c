/* An application of CZMQ, whose own library is linked to libzmq.so.5 and knows nothing of the change. */
#include <czmq.h>

#include "check.h"

static zsock_t *timed(zsock_t *s)
{
    CHECK(s != NULL);
    zsock_set_rcvtimeo(s, 10000);
    zsock_set_sndtimeo(s, 10000);
    return s;
}

static void sockets(void *unused)
{
    (void)unused;
    zsock_t *server = timed(zsock_new_router("tcp://127.0.0.1:*"));
    zsock_t *client = timed(zsock_new_dealer(zsock_endpoint(server)));
    for (int i = 0; i < 100; i++) {
        CHECK(zstr_sendx(client, "hello", "there", NULL) == 0);
        zmsg_t *msg = zmsg_recv(server);
        CHECK(msg != NULL && zmsg_size(msg) == 3 && zmsg_send(&msg, server) == 0);
        char *a = NULL, *b = NULL;
        CHECK(zstr_recvx(client, &a, &b, NULL) == 2 && streq(a, "hello") && streq(b, "there"));
        zstr_free(&a);
        zstr_free(&b);
    }
    zpoller_t *poller = zpoller_new(server, client, NULL);
    CHECK(zpoller_wait(poller, 0) == NULL && zpoller_expired(poller));
    CHECK(zstr_send(client, "x") == 0 && zpoller_wait(poller, 10000) == server);
    zpoller_destroy(&poller);
    zsock_destroy(&client);
    zsock_destroy(&server);
}

static void proxy(void *unused)
{
    (void)unused;
    zactor_t *actor = zactor_new(zproxy, NULL);
    CHECK(actor != NULL);
    char front[64], back[64], to_back[65];
    snprintf(front, sizeof front, "inproc://front-%d", (int)getpid());
    snprintf(back, sizeof back, "inproc://back-%d", (int)getpid());
    snprintf(to_back, sizeof to_back, ">%s", back); /* a PULL binds unless told to connect */
    CHECK(zstr_sendx(actor, "FRONTEND", "PULL", front, NULL) == 0 && zsock_wait(actor) == 0);
    CHECK(zstr_sendx(actor, "BACKEND", "PUSH", back, NULL) == 0 && zsock_wait(actor) == 0);
    zsock_t *push = timed(zsock_new_push(front)), *pull = timed(zsock_new_pull(to_back));
    CHECK(zstr_send(push, "through") == 0);
    char *got = zstr_recv(pull);
    CHECK(got != NULL && streq(got, "through"));
    zstr_free(&got);
    zsock_destroy(&push);
    zsock_destroy(&pull);
    zactor_destroy(&actor);
}

static void monitor_and_auth(void *unused)
{
    (void)unused;
    zactor_t *auth = zactor_new(zauth, NULL);
    CHECK(auth != NULL && zstr_sendx(auth, "ALLOW", "127.0.0.1", NULL) == 0 && zsock_wait(auth) == 0);
    zsock_t *pull = timed(zsock_new(ZMQ_PULL)), *push = timed(zsock_new(ZMQ_PUSH));
    zsock_set_zap_domain(pull, "global");
    zactor_t *watch = zactor_new(zmonitor, push);
    CHECK(zstr_sendx(watch, "LISTEN", "HANDSHAKE_SUCCEEDED", NULL) == 0 && zstr_send(watch, "START") == 0 && zsock_wait(watch) == 0);
    int port = zsock_bind(pull, "tcp://127.0.0.1:*");
    CHECK(port > 0 && zsock_connect(push, "tcp://127.0.0.1:%d", port) == 0);
    char *event = zstr_recv(watch);
    CHECK(event != NULL && streq(event, "HANDSHAKE_SUCCEEDED"));
    zstr_free(&event);
    CHECK(zstr_send(push, "allowed") == 0);
    char *got = zstr_recv(pull);
    CHECK(got != NULL && streq(got, "allowed"));
    zstr_free(&got);
    zactor_destroy(&watch);
    zsock_destroy(&push);
    zsock_destroy(&pull);
    zactor_destroy(&auth);
}

static int on_timer(zloop_t *loop, int id, void *arg)
{
    (void)loop, (void)id;
    return ++*(int *)arg == 3 ? -1 : 0;
}

static void loop(void *unused)
{
    (void)unused;
    int ticks = 0;
    zloop_t *l = zloop_new();
    CHECK(zloop_timer(l, 5, 0, on_timer, &ticks) > 0 && zloop_start(l) == -1 && ticks == 3);
    zloop_destroy(&l);
}

int main(int argc, char **argv)
{
    static const struct area areas[] = {{"sockets", sockets}, {"proxy", proxy}, {"monitor-auth", monitor_and_auth}, {"loop", loop}};
    zsys_set_logstream(stderr);
    int rc = run_areas(areas, sizeof areas / sizeof *areas, argc, argv);
    zsys_shutdown();
    return rc;
}
