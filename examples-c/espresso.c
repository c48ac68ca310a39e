//  Espresso: what flows through a proxy, seen on its capture socket. A
//  publisher sends A-nnnnn and B-nnnnn; a subscriber wants both, reads five
//  messages and leaves. The listener prints every frame, among them the two
//  subscriptions (01) and the two unsubscriptions (00). Ends by itself once it
//  has seen these.

#include "example.h"
#include "multipart.h"

static void *s_publisher (void *context)
{
    void *publisher = ex_socket (context, ZMQ_PUB);
    ex_set_int (publisher, ZMQ_LINGER, 0);
    ex_connect_to (publisher, "inproc://frontend");
    for (;;) {
        char string [16];
        snprintf (string, sizeof string, "%c-%05d", randof (10) + 'A', randof (100000));
        if (s_send (publisher, string) == -1)
            break;
        s_sleep (10);
    }
    zmq_close (publisher);
    return NULL;
}

static void *s_subscriber (void *context)
{
    void *subscriber = ex_socket (context, ZMQ_SUB);
    ex_connect_to (subscriber, "inproc://backend");
    ex_subscribe (subscriber, "A");
    ex_subscribe (subscriber, "B");
    for (int i = 0; i < 5; i++) {
        char *string = s_recv (subscriber);
        if (!string)
            break;
        free (string);
    }
    zmq_close (subscriber);
    return NULL;
}

//  Prints what the proxy captures; ends the context after the second
//  unsubscription, which ends the proxy
static void *s_listener (void *context)
{
    void *pipe = ex_socket (context, ZMQ_PAIR);
    ex_connect_to (pipe, "inproc://capture");
    int unsubscribed = 0;
    while (unsubscribed < 2) {
        multipart_t *message = mp_recv (pipe);
        if (!message)
            break;
        char *hex = mp_hex (mp_data (message, 0), mp_size (message, 0));
        bool text = isprint ((unsigned char) *mp_data (message, 0)) != 0;
        printf ("[%03d] %s\n", (int) mp_size (message, 0), text ? mp_data (message, 0) : hex);
        free (hex);
        unsubscribed += mp_size (message, 0) > 0 && *mp_data (message, 0) == 0;
        mp_destroy (&message);
    }
    zmq_close (pipe);
    zmq_ctx_shutdown (context);
    return NULL;
}

int main (void)
{
    ex_start ();
    void *context = zmq_ctx_new ();
    void *frontend = ex_socket (context, ZMQ_XSUB);
    ex_bind_to (frontend, "FRONTEND", "inproc://frontend");
    void *backend = ex_socket (context, ZMQ_XPUB);
    ex_bind_to (backend, "BACKEND", "inproc://backend");
    void *capture = ex_socket (context, ZMQ_PAIR);
    ex_bind_to (capture, "CAPTURE", "inproc://capture");
    pthread_t threads [] = {
        ex_thread (s_listener, context),
        ex_thread (s_publisher, context),
        ex_thread (s_subscriber, context)
    };
    zmq_proxy (frontend, backend, capture);
    zmq_ctx_shutdown (context);
    for (int i = 0; i < 3; i++)
        pthread_join (threads [i], NULL);
    zmq_close (frontend);
    zmq_close (backend);
    zmq_close (capture);
    ex_term (context);
    return 0;
}
