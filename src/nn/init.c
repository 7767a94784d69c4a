/* Initial values of parameters. Rests on the public headers. */
#include <math.h>

#include <tad/nn.h>

/* The factor of U(-1, 1) or N(0, 1), whichever the kind has. */
static double spread(const tad_init *init, double fan_in, double fan_out) {
    double scale = init->scale != 0 ? init->scale : 1;
    switch (init->kind) {
    case TAD_INIT_XAVIER_UNIFORM: return scale * sqrt(6 / (fan_in + fan_out));
    case TAD_INIT_XAVIER_NORMAL: return scale * sqrt(2 / (fan_in + fan_out));
    case TAD_INIT_HE_UNIFORM: return scale * sqrt(6 / fan_in);
    case TAD_INIT_HE_NORMAL: return scale * sqrt(2 / fan_in);
    default: return scale;
    }
}

static bool is_normal(tad_init_kind kind) {
    return kind == TAD_INIT_XAVIER_NORMAL || kind == TAD_INIT_HE_NORMAL || kind == TAD_INIT_NORMAL;
}

static double fan(int64_t given, const tad_shape *shape, int axis) {
    return (double)(given ? given : shape->rank > 0 ? shape->dim[axis] : 1);
}

static void set_all(tad_dtype dtype, void *data, int64_t n, double value) {
    for (int64_t i = 0; i < n; i++)
        if (dtype == TAD_F64)
            ((double *)data)[i] = value;
        else
            ((float *)data)[i] = (float)value;
}

static void fill(tad_tape *t, tad_dtype dtype, void *data, int64_t n, bool normal, double factor) {
    tad_random r = tad_tape_random(t);
    for (int64_t i = 0; i < n; i++) {
        double x = factor * (normal ? tad_random_normal(&r) : 2 * tad_random_uniform(&r) - 1);
        if (dtype == TAD_F64)
            ((double *)data)[i] = x;
        else
            ((float *)data)[i] = (float)x;
    }
    tad_tape_set_random(t, r);
}

tad_var tad_param_random(tad_tape *t, tad_dtype dtype, tad_shape shape, const tad_init *init) {
    static const tad_init standard = {0};
    if (!init) init = &standard;
    if ((unsigned)init->kind >= TAD_INIT_COUNT || init->fan_in < 0 || init->fan_out < 0)
        tad_tape_fail(t, TAD_BAD_ARGUMENT, "param_random: no such kind, or negative fan");
    else if (init->kind != TAD_INIT_CONSTANT && !isfinite(init->scale))
        tad_tape_fail(t, TAD_BAD_ARGUMENT, "param_random: a scale of %g", init->scale);
    else if (dtype != TAD_F64 && dtype != TAD_F32)
        tad_tape_fail(t, TAD_BAD_DTYPE, "param_random: %s is no floating-point type",
                      tad_dtype_name(dtype));
    tad_var p = tad_param(t, dtype, shape, NULL);
    if (tad_is_nil(p) || init->kind == TAD_INIT_ZEROS || tad_size_of(p) == 0) return p;
    void *data = tad_param_data(p);
    double factor = spread(init, fan(init->fan_in, &shape, 0),
                           fan(init->fan_out, &shape, shape.rank > 0 ? shape.rank - 1 : 0));
    if (data && init->kind == TAD_INIT_CONSTANT)
        set_all(dtype, data, tad_size_of(p), factor);
    else if (data)
        fill(t, dtype, data, tad_size_of(p), is_normal(init->kind), factor);
    return p;
}
