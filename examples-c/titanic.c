//  Titanic: disconnected reliability on top of Majordomo. Three services:
//    titanic.request  [service] [body...]   ->  [200] [uuid]
//    titanic.reply    [uuid]                ->  [200] [body...], 300 pending, 400 unknown
//    titanic.close    [uuid]                ->  [200]
//  Requests and replies are files in ZMQ_EXAMPLE_TITANIC_DIR (.titanic), each
//  written beside its place and moved there, so that a file is whole or absent
//  whenever the program dies. What a run finds there without reply is pending.

#include "example.h"
#include "list.h"
#include "mdcliapi.h"
#include "mdwrkapi.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { UUID_BYTES = 16, UUID_CHARS = 2 * UUID_BYTES };

static const char *s_dir, *s_broker;
static bool s_verbose;

//  --- the store

//  Only what we have made ourselves becomes part of a file name
static bool s_valid_uuid (const char *uuid)
{
    return uuid && strlen (uuid) == UUID_CHARS
        && strspn (uuid, "0123456789abcdef") == UUID_CHARS;
}

static char *s_path (const char *uuid, const char *suffix)
{
    return ex_format ("%s/%s.%s", s_dir, uuid, suffix);
}

static bool s_exists (const char *uuid, const char *suffix)
{
    char *path = s_path (uuid, suffix);
    bool exists = access (path, F_OK) == 0;
    free (path);
    return exists;
}

static void s_delete (const char *uuid, const char *suffix)
{
    char *path = s_path (uuid, suffix);
    unlink (path);
    free (path);
}

//  Each frame is eight bytes of size (big end first) and the data
static void s_save (const char *uuid, const char *suffix, const multipart_t *message)
{
    char *path = s_path (uuid, suffix);
    char *draft = ex_format ("%s.new", path);
    FILE *file = fopen (draft, "wb");
    if (!file)
        ex_die (draft);
    for (size_t i = 0; i < message->count; i++) {
        unsigned char size [8];
        for (int b = 0; b < 8; b++)
            size [b] = (unsigned char) ((uint64_t) mp_size (message, i) >> (56 - 8 * b));
        fwrite (size, sizeof size, 1, file);
        fwrite (mp_data (message, i), 1, mp_size (message, i), file);
    }
    //  On disk before anybody is told
    if (fflush (file) || fsync (fileno (file)) || fclose (file) || rename (draft, path))
        ex_die (path);
    int dir = open (s_dir, O_RDONLY | O_DIRECTORY);
    if (dir == -1 || fsync (dir) || close (dir))
        ex_die (s_dir);
    free (draft);
    free (path);
}

static multipart_t *s_load (const char *uuid, const char *suffix)
{
    char *path = s_path (uuid, suffix);
    FILE *file = fopen (path, "rb");
    free (path);
    if (!file)
        return NULL;
    multipart_t *message = mp_new ();
    unsigned char size_bytes [8];
    bool whole = true;
    while (whole && fread (size_bytes, sizeof size_bytes, 1, file) == 1) {
        uint64_t size = 0;
        for (int b = 0; b < 8; b++)
            size = size << 8 | size_bytes [b];
        whole = size < 1 << 30;
        char *data = (char *) ex_alloc (whole ? (size_t) size : 0);
        whole = whole && fread (data, 1, (size_t) size, file) == size;
        if (whole)
            mp_append (message, data, (size_t) size);
        free (data);
    }
    fclose (file);
    if (!whole)
        mp_destroy (&message);
    return message;
}

//  --- the three services, each in a thread

static multipart_t *s_code (const char *code)
{
    multipart_t *reply = mp_new ();
    mp_append_str (reply, code);
    return reply;
}

static void *s_request_service (void *context)
{
    mdwrk_t *worker = mdwrk_new (context, s_broker, "titanic.request", s_verbose);
    void *pipe = ex_socket (context, ZMQ_PAIR);
    ex_connect_to (pipe, "inproc://pending");
    multipart_t *request, *reply = NULL;
    while ((request = mdwrk_recv (worker, &reply))) {
        if (request->count < 2)
            reply = s_code ("400");
        else {
            char uuid [UUID_CHARS + 1];
            ex_random_hex (uuid, UUID_BYTES);
            s_save (uuid, "req", request);
            s_send (pipe, uuid);
            reply = s_code ("200");
            mp_append_str (reply, uuid);
        }
        mp_destroy (&request);
    }
    mdwrk_destroy (&worker);
    zmq_close (pipe);
    return NULL;
}

