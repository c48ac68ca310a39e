//  Task distribution, collector: numbers the results (count, default 100) and
//  fails when one comes twice.

#include "example.h"
#include "table.h"

int main (void)
{
    ex_start ();
    long count = ex_count (100), received = 0;
    int status = 0;
    void *context = zmq_ctx_new ();
    void *results = ex_socket (context, ZMQ_PULL);
    ex_bind (results, "RESULTS", "tcp://*:5558");
    table_t *seen = table_new (free);
    while (received < count) {
        char *result = s_recv (results);
        if (!result)
            break;
        char *task = ex_format ("%.*s", (int) strcspn (result, " "), result);
        if (table_get (seen, task)) {
            printf ("E: %s came twice\n", task);
            status = 1;
        }
        printf ("Result %ld: %s\n", ++received, result);
        table_put (seen, task, result);
        free (task);
    }
    table_destroy (&seen);
    zmq_close (results);
    ex_term (context);
    return received == count ? status : 1;
}
