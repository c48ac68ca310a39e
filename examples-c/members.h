//  members.h - a whole system from one program: starts others of this folder,
//  and prints their lines with the name of who said it in front

#ifndef MEMBERS_H_INCLUDED
#define MEMBERS_H_INCLUDED

typedef struct {
    const char *name;           //  "C0" makes lines begin with "[C0] "
    const char *program;
} member_t;

//  Runs them all until the last of the list ends, or a signal comes; then the
//  others are ended. The exit code is that of the last.
int members_run (const member_t *members, int count);

#endif
