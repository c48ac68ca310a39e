//  Simple Pirate in one program: [Q0] is spqueue, [W0] and [W1] are spworker, [C0]
//  is lpclient.

#include "members.h"

int main (void)
{
    const member_t members [] = {
        { "Q0", "spqueue" }, { "W0", "spworker" }, { "W1", "spworker" }, { "C0", "lpclient" }
    };
    return members_run (members, sizeof members / sizeof members [0]);
}
