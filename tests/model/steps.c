/* The driver's steps that record, change and rewind. Each makes one public call and the same change
 * to the model. Rests on model.h alone. */
#include "model.h"

/* ---- picking ---- */

int pick(world *w, const model *m, unsigned dtypes, int rank) {
    bool parameters = chance(w, 25); /* preferred, and views of them */
    for (int tries = 0; tries < 20 && m->count; tries++) {
        int last = m->count < 20 || chance(w, 40) ? m->count : 20;
        int at = m->count - 1 - below(w, last);
        const node *n = &m->node[at];
        bool fits = dtypes >> n->value.dtype & 1 && (rank < 0 || n->value.rank == rank);
        if (parameters && tries < 10 && n->memory < 0) continue;
        if (n->kind != HIDDEN && fits) return at;
    }
    return -1;
}

tad_var var_of(world *w, model *m, int at) {
    return chance(w, 70) ? m->node[at].handle : tad_node_at(m->tape, (size_t)at);
}

void keep_handle(world *w, const model *m, int at) {
    int k = w->handles < MOST_HANDLES ? w->handles++ : below(w, MOST_HANDLES);
    w->handle[k] = (handle){m->node[at].handle, m->which, at, m->node[at].serial};
}

void store(const array *a, void *out) {
    for (int i = 0; i < a->n; i++) {
        switch (a->dtype) {
        case TAD_F64: ((double *)out)[i] = a->e[i]; break;
        case TAD_F32: ((float *)out)[i] = (float)a->e[i]; break;
        case TAD_I64: ((int64_t *)out)[i] = (int64_t)a->e[i]; break;
        default: ((unsigned char *)out)[i] = a->e[i] != 0;
        }
    }
}

/* ---- what a call has done ---- */

node *shown(world *w, model *m, tad_var got, const node *like) {
    if (!add_hidden(w, m, tad_node_count(m->tape))) return NULL;
    size_t at = tad_node_index(got);
    if (at >= (size_t)m->count) {
        wrong(w, "a result is no node: %s", tad_message(m->tape));
        return NULL;
    }
    node *n = &m->node[at];
    if (n->kind != HIDDEN) return n;
    long serial = n->serial, born = n->born;
    *n = *like;
    n->serial = serial;
    n->born = born;
    n->changed = -1;
    n->handle = got;
    if (n->kind == PARAM) n->memory = (int)at;
    keep_handle(w, m, (int)at);
    say(w, " -> %d:%zu", m->which, at);
    return n;
}

bool refused(world *w, model *m, tad_status got, tad_status expected) {
    say(w, " (refused)");
    if (got == TAD_OK) return wrong(w, "done, should be refused: %s", tad_status_text(expected));
    if (m->error == TAD_OK && got != expected)
        return wrong(w, "refused with '%s' (%s), not '%s'", tad_status_text(got),
                     tad_message(m->tape), tad_status_text(expected));
    happened[FAILED_AND_TRIED] += m->error != TAD_OK;
    if (m->error == TAD_OK) m->error = expected;
    return true;
}

bool recorded(world *w, model *m, tad_var got, const node *expected, bool exact) {
    if (m->error != TAD_OK)
        return tad_is_nil(got) ? refused(w, m, m->error, m->error)
                               : wrong(w, "a failed tape gave a variable");
    if (tad_is_nil(got)) return wrong(w, "nothing recorded: %s", tad_message(m->tape));
    size_t at = tad_node_index(got);
    if (at < (size_t)m->count && m->node[at].kind != HIDDEN)
        return wrong(w, "the result is a variable that was there before");
    node *n = shown(w, m, got, expected);
    if (!n) return false;
    double value[MOST_ELEMENTS];
    if (tad_size_of(got) != n->value.n || tad_read(got, value, (size_t)n->value.n) != TAD_OK)
        return wrong(w, "the result has %lld elements", (long long)tad_size_of(got));
    for (int i = 0; i < n->value.n; i++) {
        double e = n->value.e[i],
               tolerance = exact ? 0 : (n->value.dtype == TAD_F32 ? 1e-4 : 1e-11) * (1 + fabs(e));
        if (!(fabs(value[i] - e) <= tolerance))
            return wrong(w, "element %d is %.17g, not %.17g", i, value[i], e);
        n->value.e[i] = value[i];
    }
    return true;
}

/* ---- leaves ---- */

