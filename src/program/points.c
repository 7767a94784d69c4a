/* A program at many points: single numbers by vectors of points (lanes.h), the rest point by point;
 * sums over points. Rests on workspace.h. */
#include "points.h"

#include <string.h>

#include "workspace.h"

#include "array/number.h"

/* ---- how many points ---- */

static tad_status count_points(tad_workspace *w, const char *what, const tad__each *each, size_t n,
                               int64_t *points) {
    for (size_t k = 0; k < n; k++) {
        if (!each[k].given || each[k].sum) continue;
        if (*points < 0) *points = each[k].points;
        if (*points != each[k].points)
            return tad__workspace_fail(w, TAD_BAD_SHAPE,
                                       "run: %sput %zu is bound for %lld points, another for %lld",
                                       what, k, (long long)each[k].points, (long long)*points);
    }
    return TAD_OK;
}

tad_status tad__count_points(tad_workspace *w, int64_t *points) {
    *points = -1;
    if (!w->each) return TAD_OK;
    tad_status s = count_points(w, "in", w->each_in, w->p->n_in, points);
    if (s == TAD_OK) s = count_points(w, "out", w->each_out, w->p->n_out, points);
    for (size_t k = 0; k < w->p->n_out && s == TAD_OK && *points >= 0; k++)
        if (!w->each_out[k].given)
            s = tad__workspace_fail(w, TAD_BAD_ARGUMENT,
                                    "run: output %zu is bound once, for %lld points", k,
                                    (long long)*points);
    if (s == TAD_OK && *points < 0)
        s = tad__workspace_fail(w, TAD_BAD_ARGUMENT,
                                "run: sums over points, but nothing is bound for each of them");
    return s;
}

/* ---- sums ---- */

static size_t elements_of(const tad_workspace *w, size_t k) {
    const tad_type *type = &w->p->out[k].type;
    return tad__type_bytes(type) / tad__width(type->dtype);
}

static void clear_sums(const tad_workspace *w) {
    for (size_t k = 0; k < w->p->n_out; k++)
        if (w->each_out[k].sum) memset(w->each_out[k].sum, 0, elements_of(w, k) * sizeof(double));
}

void tad__count_from(tad_workspace *w, size_t first) { w->first_point = first; }

/* Adds what one point gave. */
static void add_point(const tad_workspace *w) {
    for (size_t k = 0; k < w->p->n_out; k++) {
        double *sum = w->each_out[k].sum;
        const size_t n = sum ? elements_of(w, k) : 0;
        const tad_dtype dtype = w->p->out[k].type.dtype;
        for (size_t e = 0; e < n; e++)
            sum[e] += tad__load((const char *)w->out[k] + e * tad__width(dtype), dtype);
    }
}

/* ---- point by point ---- */

static void move_on(tad_workspace *w) {
    for (size_t k = 0; k < w->p->n_in; k++)
        if (w->each_in[k].given) w->in[k] = (const char *)w->in[k] + w->each_in[k].step;
    for (size_t k = 0; k < w->p->n_out; k++)
        if (w->each_out[k].given) w->out[k] = (char *)w->out[k] + w->each_out[k].step;
    w->rebound = true;
}

static void move_back(tad_workspace *w, size_t points) {
    for (size_t k = 0; k < w->p->n_in; k++)
        if (w->each_in[k].given) w->in[k] = (const char *)w->in[k] - points * w->each_in[k].step;
    for (size_t k = 0; k < w->p->n_out; k++)
        if (w->each_out[k].given) w->out[k] = (char *)w->out[k] - points * w->each_out[k].step;
    w->rebound = true;
}

static tad_status run_one_by_one(tad_workspace *w, size_t points, size_t *done) {
    tad_status s = TAD_OK;
    for (*done = 0; *done < points && (s = tad__run_once(w)) == TAD_OK; ++*done) {
        add_point(w);
        move_on(w);
    }
    move_back(w, *done);
    return s;
}

tad_status tad__run_points(tad_workspace *w, size_t points) {
    size_t done;
    clear_sums(w);
    if (points == 0) return TAD_OK;
    const tad_status s =
        w->p->lanes ? tad__run_lanes(w, points, &done) : run_one_by_one(w, points, &done);
    const size_t length = strlen(w->message);
    if (s != TAD_OK)
        snprintf(w->message + length, sizeof w->message - length, ", at point %zu",
                 w->first_point + done);
    return s;
}
