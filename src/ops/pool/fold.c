/* unfold: the windows of images as columns; fold, its adjoint, adds them up. Rests on planes.h and
 * c_text.h. */
#include <stddef.h>

#include "array/c_text.h"
#include "array/view.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "planes.h"

enum { UNFOLD, FOLD };

static bool folds(const tad_op *op) { return op == &tad__ops_fold[FOLD]; }

/* ---- shapes ---- */

static int64_t product(const int64_t *n) { return n[0] * n[1] * n[2]; }

/* Sizes of the image of a call that was found right. */
static tad__windows windows_of(const tad_call_frame *c) {
    const tad__window_options *o = c->options;
    const tad_array *x = c->in[0];
    if (!folds(c->op)) return tad__known_windows(o, TAD__UNFOLD, x->dim + 2, x->rank - 2);
    return tad__known_windows(o, TAD__UNFOLD, o->output_size.dim, o->output_size.rank);
}

static tad_status count(const tad_call_frame *c, const tad__windows *w, int64_t channels,
                        int64_t *rows, int64_t *columns) {
    bool fits = true;
    *columns = 1;
    *rows = channels;
    for (int i = 0; i < TAD__WINDOW_AXES; i++)
        fits = fits && !__builtin_mul_overflow(*rows, w->kernel[i], rows) &&
               !__builtin_mul_overflow(*columns, w->out[i], columns);
    return fits ? TAD_OK : tad_fail(c, TAD_TOO_LARGE, "too many elements");
}

static tad_status unfold_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0];
    tad__windows w;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (x->rank < 3 || x->rank > 2 + TAD__WINDOW_AXES)
        return tad_fail(c, TAD_BAD_SHAPE, "needs three to five axes");
    tad_status s = tad__windows_of(&w, c, TAD__UNFOLD, x->dim + 2, x->rank - 2);
    *out = (tad_type){(tad_dtype)x->dtype, TAD_SHAPE(x->dim[0], 0, 0)};
    return s ? s : count(c, &w, x->dim[1], &out->shape.dim[1], &out->shape.dim[2]);
}

static tad_status fold_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__window_options *o = c->options;
    const tad_array *x = c->in[0];
    const tad_shape *size = &o->output_size;
    int64_t in[TAD__WINDOW_AXES], rows, columns;
    tad__windows w;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (x->rank != 3) return tad_fail(c, TAD_BAD_SHAPE, "needs three axes");
    if (size->rank < 1 || size->rank > TAD__WINDOW_AXES)
        return tad_fail(c, TAD_BAD_ARGUMENT, "output_size needs one to three numbers");
    tad_status s = tad__image_size(c, size->rank, in);
    if (!s) s = tad__windows_of(&w, c, TAD__UNFOLD, in, size->rank);
    if (!s) s = count(c, &w, 1, &rows, &columns);
    if (s) return s;
    if (x->dim[1] % rows || x->dim[2] != columns)
        return tad_fail(c, TAD_BAD_SHAPE, "needs rows by %lld and %lld columns", (long long)rows,
                        (long long)columns);
    *out = (tad_type){(tad_dtype)x->dtype, TAD_SHAPE(x->dim[0], x->dim[1] / rows)};
    out->shape.rank = 2 + size->rank;
    for (int i = 0; i < size->rank; i++) out->shape.dim[2 + i] = in[i];
    return TAD_OK;
}

/* ---- values ---- */

/* Each element of windows in turn, with where its row of columns begins in plane i. */
#define EACH_TAP(p, call)                                                                          \
    do {                                                                                           \
        ptrdiff_t k[3];                                                                            \
        for (k[0] = 0; k[0] < (p)->kernel[0]; k[0]++)                                              \
            for (k[1] = 0; k[1] < (p)->kernel[1]; k[1]++)                                          \
                for (k[2] = 0; k[2] < (p)->kernel[2]; k[2]++) call;                                \
    } while (0)

