/* The one way an op is applied: operands are taken, the op's shape rule asked, its outputs computed
 * and recorded, or composed of other ops. Rests on work.h; knows no op by name. */
#include <string.h>

#include "arrays.h"
#include "error.h"
#include "handle.h"
#include "label.h"
#include "mark.h"
#include "node.h"
#include "release.h"
#include "work.h"

static const max_align_t no_options[64]; /* for options left out: all zero */

static tad_status check_sizes(const tad__work *w) {
    char text[TAD__SHAPE_ROOM];
    size_t bytes;
    if (w->n_out == 0 || w->n_out > TAD_MAX_OUTPUTS)
        return tad_fail(&w->frame, TAD_BAD_ARGUMENT,
                        "its shape rule says %zu results, 1 to %d are possible", w->n_out,
                        TAD_MAX_OUTPUTS);
    for (size_t k = 0; k < w->n_out; k++)
        if ((unsigned)w->type[k].dtype >= TAD_DTYPE_COUNT)
            return tad_fail(&w->frame, TAD_BAD_DTYPE, "its shape rule says element type %d",
                            (int)w->type[k].dtype);
        else if (!tad__shape_bytes(&w->type[k].shape, w->type[k].dtype, &bytes))
            return tad_fail(&w->frame, TAD_TOO_LARGE, "the result would have shape %s",
                            tad__shape_text(&w->type[k].shape, text, sizeof text));
    return TAD_OK;
}

static bool new_outputs(tad__work *w) {
    for (size_t k = 0; k < w->n_out; k++) {
        const tad_type *y = &w->type[k];
        if (y->dtype == TAD_F64 && y->shape.rank == 0) {
            w->number_array[k] =
                (tad_array){.data = &w->number[k], .size = 1, .dtype = TAD_F64, .contiguous = true};
            w->out[k] = &w->number_array[k];
        } else {
            w->out[k] = tad__new_array(w->t, y->dtype, &y->shape);
        }
        if (!w->out[k]) return false;
    }
    return true;
}

/* Gives the one output as a view of the input where that can be; false: no memory. A copy would not
 * do: products of the same numbers elsewhere in memory may have other bits. */
static bool as_view(tad__work *w, bool *seen) {
    const tad_type *y = &w->type[0];
    *seen = false;
    if (!w->op->view || (y->dtype == TAD_F64 && y->shape.rank == 0)) return true;
    if (w->array[0]->rank == 0) return true; /* a number lies in its node, which may move */
    tad_array *a = w->out[0] = tad__new_header(w->t, y->dtype, &y->shape);
    if (!a) return false;
    a->data = w->array[0]->data;
    a->version = w->array[0]->version;
    *seen = w->op->view(&w->frame, a);
    tad__array_seen(a);
    return true;
}

/* A rule that looks at elements may have taken scratch memory. */
static tad_status ask_shape(tad__work *w) {
    const tad__arena_mark before = tad__arena_now(&w->t->arena);
    tad_status s = w->op->shape(&w->frame, w->type, &w->n_out);
    tad__arena_release(&w->t->arena, before);
    if (s == TAD_OK) s = check_sizes(w);
    w->frame.n_out = w->n_out;
    return s;
}

static tad_status compute(tad__work *w) {
    tad_tape *t = w->t;
    bool seen;
    if (!as_view(w, &seen)) return TAD_NO_MEMORY;
    if (seen) return TAD_OK;
    if (!new_outputs(w)) return TAD_NO_MEMORY;
    w->frame.out = w->out;
    tad__arena_mark before = tad__arena_now(&t->arena);
    tad_status s = w->op->forward(&w->frame);
    tad__arena_release(&t->arena, before);
    return s;
}

static bool needs(const tad__work *w, size_t i) {
    return w->index[i] != TAD__NO_NODE && (tad__at(w->t, w->index[i])->flags & TAD__NEEDS);
}

/* Also through an operand without derivative: a sweep must meet it, and say so. */
static bool needs_gradient(const tad__work *w) {
    if (w->t->paused || (w->op->flags & TAD_OP_FLAT)) return false;
    for (size_t i = 0; i < w->n; i++)
        if (needs(w, i)) return true;
    return false;
}

/* ---- what the op's hooks ask ---- */

static bool hook_needs(const tad__driver *d, size_t i) {
    const tad__work *w = (const tad__work *)(const void *)d;
    if (w->t->paused || (w->op->flags & TAD_OP_FLAT)) return false;
    return i < w->n && !tad__is_constant_in(w->op, i) && needs(w, i);
}

