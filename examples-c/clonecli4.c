//  Clone client, model 4: follows and publishes the keys under /client/.

#include "cloneclient.h"
#include "example.h"

int main (void)
{
    return clone_client ("/client/", true, 0);
}
