/* Programs of ops by name, from bytes: leaves, calls that fit and calls that do not, marks,
 * rewinds, resets, pauses, parameters that change, sweeps of every kind on top of each other.
 *
 * What must hold: a failure sticks, says something and changes nothing; what lies below a mark
 * outlives a rewind; <w, J v> = <J^T w, v> and tad_reverse = tad_grad within rounding; twice the
 * cotangent gives twice the gradient, bit for bit; no memory is left. */
#include "fuzz.h"

#include <math.h>

enum {
    STEPS = 64,
    VARS = 160,
    MARKS = 4,
    LEAVES = 6,
    NODES = 400,
    ELEMENTS = 256,
    CHECKS = 4,
    SMALL = 150000
};

typedef struct marked {
    tad_mark mark;
    size_t count; /* variables that the program had */
    uint64_t values;
    bool moved;
} marked;

typedef struct program {
    fuzz_bytes in;
    fuzz_memory memory;
    tad_tape *t;
    tad_var var[VARS];
    size_t count;
    tad_var stale; /* was rewound */
    tad_var swept; /* last, for describe() */
    marked mark[MARKS];
    size_t marks;
    int paused, checks;
    bool moved; /* a parameter changed after something was computed with it */
} program;

/* ---- what is shown when a check fails ---- */

static program *running;

static bool to_stderr(void *user, const char *text, size_t length) {
    (void)user;
    return fwrite(text, 1, length, stderr) == length;
}

static void describe(void) {
    tad_show_options show = {.values = true, .gradients = true};
    tad_tape_clear(running->t);
    if (tad_dump(running->swept, &show, to_stderr, NULL) != TAD_OK)
        fprintf(stderr, "before a sweep\n");
}

static void add(program *p, tad_var x) {
    if (p->count < VARS) p->var[p->count++] = x;
}

/* One of the variables, more often a late one: inputs of bytes that are small are common. */
static tad_var pick(program *p) {
    unsigned back = fuzz_byte(&p->in);
    return p->count ? p->var[p->count - 1 - back % p->count] : tad_none();
}

static bool is_real(tad_var x) { return tad_dtype_of(x) == TAD_F64 || tad_dtype_of(x) == TAD_F32; }

/* ---- what a failure must be ---- */

static void check_failure(program *p, size_t nodes) {
    tad_status status = tad_tape_status(p->t);
    char message[64];
    snprintf(message, sizeof message, "%s", tad_message(p->t));
    fuzz_check(status != TAD_OK && message[0], "nil without a failure");
    fuzz_check(tad_node_count(p->t) == nodes, "it left nodes: %s", message);
    tad_var x = p->count ? p->var[0] : tad_none();
    fuzz_check(tad_is_nil(tad_call(p->t, "neg", &x, 1, NULL, 0, NULL, 0)), "it does not stick");
    fuzz_check(tad_is_nil(tad_scalar(p->t, 1)), "it does not stick");
    fuzz_check(tad_tape_status(p->t) == status && tad_node_count(p->t) == nodes &&
                   strncmp(message, tad_message(p->t), sizeof message - 1) == 0,
               "the first failure is lost: %s", message);
    tad_tape_clear(p->t);
}

/* ---- leaves ---- */

static tad_shape draw_shape(program *p) {
    static const int8_t rank[] = {0, 1, 1, 2, 2, 2, 3, 3}, size[] = {2, 3, 1, 2, 3, 4, 1, 0};
    tad_shape s = {0, {0}};
    if (p->count && fuzz_below(&p->in, 2)) return tad_shape_of(pick(p));
    s.rank = rank[fuzz_below(&p->in, 8)];
    for (int i = 0; i < s.rank; i++) s.dim[i] = size[fuzz_below(&p->in, 8)];
    return s;
}

static size_t elements(tad_shape s) {
    size_t n = 1;
    for (int i = 0; i < s.rank; i++) n *= (size_t)s.dim[i];
    return n;
}

/* Elements of any dtype; integers are small. */
static void draw_values(program *p, tad_dtype dtype, size_t n, void *out) {
    for (size_t i = 0; i < n; i++) {
        if (dtype == TAD_F64)
            ((double *)out)[i] = fuzz_number(&p->in);
        else if (dtype == TAD_F32)
            ((float *)out)[i] = (float)fmax(-1e30, fmin(1e30, fuzz_number(&p->in)));
        else if (dtype == TAD_I64)
            ((int64_t *)out)[i] = (int64_t)fuzz_below(&p->in, 5) - 1;
        else
            ((bool *)out)[i] = fuzz_below(&p->in, 2);
    }
}

