/* A source of bytes. zlib is used here alone. Rests on the public headers and base.h. */
#define _POSIX_C_SOURCE 200809L /* fseeko */
#include "source.h"

#include <string.h>

#include <tad/data.h>

#include "base/base.h"

/* ---- plain ---- */

static tad_status read_plain(tad__source *s, void *out, size_t n, size_t *got) {
    if (s->file) {
        *got = fread(out, 1, n, s->file);
        if (*got < n && ferror(s->file))
            return tad_tape_fail(s->tape, TAD_IO, "%s: reading failed", s->name);
        return TAD_OK;
    }
    *got = tad__min(n, s->size - s->at);
    if (*got) memcpy(out, s->bytes + s->at, *got);
    s->at += *got;
    return TAD_OK;
}

static tad_status rewind_plain(tad__source *s) {
    s->at = 0;
    if (s->file && fseek(s->file, 0, SEEK_SET) != 0)
        return tad_tape_fail(s->tape, TAD_IO, "%s: cannot go back to its start", s->name);
    return TAD_OK;
}

/* ---- gzip ---- */

#ifdef HAVE_ZLIB
#include <zlib.h>

typedef struct tad__unpacker {
    z_stream z;
    bool ended;
    unsigned char in[16384];
} unpacker;

bool tad_has_zlib(void) { return true; }

static voidpf take(voidpf tape, uInt count, uInt size) {
    return tad_tape_resize(tape, NULL, count, size);
}

static void give(voidpf tape, voidpf block) { tad_tape_resize(tape, block, 0, 0); }

static tad_status start_unpacker(tad__source *s) {
    unpacker *u = tad_tape_resize(s->tape, NULL, 1, sizeof *u);
    if (!u) return tad_tape_status(s->tape);
    u->z = (z_stream){.zalloc = take, .zfree = give, .opaque = s->tape};
    u->ended = false;
    if (inflateInit2(&u->z, 16 + MAX_WBITS) != Z_OK) { /* 16: gzip's header and check sum */
        tad_tape_resize(s->tape, u, 0, 0);
        return tad_tape_fail(s->tape, TAD_NO_MEMORY, "%s: no memory to unpack", s->name);
    }
    s->unpacker = u;
    return TAD_OK;
}

static void stop_unpacker(tad__source *s) {
    inflateEnd(&s->unpacker->z);
    tad_tape_resize(s->tape, s->unpacker, 0, 0);
}

static tad_status refill(tad__source *s) {
    unpacker *u = s->unpacker;
    size_t got;
    if (u->z.avail_in) return TAD_OK;
    tad_status status = read_plain(s, u->in, sizeof u->in, &got);
    if (status != TAD_OK) return status;
    if (got == 0)
        return tad_tape_fail(s->tape, TAD_BAD_FILE, "%s: the gzip data end early", s->name);
    u->z.next_in = u->in;
    u->z.avail_in = (uInt)got;
    return TAD_OK;
}

/* Nothing may follow the gzip data. */
static tad_status check_end(tad__source *s) {
    unsigned char byte;
    size_t got = s->unpacker->z.avail_in;
    tad_status status = got ? TAD_OK : read_plain(s, &byte, 1, &got);
    if (status != TAD_OK) return status;
    if (got) return tad_tape_fail(s->tape, TAD_BAD_FILE, "%s: bytes after the gzip data", s->name);
    return TAD_OK;
}

/* One round of zlib: at most `room` bytes to u->z.next_out. */
static tad_status inflate_some(tad__source *s) {
    unpacker *u = s->unpacker;
    tad_status status = refill(s);
    if (status != TAD_OK) return status;
    int code = inflate(&u->z, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
        u->ended = true;
        return check_end(s);
    }
    if (code == Z_MEM_ERROR)
        return tad_tape_fail(s->tape, TAD_NO_MEMORY, "%s: no memory to unpack", s->name);
    if (code == Z_OK || code == Z_BUF_ERROR) return TAD_OK; /* the latter: wants more bytes */
    return tad_tape_fail(s->tape, TAD_BAD_FILE, "%s: damaged gzip data", s->name);
}

static tad_status read_packed(tad__source *s, unsigned char *out, size_t n, size_t *got) {
    unpacker *u = s->unpacker;
    tad_status status = TAD_OK;
    *got = 0;
    while (*got < n && !u->ended && status == TAD_OK) {
        uInt room = (uInt)tad__min(n - *got, 1u << 30);
        u->z.next_out = out + *got;
        u->z.avail_out = room;
        status = inflate_some(s);
        *got += room - u->z.avail_out;
    }
    return status;
}

