/* IDX files: a magic number 00 00 TYPE RANK, RANK big-endian sizes, the elements, nothing more.
 *
 * A file is gone through twice: first to see that it is complete and no longer than it says, then
 * to keep it, or a part, in memory of exactly that size. So a file that lies about its size costs
 * no memory. Rests on idx.h and source.h. */
#include <string.h>

#include "base/base.h"
#include "idx.h"
#include "nn/dataset.h"
#include "source.h"

/* ---- reading ---- */

typedef struct header {
    tad_idx idx;  /* without data */
    size_t bytes; /* of the elements */
} header;

static tad_status bad(const tad__source *s, const char *what) {
    return tad_tape_fail(s->tape, TAD_BAD_FILE, "%s: %s", s->name, what);
}

static tad_status read_exactly(tad__source *s, void *out, size_t n) {
    size_t got;
    tad_status status = tad__source_read(s, out, n, &got);
    return status == TAD_OK && got < n ? bad(s, "the IDX data end early") : status;
}

static tad_status read_magic(tad__source *s, tad_idx *idx) {
    unsigned char magic[4];
    tad_status status = read_exactly(s, magic, sizeof magic);
    if (status != TAD_OK) return status;
    if (magic[0] || magic[1]) return bad(s, "no IDX file (it must begin with two zeros)");
    idx->type = (tad_idx_type)magic[2];
    if (!tad__idx_bytes(idx->type))
        return tad_tape_fail(s->tape, TAD_BAD_FILE, "%s: IDX has no element type 0x%02x", s->name,
                             magic[2]);
    if (magic[3] < 1 || magic[3] > TAD_MAX_RANK)
        return tad_tape_fail(s->tape, TAD_BAD_FILE, "%s: %d axes, 1 to %d are possible", s->name,
                             magic[3], TAD_MAX_RANK);
    idx->shape.rank = magic[3];
    return TAD_OK;
}

/* Sizes are multiplied with checks; a zero among them does not excuse an overflow of the others. */
static tad_status read_header(tad__source *s, header *h) {
    size_t bytes = 1, count = 1;
    *h = (header){0};
    tad_status status = read_magic(s, &h->idx);
    for (int i = 0; status == TAD_OK && i < h->idx.shape.rank; i++) {
        unsigned char b[4];
        if ((status = read_exactly(s, b, sizeof b)) != TAD_OK) break;
        size_t size = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
        h->idx.shape.dim[i] = (int64_t)size;
        if (!tad__mul(bytes, size ? size : 1, &bytes))
            status = bad(s, "the IDX sizes are too large");
        count *= size; /* at most `bytes`, which was checked */
    }
    if (status != TAD_OK) return status;
    if (!tad__mul(bytes, tad__idx_bytes(h->idx.type), &bytes) || bytes > PTRDIFF_MAX)
        return bad(s, "the IDX sizes are too large");
    h->idx.size = (int64_t)count;
    h->bytes = count * tad__idx_bytes(h->idx.type);
    return TAD_OK;
}

static tad_status skip_exactly(tad__source *s, size_t n) {
    size_t there;
    tad_status status = tad__source_skip(s, n, &there);
    return status == TAD_OK && there < n ? bad(s, "the IDX data end early") : status;
}

/* The elements must fill the rest, and end there. */
static tad_status check_rest(tad__source *s, size_t bytes) {
    unsigned char after;
    size_t past;
    tad_status status = skip_exactly(s, bytes);
    if (status == TAD_OK) status = tad__source_read(s, &after, 1, &past);
    return status == TAD_OK && past ? bad(s, "bytes after the IDX data") : status;
}

/* From big-endian to this machine's order, in place. */
static void swap(tad_idx_type type, void *data, int64_t n) {
    switch (type) {
#define SWAP(code, c_type, bits)                                                                   \
    case code:                                                                                     \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const unsigned char *b = (unsigned char *)data + (size_t)i * sizeof(bits);             \
            bits value = 0;                                                                        \
            for (size_t k = 0; k < sizeof(bits); k++) value = (bits)((uint64_t)value << 8 | b[k]); \
            memcpy((unsigned char *)data + (size_t)i * sizeof(bits), &value, sizeof value);        \
        }                                                                                          \
        break;
        TAD__IDX_TYPES(SWAP)
#undef SWAP
    }
}

