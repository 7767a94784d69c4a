/* Optimisers: state, steps; clipping by norm. The arithmetic is in kernel/update_kernel.c. Rests on
 * optim.h. */
#include "optim.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <tad/inspect.h>
#include <tad/nn.h>

#include "array/update.h"
#include "tape/hook.h"

/* Names of the state arrays, PyTorch's. */
static const char *const state_names[TAD__RULES][TAD__STATES] = {
    [TAD__SGD] = {"momentum_buffer"},
    [TAD__ADAM] = {"exp_avg", "exp_avg_sq"},
    [TAD__ADAMW] = {"exp_avg", "exp_avg_sq"},
    [TAD__RMSPROP] = {"square_avg", "grad_avg", "momentum_buffer"},
    [TAD__ADAGRAD] = {"sum"},
    [TAD__ADADELTA] = {"square_avg", "acc_delta"},
    [TAD__ADAMAX] = {"exp_avg", "exp_inf"},
    [TAD__NADAM] = {"exp_avg", "exp_avg_sq"},
    [TAD__RADAM] = {"exp_avg", "exp_avg_sq"},
    [TAD__LION] = {"exp_avg"},
    [TAD__LAMB] = {"exp_avg", "exp_avg_sq", "direction"},
};

/* ---- making ---- */

/* How many entries are trained. */
static size_t trained(const tad_dict *params) {
    size_t n = 0;
    for (size_t i = 0; i < tad_dict_count(params); i++) n += !tad_dict_at(params, i).is_buffer;
    return n;
}

static bool is_float(tad_var v) { return tad_dtype_of(v) == TAD_F64 || tad_dtype_of(v) == TAD_F32; }

/* As slot i. */
static tad_status check_param(const tad_optim *o, tad_entry e, size_t i) {
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

/* An array of the parameter's kind, called KIND.PARAMETER. */
static tad_var add_state(tad_optim *o, int k, tad_entry param) {
    const char *kind = state_names[o->update.rule][k];
    const tad_init init = {TAD_INIT_CONSTANT, o->initial, 0, 0};
    size_t length = strlen(kind) + strlen(param.name) + 2;
    char *name = tad_tape_resize(o->tape, NULL, length, 1);
    if (!name) return (tad_var){0};
    snprintf(name, length, "%s.%s", kind, param.name);
    const tad_dtype dtype = tad_dtype_of(param.value);
    tad_var v = k == 0 && o->initial != 0
                    ? tad_param_random(o->tape, dtype, tad_shape_of(param.value), &init)
                    : tad_param(o->tape, dtype, tad_shape_of(param.value), NULL);
    tad_dict_add(o->state, name, tad_name(v, name));
    tad_tape_resize(o->tape, name, 0, 0);
    return v;
}

static tad_var add_number(tad_optim *o, const char *name, double value) {
    tad_var v = tad_param(o->tape, TAD_F64, TAD_SHAPE(1), &value);
    tad_dict_add(o->state, name, tad_name(v, name));
    return v;
}

static void fill_slot(tad_optim *o, size_t i, tad_entry e) {
    tad__slot *s = &o->slot[i];
    *s = (tad__slot){.param = e.value, .n = tad_size_of(e.value), .dtype = tad_dtype_of(e.value)};
    s->lr_factor = 1;
    s->decay = o->update.decay;
    o->params[i] = e.value;
    for (int k = 0; k < TAD__STATES; k++)
        if (o->used[k]) s->state[k] = add_state(o, k, e);
}

static void fill_slots(tad_optim *o, const tad_dict *params) {
    for (size_t at = 0, i = 0; at < tad_dict_count(params); at++) {
        tad_entry e = tad_dict_at(params, at);
        if (e.is_buffer) continue;
        if (check_param(o, e, i) != TAD_OK) return;
        fill_slot(o, i++, e);
    }
}

tad__slot *tad__slot_of(const tad_optim *o, tad_var param) {
    if (tad_node_kind_of(param) != TAD_NODE_PARAM || tad_tape_of(param) != o->tape) return NULL;
    for (size_t i = 0; i < o->count; i++)
        if (tad_node_index(o->slot[i].param) == tad_node_index(param)) return &o->slot[i];
    return NULL;
}

static void release(tad_optim *o) {
    tad_tape *t = o->tape;
    tad_tape_resize(t, o->slot, 0, 0);
    tad_tape_resize(t, o->params, 0, 0);
    tad_tape_resize(t, o, 0, 0);
}

tad_optim *tad__optim_make(tad_optim pattern, const tad_dict *params, const char *wrong) {
    tad_tape *t = pattern.tape = tad_dict_tape(params);
    pattern.count = trained(params);
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
    if (o->update.rule == TAD__NADAM) o->product = add_number(o, "mu_product", 1);
    if (tad_tape_status(t) == TAD_OK) return o;
    release(o);
    return NULL;
}

/* ---- stepping ---- */

/* Gradients first: asking for a parameter's memory to change it may end what a sweep left. */
static bool find_pointers(tad_optim *o) {
    for (size_t i = 0; i < o->count; i++)
        if (!o->slot[i].row && !(o->slot[i].g = tad_gradient_data(o->slot[i].param))) return false;
    for (size_t i = 0; i < o->count; i++) {
        tad__slot *s = &o->slot[i];
        if (!(s->p = tad_param_data(s->param))) return false;
        for (int k = 0; k < TAD__STATES; k++)
            if (o->used[k] && !(s->s[k] = tad_param_data(s->state[k]))) return false;
    }
    return true;
}

static double squares(const tad_optim *o, const tad__slot *s) {
    return tad__squares(tad__compute_of(o->tape), s->dtype, s->g,
                        s->row ? s->rows * s->width : s->n);
}

/* PyTorch's clip_grad_norm_: max / (norm + 1e-6), at most 1. */
static tad_status clip_scale(const tad_optim *o, double *scale) {
    *scale = 1;
    if (o->clip.norm == 0) return TAD_OK;
    double sum = 0;
    for (size_t i = 0; i < o->count; i++) sum += squares(o, &o->slot[i]);
    if (!isfinite(sum))
        return tad_tape_fail(o->tape, TAD_NOT_FINITE, "%s: the norm of the gradients is %g",
                             o->what, sum);
    *scale = fmin(1, o->clip.norm / (sqrt(sum) + 1e-6));
    return TAD_OK;
}

/* NAdam's: the momentum of a step rises to beta1; all so far are multiplied. False: no memory. */
static bool prepare_nadam(tad_optim *o, double t) {
    tad__update *u = &o->update;
    double *product = tad_param_data(o->product);
    const double mu = u->beta1 * (1 - 0.5 * pow(0.96, t * o->momentum_decay)),
                 next = u->beta1 * (1 - 0.5 * pow(0.96, (t + 1) * o->momentum_decay));
    if (!product) return false;
    *product *= mu;
    u->of_gradient = u->lr * (1 - mu) / (1 - *product);
    u->step = u->lr * next / (1 - *product * next);
    return true;
}

/* RAdam's: the variance is used once there are steps enough to know it. */
static void prepare_radam(tad__update *u, double t) {
    const double power = pow(u->beta2, t), most = 2 / (1 - u->beta2) - 1,
                 length = most - 2 * t * power / (1 - power);
    u->rectified = length > 5;
    if (u->rectified)
        u->step *= sqrt(1 - power) *
                   sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length));
}