/* Row `tap` of plane i among the columns. */
static char *row_of(const tad__planes *p, size_t i, const ptrdiff_t *kernel, const ptrdiff_t *k) {
    const tad_array *a = p->windows;
    const int64_t channels = p->image->dim[1], c = (int64_t)i % channels, n = (int64_t)i / channels;
    const int64_t row = ((c * kernel[0] + k[0]) * kernel[1] + k[1]) * kernel[2] + k[2];
    const int64_t at = n * tad_strides(a)[0] + row * tad_strides(a)[1];
    return (char *)a->data + at * (int64_t)tad__width(a->dtype);
}

static void unfold_planes(void *arg, size_t first, size_t end) {
    const tad__planes *p = arg;
    for (size_t i = first; i < end; i++) {
        const void *x = tad__plane(p->image, i);
        if (p->image->dtype == TAD_F64)
            EACH_TAP(&p->f64, tad__unfold_tap_f64(&p->f64, x, k, p->add,
                                                  (void *)row_of(p, i, p->f64.kernel, k)));
        else
            EACH_TAP(&p->f32, tad__unfold_tap_f32(&p->f32, x, k, p->add,
                                                  (void *)row_of(p, i, p->f32.kernel, k)));
    }
}

static void fold_planes(void *arg, size_t first, size_t end) {
    const tad__planes *p = arg;
    const ptrdiff_t step = (ptrdiff_t)tad_strides(p->windows)[2];
    for (size_t i = first; i < end; i++) {
        void *x = tad__plane(p->image, i);
        if (p->image->dtype == TAD_F64)
            EACH_TAP(&p->f64, tad__fold_tap_f64(&p->f64, (void *)row_of(p, i, p->f64.kernel, k),
                                                step, k, x));
        else
            EACH_TAP(&p->f32, tad__fold_tap_f32(&p->f32, (void *)row_of(p, i, p->f32.kernel, k),
                                                step, k, x));
    }
}

/* The columns = the windows of an image, or on top of what is there; an image += columns. */
static void move(const tad_call_frame *c, const tad_array *image, const tad_array *columns,
                 tad_piece_fn *fn, bool add) {
    const tad__windows w = windows_of(c);
    tad__planes p;
    tad__planes_of(&p, &w, image, columns);
    p.add = add;
    tad__planes_split(c, &p, fn);
}

static tad_status unfold_forward(const tad_call_frame *c) {
    move(c, c->in[0], c->out[0], unfold_planes, false);
    return TAD_OK;
}

static tad_status fold_forward(const tad_call_frame *c) {
    tad__clear(c->compute, c->out[0]);
    move(c, c->out[0], c->in[0], fold_planes, true);
    return TAD_OK;
}

static tad_status fold_or_unfold_backward(tad_backward *b) {
    bool fresh;
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    const tad_array *into = tad_backward_buffer(b, 0, &fresh);
    if (!into) return TAD_NO_MEMORY;
    if (folds(b->call.op)) {
        move(&b->call, b->cotangent[0], into, unfold_planes, !fresh);
        return TAD_OK;
    }
    if (fresh) tad__clear(b->call.compute, into);
    move(&b->call, into, b->cotangent[0], fold_planes, true);
    return TAD_OK;
}

/* ---- rules ---- */

static void unfold_vjp(tad_rule *r) {
    tad__window_options o = *(const tad__window_options *)r->options;
    const tad_shape x = tad_shape_of(r->in[0]);
    o.output_size.rank = x.rank - 2;
    for (int i = 0; i < x.rank - 2; i++) o.output_size.dim[i] = x.dim[2 + i];
    r->result[0] = tad__apply_one(&tad__ops_fold[FOLD], r->given[0], &o);
}

static void fold_vjp(tad_rule *r) {
    tad__window_options o = *(const tad__window_options *)r->options;
    o.output_size = TAD_0D;
    r->result[0] = tad__apply_one(&tad__ops_fold[UNFOLD], r->given[0], &o);
}

