//  Ending cleanly on Ctrl-C, by a self-pipe: the handler writes a byte, and
//  zmq_poll watches the pipe beside the socket.

#include "example.h"
#include <fcntl.h>

static int s_wake_fd = -1;

static void s_on_signal (int number)
{
    (void) number;
    int saved = errno;
    if (write (s_wake_fd, " ", 1) == -1 && errno != EAGAIN)
        _exit (1);
    errno = saved;
}

int main (void)
{
    int pipe_fds [2];
    if (pipe2 (pipe_fds, O_NONBLOCK | O_CLOEXEC) == -1)
        ex_die ("pipe2");
    s_wake_fd = pipe_fds [1];
    ex_prepare ();
    struct sigaction action;
    memset (&action, 0, sizeof action);
    action.sa_handler = s_on_signal;
    sigaction (SIGINT, &action, NULL);
    sigaction (SIGTERM, &action, NULL);
    sigaction (SIGALRM, &action, NULL);

    void *context = zmq_ctx_new ();
    void *socket = ex_socket (context, ZMQ_REP);
    ex_bind (socket, "HELLO", "tcp://*:5555");

    zmq_pollitem_t items [] = {
        { NULL, pipe_fds [0], ZMQ_POLLIN, 0 },
        { socket, 0, ZMQ_POLLIN, 0 }
    };
    for (;;) {
        int rc = zmq_poll (items, 2, -1);
        if (rc == 0 || (rc == -1 && errno == EINTR))
            continue;           //  the pipe has the byte, if it was ours
        if (rc == -1)
            ex_die ("zmq_poll");
        if (items [0].revents & ZMQ_POLLIN) {
            printf ("W: interrupt received, killing server...\n");
            break;
        }
        if (items [1].revents & ZMQ_POLLIN) {
            char *request = s_recv_nowait (socket);
            if (request) {
                printf ("W: recv\n");
                free (request);
                s_send (socket, "World");
            }
        }
    }
    printf ("W: cleaning up\n");
    zmq_close (socket);
    ex_term (context);
    close (pipe_fds [0]);
    close (pipe_fds [1]);
    return 0;
}
