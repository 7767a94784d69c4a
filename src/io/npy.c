/* NumPy's .npy: a header, which is a dictionary as Python writes one, and the numbers. May rely on
 * npy.h and little_endian.h. */
#include "npy.h"

#include <stdio.h>
#include <string.h>

#include "array/shape.h"
#include "base/base.h"
#include "little_endian.h"
#include "tape/error.h"
#include "tape/owned.h"

static const char magic[] = "\x93NUMPY";
enum { MAGIC = 6, ALIGNED = 64 };

/* ---- the header ---- */

typedef struct reader {
    tad_tape *tape;
    const char *source;
    const char *at, *end; /* what is left of the header */
    char kind;            /* f i u b */
    bool big, fortran;
    size_t size; /* bytes of an element */
    tad_shape shape;
    const unsigned char *data;
} reader;

static bool refuse(const reader *r, tad_status code, const char *what) {
    tad__fail(r->tape, code, "%s: %s", r->source, what);
    return false;
}

static bool malformed(const reader *r) {
    return refuse(r, TAD_BAD_FILE, "the header of the array is malformed");
}

static void skip_space(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n')) r->at++;
}

/* A piece of text, after space; false: something else is there. */
static bool accept(reader *r, const char *text) {
    const size_t n = strlen(text);
    skip_space(r);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, text, n) != 0) return false;
    r->at += n;
    return true;
}

/* Text in quotes of either kind, without escapes, of at most `room` - 1 bytes. */
static bool quoted(reader *r, char *out, size_t room) {
    size_t n = 0;
    const char quote = accept(r, "'") ? '\'' : accept(r, "\"") ? '"' : 0;
    if (!quote) return false;
    for (; r->at < r->end && *r->at != quote; r->at++) {
        if (*r->at == '\\' || n + 1 == room) return false;
        out[n++] = *r->at;
    }
    out[n] = '\0';
    return accept(r, (const char[]){quote, '\0'});
}

static bool read_type(reader *r) {
    static const char known[][4] = {"f2", "f4", "f8", "i1", "i2", "i4",
                                    "i8", "u1", "u2", "u4", "u8", "b1"};
    char text[16];
    skip_space(r);
    if (r->at < r->end && *r->at == '[') return refuse(r, TAD_UNSUPPORTED, "an array of records");
    if (!quoted(r, text, sizeof text)) return malformed(r);
    if (!strchr("<>|", text[0]) || !text[0]) return malformed(r);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(text + 1, known[i]) == 0) {
            r->kind = text[1];
            r->size = (size_t)(text[2] - '0');
            r->big = text[0] == '>';
            if (text[0] == '|' && r->size > 1) return malformed(r);
            return true;
        }
    return refuse(r, TAD_UNSUPPORTED, "an array of a type that is not tad's");
}

static bool read_size(reader *r, int64_t *size) {
    bool any = false;
    skip_space(r);
    for (*size = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, any = true)
        if (__builtin_mul_overflow(*size, 10, size) ||
            __builtin_add_overflow(*size, *r->at - '0', size))
            return false;
    return any;
}

/* (), (3,), (3, 4) */
static bool read_shape(reader *r) {
    r->shape.rank = 0;
    if (!accept(r, "(")) return malformed(r);
    while (!accept(r, ")")) {
        int64_t size;
        if (!read_size(r, &size)) return malformed(r);
        if (r->shape.rank == TAD_MAX_RANK) return refuse(r, TAD_UNSUPPORTED, "too many axes");
        r->shape.dim[r->shape.rank++] = size;
        if (accept(r, ",")) continue;
        if (r->shape.rank == 1 || !accept(r, ")")) return malformed(r);
        break;
    }
    return true;
}

static bool read_order(reader *r) {
    r->fortran = accept(r, "True");
    return r->fortran || accept(r, "False") || malformed(r);
}

/* Each of the three keys once, and nothing else. */
static bool read_dictionary(reader *r) {
    static const char *const key[] = {"descr", "fortran_order", "shape"};
    bool (*const read[])(reader *) = {read_type, read_order, read_shape};
    unsigned seen = 0;
    if (!accept(r, "{")) return malformed(r);
    while (!accept(r, "}")) {
        char text[16];
        unsigned k = 0;
        if (!quoted(r, text, sizeof text) || !accept(r, ":")) return malformed(r);
        while (k < 3 && strcmp(text, key[k]) != 0) k++;
        if (k == 3 || seen >> k & 1) return malformed(r);
        seen |= 1u << k;
        if (!read[k](r)) return false;
        if (accept(r, ",")) continue;
        if (!accept(r, "}")) return malformed(r);
        break;
    }
    skip_space(r);
    return (seen == 7 && r->at == r->end) || malformed(r);
}