static tad_dtype some_dtype(world *w) {
    int k = below(w, 20);
    return k < 10 ? TAD_F64 : k < 13 ? TAD_F32 : k < 18 ? TAD_I64 : TAD_BOOL;
}

static array some_shape(world *w, tad_dtype dtype) {
    static const int shapes[][3] = {{0, 1, 1}, {0, 1, 1}, {1, 1, 1}, {1, 2, 1}, {1, 3, 1},
                                    {2, 2, 3}, {2, 3, 2}, {2, 2, 2}, {2, 3, 3}};
    const int *s = shapes[below(w, 9)];
    return shaped(dtype, s[0], s[1], s[2]);
}

static double some_number(world *w, tad_dtype dtype) {
    return is_real(dtype) ? (below(w, 3001) - 1500) / 1024.0 : below(w, 2);
}

static const double lent[MOST_ELEMENTS] = {0.5, -1.25, 0.75, 1.5, -0.25, 1, -0.5, 0.125, -1};

static tad_var make_leaf(world *w, model *m, node *n) {
    unsigned char data[MOST_ELEMENTS * 8];
    array *a = &n->value;
    tad_shape shape = shape_of(a);
    int how = below(w, 10);
    n->kind = how < 3 ? INPUT : how < 7 ? PARAM : CONSTANT;
    store(a, data);
    if (how == 0 || how == 9) { /* borrowed */
        *a = shaped(TAD_F64, a->rank, a->dim[0], a->dim[1]);
        memcpy(a->e, lent, (size_t)a->n * sizeof *lent);
        return how ? tad_borrow(m->tape, TAD_F64, shape, lent)
                   : tad_input_borrow(m->tape, TAD_F64, shape, lent);
    }
    if (how < 3) return tad_input(m->tape, a->dtype, shape, data);
    if (how < 7) return tad_param(m->tape, a->dtype, shape, data);
    if (how == 7) return tad_constant(m->tape, a->dtype, shape, data);
    for (int i = 0; i < a->n; i++) a->e[i] = a->e[0];
    return tad_full(m->tape, a->dtype, shape, a->e[0]);
}

bool step_leaf(world *w, model *m) {
    node n = {.memory = -1};
    if (chance(w, 35)) {
        n.kind = INPUT;
        n.value = shaped(TAD_F64, 0, 1, 1);
        n.needs = true;
        n.value.e[0] = some_number(w, TAD_F64);
        say(w, "scalar(%d, %g)", m->which, n.value.e[0]);
        return recorded(w, m,
                        chance(w, 80) ? tad_scalar(m->tape, n.value.e[0])
                                      : (tad_scalar)(m->tape, n.value.e[0]),
                        &n, true);
    }
    tad_dtype dtype = some_dtype(w);
    n.value = some_shape(w, dtype);
    for (int i = 0; i < n.value.n; i++) n.value.e[i] = some_number(w, dtype);
    tad_var got = make_leaf(w, m, &n);
    n.needs = n.kind != CONSTANT && is_real(n.value.dtype);
    static const char *const kinds[] = {"", "input", "param", "constant"};
    say(w, "%s(%d, %s, rank %d: %d %d; %g ..)", kinds[n.kind], m->which,
        tad_dtype_name(n.value.dtype), n.value.rank, n.value.dim[0], n.value.dim[1], n.value.e[0]);
    return recorded(w, m, got, &n, true);
}

bool step_detach(world *w, model *m) {
    int at = pick(w, m, ~0u, -1);
    if (at < 0) return true;
    node n = {.kind = CONSTANT, .memory = -1, .value = m->node[at].value};
    say(w, "detach(%d:%d)", m->which, at);
    happened[DETACHED_PARAMETER] += m->node[at].memory >= 0;
    return recorded(w, m, tad_detach(var_of(w, m, at)), &n, true);
}

/* ---- parameters ---- */

int pick_param(world *w, const model *m) {
    int from = m->count ? below(w, m->count) : 0;
    for (int i = 0; i < m->count; i++) {
        int at = (from + i) % m->count;
        if (m->node[at].kind == PARAM) return at;
    }
    return -1;
}

/* Every element becomes another one; sometimes an index that is none. */
static void change(world *w, array *a) {
    double far = chance(w, 30) ? 1e6 : 0;
    for (int i = 0; i < a->n; i++) {
        if (!is_real(a->dtype))
            a->e[i] = a->dtype == TAD_I64 && far > 0 && a->e[i] < far ? far : a->e[i] == 0;
        else
            a->e[i] +=
                a->e[i] > 0 ? -0.25 - below(w, 1000) / 1024.0 : 0.25 + below(w, 1000) / 1024.0;
    }
}

