/* Moving averages of parameters. Rests on the public headers. */
#include <string.h>

#include <tad/inspect.h>
#include <tad/optim.h>

struct tad_average {
    tad_tape *tape;
    double decay;
    tad_dict *params, *mean; /* entry by entry */
    bool is_exchanged;       /* the one has the values of the other */
};

static const char what[] = "average";

/* ---- making ---- */

/* Exchanged twice, a parameter would not come back. */
static bool is_there(const tad_average *a, tad_var param) {
    for (size_t i = 0; i < tad_dict_count(a->params); i++)
        if (tad_node_index(tad_dict_at(a->params, i).value) == tad_node_index(param)) return true;
    return false;
}

static tad_status check(const tad_average *a, tad_entry e) {
    tad_tape *t = a->tape;
    const tad_dtype dtype = tad_dtype_of(e.value);
    if (tad_node_kind_of(e.value) != TAD_NODE_PARAM)
        return tad_tape_fail(t, TAD_BAD_ARGUMENT, "%s: %s is no parameter", what, e.name);
    if (dtype != TAD_F64 && dtype != TAD_F32)
        return tad_tape_fail(t, TAD_BAD_DTYPE, "%s: %s is %s", what, e.name, tad_dtype_name(dtype));
    if (is_there(a, e.value))
        return tad_tape_fail(t, TAD_BAD_ARGUMENT, "%s: %s is there twice", what, e.name);
    return TAD_OK;
}

/* The parameters are remembered in a dictionary of their own: the caller's may change. */
static tad_status add(tad_average *a, tad_entry e) {
    tad_status (*as)(tad_dict *, const char *, tad_var) =
        e.is_buffer ? tad_dict_add_buffer : tad_dict_add;
    if (check(a, e) != TAD_OK) return tad_tape_status(a->tape);
    tad_var mean = tad_param(a->tape, tad_dtype_of(e.value), tad_shape_of(e.value), NULL);
    const void *now = tad_data(e.value);
    if (now && tad_size_of(mean) > 0) (void)!tad_assign(mean, now);
    (void)!as(a->params, e.name, e.value);
    return as(a->mean, e.name, mean);
}

tad_average *tad_average_new(const tad_dict *params, double decay) {
    tad_tape *t = tad_dict_tape(params);
    if (t && !(decay >= 0 && decay < 1))
        tad_tape_fail(t, TAD_BAD_ARGUMENT, "%s: a decay of %g", what, decay);
    tad_average made = {t, decay, tad_dict_new(t), tad_dict_new(t), false};
    for (size_t i = 0; i < tad_dict_count(params) && tad_tape_status(t) == TAD_OK; i++)
        add(&made, tad_dict_at(params, i));
    tad_average *a = tad_tape_status(t) == TAD_OK ? tad_tape_resize(t, NULL, 1, sizeof *a) : NULL;
    if (a) *a = made;
    return a;
}

/* ---- moving, exchanging ---- */

/* What is done with the elements of a parameter and its average. */
typedef void pair_fn(const tad_average *a, const tad_entry *e, void *param, void *mean, size_t n);

static void move(const tad_average *a, const tad_entry *e, void *param, void *mean, size_t n) {
    const double keep = e->is_buffer ? 0 : a->decay, rest = 1 - keep;
    if (tad_dtype_of(e->value) == TAD_F64) {
        double *m = mean;
        const double *p = param;
        for (size_t i = 0; i < n; i++) m[i] = keep * m[i] + rest * p[i];
    } else {
        float *m = mean;
        const float *p = param;
        for (size_t i = 0; i < n; i++) m[i] = (float)(keep * m[i] + rest * p[i]);
    }
}

static void exchange(const tad_average *a, const tad_entry *e, void *param, void *mean, size_t n) {
    (void)a;
    unsigned char *x = param, *y = mean, kept;
    for (size_t i = 0; i < n * tad_dtype_size(tad_dtype_of(e->value)); i++)
        kept = x[i], x[i] = y[i], y[i] = kept;
}

/* All pointers are asked for once before anything is changed, so that a failure changes nothing. */
static tad_status for_each(tad_average *a, bool changes, pair_fn *f) {
    if (!a) return TAD_BAD_ARGUMENT;
    for (int run = 0; run < 2 && tad_tape_status(a->tape) == TAD_OK; run++)
        for (size_t i = 0; i < tad_dict_count(a->mean); i++) {
            const tad_entry e = tad_dict_at(a->params, i), m = tad_dict_at(a->mean, i);
            void *mean = tad_param_data(m.value),
                 *param = changes ? tad_param_data(e.value) : (void *)tad_data(e.value);
            if (tad_tape_status(a->tape) != TAD_OK) break;
            if (run) f(a, &e, param, mean, (size_t)tad_size_of(e.value));
        }
    return tad_tape_status(a->tape);
}

/* Exchanged, the averages are what the parameters go on from. */
tad_status tad_average_update(tad_average *a) {
    if (a && a->is_exchanged)
        return tad_tape_fail(a->tape, TAD_BAD_ARGUMENT,
                             "%s: it is exchanged with the parameters: exchange them again first",
                             what);
    return for_each(a, false, move);
}

tad_status tad_average_swap(tad_average *a) {
    const tad_status s = for_each(a, true, exchange);
    if (s == TAD_OK) a->is_exchanged = !a->is_exchanged;
    return s;
}

const tad_dict *tad_average_params(const tad_average *a) { return a ? a->mean : NULL; }
