/* NumPy's .npz: a zip file of arrays, found by the directory at its end. May rely on npy.h,
 * source.h and little_endian.h. */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "npy.h"
#include "source.h"
#include "tape/error.h"
#include "tape/owned.h"

enum {
    LOCAL = 0x04034b50,
    ENTRY = 0x02014b50,
    END = 0x06054b50,
    LOCAL_SIZE = 30,
    ENTRY_SIZE = 46,
    END_SIZE = 22,
    STORED = 0,
    DEFLATED = 8,
    ENCRYPTED = 1, /* a flag */
    UTF8 = 1 << 11
};

/* ---- reading ---- */

typedef struct archive {
    tad_tape *tape;
    const char *source;
    const unsigned char *bytes;
    size_t size;
} archive;

/* A file in it, as the directory says. */
typedef struct member {
    const char *name; /* not terminated */
    size_t name_size;
    unsigned flags, method;
    uint32_t sum;
    uint64_t packed, size, at;
} member;

static uint64_t number(const unsigned char *at, size_t bytes) {
    uint64_t n = 0;
    for (size_t i = bytes; i-- > 0;) n = n << 8 | at[i];
    return n;
}

static bool refuse(const archive *a, tad_status code, const char *what) {
    tad__fail(a->tape, code, "%s: %s", a->source, what);
    return false;
}

static bool damaged(const archive *a) { return refuse(a, TAD_BAD_FILE, "the zip is damaged"); }

/* The record at the end; a comment of any length may follow it. */
static const unsigned char *find_end(const archive *a) {
    for (size_t comment = 0; comment <= 0xffff && comment + END_SIZE <= a->size; comment++) {
        const unsigned char *at = a->bytes + a->size - END_SIZE - comment;
        if (number(at, 4) == END && number(at + 20, 2) == comment) return at;
    }
    return NULL;
}

/* What does not fit into 32 bits stands in an extra field, in this order. */
static bool widen(member *m, const unsigned char *extra, size_t n) {
    uint64_t *const wide[] = {&m->size, &m->packed, &m->at};
    bool missing = false;
    for (int k = 0; k < 3; k++) missing = missing || *wide[k] == UINT32_MAX;
    for (; missing && n >= 4; extra += 4 + number(extra + 2, 2)) {
        const size_t size = (size_t)number(extra + 2, 2);
        size_t at = 4;
        if (size > n - 4) return false;
        n -= 4 + size;
        if (number(extra, 2) != 1) continue;
        for (int k = 0; k < 3; k++) {
            if (*wide[k] != UINT32_MAX) continue;
            if (at + 8 > 4 + size) return false;
            *wide[k] = number(extra + at, 8);
            at += 8;
        }
        return true;
    }
    return !missing;
}

/* The entry at *at of the directory; moves *at behind it. */
static bool read_entry(const archive *a, const unsigned char **at, const unsigned char *end,
                       member *m) {
    const unsigned char *p = *at;
    if (end - p < ENTRY_SIZE || number(p, 4) != ENTRY) return damaged(a);
    const size_t name = (size_t)number(p + 28, 2), extra = (size_t)number(p + 30, 2),
                 comment = (size_t)number(p + 32, 2);
    if ((size_t)(end - p) - ENTRY_SIZE < name + extra + comment) return damaged(a);
    *m = (member){.name = (const char *)p + ENTRY_SIZE,
                  .name_size = name,
                  .flags = (unsigned)number(p + 8, 2),
                  .method = (unsigned)number(p + 10, 2),
                  .sum = (uint32_t)number(p + 16, 4),
                  .packed = number(p + 20, 4),
                  .size = number(p + 24, 4),
                  .at = number(p + 42, 4)};
    *at = p + ENTRY_SIZE + name + extra + comment;
    return widen(m, p + ENTRY_SIZE + name, extra) || damaged(a);
}

/* Where a member's bytes lie. */
static const unsigned char *bytes_of(const archive *a, const member *m) {
    if (m->at > a->size || a->size - m->at < LOCAL_SIZE) return NULL;
    const unsigned char *p = a->bytes + m->at;
    if (number(p, 4) != LOCAL) return NULL;
    const uint64_t before = LOCAL_SIZE + number(p + 26, 2) + number(p + 28, 2);
    const uint64_t left = a->size - m->at;
    return before <= left && m->packed <= left - before ? p + before : NULL;
}

