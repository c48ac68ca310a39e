//  Clone server, model 5: as model 4; keys with a time to live are deleted when it is over.

#include "cloneserver.h"

int main (void)
{
    return clone_server (false, true, true);
}
