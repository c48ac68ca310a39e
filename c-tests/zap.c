/* The ZAP handler thread. */
#include "zap.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    enum zap_mode mode;
    char status[8], user[32];
    int requests, count, sizes[16];
    unsigned char frames[16][300];
} zap;

static void part (void *s, const char *text, int more)
{
    zmq_send (s, text, strlen (text), more ? ZMQ_SNDMORE : 0);
}

static void answer (void *s)
{
    static const char metadata[] = "\5Hello\0\0\0\5World";
    part (s, zap.mode == ZAP_BAD_VERSION ? "9.9" : "1.0", 1);
    part (s, zap.mode == ZAP_BAD_ID ? "wrong" : "1", 1);
    part (s, zap.mode == ZAP_BAD_STATUS ? "777" : zap.status, 1);
    part (s, "text", 1);
    if (zap.mode == ZAP_TOO_FEW) {
        part (s, zap.user, 0);
        return;
    }
    part (s, zap.user, 1);
    if (zap.mode == ZAP_BAD_METADATA)
        zmq_send (s, "\5Hel", 4, 0);
    else
        zmq_send (s, metadata, sizeof metadata - 1, zap.mode == ZAP_TOO_MANY ? ZMQ_SNDMORE : 0);
    if (zap.mode == ZAP_TOO_MANY)
        part (s, "", 0);
}

static void *handler (void *s)
{
    unsigned char frames[16][300];
    int sizes[16], more = 1;
    size_t size = sizeof more;
    for (;;) {
        int count = 0;
        do {
            int index = count < 16 ? count : 15;
            sizes[index] = zmq_recv (s, frames[index], 300, 0);
            if (sizes[index] == -1) {
                if (errno == EINTR)
                    continue;
                zmq_close (s);
                return NULL;
            }
            count++;
            zmq_getsockopt (s, ZMQ_RCVMORE, &more, &size);
        } while (more);
        pthread_mutex_lock (&lock);
        zap.requests++;
        zap.count = count;
        memcpy (zap.frames, frames, sizeof frames);
        memcpy (zap.sizes, sizes, sizeof sizes);
        pthread_mutex_unlock (&lock);
        if (zap.mode == ZAP_SILENT) {
            /* Owes the answer until the context ends. */
            zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
            while (zmq_poll (&item, 1, -1) != -1 || errno == EINTR)
                ;
            zmq_close (s);
            return NULL;
        }
        answer (s);
    }
}

void zap_start (void *ctx, enum zap_mode mode, const char *status, const char *user)
{
    pthread_t thread;
    memset (&zap, 0, sizeof zap);
    zap.mode = mode;
    snprintf (zap.status, sizeof zap.status, "%s", status);
    snprintf (zap.user, sizeof zap.user, "%s", user);
    void *s = sock (ctx, ZMQ_REP);
    set_int (s, ZMQ_RCVTIMEO, -1);
    set_int (s, ZMQ_SNDTIMEO, -1);
    expect_ok (zmq_bind (s, "inproc://zeromq.zap.01"));
    give_up_socket (s);
    expect_ok (pthread_create (&thread, NULL, handler, s));
    pthread_detach (thread);
}

int zap_requests (void)
{
    pthread_mutex_lock (&lock);
    int requests = zap.requests;
    pthread_mutex_unlock (&lock);
    return requests;
}

int zap_frames (void)
{
    pthread_mutex_lock (&lock);
    int count = zap.count;
    pthread_mutex_unlock (&lock);
    return count;
}

void zap_frame (int index, const void *bytes, size_t size)
{
    row ("frame %d of the request", index);
    pthread_mutex_lock (&lock);
    int got = zap.sizes[index];
    pthread_mutex_unlock (&lock);
    expect_int (got, size);
    expect_mem (zap.frames[index], bytes, size);
    row ("%s", "");
}
