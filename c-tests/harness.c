/* The checks, and what surrounds a case. */
#include "runner.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int patience = 1;

struct run run = {.library = "libzmq", .forking = 1};

static void end_case (int code)
{
    fflush (stdout);
    if (run.forking)
        _exit (code);
    if (!pthread_equal (pthread_self (), run.thread))
        pthread_exit (NULL);
    longjmp (run.end, code);
}

void check_fail (const char *file, int line, const char *format, ...)
{
    int error = errno;
    va_list args;
    va_start (args, format);
    printf ("# %s:%d: ", file, line);
    vprintf (format, args);
    va_end (args);
    if (run.row[0])
        printf (" [%s]", run.row);
    printf ("\n");
    fflush (stdout);
    run.failures++;
    if (!run.going_on)
        end_case (FAILED);
    errno = error;
}

void keep_going (void)
{
    run.going_on = 1;
}

void row (const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (run.row, sizeof run.row, format, args);
    va_end (args);
}

void skip_case (const char *reason)
{
    snprintf (run.skip, sizeof run.skip, "%s", reason);
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
    return strcmp (run.library, "libzmq") == 0;
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
    return run.scratch;
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

pid_t own_thread (void)
{
    return (pid_t) syscall (SYS_gettid);
}

int is_asleep (pid_t thread)
{
    char path[64], line[512];
    snprintf (path, sizeof path, "/proc/self/task/%ld/stat", (long) thread);
    FILE *file = thread ? fopen (path, "r") : NULL;
    /* The state stands behind the name, which is in parentheses and may hold some. */
    char *name_end = file && fgets (line, sizeof line, file) ? strrchr (line, ')') : NULL;
    if (file)
        fclose (file);
    return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}
