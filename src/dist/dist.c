/* Made, agreed upon, ended. Rests on dist.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tad/inspect.h>

#include "base/base.h"
#include "report.h"

tad_status tad__dist_break(tad_dist *d, tad_status status, const char *format, ...) {
    char text[TAD__REPORT_TEXT + 256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    d->broken = status;
    return tad_tape_fail(d->tape, status, "%s", text);
}

/* ---- one rank alone ---- */

tad_ranks tad_ranks_alone(void) { return (tad_ranks){.size = 1}; }

void *tad__ranks_resize(tad_dist *d, void *old, size_t bytes) {
    return d->ranks.resize ? d->ranks.resize(d->ranks.user, old, bytes)
                           : tad_tape_resize(d->tape, old, bytes, 1);
}

/* ---- making ---- */

static tad_status check(tad_tape *t, const tad_ranks *r, const tad_dict *params,
                        const tad_dist_options *o) {
    if (!t) return TAD_BAD_ARGUMENT;
    if (!r || !o) return tad_tape_fail(t, TAD_BAD_ARGUMENT, "dist: no ranks, or no options");
    if (r->size < 1 || r->rank < 0 || r->rank >= r->size ||
        (r->size > 1 && !(r->resize && r->start && r->test && r->abandon)))
        return tad_tape_fail(t, TAD_BAD_ARGUMENT,
                             "dist: rank %d of %d, or a function of theirs is missing", r->rank,
                             r->size);
    if (params && tad_dict_tape(params) != t)
        return tad_tape_fail(t, TAD_BAD_HANDLE, "dist: parameters of another tape");
    if (o->shards < 1 || o->shards > TAD__MOST_SHARDS)
        return tad_tape_fail(t, TAD_BAD_ARGUMENT, "dist: %lld shards", (long long)o->shards);
    if (!(o->patience >= 0) || o->check_every < 0 || (o->double_master && !o->split_state))
        return tad_tape_fail(t, TAD_BAD_ARGUMENT,
                             "dist: options: patience %g, check_every %lld, or double_master "
                             "without split_state",
                             o->patience, (long long)o->check_every);
    return tad_tape_status(t);
}

/* Of a parameter, no other may have the name or be the same. */
static tad_status copy_entries(tad_dist *d, const tad_dict *params) {
    for (size_t k = 0; k < tad_dict_count(params); k++) {
        const tad_entry e = tad_dict_at(params, k);
        if (tad_node_kind_of(e.value) != TAD_NODE_PARAM)
            return tad_tape_fail(d->tape, TAD_BAD_ARGUMENT, "dist: %s is no parameter", e.name);
        for (size_t i = 0; i < k; i++)
            if (tad_node_index(tad_dict_at(params, i).value) == tad_node_index(e.value))
                return tad_tape_fail(d->tape, TAD_BAD_ARGUMENT, "dist: %s is there twice", e.name);
        (void)!(e.is_buffer ? tad_dict_add_buffer : tad_dict_add)(d->all, e.name, e.value);
    }
    return tad_tape_status(d->tape);
}

static void *zeros(tad_dist *d, size_t bytes) {
    void *p = tad__ranks_resize(d, NULL, bytes + 1);
    if (p) return memset(p, 0, bytes + 1);
    tad_tape_fail(d->tape, TAD_NO_MEMORY, "dist: %zu bytes of the ranks' memory", bytes);
    return NULL;
}

/* For reports: what is exchanged lies in memory of the ranks'. */
static bool reserve_reports(tad_dist *d) {
    const size_t n = (size_t)d->ranks.size;
    d->send = tad_tape_resize(d->tape, NULL, n, sizeof *d->send);
    d->receive = tad_tape_resize(d->tape, NULL, n, sizeof *d->receive);
    if (tad_tape_status(d->tape) != TAD_OK) return false;
    memset(d->send, 0, n * sizeof *d->send);
    memset(d->receive, 0, n * sizeof *d->receive);
    d->report = zeros(d, (n + 1) * sizeof *d->report);
    return d->report;
}

static bool reserve_vectors(tad_dist *d) {
    d->level = tad_tape_resize(d->tape, NULL, d->levels + 1, sizeof *d->level);
    if (d->level) memset(d->level, 0, (d->levels + 1) * sizeof *d->level);
    d->buffers = tad_tape_resize(d->tape, NULL, d->items > d->trained ? d->bytes : 1, 1);
    if (tad_tape_status(d->tape) != TAD_OK) return false;
    d->sum = zeros(d, d->bytes);
    d->arriving = zeros(d, d->arriving_bytes);
    for (size_t k = 0; k < d->levels; k++) d->level[k] = zeros(d, d->bytes);
    return tad_tape_status(d->tape) == TAD_OK;
}

/* ---- being the same ---- */

/* Everything that has to be the same, as a text. */
static void describe(const tad_dist *d, char *text, size_t room) {
    const tad_dist_options *o = &d->options;
    uint64_t h = 1;
    for (size_t k = 0; k < d->items; k++) {
        const tad__summed *item = &d->item[k];
        const tad_shape s = tad_shape_of(item->param);
        const int64_t kind[] = {s.rank, item->dtype, item->is_buffer};
        h = tad__hash(h, item->name, strlen(item->name));
        h = tad__hash(h, s.dim, (size_t)s.rank * sizeof *s.dim);
        h = tad__hash(h, kind, sizeof kind);
    }
    snprintf(text, room,
             "tad %d, %lld shards, buckets of %zu, checks every %lld, split_state %d, "
             "double_master %d, %zu entries of %lld numbers, names and shapes %016llx",
             tad_version(), (long long)o->shards, o->bucket, (long long)o->check_every,
             o->split_state, o->double_master, d->items, (long long)tad_dict_elements(d->all),
             (unsigned long long)h);
}

