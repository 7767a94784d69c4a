/* Is the gradient check able to see a wrong rule? Every registered op gets 16 kinds of faults, one
 * at a time, in its VJP, its JVP and its fused backward, for every input; each must be found.
 *
 * A mutant is a copy of the op's descriptor whose hooks call the original's and then spoil one
 * result. A fault that changes no number on any sample is equivalent to the original: it is counted
 * apart. `test_mutants some` tries every seventh. */
#include "support.h"

/* ---- kinds ---- */

#define KINDS(K)                                                                                   \
    K(SIGN, "sign flipped")                                                                        \
    K(TWICE, "times 2")                                                                            \
    K(SLIGHTLY, "times 1 + 1e-6")                                                                  \
    K(NOTHING, "zero")                                                                             \
    K(DROPPED, "a term dropped")                                                                   \
    K(OVERWRITTEN, "overwritten instead of added")                                                 \
    K(IGNORED, "cotangent or tangent ignored")                                                     \
    K(TRANSPOSED, "transposed")                                                                    \
    K(SWAPPED, "operands swapped")                                                                 \
    K(SAVED, "input for saved output")                                                             \
    K(UNSUMMED, "broadcast not summed")                                                            \
    K(AXIS, "wrong axis")                                                                          \
    K(OFF_BY_ONE, "one element off")                                                               \
    K(LAST_BLOCK, "last block skipped")                                                            \
    K(STALE, "stale buffer")                                                                       \
    K(PLUS, "constant added")
#define CODE(code, text) code,
typedef enum kind { KINDS(CODE) KIND_COUNT } kind;
#define TEXT(code, text) text,
static const char *const kind_text[] = {KINDS(TEXT)};

typedef enum place { IN_VJP, IN_JVP, IN_BACKWARD, PLACE_COUNT } place;
static const char *const place_text[] = {"VJP", "JVP", "backward"};

typedef struct mutant {
    tad_op op; /* first: a hook finds its mutant from its op */
    const tad_op *original;
    kind kind;
    place place;
    size_t input;
} mutant;

static const mutant *mutant_of(const tad_op *op) { return (const mutant *)(const void *)op; }

/* ---- what happened while a mutant was checked ---- */

static bool changed;  /* some number came out differently */
static double *stale; /* the result before, with its size */
static int64_t stale_size = -1;

static void forget(void) {
    changed = false;
    free(stale);
    stale = NULL;
    stale_size = -1;
}

/* ---- spoiling numbers ---- */

/* a as it was read along the other axes: rows by columns become columns by rows. */
static void transpose(const double *a, const tad_shape *s, int64_t n, double *out) {
    int64_t columns = s->rank >= 2 ? s->dim[s->rank - 1] : 1, rows = columns ? n / columns : 0;
    for (int64_t i = 0; i < n; i++) out[i] = a[i % rows * columns + i / rows];
}

/* Mean along the first axis, as if the gradient had been spread along it. */
static void spread(const double *a, const tad_shape *s, int64_t n, double *out) {
    int64_t rows = s->rank >= 1 ? s->dim[0] : 1, columns = rows ? n / rows : 0;
    for (int64_t j = 0; j < columns; j++) {
        double sum = 0;
        for (int64_t i = 0; i < rows; i++) sum += a[i * columns + j];
        for (int64_t i = 0; i < rows; i++) out[i * columns + j] = sum / (double)rows;
    }
}

static void use_stale(const double *a, int64_t n, double *out) {
    bool have = stale_size == n;
    double *next = malloc((size_t)n * sizeof *next);
    memcpy(next, a, (size_t)n * sizeof *next);
    memcpy(out, have ? stale : a, (size_t)n * sizeof *out);
    free(stale);
    stale = next;
    stale_size = n;
}

