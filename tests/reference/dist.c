/* Examples of tad/dist.h, on one rank; on many the calls are the same. */
#include "example.h"

#include <tad/dist.h>

enum { SHARDS = 4 };

/* A shard's mean loss, here of one example: (w - shard)^2. */
static tad_shard_loss loss(tad_tape *t, int64_t shard, double *sums, void *user) {
    const tad_var *w = user;
    (void)t;
    sums[0] += 1; /* whatever else is to be added up */
    return (tad_shard_loss){tad_square(tad_sub(*w, tad_number((double)shard))), 1};
}

static void one_rank(tad_tape *t) {
    const tad_var w = tad_param(t, TAD_F64, TAD_0D, NULL);
    tad_dict *params = tad_dict_new(t);
    OK(tad_dict_add(params, "w", w));
    tad_ranks ranks = tad_ranks_alone(); /* or tad_mpi_open */
    tad_dist *d = tad_dist_new(t, &ranks, params, &(tad_dist_options){.shards = SHARDS});
    tad_optim *sgd = tad_sgd(tad_dist_params(d), 0.5, NULL);

    IS(ranks.size, 1);

    {
        tad_dist_result result;
        OK(tad_dist_gradients(d, loss, (void *)&w, &result));
        IS(tad_gradient(w), -3);
        IS(result.loss, 3.5);
        IS(result.sums[0], 4);
        OK(tad_dist_step(d, sgd));
        IS(w, 1.5);
    }

    IS(tad_dist_part_of(d, 100).count, 100);

    {
        tad_dist_result result;
        OK(tad_dist_evaluate(d, loss, (void *)&w, &result));
        IS(result.loss, 1.25);
    }

    OK(tad_dist_check(d));

    {
        const double part[] = {1, 2, 3}; /* this rank's of three things */
        double all[3];
        OK(tad_dist_gather(d, part, 3, sizeof *all, all));
        IS(all[2], 3);
    }

    {
        const tad_slot slots[] = {tad_slot_dict("net", params),
                                  tad_slot_dict("sgd", tad_dist_state(d, sgd))};
        OK(tad_dist_save(d, "dist.safetensors", slots, 2, NULL, 0));
        OK(tad_dist_load(d, "dist.safetensors", slots, 2, false));
        OK(tad_dist_set_state(d, sgd, slots[1].dict));
        IS(tad_optim_steps(sgd), 1);
        remove("dist.safetensors");
    }

    tad_dist_free(d);
}

EXAMPLES(one_rank)