static const char *hook_operand_name(const tad__driver *d, size_t i) {
    const tad__work *w = (const tad__work *)(const void *)d;
    return tad__name_of(w->t, w->index[i]);
}

static tad_array *hook_save(tad__driver *d, tad_dtype dtype, const tad_shape *shape) {
    tad__work *w = (tad__work *)(void *)d;
    if (w->saved) return NULL;
    return w->saved = tad__new_buffer(w->t, dtype, shape);
}

static tad_status hook_fail(tad__driver *d, tad_status code, const char *message) {
    return tad__fail(((tad__work *)(void *)d)->t, code, "%s", message);
}

static const tad__hooks hooks = {
    .fail = hook_fail, .operand_name = hook_operand_name, .needs = hook_needs, .save = hook_save};

/* ---- recording the result ---- */

static tad__record_of *new_record(tad__work *w, const void *options) {
    tad__arena *a = &w->t->arena;
    tad__record_of *r = tad__arena_take(a, sizeof *r + w->n * sizeof *r->in, 16);
    void *copy = w->op->options_size ? tad__arena_take(a, w->op->options_size, 16) : NULL;
    if (!r || (w->op->options_size && !copy)) return NULL;
    if (copy) memcpy(copy, options, w->op->options_size);
    *r = (tad__record_of){w->op, copy, NULL, (uint32_t)w->n, (uint32_t)w->n_out};
    memcpy(r->in, w->index, w->n * sizeof *r->in);
    return r;
}

static bool add_node(tad__work *w, size_t k, uint32_t first, tad__record_of *record, bool needs) {
    uint32_t index;
    if (!tad__new_node(w->t, &index)) return false;
    tad__node *n = tad__at(w->t, index);
    if (!record) {
        n->kind = TAD__CONSTANT;
        n->op = TAD__UNRECORDED;
    } else if (k > 0) {
        n->kind = TAD__OUTPUT;
        n->a = first;
        n->u.arg.b = (uint32_t)k;
    } else {
        n->kind = w->n_out > 1 ? TAD__MULTI : TAD__GENERAL;
        n->u.record = record;
    }
    n->flags = needs && tad__is_float(w->type[k].dtype) ? TAD__NEEDS : 0;
    if (w->out[k] == &w->number_array[k])
        n->value.number = w->number[k];
    else {
        n->flags |= TAD__ARRAY;
        n->value.array = w->out[k];
    }
    return true;
}

static bool record_row(tad__work *w, bool needs, bool is_number) {
    uint32_t index;
    if (!tad__new_node(w->t, &index)) return false;
    tad__node n =
        tad__row_node((unsigned)(w->op - w->t->basis->row), w->index, w->n, w->plain_at, w->plain);
    n.flags = (uint8_t)((is_number ? 0 : TAD__ARRAY) | (needs ? TAD__NEEDS : 0));
    if (is_number)
        n.value.number = w->number[0];
    else
        n.value.array = w->out[0];
    *tad__at(w->t, index) = n;
    return true;
}

/* From here on the node owns what is saved. */
static bool record_saved(tad__work *w, uint32_t node, tad__record_of *r) {
    if (!w->saved) return true;
    r->saved = tad__arena_take(&w->t->arena, sizeof *r->saved, 16);
    if (!r->saved) return false;
    *r->saved = (tad__saved){w->t->saved, node, w->saved};
    w->t->saved = r->saved;
    w->saved = NULL;
    return true;
}

static bool record(tad__work *w, const void *options) {
    bool needs = needs_gradient(w), is_number = w->out[0] == &w->number_array[0];
    if (tad__is_row(w->t, w->op) && !w->op->options_size && !w->t->paused)
        return record_row(w, needs, is_number);
    tad__record_of *r = w->t->paused ? NULL : new_record(w, options);
    if (!r && !w->t->paused) return false;
    uint32_t first = w->t->head.count;
    for (size_t k = 0; k < w->n_out; k++)
        if (!add_node(w, k, first, r, needs)) return false;
    return record_saved(w, first, r);
}

