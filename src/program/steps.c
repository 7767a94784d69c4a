/* Nodes become steps, in the order in which they were recorded. Rests on freeze.h. */
#include "freeze.h"

#include <string.h>

#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/label.h"

/* ---- values ---- */

tad__ref tad__new_number(tad__freezer *f) { return f->numbers++; }

tad__ref tad__new_array_value(tad__freezer *f, tad_dtype dtype, const tad_shape *shape,
                              tad__home home) {
    tad_program *p = f->p;
    tad_array *a = tad__arena_take(&p->arena, tad__array_header(shape->rank), 16);
    tad__array_value *v = a ? TAD__ADD_TO(p, array) : NULL;
    if (!v) {
        f->failed = true;
        return TAD__NO_REF;
    }
    tad__array_layout(a, dtype, shape);
    a->data = NULL;
    const uint32_t position = (uint32_t)(p->array.count - 1);
    *v = (tad__array_value){.array = *a, .home = home, .root = position};
    return position | TAD__ARRAY_REF;
}

tad__ref tad__value_like(tad__freezer *f, uint32_t i, tad__home home) {
    const tad__node *n = tad__at(f->t, i);
    if (!(n->flags & TAD__ARRAY)) return tad__new_number(f);
    const tad_shape shape = tad__shape_of(n->value.array);
    return tad__new_array_value(f, (tad_dtype)n->value.array->dtype, &shape, home);
}

/* ---- names ---- */

static const char *kept_text(tad__freezer *f, const char *text) {
    if (!text) return "";
    const size_t size = strlen(text) + 1;
    char *copy = tad__arena_take(&f->p->arena, size, 1);
    if (!copy) {
        f->failed = true;
        return "";
    }
    return memcpy(copy, text, size);
}

static const char *name_of(tad__freezer *f, uint32_t i) {
    return kept_text(f, tad__name_of(f->t, i));
}

/* ---- leaves ---- */

static tad__ref parameter_of(tad__freezer *f, uint32_t i) {
    const tad__ref r = tad__value_like(f, i, TAD__REFERRED);
    tad__parameter *parameter = r == TAD__NO_REF ? NULL : TAD__ADD_TO(f->p, parameter);
    if (!parameter) {
        f->failed = true;
        return TAD__NO_REF;
    }
    *parameter = (tad__parameter){tad__handle(f->t, i), r, name_of(f, i)};
    if (tad__is_array_ref(r)) tad__array_of(f, r)->of = (uint32_t)(f->p->parameter.count - 1);
    return r;
}

/* ---- steps ---- */

static void add_step(tad__freezer *f, tad__step_kind kind, uint32_t at) {
    if (!tad__add_steps(&f->p->memory, &f->p->step, (tad__step){kind, at, 1})) f->failed = true;
}

static tad__place place_of(const tad__freezer *f, uint32_t i) {
    const tad__label *l = tad__label_of(&f->t->places, i);
    return l ? (tad__place){l->text, l->line} : (tad__place){NULL, 0};
}

/* Operand k of a call as a value; a plain number beside arrays has their element type. */
static tad__ref operand_of(tad__freezer *f, const tad__call *c, uint32_t k, tad_dtype dtype) {
    if (c->in[k] != TAD__NO_NODE) return f->value[c->in[k]];
    return c->number ? tad__known_number(f, c->number[k], dtype) : TAD__NO_REF;
}

/* ---- rows on numbers ---- */

static tad__number_step describe_step(tad__freezer *f, const tad__call *c) {
    const uint32_t row = (uint32_t)(c->op - f->p->basis->row);
    tad__number_step s = {.row = (uint16_t)row, .options = c->options != NULL};
    s.a = operand_of(f, c, 0, TAD_F64);
    s.b = c->n_in > 1 ? operand_of(f, c, 1, TAD_F64) : s.a;
    s.c = c->n_in > 2 ? operand_of(f, c, 2, TAD_F64) : s.a;
    if (s.options) {
        s.c = tad__keep_options(f->p, c->options);
        f->failed = f->failed || s.c == TAD__NO_REF;
    }
    return s;
}

