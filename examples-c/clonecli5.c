//  Clone client, model 5: publishes keys under /client/ that live up to 30 seconds (ZMQ_EXAMPLE_TTL).

#include "cloneclient.h"
#include "example.h"

int main (void)
{
    return clone_client ("/client/", true, (int) ex_number ("TTL", 30));
}
