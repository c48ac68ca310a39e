//  Paranoid Pirate in one program: [Q0] is ppqueue, [W0] to [W3] are ppworker, [C0]
//  is lpclient.

#include "members.h"

int main (void)
{
    const member_t members [] = {
        { "Q0", "ppqueue" }, { "W0", "ppworker" }, { "W1", "ppworker" },
        { "W2", "ppworker" }, { "W3", "ppworker" }, { "C0", "lpclient" }
    };
    return members_run (members, sizeof members / sizeof members [0]);
}
