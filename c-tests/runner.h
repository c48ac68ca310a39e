/* What the checks (harness.c) and the runner (runner.c) share. */
#ifndef RUNNER_H
#define RUNNER_H

#include "harness.h"

#include <pthread.h>
#include <setjmp.h>

enum { PASSED = 42, FAILED = 43, SKIPPED = 44 }; /* exit codes of a case's process; 0 would be too easy to come by */

/* The case that runs in this process. */
struct run {
    const char *library;
    int forking, failures, going_on;
    char row[160], skip[160], scratch[128];
    jmp_buf end;
    pthread_t thread;
};
extern struct run run;

#endif
