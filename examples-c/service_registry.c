//  Service registry: services say where they are and send heartbeats; one that
//  is silent for ten seconds (ZMQ_EXAMPLE_EXPIRY_MS) is forgotten.
//    REGISTER name endpoint -> OK       HEARTBEAT name -> OK or UNKNOWN
//    UNREGISTER name        -> OK       DISCOVER name  -> FOUND endpoint or NOT_FOUND

#include "example.h"
#include "multipart.h"
#include "table.h"

typedef struct {
    char *endpoint;
    int64_t expiry;
} service_t;

static void s_free_service (void *item)
{
    service_t *service = (service_t *) item;
    free (service->endpoint);
    free (service);
}

//  The answer to one request, whose first frame is taken for the command
static multipart_t *s_answer (table_t *services, multipart_t *request, long expiry_ms)
{
    multipart_t *reply = mp_new ();
    const char *name = mp_data (request, 1);
    service_t *service = name ? (service_t *) table_get (services, name) : NULL;
    if (mp_is_str (request, 0, "REGISTER") && request->count == 3) {
        service = (service_t *) ex_alloc (sizeof (service_t));
        service->endpoint = ex_format ("%s", mp_data (request, 2));
        service->expiry = s_clock () + expiry_ms;
        table_put (services, name, service);
        printf ("I: registered %s at %s\n", name, service->endpoint);
        mp_append_str (reply, "OK");
    }
    else
    if (mp_is_str (request, 0, "HEARTBEAT") && request->count == 2) {
        if (service)
            service->expiry = s_clock () + expiry_ms;
        mp_append_str (reply, service ? "OK" : "UNKNOWN");
    }
    else
    if (mp_is_str (request, 0, "UNREGISTER") && request->count == 2) {
        if (service) {
            printf ("I: unregistered %s\n", name);
            table_delete (services, name);
        }
        mp_append_str (reply, "OK");
    }
    else
    if (mp_is_str (request, 0, "DISCOVER") && request->count == 2) {
        mp_append_str (reply, service ? "FOUND" : "NOT_FOUND");
        if (service)
            mp_append_str (reply, service->endpoint);
    }
    else
        mp_append_str (reply, "BAD_REQUEST");
    return reply;
}

static void s_expire (table_t *services)
{
    size_t at = 0;
    const char *name;
    service_t *service;
    while ((service = (service_t *) table_next (services, &at, &name)))
        if (s_clock () >= service->expiry) {
            char *gone = ex_format ("%s", name);
            printf ("W: %s expired\n", gone);
            table_delete (services, gone);
            free (gone);
        }
}

int main (void)
{
    ex_start ();
    long expiry_ms = ex_number ("EXPIRY_MS", 10000);
    void *context = zmq_ctx_new ();
    void *socket = ex_socket (context, ZMQ_ROUTER);
    ex_bind (socket, "REGISTRY", "tcp://*:5560");
    table_t *services = table_new (s_free_service);
    while (!s_interrupted) {
        int rc = ex_wait (socket, expiry_ms / 10 + 1);
        if (rc == -1)
            break;
        if (rc == 1) {
            multipart_t *request = mp_recv (socket);
            if (!request)
                break;
            //  The envelope, up to the empty frame, goes back as it is: a REQ
            //  may have put a request number in it
            multipart_t *envelope = mp_new ();
            bool inside = true;
            while (inside && request->count) {
                frame_t frame = mp_pop (request);
                inside = frame.size != 0;
                mp_append (envelope, frame.data, frame.size);
                free (frame.data);
            }
            multipart_t *reply = s_answer (services, request, expiry_ms);
            for (size_t i = 0; i < reply->count; i++)
                mp_append (envelope, mp_data (reply, i), mp_size (reply, i));
            mp_destroy (&reply);
            mp_destroy (&request);
            mp_send (&envelope, socket);
        }
        s_expire (services);
    }
    table_destroy (&services);
    zmq_close (socket);
    ex_term (context);
    return 0;
}
