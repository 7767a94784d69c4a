/* What ranks have by parts, put together; checkpoints. Rests on dist.h. */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "dist.h"

/* ---- parts of anything ---- */

/* Where part r of something begins, in bytes; r the number of ranks: where it ends. */
typedef size_t part_begin(const tad_dist *d, const void *of, int r);

/* Memory of the ranks' with all parts, to be given back; NULL: failed. `part` is copied. */
static unsigned char *put_together(tad_dist *d, part_begin *begin, const void *of,
                                   const void *part) {
    const int n = d->ranks.size, me = d->ranks.rank;
    const size_t own = begin(d, of, me), bytes = begin(d, of, me + 1) - own;
    unsigned char *all = tad__ranks_resize(d, NULL, begin(d, of, n) + 1);
    tad__post p;
    if (!all) {
        tad__dist_break(d, TAD_NO_MEMORY, "dist: gather: no memory for all parts");
        return NULL;
    }
    if (bytes) memcpy(all + own, part, bytes);
    for (int r = 0; r < n; r++) {
        d->send[r] = (tad_piece){all + own, bytes};
        d->receive[r] = (tad_piece){all + begin(d, of, r), begin(d, of, r + 1) - begin(d, of, r)};
    }
    tad_status s = tad__post_start(d, &p, TAD__PIECES, "gather", -1);
    if (s == TAD_OK) s = tad__post_wait(d, &p);
    tad__post_abandon(d, &p);
    if (s == TAD_OK) return all;
    tad__ranks_resize(d, all, 0);
    return NULL;
}

/* n things of so many bytes. */
typedef struct things {
    int64_t n;
    size_t bytes;
} things;

static size_t thing_begin(const tad_dist *d, const void *of, int r) {
    const things *t = of;
    return (size_t)tad__part_begin(t->n, r, d->ranks.size) * t->bytes;
}

/* Whether the verb can begin on all ranks; text, and what is checked: must be the same. */
static tad_status begin(tad_dist *d, enum tad__verb verb, const char *text, bool checks) {
    if (!d) return TAD_BAD_ARGUMENT;
    if (d->broken != TAD_OK) return d->broken;
    tad__dist_wait_from_now(d);
    return tad__meet(d, verb, text, checks);
}

tad_status tad_dist_gather(tad_dist *d, const void *part, int64_t n, size_t bytes, void *all) {
    const things of = {n, bytes};
    char text[64];
    if (!d) return TAD_BAD_ARGUMENT;
    if (n < 0 || (n && bytes && (size_t)n > PTRDIFF_MAX / bytes))
        tad_tape_fail(d->tape, TAD_TOO_LARGE, "dist: gather: %lld things of %zu bytes",
                      (long long)n, bytes);
    else if (n && bytes && (!all || (!part && tad_dist_part_of(d, n).count)))
        tad_tape_fail(d->tape, TAD_BAD_ARGUMENT, "dist: gather: no memory given");
    snprintf(text, sizeof text, "%lld things of %zu bytes", (long long)n, bytes);
    tad_status s = begin(d, TAD__GATHER, text, false);
    if (s != TAD_OK) return s;
    unsigned char *together = put_together(d, thing_begin, &of, part);
    if (!together) return d->broken;
    if (n && bytes) memcpy(all, together, (size_t)n * bytes);
    tad__ranks_resize(d, together, 0);
    return TAD_OK;
}

tad_status tad_dist_check(tad_dist *d) { return begin(d, TAD__CHECK, NULL, true); }

/* ---- the optimiser's state ---- */

static const char master[] = "master";

/* An item, and what its elements are where it is put together. */
typedef struct shared_item {
    const tad__summed *item;
    tad_dtype dtype;
} shared_item;

static size_t share_begin(const tad_dist *d, const void *of, int r) {
    const shared_item *s = of;
    const size_t size = tad_dtype_size(s->dtype);
    if (r == d->ranks.size) return (size_t)s->item->size * size;
    return (size_t)tad__share_of(d, s->item, r).first * size;
}

/* The item that KIND.NAME belongs to; NULL: it is of the optimiser as a whole. */
static const tad__summed *item_of(const tad_dist *d, const char *entry) {
    const char *dot = strchr(entry, '.');
    for (size_t k = 0; dot && k < d->trained; k++)
        if (strcmp(d->item[k].name, dot + 1) == 0) return &d->item[k];
    return NULL;
}

static tad_status add_whole(tad_dist *d, tad_dict *to, const char *name, const tad__summed *item,
                            tad_var share) {
    const shared_item of = {item, tad_dtype_of(share)};
    const void *part = tad_size_of(share) ? tad_data(share) : NULL;
    unsigned char *all = put_together(d, share_begin, &of, part);
    if (!all) return d->broken;
    const tad_var whole = tad_param(d->tape, of.dtype, tad_shape_of(item->param), all);
    tad__ranks_resize(d, all, 0);
    return tad_dict_add(to, name, whole);
}

