/* tad_program_compile: a program's text, through a compiler, as a library that is loaded. Rests on
 * the public headers and POSIX. */
#define _POSIX_C_SOURCE 200809L

#include <tad/compile.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 600, MOST_ARGUMENTS = 100 };
static const char *const default_command[] = {"cc", "-O2", NULL};

/* One compilation. Files lie in `folder`: NAME.c, NAME.so; `made`: it is removed afterwards. */
typedef struct job {
    const tad_compile_options *o;
    const char *const *command;
    const char *folder;
    bool made;
    char own[40], text[PATH_SIZE], object[PATH_SIZE], kept[PATH_SIZE];
} job;

static tad_status refuse(const tad_compile_options *o, tad_status code, const char *format, ...)
    TAD_PRINTF(3, 4);
static tad_status refuse(const tad_compile_options *o, tad_status code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (o && o->message && o->message_size) vsnprintf(o->message, o->message_size, format, args);
    va_end(args);
    return code;
}

static tad_status failed(const job *j, const char *doing, const char *what, int error) {
    char text[128] = "unknown error";
    (void)strerror_r(error, text, sizeof text);
    return refuse(j->o, TAD_IO, "compile: %s %.300s: %s", doing, what, text);
}

/* ---- the name: of the text and the command ---- */

/* FNV-1a, twice from different beginnings: 128 bits, which no accident makes equal. */
typedef struct digest {
    uint64_t a, b;
} digest;

static bool digest_piece(void *user, const char *text, size_t length) {
    digest *d = user;
    for (size_t k = 0; k < length; k++) {
        d->a = (d->a ^ (unsigned char)text[k]) * UINT64_C(0x100000001b3);
        d->b = (d->b ^ (unsigned char)text[k]) * UINT64_C(0x100000001b3);
        d->b ^= d->b >> 29;
    }
    return true;
}

static tad_c_options text_options(const job *j) {
    return (tad_c_options){.name = "tad_compiled",
                           .steps = true,
                           .each = j->o ? j->o->each : NULL,
                           .message = j->o ? j->o->message : NULL,
                           .message_size = j->o ? j->o->message_size : 0};
}

static tad_status find_name(job *j, const tad_program *p, digest *d) {
    const tad_c_options o = text_options(j);
    *d = (digest){UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};
    for (const char *const *word = j->command; *word; word++)
        digest_piece(d, *word, strlen(*word) + 1);
    return tad_program_c(p, &o, digest_piece, d);
}

/* ---- files ---- */

static bool set_paths(job *j, const digest *d) {
    const unsigned long long a = d->a, b = d->b;
    const long process = (long)getpid();
    snprintf(j->kept, PATH_SIZE, "%s/tad-%016llx%016llx.so", j->folder, a, b);
    snprintf(j->text, PATH_SIZE, "%s/tad-%016llx%016llx-%ld.c", j->folder, a, b, process);
    const int longest =
        snprintf(j->object, PATH_SIZE, "%s/tad-%016llx%016llx-%ld.so", j->folder, a, b, process);
    return longest < PATH_SIZE;
}

static tad_status write_text(job *j, const tad_program *p) {
    const tad_c_options o = text_options(j);
    FILE *f = fopen(j->text, "wx");
    if (!f) return failed(j, "cannot write", j->text, errno);
    const tad_status s = tad_program_c(p, &o, tad_file_sink, f);
    const int error = errno;
    if (fclose(f) != 0 && s == TAD_OK) return failed(j, "cannot write", j->text, errno);
    return s == TAD_IO ? failed(j, "cannot write", j->text, error) : s;
}

/* ---- the compiler ---- */

/* What makes a library, in the words of gcc and clang, of the text with the library's arithmetic:
 * no fused products; functions that set no errno and conditions that trap nothing become vectors.
 */
static const char *const added[] = {
    "-std=c99", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared",
    "-o"};
enum { ADDED = sizeof added / sizeof *added, FILES = 3 /* and NULL */ };

/* The command, all that, and the files. */
static bool set_arguments(const job *j, const char **to) {
    size_t n = 0;
    for (const char *const *word = j->command; *word; word++) {
        if (n == MOST_ARGUMENTS) return false;
        to[n++] = *word;
    }
    for (size_t k = 0; k < ADDED; k++) to[n++] = added[k];
    to[n++] = j->object;
    to[n++] = j->text;
    to[n++] = "-lm";
    to[n] = NULL;
    return true;
}

