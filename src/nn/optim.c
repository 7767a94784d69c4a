/* Optimisers: options, state, steps; clipping by norm. The arithmetic is in kernel/update_kernel.c.
 * Rests on the public headers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <tad/inspect.h>
#include <tad/optim.h>

#include "array/update.h"
#include "tape/hook.h"

enum { STATES = 3 };

/* One parameter with what belongs to it. The pointers are those of the step under way. */
typedef struct slot {
    tad_var param, state[STATES]; /* nil: not needed */
    int64_t n;                    /* elements of each, and their type */
    tad_dtype dtype;
    void *p, *s[STATES];
    const void *g;
} slot;

struct tad_optim {
    tad_tape *tape;
    const char *what;
    tad__update update;
    double dampening;
    tad_clip clip;
    bool used[STATES];
    slot *slot;
    tad_var *params; /* the same again as tad_zero_gradients wants them */
    size_t count;
    tad_dict *state;
    tad_var steps, lr; /* (1) float64: part of the state */
};

/* Names of the state arrays, PyTorch's. */
static const char *const state_names[TAD__RULES][STATES] = {
    [TAD__SGD] = {"momentum_buffer"},
    [TAD__ADAM] = {"exp_avg", "exp_avg_sq"},
    [TAD__ADAMW] = {"exp_avg", "exp_avg_sq"},
    [TAD__RMSPROP] = {"square_avg", "grad_avg", "momentum_buffer"},
};

/* ---- making ---- */

static bool is_float(tad_var v) { return tad_dtype_of(v) == TAD_F64 || tad_dtype_of(v) == TAD_F32; }

static tad_status check_param(const tad_optim *o, const tad_dict *params, size_t i) {
    tad_entry e = tad_dict_at(params, i);
    if (tad_node_kind_of(e.value) != TAD_NODE_PARAM)
        return tad_tape_fail(o->tape, TAD_BAD_ARGUMENT, "%s: %s is no parameter", o->what, e.name);
    if (!is_float(e.value))
        return tad_tape_fail(o->tape, TAD_BAD_DTYPE, "%s: %s is %s", o->what, e.name,
                             tad_dtype_name(tad_dtype_of(e.value)));
    for (size_t k = 0; k < i; k++)
        if (tad_node_index(o->params[k]) == tad_node_index(e.value))
            return tad_tape_fail(o->tape, TAD_BAD_ARGUMENT, "%s: %s is there twice", o->what,
                                 e.name);
    return TAD_OK;
}

/* A zero array of the parameter's kind, called KIND.PARAMETER. */
static tad_var add_state(tad_optim *o, const char *kind, tad_entry param) {
    size_t length = strlen(kind) + strlen(param.name) + 2;
    char *name = tad_tape_resize(o->tape, NULL, length, 1);
    if (!name) return (tad_var){0};
    snprintf(name, length, "%s.%s", kind, param.name);
    tad_var v = tad_param(o->tape, tad_dtype_of(param.value), tad_shape_of(param.value), NULL);
    tad_dict_add(o->state, name, tad_name(v, name));
    tad_tape_resize(o->tape, name, 0, 0);
    return v;
}

static tad_var add_number(tad_optim *o, const char *name, double value) {
    tad_var v = tad_param(o->tape, TAD_F64, TAD_SHAPE(1), &value);
    tad_dict_add(o->state, name, tad_name(v, name));
    return v;
}

static void fill_slots(tad_optim *o, const tad_dict *params) {
    for (size_t i = 0; i < o->count && check_param(o, params, i) == TAD_OK; i++) {
        tad_entry e = tad_dict_at(params, i);
        slot *s = &o->slot[i];
        *s = (slot){.param = e.value, .n = tad_size_of(e.value), .dtype = tad_dtype_of(e.value)};
        o->params[i] = e.value;
        for (int k = 0; k < STATES; k++)
            if (o->used[k]) s->state[k] = add_state(o, state_names[o->update.rule][k], e);
    }
}

static void release(tad_optim *o) {
    tad_tape *t = o->tape;
    tad_tape_resize(t, o->slot, 0, 0);
    tad_tape_resize(t, o->params, 0, 0);
    tad_tape_resize(t, o, 0, 0);
}