static void add_leaf(program *p) {
    static const tad_dtype dtypes[] = {TAD_F64, TAD_F64, TAD_F64,  TAD_F64,
                                       TAD_F32, TAD_I64, TAD_BOOL, TAD_I64};
    double room[ELEMENTS];
    tad_dtype dtype = dtypes[fuzz_below(&p->in, 8)];
    tad_shape s = draw_shape(p);
    size_t nodes = tad_node_count(p->t);
    unsigned kind = fuzz_below(&p->in, dtype == TAD_F64 || dtype == TAD_F32 ? 5 : 2);
    if (s.rank < 0 || elements(s) > ELEMENTS) return;
    draw_values(p, dtype, elements(s), room);
    tad_var x = kind == 0   ? tad_constant(p->t, dtype, s, room)
                : kind == 1 ? tad_param(p->t, dtype, s, room)
                : kind == 2 ? tad_scalar(p->t, fuzz_number(&p->in))
                            : tad_input(p->t, dtype, s, room);
    if (tad_is_nil(x))
        check_failure(p, nodes);
    else
        add(p, x);
}

/* ---- calls ---- */

typedef struct options {
    tad_value value[8];
    int64_t ints[8][TAD_MAX_RANK];
    tad_slices slices;
    size_t count;
} options;

static tad_maybe_int maybe(program *p) {
    unsigned n = fuzz_below(&p->in, 8);
    return (tad_maybe_int){n > 0, (int64_t)n - 4};
}

static void draw_list(program *p, tad_value *v, int64_t *ints, bool shape) {
    tad_shape s = draw_shape(p);
    v->kind = TAD_VALUE_INTS;
    v->ints = ints;
    v->count = shape ? (size_t)(s.rank < 0 ? 0 : s.rank) : fuzz_below(&p->in, 4);
    for (size_t i = 0; i < v->count; i++)
        ints[i] = shape ? s.dim[i] : (int64_t)fuzz_below(&p->in, 5) - 2;
    if (fuzz_below(&p->in, 16) == 15 && v->count) ints[0] = -1;
}

static void draw_word(program *p, tad_value *v, const char *choices, char *room, size_t size) {
    unsigned skip = fuzz_below(&p->in, 5);
    for (; skip && strchr(choices, '|'); skip--) choices = strchr(choices, '|') + 1;
    snprintf(room, size, "%.*s", (int)strcspn(choices, "|"), choices);
    v->kind = TAD_VALUE_TEXT;
    v->text = room;
}

static void draw_option(program *p, options *o, const tad_option *option) {
    static const char equations[] = "ij,jk->ik|ii|...i->i...|a,ab,b|";
    static const char dtypes[] = "float64|float32|int64|bool|none";
    tad_value *v = &o->value[o->count];
    int64_t *ints = o->ints[o->count];
    *v = (tad_value){
        .name = option->name, .kind = TAD_VALUE_INT, .integer = (int64_t)fuzz_below(&p->in, 7) - 3};
    switch (option->kind) {
    case TAD_OPTION_BOOL: v->kind = TAD_VALUE_BOOL; break;
    case TAD_OPTION_INT:
    case TAD_OPTION_MAYBE_INT: break;
    case TAD_OPTION_FLOAT:
    case TAD_OPTION_MAYBE_FLOAT:
        v->kind = TAD_VALUE_FLOAT;
        v->number = fuzz_number(&p->in);
        if (option->choices) draw_word(p, v, option->choices, (char *)ints, sizeof o->ints[0]);
        break;
    case TAD_OPTION_CHOICE:
        draw_word(p, v, option->choices, (char *)ints, sizeof o->ints[0]);
        break;
    case TAD_OPTION_DTYPE: draw_word(p, v, dtypes, (char *)ints, sizeof o->ints[0]); break;
    case TAD_OPTION_TEXT: draw_word(p, v, equations, (char *)ints, sizeof o->ints[0]); break;
    case TAD_OPTION_AXES:
        if (v->integer > -3) draw_list(p, v, ints, false);
        break;
    case TAD_OPTION_SHAPE:
    case TAD_OPTION_INTS: draw_list(p, v, ints, true); break;
    case TAD_OPTION_SLICES:
        o->slices.count = (int)fuzz_below(&p->in, 4);
        for (int i = 0; i < o->slices.count; i++)
            o->slices.range[i] = (tad_range){maybe(p), maybe(p), maybe(p)};
        v->kind = TAD_VALUE_SLICES;
        v->slices = &o->slices;
    }
    if (fuzz_below(&p->in, 32) == 31) v->kind = TAD_VALUE_NULL;
    o->count++;
}

