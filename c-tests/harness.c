/* Registry, checks and runner. Emits one TAP test line per case without a number (`run` numbers the whole stream). */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CASES = 1024, MAX_JOBS = 16, PASSED = 42, FAILED = 43, SKIPPED = 44 };

struct test_case {
    char name[96];
    case_fn *fn;
    const void *arg;
    const char *known; /* reason from defects.tsv, only with --name libzmq */
};

static struct test_case cases[MAX_CASES];
static size_t case_count;

static const char *group = "?";
static const char *library = "libzmq";
static int forking = 1;
static int jobs = 1;
static long limit_ms = 20000;
static FILE *out_file;

/* State of the running case (of this process). */
static int failures, going_on;
static char row_text[160];
static char skip_text[160];
static char scratch[128];
static jmp_buf case_end;
static pthread_t case_thread;

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

/* ---- checks ---- */

static void end_case (int code)
{
    fflush (stdout);
    if (forking)
        _exit (code);
    if (!pthread_equal (pthread_self (), case_thread))
        pthread_exit (NULL);
    longjmp (case_end, code);
}

void check_fail (const char *file, int line, const char *format, ...)
{
    int error = errno;
    va_list args;
    va_start (args, format);
    printf ("# %s:%d: ", file, line);
    vprintf (format, args);
    va_end (args);
    if (row_text[0])
        printf (" [%s]", row_text);
    printf ("\n");
    fflush (stdout);
    failures++;
    if (!going_on)
        end_case (FAILED);
    errno = error;
}

void keep_going (void)
{
    going_on = 1;
}

void row (const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (row_text, sizeof row_text, format, args);
    va_end (args);
}

void skip_case (const char *reason)
{
    snprintf (skip_text, sizeof skip_text, "%s", reason);
    printf ("SKIP %s\n", reason);
    end_case (SKIPPED);
}

const char *error_name (int error)
{
    static char other[4][64];
    static int turn;
#define NAME(e)                                                                                                         \
    if (error == e)                                                                                                     \
    return #e
    NAME (0); NAME (EINVAL); NAME (EFAULT); NAME (ENOTSOCK); NAME (ETERM); NAME (EFSM); NAME (EAGAIN); NAME (EINTR);
    NAME (ENOTSUP); NAME (EADDRINUSE); NAME (EADDRNOTAVAIL); NAME (ENODEV); NAME (ENOENT); NAME (EPROTONOSUPPORT);
    NAME (ENOCOMPATPROTO); NAME (EHOSTUNREACH); NAME (EMFILE); NAME (EMTHREAD); NAME (ENAMETOOLONG); NAME (EACCES);
    NAME (EPERM); NAME (EBADF); NAME (ENOMEM);
#undef NAME
    char *text = other[turn = (turn + 1) % 4];
    snprintf (text, sizeof other[0], "errno %d (%s)", error, strerror (error));
    return text;
}

void check_int (const char *file, int line, const char *text, long long got, long long wanted)
{
    int error = errno;
    if (got != wanted)
        check_fail (file, line, "%s is %lld, not %lld (%s)", text, got, wanted, error_name (error));
}

void check_str (const char *file, int line, const char *text, const char *got, const char *wanted)
{
    if (got == NULL || wanted == NULL ? got != wanted : strcmp (got, wanted) != 0)
        check_fail (file, line, "%s is \"%s\", not \"%s\"", text, got ? got : "(NULL)", wanted ? wanted : "(NULL)");
}

void check_mem (const char *file, int line, const char *text, const void *got, const void *wanted, size_t size)
{
    const unsigned char *a = got, *b = wanted;
    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i]) {
            check_fail (file, line, "%s differs at byte %zu of %zu: %02x, not %02x", text, i, size, a[i], b[i]);
            return;
        }
}

void check_errno (const char *file, int line, const char *text, long long got, long long failure, int error, int wanted)
{
    if (got != failure)
        check_fail (file, line, "%s returned %lld, not the failure %s", text, got, error_name (wanted));
    else if (error != wanted)
        check_fail (file, line, "%s failed with %s, not %s", text, error_name (error), error_name (wanted));
}

void check_ok (const char *file, int line, const char *text, long long got, int error)
{
    if (got != 0)
        check_fail (file, line, "%s returned %lld (%s), not 0", text, got, error_name (error));
}

void *check_ptr (const char *file, int line, const char *text, void *got)
{
    if (got == NULL)
        check_fail (file, line, "%s returned NULL (%s)", text, error_name (errno));
    return got;
}

/* ---- surroundings ---- */

int on_libzmq (void)
{
    return strcmp (library, "libzmq") == 0;
}

long now_ms (void)
{
    struct timespec t;
    clock_gettime (CLOCK_MONOTONIC, &t);
    return (long) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void nap_ms (long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep (&t, &t) == -1 && errno == EINTR)
        ;
}

const char *scratch_dir (void)
{
    return scratch;
}

const char *unique_name (const char *prefix)
{
    static char names[16][96];
    static int turn;
    char *name = names[turn++ % 16];
    snprintf (name, sizeof names[0], "%s-%ld-%d", prefix, (long) getpid (), turn);
    return name;
}

void start_thread (void *(*fn) (void *), void *arg, void **handle)
{
    pthread_t *thread = malloc (sizeof *thread);
    if (!thread || pthread_create (thread, NULL, fn, arg) != 0)
        abort ();
    *handle = thread;
}

void join_thread (void *handle)
{
    pthread_join (*(pthread_t *) handle, NULL);
    free (handle);
}

/* ---- running ---- */

static int make_scratch (void)
{
    const char *tmp = getenv ("TMPDIR");
    /* Unix socket paths are limited to 107 bytes, so a long TMPDIR is not usable. */
    if (!tmp || strlen (tmp) > 40)
        tmp = "/tmp";
    snprintf (scratch, sizeof scratch, "%s/zct.XXXXXX", tmp);
    return mkdtemp (scratch) != NULL;
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
    failures = going_on = 0;
    row_text[0] = 0;
    case_thread = pthread_self ();
    if (!forking) {
        int code = setjmp (case_end);
        if (code) {
            tools_forget ();
            return code;
        }
    }
    c->fn (c->arg);
    row ("teardown");
    tools_teardown ();
    return failures ? FAILED : PASSED;
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
    char dir[sizeof scratch];
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
    memcpy (k->dir, scratch, sizeof scratch);
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
        printf ("# begin %s.%s\n", group, chosen[i]->name);
        fflush (stdout);
        int code = run_here (chosen[i]);
        char text[200];
        snprintf (text, sizeof text, "%s%s\n", code == SKIPPED ? "SKIP " : "", code == SKIPPED ? skip_text : "");
        report (chosen[i], code == PASSED ? "ok" : code == SKIPPED ? "skip" : "fail", code == SKIPPED ? text : "");
        remove_tree (scratch);
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
            forking = 0;
        else if (strcmp (argv[i], "--list") == 0)
            list = 1;
        else if (strcmp (argv[i], "--jobs") == 0 && i + 1 < argc)
            jobs = atoi (argv[++i]);
        else if (strcmp (argv[i], "--case-timeout") == 0 && i + 1 < argc)
            limit_ms = 1000L * atoi (argv[++i]);
        else if (strcmp (argv[i], "--name") == 0 && i + 1 < argc)
            library = argv[++i];
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
    else if (forking)
        run_forked (chosen, count);
    else
        run_unforked (chosen, count);
    return 0;
}
