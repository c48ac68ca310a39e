/* Prints the path and version of the libzmq.so.5 this process got. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <zmq.h>

int main(void)
{
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