/* In a process group of its own, silent: all of it can be stopped. */
static int start(const char *const *arguments, pid_t *process) {
    extern char **environ;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        for (int fd = 0; fd < 3 && !error; fd++)
            error = posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
        if (!error)
            error = posix_spawnp(process, arguments[0], &files, &attributes,
                                 (char *const *)(uintptr_t)arguments, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return error;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { USUAL_LIMIT = 60 /* seconds */, SHORTEST_WAIT = 1, LONGEST_WAIT = 50 /* milliseconds */ };

/* POSIX has no wait with a limit: looks again after a little longer each time. */
static tad_status wait_for(const job *j, pid_t process) {
    const double limit = j->o && j->o->seconds > 0 ? j->o->seconds : USUAL_LIMIT,
                 end = now() + limit;
    int status = 0;
    for (int wait = SHORTEST_WAIT;; wait = wait < LONGEST_WAIT ? wait + 1 : LONGEST_WAIT) {
        const pid_t done = waitpid(process, &status, WNOHANG);
        if (done < 0 && errno != EINTR) return failed(j, "cannot wait for", j->command[0], errno);
        if (done == process) break;
        if (now() > end) {
            kill(-process, SIGKILL);
            waitpid(process, &status, 0);
            return refuse(j->o, TAD_IO, "compile: %.100s took longer than %g seconds",
                          j->command[0], limit);
        }
        poll(NULL, 0, wait);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return TAD_OK;
    return refuse(j->o, TAD_IO, "compile: %.100s failed with status %d", j->command[0],
                  WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static tad_status run_compiler(const job *j) {
    const char *arguments[MOST_ARGUMENTS + ADDED + FILES + 1];
    pid_t process;
    if (!set_arguments(j, arguments))
        return refuse(j->o, TAD_BAD_ARGUMENT, "compile: more than %d words of a command",
                      MOST_ARGUMENTS);
    const int error = start(arguments, &process);
    if (error) return failed(j, "cannot start", arguments[0], error);
    tad_status s = wait_for(j, process);
    if (s == TAD_OK && rename(j->object, j->kept) != 0)
        s = failed(j, "cannot make", j->kept, errno);
    if (s != TAD_OK) unlink(j->object);
    return s;
}

static tad_status make(job *j, const tad_program *p) {
    tad_status s = write_text(j, p);
    if (s == TAD_OK) s = run_compiler(j);
    unlink(j->text);
    return s;
}

/* ---- loading ---- */

static void close_library(void *owner) { dlclose(owner); }

/* Which the library may have besides. */
static void load_lanes(void *library, tad_program *p) {
    void *found = dlsym(library, "tad_compiled_lanes"), *each = dlsym(library, "tad_compiled_each");
    tad_lane_steps *steps;
    if (!found || !each) return;
    memcpy(&steps, &found, sizeof steps); /* ISO C has no cast of these */
    tad_program_set_lanes(p, steps, each);
}

static tad_status load(const job *j, tad_program *p) {
    void *library = dlopen(j->kept, RTLD_NOW | RTLD_LOCAL);
    void *found = library ? dlsym(library, "tad_compiled_steps") : NULL;
    tad_steps *steps;
    if (!found) {
        const char *why = dlerror();
        tad_status s = refuse(j->o, TAD_IO, "compile: %.300s", why ? why : "cannot be loaded");
        if (library) dlclose(library);
        return s;
    }
    memcpy(&steps, &found, sizeof steps); /* ISO C has no cast of these */
    tad_program_set_steps(p, steps, close_library, library);
    load_lanes(library, p);
    return TAD_OK;
}

/* ---- what is called ---- */

static tad_status begin(job *j, const tad_compile_options *o) {
    *j = (job){.o = o, .command = default_command, .own = "/tmp/tad-XXXXXX"};
    if (o && o->command) j->command = o->command;
    if (!j->command[0]) return refuse(o, TAD_BAD_ARGUMENT, "compile: the command has no words");
    j->folder = o ? o->folder : NULL;
    if (j->folder) return TAD_OK;
    if (!mkdtemp(j->own)) return failed(j, "cannot make", j->own, errno);
    j->folder = j->own;
    j->made = true;
    return TAD_OK;
}

tad_status tad_program_compile(tad_program *p, const tad_compile_options *o) {
    job j;
    digest d;
    if (!p) return refuse(o, TAD_BAD_ARGUMENT, "compile: no program");
    tad_status s = begin(&j, o);
    if (s != TAD_OK) return s;
    s = find_name(&j, p, &d);
    if (s == TAD_OK && !set_paths(&j, &d))
        s = refuse(o, TAD_BAD_ARGUMENT, "compile: the folder's name is too long");
    if (s == TAD_OK && access(j.kept, R_OK) != 0) s = make(&j, p);
    if (s == TAD_OK) s = load(&j, p);
    if (j.made) {
        unlink(j.kept);
        rmdir(j.folder);
    }
    return s;
}

static tad_status compile_made(tad_program *p, const bool *each, void *user) {
    const tad_compile_options *given = user;
    tad_compile_options o = {0};
    if (given) o = *given;
    o.each = each;
    return tad_program_compile(p, &o);
}

void tad_mapping_compile(tad_mapping *m, const tad_compile_options *options) {
    tad_mapping_set_made(m, compile_made, (void *)(uintptr_t)options);
}
