/* Examples of tad/optim.h. */
#include "example.h"

/* A parameter 2, 3 as "w", with the gradient of the sum of its squares, 4, 6. */
static tad_dict *parameters(tad_tape *t) {
    tad_dict *params = tad_dict_new(t);
    const tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){2, 3});
    OK(tad_dict_add(params, "w", w));
    OK(tad_reverse(tad_sum(tad_square(w), tad_all())));
    return params;
}

static void defaults(tad_tape *t) {
    const tad_dict *params = parameters(t);

    {
        tad_adam_options o = tad_adam_defaults();
        o.beta1 = 0.95;
        tad_optim *adam = tad_adam(params, 1e-3, &o);
        IS(tad_optim_lr(adam), 0.001);
    }

    IS(tad_adamw_defaults().weight_decay, 0.01);

    IS(tad_nadam_defaults().momentum_decay, 0.004);

    IS(tad_lion_defaults().beta2, 0.99);

    IS(tad_lamb_defaults().eps, 1e-6);

    IS(tad_rmsprop_defaults().alpha, 0.99);

    IS(tad_adagrad_defaults().eps, 1e-10);

    IS(tad_adadelta_defaults().rho, 0.9);
}

static void optimisers(tad_tape *t) {
    {
        tad_dict *params = parameters(t);
        tad_optim *sgd = tad_sgd(params, 0.1, &(tad_sgd_options){.clip = {.norm = 1}});
        OK(tad_optim_step(sgd));
        IS(tad_dict_get(params, "w"), "[1.94453, 2.91679]");
    }

    {
        tad_dict *params = parameters(t);
        tad_optim *adam = tad_adam(params, 0.1, NULL);
        OK(tad_optim_step(adam));
        IS(tad_dict_get(params, "w"), "[1.9, 2.9]");
    }

    {
        tad_dict *params = parameters(t);
        tad_optim *adamw = tad_adamw(params, 0.1, NULL);
        OK(tad_optim_step(adamw));
        IS(tad_dict_get(params, "w"), "[1.898, 2.897]");
    }

    {
        tad_dict *params = parameters(t);
        tad_optim *adamax = tad_adamax(params, 0.1, NULL);
        OK(tad_optim_step(adamax));
        IS(tad_dict_get(params, "w"), "[1.9, 2.9]");
    }

    {
        tad_dict *params = parameters(t);
        tad_optim *nadam = tad_nadam(params, 0.1, NULL);
        OK(tad_optim_step(nadam));
        IS(tad_dict_get(params, "w"), "[1.89435, 2.89435]");
    }

    {
        tad_dict *params = parameters(t);
        tad_optim *radam = tad_radam(params, 0.1, NULL);
        OK(tad_optim_step(radam));
        IS(tad_dict_get(params, "w"), "[1.6, 2.4]");
    }

    {
        tad_dict *params = parameters(t);
        tad_optim *lion = tad_lion(params, 0.1, NULL);
        OK(tad_optim_step(lion));
        IS(tad_dict_get(params, "w"), "[1.9, 2.9]");
    }

    {
        tad_dict *params = parameters(t);
        tad_optim *lamb = tad_lamb(params, 0.1, NULL);
        OK(tad_optim_step(lamb));
        IS(tad_dict_get(params, "w"), "[1.7463, 2.74381]");
    }

    {
        tad_dict *params = parameters(t);
        tad_optim *adagrad = tad_adagrad(params, 0.1, NULL);
        OK(tad_optim_step(adagrad));
        IS(tad_dict_get(params, "w"), "[1.9, 2.9]");
    }

    {
        tad_dict *params = parameters(t);
        tad_optim *adadelta = tad_adadelta(params, 1, NULL);
        OK(tad_optim_step(adadelta));
        IS(tad_dict_get(params, "w"), "[1.99684, 2.99684]");
    }

    {
        tad_dict *params = parameters(t);
        tad_optim *rmsprop = tad_rmsprop(params, 0.1, NULL);
        OK(tad_optim_step(rmsprop));
        IS(tad_dict_get(params, "w"), "[1, 2]");
    }
}

static void steps(tad_tape *t) {
    tad_dict *params = parameters(t);
    tad_optim *o = tad_adam(params, 0.1, NULL);

    {
        const tad_schedule s = {.kind = TAD_SCHEDULE_COSINE, .lr = 0.1, .period = 100};
        OK(tad_optim_set_lr(o, tad_schedule_at(&s, tad_optim_steps(o))));
        IS(tad_optim_lr(o), 0.1);
    }

    {
        tad_dict *biases = tad_dict_new(t);
        OK(tad_dict_add(biases, "w", tad_dict_get(params, "w")));
        OK(tad_optim_set_decay(o, biases, 0)); /* whatever the options say */
        OK(tad_optim_scale_lr(o, biases, 2));
        OK(tad_optim_step(o));
        IS(tad_dict_get(params, "w"), "[1.8, 2.8]");
    }

    IS(tad_dict_get(tad_optim_state(o), "lr"), "[0.1]"); /* moments, steps and this */

    {
        double norm;
        OK(tad_gradient_norm(parameters(t), &norm));
        IS(norm, 7.2111);
    }
}

static void averages(tad_tape *t) {
    tad_dict *params = parameters(t);

    {
        const tad_var w = tad_dict_get(params, "w");
        tad_average *a = tad_average_new(params, 0.5);
        OK(tad_assign(w, (double[]){4, 5})); /* a step */
        OK(tad_average_update(a));
        OK(tad_average_swap(a));
        IS(w, "[3, 4]"); /* to be evaluated */
        OK(tad_average_swap(a));
        IS(w, "[4, 5]");
        IS(tad_dict_at(tad_average_params(a), 0).value, "[3, 4]");
    }
}

static void rows(tad_tape *t) {
    {
        const tad_var table = tad_param(t, TAD_F64, TAD_SHAPE(1000, 1), NULL);
        tad_dict *params = tad_dict_new(t);
        OK(tad_dict_add(params, "table", table));
        tad_optim *sgd = tad_sgd(params, 1, NULL);
        const tad_var words = tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){7, 7});
        const tad_rows used = tad_rows_used(table, words);
        OK(tad_reverse(tad_sum(tad_embedding(used.local, used.values), tad_all())));
        OK(tad_optim_step_rows(sgd, &used, 1)); /* no other row is looked at */
        IS(tad_at(table, 7), "[-2]");
    }
}

EXAMPLES(defaults, optimisers, steps, averages, rows)