/* From a filled-in pattern; wrong: what is the matter with its options, NULL: nothing. */
static tad_optim *make(tad_optim pattern, const tad_dict *params, const char *wrong) {
    tad_tape *t = pattern.tape = tad_dict_tape(params);
    pattern.count = tad_dict_count(params);
    if (!(pattern.clip.norm >= 0 && pattern.clip.value >= 0)) wrong = "options out of range";
    if (!(pattern.update.lr >= 0 && isfinite(pattern.update.lr)))
        wrong = "the learning rate is out of range";
    if (t && wrong) tad_tape_fail(t, TAD_BAD_ARGUMENT, "%s: %s", pattern.what, wrong);
    if (tad_tape_status(t) != TAD_OK) return NULL;
    tad_optim *o = tad_tape_resize(t, NULL, 1, sizeof *o);
    if (!o) return NULL;
    *o = pattern;
    o->state = tad_dict_new(t);
    o->slot = tad_tape_resize(t, NULL, o->count, sizeof *o->slot);
    o->params = tad_tape_resize(t, NULL, o->count, sizeof *o->params);
    if (tad_tape_status(t) == TAD_OK) fill_slots(o, params);
    o->steps = add_number(o, "steps", 0);
    o->lr = add_number(o, "lr", o->update.lr);
    if (tad_tape_status(t) == TAD_OK) return o;
    release(o);
    return NULL;
}

static bool is_share(double x) { return x >= 0 && x < 1; }

tad_optim *tad_sgd(const tad_dict *params, double lr, const tad_sgd_options *options) {
    tad_sgd_options o = options ? *options : (tad_sgd_options){0};
    tad_optim pattern = {.what = "sgd", .dampening = o.dampening, .clip = o.clip};
    pattern.used[0] = o.momentum != 0;
    pattern.update = (tad__update){.rule = TAD__SGD,
                                   .lr = lr,
                                   .decay = o.weight_decay,
                                   .momentum = o.momentum,
                                   .nesterov = o.nesterov};
    bool good = o.momentum >= 0 && o.weight_decay >= 0 && isfinite(o.dampening) &&
                (!o.nesterov || (o.momentum > 0 && o.dampening == 0));
    return make(pattern, params, good ? NULL : "options out of range");
}

