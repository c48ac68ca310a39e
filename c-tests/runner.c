/* Registry and runner: each case in a forked child with a time limit, several at a time. Emits one TAP test line per case,
 * without a number (`run` numbers the whole stream). */
#include "runner.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_CASES = 1024, MAX_JOBS = 16 };

struct test_case {
    char name[96];
    case_fn *fn;
    const void *arg;
    const char *known; /* reason from defects.tsv, only with --name libzmq */
};

static struct test_case cases[MAX_CASES];
static size_t case_count;

static const char *group = "?";
static int jobs = 1;
static long limit_ms = 20000;
static FILE *out_file;

void case_add (const char *name, const char *variant, case_fn *fn, const void *arg)
{
    if (case_count == MAX_CASES)
        abort ();
    struct test_case *c = &cases[case_count++];
    if (variant)
        snprintf (c->name, sizeof c->name, "%s.%s", name, variant);
    else
        snprintf (c->name, sizeof c->name, "%s", name);
    c->fn = fn;
    c->arg = arg;
}

static int make_scratch (void)
{
    static const char *tmp; /* as it was at the start: cases change TMPDIR */
    if (!tmp)
        tmp = getenv ("TMPDIR");
    /* Unix socket paths are limited to 107 bytes, so a long TMPDIR is not usable. */
    if (!tmp || strlen (tmp) > 40)
        tmp = "/tmp";
    snprintf (run.scratch, sizeof run.scratch, "%s/zct.XXXXXX", tmp);
    return mkdtemp (run.scratch) != NULL;
}

static void remove_tree (const char *path)
{
    DIR *dir = opendir (path);
    if (dir) {
        struct dirent *entry;
        while ((entry = readdir (dir))) {
            char child[512];
            if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
                continue;
            snprintf (child, sizeof child, "%s/%s", path, entry->d_name);
            remove_tree (child);
        }
        closedir (dir);
        rmdir (path);
    } else
        unlink (path);
}

static int run_here (const struct test_case *c)
{
    run.failures = run.going_on = 0;
    run.skip[0] = 0;
    run.row[0] = 0;
    run.thread = pthread_self ();
    if (!run.forking) {
        int code = setjmp (run.end);
        if (code) {
            tools_forget ();
            return code;
        }
    }
    c->fn (c->arg);
    row ("teardown");
    tools_teardown ();
    return run.failures ? FAILED : PASSED;
}

/* Prints one result; `output` holds the child's diagnostics. */
static void report (const struct test_case *c, const char *result, const char *output)
{
    int good = strcmp (result, "ok") == 0, skip = strcmp (result, "skip") == 0;
    if (good)
        printf ("ok - %s.%s\n", group, c->name);
    else if (skip) {
        const char *reason = strstr (output, "SKIP ");
        int length = reason ? (int) strcspn (reason + 5, "\n") : 0;
        printf ("ok - %s.%s # SKIP %.*s\n", group, c->name, length, reason ? reason + 5 : "");
    } else if (c->known)
        printf ("not ok - %s.%s # TODO %s: %s\n", group, c->name, result, c->known);
    else
        printf ("not ok - %s.%s # %s\n", group, c->name, result);
    if (!good && !skip)
        for (const char *p = output; *p;) {
            int length = (int) strcspn (p, "\n");
            printf ("%s%.*s\n", *p == '#' ? "" : "# ", length, p);
            p += length + (p[length] == '\n');
        }
    fflush (stdout);
    if (out_file) {
        fprintf (out_file, "%s.%s\t%s%s\n", group, c->name, !good && !skip && c->known ? "known-" : "", result);
        fflush (out_file);
    }
}

struct child {
    pid_t pid;
    int fd;
    long deadline;
    const struct test_case *c;
    char dir[sizeof run.scratch];
    char text[8192];
    size_t length;
};