/* The coefficients of step number t = 1, 2, ... False: no memory. */
static bool prepare(tad_optim *o, double t, double scale) {
    tad__update *u = &o->update;
    bool first = t == 1; /* the momentum buffer starts as the gradient itself */
    u->lr = tad_optim_lr(o);
    u->keep = u->momentum;
    u->fresh = first ? 1 : 1 - o->dampening;
    u->correct2 = sqrt(1 - pow(u->beta2, t));
    u->step = u->lr / (1 - pow(u->beta1, t));
    u->scale = scale;
    u->bound = o->clip.value > 0 ? o->clip.value : INFINITY;
    if (u->rule == TAD__ADAGRAD) u->step = u->lr / (1 + (t - 1) * o->lr_decay);
    if (u->rule == TAD__RADAM) prepare_radam(u, t);
    if (u->rule == TAD__LAMB) u->step = 1 / (1 - pow(u->beta1, t));
    return u->rule != TAD__NADAM || prepare_nadam(o, t);
}

/* This step for one parameter. What LAMB calls its step has no learning rate in it. */
static tad__update update_of(const tad_optim *o, const tad__slot *s) {
    tad__update u = o->update;
    u.decay = s->decay;
    u.lr *= s->lr_factor;
    u.of_gradient *= s->lr_factor;
    if (u.rule != TAD__LAMB) u.step *= s->lr_factor;
    return u;
}

