//  Distributed logging, a program that logs: one record of each level. Argument
//  1 is its name (letters, digits, '-', '_').

#include "example.h"

int main (int argc, char *argv [])
{
    ex_start ();
    const char *name = argc > 1 ? argv [1] : "service";
    if (strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != strlen (name))
        return 2;
    static const char *levels [] = { "INFO", "WARNING", "ERROR" };
    static const char *texts [] = { "Service started", "High memory usage", "Database connection failed" };
    void *context = zmq_ctx_new ();
    void *logs = ex_socket (context, ZMQ_PUSH);
    ex_connect (logs, "LOGS", "tcp://localhost:5559");
    for (int i = 0; i < 3; i++) {
        char *record = ex_format ("{\"time\":%ld,\"service\":\"%s\",\"level\":\"%s\",\"message\":\"%s\"}",
                                  (long) time (NULL), name, levels [i], texts [i]);
        s_sendmore (logs, levels [i]);
        s_send (logs, record);
        free (record);
    }
    zmq_close (logs);
    ex_term (context);
    return 0;
}
