//  Clone server, model 3: publishes anew what clients send.

#include "cloneserver.h"

int main (void)
{
    return clone_server (false, true, false);
}
