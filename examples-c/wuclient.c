//  Weather update client: averages the temperature of one zip code (argument
//  1, default 10001) over ZMQ_EXAMPLE_COUNT updates (default 100).

#include "example.h"

int main (int argc, char *argv [])
{
    ex_start ();
    const char *filter = argc > 1 ? argv [1] : "10001 ";
    long count = ex_count (100);

    printf ("Collecting updates from weather server...\n");
    void *context = zmq_ctx_new ();
    void *subscriber = ex_socket (context, ZMQ_SUB);
    ex_connect (subscriber, "WEATHER", "tcp://localhost:5556");
    ex_subscribe (subscriber, filter);

    long total = 0, received = 0;
    while (received < count) {
        char *update = s_recv (subscriber);
        if (!update)
            break;
        int zipcode, temperature, humidity;
        int fields = sscanf (update, "%d %d %d", &zipcode, &temperature, &humidity);
        bool wanted = strncmp (update, filter, strlen (filter)) == 0;
        free (update);
        if (fields != 3 || !wanted) {
            fprintf (stderr, "E: unexpected update\n");
            return 1;
        }
        total += temperature;
        received++;
    }
    if (received)
        printf ("Average temperature for zipcode '%s' was %dF\n",
                filter, (int) (total / received));
    zmq_close (subscriber);
    ex_term (context);
    return received == count ? 0 : 1;
}
