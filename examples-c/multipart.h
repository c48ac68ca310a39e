//  multipart.h - a message of several frames, held in memory
//
//  Frames are numbered from 0. The bytes of a frame are followed by a NUL that
//  is not counted in its size, so text frames can be used as strings.
//  A message that is sent, successfully or not, is destroyed and its pointer
//  set to NULL.

#ifndef MULTIPART_H_INCLUDED
#define MULTIPART_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct {
    size_t size;
    char *data;
} frame_t;

typedef struct {
    size_t count;
    size_t room;
    frame_t *frames;
} multipart_t;

multipart_t *mp_new (void);
void mp_destroy (multipart_t **message);
multipart_t *mp_dup (const multipart_t *message);

//  NULL when interrupted, terminated, or (nowait) when there is none
multipart_t *mp_recv (void *socket);
multipart_t *mp_recv_nowait (void *socket);

//  0, or -1 with errno. mp_send_nowait does not wait for room.
int mp_send (multipart_t **message, void *socket);
int mp_send_nowait (multipart_t **message, void *socket);

//  Add at the end, or at the front
void mp_append (multipart_t *message, const void *data, size_t size);
void mp_append_str (multipart_t *message, const char *string);
void mp_append_format (multipart_t *message, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));
void mp_push (multipart_t *message, const void *data, size_t size);
void mp_push_str (multipart_t *message, const char *string);

//  Take the first frame out; the caller frees .data (NULL when there is none)
frame_t mp_pop (multipart_t *message);
char *mp_pop_str (multipart_t *message);

//  Put an address and an empty delimiter in front, or take them off
void mp_wrap (multipart_t *message, const void *address, size_t size);
frame_t mp_unwrap (multipart_t *message);

//  Bytes of one frame, NULL when there are not so many frames
const char *mp_data (const multipart_t *message, size_t index);
size_t mp_size (const multipart_t *message, size_t index);
bool mp_is (const multipart_t *message, size_t index, const void *data, size_t size);
bool mp_is_str (const multipart_t *message, size_t index, const char *string);

//  One line per frame: length, then text or hexadecimal
void mp_dump (const multipart_t *message, FILE *out);

//  Fresh upper-case hexadecimal of some bytes
char *mp_hex (const void *data, size_t size);

#endif