static tad__ref compute_number(tad__freezer *f, tad__number_step *s) {
    tad__number_step *to = TAD__ADD_TO(f->p, number);
    if (!to) {
        f->failed = true;
        return TAD__NO_REF;
    }
    s->to = tad__new_number(f);
    *to = *s;
    add_step(f, TAD__NUMBERS, (uint32_t)(f->p->number.count - 1));
    return s->to;
}

static void add_numbers(tad__freezer *f, uint32_t i, const tad__call *c) {
    tad__number_step s = describe_step(f, c);
    const tad__ref there = tad__shared_number(f, &s);
    f->value[i] = there != TAD__NO_REF ? there : compute_number(f, &s);
    f->p->info.shared += there != TAD__NO_REF;
}

/* ---- other ops ---- */

static const void *copied_options(tad__freezer *f, const tad__call *c) {
    if (!c->options) return NULL;
    void *copy = tad__arena_take(&f->p->arena, c->op->options_size, 16);
    if (!copy)
        f->failed = true;
    else
        memcpy(copy, c->options, c->op->options_size);
    return copy;
}

/* Shape rules look at labels and indices, some forwards at elements; those of others at whatever
 * they like. */
static bool looks_at_elements(const tad__freezer *f, const tad__call *c) {
    bool integers = false;
    for (uint32_t k = 0; k < c->n_in; k++)
        if (c->in[k] != TAD__NO_NODE) integers |= tad__dtype_at(f->t, c->in[k]) == TAD_I64;
    return integers || (c->op->flags & (TAD_OP_LOOKS | TAD_OP_REFUSES)) ||
           tad_op_find(c->op->name) != c->op;
}

/* False: no memory. */
static bool describe_call(tad__freezer *f, uint32_t i, const tad__call *c, tad__call_step *s) {
    const tad__node *n = tad__at(f->t, i);
    const tad_dtype dtype = n->flags & TAD__ARRAY ? (tad_dtype)n->value.array->dtype : TAD_F64;
    *s = (tad__call_step){.op = c->op,
                          .n_in = c->n_in,
                          .n_out = c->n_out,
                          .checked = looks_at_elements(f, c),
                          .place = place_of(f, i)};
    s->ref = tad__arena_take(&f->p->arena, ((size_t)c->n_in + c->n_out) * sizeof *s->ref, 16);
    s->options = copied_options(f, c);
    if (!s->ref || f->failed) return false;
    for (uint32_t k = 0; k < c->n_in; k++) s->ref[k] = operand_of(f, c, k, dtype);
    return !f->failed;
}

/* How many of the n results from node i on are nodes that are looked at: the last one may have
 * others behind it. */
static uint32_t results_within(const tad__freezer *f, uint32_t i, uint32_t n) {
    return (uint32_t)tad__min(n, f->nodes - i);
}

/* Results that are inputs of the program are not what the call gives. */
static void set_results(tad__freezer *f, uint32_t i, const tad__ref *result, uint32_t n) {
    for (uint32_t k = 0; k < results_within(f, i, n); k++)
        if (!(f->mark[i + k] & TAD__IS_IN)) f->value[i + k] = result[k];
}

static void compute(tad__freezer *f, uint32_t i, const tad__call_step *s) {
    for (uint32_t k = 0; k < s->n_out; k++)
        s->ref[s->n_in + k] = tad__value_like(f, i + k, TAD__PLANNED);
    tad__call_step *to = TAD__ADD_TO(f->p, call);
    if (!to) {
        f->failed = true;
        return;
    }
    *to = *s;
    add_step(f, TAD__CALL, (uint32_t)(f->p->call.count - 1));
}