/* A view either shows the new elements or has elements of its own. */
static bool look_at_view(world *w, model *m, int at) {
    node *n = &m->node[at];
    double got[MOST_ELEMENTS];
    array out[2];
    evaluate(&n->call, &m->node[n->call.in[0]].value, out);
    if (tad_read(n->handle, got, (size_t)n->value.n) != TAD_OK)
        return wrong(w, "%d:%d cannot be read", m->which, at);
    size_t bytes = (size_t)n->value.n * sizeof *got;
    bool follows = memcmp(got, n->value.e, bytes) != 0;
    happened[follows ? n->kind == CONSTANT ? PAUSED_VIEW_FOLLOWED : VIEW_FOLLOWED : VIEW_OWN]++;
    if (!follows)
        n->memory = -1;
    else if (memcmp(got, out[0].e, bytes) == 0)
        memcpy(n->value.e, got, bytes);
    else
        return wrong(w, "%d:%d, a view, is neither as before nor as its parameter", m->which, at);
    return true;
}

bool assign(world *w, model *m, int at) {
    unsigned char data[MOST_ELEMENTS * 8];
    node *p = &m->node[at];
    array next = p->value;
    change(w, &next);
    store(&next, data);
    say(w, "assign(%d:%d, %g ..)", m->which, at, next.e[0]);
    void *place = NULL;
    tad_status s = TAD_OK;
    bool in_place = chance(w, 30);
    if (in_place)
        place = tad_param_data(var_of(w, m, at));
    else
        s = tad_assign(var_of(w, m, at), data);
    if (in_place && !place) s = tad_tape_status(m->tape);
    if (m->error != TAD_OK) return refused(w, m, s, m->error);
    if (s != TAD_OK) return wrong(w, "assign: %s", tad_message(m->tape));
    if (in_place) memcpy(place, data, (size_t)next.n * tad_dtype_size(next.dtype));
    p->value = next;
    p->changed = ++w->change;
    for (int i = at + 1; i < m->count; i++)
        if (m->node[i].memory == at && m->node[i].kind != HIDDEN && !look_at_view(w, m, i))
            return false;
    return check_all(w, m);
}

bool step_assign(world *w, model *m) {
    int at = pick_param(w, m);
    return at < 0 || assign(w, m, at);
}

/* A parameter used, changed, rewound and swept in close order, where counts are just the same. */
bool step_around_change(world *w, model *m) {
    static const op uses[] = {OP_SQUARE, OP_MUL, OP_SIN, OP_SUM, OP_ADD};
    int p = pick_param(w, m), y = -1;
    if (p < 0 || !is_real(m->node[p].value.dtype)) return true;
    long serial = m->node[p].serial, result = 0;
    for (int i = 3 + below(w, 5);
         i > 0 && m->error == TAD_OK && m->count < FULL && lives(m, p, serial); i--) {
        call use = {.op = uses[below(w, 5)], .n_in = 1, .in = {p}, .axis = -1};
        bool again = y >= 0 && lives(m, y, result) && chance(w, 50);
        if (use.op == OP_MUL || use.op == OP_ADD) use.in[use.n_in++] = again ? y : p;
        int what = below(w, 10);
        bool fine = what < 4   ? apply(w, m, &use)
                    : what < 6 ? assign(w, m, p)
                    : what < 9 ? y < 0 || !lives(m, y, result) || reverse(w, m, y)
                               : (chance(w, 50) ? step_rewind : step_mark)(w, m);
        say(w, "; ");
        if (!fine) return false;
        if (what < 4) result = m->node[y = m->count - 1].serial;
    }
    return true;
}

bool step_zero(world *w, model *m) {
    int at[2] = {pick_param(w, m), pick_param(w, m)};
    if (at[0] < 0 || at[1] < 0 || m->unsure) return true;
    tad_var params[2] = {var_of(w, m, at[0]), var_of(w, m, at[1])};
    say(w, "zero_gradients(%d:%d, %d:%d)", m->which, at[0], m->which, at[1]);
    tad_status s = tad_zero_gradients(params, 2);
    if (m->error != TAD_OK) return refused(w, m, s, m->error);
    for (int k = 0; k < 2; k++) {
        memset(m->node[at[k]].gradient, 0, sizeof m->node[0].gradient);
        memset(m->node[at[k]].size, 0, sizeof m->node[0].size);
    }
    return s == TAD_OK ? check_gradients(w, m)
                       : wrong(w, "zero_gradients: %s", tad_message(m->tape));
}