/* Rank 0's values, through the pieces that the ranks have. */
static tad_status send_values(tad_dist *d) {
    tad__post p;
    tad_status s = TAD_OK;
    for (size_t k = 0; k < d->buckets && s == TAD_OK; k++) {
        const tad__bucket *b = &d->bucket[k];
        if (d->ranks.rank != 0) d->receive[0] = tad__piece_in(d, d->sum, b, d->ranks.rank);
        for (int r = 0; r < d->ranks.size && d->ranks.rank == 0; r++)
            d->send[r] = tad__piece_in(d, d->sum, b, r);
        s = tad__post_start(d, &p, TAD__PIECES, "broadcast", (int)k);
        if (s == TAD_OK) s = tad__post_wait(d, &p);
        tad__post_abandon(d, &p);
        if (s == TAD_OK) s = tad__share_start(d, k);
    }
    for (size_t k = 0; k < d->buckets && s == TAD_OK; k++)
        s = tad__post_wait(d, &d->bucket[k].post[0]);
    return s;
}

/* The numbers' bucket carries the random state. */
static tad_status broadcast(tad_dist *d) {
    const tad__bucket *numbers = &d->bucket[d->buckets - 1];
    tad_random random = tad_tape_random(d->tape);
    if (d->ranks.size == 1) return TAD_OK;
    for (size_t k = 0; k < d->items; k++) {
        const tad__summed *item = &d->item[k];
        const void *data = tad_data(item->param);
        if (!data) return tad_tape_status(d->tape);
        memcpy(tad__item_in(d, d->sum, item), data, tad__item_bytes(item));
    }
    memcpy(d->sum + numbers->offset, &random, sizeof random);
    const tad_status s = send_values(d);
    if (s != TAD_OK) return s;
    memcpy(&random, d->sum + numbers->offset, sizeof random);
    tad_tape_set_random(d->tape, random);
    return tad__take_values(d, d->items);
}

static tad_status agree(tad_dist *d) {
    char text[TAD__REPORT_TEXT] = "";
    tad__dist_wait_from_now(d);
    if (tad_tape_status(d->tape) == TAD_OK) describe(d, text, sizeof text);
    tad_status s = tad__meet(d, TAD__NEW, text, false);
    if (s == TAD_OK) s = broadcast(d);
    return s == TAD_OK && d->options.split_state ? tad__make_shares(d) : s;
}

static tad_dist_options with_defaults(tad_dist_options o) {
    if (o.patience == 0) o.patience = 600;
    if (o.check_every == 0) o.check_every = 100;
    if (o.bucket == 0) o.bucket = (size_t)1 << 20;
    return o;
}

tad_dist *tad_dist_new(tad_tape *t, const tad_ranks *ranks, const tad_dict *params,
                       const tad_dist_options *options) {
    if (check(t, ranks, params, options) != TAD_OK) return NULL;
    tad_dist *d = tad_tape_resize(t, NULL, 1, sizeof *d);
    if (!d) return NULL;
    *d = (tad_dist){.tape = t, .ranks = *ranks, .options = with_defaults(*options)};
    d->all = tad_dict_new(t);
    d->shares = tad_dict_new(t);
    const bool can_tell = tad_tape_status(t) == TAD_OK && reserve_reports(d);
    if (can_tell && copy_entries(d, params) == TAD_OK && tad__dist_lay_out(d)) reserve_vectors(d);
    if (can_tell && agree(d) == TAD_OK) return d;
    tad_dist_free(d);
    return NULL;
}

void tad_dist_free(tad_dist *d) {
    if (!d) return;
    tad_tape *t = d->tape;
    for (size_t k = 0; k < d->buckets; k++)
        for (size_t j = 0; j < TAD__MOST_SUBTREES; j++) tad__post_abandon(d, &d->bucket[k].post[j]);
    tad__post_abandon(d, &d->reports);
    for (size_t k = 0; d->level && k < d->levels; k++)
        if (d->level[k]) tad__ranks_resize(d, d->level[k], 0);
    void *const of_ranks[] = {d->report, d->sum, d->arriving};
    for (size_t k = 0; k < sizeof of_ranks / sizeof *of_ranks; k++)
        if (of_ranks[k]) tad__ranks_resize(d, of_ranks[k], 0);
    void *const of_tape[] = {d->level,  d->send,  d->receive, d->buffers, d->item,
                             d->params, d->roots, d->bucket,  d->base,    d->block};
    for (size_t k = 0; k < sizeof of_tape / sizeof *of_tape; k++)
        tad_tape_resize(t, of_tape[k], 0, 0);
    tad_tape_resize(t, d, 0, 0);
}

const tad_dict *tad_dist_params(const tad_dist *d) {
    return !d ? NULL : d->options.split_state ? d->shares : d->all;
}