static tad_var draw_input(program *p) {
    unsigned n = fuzz_byte(&p->in);
    if (n < 220) return pick(p);
    if (n < 236) return tad_number(fuzz_number(&p->in));
    return n < 252 ? tad_none() : p->stale;
}

static void call(program *p) {
    const tad_op *op = tad_op_at(fuzz_below(&p->in, (unsigned)tad_op_count()));
    unsigned most = op->max_in == 255 ? 5 : op->max_in, odd = fuzz_byte(&p->in);
    size_t n = op->min_in + odd % (most - op->min_in + 1), n_out = op->n_out ? op->n_out : 1;
    size_t nodes = tad_node_count(p->t);
    tad_var in[8], out[TAD_MAX_OUTPUTS];
    options o = {.count = 0};
    if (odd > 250) n += odd & 1 ? 1 : (size_t) - (n > 0);
    for (size_t i = 0; i < n; i++) in[i] = draw_input(p);
    for (size_t i = 0; i < op->n_options; i++)
        if (fuzz_below(&p->in, 4) || op->options[i].required) draw_option(p, &o, &op->options[i]);
    tad_var y =
        tad_call(p->t, odd == 250 ? "no_op" : op->name, in, n, o.value, o.count, out, n_out);
    if (tad_tape_status(p->t) != TAD_OK) {
        fuzz_check(tad_is_nil(y), "%s", tad_message(p->t));
        check_failure(p, nodes);
        return;
    }
    fuzz_check(!tad_is_nil(y), "%s gives nil without a failure", op->name);
    for (size_t k = 0; k < n_out; k++) add(p, out[k]);
}

/* ---- sweeps, against each other ---- */

/* What is differentiated, and how large the numbers on the way are. */
typedef struct sweep {
    tad_var y, w, x[LEAVES], v[LEAVES], gradient[LEAVES];
    size_t n;
    double reverse[LEAVES][ELEMENTS];
    double value, adjoint, tangent, unit; /* the largest of each; rounding, relative to a term */
} sweep;

/* The largest magnitude of n numbers and m; a NaN is infinite. */
static double largest(const double *a, size_t n, double m) {
    for (size_t i = 0; i < n; i++) m = isnan(a[i]) ? INFINITY : fmax(m, fabs(a[i]));
    return m;
}

/* Up to ELEMENTS elements of memory of x's type; how many, or 0 when there are more. */
static size_t widen(tad_var x, const void *data, double *out) {
    size_t n = (size_t)tad_size_of(x);
    if (!data || n > ELEMENTS) return 0;
    for (size_t i = 0; i < n; i++)
        out[i] = tad_dtype_of(x) == TAD_F64 ? ((const double *)data)[i]
                                            : (double)((const float *)data)[i];
    return n;
}

static tad_var pattern(program *p, tad_var like, int seed) {
    double values[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) values[i] = (i * 7 + seed * 3) % 5 - 1.75;
    return tad_constant_from(p->t, tad_dtype_of(like), tad_shape_of(like), values);
}

static bool can_be_swept(tad_var y) {
    return is_real(y) && tad_size_of(y) <= ELEMENTS && tad_node_needs_gradient(y) && tad_node_op(y);
}

/* What is swept is the variable picked, or the last before it for which there is something to
 * do. */
static bool choose(program *p, sweep *s) {
    size_t at = p->count ? p->count - fuzz_byte(&p->in) % p->count : 0;
    while (at > 0 && !can_be_swept(p->var[at - 1])) at--;
    if (at == 0) return false;
    s->y = p->var[at - 1];
    for (size_t i = p->count; i > 0 && s->n < LEAVES; i--) {
        tad_var x = p->var[i - 1];
        bool leaf = tad_node_parent_count(x) == 0 && tad_node_needs_gradient(x);
        bool before = tad_node_index(x) < tad_node_index(s->y);
        if (leaf && before && tad_size_of(x) <= ELEMENTS) s->x[s->n++] = x;
    }
    s->w = pattern(p, s->y, 1);
    for (size_t i = 0; i < s->n; i++) s->v[i] = pattern(p, s->x[i], (int)i + 2);
    return s->n > 0 && tad_tape_status(p->t) == TAD_OK;
}

