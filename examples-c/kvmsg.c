//  kvmsg.c - a key and its value, as the Clone programs send them

#include "kvmsg.h"
#include "example.h"
#include "kvsimple.h"
#include "multipart.h"

kvmsg_t *kvmsg_new (int64_t sequence)
{
    kvmsg_t *self = (kvmsg_t *) ex_alloc (sizeof (kvmsg_t));
    self->sequence = sequence;
    self->key = ex_format ("%s", "");
    self->props = ex_format ("%s", "");
    self->body = ex_format ("%s", "");
    return self;
}

void kvmsg_free (void *item)
{
    kvmsg_t *self = (kvmsg_t *) item;
    if (!self)
        return;
    free (self->key);
    free (self->props);
    free (self->body);
    free (self);
}

void kvmsg_destroy (kvmsg_t **self)
{
    kvmsg_free (*self);
    *self = NULL;
}

kvmsg_t *kvmsg_dup (const kvmsg_t *self)
{
    kvmsg_t *copy = kvmsg_new (self->sequence);
    kvmsg_set_key (copy, self->key);
    kvmsg_set_body (copy, self->body, self->size);
    free (copy->props);
    copy->props = ex_format ("%s", self->props);
    memcpy (copy->uuid, self->uuid, sizeof copy->uuid);
    copy->has_uuid = self->has_uuid;
    return copy;
}

static void s_put_sequence (unsigned char *bytes, int64_t sequence)
{
    for (int i = 0; i < 8; i++)
        bytes [i] = (unsigned char) ((uint64_t) sequence >> (56 - 8 * i));
}

static int64_t s_get_sequence (const char *bytes)
{
    uint64_t sequence = 0;
    for (int i = 0; i < 8; i++)
        sequence = sequence << 8 | (unsigned char) bytes [i];
    return (int64_t) sequence;
}

//  The message in the frames, or NULL when they are of another form
static kvmsg_t *s_decode (const multipart_t *frames, size_t expected)
{
    if (frames->count != expected || mp_size (frames, 1) != 8
    || (expected == 5 && mp_size (frames, 2) != 0 && mp_size (frames, 2) != 16))
        return NULL;
    kvmsg_t *self = kvmsg_new (s_get_sequence (mp_data (frames, 1)));
    kvmsg_set_key (self, mp_data (frames, 0));
    size_t body = expected - 1;
    kvmsg_set_body (self, mp_data (frames, body), mp_size (frames, body));
    if (expected == 5) {
        self->has_uuid = mp_size (frames, 2) == 16;
        memcpy (self->uuid, mp_data (frames, 2), mp_size (frames, 2));
        free (self->props);
        self->props = ex_format ("%s", mp_data (frames, 3));
    }
    return self;
}

static kvmsg_t *s_recv_form (void *socket, size_t frames_expected)
{
    for (;;) {
        multipart_t *frames = mp_recv (socket);
        if (!frames)
            return NULL;
        kvmsg_t *self = s_decode (frames, frames_expected);
        mp_destroy (&frames);
        if (self)
            return self;
        fprintf (stderr, "E: not a key-value message\n");
    }
}

static int s_send_form (const kvmsg_t *self, void *socket, size_t frames_wanted)
{
    unsigned char sequence [8];
    s_put_sequence (sequence, self->sequence);
    multipart_t *frames = mp_new ();
    mp_append_str (frames, self->key);
    mp_append (frames, sequence, sizeof sequence);
    if (frames_wanted == 5) {
        mp_append (frames, self->uuid, self->has_uuid ? sizeof self->uuid : 0);
        mp_append_str (frames, self->props);
    }
    mp_append (frames, self->body, self->size);
    return mp_send (&frames, socket);
}

kvmsg_t *kvmsg_recv (void *socket)
{
    return s_recv_form (socket, 5);
}

int kvmsg_send (const kvmsg_t *self, void *socket)
{
    return s_send_form (self, socket, 5);
}

kvmsg_t *kvsimple_recv (void *socket)
{
    return s_recv_form (socket, 3);
}

