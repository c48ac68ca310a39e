//  czmq.h - the classic CZMQ calls of the guide, on top of CZMQ 4
//
//  The guide's listings use zctx, zsocket, zthread and a few more calls that
//  CZMQ 4 no longer has. With this folder first on the include path they
//  compile against CZMQ 4 as it is installed: what it still offers is used as
//  is, and only what is missing or has changed is added here.
//
//  Link with -lczmq -lzmq -lpthread.

#ifndef CLASSIC_CZMQ_H_INCLUDED
#define CLASSIC_CZMQ_H_INCLUDED

//  Some listings use s_sleep without including zhelpers.h. Of what both define,
//  CZMQ's own is taken.
#include "zhelpers.h"
#undef randof
#undef streq
#undef strneq

#pragma GCC system_header
#include_next <czmq.h>

#include <pthread.h>
#include <stdarg.h>

#ifndef ZMQ_POLL_MSEC
#define ZMQ_POLL_MSEC 1
#endif

//  CZMQ 4 prepares itself at its first call, which must not be made by two
//  threads at once: some listings begin with threads
__attribute__ ((constructor)) static void classic_prepare (void)
{
    zsys_init ();
}

//  --- zctx: a ZeroMQ context that knows its sockets -----------------------
//
//  Sockets made through it get linger 0, and are closed with it.

typedef struct {
    void *context;              //  the libzmq context
    zlist_t *sockets;
    pthread_mutex_t lock;       //  some listings share one zctx among threads
    int io_threads;
    bool shadow;                //  the libzmq context is another zctx's
} zctx_t;

//  True once SIGINT or SIGTERM arrived
#define zctx_interrupted zsys_interrupted

static inline zctx_t *classic_zctx (void *context)
{
    zctx_t *self = (zctx_t *) calloc (1, sizeof (zctx_t));
    assert (self);
    self->sockets = zlist_new ();
    self->io_threads = 1;
    self->context = context;
    self->shadow = context != NULL;
    pthread_mutex_init (&self->lock, NULL);
    return self;
}

//  New context; from here on interrupts are noticed
static inline zctx_t *zctx_new (void)
{
    zsys_catch_interrupts ();
    return classic_zctx (NULL);
}

//  Another view of the same libzmq context, for another thread: it owns the
//  sockets made through it, and closes no others
static inline zctx_t *zctx_shadow (zctx_t *ctx)
{
    pthread_mutex_lock (&ctx->lock);
    if (!ctx->context)
        ctx->context = zmq_ctx_new ();
    pthread_mutex_unlock (&ctx->lock);
    return classic_zctx (ctx->context);
}

//  Number of I/O threads; before the first socket
static inline void zctx_set_iothreads (zctx_t *self, int io_threads)
{
    self->io_threads = io_threads;
}

static inline void zctx_destroy (zctx_t **self_p)
{
    zctx_t *self = *self_p;
    if (!self)
        return;
    void *socket;
    while ((socket = zlist_pop (self->sockets)))
        zmq_close (socket);
    zlist_destroy (&self->sockets);
    if (self->context && !self->shadow)
        while (zmq_ctx_term (self->context) == -1 && errno == EINTR)
            ;
    pthread_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

//  --- zsocket: libzmq sockets, with printf endpoints ----------------------

static inline void *zsocket_new (zctx_t *ctx, int type)
{
    pthread_mutex_lock (&ctx->lock);
    if (!ctx->context) {
        ctx->context = zmq_ctx_new ();
        zmq_ctx_set (ctx->context, ZMQ_IO_THREADS, ctx->io_threads);
    }
    void *socket = zmq_socket (ctx->context, type);
    if (socket) {
        int linger = 0;
        zmq_setsockopt (socket, ZMQ_LINGER, &linger, sizeof linger);
        zlist_append (ctx->sockets, socket);
    }
    pthread_mutex_unlock (&ctx->lock);
    return socket;
}

static inline void zsocket_destroy (zctx_t *ctx, void *socket)
{
    pthread_mutex_lock (&ctx->lock);
    zlist_remove (ctx->sockets, socket);
    pthread_mutex_unlock (&ctx->lock);
    zmq_close (socket);
}

//  The port for a tcp endpoint, 0 for another one, -1 when it cannot be bound.
//  A port "*" or "0" is chosen by the system.
static inline int zsocket_bind (void *socket, const char *format, ...)
{
    char endpoint [256];
    va_list args;
    va_start (args, format);
    vsnprintf (endpoint, sizeof endpoint, format, args);
    va_end (args);
    if (zmq_bind (socket, endpoint) == -1)
        return -1;
    size_t size = sizeof endpoint;
    if (strncmp (endpoint, "tcp://", 6) == 0
    &&  zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0)
        return atoi (strrchr (endpoint, ':') + 1);
    return 0;
}

//  0, or -1 when the endpoint is invalid
static inline int zsocket_connect (void *socket, const char *format, ...)
{
    char endpoint [256];
    va_list args;
    va_start (args, format);
    vsnprintf (endpoint, sizeof endpoint, format, args);
    va_end (args);
    return zmq_connect (socket, endpoint);
}

static inline void zsocket_set_identity (void *socket, const char *identity)
{
    int rc = zmq_setsockopt (socket, ZMQ_IDENTITY, identity, strlen (identity));
    assert (rc == 0 || zmq_errno () == ETERM);
}

static inline void zsocket_set_subscribe (void *socket, const char *prefix)
{
    int rc = zmq_setsockopt (socket, ZMQ_SUBSCRIBE, prefix, strlen (prefix));
    assert (rc == 0 || zmq_errno () == ETERM);
}

//  Are there more frames of the current message? 0 when the socket is gone
static inline int zsocket_rcvmore (void *socket)
{
    int more = 0;
    size_t size = sizeof more;
    if (zmq_getsockopt (socket, ZMQ_RCVMORE, &more, &size) == -1)
        return 0;
    return more;
}

//  --- zthread: threads with a context and a pipe --------------------------

typedef void *(zthread_detached_fn) (void *args);
typedef void (zthread_attached_fn) (void *args, zctx_t *ctx, void *pipe);

typedef struct {
    zthread_detached_fn *detached;
    zthread_attached_fn *attached;
    void *args;
    zctx_t *ctx;
    void *pipe;
} classic_thread_t;

static inline void *classic_thread_main (void *data)
{
    classic_thread_t thread = *(classic_thread_t *) data;
    free (data);
    if (thread.detached)
        return thread.detached (thread.args);
    thread.attached (thread.args, thread.ctx, thread.pipe);
    zctx_destroy (&thread.ctx);
    return NULL;
}

//  0, or -1. No signal is delivered in these threads: main gets them.
static inline int classic_thread_start (classic_thread_t start)
{
    classic_thread_t *data = (classic_thread_t *) malloc (sizeof *data);
    if (!data)
        return -1;
    *data = start;
    sigset_t all, before;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &before);
    pthread_t thread;
    int rc = pthread_create (&thread, NULL, classic_thread_main, data);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    if (rc) {
        free (data);
        return -1;
    }
    pthread_detach (thread);
    return 0;
}

