/* Reading safetensors: everything is checked when a file is opened. May rely on json.h, file.h and
 * little_endian.h. */
#include "safetensors.h"

#include "tape/error.h"
#include "tape/owned.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "little_endian.h"

/* Fewest bytes of a tensor's description: {"dtype":"U8","shape":[],"data_offsets":[0,1]} */
enum { SHORTEST_DESCRIPTION = 46 };

struct tad_safetensors {
    tad_tape *tape;
    size_t bytes; /* of this block: the struct, the lists, the strings */
    void *owned;  /* the file, when read from a path; where numbers are turned, their copy */
    size_t owned_size;
    size_t count, text_count;
    tad_tensor *tensors;
    tad_text *texts;
};

/* What the header claims to hold, found without trusting it. */
typedef struct survey {
    size_t tensors, texts, strings; /* strings: bytes enough for all of them decoded */
    int metadata;
} survey;

typedef struct reader {
    tad_tape *tape;
    const char *source; /* for messages */
    const char *header, *data;
    size_t header_size, data_size;
    survey found;
    tad_safetensors *file;
    char *string; /* where the next string goes */
} reader;

static tad_status refuse(reader *r, tad_status code, const char *format, ...) TAD_PRINTF(3, 4);
static tad_status refuse(reader *r, tad_status code, const char *format, ...) {
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return tad__fail(r->tape, code, "reading %s: %s", r->source, text);
}

static tad_status malformed(reader *r, const char *at) {
    return refuse(r, TAD_BAD_FILE, "the header is malformed at byte %zu",
                  TAD__PREFIX + (size_t)(at - r->header));
}

/* ---- the frame ---- */

static tad_status find_header(reader *r, const unsigned char *bytes, size_t length) {
    uint64_t size = 0;
    if (length < TAD__PREFIX)
        return refuse(r, TAD_BAD_FILE, "%zu bytes are too few for a safetensors file", length);
    for (int i = TAD__PREFIX - 1; i >= 0; i--) size = size << 8 | bytes[i];
    if (size > TAD__LARGEST_HEADER)
        return refuse(r, TAD_BAD_FILE, "a header of %llu bytes is too large",
                      (unsigned long long)size);
    if (size > length - TAD__PREFIX)
        return refuse(r, TAD_BAD_FILE, "a header of %llu bytes does not fit into the file of %zu",
                      (unsigned long long)size, length);
    r->header = (const char *)bytes + TAD__PREFIX;
    r->header_size = (size_t)size;
    r->data = r->header + size;
    r->data_size = length - TAD__PREFIX - r->header_size;
    return TAD_OK;
}

/* ---- first pass: how much ---- */

static tad_status survey_texts(reader *r, tad__piece object) {
    tad__members m;
    tad__piece key, value;
    int more = tad__members_begin(&m, object) ? 1 : -1;
    while (more > 0 && (more = tad__members_next(&m, &key, &value)) > 0) {
        if (*value.at != '"') return malformed(r, value.at);
        r->found.texts++;
        r->found.strings += key.length + value.length;
    }
    return more < 0 ? malformed(r, m.at) : TAD_OK;
}

static bool is_metadata(tad__piece name) {
    static const char quoted[] = "\"" TAD__METADATA "\"";
    return name.length == sizeof quoted - 1 && memcmp(name.at, quoted, name.length) == 0;
}

static tad_status survey_member(reader *r, tad__piece name, tad__piece value) {
    if (is_metadata(name)) {
        if (r->found.metadata++) return refuse(r, TAD_BAD_FILE, "the metadata are given twice");
        return survey_texts(r, value);
    }
    if (value.length < SHORTEST_DESCRIPTION) return malformed(r, value.at);
    r->found.tensors++;
    r->found.strings += name.length;
    return TAD_OK;
}

/* Calls `visit` for every member of the header. */
typedef tad_status visitor(reader *r, tad__piece name, tad__piece value);
static tad_status each_member(reader *r, visitor *visit) {
    tad__members m;
    tad__piece name, value;
    int more = tad__members_begin(&m, (tad__piece){r->header, r->header_size}) ? 1 : -1;
    while (more > 0 && (more = tad__members_next(&m, &name, &value)) > 0) {
        tad_status status = visit(r, name, value);
        if (status != TAD_OK) return status;
    }
    return more < 0 ? malformed(r, m.at) : TAD_OK;
}

/* One block for the file, its lists and strings: no more than a few times the header. */
static tad_status allocate(reader *r) {
    size_t lists = r->found.tensors * sizeof(tad_tensor) + r->found.texts * sizeof(tad_text);
    size_t bytes = sizeof *r->file + lists + r->found.strings;
    r->file = tad__resize(r->tape, NULL, 0, bytes);
    if (!r->file) return tad__no_memory(r->tape, r->source);
    *r->file = (tad_safetensors){.tape = r->tape, .bytes = bytes};
    r->file->tensors = (tad_tensor *)(r->file + 1);
    r->file->texts = (tad_text *)(r->file->tensors + r->found.tensors);
    r->string = (char *)(r->file->texts + r->found.texts);
    return TAD_OK;
}

