//  windows.h - stands in for the Windows header in listings that include it
//  on every system. On the include path of those listings only.

#ifndef STAND_IN_WINDOWS_H_INCLUDED
#define STAND_IN_WINDOWS_H_INCLUDED

#include <time.h>
#include <unistd.h>

//  Wait so many milliseconds
static inline void Sleep (unsigned msecs)
{
    struct timespec wait = { msecs / 1000, (long) (msecs % 1000) * 1000000L };
    nanosleep (&wait, NULL);
}

#endif