/* The frame around the dictionary; the numbers fill what is behind it. */
static bool read_header(reader *r, const unsigned char *bytes, size_t n) {
    size_t length = 0, prefix, count;
    if (n < MAGIC + 4 || memcmp(bytes, magic, MAGIC) != 0)
        return refuse(r, TAD_BAD_FILE, "not an array in NumPy's format");
    if (bytes[MAGIC] < 1 || bytes[MAGIC] > 3)
        return refuse(r, TAD_UNSUPPORTED, "an unknown version of NumPy's format");
    prefix = bytes[MAGIC] == 1 ? 2 : 4;
    if (n < MAGIC + 2 + prefix) return refuse(r, TAD_BAD_FILE, "the file ends early");
    for (size_t i = prefix; i-- > 0;) length = length << 8 | bytes[MAGIC + 2 + i];
    prefix += MAGIC + 2;
    if (length > n - prefix) return refuse(r, TAD_BAD_FILE, "the file ends early");
    r->at = (const char *)bytes + prefix;
    r->end = r->at + length;
    r->data = bytes + prefix + length;
    if (!read_dictionary(r)) return false;
    const tad_dtype as_large = r->size == 8 ? TAD_I64 : r->size == 4 ? TAD_F32 : TAD_BOOL;
    if (!tad__shape_bytes(&r->shape, as_large, &count) ||
        (r->size == 2 && !tad__mul(count, 2, &count)))
        return refuse(r, TAD_BAD_FILE, "its sizes are too large");
    if (count != n - prefix - length)
        return refuse(r, TAD_BAD_FILE, "its shape takes more or fewer bytes than the file has");
    return true;
}

/* ---- the numbers ---- */

static tad_dtype dtype_of(const reader *r) {
    if (r->kind == 'b') return TAD_BOOL;
    return r->kind != 'f' ? TAD_I64 : r->size == 8 ? TAD_F64 : TAD_F32;
}

