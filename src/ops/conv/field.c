/* Copies of images with zeros around. Rests on field.h. */
#include "field.h"

#include <string.h>

enum { SLACK = 64 }; /* bytes behind: a vector may be read where the last row begins */

bool tad__field_lay_out(tad__field *f, int64_t channels, int64_t images, size_t width,
                        size_t *bytes) {
    size_t row, all = width;
    f->run = (f->size[2] + f->turns - 1) / f->turns;
    bool fits = tad__mul((size_t)f->run, (size_t)f->turns, &row) && tad__mul(all, row, &all) &&
                tad__mul(all, (size_t)f->size[1], &all) &&
                tad__mul(all, (size_t)f->size[0], &all) && tad__mul(all, (size_t)channels, &all) &&
                tad__mul(all, (size_t)images, &all) && all < SIZE_MAX / 4;
    if (!fits) return false;
    f->step[1] = f->run * f->turns;
    f->step[0] = f->step[1] * f->size[1];
    f->channel = f->step[0] * f->size[0];
    f->image = f->channel * channels;
    *bytes = all + SLACK;
    return true;
}

/* ---- filling ---- */

/* n elements, `step` apart, side by side. */
static void copy_line(size_t width, int64_t n, const char *from, int64_t step, char *to) {
    if (step == 1) {
        memcpy(to, from, (size_t)n * width);
    } else if (width == sizeof(double)) {
        const double *x = (const double *)(const void *)from;
        for (int64_t i = 0; i < n; i++) ((double *)(void *)to)[i] = x[i * step];
    } else {
        const float *x = (const float *)(const void *)from;
        for (int64_t i = 0; i < n; i++) ((float *)(void *)to)[i] = x[i * step];
    }
}

/* A row of the image of `size` elements, its first at `from`, `step` apart; low: the index where
 * the field's row begins. NULL: zeros. */
static void fill_row(const tad__field *f, size_t width, const char *from, int64_t size,
                     int64_t step, int64_t low, char *to) {
    for (int64_t r = 0; r < f->turns; r++, to += (size_t)f->run * width) {
        const int64_t at = low + r; /* of element 0 of the run */
        int64_t first = at >= 0 ? 0 : (-at + f->turns - 1) / f->turns;
        int64_t end = at >= size ? 0 : (size - at + f->turns - 1) / f->turns;
        if (end > f->run) end = f->run;
        if (!from || first >= end) first = end = f->run;
        memset(to, 0, (size_t)first * width);
        if (first < end)
            copy_line(width, end - first, from + (at + first * f->turns) * step * (int64_t)width,
                      step * f->turns, to + (size_t)first * width);
        memset(to + (size_t)end * width, 0, (size_t)(f->run - end) * width);
    }
}

/* An array of images as the walk sees it: sizes and steps of three axes. */
typedef struct image {
    int64_t size[TAD__SPATIAL], step[TAD__SPATIAL], low[TAD__SPATIAL], rows[TAD__SPATIAL];
} image;

static image image_of(const tad__field *f, const tad_array *a, const tad__field_part *part) {
    image m;
    for (int i = 0; i < TAD__SPATIAL; i++) {
        const int axis = a->rank - TAD__SPATIAL + i;
        m.size[i] = axis >= 2 ? a->dim[axis] : 1;
        m.step[i] = axis >= 2 ? tad_strides(a)[axis] : 0;
        m.low[i] = f->low[i] + (i == part->axis ? part->shift : 0);
        m.rows[i] = i == part->axis ? part->rows : f->size[i];
    }
    return m;
}

static void fill_channel(const tad__field *f, const image *m, size_t width, const char *from,
                         char *to) {
    for (int64_t z = 0; z < m->rows[0]; z++)
        for (int64_t y = 0; y < m->rows[1]; y++) {
            const int64_t i = m->low[0] + z, k = m->low[1] + y;
            const bool inside = i >= 0 && i < m->size[0] && k >= 0 && k < m->size[1];
            const int64_t at = i * m->step[0] + k * m->step[1];
            fill_row(f, width, inside ? from + at * (int64_t)width : NULL, m->size[2], m->step[2],
                     m->low[2], to + (size_t)(z * f->step[0] + y * f->step[1]) * width);
        }
}

void tad__field_fill(const tad__field *f, const tad_array *a, const tad__field_part *part,
                     void *to) {
    const size_t width = tad__width(a->dtype);
    const image m = image_of(f, a, part);
    for (int64_t n = 0; n < part->images; n++)
        for (int64_t c = 0; c < part->channels; c++) {
            const int64_t at =
                (part->image + n) * tad_strides(a)[0] + (part->channel + c) * tad_strides(a)[1];
            fill_channel(f, &m, width, (const char *)a->data + at * (int64_t)width,
                         (char *)to + (size_t)(n * f->image + c * f->channel) * width);
        }
}