static void start_child (struct child *k, const struct test_case *c, const struct child *others, int count)
{
    int ends[2];
    if (!make_scratch () || pipe (ends) != 0)
        abort ();
    fflush (stdout);
    k->pid = fork ();
    if (k->pid == -1)
        abort ();
    if (k->pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit (RLIMIT_CORE, &none);
        setpgid (0, 0);
        for (int i = 0; i < count; i++)
            close (others[i].fd);
        if (out_file)
            close (fileno (out_file));
        close (ends[0]);
        dup2 (ends[1], 1);
        dup2 (ends[1], 2);
        close (ends[1]);
        int code = run_here (c);
        fflush (stdout);
        _exit (code);
    }
    close (ends[1]);
    k->fd = ends[0];
    k->c = c;
    k->length = 0;
    k->deadline = now_ms () + limit_ms;
    memcpy (k->dir, run.scratch, sizeof run.scratch);
}

static void finish_child (struct child *k, int hung)
{
    char result[48];
    int status = 0;
    if (hung)
        kill (-k->pid, SIGKILL);
    if (hung)
        kill (k->pid, SIGKILL);
    while (waitpid (k->pid, &status, 0) == -1 && errno == EINTR)
        ;
    close (k->fd);
    k->text[k->length] = 0;
    if (hung)
        snprintf (result, sizeof result, "hang");
    else if (WIFSIGNALED (status))
        snprintf (result, sizeof result, "crash-%d", WTERMSIG (status));
    else if (WEXITSTATUS (status) == PASSED)
        snprintf (result, sizeof result, "ok");
    else if (WEXITSTATUS (status) == SKIPPED)
        snprintf (result, sizeof result, "skip");
    else if (WEXITSTATUS (status) == FAILED)
        snprintf (result, sizeof result, "fail");
    else
        snprintf (result, sizeof result, "exit-%d", WEXITSTATUS (status));
    report (k->c, result, k->text);
    remove_tree (k->dir);
}

/* Reads what the child wrote; 0 at its end. */
static int read_child (struct child *k)
{
    char spill[512];
    size_t room = sizeof k->text - 1 - k->length;
    ssize_t n = read (k->fd, room ? k->text + k->length : spill, room ? room : sizeof spill);
    if (n > 0 && room)
        k->length += (size_t) n;
    return n > 0;
}

static void run_forked (const struct test_case **chosen, size_t count)
{
    static struct child running[MAX_JOBS];
    int busy = 0;
    size_t next = 0;
    while (busy || next < count) {
        while (busy < jobs && next < count) {
            start_child (&running[busy], chosen[next++], running, busy);
            busy++;
        }
        struct pollfd fds[MAX_JOBS];
        long nearest = running[0].deadline;
        for (int i = 0; i < busy; i++) {
            fds[i].fd = running[i].fd;
            fds[i].events = POLLIN;
            fds[i].revents = 0;
            if (running[i].deadline < nearest)
                nearest = running[i].deadline;
        }
        long left = nearest - now_ms ();
        poll (fds, (nfds_t) busy, left > 0 ? (int) left : 0);
        for (int i = busy - 1; i >= 0; i--) {
            int hung = now_ms () >= running[i].deadline;
            if (fds[i].revents ? !read_child (&running[i]) || hung : hung) {
                finish_child (&running[i], hung);
                running[i] = running[--busy];
            }
        }
    }
}

static void run_unforked (const struct test_case **chosen, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!make_scratch ())
            abort ();
        if (chosen[i]->known) {
            /* It may take the process, and with it the other cases, along. */
            report (chosen[i], "skip", "SKIP known defect\n");
            remove_tree (run.scratch);
            continue;
        }
        printf ("# begin %s.%s\n", group, chosen[i]->name);
        fflush (stdout);
        int code = run_here (chosen[i]);
        char text[200];
        snprintf (text, sizeof text, "%s%s\n", code == SKIPPED ? "SKIP " : "", code == SKIPPED ? run.skip : "");
        report (chosen[i], code == PASSED ? "ok" : code == SKIPPED ? "skip" : "fail", code == SKIPPED ? text : "");
        remove_tree (run.scratch);
    }
}

