/* Whole files over POSIX. May rely on file.h; knows no file format. */
#define _POSIX_C_SOURCE 200809L

#include "file.h"

#include "tape/error.h"
#include "tape/owned.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linux transfers no more than this in one call. */
enum { PIECE = 0x7ffff000 };

static tad_status failed(tad_tape *t, const char *doing, const char *path, int error) {
    char text[128] = "unknown error";
    (void)strerror_r(error, text, sizeof text);
    return tad__fail(t, error == ENOMEM ? TAD_NO_MEMORY : TAD_IO, "%s %s: %s", doing, path, text);
}

/* ---- bytes out ---- */

static void write_all(tad__out *o, const unsigned char *bytes, size_t n) {
    while (n > 0 && !o->error) {
        ssize_t done = write(o->fd, bytes, n < PIECE ? n : PIECE);
        if (done >= 0) {
            bytes += done;
            n -= (size_t)done;
        } else if (errno != EINTR) {
            o->error = errno;
        }
    }
}

static void flush(tad__out *o) {
    write_all(o, o->buffer, o->held);
    o->held = 0;
}

void tad__out_put(tad__out *o, const void *bytes, size_t n) {
    if (n == 0) return;
    if (o->memory) {
        memcpy(o->memory + o->length, bytes, n);
    } else if (o->fd >= 0) {
        if (n > sizeof o->buffer - o->held) flush(o);
        if (n > sizeof o->buffer) {
            write_all(o, bytes, n);
        } else {
            memcpy(o->buffer + o->held, bytes, n);
            o->held += n;
        }
    }
    o->length += n;
}

void tad__out_text(tad__out *o, const char *text) { tad__out_put(o, text, strlen(text)); }

/* ---- reading ---- */

static int read_all(int fd, char *to, size_t n) {
    while (n > 0) {
        ssize_t got = read(fd, to, n < PIECE ? n : PIECE);
        if (got == 0) return EIO; /* shorter than it was a moment ago */
        if (got < 0 && errno != EINTR) return errno;
        if (got < 0) continue;
        to += got;
        n -= (size_t)got;
    }
    return 0;
}

static tad_status read_open(tad_tape *t, const char *path, int fd, void **data, size_t *size) {
    struct stat s = {0}; /* not all memory checkers know what fstat sets */
    if (fstat(fd, &s) != 0) return failed(t, "reading", path, errno);
    if (!S_ISREG(s.st_mode))
        return tad__fail(t, TAD_IO, "reading %s: %s", path,
                         S_ISDIR(s.st_mode) ? "it is a folder" : "it is not a regular file");
    if ((uintmax_t)s.st_size > SIZE_MAX) return tad__fail(t, TAD_TOO_LARGE, "reading %s", path);
    *size = (size_t)s.st_size;
    *data = *size ? tad__resize(t, NULL, 0, *size) : NULL;
    if (*size && !*data) return tad__no_memory(t, path);
    int error = read_all(fd, *data, *size);
    if (!error) return TAD_OK;
    tad__resize(t, *data, *size, 0);
    return failed(t, "reading", path, error);
}

tad_status tad__file_read(tad_tape *t, const char *path, void **data, size_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* does not wait at a pipe */
    if (fd < 0) return failed(t, "reading", path, errno);
    tad_status status = read_open(t, path, fd, data, size);
    close(fd);
    return status;
}

/* ---- replacing ---- */

/* Writes the content to fd and closes it; 0 or an errno. */
static int fill(int fd, tad__content *content, const void *user, bool synchronise) {
    tad__out o = {.fd = fd};
    content(&o, user);
    flush(&o);
    if (!o.error && synchronise && fsync(fd) != 0) o.error = errno;
    if (close(fd) != 0 && !o.error) o.error = errno;
    return o.error;
}

/* A pipe, a device: there is nothing to be kept. */
static tad_status write_through(tad_tape *t, const char *path, tad__content *content,
                                const void *user) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : fill(fd, content, user, false);
    return error ? failed(t, "writing", path, error) : TAD_OK;
}

/* Makes a new file beside path. Names left by processes that were killed are stepped over. */
static int open_temporary(const char *path, char *name, size_t size) {
    int fd = -1;
    for (int i = 0; fd < 0 && i < 100; i++) {
        snprintf(name, size, "%s.tmp%d", path, i);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST) break;
    }
    return fd;
}

/* Makes the renaming durable. Some file systems cannot synchronise folders: no failure. */
static void synchronise_folder(char *name) {
    char *slash = strrchr(name, '/');
    if (slash) slash[slash == name] = '\0';
    int fd = open(slash ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

static int replace(const char *path, char *temporary, size_t size, const struct stat *old,
                   tad__content *content, const void *user) {
    int fd = open_temporary(path, temporary, size);
    if (fd < 0) return errno;
    if (old) (void)fchmod(fd, old->st_mode & 07777);
    int error = fill(fd, content, user, true);
    if (!error && rename(temporary, path) != 0) error = errno;
    if (error)
        unlink(temporary);
    else
        synchronise_folder(temporary);
    return error;
}

tad_status tad__file_replace(tad_tape *t, const char *path, tad__content *content,
                             const void *user) {
    struct stat old = {0};
    bool exists = stat(path, &old) == 0;
    if (exists && !S_ISREG(old.st_mode)) return write_through(t, path, content, user);
    size_t size = strlen(path) + sizeof ".tmp99";
    char *temporary = tad__resize(t, NULL, 0, size);
    if (!temporary) return tad__no_memory(t, path);
    int error = replace(path, temporary, size, exists ? &old : NULL, content, user);
    tad__resize(t, temporary, size, 0);
    return error ? failed(t, "writing", path, error) : TAD_OK;
}