/* ---- as C ---- */

/* Loops over planes and the elements of windows; k is the element, row its row. */
static void open_taps(tad_c *to, const tad_call_frame *c, const tad_array *image) {
    const tad__windows w = windows_of(c);
    ptrdiff_t step[TAD__WINDOW_AXES];
    tad__window_steps(image, step);
    tad_c_put(to, "{\n");
    tad__c_windows(to, &w, step, image->dtype);
    tad__c_open_planes(to, image);
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %lld; i++) {\n", (long long)product(w.kernel));
    tad_c_put(to, "const ptrdiff_t k[3] = {i / %lld, i / %lld %% %lld, i %% %lld};\n",
              (long long)(w.kernel[1] * w.kernel[2]), (long long)w.kernel[2],
              (long long)w.kernel[1], (long long)w.kernel[2]);
    tad_c_put(to, "const ptrdiff_t row = %lld * c + i;\n", (long long)product(w.kernel));
}

static bool put_nothing(const tad_call_frame *c, tad_c *to) {
    if (c->out[0]->size) return false;
    tad_c_put(to, "(void)in0, (void)out0;\n");
    return true;
}

static void unfold_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *x = c->in[0], *y = c->out[0];
    if (put_nothing(c, to)) return;
    open_taps(to, c, x);
    tad_c_put(to, "%s(&p, in0", tad__c_part(to, "unfold_tap", x->dtype));
    tad__c_plane(to, x);
    tad_c_put(to, ", k, 0, out0 + %lld * n + %lld * row);\n}\n}\n}\n", (long long)tad_strides(y)[0],
              (long long)tad_strides(y)[1]);
}

static void fold_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *y = c->in[0], *x = c->out[0];
    if (put_nothing(c, to)) return;
    tad__c_clear(to, x);
    open_taps(to, c, x);
    tad_c_put(to, "%s(&p, in0 + %lld * n + %lld * row, %lld, k, out0",
              tad__c_part(to, "fold_tap", x->dtype), (long long)tad_strides(y)[0],
              (long long)tad_strides(y)[1], (long long)tad_strides(y)[2]);
    tad__c_plane(to, x);
    tad_c_put(to, ");\n}\n}\n}\n");
}

/* ---- options, samples, misuse ---- */

#define WINDOW                                                                                     \
    {OPTION(SHAPE, tad__window_options, kernel_size), .required = true},                           \
        {OPTION(SHAPE, tad__window_options, dilation)},                                            \
        {OPTION(SHAPE, tad__window_options, padding)}, {                                           \
        OPTION(SHAPE, tad__window_options, stride)                                                 \
    }
static const tad_option unfold_list[] = {WINDOW};
static const tad_option fold_list[] = {
    {OPTION(SHAPE, tad__window_options, output_size), .required = true}, WINDOW};

#define WITH(...)                                                                                  \
    .options = &(const tad__window_options) { __VA_ARGS__ }
#define K(...) .kernel_size = SHAPE(__VA_ARGS__)
#define TO_SIZE(...) .output_size = SHAPE(__VA_ARGS__)