/* The largest value and adjoint of all variables; keeps the adjoints of the leaves. */
static void measure(program *p, sweep *s) {
    double room[ELEMENTS];
    s->unit = 1e-10;
    for (size_t i = 0; i < tad_node_count(p->t); i++) {
        tad_var x = tad_node_at(p->t, i);
        if (!is_real(x)) continue;
        if (tad_dtype_of(x) == TAD_F32) s->unit = 1e-4;
        size_t n = widen(x, tad_data(x), room);
        s->value = largest(room, n, s->value);
        /* Rules divide by it; what is then huge may cancel, and leave no digits. */
        for (size_t k = 0; k < n; k++)
            if (room[k] != 0 && fabs(room[k]) < 1e-100) s->value = INFINITY;
        if (!tad_node_needs_gradient(x)) continue;
        s->adjoint = largest(room, widen(x, tad_gradient_data(x), room), s->adjoint);
        tad_tape_clear(p->t); /* what came after y has no gradient */
    }
    for (size_t i = 0; i < s->n; i++) widen(s->x[i], tad_gradient_data(s->x[i]), s->reverse[i]);
}

static tad_status reverse(program *p, sweep *s, tad_var cotangent) {
    for (size_t i = 0; i < s->n; i++)
        if (tad_node_kind_of(s->x[i]) == TAD_NODE_PARAM &&
            tad_zero_gradients(&s->x[i], 1) != TAD_OK)
            return tad_tape_status(p->t);
    return tad_reverse_from(&s->y, &cotangent, 1);
}

/* Where terms are so small that they lose bits, doubling them is not exact. A float64 gradient may
 * have come through float32. */
static bool is_tiny(double g) { return fabs(g) < 1e-30; }

static tad_status check_doubling(program *p, sweep *s) {
    double room[ELEMENTS];
    tad_var two = tad_call(p->t, "mul", (tad_var[]){s->w, tad_number(2)}, 2, NULL, 0, NULL, 0);
    tad_status status = tad_is_nil(two) ? tad_tape_status(p->t) : reverse(p, s, two);
    for (size_t i = 0; status == TAD_OK && i < s->n; i++) {
        size_t n = widen(s->x[i], tad_gradient_data(s->x[i]), room);
        for (size_t k = 0; k < n; k++)
            fuzz_check(room[k] == 2 * s->reverse[i][k] || is_tiny(room[k]),
                       "gradient %zu, element %zu: %.17g is not twice %.17g", i, k, room[k],
                       s->reverse[i][k]);
    }
    return status;
}

static void check_grad(sweep *s) {
    double room[ELEMENTS], limit = s->unit * pow(1 + s->value, 3) * (1 + s->adjoint);
    for (size_t i = 0; i < s->n; i++) {
        size_t n = widen(s->gradient[i], tad_data(s->gradient[i]), room);
        fuzz_check(fuzz_same_shape(tad_shape_of(s->gradient[i]), tad_shape_of(s->x[i])),
                   "shape of %zu", i);
        for (size_t k = 0; k < n; k++)
            fuzz_check(fabs(room[k] - s->reverse[i][k]) <= limit,
                       "gradient %zu, element %zu: tad_grad %.17g, tad_reverse %.17g", i, k,
                       room[k], s->reverse[i][k]);
    }
}

/* Tangents of every variable, of which y's is returned; their largest is kept. */
static tad_status tangents(program *p, sweep *s, tad_var *out) {
    tad_var all[NODES + 1], result[NODES + 1];
    double room[ELEMENTS];
    size_t n = 0, nodes = tad_node_index(s->y);
    for (size_t i = 0; i < nodes; i++)
        if (is_real(tad_node_at(p->t, i))) all[n++] = tad_node_at(p->t, i);
    all[n++] = s->y;
    tad_status status = tad_tangent(all, n, s->x, s->v, s->n, result);
    for (size_t i = 0; status == TAD_OK && i < n; i++)
        s->tangent = largest(room, widen(result[i], tad_data(result[i]), room), s->tangent);
    *out = result[n - 1];
    return status;
}