bool step_retain(world *w, model *m) {
    int at = pick(w, m, REAL, -1);
    if (at < 0) return true;
    say(w, "retain(%d:%d)", m->which, at);
    tad_retain(var_of(w, m, at));
    m->node[at].retained = true;
    return true;
}

/* ---- marks ---- */

bool step_mark(world *w, model *m) {
    mark k = {tad_tape_mark(m->tape), m->count, m->which,
              m->count ? m->node[m->count - 1].serial : 0, ++w->change};
    m->mark[m->marks < MOST_MARKS ? m->marks++ : below(w, MOST_MARKS)] = k;
    say(w, "mark(%d) at %d", m->which, m->count);
    return true;
}

bool step_rewind(world *w, model *m) {
    const model *from = chance(w, 5) ? w->tape[below(w, TAPES)] : m;
    if (!from->marks) return true;
    const mark *k = &from->mark[below(w, from->marks)];
    bool valid = mark_is_valid(m, k);
    say(w, "rewind(%d, mark of %d at %d)", m->which, from->which, k->count);
    tad_status s = tad_tape_rewind(m->tape, k->mark);
    happened[valid ? REWOUND : REWIND_REFUSED]++;
    if (!valid) return refused(w, m, s, TAD_BAD_HANDLE) && check_all(w, m);
    if (s != TAD_OK) return wrong(w, "a good mark is refused: %s", tad_message(m->tape));
    cut(m, k->count);
    for (int i = 0; i < m->count; i++) happened[NAMED_BELOW_MARK] += m->node[i].named > k->given;
    return check_all(w, m);
}

bool step_reset(world *w, model *m) {
    say(w, "reset(%d)", m->which);
    happened[RESET]++;
    happened[RESET_PAUSED] += m->paused > 0;
    happened[RESET_FAILED] += m->error != TAD_OK;
    tad_tape_reset(m->tape);
    cut(m, 0);
    m->scopes = m->paused = 0;
    m->unsure = false;
    m->error = TAD_OK;
    return check_all(w, m);
}

bool step_clear(world *w, model *m) {
    say(w, "clear(%d)", m->which);
    tad_tape_clear(m->tape);
    m->error = TAD_OK;
    return check_gradients(w, m);
}

/* ---- names, pause ---- */

static void some_name(world *w, char *out, int most) {
    int n = 1 + below(w, most);
    for (int i = 0; i < n; i++) out[i] = (char)('a' + below(w, 26));
    out[n] = '\0';
}

bool step_name(world *w, model *m) {
    char name[24];
    int at = pick(w, m, ~0u, -1);
    if (at < 0) return true;
    some_name(w, name, 20);
    say(w, "name(%d:%d, %s)", m->which, at, name);
    tad_var x = var_of(w, m, at), got = tad_name(x, name);
    if (got.tape != x.tape || got.u.bits != x.u.bits)
        return wrong(w, "name returned another variable");
    if (m->error != TAD_OK) return true;
    happened[RENAMED] += m->node[at].name[0] != '\0';
    happened[NAMED_IN_SCOPES] += m->scopes > 1;
    full_name(m, name, m->node[at].name);
    m->node[at].named = ++w->change;
    return true;
}

bool step_push(world *w, model *m) {
    char name[16];
    if (m->scopes == MOST_SCOPES) return true;
    some_name(w, name, 12);
    say(w, "scope_push(%d, %s)", m->which, name);
    tad_scope_push(m->tape, name);
    strcpy(m->scope[m->scopes++], name);
    return true;
}

bool step_pop(world *w, model *m) {
    say(w, "scope_pop(%d)", m->which);
    tad_scope_pop(m->tape);
    if (m->scopes) m->scopes--;
    return true;
}

bool step_pause(world *w, model *m) {
    if (m->paused > 2) return step_resume(w, m);
    say(w, "pause(%d)", m->which);
    tad_record_pause(m->tape);
    m->paused++;
    return true;
}

bool step_resume(world *w, model *m) {
    say(w, "resume(%d)", m->which);
    tad_record_resume(m->tape);
    if (m->paused) m->paused--;
    return true;
}
