/* The optimiser's share of the parameters, steps, and what ranks have by parts. Rests on dist.h and
 * nn/optim.h. */
#include <string.h>

#include <tad/ops.h>

#include "dist.h"
#include "nn/optim.h"

/* ---- shares ---- */

/* From one type to another, both floating-point. */
static void convert(void *to, tad_dtype as, const void *from, tad_dtype is, int64_t n) {
    if (as == is) {
        if (n > 0) memcpy(to, from, (size_t)n * tad_dtype_size(is));
    } else if (as == TAD_F64) {
        for (int64_t i = 0; i < n; i++) ((double *)to)[i] = ((const float *)from)[i];
    } else {
        for (int64_t i = 0; i < n; i++) ((float *)to)[i] = (float)((const double *)from)[i];
    }
}

static const void *from(const tad__summed *item, const void *data, int64_t element) {
    return (const unsigned char *)data + (size_t)element * tad_dtype_size(item->dtype);
}

/* The share of a parameter gets the parameter's values. */
static tad_status fill_share(tad_dist *d, const tad__summed *item) {
    const tad_dist_part part = tad__share_of(d, item, d->ranks.rank);
    const void *data = tad_data(item->param);
    void *to = data ? tad_param_data(item->share) : NULL;
    if (tad_tape_status(d->tape) != TAD_OK) return tad_tape_status(d->tape);
    if (part.count > 0)
        convert(to, tad_dtype_of(item->share), from(item, data, part.first), item->dtype,
                part.count);
    return TAD_OK;
}

tad_status tad__fill_shares(tad_dist *d) {
    tad_status s = TAD_OK;
    for (size_t k = 0; k < d->trained && s == TAD_OK; k++) s = fill_share(d, &d->item[k]);
    return s;
}

/* In the order of the dictionary. */
tad_status tad__make_shares(tad_dist *d) {
    for (size_t k = d->trained; k-- > 0;) {
        tad__summed *item = &d->item[k];
        const tad_dist_part part = tad__share_of(d, item, d->ranks.rank);
        const tad_dtype dtype = d->options.double_master ? TAD_F64 : item->dtype;
        d->roots[k] = item->share = tad_param(d->tape, dtype, TAD_SHAPE(part.count), NULL);
        if (tad_dict_add(d->shares, item->name, item->share) != TAD_OK) break;
    }
    return tad_tape_status(d->tape) == TAD_OK ? tad__fill_shares(d) : tad_tape_status(d->tape);
}

tad_status tad__take_values(tad_dist *d, size_t n) {
    tad_status s = TAD_OK;
    for (size_t k = 0; k < n && s == TAD_OK; k++)
        if (d->item[k].size) s = tad_assign(d->item[k].param, tad__item_in(d, d->sum, &d->item[k]));
    return s;
}

tad_var tad__mean_of(const tad_dist *d, const tad__summed *item) {
    const void *mean = tad__item_in(d, d->sum, item);
    if (!d->options.split_state)
        return tad_borrow(d->tape, item->dtype, tad_shape_of(item->param), mean);
    const tad_dist_part part = tad__share_of(d, item, d->ranks.rank);
    const tad_var share =
        tad_borrow(d->tape, item->dtype, TAD_SHAPE(part.count), from(item, mean, part.first));
    return tad_cast(share, tad_dtype_of(item->share));
}

/* ---- a step ---- */

tad_status tad__check_optim(tad_dist *d, const tad_optim *o) {
    size_t n = 0;
    if (tad_tape_status(d->tape) != TAD_OK) return tad_tape_status(d->tape);
    if (!o) return tad_tape_fail(d->tape, TAD_BAD_ARGUMENT, "dist: no optimiser");
    for (size_t k = 0; k < d->trained; k++) n += tad__slot_of(o, d->roots[k]) != NULL;
    if (o->tape != d->tape || n != o->count || n != d->trained)
        return tad_tape_fail(d->tape, TAD_BAD_ARGUMENT,
                             "dist: %s was made for other parameters than tad_dist_params gives",
                             o->what);
    return TAD_OK;
}

/* Whether it can step by shares. */
static tad_status check_step(tad_dist *d, const tad_optim *o) {
    const tad_status s = tad__check_optim(d, o);
    if (s != TAD_OK) return s;
    if (d->options.split_state && (o->update.rule == TAD__LAMB || o->clip.norm > 0))
        return tad_tape_fail(d->tape, TAD_UNSUPPORTED,
                             "dist: %s looks at whole parameters, and split_state has none",
                             o->what);
    return tad_tape_status(d->tape);
}

/* New values go into the sum, whose other pieces are those of other ranks. */
static tad_status share_values(tad_dist *d) {
    tad_status s = TAD_OK;
    for (size_t k = 0; k < d->trained; k++) {
        const tad__summed *item = &d->item[k];
        const tad_dist_part part = tad__share_of(d, item, d->ranks.rank);
        const void *data = part.count ? tad_data(item->share) : NULL;
        unsigned char *to = tad__item_in(d, d->sum, item);
        if (data)
            convert(to + (size_t)part.first * tad_dtype_size(item->dtype), item->dtype, data,
                    tad_dtype_of(item->share), part.count);
    }
    for (size_t k = 0; k < d->buckets; k++) d->bucket[k].state = TAD__SUMMED;
    for (size_t k = 0; k < d->buckets && s == TAD_OK; k++)
        if (d->bucket[k].is_split) s = tad__share_start(d, k);
    return s;
}

tad_status tad_dist_step(tad_dist *d, tad_optim *o) {
    if (!d) return TAD_BAD_ARGUMENT;
    if (d->broken != TAD_OK) return d->broken;
    tad_status s = check_step(d, o);
    if (s == TAD_OK) s = tad_optim_step(o);
    if (!d->options.split_state) return s;
    tad__dist_wait_from_now(d);
    s = share_values(d);
    if (s == TAD_OK) s = tad__report_start(d, TAD__STEP, NULL, false);
    if (s == TAD_OK) s = tad__sum_wait(d);
    return s == TAD_OK ? tad__take_values(d, d->trained) : s;
}