static double dot(tad_var a, const double *b) {
    double x[ELEMENTS], sum = 0;
    size_t n = widen(a, tad_data(a), x);
    for (size_t i = 0; i < n; i++) sum += x[i] * b[i];
    return sum;
}

static void check_identity(sweep *s, tad_var tangent) {
    double room[ELEMENTS], forward, backward = 0;
    widen(tangent, tad_data(tangent), room);
    forward = dot(s->w, room);
    for (size_t i = 0; i < s->n; i++) backward += dot(s->v[i], s->reverse[i]);
    double limit = s->unit * ELEMENTS * pow(1 + s->value, 3) * (1 + s->adjoint) * (1 + s->tangent);
    fuzz_check(fabs(forward - backward) <= limit, "<w, J v> = %.17g, <J^T w, v> = %.17g", forward,
               backward);
}

static bool is_wild(double x) { return !(x < 1e4); }

/* One sweep of each kind over the same y. */
static tad_status compare(program *p, sweep *s) {
    tad_var tangent;
    size_t nodes = tad_node_count(p->t);
    for (size_t i = 0; i < nodes; i++) {
        tad_var x = tad_node_at(p->t, i);
        if (tad_node_kind_of(x) == TAD_NODE_OP && tad_node_needs_gradient(x)) tad_retain(x);
    }
    tad_status status = reverse(p, s, s->w);
    if (status != TAD_OK) return status;
    measure(p, s);
    bool wild = is_wild(s->value) || is_wild(s->adjoint);
    if (!wild) status = check_doubling(p, s);
    if (status == TAD_OK) status = tad_grad(&s->y, &s->w, 1, s->x, s->n, s->gradient);
    if (status == TAD_OK && !wild) check_grad(s);
    if (status == TAD_OK) status = tangents(p, s, &tangent);
    if (status == TAD_OK && !wild && !is_wild(s->tangent)) check_identity(s, tangent);
    return status;
}

/* Sweeps; on every second time what they recorded stays and may be differentiated again. */
static void check_sweeps(program *p) {
    sweep s = {.n = 0};
    bool keep = fuzz_below(&p->in, 2);
    tad_mark here = tad_tape_mark(p->t);
    if (p->checks++ < CHECKS && tad_node_count(p->t) < NODES - 2 * LEAVES && !p->paused &&
        choose(p, &s)) {
        p->swept = s.y;
        tad_status status = compare(p, &s);
        /* tad_data */
        bool none_to_read = status == TAD_OK && tad_tape_status(p->t) == TAD_NO_MEMORY;
        fuzz_check(none_to_read || status == tad_tape_status(p->t),
                   "the tape knows another status");
        fuzz_check(status == TAD_OK || status == TAD_NO_MEMORY || status == TAD_NO_RULE ||
                       status == TAD_NOT_FINITE || status == TAD_SINGULAR ||
                       status == TAD_NO_CONVERGENCE || (status == TAD_STALE_VALUE && p->moved),
                   "%s", tad_message(p->t));
        if (status == TAD_OK && keep) {
            for (size_t i = 0; i < s.n; i++) add(p, s.gradient[i]);
            return;
        }
    }
    tad_tape_clear(p->t);
    fuzz_check(tad_tape_rewind(p->t, here) == TAD_OK, "%s", tad_message(p->t));
}

/* ---- state ---- */

/* False where there was no memory for a copy of a view. */
static bool hash_values(program *p, uint64_t *hash) {
    *hash = 1469598103934665603u;
    for (size_t i = 0; i < p->count; i++) {
        const unsigned char *data = tad_data(p->var[i]);
        size_t n = data ? fuzz_bytes_of(tad_dtype_of(p->var[i]), tad_shape_of(p->var[i])) : 0;
        for (size_t k = 0; k < n; k++) *hash = (*hash ^ data[k]) * 1099511628211u;
    }
    bool all = tad_tape_status(p->t) == TAD_OK;
    tad_tape_clear(p->t);
    return all;
}

static void set_mark(program *p) {
    if (p->marks == MARKS) return;
    uint64_t values;
    bool known = hash_values(p, &values);
    p->mark[p->marks++] = (marked){tad_tape_mark(p->t), p->count, values, !known};
}

static void check_stale(program *p) {
    if (tad_is_none(p->stale)) return;
    fuzz_check(tad_size_of(p->stale) == -1, "a variable that was forgotten lives");
    tad_tape_clear(p->t);
}