static const tad_sample unfold_samples[] = {
    {CASE("images", F64(2, 2, 4, 5)), WITH(K(2, 3))},
    {CASE("steps", F64(1, 2, 5, 6)),
     WITH(K(2), .stride = SHAPE(2, 1), .padding = SHAPE(1, 3), .dilation = SHAPE(1, 2))},
    {CASE("one axis", F64(2, 1, 7)), WITH(K(3), .stride = SHAPE(2))},
    {CASE("three axes", F64(1, 2, 3, 3, 4)), WITH(K(2, 1, 2), .padding = SHAPE(1, 0, 0))},
    {CASE("no images", F64(0, 2, 4, 4)), WITH(K(2))},
};
static const tad_sample fold_samples[] = {
    {CASE("images", F64(2, 12, 9)), WITH(TO_SIZE(4, 5), K(2, 3))},
    {CASE("steps", F64(1, 8, 30)), WITH(TO_SIZE(5, 6), K(2), .stride = SHAPE(2, 1),
                                        .padding = SHAPE(1, 3), .dilation = SHAPE(1, 2))},
    {CASE("one axis", F64(2, 3, 3)), WITH(TO_SIZE(7), K(3), .stride = SHAPE(2))},
    {CASE("three axes", F64(1, 8, 36)),
     WITH(TO_SIZE(3, 3, 4), K(2, 1, 2), .padding = SHAPE(1, 0, 0))},
    {CASE("no images", F64(0, 8, 9)), WITH(TO_SIZE(4, 4), K(2))},
};
static const tad_misuse unfold_misuse[] = {
    {CASE("integers", INDICES(3, 1, 2, 4, 4)), WITH(K(2)), .expect = TAD_BAD_DTYPE},
    {CASE("kernel larger than x", F64(1, 2, 4, 4)), WITH(K(5)), .expect = TAD_BAD_SHAPE},
    {CASE("two axes", F64(4, 4)), WITH(K(2)), .expect = TAD_BAD_SHAPE},
    {CASE("three kernels", F64(1, 2, 4, 4)), WITH(K(2, 2, 2)), .expect = TAD_BAD_ARGUMENT},
    {CASE("dilation 0", F64(1, 2, 4, 4)), WITH(K(2), .dilation = SHAPE(0)),
     .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse fold_misuse[] = {
    {CASE("columns", F64(1, 4, 8)), WITH(TO_SIZE(4, 4), K(2)), .expect = TAD_BAD_SHAPE},
    {CASE("rows", F64(1, 3, 9)), WITH(TO_SIZE(4, 4), K(2)), .expect = TAD_BAD_SHAPE},
    {CASE("four axes", F64(1, 4, 3, 3)), WITH(TO_SIZE(4, 4), K(2)), .expect = TAD_BAD_SHAPE},
    {CASE("no size", F64(1, 4, 9)), WITH(K(2)), .expect = TAD_BAD_ARGUMENT},
    {CASE("size below 0", F64(1, 4, 9)), WITH(TO_SIZE(4, -4), K(2)), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

#define FOLDED(op)                                                                                 \
    FAMILY("pooling", 1, 1), .flags = TAD_OP_LINEAR, OPTIONS(tad__window_options, op##_list),      \
                             HOOKS(op), .backward = fold_or_unfold_backward,                       \
                             .c_text = op##_c_text, CASES(op)

const tad_op tad__ops_fold[] = {
    [UNFOLD] = {.name = "unfold",
                .doc = "the windows of (N,C,...) as columns: (N, C times elements of a window, "
                       "windows); beside x are zeros",
                FOLDED(unfold)},
    [FOLD] = {.name = "fold",
              .doc = "the adjoint of unfold: columns of windows are added up to images of "
                     "output_size, one to three numbers",
              FOLDED(fold)},
};
const size_t tad__ops_fold_count = LENGTH(tad__ops_fold);

static tad_var moved(int op, tad_var x, tad_shape size, tad_shape kernel,
                     const tad_pool_options *given) {
    tad__window_options o = {.kernel_size = kernel, .output_size = size};
    if (given) {
        o.stride = given->stride;
        o.padding = given->padding;
        o.dilation = given->dilation;
    }
    return tad__apply_one(&tad__ops_fold[op], x, &o);
}

tad_var tad_unfold(tad_var x, tad_shape kernel, const tad_pool_options *options) {
    return moved(UNFOLD, x, TAD_0D, kernel, options);
}

tad_var tad_fold(tad_var x, tad_shape size, tad_shape kernel, const tad_pool_options *options) {
    return moved(FOLD, x, size, kernel, options);
}