static void spoil(kind k, const double *a, const tad_shape *s, int64_t n, double *out) {
    if (n == 0) return;
    double plus = k == PLUS ? 1e-3 : 0;
    double factor = k == SIGN       ? -1
                    : k == TWICE    ? 2
                    : k == SLIGHTLY ? 1 + 1e-6
                    : k == NOTHING  ? 0
                                    : 1;
    int64_t keep = k == LAST_BLOCK ? n - (n + 3) / 4 : n;
    for (int64_t i = 0; i < n; i++) out[i] = i < keep ? factor * a[i] + plus : 0;
    if (k == TRANSPOSED) transpose(a, s, n, out);
    if (k == AXIS) spread(a, s, n, out);
    if (k == STALE) use_stale(a, n, out);
    if (k == OFF_BY_ONE)
        for (int64_t i = 0; i < n; i++) out[i] = a[(i + 1) % n];
}

/* A change beyond rounding. Where a NaN is sent through on purpose, nothing is asked. */
static void note_changes(const double *a, const double *b, int64_t n) {
    double top = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(a[i])) return;
        top = fmax(top, fabs(a[i]));
    }
    for (int64_t i = 0; i < n; i++) changed = changed || !(fabs(a[i] - b[i]) <= 1e-12 * top);
}

static double *values(tad_var x) {
    int64_t n = tad_size_of(x);
    if (tad_tape_status(x.tape) == TAD_SINGULAR) /* a rule refused, which the check sees */
        return calloc(n > 0 ? (size_t)n : 1, sizeof(double));
    double *a = malloc((n > 0 ? (size_t)n : 1) * sizeof *a);
    if (n < 0 || tad_read(x, a, (size_t)n) != TAD_OK)
        ck_abort_msg("a rule gave no values: %s", tad_message(x.tape));
    return a;
}

static bool has_value(tad_var x) { return !tad_is_nil(x) && !tad_is_none(x) && !tad_is_number(x); }

static bool alike(tad_var a, tad_var b);

/* As the engine will have it: a gradient is summed down to the shape of x, a tangent repeated. */
static tad_var fitted(tad_var v, tad_var x) {
    if (alike(v, x)) return v;
    tad_shape from = tad_shape_of(v), to = tad_shape_of(x);
    bool repeats = from.rank <= to.rank;
    for (int d = 1; d <= from.rank && repeats; d++)
        repeats = from.dim[from.rank - d] == 1 || from.dim[from.rank - d] == to.dim[to.rank - d];
    return (repeats ? tad_broadcast_to : tad_sum_to)(v, to);
}

/* Notes changes of a derivative that belongs to x. */
static void compare(tad_var right, tad_var now, tad_var x) {
    if (!has_value(right) && !has_value(now)) return;
    if (!has_value(right) || !has_value(now)) {
        changed = true; /* a zero left out */
        return;
    }
    double *p = values(fitted(right, x)), *q = values(fitted(now, x));
    note_changes(p, q, tad_size_of(x));
    free(p);
    free(q);
}

/* Of a result with the broadcast shape of input x: only the part at the first index. */
static tad_var first_part(tad_var result, tad_var x) {
    tad_shape from = tad_shape_of(result), to = tad_shape_of(x);
    int64_t n = tad_size_of(x), m = tad_size_of(result);
    if (n == m || n == 0 || m == 0) return result;
    double *a = values(result), *out = malloc((size_t)n * sizeof *out);
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i, at = 0, stride = 1;
        for (int d = from.rank - 1; d >= 0; d--) {
            int e = d - (from.rank - to.rank);
            int64_t size = e >= 0 ? to.dim[e] : 1;
            at += rest % size * stride;
            rest /= size;
            stride *= from.dim[d];
        }
        out[i] = a[at];
    }
    tad_var v = tad_constant(x.tape, TAD_F64, to, out);
    free(a);
    free(out);
    return v;
}

/* x: what the result has to do with; a tangent has to do with the output. */
static tad_var spoiled(kind k, tad_var result, tad_var x) {
    if (!has_value(result)) return result;
    int64_t n = tad_size_of(result);
    tad_shape s = tad_shape_of(result);
    double *a = values(result), *out = malloc((n > 0 ? (size_t)n : 1) * sizeof *out);
    spoil(k, a, &s, n, out);
    tad_var v = k == UNSUMMED ? first_part(result, x) : tad_constant(result.tape, TAD_F64, s, out);
    compare(result, v, x);
    free(a);
    free(out);
    return v;
}

