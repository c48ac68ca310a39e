//  Clone server, model 4: as model 3; clients may ask for a subtree.

#include "cloneserver.h"

int main (void)
{
    return clone_server (false, true, false);
}