/* Undoes a failed application. */
static tad_var give_up(tad__work *w, tad__stretch begin, tad_status s) {
    if (s == TAD_NO_MEMORY)
        tad__no_memory(w->t, w->op->name);
    else if (s != TAD_OK && w->t->error.status == TAD_OK)
        tad__fail(w->t, s, "%s: %s", w->op->name, tad_status_text(s));
    tad__buffers_give(&w->t->buffers, w->saved);
    tad__drop_nodes(w->t, begin.count);
    tad__arena_release(&w->t->arena, begin.before);
    tad__release_dropped(w->t);
    return tad__nil(w->t);
}

/* Computes the results and records them as one node, or a node for each of several. */
static tad_var apply_whole(tad__work *w, tad__stretch begin, tad_var *outputs, size_t n_outputs) {
    tad_status s = compute(w);
    for (size_t k = 0; w->t->settings.trap && k < w->n_out && s == TAD_OK; k++)
        s = tad__trap(w, w->out[k]);
    if (s != TAD_OK) return give_up(w, begin, s);
    uint32_t first = w->t->head.count;
    if (!record(w, w->frame.options)) return give_up(w, begin, TAD_NO_MEMORY);
    for (size_t k = 0; k < n_outputs && k < w->n_out; k++)
        outputs[k] = tad__handle(w->t, first + (uint32_t)k);
    return tad__handle(w->t, first);
}

static tad_var apply_composed(tad__work *w, tad__stretch begin, tad_var *outputs,
                              size_t n_outputs) {
    tad_var result[TAD_MAX_OUTPUTS];
    tad_status s = tad__compose(w, begin.count, result);
    if (s != TAD_OK) return give_up(w, begin, s);
    for (size_t k = 0; k < n_outputs && k < w->n_out; k++) outputs[k] = result[k];
    return result[0];
}

tad_var tad__apply(tad_tape *t, const tad_op *op, const tad_var *in, size_t n, const void *options,
                   tad_var *outputs, size_t n_outputs) {
    for (size_t k = 0; k < n_outputs; k++) outputs[k] = tad__nil(t);
    if (t->error.status != TAD_OK) return tad__nil(t);
    if (!options || op->options_size == 0) options = no_options; /* an op may look at none */
    tad__work w;
    w.t = t;
    w.op = op;
    w.n = n;
    w.n_out = op->n_out;
    w.saved = NULL;
    w.driver.hooks = &hooks;
    w.frame = (tad_call_frame){op, options, n, op->n_out, NULL, NULL, &t->compute, &w.driver};
    tad__stretch begin = {t->head.count, tad__arena_now(&t->arena)};
    if (!tad__take_operands(&w, in))
        return give_up(&w, begin, t->error.status ? TAD_OK : TAD_NO_MEMORY);
    w.frame.in = w.array;
    tad_status s = ask_shape(&w);
    if (s != TAD_OK) return give_up(&w, begin, s);
    return op->compose ? apply_composed(&w, begin, outputs, n_outputs)
                       : apply_whole(&w, begin, outputs, n_outputs);
}

/* What makes a descriptor or a call of it impossible; NULL: nothing. */
static const char *what_is_missing(const tad_op *op, const void *options, const tad_var *outputs,
                                   size_t n_outputs) {
    if (!op) return "the op is NULL";
    if (!op->name) return "the op has no name";
    if (!op->shape) return "the op has no shape rule";
    if (!op->forward && !op->compose) return "the op has no forward";
    if (op->min_in > op->max_in) return "the op takes at least more inputs than at most";
    if (op->max_in > TAD_MAX_INPUTS && op->max_in != UINT8_MAX) return "the op has too many inputs";
    if (op->n_out > TAD_MAX_OUTPUTS) return "the op has too many outputs";
    if (!options && op->options_size > sizeof no_options)
        return "the op's options are too large to be left out";
    return !outputs && n_outputs ? "there is no room for the outputs" : NULL;
}

tad_var tad_apply(const tad_op *op, const tad_var *in, size_t n, const void *options,
                  tad_var *outputs, size_t n_outputs) {
    tad_tape *t = in ? tad__tape_of(in, n) : NULL;
    const char *why = t ? what_is_missing(op, options, outputs, n_outputs) : NULL;
    if (t && !why) return tad__apply(t, op, in, n, options, outputs, n_outputs);
    for (size_t k = 0; k < n_outputs && outputs; k++) outputs[k] = tad__nil(t);
    if (why) tad__fail(t, TAD_BAD_ARGUMENT, "apply: %s: %s", op && op->name ? op->name : "?", why);
    return tad__nil(t);
}
