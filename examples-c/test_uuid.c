//  The kind of identity that Titanic gives requests: sixteen random bytes as
//  text.

#include "example.h"

int main (void)
{
    char uuid [33];
    ex_random_hex (uuid, 16);
    printf ("uuidstr : %s\n", uuid);
    return 0;
}