/* Which part of how many is wanted. */
typedef struct portion {
    int64_t part, parts;
} portion;

/* The header becomes that of the part; *first: the bytes before it. */
static void cut(header *h, portion of, size_t *first) {
    const int64_t n = h->idx.shape.dim[0], begin = tad__part_begin(n, of.part, of.parts),
                  end = tad__part_begin(n, of.part + 1, of.parts);
    const size_t row = n ? h->bytes / (size_t)n : 0;
    *first = row * (size_t)begin;
    h->idx.size = n ? h->idx.size / n * (end - begin) : 0;
    h->bytes = row * (size_t)(end - begin);
    h->idx.shape.dim[0] = end - begin;
}

/* Second time. */
static tad_status keep(tad__source *s, portion of, tad_idx *out, int64_t *all) {
    header h;
    size_t first = 0;
    tad_status status = tad__source_start(s);
    if (status == TAD_OK) status = read_header(s, &h);
    if (status != TAD_OK) return status;
    *all = h.idx.shape.dim[0];
    cut(&h, of, &first);
    void *data = tad_tape_resize(s->tape, NULL, h.bytes ? h.bytes : 1, 1);
    if (!data) return tad_tape_status(s->tape);
    status = skip_exactly(s, first);
    if (status == TAD_OK) status = read_exactly(s, data, h.bytes);
    if (status != TAD_OK) {
        tad_tape_resize(s->tape, data, 0, 0);
        return status;
    }
    if (tad__idx_bytes(h.idx.type) > 1) swap(h.idx.type, data, h.idx.size);
    h.idx.data = data;
    *out = h.idx;
    return TAD_OK;
}

static tad_status parse(tad__source *s, portion of, tad_idx *out, int64_t *all) {
    header h;
    tad_status status = tad__source_start(s);
    if (status == TAD_OK) status = read_header(s, &h);
    if (status == TAD_OK) status = check_rest(s, h.bytes);
    if (status == TAD_OK) status = keep(s, of, out, all);
    tad__source_stop(s);
    return status;
}

tad_status tad_idx_parse(tad_tape *t, const void *bytes, size_t n, tad_idx *out) {
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!out || (!bytes && n)) return tad_tape_fail(t, TAD_BAD_ARGUMENT, "idx_parse: NULL");
    tad__source s = {.tape = t, .name = "idx_parse", .bytes = bytes, .size = n};
    int64_t all;
    return parse(&s, (portion){0, 1}, out, &all);
}

tad_status tad__idx_load(tad_tape *t, const char *path, int64_t part, int64_t parts, tad_idx *out,
                         int64_t *all) {
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!out || !path) return tad_tape_fail(t, TAD_BAD_ARGUMENT, "idx_load: NULL");
    if (part < 0 || part >= parts || parts > INT32_MAX)
        return tad_tape_fail(t, TAD_BAD_ARGUMENT, "idx_load: part %lld of %lld", (long long)part,
                             (long long)parts);
    FILE *file = fopen(path, "rb");
    if (!file) return tad_tape_fail(t, TAD_IO, "%s cannot be opened", path);
    tad__source s = {.tape = t, .name = path, .file = file};
    tad_status status = parse(&s, (portion){part, parts}, out, all);
    fclose(file);
    return status;
}

tad_status tad_idx_load_part(tad_tape *t, const char *path, int64_t part, int64_t parts,
                             tad_idx *out) {
    int64_t all;
    return tad__idx_load(t, path, part, parts, out, &all);
}

tad_status tad_idx_load(tad_tape *t, const char *path, tad_idx *out) {
    return tad_idx_load_part(t, path, 0, 1, out);
}

void tad_idx_free(tad_tape *t, tad_idx *idx) {
    if (!idx) return;
    tad_tape_resize(t, (void *)(uintptr_t)idx->data, 0, 0);
    *idx = (tad_idx){0};
}
