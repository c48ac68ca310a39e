//  members.c - the processes of a system, started and ended together

#include "members.h"
#include "example.h"
#include <libgen.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { MAX_MEMBERS = 8 };

typedef struct {
    pid_t pid;
    FILE *lines;
} running_t;

//  The folder that this program is in
static char *s_folder (void)
{
    char path [4096];
    ssize_t size = readlink ("/proc/self/exe", path, sizeof path - 1);
    if (size == -1)
        ex_die ("/proc/self/exe");
    path [size] = 0;
    return ex_format ("%s", dirname (path));
}

static running_t s_started (const char *folder, const member_t *member)
{
    int ends [2];
    if (pipe (ends) == -1)
        ex_die ("pipe");
    running_t running = { fork (), NULL };
    if (running.pid == 0) {
        //  It does not outlive us, whatever ends us
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        dup2 (ends [1], STDOUT_FILENO);
        close (ends [0]);
        close (ends [1]);
        char *path = ex_format ("%s/%s", folder, member->program);
        execl (path, member->program, (char *) NULL);
        ex_die (path);
    }
    if (running.pid == -1)
        ex_die ("fork");
    close (ends [1]);
    running.lines = fdopen (ends [0], "r");
    if (!running.lines)
        ex_die ("fdopen");
    return running;
}

//  A line of one of them; false when it has ended
static bool s_pass_line (const member_t *member, running_t *running)
{
    char line [256];
    if (!fgets (line, sizeof line, running->lines))
        return false;
    printf ("[%s] %s", member->name, line);
    return true;
}

int members_run (const member_t *members, int count)
{
    ex_start ();
    running_t running [MAX_MEMBERS];
    struct pollfd items [MAX_MEMBERS];
    char *folder = s_folder ();
    for (int i = 0; i < count; i++) {
        running [i] = s_started (folder, &members [i]);
        //  Every line is seen at once: none stays behind in a buffer
        setvbuf (running [i].lines, NULL, _IONBF, 0);
        items [i] = (struct pollfd) { fileno (running [i].lines), POLLIN, 0 };
    }
    free (folder);
    bool ended = false;
    while (!ended && !s_interrupted) {
        if (poll (items, (nfds_t) count, -1) == -1)
            break;
        for (int i = 0; i < count; i++)
            if (items [i].revents && !s_pass_line (&members [i], &running [i])) {
                items [i].fd = -1;
                ended = ended || i == count - 1;
            }
    }
    int status = 0;
    for (int i = count - 1; i >= 0; i--) {
        if (i < count - 1 || !ended)
            kill (running [i].pid, SIGTERM);
        int how = 0;
        while (waitpid (running [i].pid, &how, 0) == -1 && errno == EINTR)
            ;
        if (i == count - 1)
            status = WIFEXITED (how) ? WEXITSTATUS (how) : 1;
        fclose (running [i].lines);
    }
    return status;
}