/* The same variable with its first non-zero element zeroed, or with ones everywhere. */
static tad_var altered(tad_var x, bool ones) {
    int64_t n = tad_size_of(x), i = 0;
    double *a = values(x);
    while (i < n && a[i] == 0) i++;
    if (ones)
        for (i = 0; i < n; i++) a[i] = 1;
    else if (i < n)
        a[i] = 0;
    tad_var v = tad_constant(x.tape, TAD_F64, tad_shape_of(x), a);
    free(a);
    return v;
}

static bool alike(tad_var a, tad_var b) {
    if (!has_value(a) || !has_value(b) || tad_dtype_of(a) != tad_dtype_of(b)) return false;
    tad_shape s = tad_shape_of(a), z = tad_shape_of(b);
    bool same = s.rank == z.rank;
    for (int d = 0; same && d < s.rank; d++) same = s.dim[d] == z.dim[d];
    return same;
}

/* ---- rules with other operands ---- */

enum { MOST = 16 };

typedef struct rule_room {
    tad_var in[MOST], out[MOST], given[MOST], result[MOST];
    bool wanted[MOST];
} rule_room;

static void call_rule(const mutant *m, tad_rule *r, bool forward) {
    r->op = m->original;
    if (!forward)
        m->original->vjp(r);
    else if (m->original->jvp)
        m->original->jvp(r);
    else { /* linear: the op itself, on the tangents */
        tad_var in[MOST];
        for (size_t i = 0; i < r->n_in; i++) {
            in[i] = r->in[i];
            bool differentiable = has_value(in[i]) && tad_dtype_of(in[i]) == TAD_F64 &&
                                  !(r->op->constant_in >> i & 1);
            if (differentiable)
                in[i] = has_value(r->given[i])
                            ? r->given[i]
                            : tad_constant(r->tape, TAD_F64, tad_shape_of(in[i]), NULL);
        }
        (void)tad_apply(r->op, in, r->n_in, r->options, r->result, r->n_out);
    }
}

static tad_rule copy_rule(const tad_rule *r, rule_room *room, size_t n_given, size_t n_result) {
    tad_rule c = *r;
    memset(room, 0, sizeof *room);
    for (size_t i = 0; i < r->n_in; i++) room->in[i] = r->in[i];
    for (size_t i = 0; i < r->n_out; i++) room->out[i] = r->out[i];
    for (size_t i = 0; i < n_given; i++) room->given[i] = r->given[i];
    for (size_t i = 0; i < n_result; i++) room->result[i] = r->result[i];
    c.in = room->in;
    c.out = room->out;
    c.given = room->given;
    c.result = room->result;
    return c;
}

/* Changes what the rule works with; false when this kind does not. */
static bool other_operands(const mutant *m, tad_rule *r, rule_room *room, size_t n_given) {
    size_t i = m->input, j = (i + 1) % r->n_in;
    tad_var keep = room->in[i];
    switch (m->kind) {
    case DROPPED:
    case IGNORED:
        for (size_t k = 0; k < n_given; k++)
            if (has_value(room->given[k]))
                room->given[k] = altered(room->given[k], m->kind == IGNORED);
        return true;
    case SWAPPED:
        if (!alike(room->in[i], room->in[j])) return true;
        room->in[i] = room->in[j];
        room->in[j] = keep;
        return true;
    case SAVED:
        if (!alike(room->in[i], room->out[0])) return true;
        room->in[i] = room->out[0];
        room->out[0] = keep;
        return true;
    case OVERWRITTEN: /* only the last output's contribution is kept */
        for (size_t k = 0; k + 1 < n_given && m->place == IN_VJP; k++)
            memset(&room->given[k], 0, sizeof room->given[k]);
        return true;
    default: return false;
    }
}

/* Only what is computed in float64 is spoiled. */
static bool is_single(const tad_rule *r) { return tad_dtype_of(r->out[0]) == TAD_F32; }