int kvsimple_send (const kvmsg_t *self, void *socket)
{
    return s_send_form (self, socket, 3);
}

void kvmsg_set_key (kvmsg_t *self, const char *key)
{
    char *copy = ex_format ("%s", key);
    free (self->key);
    self->key = copy;
}

void kvmsg_set_body (kvmsg_t *self, const void *data, size_t size)
{
    char *copy = (char *) ex_alloc (size + 1);
    if (size)
        memcpy (copy, data, size);
    free (self->body);
    self->body = copy;
    self->size = size;
}

void kvmsg_set_text (kvmsg_t *self, const char *format, ...)
{
    char text [1024];
    va_list args;
    va_start (args, format);
    int size = vsnprintf (text, sizeof text, format, args);
    va_end (args);
    kvmsg_set_body (self, text, size < (int) sizeof text ? (size_t) size : sizeof text - 1);
}

void kvmsg_set_uuid (kvmsg_t *self)
{
    char hex [33];
    ex_random_hex (hex, 16);
    for (int i = 0; i < 16; i++) {
        unsigned byte;
        sscanf (hex + 2 * i, "%2x", &byte);
        self->uuid [i] = (unsigned char) byte;
    }
    self->has_uuid = true;
}

//  Where the line of a property starts, NULL when there is none
static char *s_find_prop (const kvmsg_t *self, const char *name)
{
    size_t size = strlen (name);
    char *line = self->props;
    while (line && *line) {
        if (strncmp (line, name, size) == 0 && line [size] == '=')
            return line;
        line = strchr (line, '\n');
        if (line)
            line++;
    }
    return NULL;
}

char *kvmsg_prop (const kvmsg_t *self, const char *name)
{
    char *line = s_find_prop (self, name);
    if (!line)
        return ex_format ("%s", "");
    char *value = strchr (line, '=') + 1;
    return ex_format ("%.*s", (int) strcspn (value, "\n"), value);
}

int kvmsg_set_prop (kvmsg_t *self, const char *name, const char *value)
{
    if (strpbrk (name, "=\n") || strpbrk (value, "=\n") || !*name) {
        errno = EINVAL;
        return -1;
    }
    char *line = s_find_prop (self, name);
    if (line) {
        char *next = strchr (line, '\n');
        next = next ? next + 1 : line + strlen (line);
        memmove (line, next, strlen (next) + 1);
    }
    char *props = ex_format ("%s%s=%s\n", self->props, name, value);
    free (self->props);
    self->props = props;
    return 0;
}

void kvmsg_store (kvmsg_t **self, table_t *table)
{
    if ((*self)->size)
        table_put (table, (*self)->key, *self);
    else {
        table_delete (table, (*self)->key);
        kvmsg_destroy (self);
    }
    *self = NULL;
}

void kvmsg_dump (const kvmsg_t *self, FILE *out)
{
    fprintf (out, "[seq:%" PRId64 "][key:%s][size:%zu] ", self->sequence, self->key, self->size);
    if (*self->props) {
        fprintf (out, "[");
        for (const char *at = self->props; *at; at++)
            fputc (*at == '\n' ? ';' : *at, out);
        fprintf (out, "]");
    }
    char *hex = mp_hex (self->body, self->size);
    fprintf (out, "%s\n", hex);
    free (hex);
}

static int s_compare (const void *left, const void *right)
{
    return strcmp (*(char *const *) left, *(char *const *) right);
}

void kvmsg_dump_table (const table_t *table, const char *path)
{
    size_t count = 0, at = 0;
    char **lines = (char **) ex_alloc (table_size (table) * sizeof (char *));
    kvmsg_t *kvmsg;
    while ((kvmsg = (kvmsg_t *) table_next (table, &at, NULL)))
        lines [count++] = ex_format ("%s %s", kvmsg->key, kvmsg->body);
    qsort (lines, count, sizeof (char *), s_compare);
    FILE *file = fopen (path, "w");
    if (!file)
        ex_die (path);
    for (size_t i = 0; i < count; i++) {
        fprintf (file, "%s\n", lines [i]);
        free (lines [i]);
    }
    fclose (file);
    free (lines);
}
