/* A server and a client, REP and REQ, over the endpoint that the caller names.
 *
 *   first-steps server|client ENDPOINT COUNT   one side in this process
 *   first-steps both ENDPOINT COUNT            both sides, as two threads of this process
 *
 * The server prints the endpoint that it is bound to, so that the caller may leave the choice of a port to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static void check(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
        exit(1);
    }
}

static void *context;
static int count;

static void serve(void *socket)
{
    int i;
    for (i = 0; i < count; i++) {
        char request[16];
        int size = zmq_recv(socket, request, sizeof request, 0);
        check(size == 5 && memcmp(request, "Hello", 5) == 0, "request");
        check(zmq_send(socket, "World", 5, 0) == 5, "reply");
    }
}

/* Where the server is. */
static char actual[256];

static void *bound(const char *endpoint)
{
    size_t size = sizeof actual;
    void *socket = zmq_socket(context, ZMQ_REP);
    check(socket != NULL, "socket");
    check(zmq_bind(socket, endpoint) == 0, endpoint);
    check(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, actual, &size) == 0, "last endpoint");
    printf("bound %s\n", actual);
    fflush(stdout);
    return socket;
}

static void ask(const char *endpoint)
{
    int i;
    void *socket = zmq_socket(context, ZMQ_REQ);
    check(socket != NULL, "socket");
    check(zmq_connect(socket, endpoint) == 0, endpoint);
    for (i = 0; i < count; i++) {
        char reply[16];
        check(zmq_send(socket, "Hello", 5, 0) == 5, "request");
        check(zmq_recv(socket, reply, sizeof reply, 0) == 5 && memcmp(reply, "World", 5) == 0, "reply");
    }
    printf("%d replies\n", count);
    check(zmq_close(socket) == 0, "close");
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    context = zmq_ctx_new();
    check(context != NULL, "context");
    count = atoi(argv[3]);
    if (strcmp(argv[1], "client") == 0) {
        ask(argv[2]);
    } else {
        void *socket = bound(argv[2]);
        if (strcmp(argv[1], "server") == 0) {
            serve(socket);
        } else {
            void *thread = zmq_threadstart(serve, socket);
            check(thread != NULL, "thread");
            ask(actual);
            zmq_threadclose(thread);
        }
        check(zmq_close(socket) == 0, "close");
    }
    check(zmq_ctx_term(context) == 0, "term");
    return 0;
}
