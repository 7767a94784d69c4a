/* Writing safetensors, and what the format's files share. May rely on file.h, json.h and
 * little_endian.h. */
#include "safetensors.h"

#include "tape/error.h"
#include "tape/owned.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "little_endian.h"

const char *tad__safetensors_word(tad_dtype dtype) {
    static const char *const word[TAD_DTYPE_COUNT] = {
        [TAD_F64] = "F64", [TAD_F32] = "F32", [TAD_I64] = "I64", [TAD_BOOL] = "BOOL"};
    return (unsigned)dtype < TAD_DTYPE_COUNT ? word[dtype] : NULL;
}

bool tad__are_bools(const void *data, size_t n) {
    const unsigned char *byte = data;
    for (size_t i = 0; i < n; i++)
        if (byte[i] > 1) return false;
    return true;
}

/* ---- checks ---- */

static const char *tensor_fault(const tad_tensor *t, size_t *total) {
    size_t bytes;
    if (!t->name) return "its name is NULL";
    if (!tad__is_utf8(t->name)) return "its name is not UTF-8";
    if (strcmp(t->name, TAD__METADATA) == 0) return "this name is reserved";
    if (!tad__safetensors_word(t->dtype)) return "its dtype is none";
    if (!tad__shape_bytes(&t->shape, t->dtype, &bytes)) return "its shape is not possible";
    if (!tad__sum(*total, bytes, total)) return "the file would be too large";
    if (bytes > 0 && !t->data) return "its data are NULL";
    if (t->dtype == TAD_BOOL && !tad__are_bools(t->data, bytes)) return "a bool is neither 0 nor 1";
    return NULL;
}

static const char *text_fault(const tad_text *t) {
    if (!t->key || !t->value) return "a key or value is NULL";
    if (!tad__is_utf8(t->key) || !tad__is_utf8(t->value)) return "a key or value is not UTF-8";
    return NULL;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The first of n strings that another one equals, found in `room` for n pointers; NULL. */
static const char *repeated(const char **room, size_t n) {
    qsort(room, n, sizeof *room, by_text);
    for (size_t i = 1; i < n; i++)
        if (strcmp(room[i - 1], room[i]) == 0) return room[i];
    return NULL;
}

tad_status tad__check_distinct(tad_tape *t, const char *doing, const tad_contents *c) {
    size_t n = tad__max(c->count, c->text_count), bytes;
    if (n < 2) return TAD_OK;
    const char **room = tad__mul(n, sizeof *room, &bytes) ? tad__resize(t, NULL, 0, bytes) : NULL;
    if (!room) return tad__no_memory(t, doing);
    for (size_t i = 0; i < c->count; i++) room[i] = c->tensors[i].name;
    const char *twice = repeated(room, c->count);
    for (size_t i = 0; !twice && i < c->text_count; i++) room[i] = c->texts[i].key;
    if (!twice) twice = repeated(room, c->text_count);
    tad__resize(t, room, bytes, 0);
    return twice
               ? tad__fail(t, TAD_BAD_ARGUMENT, "%s: the name '%.80s' is given twice", doing, twice)
               : TAD_OK;
}

static tad_status check_contents(tad_tape *t, const char *doing, const tad_contents *c) {
    size_t total = TAD__PREFIX + TAD__LARGEST_HEADER;
    if ((c->count && !c->tensors) || (c->text_count && !c->texts))
        return tad__fail(t, TAD_BAD_ARGUMENT, "%s: a list is NULL", doing);
    for (size_t i = 0; i < c->count; i++) {
        const char *fault = tensor_fault(&c->tensors[i], &total);
        if (fault)
            return tad__fail(t, TAD_BAD_ARGUMENT, "%s: tensor %zu '%.80s': %s", doing, i,
                             c->tensors[i].name ? c->tensors[i].name : "", fault);
    }
    for (size_t i = 0; i < c->text_count; i++) {
        const char *fault = text_fault(&c->texts[i]);
        if (fault) return tad__fail(t, TAD_BAD_ARGUMENT, "%s: text %zu: %s", doing, i, fault);
    }
    return tad__check_distinct(t, doing, c);
}

/* ---- the bytes ---- */

static void put_string(tad__out *o, const char *s) {
    char escape[8];
    tad__out_put(o, "\"", 1);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') tad__out_put(o, "\\", 1);
        if ((unsigned char)*s < 0x20) {
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)*s);
            tad__out_text(o, escape);
        } else {
            tad__out_put(o, s, 1);
        }
    }
    tad__out_put(o, "\"", 1);
}

static void put_number(tad__out *o, const char *before, uint64_t n) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, n);
    tad__out_text(o, before);
    tad__out_text(o, text);
}

