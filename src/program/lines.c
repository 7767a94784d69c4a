/* Operands that are smaller than the elements of a group. Rests on lines.h. */
#include "lines.h"

#include <string.h>

#include "array/number.h"
#include "array/shape.h"
#include "base/base.h"

/* ---- freezing ---- */

/* Size of x along an axis of out, to which it broadcasts. */
static int64_t size_along(const tad_array *x, const tad_array *out, int axis) {
    const int own = axis - (out->rank - x->rank);
    return own < 0 ? 1 : x->dim[own];
}

static int64_t elements_from(const tad_array *out, int axis) {
    int64_t size = 1;
    for (int i = axis; i < out->rank; i++) size *= out->dim[i];
    return size;
}

/* Whether x is as large as out along the axes [from, to). */
static bool is_whole(const tad_array *x, const tad_array *out, int from, int to) {
    bool whole = true;
    for (int i = from; i < to; i++) whole &= size_along(x, out, i) == out->dim[i];
    return whole;
}

static tad__how how_of(const tad_array *x, const tad_array *out, int64_t *line) {
    int first = 0, end = out->rank;
    if (!x || x->size == 1) return TAD__SINGLE;
    if (x->dtype != out->dtype || !x->contiguous) return TAD__NO_WAY;
    if (x->size == out->size) return TAD__ALIKE;
    while (size_along(x, out, first) == 1) first++;
    while (size_along(x, out, end - 1) == 1) end--;
    if (is_whole(x, out, first, out->rank)) {
        *line = elements_from(out, first);
        return TAD__ONE_LINE;
    }
    *line = elements_from(out, end);
    return is_whole(x, out, 0, end) ? TAD__PER_LINE : TAD__NO_WAY;
}

/* Kernels take a single element of two operands. */
static void place_single(tad__ways *w, size_t k, size_t n) {
    if (n == 2 && w->single < 0) {
        w->single = (int8_t)k;
        return;
    }
    w->how[k] = TAD__FILLING;
}

bool tad__ways_of(tad__ways *w, const tad_array *out, const tad_array *const *in, size_t n) {
    *w = (tad__ways){.single = -1};
    for (size_t k = 0; k < n; k++) {
        int64_t line = 0;
        w->how[k] = (uint8_t)how_of(in[k], out, &line);
        if (w->how[k] == TAD__SINGLE) place_single(w, k, n);
        if (w->how[k] == TAD__NO_WAY || (line && w->line && line != w->line)) return false;
        w->line = line ? line : w->line;
        w->spread += w->how[k] >= TAD__FILLING;
    }
    return true;
}

/* ---- running ---- */

size_t tad__whole_strip(const tad__row_group *g) {
    const size_t most = tad__most_of_strip(g), line = (size_t)g->line;
    return line && line <= most ? most / line * line : most;
}

size_t tad__strip_length(const tad__row_group *g, size_t i) {
    const size_t most = tad__most_of_strip(g), line = (size_t)g->line, left = (size_t)g->size - i;
    if (!line) return tad__min(most, left);
    return line <= most ? tad__min(most / line * line, left) : tad__min(most, line - i % line);
}

/* Of the elements, which are floats. */
static tad_dtype type_of(const tad__row_group *g) {
    return g->dtype == TAD_F32 ? TAD_F32 : TAD_F64;
}

void tad__spread_once(const tad__kernels *k, const tad__row_group *g, const tad__spread *s) {
    const size_t width = tad__width(g->dtype), line = (size_t)g->line * width;
    if (s->how == TAD__FILLING)
        k->fill[type_of(g)](tad__most_of_strip(g), tad__number_at(g->dtype, s->from, 0), s->to);
    if (s->how != TAD__ONE_LINE || line > TAD__STRIP_BYTES) return;
    for (size_t at = 0; at + line <= TAD__STRIP_BYTES; at += line)
        memcpy(s->to + at, s->from, line);
}

void tad__spread_on(const tad__kernels *k, const tad__row_group *g, const tad__spread *s, size_t i,
                    size_t n) {
    const size_t width = tad__width(g->dtype), line = (size_t)g->line;
    if (s->how == TAD__ONE_LINE && line > tad__most_of_strip(g))
        memcpy(s->to, s->from + i % line * width, n * width);
    if (s->how != TAD__PER_LINE) return;
    for (size_t at = 0; at < n; at += line)
        k->fill[type_of(g)](tad__min(line, n - at),
                            tad__number_at(g->dtype, s->from, (i + at) / line), s->to + at * width);
}