static tad_status add_entry(tad_dist *d, tad_dict *to, tad_entry e) {
    const tad__summed *item = item_of(d, e.name);
    if (item) return add_whole(d, to, e.name, item, e.value);
    const void *data = tad_data(e.value);
    return data ? tad_dict_add(
                      to, e.name,
                      tad_param(d->tape, tad_dtype_of(e.value), tad_shape_of(e.value), data))
                : tad_tape_status(d->tape);
}

/* master.NAME, in `room`, which must be enough; false: it is not. */
static bool master_name(char *room, size_t n, const tad__summed *item) {
    const int length = snprintf(room, n, "%s.%s", master, item->name);
    return length > 0 && (size_t)length < n;
}

enum { NAME_ROOM = 512 };

static tad_status add_masters(tad_dist *d, tad_dict *to) {
    char name[NAME_ROOM];
    tad_status s = TAD_OK;
    for (size_t k = d->trained; k-- > 0 && s == TAD_OK;) {
        const tad__summed *item = &d->item[k];
        s = master_name(name, sizeof name, item)
                ? add_whole(d, to, name, item, item->share)
                : tad_tape_fail(d->tape, TAD_TOO_LARGE, "dist: the name %.60s...", item->name);
    }
    return s;
}

const tad_dict *tad_dist_state(tad_dist *d, const tad_optim *o) {
    if (!d || d->broken != TAD_OK) return NULL;
    if (!d->options.split_state) return tad_optim_state(o);
    (void)!tad__check_optim(d, o);
    if (begin(d, TAD__STATE, NULL, false) != TAD_OK) return NULL;
    const tad_dict *own = tad_optim_state(o);
    tad_dict *whole = tad_dict_new(d->tape);
    tad_status s = tad_tape_status(d->tape);
    for (size_t k = 0; k < tad_dict_count(own) && s == TAD_OK; k++)
        s = add_entry(d, whole, tad_dict_at(own, k));
    if (s == TAD_OK && d->options.double_master) s = add_masters(d, whole);
    return s == TAD_OK ? whole : NULL;
}

/* An own array gets its part of one of the state's, all of it where there is no item. */
static tad_status take(tad_dist *d, const tad__summed *item, tad_var own, const tad_dict *state,
                       const char *name) {
    const tad_var whole = tad_dict_get(state, name);
    const int64_t first = item ? tad__share_of(d, item, d->ranks.rank).first : 0;
    if (tad_dtype_of(whole) != tad_dtype_of(own) ||
        tad_size_of(whole) != (item ? item->size : tad_size_of(own)))
        return tad_tape_fail(d->tape, TAD_BAD_ARGUMENT, "dist: the state has no %s like this",
                             name);
    if (tad_size_of(own) == 0) return TAD_OK;
    const unsigned char *data = tad_data(whole);
    return data ? tad_assign(own, data + (size_t)first * tad_dtype_size(tad_dtype_of(own)))
                : tad_tape_status(d->tape);
}

static tad_status take_entry(tad_dist *d, tad_entry e, const tad_dict *state) {
    return take(d, d->options.split_state ? item_of(d, e.name) : NULL, e.value, state, e.name);
}

static tad_status take_masters(tad_dist *d, const tad_dict *state) {
    char name[NAME_ROOM];
    tad_status s = TAD_OK;
    for (size_t k = 0; k < d->trained && s == TAD_OK; k++)
        if (master_name(name, sizeof name, &d->item[k]))
            s = take(d, &d->item[k], d->item[k].share, state, name);
    return s;
}

tad_status tad_dist_set_state(tad_dist *d, tad_optim *o, const tad_dict *state) {
    if (!d) return TAD_BAD_ARGUMENT;
    if (d->broken != TAD_OK) return d->broken;
    if (!o || !state)
        return tad_tape_fail(d->tape, TAD_BAD_ARGUMENT, "dist: no optimiser, or no state");
    const tad_dict *own = tad_optim_state(o);
    tad_status s = tad__check_optim(d, o);
    for (size_t k = 0; k < tad_dict_count(own) && s == TAD_OK && own != state; k++)
        s = take_entry(d, tad_dict_at(own, k), state);
    if (s != TAD_OK || !d->options.split_state) return s;
    return d->options.double_master ? take_masters(d, state) : tad__fill_shares(d);
}

/* ---- checkpoints ---- */

tad_status tad_dist_save(tad_dist *d, const char *path, const tad_slot *slots, size_t n,
                         const tad_text *texts, size_t text_count) {
    if (!d) return TAD_BAD_ARGUMENT;
    if (d->ranks.rank == 0 && d->broken == TAD_OK)
        (void)!tad_checkpoint_save(d->tape, path, slots, n, texts, text_count);
    return begin(d, TAD__SAVE, NULL, false);
}

tad_status tad_dist_load(tad_dist *d, const char *path, const tad_slot *slots, size_t n,
                         bool partial) {
    if (!d) return TAD_BAD_ARGUMENT;
    if (d->broken == TAD_OK) (void)!tad_checkpoint_load(d->tape, path, slots, n, partial);
    return begin(d, TAD__LOAD, NULL, false);
}
