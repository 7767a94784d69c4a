/* The optimisers that there are: their options, checked, as the coefficients of a rule. Rests on
 * optim.h. */
#include <math.h>

#include "optim.h"

static bool is_share(double x) { return x >= 0 && x < 1; }
static bool is_amount(double x) { return x >= 0 && isfinite(x); }

tad_optim *tad_sgd(const tad_dict *params, double lr, const tad_sgd_options *options) {
    tad_sgd_options o = options ? *options : (tad_sgd_options){0};
    tad_optim pattern = {.what = "sgd", .dampening = o.dampening, .clip = o.clip};
    pattern.used[0] = o.momentum != 0;
    pattern.update = (tad__update){.rule = TAD__SGD,
                                   .lr = lr,
                                   .decay = o.weight_decay,
                                   .momentum = o.momentum,
                                   .nesterov = o.nesterov};
    bool good = is_amount(o.momentum) && is_amount(o.weight_decay) && isfinite(o.dampening) &&
                (!o.nesterov || (o.momentum > 0 && o.dampening == 0));
    return tad__optim_make(pattern, params, good ? NULL : "options out of range");
}

/* ---- Adam and its kin ---- */

tad_adam_options tad_adam_defaults(void) {
    return (tad_adam_options){.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
}

tad_adam_options tad_adamw_defaults(void) {
    tad_adam_options o = tad_adam_defaults();
    o.weight_decay = 0.01;
    return o;
}

tad_adam_options tad_nadam_defaults(void) {
    tad_adam_options o = tad_adam_defaults();
    o.momentum_decay = 0.004;
    return o;
}

tad_adam_options tad_lion_defaults(void) { return (tad_adam_options){.beta1 = 0.9, .beta2 = 0.99}; }

tad_adam_options tad_lamb_defaults(void) {
    return (tad_adam_options){.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-6, .weight_decay = 0.01};
}

/* What is wrong with them; NULL: nothing. A beta2 of 0 is one that was never set. */
static const char *wrong_adam(const tad_adam_options *o) {
    if (o->beta2 == 0) return "beta2 is 0: begin with the defaults";
    bool good = is_share(o->beta1) && is_share(o->beta2) && is_amount(o->eps) &&
                is_amount(o->weight_decay) && is_amount(o->momentum_decay);
    return good ? NULL : "options out of range";
}

/* Of Adam's kin. */
static tad_optim *make_adam(const char *what, const tad_dict *params, double lr,
                            const tad_adam_options *o, tad__rule rule) {
    tad_optim pattern = {.what = what,
                         .clip = o->clip,
                         .momentum_decay = o->momentum_decay,
                         .used = {true, rule != TAD__LION, rule == TAD__LAMB}};
    pattern.update = (tad__update){.rule = rule,
                                   .lr = lr,
                                   .decay = o->weight_decay,
                                   .beta1 = o->beta1,
                                   .beta2 = o->beta2,
                                   .eps = o->eps};
    return tad__optim_make(pattern, params, wrong_adam(o));
}

tad_optim *tad_adam(const tad_dict *params, double lr, const tad_adam_options *options) {
    const tad_adam_options standard = tad_adam_defaults();
    return make_adam("adam", params, lr, options ? options : &standard, TAD__ADAM);
}

tad_optim *tad_adamw(const tad_dict *params, double lr, const tad_adam_options *options) {
    const tad_adam_options standard = tad_adamw_defaults();
    return make_adam("adamw", params, lr, options ? options : &standard, TAD__ADAMW);
}

tad_optim *tad_adamax(const tad_dict *params, double lr, const tad_adam_options *options) {
    const tad_adam_options standard = tad_adam_defaults();
    return make_adam("adamax", params, lr, options ? options : &standard, TAD__ADAMAX);
}

tad_optim *tad_nadam(const tad_dict *params, double lr, const tad_adam_options *options) {
    const tad_adam_options standard = tad_nadam_defaults();
    return make_adam("nadam", params, lr, options ? options : &standard, TAD__NADAM);
}

tad_optim *tad_radam(const tad_dict *params, double lr, const tad_adam_options *options) {
    const tad_adam_options standard = tad_adam_defaults();
    return make_adam("radam", params, lr, options ? options : &standard, TAD__RADAM);
}

tad_optim *tad_lion(const tad_dict *params, double lr, const tad_adam_options *options) {
    const tad_adam_options standard = tad_lion_defaults();
    return make_adam("lion", params, lr, options ? options : &standard, TAD__LION);
}

tad_optim *tad_lamb(const tad_dict *params, double lr, const tad_adam_options *options) {
    const tad_adam_options standard = tad_lamb_defaults();
    return make_adam("lamb", params, lr, options ? options : &standard, TAD__LAMB);
}

/* ---- RMSprop, Adagrad, Adadelta ---- */

tad_rmsprop_options tad_rmsprop_defaults(void) {
    return (tad_rmsprop_options){.alpha = 0.99, .eps = 1e-8};
}

static const char *wrong_rmsprop(const tad_rmsprop_options *o) {
    if (o->alpha == 0) return "alpha is 0: begin with the defaults";
    bool good = is_share(o->alpha) && is_amount(o->eps) && is_amount(o->momentum) &&
                is_amount(o->weight_decay);
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
    return tad__optim_make(pattern, params, wrong_rmsprop(&o));
}

tad_adagrad_options tad_adagrad_defaults(void) { return (tad_adagrad_options){.eps = 1e-10}; }

tad_optim *tad_adagrad(const tad_dict *params, double lr, const tad_adagrad_options *options) {
    tad_adagrad_options o = options ? *options : tad_adagrad_defaults();
    tad_optim pattern = {.what = "adagrad",
                         .clip = o.clip,
                         .lr_decay = o.lr_decay,
                         .initial = o.initial,
                         .used = {true}};
    pattern.update =
        (tad__update){.rule = TAD__ADAGRAD, .lr = lr, .decay = o.weight_decay, .eps = o.eps};
    const bool good = is_amount(o.lr_decay) && is_amount(o.weight_decay) && is_amount(o.initial) &&
                      is_amount(o.eps);
    return tad__optim_make(pattern, params,
                           o.eps == 0 && o.initial == 0 ? "eps is 0: begin with the defaults"
                           : good                       ? NULL
                                                        : "options out of range");
}

tad_adadelta_options tad_adadelta_defaults(void) {
    return (tad_adadelta_options){.rho = 0.9, .eps = 1e-6};
}

tad_optim *tad_adadelta(const tad_dict *params, double lr, const tad_adadelta_options *options) {
    tad_adadelta_options o = options ? *options : tad_adadelta_defaults();
    tad_optim pattern = {.what = "adadelta", .clip = o.clip, .used = {true, true}};
    pattern.update = (tad__update){
        .rule = TAD__ADADELTA, .lr = lr, .decay = o.weight_decay, .beta2 = o.rho, .eps = o.eps};
    const bool good = is_share(o.rho) && is_amount(o.eps) && o.eps > 0 && is_amount(o.weight_decay);
    return tad__optim_make(pattern, params,
                           o.rho == 0 ? "rho is 0: begin with the defaults"
                           : good     ? NULL
                                      : "options out of range");
}
