/* What other languages need beside the headers' functions: a symbol for each inline function, calls
 * that take a variable as one word, and callbacks that write their result. Rests on public
 * headers. */
#include <pthread.h>

#include <tad/status.h>

/* Here, and nowhere else, the headers define them for all to see. */
#undef TAD_INLINE
#define TAD_INLINE TAD_API

#include <tad/tad.h>

/* ---- calls that cost little ---- */

static uintptr_t this_thread(void) { return (uintptr_t)pthread_self(); }

/* What a ref has more than the bits of a handle: so the highest index, which says that there is no
 * node, comes out as zero. */
#define ONE_INDEX ((uint64_t)1 << 32)
#define NONE ((tad_ref)0)

tad_claim tad_claim_of(tad_tape *t) { return t ? (tad_claim){t, this_thread()} : (tad_claim){0}; }

static bool is_claimed(const tad_claim *claim) { return claim && claim->thread == this_thread(); }

static tad_var opened(const tad_claim *claim, tad_ref x) {
    tad_var v = {.tape = claim->tape};
    v.u.bits = (uint64_t)x - ONE_INDEX;
    return v;
}

static tad_ref closed(tad_var v) { return tad_is_nil(v) ? NONE : (tad_ref)(v.u.bits + ONE_INDEX); }

tad_ref tad_ref_of(const tad_claim *claim, tad_var x) {
    return is_claimed(claim) && tad_tape_of(x) == claim->tape ? closed(x) : NONE;
}

tad_var tad_var_of(const tad_claim *claim, tad_ref x) {
    return is_claimed(claim) ? opened(claim, x) : (tad_var){0};
}

static tad_ref apply(const tad_claim *claim, const tad_prepared *call, const tad_var *in,
                     size_t n) {
    if (!call || n == 0) {
        tad_tape_fail(claim->tape, TAD_BAD_ARGUMENT, "apply: %s",
                      call ? "there is no operand" : "nothing is prepared");
        return NONE;
    }
    if (n == 1 && call->unary) return closed(call->unary(in[0]));
    if (n == 2 && call->binary) return closed(call->binary(in[0], in[1]));
    return closed(tad_apply(call->op, in, n, call->options, NULL, 0));
}

tad_ref tad_apply_one(const tad_claim *claim, const tad_prepared *call, tad_ref x) {
    if (!is_claimed(claim)) return NONE;
    const tad_var in = opened(claim, x);
    return apply(claim, call, &in, 1);
}

tad_ref tad_apply_two(const tad_claim *claim, const tad_prepared *call, tad_ref a, tad_ref b) {
    if (!is_claimed(claim)) return NONE;
    const tad_var in[] = {opened(claim, a), opened(claim, b)};
    return apply(claim, call, in, 2);
}

tad_ref tad_apply_three(const tad_claim *claim, const tad_prepared *call, tad_ref a, tad_ref b,
                        tad_ref c) {
    if (!is_claimed(claim)) return NONE;
    const tad_var in[] = {opened(claim, a), opened(claim, b), opened(claim, c)};
    return apply(claim, call, in, 3);
}

tad_ref tad_apply_list(const tad_claim *claim, const tad_prepared *call, const tad_ref *x,
                       size_t n) {
    if (!is_claimed(claim)) return NONE;
    if (!x) n = 0;
    tad_var few[16], *many = NULL;
    if (n > 16 && !(many = tad_tape_resize(claim->tape, NULL, n, sizeof *many))) return NONE;
    tad_var *in = many ? many : few;
    for (size_t i = 0; i < n; i++) in[i] = opened(claim, x[i]);
    const tad_ref made = apply(claim, call, in, n);
    if (many) tad_tape_resize(claim->tape, many, 0, sizeof *many);
    return made;
}

tad_ref tad_apply_with_number(const tad_claim *claim, const tad_prepared *call, tad_ref a,
                              double b) {
    if (!is_claimed(claim)) return NONE;
    const tad_var in[] = {opened(claim, a), tad_number(b)};
    return apply(claim, call, in, 2);
}

tad_ref tad_apply_to_number(const tad_claim *claim, const tad_prepared *call, double a, tad_ref b) {
    if (!is_claimed(claim)) return NONE;
    const tad_var in[] = {tad_number(a), opened(claim, b)};
    return apply(claim, call, in, 2);
}

/* ---- indices ---- */

static tad_var range_of(tad_var x, int axis, int64_t start, int64_t stop) {
    start -= start == TAD_END; /* which would say that it is left out */
    return tad_slice(x, axis, start, stop, 1);
}

tad_ref tad_ref_at(const tad_claim *claim, tad_ref x, int64_t index) {
    return is_claimed(claim) ? closed(tad_at(opened(claim, x), index)) : NONE;
}

tad_ref tad_ref_range(const tad_claim *claim, tad_ref x, int64_t start, int64_t stop) {
    return is_claimed(claim) ? closed(range_of(opened(claim, x), 0, start, stop)) : NONE;
}

/* Axes in front are taken first: one that is gone leaves its number to the next. */
tad_ref tad_ref_index(const tad_claim *claim, tad_ref x, const int64_t *ends, size_t n) {
    if (!is_claimed(claim)) return NONE;
    tad_var v = opened(claim, x);
    if (n > TAD_MAX_RANK || (n && !ends)) {
        tad_tape_fail(v.tape, TAD_BAD_AXIS, "index: %zu axes", n);
        return NONE;
    }
    int axis = 0;
    for (size_t k = 0; k < n; k++, axis++) {
        const int64_t start = ends[2 * k], stop = ends[2 * k + 1];
        if (stop == TAD_ONLY)
            v = tad_select(v, axis--, start);
        else if (start != 0 || stop != TAD_END || k + 1 == n) /* the last asks for its axis */
            v = range_of(v, axis, start, stop);
    }
    return closed(v);
}

/* ---- callbacks ---- */

tad_var tad_write(tad_tape *t, const tad_var *in, size_t n, void *user) {
    const tad_written *w = user;
    tad_var out = {0};
    if (w && w->fn)
        w->fn(t, in, n, w->user, &out);
    else
        tad_tape_fail(t, TAD_BAD_ARGUMENT, "write: there is no function");
    return out;
}

tad_var tad_recorded(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)in, (void)n;
    if (user) return *(const tad_var *)user;
    tad_tape_fail(t, TAD_BAD_ARGUMENT, "recorded: there is no result");
    return (tad_var){0};
}
