/* The two sides of PLAIN and CURVE, and a ZAP handler that lets everybody in. */
#ifndef SECURITY_H
#define SECURITY_H

#include "bench.h"

#define SERVER_PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SERVER_SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define CLIENT_PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define CLIENT_SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

/* Whether `transport` names a mechanism (over tcp) that the library does not have. */
static inline int is_missing(const char *transport)
{
    return strcmp(transport, "curve") == 0 && !zmq_has("curve");
}

static inline void make_server(void *socket, const char *transport)
{
    if (strcmp(transport, "plain") == 0)
        set_int(socket, ZMQ_PLAIN_SERVER, 1);
    if (strcmp(transport, "curve") == 0) {
        set_int(socket, ZMQ_CURVE_SERVER, 1);
        CHECK(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, SERVER_SECRET, 41) == 0);
    }
}

static inline void make_client(void *socket, const char *transport)
{
    if (strcmp(transport, "plain") == 0) {
        CHECK(zmq_setsockopt(socket, ZMQ_PLAIN_USERNAME, "admin", 5) == 0);
        CHECK(zmq_setsockopt(socket, ZMQ_PLAIN_PASSWORD, "secret", 6) == 0);
    }
    if (strcmp(transport, "curve") == 0) {
        CHECK(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC, 41) == 0);
        CHECK(zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC, 41) == 0);
        CHECK(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET, 41) == 0);
    }
}

static inline void *zap_handler(void *rep)
{
    char part[256];
    int more;
    size_t size = sizeof more;
    for (;;) {
        do
            CHECK(zmq_recv(rep, part, sizeof part, 0) >= 0 && zmq_getsockopt(rep, ZMQ_RCVMORE, &more, &size) == 0);
        while (more);
        const char *reply[] = {"1.0", "1", "200", "OK", "somebody", ""};
        for (int i = 0; i < 6; i++)
            CHECK(zmq_send(rep, reply[i], strlen(reply[i]), i < 5 ? ZMQ_SNDMORE : 0) >= 0);
    }
    return NULL;
}

/* Runs until the process ends. */
static inline void start_handler(void *ctx)
{
    pthread_t thread;
    void *rep = open_socket(ctx, ZMQ_REP);
    set_int(rep, ZMQ_RCVTIMEO, -1);
    CHECK(zmq_bind(rep, "inproc://zeromq.zap.01") == 0);
    CHECK(pthread_create(&thread, NULL, zap_handler, rep) == 0);
}

#endif