static void mutant_vjp(tad_rule *r) {
    const mutant *m = mutant_of(r->op);
    size_t i = m->input;
    call_rule(m, r, false);
    if (m->place != IN_VJP || i >= r->n_in || !r->wanted[i] || is_single(r)) return;
    rule_room room;
    tad_rule c = copy_rule(r, &room, r->n_out, 0);
    if (!other_operands(m, &c, &room, r->n_out)) {
        r->result[i] = spoiled(m->kind, r->result[i], r->in[i]);
        return;
    }
    call_rule(m, &c, false);
    if (tad_tape_status(r->tape) != TAD_OK) return;
    compare(r->result[i], room.result[i], r->in[i]);
    r->result[i] = room.result[i];
}

/* The tangent that all inputs but the mutant's contribute; nil for none. */
static void others_part(const mutant *m, const tad_rule *r, rule_room *room) {
    tad_rule c = copy_rule(r, room, r->n_in, 0);
    bool any = false;
    for (size_t k = 0; k < r->n_in; k++) {
        if (k == m->input) memset(&room->given[k], 0, sizeof room->given[k]);
        any = any || has_value(room->given[k]);
    }
    if (any) call_rule(m, &c, true);
}

static tad_var zeros_or(tad_var tangent, tad_var y) {
    return has_value(tangent) ? tangent : tad_constant(y.tape, TAD_F64, tad_shape_of(y), NULL);
}

static tad_var smaller_part(tad_var tangent, tad_var x) {
    int64_t n = tad_size_of(tangent), m = tad_size_of(x);
    double *a = values(tangent);
    double *out = values(tangent);
    for (int64_t k = m; k < n; k++) out[k] = 0;
    note_changes(a, out, n);
    tad_var v = tad_constant(x.tape, TAD_F64, tad_shape_of(tangent), out);
    free(a);
    free(out);
    return v;
}

static void spoil_part(const mutant *m, tad_rule *r, rule_room *own, rule_room *others) {
    tad_rule c = copy_rule(r, own, r->n_in, 0);
    for (size_t k = 0; k < r->n_in; k++)
        if (k != m->input) memset(&own->given[k], 0, sizeof own->given[k]);
    bool before = other_operands(m, &c, own, r->n_in);
    call_rule(m, &c, true);
    for (size_t k = 0; k < r->n_out; k++) {
        if (tad_dtype_of(r->out[k]) != TAD_F64) continue;
        tad_var mine = zeros_or(own->result[k], r->out[k]);
        if (m->kind == UNSUMMED)
            mine = smaller_part(mine, r->in[m->input]);
        else if (!before)
            mine = spoiled(m->kind, mine, r->out[k]);
        bool drop = m->kind == OVERWRITTEN && has_value(others->result[k]);
        tad_var sum = drop ? mine : tad_add(mine, zeros_or(others->result[k], r->out[k]));
        if (before) compare(zeros_or(r->result[k], r->out[k]), sum, r->out[k]);
        r->result[k] = sum;
    }
}

static void mutant_jvp(tad_rule *r) {
    const mutant *m = mutant_of(r->op);
    call_rule(m, r, true);
    if (m->place != IN_JVP || m->input >= r->n_in || !has_value(r->given[m->input])) return;
    if (is_single(r)) return;
    static rule_room own, others;
    others_part(m, r, &others);
    spoil_part(m, r, &own, &others);
}

/* ---- the other hooks: the original's ---- */

static tad_status mutant_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    tad_call_frame frame = *c;
    frame.op = mutant_of(c->op)->original;
    return frame.op->shape(&frame, out, n_out);
}
static tad_status mutant_forward(const tad_call_frame *c) {
    tad_call_frame frame = *c;
    frame.op = mutant_of(c->op)->original;
    return frame.op->forward(&frame);
}
static bool mutant_view(const tad_call_frame *c, tad_array *out) {
    tad_call_frame frame = *c;
    frame.op = mutant_of(c->op)->original;
    return frame.op->view(&frame, out);
}