static void *s_reply_service (void *context)
{
    mdwrk_t *worker = mdwrk_new (context, s_broker, "titanic.reply", s_verbose);
    multipart_t *request, *reply = NULL;
    while ((request = mdwrk_recv (worker, &reply))) {
        const char *uuid = mp_data (request, 0);
        if (!s_valid_uuid (uuid))
            reply = s_code ("400");
        else
        if ((reply = s_load (uuid, "rep")))
            mp_push_str (reply, "200");
        else
            reply = s_code (s_exists (uuid, "req") ? "300" : "400");
        mp_destroy (&request);
    }
    mdwrk_destroy (&worker);
    return NULL;
}

static void *s_close_service (void *context)
{
    mdwrk_t *worker = mdwrk_new (context, s_broker, "titanic.close", s_verbose);
    multipart_t *request, *reply = NULL;
    while ((request = mdwrk_recv (worker, &reply))) {
        const char *uuid = mp_data (request, 0);
        if (s_valid_uuid (uuid)) {
            s_delete (uuid, "req");
            s_delete (uuid, "rep");
            reply = s_code ("200");
        }
        else
            reply = s_code ("400");
        mp_destroy (&request);
    }
    mdwrk_destroy (&worker);
    return NULL;
}

//  --- the dispatcher

//  Is there a worker for the service now?
static bool s_service_exists (mdcli_t *client, const char *service)
{
    multipart_t *request = mp_new ();
    mp_append_str (request, service);
    multipart_t *reply = mdcli_send (client, "mmi.service", &request);
    bool exists = reply && mp_is_str (reply, 0, "200");
    mp_destroy (&reply);
    return exists;
}

//  True when the request needs no more work: answered, or closed
static bool s_dispatch (mdcli_t *client, const char *uuid)
{
    if (s_exists (uuid, "rep"))
        return true;
    multipart_t *request = s_load (uuid, "req");
    if (!request)
        return true;
    char *service = mp_pop_str (request);
    multipart_t *reply = NULL;
    if (s_service_exists (client, service))
        reply = mdcli_send (client, service, &request);
    mp_destroy (&request);
    if (reply) {
        s_save (uuid, "rep", reply);
        printf ("I: processed %s for %s\n", uuid, service);
    }
    free (service);
    bool done = reply != NULL;
    mp_destroy (&reply);
    return done;
}

//  What an earlier run has left without reply
static void s_load_pending (list_t *pending)
{
    DIR *dir = opendir (s_dir);
    struct dirent *entry;
    while (dir && (entry = readdir (dir))) {
        char *uuid = ex_format ("%s", entry->d_name);
        bool request = strlen (uuid) == UUID_CHARS + 4 && streq (uuid + UUID_CHARS, ".req");
        if (request)
            uuid [UUID_CHARS] = 0;
        if (request && s_valid_uuid (uuid) && !s_exists (uuid, "rep"))
            list_append (pending, uuid);
        else
            free (uuid);
    }
    if (dir)
        closedir (dir);
    printf ("I: %zu requests pending\n", pending->count);
}

int main (int argc, char *argv [])
{
    ex_start ();
    s_verbose = argc > 1 && streq (argv [1], "-v");
    s_dir = ex_endpoint ("TITANIC_DIR", ".titanic");
    s_broker = ex_endpoint ("BROKER", "tcp://localhost:5555");
    int retry_ms = (int) ex_number ("RETRY_MS", 1000);
    if (mkdir (s_dir, 0700) == -1 && errno != EEXIST)
        ex_die (s_dir);
    list_t pending = { NULL, 0, 0, 0 };
    s_load_pending (&pending);

    void *context = zmq_ctx_new ();
    void *pipe = ex_socket (context, ZMQ_PAIR);
    if (zmq_bind (pipe, "inproc://pending") == -1)
        ex_die ("inproc://pending");
    pthread_t services [] = {
        ex_thread (s_request_service, context),
        ex_thread (s_reply_service, context),
        ex_thread (s_close_service, context)
    };
    mdcli_t *client = mdcli_new (context, s_broker, s_verbose);
    mdcli_set_timeout (client, 1000);
    mdcli_set_retries (client, 1);
    while (!s_interrupted) {
        int rc = ex_wait (pipe, retry_ms);
        if (rc == -1)
            break;
        for (char *uuid; rc == 1 && (uuid = s_recv_nowait (pipe));)
            list_append (&pending, uuid);
        for (size_t left = pending.count; left > 0 && !s_interrupted; left--) {
            char *uuid = (char *) list_pop (&pending);
            if (s_dispatch (client, uuid))
                free (uuid);
            else
                list_append (&pending, uuid);
        }
    }
    mdcli_destroy (&client);
    zmq_ctx_shutdown (context);
    for (size_t i = 0; i < sizeof services / sizeof services [0]; i++)
        pthread_join (services [i], NULL);
    for (char *uuid; (uuid = (char *) list_pop (&pending));)
        free (uuid);
    list_close (&pending);
    zmq_close (pipe);
    ex_term (context);
    return 0;
}