static void add_call(tad__freezer *f, uint32_t i, const tad__call *c) {
    const tad__arena_mark before = tad__arena_now(&f->p->arena);
    tad__call_step s;
    if (!describe_call(f, i, c, &s)) {
        f->failed = true;
        return;
    }
    const tad__ref *shared = tad__shared_call(f, &s);
    const tad__ref view = shared ? TAD__NO_REF : tad__view_of(f, c, s.ref, i);
    if (view != TAD__NO_REF)
        s.ref[s.n_in] = view;
    else if (!shared)
        compute(f, i, &s);
    set_results(f, i, shared ? shared : s.ref + s.n_in, s.n_out);
    f->p->info.shared += shared != NULL;
    if (shared) tad__arena_release(&f->p->arena, before);
}

static void add_draw(tad__freezer *f, uint32_t i) {
    tad__draw_step *s = TAD__ADD_TO(f->p, draw);
    if (!s) {
        f->failed = true;
        return;
    }
    const tad__drawn *how = (const tad__drawn *)tad__at(f->t, i)->u.record;
    *s = (tad__draw_step){.how = *how, .to = tad__value_like(f, i, TAD__PLANNED)};
    f->value[i] = s->to;
    add_step(f, TAD__DRAW, (uint32_t)(f->p->draw.count - 1));
}

/* In memory of its own. */
static tad__ref copied(tad__freezer *f, tad__ref r) {
    const tad_array a = tad__array_of(f, r)->array;
    const tad_shape shape = tad__shape_of(&a);
    const tad__ref to = tad__new_array_value(f, (tad_dtype)a.dtype, &shape, TAD__PLANNED);
    tad__copy_step *s = to == TAD__NO_REF ? NULL : TAD__ADD_TO(f->p, copy);
    if (!s) {
        f->failed = true;
        return TAD__NO_REF;
    }
    *s = (tad__copy_step){r, to};
    add_step(f, TAD__COPY, (uint32_t)(f->p->copy.count - 1));
    return to;
}

/* What is detached lies as it did, but views of parameters are copied on the tape. */
static tad__ref detached(tad__freezer *f, const tad__node *n) {
    const tad__ref r = f->value[n->a];
    if (!tad__is_array_ref(r) || !tad__is_row_major(n->value.array)) return r;
    return tad__is_row_major(&tad__array_of(f, r)->array) ? r : copied(f, r);
}

/* ---- one node ---- */

static void add_op(tad__freezer *f, uint32_t i, const tad__call *c) {
    const tad__node *n = tad__at(f->t, i);
    if (n->kind == TAD__OUTPUT) return; /* of the op before */
    f->p->info.recorded++;
    if (!(n->flags & TAD__ARRAY) && tad__is_row(f->t, c->op))
        add_numbers(f, i, c);
    else
        add_call(f, i, c);
}

static void add_leaf(tad__freezer *f, uint32_t i) {
    const tad__node *n = tad__at(f->t, i);
    if (n->kind == TAD__PARAM)
        f->value[i] = parameter_of(f, i);
    else if (n->op == TAD__DETACHED)
        f->value[i] = detached(f, n);
    else
        add_draw(f, i);
}

/* An input is not computed; but an op whose first result is one may have to give others. */
static bool is_given(const tad__freezer *f, uint32_t i, const tad__call *c) {
    const bool several = tad__at(f->t, i)->kind == TAD__MULTI;
    if (!(f->mark[i] & TAD__IS_IN)) return false;
    for (uint32_t k = 1; several && k < results_within(f, i, c->n_out); k++)
        if ((f->mark[i + k] & (TAD__NEEDED | TAD__IS_IN)) == TAD__NEEDED) return false;
    return true;
}

static void add_node(tad__freezer *f, uint32_t i) {
    tad__call c;
    const bool is_op = tad__call_of(f->t, i, &c);
    if (is_given(f, i, &c)) return;
    if (tad__is_folded(f, i)) {
        f->value[i] = tad__constant_of(f, i);
        f->p->info.folded += is_op;
    } else if (is_op) {
        add_op(f, i, &c);
    } else {
        add_leaf(f, i);
    }
}

