//  zhelpers.h - the small tools of the guide's programs
//
//  Strings travel without their final NUL; a call that was interrupted or
//  whose context went away returns NULL (or -1), and the loop around it ends.

#ifndef ZHELPERS_H_INCLUDED
#define ZHELPERS_H_INCLUDED

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1           //  for pipe2, usleep and friends under -std=c99
#endif

#include <zmq.h>

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

//  A number from 0 to n - 1
#ifndef randof
#define randof(n) ((int) (random () % (n)))
#endif

#ifndef streq
#define streq(a, b) (strcmp ((a), (b)) == 0)
#endif
#ifndef strneq
#define strneq(a, b) (strcmp ((a), (b)) != 0)
#endif

//  Receive one frame as a fresh NUL-terminated string, of any length.
//  The caller frees it. NULL: interrupted, terminated, or nothing there.
static inline char *s_recv_flags (void *socket, int flags)
{
    zmq_msg_t frame;
    zmq_msg_init (&frame);
    if (zmq_msg_recv (&frame, socket, flags) == -1) {
        int saved = errno;
        zmq_msg_close (&frame);
        errno = saved;
        return NULL;
    }
    size_t size = zmq_msg_size (&frame);
    char *string = (char *) malloc (size + 1);
    if (string) {
        memcpy (string, zmq_msg_data (&frame), size);
        string [size] = 0;
    }
    zmq_msg_close (&frame);
    return string;
}

static inline char *s_recv (void *socket)
{
    return s_recv_flags (socket, 0);
}

//  The same, without waiting
static inline char *s_recv_nowait (void *socket)
{
    return s_recv_flags (socket, ZMQ_DONTWAIT);
}

//  Send a string as the last (or only) frame; bytes sent, or -1
static inline int s_send (void *socket, const char *string)
{
    return zmq_send (socket, string, strlen (string), 0);
}

//  Send a string as a frame with more to follow
static inline int s_sendmore (void *socket, const char *string)
{
    return zmq_send (socket, string, strlen (string), ZMQ_SNDMORE);
}

//  Wait so many milliseconds; a signal ends the wait early
static inline void s_sleep (int msecs)
{
    struct timespec wait;
    wait.tv_sec = msecs / 1000;
    wait.tv_nsec = (long) (msecs % 1000) * 1000000L;
    nanosleep (&wait, NULL);
}

//  Milliseconds on a clock that never goes back
static inline int64_t s_clock (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

//  Print each frame of the next message: its length, then its text, or its
//  bytes in hexadecimal when one of them is no printable character
static inline void s_dump (void *socket)
{
    int more = 1;
    puts ("----------------------------------------");
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init (&frame);
        if (zmq_msg_recv (&frame, socket, 0) == -1) {
            zmq_msg_close (&frame);
            return;
        }
        const unsigned char *data = (const unsigned char *) zmq_msg_data (&frame);
        size_t size = zmq_msg_size (&frame);
        bool text = true;
        for (size_t i = 0; i < size; i++)
            if (!isprint (data [i]))
                text = false;
        printf ("[%03d] ", (int) size);
        for (size_t i = 0; i < size; i++)
            printf (text ? "%c" : "%02X", data [i]);
        putchar ('\n');
        more = zmq_msg_more (&frame);
        zmq_msg_close (&frame);
    }
    fflush (stdout);
}

//  Give a socket a printable identity, before it connects. On Windows the
//  guide passes a number of the caller's choice; elsewhere it is drawn.
#if defined (WIN32)
static inline int s_set_id (void *socket, intptr_t number)
{
    char identity [16];
    snprintf (identity, sizeof identity, "%04X", (unsigned) number & 0xFFFF);
    return zmq_setsockopt (socket, ZMQ_IDENTITY, identity, strlen (identity));
}
#else
static inline int s_set_id (void *socket)
{
    char identity [16];
    snprintf (identity, sizeof identity, "%04X-%04X",
              (unsigned) randof (0x10000), (unsigned) randof (0x10000));
    return zmq_setsockopt (socket, ZMQ_IDENTITY, identity, strlen (identity));
}
#endif

//  Set once a signal asked the program to end. A program of several files
//  shares one flag (example.c has it).
#ifdef ZHELPERS_SHARED_FLAG
extern volatile sig_atomic_t s_interrupted;
#else
static volatile sig_atomic_t s_interrupted __attribute__ ((unused)) = 0;
#endif

//  A signal that arrives between the test of s_interrupted and the blocking
//  call would be lost; so once interrupted the process is poked each second.
static inline void s_signal_handler (int number)
{
    (void) number;
    s_interrupted = 1;
    alarm (1);
}

//  From here on SIGINT, SIGTERM and SIGALRM set s_interrupted, and blocking
//  calls return with EINTR (no SA_RESTART)
static inline void s_catch_signals (void)
{
    struct sigaction action;
    memset (&action, 0, sizeof action);
    action.sa_handler = s_signal_handler;
    sigemptyset (&action.sa_mask);
    sigaction (SIGINT, &action, NULL);
    sigaction (SIGTERM, &action, NULL);
    sigaction (SIGALRM, &action, NULL);
}

//  A line on the console after the time of day
static inline void s_console (const char *format, ...)
{
    time_t now = time (NULL);
    struct tm parts;
    char stamp [32];
    localtime_r (&now, &parts);
    strftime (stamp, sizeof stamp, "%y-%m-%d %H:%M:%S", &parts);
    printf ("%s ", stamp);
    va_list args;
    va_start (args, format);
    vprintf (format, args);
    va_end (args);
    putchar ('\n');
    fflush (stdout);
}

#endif