/* LAMB's second half: along the direction, as far as the parameter is long. */
static void go_along(const tad_optim *o, const tad__slot *s, double lr) {
    const tad__compute *c = tad__compute_of(o->tape);
    const double p = sqrt(tad__squares(c, s->dtype, s->p, s->n)),
                 d = sqrt(tad__squares(c, s->dtype, s->s[2], s->n));
    const tad__update along = {
        .rule = TAD__SGD, .lr = lr * (p > 0 && d > 0 ? p / d : 1), .scale = 1, .bound = INFINITY};
    void *const none[TAD__STATES] = {NULL};
    tad__update_run(c, &along, s->dtype, s->p, s->s[2], none, s->n);
}

static void step_slot(const tad_optim *o, const tad__slot *s) {
    const tad__compute *c = tad__compute_of(o->tape);
    const tad__update u = update_of(o, s);
    if (s->row)
        tad__update_rows(c, &u, s->dtype, s->p, s->g, s->s, s->row, s->rows, s->width);
    else
        tad__update_run(c, &u, s->dtype, s->p, s->g, s->s, s->n);
    if (u.rule == TAD__LAMB) go_along(o, s, u.lr);
}

tad_status tad__optim_step(tad_optim *o) {
    double *steps, scale;
    if (tad_tape_status(o->tape) != TAD_OK || !find_pointers(o) ||
        !(steps = tad_param_data(o->steps)))
        return tad_tape_status(o->tape);
    tad_status status = clip_scale(o, &scale);
    if (status != TAD_OK) return status;
    if (!prepare(o, *steps + 1, scale)) return tad_tape_status(o->tape);
    ++*steps;
    for (size_t i = 0; i < o->count; i++) step_slot(o, &o->slot[i]);
    for (size_t i = 0; i < o->count && status == TAD_OK; i++)
        if (!o->slot[i].row) status = tad_zero_gradients(&o->params[i], 1);
    return status;
}

tad_status tad_optim_step(tad_optim *o) { return o ? tad__optim_step(o) : TAD_BAD_ARGUMENT; }

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

/* ---- some parameters differently ---- */

/* Whether `value` can be set for these parameters, all of which the optimiser has. */
static tad_status check_group(const tad_optim *o, const tad_dict *of, const char *what,
                              double value) {
    if (!o) return TAD_BAD_ARGUMENT;
    if (tad_tape_status(o->tape) != TAD_OK) return tad_tape_status(o->tape);
    if (!of) return tad_tape_fail(o->tape, TAD_BAD_ARGUMENT, "%s: no dictionary", o->what);
    if (!(value >= 0 && isfinite(value)))
        return tad_tape_fail(o->tape, TAD_BAD_ARGUMENT, "%s: %s %g", o->what, what, value);
    for (size_t i = 0; i < tad_dict_count(of); i++) {
        const tad_entry e = tad_dict_at(of, i);
        if (!e.is_buffer && !tad__slot_of(o, e.value))
            return tad_tape_fail(o->tape, TAD_BAD_ARGUMENT, "%s: %s is not among its parameters",
                                 o->what, e.name);
    }
    return TAD_OK;
}

tad_status tad_optim_scale_lr(tad_optim *o, const tad_dict *of, double factor) {
    const tad_status s = check_group(o, of, "a factor of the learning rate of", factor);
    for (size_t i = 0; s == TAD_OK && i < tad_dict_count(of); i++) {
        const tad_entry e = tad_dict_at(of, i);
        if (!e.is_buffer) tad__slot_of(o, e.value)->lr_factor = factor;
    }
    return s;
}

tad_status tad_optim_set_decay(tad_optim *o, const tad_dict *of, double weight_decay) {
    const tad_status s = check_group(o, of, "a weight decay of", weight_decay);
    for (size_t i = 0; s == TAD_OK && i < tad_dict_count(of); i++) {
        const tad_entry e = tad_dict_at(of, i);
        if (!e.is_buffer) tad__slot_of(o, e.value)->decay = weight_decay;
    }
    return s;
}

tad_status tad_gradient_norm(const tad_dict *params, double *norm) {
    tad_tape *t = tad_dict_tape(params);
    double sum = 0;
    for (size_t i = 0; i < tad_dict_count(params); i++) {
        tad_entry e = tad_dict_at(params, i);
        if (e.is_buffer) continue;
        const void *g = is_float(e.value) ? tad_gradient_data(e.value) : NULL;
        if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
        if (!g)
            return tad_tape_fail(t, TAD_BAD_DTYPE, "gradient_norm: %s is %s", e.name,
                                 tad_dtype_name(tad_dtype_of(e.value)));
        sum += tad__squares(tad__compute_of(t), tad_dtype_of(e.value), g, tad_size_of(e.value));
    }
    if (tad_tape_status(t) == TAD_OK && norm) *norm = sqrt(sum);
    return tad_tape_status(t);
}
