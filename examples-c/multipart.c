//  multipart.c - a message of several frames, held in memory

#include "multipart.h"
#include "example.h"

static frame_t s_frame (const void *data, size_t size)
{
    frame_t frame = { size, (char *) ex_alloc (size + 1) };
    if (size)
        memcpy (frame.data, data, size);
    return frame;
}

static void s_reserve (multipart_t *message)
{
    if (message->count < message->room)
        return;
    message->room = message->room ? message->room * 2 : 8;
    message->frames = (frame_t *) realloc (message->frames,
                                           message->room * sizeof (frame_t));
    if (!message->frames)
        ex_die ("out of memory");
}

multipart_t *mp_new (void)
{
    return (multipart_t *) ex_alloc (sizeof (multipart_t));
}

void mp_destroy (multipart_t **message)
{
    if (!*message)
        return;
    for (size_t i = 0; i < (*message)->count; i++)
        free ((*message)->frames [i].data);
    free ((*message)->frames);
    free (*message);
    *message = NULL;
}

multipart_t *mp_dup (const multipart_t *message)
{
    multipart_t *copy = mp_new ();
    for (size_t i = 0; i < message->count; i++)
        mp_append (copy, message->frames [i].data, message->frames [i].size);
    return copy;
}

static multipart_t *s_recv_parts (void *socket, int flags)
{
    multipart_t *message = mp_new ();
    int more = 1;
    while (more) {
        zmq_msg_t part;
        zmq_msg_init (&part);
        if (zmq_msg_recv (&part, socket, flags) == -1) {
            int saved = errno;
            zmq_msg_close (&part);
            mp_destroy (&message);
            errno = saved;
            return NULL;
        }
        mp_append (message, zmq_msg_data (&part), zmq_msg_size (&part));
        more = zmq_msg_more (&part);
        zmq_msg_close (&part);
    }
    return message;
}

multipart_t *mp_recv (void *socket)
{
    return s_recv_parts (socket, 0);
}

multipart_t *mp_recv_nowait (void *socket)
{
    return s_recv_parts (socket, ZMQ_DONTWAIT);
}

static int s_send_parts (multipart_t **message, void *socket, int flags)
{
    int rc = 0, saved = 0;
    for (size_t i = 0; i < (*message)->count && rc != -1; i++) {
        frame_t *frame = &(*message)->frames [i];
        int more = i + 1 < (*message)->count ? ZMQ_SNDMORE : 0;
        rc = zmq_send (socket, frame->data, frame->size, flags | more);
        //  A message once begun is completed, whatever signals arrive
        while (rc == -1 && errno == EINTR && i > 0)
            rc = zmq_send (socket, frame->data, frame->size, flags | more);
        saved = errno;
    }
    mp_destroy (message);
    errno = saved;
    return rc == -1 ? -1 : 0;
}

int mp_send (multipart_t **message, void *socket)
{
    return s_send_parts (message, socket, 0);
}

int mp_send_nowait (multipart_t **message, void *socket)
{
    return s_send_parts (message, socket, ZMQ_DONTWAIT);
}

void mp_append (multipart_t *message, const void *data, size_t size)
{
    s_reserve (message);
    message->frames [message->count++] = s_frame (data, size);
}

void mp_append_str (multipart_t *message, const char *string)
{
    mp_append (message, string, strlen (string));
}

void mp_append_format (multipart_t *message, const char *format, ...)
{
    char text [1024];
    va_list args;
    va_start (args, format);
    int size = vsnprintf (text, sizeof text, format, args);
    va_end (args);
    if (size < 0 || (size_t) size >= sizeof text) {
        errno = EMSGSIZE;
        ex_die ("mp_append_format");
    }
    mp_append (message, text, (size_t) size);
}

void mp_push (multipart_t *message, const void *data, size_t size)
{
    s_reserve (message);
    memmove (message->frames + 1, message->frames, message->count * sizeof (frame_t));
    message->frames [0] = s_frame (data, size);
    message->count++;
}

void mp_push_str (multipart_t *message, const char *string)
{
    mp_push (message, string, strlen (string));
}

frame_t mp_pop (multipart_t *message)
{
    frame_t frame = { 0, NULL };
    if (message->count) {
        frame = message->frames [0];
        message->count--;
        memmove (message->frames, message->frames + 1,
                 message->count * sizeof (frame_t));
    }
    return frame;
}

char *mp_pop_str (multipart_t *message)
{
    return mp_pop (message).data;
}

void mp_wrap (multipart_t *message, const void *address, size_t size)
{
    mp_push (message, "", 0);
    mp_push (message, address, size);
}

frame_t mp_unwrap (multipart_t *message)
{
    frame_t address = mp_pop (message);
    if (message->count && message->frames [0].size == 0)
        free (mp_pop (message).data);
    return address;
}

const char *mp_data (const multipart_t *message, size_t index)
{
    return index < message->count ? message->frames [index].data : NULL;
}

size_t mp_size (const multipart_t *message, size_t index)
{
    return index < message->count ? message->frames [index].size : 0;
}

bool mp_is (const multipart_t *message, size_t index, const void *data, size_t size)
{
    return index < message->count && message->frames [index].size == size
        && memcmp (message->frames [index].data, data, size) == 0;
}

bool mp_is_str (const multipart_t *message, size_t index, const char *string)
{
    return mp_is (message, index, string, strlen (string));
}

void mp_dump (const multipart_t *message, FILE *out)
{
    fprintf (out, "--------------------------------------\n");
    for (size_t i = 0; i < message->count; i++) {
        const frame_t *frame = &message->frames [i];
        bool text = true;
        for (size_t at = 0; at < frame->size; at++)
            if (!isprint ((unsigned char) frame->data [at]))
                text = false;
        fprintf (out, "[%03d] ", (int) frame->size);
        if (text)
            fprintf (out, "%s\n", frame->data);
        else {
            char *hex = mp_hex (frame->data, frame->size);
            fprintf (out, "%s\n", hex);
            free (hex);
        }
    }
}

char *mp_hex (const void *data, size_t size)
{
    char *hex = (char *) ex_alloc (2 * size + 1);
    for (size_t i = 0; i < size; i++)
        snprintf (hex + 2 * i, 3, "%02X", ((const unsigned char *) data) [i]);
    return hex;
}