/* In rounds, since zlib counts with 32 bits. */
static int inflate_all(z_stream *z, const unsigned char *from, size_t n, unsigned char *to,
                       size_t size) {
    enum { ROUND = 1 << 30 };
    int code = Z_OK;
    while (code == Z_OK) {
        z->next_in = (Bytef *)(uintptr_t)from;
        z->next_out = to;
        const uInt in = z->avail_in = (uInt)tad__min(n, ROUND),
                   out = z->avail_out = (uInt)tad__min(size, ROUND);
        code = inflate(z, Z_NO_FLUSH);
        from += in - z->avail_in;
        n -= in - z->avail_in;
        to += out - z->avail_out;
        size -= out - z->avail_out;
    }
    return code == Z_STREAM_END && (n || size) ? Z_DATA_ERROR : code;
}

tad_status tad__inflate(tad_tape *t, const char *source, const unsigned char *from, size_t n,
                        unsigned char *to, size_t size) {
    z_stream z = {.zalloc = take, .zfree = give, .opaque = t};
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
        return tad_tape_fail(t, TAD_NO_MEMORY, "%s: no memory to unpack", source);
    const int code = inflate_all(&z, from, n, to, size);
    inflateEnd(&z);
    if (code == Z_STREAM_END) return TAD_OK;
    return tad_tape_fail(t, code == Z_MEM_ERROR ? TAD_NO_MEMORY : TAD_BAD_FILE,
                         "%s: damaged packed data", source);
}

#else

bool tad_has_zlib(void) { return false; }

tad_status tad__inflate(tad_tape *t, const char *source, const unsigned char *from, size_t n,
                        unsigned char *to, size_t size) {
    (void)from, (void)n, (void)to, (void)size;
    return tad_tape_fail(t, TAD_UNSUPPORTED,
                         "%s is deflated, and this library was built without zlib", source);
}

static tad_status start_unpacker(tad__source *s) {
    return tad_tape_fail(s->tape, TAD_UNSUPPORTED,
                         "%s is gzipped, and this library was built without zlib: unpack it first",
                         s->name);
}

static void stop_unpacker(tad__source *s) { (void)s; }

static tad_status read_packed(tad__source *s, unsigned char *out, size_t n, size_t *got) {
    (void)s, (void)out, (void)n, (void)got;
    return TAD_UNSUPPORTED;
}

#endif

/* ---- both ---- */

tad_status tad__source_start(tad__source *s) {
    unsigned char magic[2];
    size_t got;
    tad__source_stop(s);
    tad_status status = rewind_plain(s);
    if (status == TAD_OK) status = read_plain(s, magic, sizeof magic, &got);
    if (status == TAD_OK) status = rewind_plain(s);
    if (status != TAD_OK || got < sizeof magic || magic[0] != 0x1f || magic[1] != 0x8b)
        return status;
    return start_unpacker(s);
}

tad_status tad__source_read(tad__source *s, void *out, size_t n, size_t *got) {
    return s->unpacker ? read_packed(s, out, n, got) : read_plain(s, out, n, got);
}

/* A file may be shorter than where it is told to go. */
static tad_status skip_plain(tad__source *s, size_t n, size_t *there) {
    const off_t at = s->file ? ftello(s->file) : (off_t)s->at;
    if (s->file && (at < 0 || fseeko(s->file, 0, SEEK_END) != 0))
        return tad_tape_fail(s->tape, TAD_IO, "%s cannot be read", s->name);
    const size_t end = s->file ? (size_t)ftello(s->file) : s->size, left = end - (size_t)at;
    *there = n < left ? n : left;
    if (!s->file)
        s->at += *there;
    else if (fseeko(s->file, at + (off_t)*there, SEEK_SET) != 0)
        return tad_tape_fail(s->tape, TAD_IO, "%s cannot be read", s->name);
    return TAD_OK;
}

tad_status tad__source_skip(tad__source *s, size_t n, size_t *there) {
    unsigned char buffer[16384];
    size_t got = 1;
    if (!s->unpacker) return skip_plain(s, n, there);
    for (*there = 0; *there < n && got > 0; *there += got) {
        got = n - *there < sizeof buffer ? n - *there : sizeof buffer;
        const tad_status status = read_packed(s, buffer, got, &got);
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

void tad__source_stop(tad__source *s) {
    if (s->unpacker) stop_unpacker(s);
    s->unpacker = NULL;
}