static void rewind_to_mark(program *p) {
    if (p->marks == 0) return;
    marked m = p->mark[--p->marks];
    if (p->count > m.count) p->stale = p->var[p->count - 1];
    fuzz_check(tad_tape_rewind(p->t, m.mark) == TAD_OK, "%s", tad_message(p->t));
    fuzz_check(tad_node_count(p->t) == m.mark.count, "%zu nodes", tad_node_count(p->t));
    p->count = m.count < p->count ? m.count : p->count;
    uint64_t values;
    bool known = hash_values(p, &values) && !m.moved;
    fuzz_check(!known || values == m.values, "a value below a mark changed");
    check_stale(p);
}

static void reset(program *p) {
    if (p->count) p->stale = p->var[0];
    tad_tape_reset(p->t);
    fuzz_check(tad_node_count(p->t) == 0 && tad_tape_status(p->t) == TAD_OK, "reset");
    bool marked = p->marks && p->mark[0].mark.count; /* one of an empty tape has nothing to lose */
    if (marked) fuzz_check(tad_tape_rewind(p->t, p->mark[0].mark) != TAD_OK, "an old mark holds");
    tad_tape_clear(p->t);
    check_stale(p);
    p->count = p->marks = 0;
    p->paused = 0;
    p->moved = false;
}

static void assign(program *p) {
    double room[ELEMENTS];
    tad_var x = pick(p);
    size_t n = (size_t)tad_size_of(x);
    if (tad_is_none(x) || n > ELEMENTS) return;
    draw_values(p, tad_dtype_of(x), n, room);
    tad_status status = tad_assign(x, room);
    fuzz_check((status == TAD_OK) == (tad_node_kind_of(x) == TAD_NODE_PARAM), "%s",
               tad_message(p->t));
    tad_tape_clear(p->t);
    if (status != TAD_OK) return;
    p->moved = true;
    for (size_t i = 0; i < p->marks; i++) p->mark[i].moved = true;
}

static void pause(program *p) {
    if (p->paused && fuzz_below(&p->in, 4)) {
        tad_record_resume(p->t);
        p->paused--;
    } else if (p->paused < 2) {
        tad_record_pause(p->t);
        p->paused++;
    }
}

/* A sweep of a user: of one number, with nothing kept. */
static void plain_sweep(program *p) {
    tad_var y = pick(p);
    if (tad_is_none(y)) return;
    tad_status status = tad_reverse(y);
    if (status == TAD_OK)
        (void)tad_gradient_data(pick(p));
    else
        fuzz_check(tad_message(p->t)[0], "no message");
    tad_tape_clear(p->t);
}

static void step(program *p) {
    unsigned what = fuzz_byte(&p->in);
    if (what < 160)
        call(p);
    else if (what < 200)
        add_leaf(p);
    else if (what < 224)
        check_sweeps(p);
    else if (what < 230)
        set_mark(p);
    else if (what < 236)
        rewind_to_mark(p);
    else if (what < 238)
        reset(p);
    else if (what < 242)
        pause(p);
    else if (what < 246)
        assign(p);
    else if (what < 250)
        plain_sweep(p);
    else if (what < 252 && p->count)
        add(p, tad_detach(pick(p)));
    else if (what < 254)
        tad_name(pick(p), what == 252 ? "x" : "a long name");
    else if (what == 254)
        tad_scope_push(p->t, "scope");
    else
        tad_scope_pop(p->t);
    if (tad_tape_status(p->t) != TAD_OK) check_failure(p, tad_node_count(p->t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    program p = {.in = {data, data + size}, .stale = tad_none(), .swept = tad_none()};
    running = &p;
    fuzz_describe = describe;
    unsigned how = fuzz_below(&p.in, 32);
    p.t = fuzz_tape(&p.memory, (tad_settings){.memory_limit = how % 8 ? 16 << 20 : SMALL,
                                              .strong_zero = how / 8 == 1,
                                              .trap = how / 8 == 2});
    add_leaf(&p);
    for (int i = 0; i < STEPS && p.in.at < p.in.end; i++) step(&p);
    for (; p.paused; p.paused--) tad_record_resume(p.t);
    for (int i = 0; i < 2; i++) check_sweeps(&p);
    fuzz_free(p.t, &p.memory);
    return 0;
}