/* The fused backward: its result is taken out of the buffer, spoiled and put back. */
static tad_status mutant_backward(tad_backward *b) {
    const mutant *m = mutant_of(b->call.op);
    b->call.op = m->original;
    size_t i = m->input;
    bool mine = m->place == IN_BACKWARD && i < b->call.n_in && b->wanted[i], fresh = false;
    mine = mine && b->call.in[i]->dtype == TAD_F64;
    tad_array *to = mine ? tad_backward_buffer(b, i, &fresh) : NULL;
    double *before = NULL, *data = to ? to->data : NULL;
    size_t n = to ? (size_t)to->size : 0;
    if (to) {
        before = calloc(n ? n : 1, sizeof *before);
        if (!fresh) memcpy(before, data, n * sizeof *before);
        memset(data, 0, n * sizeof *data);
    }
    tad_status status = m->original->backward(b);
    if (to && status == TAD_OK) {
        double *out = malloc((n ? n : 1) * sizeof *out);
        tad_shape s = {to->rank, {0}};
        for (int d = 0; d < to->rank; d++) s.dim[d] = to->dim[d];
        spoil(m->kind, data, &s, (int64_t)n, out);
        for (size_t k = 0; k < n; k++) {
            out[k] = m->kind == OVERWRITTEN ? data[k] : before[k] + out[k];
            data[k] += before[k];
        }
        note_changes(data, out, (int64_t)n);
        memcpy(data, out, n * sizeof *data);
        free(out);
    }
    free(before);
    b->call.op = &m->op;
    return status;
}

/* ---- mutants ---- */

enum { MOST_SAMPLES = 200 };
static tad_sample samples[MOST_SAMPLES];
static tad_sample_room rooms[MOST_SAMPLES];

/* The samples of an op as a plain list, so that a copy of a row has them too. Large ones and kinks,
 * which only cost time here, are left out. */
static size_t list_samples(const tad_op *op) {
    size_t n = 0;
    for (size_t i = 0; i < tad_sample_count(op) && n < MOST_SAMPLES; i++) {
        if (!tad_sample_at(op, i, &rooms[n])) continue;
        bool large = false;
        for (size_t k = 0; k < rooms[n].sample.n; k++) {
            int64_t size = 1;
            const tad_shape *s = &rooms[n].sample.in[k].type.shape;
            for (int d = 0; d < s->rank; d++) size *= s->dim[d];
            large = large || size > 100;
        }
        if (large) continue;
        samples[n] = rooms[n].sample;
        n++;
    }
    return n;
}

static mutant make_mutant(const tad_op *op, size_t n_samples, kind k, place where, size_t input) {
    mutant m = {.op = *op, .original = op, .kind = k, .place = where, .input = input};
    m.op.flags &= ~(uint32_t)(TAD_OP_ELEMENTWISE | TAD_OP_LINEAR);
    m.op.shape = mutant_shape;
    m.op.forward = mutant_forward;
    m.op.view = op->view ? mutant_view : NULL;
    m.op.vjp = mutant_vjp;
    m.op.jvp = mutant_jvp;
    m.op.backward = where == IN_BACKWARD ? mutant_backward : NULL;
    m.op.samples = samples;
    m.op.n_samples = n_samples;
    return m;
}

/* Which inputs some sample differentiates. */
static bool differentiated(const tad_op *op, size_t n_samples, size_t input) {
    if (op->constant_in >> input & 1) return false;
    for (size_t i = 0; i < n_samples; i++)
        if (input < samples[i].n && !samples[i].in[input].constant &&
            !samples[i].in[input].absent && samples[i].in[input].type.dtype == TAD_F64)
            return true;
    return false;
}

/* The hook only has the numbers: what happens to operands is for rules. */
static bool applies(const tad_op *op, kind k, place where) {
    if (where != IN_BACKWARD) return true;
    return op->backward && k != DROPPED && k != IGNORED && k != SWAPPED && k != SAVED &&
           k != UNSUMMED;
}

typedef struct tally {
    int killed, total, equivalent;
} tally;
static tally by_kind[KIND_COUNT], by_place[PLACE_COUNT], all;

