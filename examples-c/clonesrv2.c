//  Clone server, model 2: makes updates itself and gives snapshots.

#include "cloneserver.h"

int main (void)
{
    return clone_server (true, false, false);
}