//  A thread of its own, which makes its own context. The listings pass
//  functions of either type, so the parameter takes any.
#define zthread_new(function, args) \
    classic_zthread_new ((zthread_detached_fn *) (void *) (function), (args))

static inline int classic_zthread_new (zthread_detached_fn *function, void *args)
{
    classic_thread_t start = { function, NULL, args, NULL, NULL };
    return classic_thread_start (start);
}

//  A thread that shares the context and is joined to the caller by a pair of
//  sockets. The caller's end, or NULL; the context closes it.
#define zthread_fork(ctx, function, args) \
    classic_zthread_fork ((ctx), (zthread_attached_fn *) (void *) (function), (args))

static inline void *classic_zthread_fork (zctx_t *ctx, zthread_attached_fn *function, void *args)
{
    void *ours = zsocket_new (ctx, ZMQ_PAIR);
    if (!ours)
        return NULL;
    zctx_t *shadow = zctx_shadow (ctx);
    void *theirs = zsocket_new (shadow, ZMQ_PAIR);
    classic_thread_t start = { NULL, function, args, shadow, theirs };
    //  The name is unique as long as our end exists
    if (!theirs
    ||  zsocket_bind (ours, "inproc://zctx-pipe-%p", ours) == -1
    ||  zsocket_connect (theirs, "inproc://zctx-pipe-%p", ours) == -1
    ||  classic_thread_start (start) == -1) {
        zctx_destroy (&shadow);
        zsocket_destroy (ctx, ours);
        return NULL;
    }
    return ours;
}

//  --- calls that changed --------------------------------------------------

typedef int (zhash_foreach_fn) (const char *key, void *item, void *argument);

//  Call a function for each item; it may delete items. Ends early, with that
//  result, when the function does not return 0.
static inline int zhash_foreach (zhash_t *hash, zhash_foreach_fn *function, void *argument)
{
    int rc = 0;
    zlist_t *keys = zhash_keys (hash);
    char *key = (char *) zlist_first (keys);
    while (key && rc == 0) {
        void *item = zhash_lookup (hash, key);
        if (item)
            rc = function (key, item, argument);
        key = (char *) zlist_next (keys);
    }
    zlist_destroy (&keys);
    return rc;
}

//  Read a saved message; a new one is made when the first argument is NULL
static inline zmsg_t *classic_zmsg_load (zmsg_t *message, FILE *file)
{
    zmsg_t *loaded = zmsg_load (file);
    if (message && loaded) {
        zframe_t *frame;
        while ((frame = zmsg_pop (loaded)))
            zmsg_append (message, &frame);
        zmsg_destroy (&loaded);
        return message;
    }
    return loaded;
}
#define zmsg_load(message, file) classic_zmsg_load ((message), (file))

//  A string if one is waiting, else NULL
static inline char *classic_zstr_recv_nowait (void *socket)
{
    zframe_t *frame = zframe_recv_nowait (zsock_resolve (socket));
    if (!frame)
        return NULL;
    char *string = zframe_strdup (frame);
    zframe_destroy (&frame);
    return string;
}
#undef zstr_recv_nowait
#define zstr_recv_nowait(socket) classic_zstr_recv_nowait (socket)

//  Zeroed memory or the end of the program
static inline void *classic_zmalloc (size_t size)
{
    void *memory = calloc (1, size);
    if (!memory)
        abort ();
    return memory;
}
#undef zmalloc
#define zmalloc(size) classic_zmalloc (size)

#endif