static void count(const mutant *m, tad_verdict verdict, const tad_gradcheck_report *r) {
    /* A fault may make the check impossible, as where it makes a matrix singular. */
    bool killed = verdict == TAD_CHECK_FAIL || (changed && verdict == TAD_CHECK_ERROR);
    tally *list[] = {&by_kind[m->kind], &by_place[m->place], &all};
    for (int i = 0; i < 3; i++) {
        list[i]->equivalent += !changed;
        list[i]->total += changed;
        list[i]->killed += changed && killed;
    }
    if (changed && !killed)
        fprintf(stderr, "# survived: %s, input %zu, %s: %s (%s, %s; %s)\n", m->original->name,
                m->input, place_text[m->place], kind_text[m->kind], tad_verdict_text(verdict),
                tad_status_text(r->status), r->first);
    if (!changed && killed)
        ck_abort_msg("%s, input %zu, %s: %s changes nothing, but: %s", m->original->name, m->input,
                     place_text[m->place], kind_text[m->kind], r->first);
}

/* Two random points of a 0-d sample may agree by chance: who survives is tried on more. */
static void try_mutant(const tad_op *op, size_t n_samples, kind k, place where, size_t input) {
    static tad_gradcheck_report r;
    mutant m = make_mutant(op, n_samples, k, where, input);
    tad_gradcheck_options o = {.order = 1, .repeats = 1};
    forget();
    tad_verdict v = tad_gradcheck_op(&m.op, &o, &r);
    if (changed && v != TAD_CHECK_FAIL) {
        o.repeats = 16;
        v = tad_gradcheck_op(&m.op, &o, &r);
    }
    count(&m, v, &r);
    forget();
}

/* ---- the suite ---- */

static int step = 1; /* every step-th mutant is tried */

static void try_op(const tad_op *op) {
    static int number;
    size_t n = list_samples(op);
    if ((op->flags & TAD_OP_FLAT) || !op->vjp) return;
    for (size_t input = 0; input < 6; input++) {
        if (!differentiated(op, n, input)) continue;
        for (int where = 0; where < PLACE_COUNT; where++)
            for (int k = 0; k < KIND_COUNT; k++)
                if (applies(op, (kind)k, (place)where) && number++ % step == 0)
                    try_mutant(op, n, (kind)k, (place)where, input);
    }
}

static void print(const char *text, const tally *t) {
    printf("# %-30s killed %d/%d, equivalent %d\n", text, t->killed, t->total, t->equivalent);
}

START_TEST(every_mutant_dies) {
    for (size_t i = 0; i < tad_op_count(); i++) try_op(tad_op_at(i));
    for (int k = 0; k < KIND_COUNT; k++) print(kind_text[k], &by_kind[k]);
    for (int p = 0; p < PLACE_COUNT; p++) print(place_text[p], &by_place[p]);
    printf("# mutants killed %d/%d, equivalent %d\n", all.killed, all.total, all.equivalent);
    fflush(stdout);
    ck_assert_int_gt(all.total, 500);
    for (int k = 0; k < KIND_COUNT; k++)
        ck_assert_msg(by_kind[k].total > 0, "%s: never", kind_text[k]);
    ck_assert_int_eq(all.killed, all.total);
}
END_TEST

/* The copy without any fault passes, so that deaths are due to the faults. */
START_TEST(copies_live) {
    static tad_gradcheck_report r, wanted;
    for (size_t i = 0; i < tad_op_count(); i++) {
        const tad_op *op = tad_op_at(i);
        size_t n = list_samples(op);
        if ((op->flags & TAD_OP_FLAT) || !op->vjp) continue;
        mutant m = make_mutant(op, n, SIGN, IN_BACKWARD, 99);
        if (!op->backward) m.op.backward = NULL;
        const tad_gradcheck_options o = {.order = 1, .repeats = 1};
        tad_verdict right = tad_gradcheck_op(op, &o, &wanted);
        ck_assert_msg(tad_gradcheck_op(&m.op, &o, &r) == right, "%s: %s, not %s: %s", op->name,
                      tad_verdict_text(r.verdict), tad_verdict_text(right), r.first);
    }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("mutants");
    TCase *c = support_case(s, "mutants");
    tcase_set_timeout(c, 1800);
    tcase_add_test(c, copies_live);
    tcase_add_test(c, every_mutant_dies);
    return s;
}

int main(int argc, char **argv) {
    bool part = argc > 1 && strcmp(argv[1], "some") == 0;
    step = part ? 7 : 1; /* 7 is prime to the number of kinds: all kinds are met */
    return support_run(suite());
}