tad_adam_options tad_adam_defaults(void) {
    return (tad_adam_options){.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
}

tad_adam_options tad_adamw_defaults(void) {
    tad_adam_options o = tad_adam_defaults();
    o.weight_decay = 0.01;
    return o;
}

tad_rmsprop_options tad_rmsprop_defaults(void) {
    return (tad_rmsprop_options){.alpha = 0.99, .eps = 1e-8};
}

/* What is wrong with them; NULL: nothing. A beta2 of 0 is one that was never set. */
static const char *wrong_adam(const tad_adam_options *o) {
    if (o->beta2 == 0) return "beta2 is 0: begin with the defaults";
    bool good = is_share(o->beta1) && is_share(o->beta2) && o->eps >= 0 && o->weight_decay >= 0;
    return good ? NULL : "options out of range";
}

static tad_optim *make_adam(const tad_dict *params, double lr, const tad_adam_options *o,
                            tad__rule rule) {
    tad_optim pattern = {
        .what = rule == TAD__ADAM ? "adam" : "adamw", .clip = o->clip, .used = {true, true}};
    pattern.update = (tad__update){.rule = rule,
                                   .lr = lr,
                                   .decay = o->weight_decay,
                                   .beta1 = o->beta1,
                                   .beta2 = o->beta2,
                                   .eps = o->eps};
    return make(pattern, params, wrong_adam(o));
}

tad_optim *tad_adam(const tad_dict *params, double lr, const tad_adam_options *options) {
    const tad_adam_options standard = tad_adam_defaults();
    return make_adam(params, lr, options ? options : &standard, TAD__ADAM);
}

tad_optim *tad_adamw(const tad_dict *params, double lr, const tad_adam_options *options) {
    const tad_adam_options standard = tad_adamw_defaults();
    return make_adam(params, lr, options ? options : &standard, TAD__ADAMW);
}

static const char *wrong_rmsprop(const tad_rmsprop_options *o) {
    if (o->alpha == 0) return "alpha is 0: begin with the defaults";
    bool good = is_share(o->alpha) && o->eps >= 0 && o->momentum >= 0 && o->weight_decay >= 0;
    return good ? NULL : "options out of range";
}

tad_optim *tad_rmsprop(const tad_dict *params, double lr, const tad_rmsprop_options *options) {
    tad_rmsprop_options o = options ? *options : tad_rmsprop_defaults();
    tad_optim pattern = {
        .what = "rmsprop", .clip = o.clip, .used = {true, o.centered, o.momentum != 0}};
    pattern.update = (tad__update){.rule = TAD__RMSPROP,
                                   .lr = lr,
                                   .decay = o.weight_decay,
                                   .momentum = o.momentum,
                                   .beta2 = o.alpha,
                                   .eps = o.eps,
                                   .centered = o.centered};
    return make(pattern, params, wrong_rmsprop(&o));
}

/* ---- stepping ---- */

/* Gradients first: asking for a parameter's memory to change it may end what a sweep left. */
static bool find_pointers(tad_optim *o) {
    for (size_t i = 0; i < o->count; i++)
        if (!(o->slot[i].g = tad_gradient_data(o->slot[i].param))) return false;
    for (size_t i = 0; i < o->count; i++) {
        slot *s = &o->slot[i];
        if (!(s->p = tad_param_data(s->param))) return false;
        for (int k = 0; k < STATES; k++)
            if (o->used[k] && !(s->s[k] = tad_param_data(s->state[k]))) return false;
    }
    return true;
}

static double squares(tad_var param, const void *g) {
    int64_t n = tad_size_of(param);
    return tad__squares(tad__compute_of(param.tape), tad_dtype_of(param), g, n);
}

/* PyTorch's clip_grad_norm_: max / (norm + 1e-6), at most 1. */
static tad_status clip_scale(const tad_optim *o, double *scale) {
    *scale = 1;
    if (o->clip.norm == 0) return TAD_OK;
    double sum = 0;
    for (size_t i = 0; i < o->count; i++) sum += squares(o->slot[i].param, o->slot[i].g);
    if (!isfinite(sum))
        return tad_tape_fail(o->tape, TAD_NOT_FINITE, "%s: the norm of the gradients is %g",
                             o->what, sum);
    *scale = fmin(1, o->clip.norm / (sqrt(sum) + 1e-6));
    return TAD_OK;
}

/* The coefficients of step number t = 1, 2, ... */
static void prepare(tad_optim *o, double t, double scale) {
    tad__update *u = &o->update;
    bool first = t == 1; /* the momentum buffer starts as the gradient itself */
    u->lr = tad_optim_lr(o);
    u->keep = u->momentum;
    u->fresh = first ? 1 : 1 - o->dampening;
    u->correct1 = 1 - pow(u->beta1, t);
    u->correct2 = sqrt(1 - pow(u->beta2, t));
    u->scale = scale;
    u->bound = o->clip.value > 0 ? o->clip.value : INFINITY;
}

tad_status tad_optim_step(tad_optim *o) {
    if (!o) return TAD_BAD_ARGUMENT;
    double *steps, scale;
    if (tad_tape_status(o->tape) != TAD_OK || !find_pointers(o) ||
        !(steps = tad_param_data(o->steps)))
        return tad_tape_status(o->tape);
    tad_status status = clip_scale(o, &scale);
    if (status != TAD_OK) return status;
    prepare(o, ++*steps, scale);
    for (size_t i = 0; i < o->count; i++) {
        slot *s = &o->slot[i];
        tad__update_run(tad__compute_of(o->tape), &o->update, s->dtype, s->p, s->g, s->s, s->n);
    }
    return tad_zero_gradients(o->params, o->count);
}

/* ---- reading and setting ---- */

static double number(tad_var v) {
    double value = NAN;
    return tad_read(v, &value, 1) == TAD_OK ? value : NAN;
}

double tad_optim_lr(const tad_optim *o) { return o ? number(o->lr) : NAN; }

/* A state that was assigned may say anything; what is no count is none. */
int64_t tad_optim_steps(const tad_optim *o) {
    double steps = o ? number(o->steps) : 0;
    return steps >= 0 && steps < 0x1p63 ? (int64_t)steps : 0;
}

const tad_dict *tad_optim_state(const tad_optim *o) { return o ? o->state : NULL; }

tad_status tad_optim_set_lr(tad_optim *o, double lr) {
    if (!o) return TAD_BAD_ARGUMENT;
    if (!(lr >= 0 && isfinite(lr)))
        return tad_tape_fail(o->tape, TAD_BAD_ARGUMENT, "%s: learning rate %g", o->what, lr);
    return tad_assign(o->lr, &lr);
}

tad_status tad_gradient_norm(const tad_dict *params, double *norm) {
    tad_tape *t = tad_dict_tape(params);
    double sum = 0;
    for (size_t i = 0; i < tad_dict_count(params); i++) {
        tad_entry e = tad_dict_at(params, i);
        const void *g = is_float(e.value) ? tad_gradient_data(e.value) : NULL;
        if (!g && is_float(e.value)) return tad_tape_status(t);
        if (!g)
            return tad_tape_fail(t, TAD_BAD_DTYPE, "gradient_norm: %s is %s", e.name,
                                 tad_dtype_name(tad_dtype_of(e.value)));
        sum += squares(e.value, g);
    }
    if (tad_tape_status(t) == TAD_OK && norm) *norm = sqrt(sum);
    return tad_tape_status(t);
}