/* ---- second pass: the contents ---- */

static tad_status decode(reader *r, tad__piece piece, const char **out) {
    if (!tad__json_string(piece, r->string)) return malformed(r, piece.at);
    *out = r->string;
    r->string += strlen(r->string) + 1;
    return TAD_OK;
}

static tad_status read_texts(reader *r, tad__piece object) {
    tad__members m;
    tad__piece key, value;
    tad_status status = TAD_OK;
    tad__members_begin(&m, object);
    while (status == TAD_OK && tad__members_next(&m, &key, &value) > 0) {
        tad_text *text = &r->file->texts[r->file->text_count++];
        status = decode(r, key, &text->key);
        if (status == TAD_OK) status = decode(r, value, &text->value);
    }
    return status;
}

static bool find_dtype(const char *word, tad_dtype *out) {
    for (int d = 0; d < TAD_DTYPE_COUNT; d++) {
        *out = (tad_dtype)d;
        if (strcmp(tad__safetensors_word(*out), word) == 0) return true;
    }
    return false;
}

static tad_status place(reader *r, const tad__described *d, tad_tensor *out) {
    size_t bytes;
    if (!find_dtype(d->dtype, &out->dtype))
        return refuse(r, TAD_UNSUPPORTED, "tensor '%.80s': dtype '%s' is not one of tad's",
                      out->name, d->dtype);
    out->shape = d->shape;
    if (!tad__shape_bytes(&out->shape, out->dtype, &bytes))
        return refuse(r, TAD_BAD_FILE, "tensor '%.80s': its sizes are too large", out->name);
    if (d->begin > d->end || d->end > r->data_size)
        return refuse(r, TAD_BAD_FILE, "tensor '%.80s': bytes %llu to %llu of %zu", out->name,
                      (unsigned long long)d->begin, (unsigned long long)d->end, r->data_size);
    if (d->end - d->begin != bytes)
        return refuse(r, TAD_BAD_FILE, "tensor '%.80s': its shape takes %zu bytes, it has %llu",
                      out->name, bytes, (unsigned long long)(d->end - d->begin));
    out->data = r->data + d->begin;
    if (out->dtype == TAD_BOOL && !tad__are_bools(out->data, bytes))
        return refuse(r, TAD_BAD_FILE, "tensor '%.80s': a bool is neither 0 nor 1", out->name);
    return TAD_OK;
}

static tad_status read_member(reader *r, tad__piece name, tad__piece value) {
    if (is_metadata(name)) return read_texts(r, value);
    tad_tensor *tensor = &r->file->tensors[r->file->count++];
    tad__described described;
    tad_status status = decode(r, name, &tensor->name);
    if (status != TAD_OK) return status;
    const char *why = tad__json_tensor(value, &described);
    if (why) return refuse(r, TAD_BAD_FILE, "tensor '%.80s': %s", tensor->name, why);
    return place(r, &described, tensor);
}

/* ---- afterwards: the whole ---- */

static size_t bytes_of(const tad_tensor *t) {
    size_t bytes = 0;
    (void)tad__shape_bytes(&t->shape, t->dtype, &bytes); /* known to fit */
    return bytes;
}

static int by_place(const void *a, const void *b) {
    const tad_tensor *x = a, *y = b;
    if (x->data != y->data) return (const char *)x->data < (const char *)y->data ? -1 : 1;
    size_t m = bytes_of(x), n = bytes_of(y);
    return (m > n) - (m < n);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const tad_tensor *)a)->name, ((const tad_tensor *)b)->name);
}

static int by_key(const void *a, const void *b) {
    return strcmp(((const tad_text *)a)->key, ((const tad_text *)b)->key);
}

/* Neither hole nor overlap, and nothing after the last tensor. */
static tad_status check_tiling(reader *r) {
    tad_safetensors *f = r->file;
    const char *at = r->data, *end = r->data + r->data_size;
    qsort(f->tensors, f->count, sizeof *f->tensors, by_place);
    for (size_t i = 0; i < f->count; i++) {
        const char *begin = f->tensors[i].data;
        if (begin != at)
            return refuse(r, TAD_BAD_FILE, "tensor '%.80s' %s", f->tensors[i].name,
                          begin < at ? "overlaps another" : "has unused bytes before it");
        at += bytes_of(&f->tensors[i]);
    }
    if (at != end)
        return refuse(r, TAD_BAD_FILE, "%zu unused bytes at the end", (size_t)(end - at));
    return TAD_OK;
}