static void put_description(tad__out *o, const tad_tensor *t, uint64_t begin, uint64_t bytes) {
    put_string(o, t->name);
    tad__out_text(o, ":{\"dtype\":\"");
    tad__out_text(o, tad__safetensors_word(t->dtype));
    tad__out_text(o, "\",\"shape\":[");
    for (int i = 0; i < t->shape.rank; i++) put_number(o, i ? "," : "", (uint64_t)t->shape.dim[i]);
    put_number(o, "],\"data_offsets\":[", begin);
    put_number(o, ",", begin + bytes);
    tad__out_text(o, "]}");
}

/* The tensor after `*i` in the file's order: large elements first, so that all are aligned in the
 * file. Begin with *size 8 and *i 0; false at the end. */
static bool next_tensor(const tad_contents *c, size_t *size, size_t *i, const tad_tensor **out) {
    for (; *size > 0; *size /= 2, *i = 0)
        while (*i < c->count) {
            *out = &c->tensors[(*i)++];
            if (tad_dtype_size((*out)->dtype) == *size) return true;
        }
    return false;
}

static size_t bytes_of(const tad_tensor *t) {
    size_t bytes = 0;
    (void)tad__shape_bytes(&t->shape, t->dtype, &bytes); /* checked before */
    return bytes;
}

static void put_texts(tad__out *o, const tad_contents *c) {
    for (size_t i = 0; i < c->text_count; i++) {
        tad__out_text(o, i ? "," : "{\"" TAD__METADATA "\":{");
        put_string(o, c->texts[i].key);
        tad__out_text(o, ":");
        put_string(o, c->texts[i].value);
    }
    tad__out_text(o, c->text_count ? "}" : "{");
}

static void put_header(tad__out *o, const tad_contents *c) {
    const tad_tensor *tensor;
    size_t size = 8, i = 0;
    uint64_t begin = 0;
    bool first = c->text_count == 0;
    put_texts(o, c);
    while (next_tensor(c, &size, &i, &tensor)) {
        if (!first) tad__out_text(o, ",");
        first = false;
        put_description(o, tensor, begin, bytes_of(tensor));
        begin += bytes_of(tensor);
    }
    tad__out_text(o, "}");
    while (o->length % TAD__PREFIX) tad__out_text(o, " ");
}

static size_t header_length(const tad_contents *c) {
    tad__out counted = {.fd = -1};
    put_header(&counted, c);
    return counted.length;
}

static void put_data(tad__out *o, const tad_tensor *t) {
    const unsigned char *data = t->data;
    unsigned char room[512];
    size_t left = bytes_of(t), piece = TAD__TURNED ? sizeof room : left;
    for (; left; left -= piece, data += piece) {
        piece = tad__min(piece, left);
        if (TAD__TURNED) tad__turn(room, data, piece, tad_dtype_size(t->dtype));
        tad__out_put(o, TAD__TURNED ? room : data, piece);
    }
}

static void put_file(tad__out *o, const void *contents) {
    const tad_contents *c = contents;
    const tad_tensor *tensor;
    size_t size = 8, i = 0;
    uint64_t length = header_length(c);
    for (int k = 0; k < TAD__PREFIX; k++)
        tad__out_put(o, &(unsigned char){(unsigned char)(length >> 8 * k)}, 1);
    put_header(o, c);
    while (next_tensor(c, &size, &i, &tensor)) put_data(o, tensor);
}

/* ---- public ---- */

static tad_status may_write(tad_tape *t, const void *what, const tad_contents *c,
                            const char *doing) {
    if (!t) return TAD_BAD_ARGUMENT;
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!what || !c) return tad__fail(t, TAD_BAD_ARGUMENT, "%s: an argument is NULL", doing);
    tad_status status = check_contents(t, doing, c);
    if (status == TAD_OK && header_length(c) > TAD__LARGEST_HEADER)
        return tad__fail(t, TAD_TOO_LARGE, "%s: names and texts are too long", doing);
    return status;
}

tad_status tad_safetensors_write_path(tad_tape *t, const char *path, const tad_contents *contents) {
    tad_status status = may_write(t, path, contents, "writing a safetensors file");
    return status == TAD_OK ? tad__file_replace(t, path, put_file, contents) : status;
}

tad_status tad_safetensors_write(tad_tape *t, const tad_contents *contents, void *buffer,
                                 size_t capacity, size_t *length) {
    tad_status status = may_write(t, length, contents, "writing a safetensors buffer");
    if (status != TAD_OK) return status;
    tad__out out = {.fd = -1};
    put_file(&out, contents);
    *length = out.length;
    if (!buffer) return TAD_OK;
    if (out.length > capacity)
        return tad__fail(t, TAD_BAD_ARGUMENT,
                         "writing a safetensors buffer: it has %zu bytes, "
                         "the file takes %zu",
                         capacity, out.length);
    out = (tad__out){.fd = -1, .memory = buffer};
    put_file(&out, contents);
    return TAD_OK;
}
