/* What other languages need beside the headers' functions: a symbol for each inline function, and
 * callbacks that write their result. Rests on public headers. */
#include <tad/status.h>

/* Here, and nowhere else, the headers define them for all to see. */
#undef TAD_INLINE
#define TAD_INLINE TAD_API

#include <tad/tad.h>

tad_var tad_apply_few(const tad_op *op, const void *options, size_t n, tad_var a, tad_var b,
                      tad_var c) {
    const tad_var in[3] = {a, b, c};
    return tad_apply(op, in, n < 3 ? n : 3, options, NULL, 0);
}

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