/* IEEE's binary16. */
static float half(uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const uint32_t fraction = bits & 1023u, sign = (uint32_t)(bits & 0x8000u) << 16;
    uint32_t wide;
    float value;
    if (exponent == 0) { /* 2^-24 of each */
        value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    wide = sign | (uint32_t)(exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static uint64_t bits_at(const reader *r, const unsigned char *at) {
    uint64_t bits = 0;
    for (size_t k = 0; k < r->size; k++) bits = bits << 8 | at[r->big ? k : r->size - 1 - k];
    return bits;
}

static int64_t signed_of(uint64_t bits, size_t size) {
    const unsigned unused = 64 - 8 * (unsigned)size;
    const uint64_t top = (uint64_t)1 << (8 * size - 1);
    if (!(bits & top)) return (int64_t)bits;
    bits |= unused ? ~(uint64_t)0 << (64 - unused) : 0;
    return -(int64_t)~bits - 1;
}

/* One number; false: it cannot be one. */
static bool convert(const reader *r, const unsigned char *at, void *to) {
    const uint64_t bits = bits_at(r, at);
    const uint32_t low = (uint32_t)bits;
    int64_t integer = (int64_t)(bits & INT64_MAX);
    float number;
    switch (r->kind) {
    case 'f':
        number = r->size == 2 ? half((uint16_t)bits) : 0;
        if (r->size == 8) memcpy(to, &bits, 8);
        if (r->size == 4) memcpy(to, &low, 4);
        if (r->size == 2) memcpy(to, &number, 4);
        return true;
    case 'b': *(uint8_t *)to = (uint8_t)bits; return bits <= 1;
    case 'i': integer = signed_of(bits, r->size); break;
    default:
        if (bits > INT64_MAX) return false;
    }
    memcpy(to, &integer, sizeof integer);
    return true;
}

/* All of them, in the order of tad's axes. */
static bool convert_all(const reader *r, int64_t count, unsigned char *to) {
    int64_t at[TAD_MAX_RANK] = {0}, step[TAD_MAX_RANK], stride = 1, from = 0;
    const size_t size = tad_dtype_size(dtype_of(r));
    for (int k = 0; k < r->shape.rank; k++) {
        const int i = r->fortran ? k : r->shape.rank - 1 - k;
        step[i] = stride;
        stride *= r->shape.dim[i];
    }
    for (int64_t n = 0; n < count; n++, to += size) {
        if (!convert(r, r->data + (size_t)from * r->size, to))
            return refuse(r, TAD_BAD_FILE,
                          r->kind == 'b' ? "a bool is neither 0 nor 1"
                                         : "an integer is beyond int64");
        for (int i = r->shape.rank - 1; i >= 0; i--) {
            from += step[i];
            if (++at[i] < r->shape.dim[i]) break;
            from -= step[i] * r->shape.dim[i];
            at[i] = 0;
        }
    }
    return true;
}

tad_var tad__npy_read(tad_tape *t, const char *source, const unsigned char *bytes, size_t n) {
    reader r = {.tape = t, .source = source};
    const tad_var nil = {0};
    int64_t count;
    size_t room;
    if (!read_header(&r, bytes, n)) return nil;
    (void)tad__shape_size(&r.shape, &count);
    const tad_dtype dtype = dtype_of(&r);
    if (!tad__shape_bytes(&r.shape, dtype, &room)) {
        refuse(&r, TAD_TOO_LARGE, "too large");
        return nil;
    }
    unsigned char *converted = room ? tad__resize(t, NULL, 0, room) : NULL;
    if (room && !converted) {
        tad__no_memory(t, source);
        return nil;
    }
    tad_var x = nil;
    if (convert_all(&r, count, converted)) x = tad_constant(t, dtype, r.shape, converted);
    tad__resize(t, converted, room, 0);
    return x;
}

/* ---- writing ---- */

static size_t put_shape(const tad_shape *s, char *out, size_t room) {
    size_t n = (size_t)snprintf(out, room, "(");
    for (int i = 0; i < s->rank; i++)
        n += (size_t)snprintf(out + n, room - n, "%lld,%s", (long long)s->dim[i],
                              i + 1 < s->rank ? " " : "");
    if (s->rank > 1) n--; /* only one axis needs its comma */
    return n + (size_t)snprintf(out + n, room - n, ")");
}

bool tad__npy_describe(tad_tape *t, tad_var x, tad__npy *out) {
    static const char *const words[TAD_DTYPE_COUNT] = {
        [TAD_F64] = "<f8", [TAD_F32] = "<f4", [TAD_I64] = "<i8", [TAD_BOOL] = "|b1"};
    const void *data = tad_data(x);
    const tad_dtype dtype = tad_dtype_of(x);
    const tad_shape shape = tad_shape_of(x);
    char sizes[TAD_MAX_RANK * 22 + 4];
    if (tad_tape_status(t) != TAD_OK || dtype == TAD_DTYPE_COUNT) return false;
    put_shape(&shape, sizes, sizeof sizes);
    const int prefix = MAGIC + 4;
    const int used =
        snprintf(out->header + prefix, sizeof out->header - (size_t)prefix,
                 "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", words[dtype], sizes);
    /* spaces and a line's end up to a multiple of 64 */
    out->length = ((size_t)(prefix + used) / ALIGNED + 1) * ALIGNED;
    if (out->length > sizeof out->header)
        return !tad__fail(t, TAD_TOO_LARGE, "writing an array: its sizes are too large");
    memset(out->header + prefix + used, ' ', out->length - (size_t)(prefix + used));
    out->header[out->length - 1] = '\n';
    memcpy(out->header, magic, MAGIC);
    const size_t length = out->length - (size_t)prefix;
    out->header[MAGIC] = 1;
    out->header[MAGIC + 1] = 0;
    out->header[MAGIC + 2] = (char)(length & 255);
    out->header[MAGIC + 3] = (char)(length >> 8);
    out->data = data;
    out->size = tad_dtype_size(dtype);
    return tad__shape_bytes(&shape, dtype, &out->bytes);
}

void tad__npy_put(const tad__npy *a, tad__npy_piece *piece, void *to) {
    unsigned char room[512];
    piece(to, a->header, a->length);
    for (size_t at = 0, n; at < a->bytes; at += n) {
        n = TAD__TURNED ? tad__min(sizeof room, a->bytes - at) : a->bytes;
        if (TAD__TURNED) tad__turn(room, a->data + at, n, a->size);
        piece(to, TAD__TURNED ? room : a->data + at, n);
    }
}

/* ---- public ---- */

static const char reading[] = "reading an array";

bool tad__npy_may_begin(tad_tape *t, const void *what, const char *doing) {
    if (!t || tad_tape_status(t) != TAD_OK) return false;
    if (!what) tad__fail(t, TAD_BAD_ARGUMENT, "%s: NULL is given", doing);
    return what;
}

tad_var tad_npy_parse(tad_tape *t, const void *bytes, size_t n) {
    return tad__npy_may_begin(t, bytes, reading) ? tad__npy_read(t, reading, bytes, n)
                                                 : (tad_var){0};
}

tad_var tad_npy_load(tad_tape *t, const char *path) {
    void *data = NULL;
    size_t n = 0;
    tad_var x = {0};
    if (!tad__npy_may_begin(t, path, reading) || tad__file_read(t, path, &data, &n) != TAD_OK)
        return x;
    x = tad__npy_read(t, path, data ? data : (const unsigned char *)"", n);
    tad__resize(t, data, n, 0);
    return x;
}

static void put_piece(void *to, const void *bytes, size_t n) { tad__out_put(to, bytes, n); }

static void put_file(tad__out *o, const void *array) { tad__npy_put(array, put_piece, o); }

tad_status tad_npy_save(tad_var x, const char *path) {
    tad_tape *t = tad_tape_of(x);
    tad__npy a;
    if (!t) return TAD_BAD_ARGUMENT;
    if (tad_tape_status(t) == TAD_OK && !path)
        return tad__fail(t, TAD_BAD_ARGUMENT, "writing an array: the path is NULL");
    return tad__npy_describe(t, x, &a) ? tad__file_replace(t, path, put_file, &a)
                                       : tad_tape_status(t);
}
