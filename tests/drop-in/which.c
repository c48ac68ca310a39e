/* Prints the path and version of the libzmq.so.5 this process got; with an argument, whether it has that capability. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <zmq.h>

int main(int argc, char **argv)
{
    if (argc == 2) {
        puts(zmq_has(argv[1]) ? "yes" : "no");
        return 0;
    }
    int major, minor, patch;
    void *handle = dlopen("libzmq.so.5", RTLD_NOW | RTLD_NOLOAD);
    void *symbol = handle ? dlsym(handle, "zmq_version") : NULL;
    Dl_info info;
    if (symbol == NULL || dladdr(symbol, &info) == 0)
        return 1;
    zmq_version(&major, &minor, &patch);
    printf("%s (%d.%d.%d)\n", info.dli_fname, major, minor, patch);
    return 0;
}