static void add_decision(tad__freezer *f, uint32_t i) {
    const tad__node *n = tad__at(f->t, i);
    tad__decision *d = TAD__ADD_TO(f->p, decision);
    if (!d) {
        f->failed = true;
        return;
    }
    *d = (tad__decision){.condition = f->value[i],
                         .expected = *(const uint8_t *)n->value.array->data,
                         .place = place_of(f, i),
                         .name = name_of(f, i)};
    add_step(f, TAD__DECIDE, (uint32_t)(f->p->decision.count - 1));
}

/* ---- what goes in and comes out ---- */

static tad__named_type *named_types(tad__freezer *f, const tad_var *v, size_t n) {
    tad__named_type *list = tad__arena_take(&f->p->arena, (n + 1) * sizeof *list, 16);
    if (!list) {
        f->failed = true;
        return NULL;
    }
    for (size_t k = 0; k < n; k++)
        list[k] = (tad__named_type){.type = {tad_dtype_of(v[k]), tad_shape_of(v[k])},
                                    .value = TAD__NO_REF,
                                    .name = name_of(f, v[k].u.at.index)};
    return list;
}

static void add_inputs(tad__freezer *f) {
    tad_program *p = f->p;
    p->in = named_types(f, f->in, f->n_in);
    for (size_t k = 0; k < f->n_in && !f->failed; k++) {
        const tad__ref r = tad__value_like(f, f->in[k].u.at.index, TAD__BOUND);
        if (r == TAD__NO_REF) return;
        if (tad__is_array_ref(r)) tad__array_of(f, r)->of = (uint32_t)k;
        p->in[k].value = f->value[f->in[k].u.at.index] = r;
    }
    p->n_in = f->n_in;
}

/* Outputs are written at the end, when an input's memory or a parameter's may be one of them. */
static tad__ref apart(tad__freezer *f, tad__ref r) {
    if (r == TAD__NO_REF || !tad__is_array_ref(r)) return r;
    const tad__home home = tad__array_of(f, r)->home;
    return home == TAD__BOUND || home == TAD__REFERRED ? copied(f, r) : r;
}

static void add_outputs(tad__freezer *f) {
    tad_program *p = f->p;
    p->out = named_types(f, f->out, f->n_out);
    for (size_t k = 0; k < f->n_out && !f->failed; k++)
        p->out[k].value = apart(f, f->value[f->out[k].u.at.index]);
    p->n_out = f->n_out;
}

/* ---- all of them ---- */

/* Before it is known what is shared: not more than so many steps. A list of a million of them that
 * doubles would take twice its memory. */
static void reserve_numbers(tad__freezer *f) {
    tad_program *p = f->p;
    size_t n = 0;
    for (uint32_t i = 0; i < f->nodes; i++)
        n += (f->mark[i] & TAD__NEEDED) && !(tad__at(f->t, i)->flags & TAD__ARRAY);
    f->shares_sums = !tad__is_worth_rolling_up(f, n);
    if (!n) return;
    p->number.item = tad__memory_resize(&p->memory, NULL, 0, n * sizeof *p->number.item);
    if (p->number.item) p->number.capacity = n;
}

tad_status tad__freeze_steps(tad__freezer *f) {
    add_inputs(f);
    reserve_numbers(f);
    for (uint32_t i = 0; i < f->nodes && !f->failed; i++) {
        if (!(f->mark[i] & TAD__NEEDED)) continue;
        add_node(f, i);
        if (tad__is_decision(f, i)) add_decision(f, i);
    }
    if (!f->failed) add_outputs(f);
    tad__forget_numbers(f);
    if (f->failed) return tad__no_memory(f->t, "freeze");
    return tad__freeze_draws(f);
}