/* CRC-32, four bits at a time. */
static uint32_t sum_of(uint32_t sum, const unsigned char *bytes, size_t n) {
    static const uint32_t next[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                      0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                      0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                      0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    sum = ~sum;
    for (size_t i = 0; i < n; i++) {
        sum = next[(sum ^ bytes[i]) & 15] ^ sum >> 4;
        sum = next[(sum ^ (uint32_t)bytes[i] >> 4) & 15] ^ sum >> 4;
    }
    return ~sum;
}

/* The array of unpacked bytes, under its name without .npy. */
static bool add_array(const archive *a, const member *m, const unsigned char *bytes, tad_dict *to) {
    char name[256];
    const size_t ending = sizeof ".npy" - 1;
    if (sum_of(0, bytes, (size_t)m->size) != m->sum)
        return refuse(a, TAD_BAD_FILE, "a check sum is wrong");
    if (m->name_size <= ending || memcmp(m->name + m->name_size - ending, ".npy", ending) != 0 ||
        m->name_size - ending >= sizeof name || memchr(m->name, 0, m->name_size))
        return refuse(a, TAD_BAD_FILE, "it holds what is no array by its name");
    memcpy(name, m->name, m->name_size - ending);
    name[m->name_size - ending] = '\0';
    if (!tad_is_nil(tad_dict_get(to, name)))
        return refuse(a, TAD_BAD_FILE, "an array is there twice");
    tad_var x = tad__npy_read(a->tape, a->source, bytes, (size_t)m->size);
    return !tad_is_nil(x) && tad_dict_add(to, name, tad_name(x, name)) == TAD_OK;
}

static bool add_deflated(const archive *a, const member *m, const unsigned char *packed,
                         tad_dict *to) {
    /* zlib's best is 1032 to 1: a size that cannot be true takes no memory */
    if (m->size / 1032 > m->packed || m->size > SIZE_MAX) return damaged(a);
    const size_t size = (size_t)m->size;
    unsigned char *bytes = tad__resize(a->tape, NULL, 0, size ? size : 1);
    if (!bytes) return !tad__no_memory(a->tape, a->source);
    bool done =
        tad__inflate(a->tape, a->source, packed, (size_t)m->packed, bytes, size) == TAD_OK &&
        add_array(a, m, bytes, to);
    tad__resize(a->tape, bytes, size ? size : 1, 0);
    return done;
}

static bool add_member(const archive *a, const member *m, tad_dict *to) {
    const unsigned char *bytes = bytes_of(a, m);
    if (!bytes) return damaged(a);
    if (m->flags & ENCRYPTED) return refuse(a, TAD_UNSUPPORTED, "it is encrypted");
    if (m->method == DEFLATED) return add_deflated(a, m, bytes, to);
    if (m->method != STORED) return refuse(a, TAD_UNSUPPORTED, "packed in a way that is not known");
    return m->packed == m->size ? add_array(a, m, bytes, to) : damaged(a);
}

static bool read_all(const archive *a, tad_dict *to) {
    const unsigned char *end = find_end(a), *at;
    member m;
    if (!end) return refuse(a, TAD_BAD_FILE, "not a zip file");
    const uint64_t count = number(end + 10, 2), begin = number(end + 16, 4);
    if (count == 0xffff || begin == UINT32_MAX)
        return refuse(a, TAD_UNSUPPORTED, "a zip of 4 GB or 65535 arrays");
    if (begin > (uint64_t)(end - a->bytes)) return damaged(a);
    at = a->bytes + begin;
    for (uint64_t k = 0; k < count; k++)
        if (!read_entry(a, &at, end, &m) || !add_member(a, &m, to)) return false;
    return true;
}

static tad_dict *read_archive(tad_tape *t, const char *source, const void *bytes, size_t n) {
    const archive a = {t, source, bytes, n};
    tad_dict *to = tad_dict_new(t);
    if (to && read_all(&a, to)) return to;
    while (tad_dict_count(to)) tad_dict_remove(to, tad_dict_at(to, 0).name);
    return NULL;
}

tad_dict *tad_npz_parse(tad_tape *t, const void *bytes, size_t n) {
    static const char doing[] = "reading arrays";
    return tad__npy_may_begin(t, bytes, doing) ? read_archive(t, doing, bytes, n) : NULL;
}

tad_dict *tad_npz_load(tad_tape *t, const char *path) {
    void *data = NULL;
    size_t n = 0;
    if (!tad__npy_may_begin(t, path, "reading arrays") ||
        tad__file_read(t, path, &data, &n) != TAD_OK)
        return NULL;
    tad_dict *to = read_archive(t, path, data ? data : "", n);
    tad__resize(t, data, n, 0);
    return to;
}

/* ---- writing ---- */

/* What the directory repeats of an array. */
typedef struct facts {
    uint32_t sum;
    uint64_t size, at;
} facts;

typedef struct writer {
    const tad_dict *dict;
    facts *facts; /* of each entry */
    tad__out *out;
} writer;

static void put(writer *w, uint64_t n, size_t bytes) {
    unsigned char text[8];
    for (size_t i = 0; i < bytes; i++) text[i] = (unsigned char)(n >> 8 * i);
    tad__out_put(w->out, text, bytes);
}

static void put_piece(void *to, const void *bytes, size_t n) { tad__out_put(to, bytes, n); }

/* 1980-01-01 for its date. */
static void put_facts(writer *w, const tad_entry *e, const facts *f) {
    put(w, 20, 2);
    put(w, UTF8, 2);
    put(w, STORED, 2);
    put(w, 0, 2);
    put(w, 1 << 5 | 1, 2);
    put(w, f->sum, 4);
    put(w, f->size, 4);
    put(w, f->size, 4);
    put(w, strlen(e->name) + sizeof ".npy" - 1, 2);
    put(w, 0, 2);
}

static void put_name(writer *w, const tad_entry *e) {
    tad__out_text(w->out, e->name);
    tad__out_text(w->out, ".npy");
}

static void put_local(writer *w, const tad_entry *e, const facts *f) {
    tad__npy a;
    put(w, LOCAL, 4);
    put_facts(w, e, f);
    put_name(w, e);
    if (tad__npy_describe(tad_dict_tape(w->dict), e->value, &a))
        tad__npy_put(&a, put_piece, w->out);
}

static void put_entry(writer *w, const tad_entry *e, const facts *f) {
    put(w, ENTRY, 4);
    put(w, 20, 2);
    put_facts(w, e, f);
    put(w, 0, 2 + 2 + 2); /* comment, disk, attributes */
    put(w, 0, 4);
    put(w, f->at, 4);
    put_name(w, e);
}

/* Entry by entry; nothing was wrong when it was measured. */
static void put_archive(tad__out *out, const void *user) {
    writer w = *(const writer *)user;
    const size_t count = tad_dict_count(w.dict);
    w.out = out;
    for (size_t i = 0; i < count; i++) {
        const tad_entry e = tad_dict_at(w.dict, i);
        put_local(&w, &e, &w.facts[i]);
    }
    const size_t begin = out->length;
    for (size_t i = 0; i < count; i++) {
        const tad_entry e = tad_dict_at(w.dict, i);
        put_entry(&w, &e, &w.facts[i]);
    }
    const size_t size = out->length - begin;
    put(&w, END, 4);
    put(&w, 0, 4);
    put(&w, count, 2);
    put(&w, count, 2);
    put(&w, size, 4);
    put(&w, begin, 4);
    put(&w, 0, 2);
}

static void add_up(void *to, const void *bytes, size_t n) {
    facts *f = to;
    f->sum = sum_of(f->sum, bytes, n);
    f->size += n;
}

/* The facts of every entry, and whether a zip can hold them. */
static tad_status measure(const tad_dict *d, facts *f) {
    tad_tape *t = tad_dict_tape(d);
    uint64_t at = 0, directory = END_SIZE;
    for (size_t i = 0; i < tad_dict_count(d); i++) {
        const tad_entry e = tad_dict_at(d, i);
        const size_t name = strlen(e.name) + sizeof ".npy" - 1;
        tad__npy a;
        if (!tad__npy_describe(t, e.value, &a)) return tad_tape_status(t);
        if (strlen(e.name) > 0xff)
            return tad__fail(t, TAD_BAD_ARGUMENT, "writing arrays: a name is too long");
        f[i] = (facts){0, 0, at};
        tad__npy_put(&a, add_up, &f[i]);
        at += LOCAL_SIZE + name + f[i].size;
        directory += ENTRY_SIZE + name;
    }
    if (at + directory >= UINT32_MAX || tad_dict_count(d) >= 0xffff)
        return tad__fail(t, TAD_TOO_LARGE, "writing arrays: more than a zip of 4 GB");
    return TAD_OK;
}

tad_status tad_npz_save(const tad_dict *d, const char *path) {
    tad_tape *t = tad_dict_tape(d);
    if (!t) return TAD_BAD_ARGUMENT;
    if (!tad__npy_may_begin(t, path, "writing arrays")) return tad_tape_status(t);
    const size_t bytes = (tad_dict_count(d) + 1) * sizeof(facts);
    facts *f = tad__resize(t, NULL, 0, bytes);
    if (!f) return tad__no_memory(t, "writing arrays");
    tad_status s = measure(d, f);
    if (s == TAD_OK) s = tad__file_replace(t, path, put_archive, &(writer){d, f, NULL});
    tad__resize(t, f, bytes, 0);
    return s;
}
