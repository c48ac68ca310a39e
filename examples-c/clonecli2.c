//  Clone client, model 2: takes a snapshot, then follows the updates.

#include "cloneclient.h"
#include "example.h"

int main (void)
{
    return clone_client ("", false, 0);
}
