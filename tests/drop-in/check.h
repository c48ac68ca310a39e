/* What the programs here share: checks that end the program, and areas that run one by one in a process of their own. */
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

struct area {
    const char *name;
    void (*run)(void *ctx);
};

/* Without arguments lists the areas; else runs the one named, in a fresh context. */
static inline int run_areas(const struct area *areas, size_t n, int argc, char **argv)
{
    for (size_t i = 0; i < n; i++) {
        if (argc == 1) {
            puts(areas[i].name);
        } else if (strcmp(areas[i].name, argv[1]) == 0) {
            void *ctx = zmq_ctx_new();
            areas[i].run(ctx);
            CHECK(zmq_ctx_term(ctx) == 0);
            return 0;
        }
    }
    return argc == 1 ? 0 : 2;
}
#endif
