//  Lazy Pirate in one program: [S0] is lpserver, [C0] lpclient.

#include "members.h"

int main (void)
{
    const member_t members [] = {
        { "S0", "lpserver" }, { "C0", "lpclient" }
    };
    return members_run (members, sizeof members / sizeof members [0]);
}
