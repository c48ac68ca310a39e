//  Clustered Hashmap Protocol, frame by frame: asks a Clone server for its
//  snapshot, sets /chp/key, and prints what comes: each message between lines,
//  each frame with its length. Argument: a subtree, which ends with '/'.

#include "example.h"
#include "clonestore.h"

static void *s_connected (void *context, int type, int service)
{
    void *socket = ex_socket (context, type);
    ex_set_int (socket, ZMQ_LINGER, 0);
    char *endpoint = clone_endpoint ("CLONE", "localhost", 5556, service);
    ex_connect_to (socket, endpoint);
    free (endpoint);
    return socket;
}

//  Print the messages of a socket until one whose first frame is this key
static bool s_dump_until (void *socket, const char *key)
{
    for (;;) {
        //  A server that waits for its peer says nothing
        if (ex_wait (socket, 5000) != 1)
            return false;
        zmq_msg_t frame;
        zmq_msg_init (&frame);
        if (zmq_msg_recv (&frame, socket, 0) == -1)
            return false;
        bool last = zmq_msg_size (&frame) == strlen (key)
                 && memcmp (zmq_msg_data (&frame), key, strlen (key)) == 0;
        printf ("----------------------------------------\n[%03zu] %.*s\n", zmq_msg_size (&frame),
                (int) zmq_msg_size (&frame), (char *) zmq_msg_data (&frame));
        bool more = zmq_msg_more (&frame);
        zmq_msg_close (&frame);
        while (more) {
            zmq_msg_init (&frame);
            if (zmq_msg_recv (&frame, socket, 0) == -1)
                return false;
            const unsigned char *data = (const unsigned char *) zmq_msg_data (&frame);
            printf ("[%03zu] ", zmq_msg_size (&frame));
            for (size_t i = 0; i < zmq_msg_size (&frame); i++)
                printf ("%02X", data [i]);
            printf ("\n");
            more = zmq_msg_more (&frame);
            zmq_msg_close (&frame);
        }
        if (last)
            return true;
    }
}

int main (int argc, char *argv [])
{
    ex_start ();
    const char *subtree = argc > 1 ? argv [1] : "";
    void *context = zmq_ctx_new ();
    void *snapshot = s_connected (context, ZMQ_DEALER, 0);
    void *updates = s_connected (context, ZMQ_SUB, 1);
    ex_subscribe (updates, subtree);
    ex_subscribe (updates, "HUGZ");
    void *collector = s_connected (context, ZMQ_XPUB, 2);

    //  A heartbeat shows that updates reach us, the snapshot comes up to KTHXBAI
    printf ("Heartbeat:\n");
    bool right = s_dump_until (updates, "HUGZ");
    printf ("Snapshot:\n");
    s_sendmore (snapshot, "ICANHAZ?");
    s_send (snapshot, subtree);
    right = right && s_dump_until (snapshot, "KTHXBAI");

    //  [key] [sequence] [uuid] [properties] [body], once the server listens
    char listening;
    right = right && zmq_recv (collector, &listening, 1, 0) == 1 && listening == 1;
    printf ("Update:\n");
    const unsigned char uuid [16] = { 0xC0, 0xFF, 0xEE };
    s_sendmore (collector, "/chp/key");
    zmq_send (collector, "\0\0\0\0\0\0\0\0", 8, ZMQ_SNDMORE);
    zmq_send (collector, uuid, sizeof uuid, ZMQ_SNDMORE);
    s_sendmore (collector, "ttl=0\n");
    s_send (collector, "value");
    right = right && s_dump_until (updates, "/chp/key");
    zmq_close (snapshot);
    zmq_close (updates);
    zmq_close (collector);
    ex_term (context);
    return right ? 0 : 1;
}
