/* Cutting and reading the JSON of a header. May rely on json.h; keeps no memory. */
#include "json.h"

#include <string.h>

enum { DEPTH = 2, DESCRIPTION = 1024 };

/* ---- cutting ---- */

static const char *skip_space(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) p++;
    return p;
}

/* Past the string that begins at p; NULL when it does not end. */
static const char *past_string(const char *p, const char *end) {
    for (p++; p < end; p++) {
        if (*p == '"') return p + 1;
        if (*p == '\\' && ++p == end) break;
    }
    return NULL;
}

/* Past the object that begins at p. Which bracket closes which is left to jansson. */
static const char *past_object(const char *p, const char *end) {
    int depth = 0;
    while (p && p < end) {
        if (*p == '"') {
            p = past_string(p, end);
            continue;
        }
        if (*p == '{' || *p == '[') depth++;
        if (*p == '}' || *p == ']') depth--;
        p++;
        if (depth == 0) return p;
        if (depth > DEPTH) return NULL;
    }
    return NULL;
}

static bool take(tad__members *m, tad__piece *piece) {
    m->at = skip_space(m->at, m->end);
    if (m->at == m->end) return false;
    const char *past = *m->at == '"'   ? past_string(m->at, m->end)
                       : *m->at == '{' ? past_object(m->at, m->end)
                                       : NULL;
    if (!past) return false;
    *piece = (tad__piece){m->at, (size_t)(past - m->at)};
    m->at = past;
    return true;
}

static bool take_sign(tad__members *m, char sign) {
    m->at = skip_space(m->at, m->end);
    if (m->at == m->end || *m->at != sign) return false;
    m->at++;
    return true;
}

bool tad__members_begin(tad__members *m, tad__piece object) {
    *m = (tad__members){object.at, object.at + object.length, true};
    return take_sign(m, '{');
}

int tad__members_next(tad__members *m, tad__piece *name, tad__piece *value) {
    if (take_sign(m, '}')) {
        m->at = skip_space(m->at, m->end);
        return m->at == m->end ? 0 : -1;
    }
    if (!m->first && !take_sign(m, ',')) return -1;
    m->first = false;
    if (!take(m, name) || *name->at != '"') return -1;
    return take_sign(m, ':') && take(m, value) ? 1 : -1;
}

/* ---- reading pieces ---- */

#ifdef HAVE_JANSSON
#include <jansson.h>

/* jansson says nothing about its failure when it has no memory, in most places. */
static tad_status parse(tad__piece piece, size_t flags, json_t **out) {
    json_error_t error;
    *out = json_loadb(piece.at, piece.length, flags | JSON_REJECT_DUPLICATES, &error);
    if (*out) return TAD_OK;
    bool memory = !error.text[0] || json_error_code(&error) == json_error_out_of_memory;
    return memory ? TAD_NO_MEMORY : TAD_BAD_FILE;
}

tad_status tad__json_string(tad__piece piece, char *out) {
    json_t *j;
    tad_status status = parse(piece, JSON_DECODE_ANY, &j);
    if (status != TAD_OK) return status;
    size_t length = json_string_length(j);
    if (!json_is_string(j) || length + 1 > piece.length) status = TAD_BAD_FILE;
    else memcpy(out, json_string_value(j), length + 1);
    json_decref(j);
    return status;
}

/* Element i of a list as a number that is not negative; false when it is none. */
static bool natural(const json_t *list, size_t i, int64_t *out) {
    const json_t *j = json_array_get(list, i);
    *out = json_integer_value(j);
    return json_is_integer(j) && *out >= 0;
}

static const char *read_shape(const json_t *j, tad_shape *out) {
    if (!json_is_array(j)) return "its shape is no list";
    if (json_array_size(j) > TAD_MAX_RANK) return "it has too many axes";
    out->rank = (int)json_array_size(j);
    for (int i = 0; i < out->rank; i++)
        if (!natural(j, (size_t)i, &out->dim[i])) return "a size is no natural number";
    return NULL;
}

static const char *read_tensor(const json_t *j, tad__described *out) {
    const json_t *dtype = json_object_get(j, "dtype");
    const json_t *offsets = json_object_get(j, "data_offsets");
    int64_t begin, end;
    if (json_object_size(j) != 3) return "it must have dtype, shape and data_offsets";
    if (!json_is_string(dtype)) return "its dtype is no string";
    if (json_array_size(offsets) != 2 || !natural(offsets, 0, &begin) || !natural(offsets, 1, &end))
        return "its data_offsets are no two natural numbers";
    strncpy(out->dtype, json_string_value(dtype), sizeof out->dtype - 1);
    out->begin = (uint64_t)begin;
    out->end = (uint64_t)end;
    return read_shape(json_object_get(j, "shape"), &out->shape);
}

tad_status tad__json_tensor(tad__piece piece, tad__described *out, const char **why) {
    memset(out, 0, sizeof *out);
    *why = "its description is not JSON";
    if (*piece.at != '{' || piece.length > DESCRIPTION) return TAD_BAD_FILE;
    json_t *j;
    tad_status status = parse(piece, 0, &j);
    if (status != TAD_OK) return status;
    *why = read_tensor(j, out);
    json_decref(j);
    return *why ? TAD_BAD_FILE : TAD_OK;
}

#else

tad_status tad__json_string(tad__piece piece, char *out) {
    (void)piece;
    (void)out;
    return TAD_UNSUPPORTED;
}

tad_status tad__json_tensor(tad__piece piece, tad__described *out, const char **why) {
    (void)piece;
    (void)out;
    *why = "";
    return TAD_UNSUPPORTED;
}

#endif
