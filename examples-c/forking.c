//  Fork: a process that holds a context forks. The child leaves what it
//  inherited alone but for closing it, and begins with a context of its own;
//  the parent goes on as if nothing had happened.

#include "example.h"
#include <sys/wait.h>

//  One request over a socket, answered by ourselves over the other
static bool s_echo (void *client, void *server)
{
    char *text = NULL;
    bool right = s_send (client, "Hello") == 5 && (text = s_recv (server));
    free (text);
    right = right && s_send (server, "World") == 5 && (text = s_recv (client)) && streq (text, "World");
    if (right)
        free (text);
    return right;
}

static bool s_own_context (void)
{
    void *context = zmq_ctx_new ();
    void *server = ex_socket (context, ZMQ_REP);
    ex_bind_to (server, "CHILD", "tcp://127.0.0.1:*");
    char *endpoint = ex_last_endpoint (server);
    void *client = ex_socket (context, ZMQ_REQ);
    ex_connect_to (client, endpoint);
    bool right = s_echo (client, server);
    free (endpoint);
    zmq_close (client);
    zmq_close (server);
    ex_term (context);
    return right;
}

//  The child says what it finds, and how many of the three things held
static int s_child (void *context, void *server)
{
    int held = 0;
    char byte;
    if (zmq_recv (server, &byte, 1, 0) == -1) {
        printf ("Child: inherited socket refused\n");
        held++;
    }
    if (s_own_context ()) {
        printf ("Child: own context works\n");
        held++;
    }
    //  Neither waits for the parent's peers nor ends its connections
    zmq_close (server);
    zmq_ctx_term (context);
    printf ("Child: inherited context closed\n");
    held++;
    return held;
}

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *server = ex_socket (context, ZMQ_REP);
    ex_bind_to (server, "PARENT", "tcp://127.0.0.1:*");
    char *endpoint = ex_last_endpoint (server);
    void *client = ex_socket (context, ZMQ_REQ);
    ex_connect_to (client, endpoint);
    bool before = s_echo (client, server);

    pid_t child = fork ();
    if (child == 0)
        exit (s_child (context, server) == 3 ? 0 : 1);
    bool during = s_echo (client, server);
    int status = -1;
    while (waitpid (child, &status, 0) == -1 && errno == EINTR)
        ;
    bool after = s_echo (client, server);
    bool unharmed = before && during && after;
    if (unharmed)
        printf ("Parent: unharmed\n");
    free (endpoint);
    zmq_close (client);
    zmq_close (server);
    ex_term (context);
    return unharmed && WIFEXITED (status) && WEXITSTATUS (status) == 0 ? 0 : 1;
}
