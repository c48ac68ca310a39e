/* A named check prints one line; the first that fails ends the program. */
#ifndef CHECK_H
#define CHECK_H
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <zmq.h>

#define CHECK(cond)                                                                                 \
    do {                                                                                            \
        if (!(cond)) {                                                                              \
            printf("FAIL line %d: %s (%s)\n", __LINE__, #cond, zmq_strerror(errno));                \
            exit(1);                                                                                \
        }                                                                                           \
    } while (0)

static inline void passed(const char *what)
{
    printf("ok %s\n", what);
    fflush(stdout);
}
#endif
