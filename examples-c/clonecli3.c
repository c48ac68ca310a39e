//  Clone client, model 3: follows the updates and publishes its own.

#include "cloneclient.h"
#include "example.h"

int main (void)
{
    return clone_client ("", true, 0);
}