/* defects.tsv: case, reason, Annex C number. A case name may stand for all its variants. */
static void load_known (const char *path)
{
    char line[512];
    FILE *file = fopen (path, "r");
    if (!file) {
        fprintf (stderr, "cannot read %s\n", path);
        exit (2);
    }
    while (fgets (line, sizeof line, file)) {
        char *reason = strchr (line, '\t'), *number;
        size_t prefix = strlen (group);
        if (line[0] == '#' || !reason)
            continue;
        *reason++ = 0;
        if ((number = strpbrk (reason, "\t\n")))
            *number = 0;
        if (strncmp (line, group, prefix) != 0 || line[prefix] != '.')
            continue;
        const char *name = line + prefix + 1;
        size_t length = strlen (name);
        for (size_t i = 0; i < case_count; i++)
            if (strncmp (cases[i].name, name, length) == 0 && (!cases[i].name[length] || cases[i].name[length] == '.'))
                cases[i].known = strdup (reason);
    }
    fclose (file);
}

/* A wrong library under test would make every result meaningless, so look where the calls really go. */
static void verify_library (const char *wanted)
{
    char line[1024];
    FILE *maps = fopen ("/proc/self/maps", "r");
    if (!maps)
        return;
    while (fgets (line, sizeof line, maps))
        if (strstr (line, wanted)) {
            fclose (maps);
            return;
        }
    fprintf (stderr, "the library under test, %s, is not loaded\n", wanted);
    exit (2);
}

int main (int argc, char **argv)
{
    const char *filter = "", *known = NULL;
    const struct test_case *chosen[MAX_CASES];
    size_t count = 0;
    int list = 0;
    group = strrchr (argv[0], '/') ? strrchr (argv[0], '/') + 1 : argv[0];
    for (int i = 1; i < argc; i++) {
        if (strcmp (argv[i], "--no-fork") == 0)
            run.forking = 0;
        else if (strcmp (argv[i], "--list") == 0)
            list = 1;
        else if (strcmp (argv[i], "--jobs") == 0 && i + 1 < argc)
            jobs = atoi (argv[++i]);
        else if (strcmp (argv[i], "--case-timeout") == 0 && i + 1 < argc)
            limit_ms = 1000L * atoi (argv[++i]);
        else if (strcmp (argv[i], "--patience") == 0 && i + 1 < argc)
            patience = atoi (argv[++i]);
        else if (strcmp (argv[i], "--name") == 0 && i + 1 < argc)
            run.library = argv[++i];
        else if (strcmp (argv[i], "--defects") == 0 && i + 1 < argc)
            known = argv[++i];
        else if (strcmp (argv[i], "--expect-library") == 0 && i + 1 < argc)
            verify_library (argv[++i]);
        else if (strcmp (argv[i], "--out") == 0 && i + 1 < argc) {
            out_file = fopen (argv[++i], "a");
            if (!out_file) {
                fprintf (stderr, "cannot write %s\n", argv[i]);
                return 2;
            }
        } else
            filter = argv[i];
    }
    jobs = jobs < 1 ? 1 : jobs > MAX_JOBS ? MAX_JOBS : jobs;
    if (known && on_libzmq ())
        load_known (known);
    for (size_t i = 0; i < case_count; i++) {
        char full[2 * sizeof cases[0].name];
        snprintf (full, sizeof full, "%.80s.%.95s", group, cases[i].name);
        if (strstr (full, filter))
            chosen[count++] = &cases[i];
    }
    if (list)
        for (size_t i = 0; i < count; i++)
            printf ("%s.%s\n", group, chosen[i]->name);
    else if (run.forking)
        run_forked (chosen, count);
    else
        run_unforked (chosen, count);
    return 0;
}