static tad_status check_names(reader *r) {
    tad_safetensors *f = r->file;
    qsort(f->tensors, f->count, sizeof *f->tensors, by_name);
    qsort(f->texts, f->text_count, sizeof *f->texts, by_key);
    for (size_t i = 0; i < f->count; i++) {
        const char *name = f->tensors[i].name;
        if (strcmp(name, TAD__METADATA) == 0 ||
            (i > 0 && by_name(f->tensors + i - 1, f->tensors + i) == 0))
            return refuse(r, TAD_BAD_FILE, "the name '%.80s' is given twice", name);
    }
    for (size_t i = 1; i < f->text_count; i++)
        if (by_key(f->texts + i - 1, f->texts + i) == 0)
            return refuse(r, TAD_BAD_FILE, "the key '%.80s' is given twice", f->texts[i].key);
    return TAD_OK;
}

/* The arrays move to a copy in the machine's order of bytes. */
static tad_status turn(reader *r) {
    tad_safetensors *f = r->file;
    if (r->data_size == 0) return TAD_OK;
    unsigned char *copy = tad__resize(r->tape, NULL, 0, r->data_size);
    if (!copy) return tad__no_memory(r->tape, r->source);
    f->owned = copy;
    f->owned_size = r->data_size;
    for (size_t i = 0; i < f->count; i++) {
        tad_tensor *t = &f->tensors[i];
        unsigned char *to = copy + ((const char *)t->data - r->data);
        tad__turn(to, t->data, bytes_of(t), tad_dtype_size(t->dtype));
        t->data = to;
    }
    return TAD_OK;
}

static tad_status read_file(reader *r, const void *buffer, size_t length) {
    tad_status status = find_header(r, buffer, length);
    if (status == TAD_OK) status = each_member(r, survey_member);
    if (status == TAD_OK) status = allocate(r);
    if (status == TAD_OK) status = each_member(r, read_member);
    if (status == TAD_OK) status = check_tiling(r);
    if (status == TAD_OK) status = check_names(r);
    if (status == TAD_OK && TAD__TURNED) status = turn(r);
    return status;
}

/* ---- public ---- */

static tad_status open_buffer(tad_tape *t, const char *source, const void *buffer, size_t length,
                              tad_safetensors **file) {
    reader r = {.tape = t, .source = source};
    tad_status status = read_file(&r, buffer, length);
    if (status == TAD_OK)
        *file = r.file;
    else
        tad_safetensors_close(r.file);
    return status;
}

static tad_status may_begin(tad_tape *t, const void *source, tad_safetensors **file) {
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!file || !source)
        return tad__fail(t, TAD_BAD_ARGUMENT, "reading safetensors: %s is NULL",
                         file ? "what to read" : "where to put the file");
    *file = NULL;
    return TAD_OK;
}

tad_status tad_safetensors_open(tad_tape *t, const void *buffer, size_t length,
                                tad_safetensors **file) {
    if (file) *file = NULL;
    tad_status status = may_begin(t, buffer, file);
    return status == TAD_OK ? open_buffer(t, "a safetensors buffer", buffer, length, file) : status;
}

tad_status tad_safetensors_open_path(tad_tape *t, const char *path, tad_safetensors **file) {
    if (file) *file = NULL;
    void *data;
    size_t size;
    tad_status status = may_begin(t, path, file);
    if (status == TAD_OK) status = tad__file_read(t, path, &data, &size);
    if (status != TAD_OK) return status;
    status = open_buffer(t, path, data ? data : "", size, file);
    if (status != TAD_OK || TAD__TURNED) {
        tad__resize(t, data, size, 0);
        return status;
    }
    (*file)->owned = data;
    (*file)->owned_size = size;
    return TAD_OK;
}

void tad_safetensors_close(tad_safetensors *file) {
    if (!file) return;
    tad_tape *t = file->tape;
    tad__resize(t, file->owned, file->owned_size, 0);
    tad__resize(t, file, file->bytes, 0);
}

size_t tad_safetensors_count(const tad_safetensors *file) { return file ? file->count : 0; }
size_t tad_safetensors_text_count(const tad_safetensors *file) {
    return file ? file->text_count : 0;
}

const tad_tensor *tad_safetensors_at(const tad_safetensors *file, size_t i) {
    return file && i < file->count ? &file->tensors[i] : NULL;
}

const tad_text *tad_safetensors_text_at(const tad_safetensors *file, size_t i) {
    return file && i < file->text_count ? &file->texts[i] : NULL;
}

const tad_tensor *tad_safetensors_find(const tad_safetensors *file, const char *name) {
    tad_tensor key = {.name = name};
    if (!file || !name) return NULL;
    return bsearch(&key, file->tensors, file->count, sizeof key, by_name);
}

const char *tad_safetensors_text(const tad_safetensors *file, const char *key) {
    tad_text wanted = {.key = key};
    if (!file || !key) return NULL;
    const tad_text *text = bsearch(&wanted, file->texts, file->text_count, sizeof wanted, by_key);
    return text ? text->value : NULL;
}
