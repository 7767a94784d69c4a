/* Convolutions of one, two and three axes, transposed ones, and the gradient of weights. Rests on
 * conv.h. */
#include "conv.h"

#include <stddef.h>

#include "array/view.h"
#include "ops/families.h"
#include "ops/samples.h"

/* ---- hooks ---- */

static void set_role(tad__conv_call *c, tad__conv_role role, const tad_array *a) {
    const tad_array **place[] = {&c->x, &c->w, &c->y, &c->bias};
    *place[role] = a;
}

tad__conv_call tad__conv_call_of(const tad_call_frame *c, const tad_array *result) {
    tad__conv_call call = {.compute = c->compute};
    for (size_t i = 0; i < c->n_in; i++) set_role(&call, tad__conv_operand(c->op, i), c->in[i]);
    set_role(&call, tad__conv_result(c->op), result);
    const tad_shape x = tad__shape_of(call.x), w = tad__shape_of(call.w), y = tad__shape_of(call.y);
    call.sizes = tad__conv_sizes(c->options, &x, &w, &y);
    return call;
}

static tad_status conv_forward(const tad_call_frame *c) {
    const tad__conv_call call = tad__conv_call_of(c, c->out[0]);
    return tad__conv_compute(&call, tad__conv_result(c->op));
}

/* Of one of the first two operands. */
static tad_status operand_gradient(tad_backward *b, size_t i) {
    const tad__conv_role role = tad__conv_operand(b->call.op, i);
    tad__conv_call call = tad__conv_call_of(&b->call, b->cotangent[0]);
    bool fresh;
    const tad_array *buffer = tad_backward_buffer(b, i, &fresh);
    if (!buffer) return TAD_NO_MEMORY;
    set_role(&call, role, buffer);
    call.bias = NULL;
    call.add = !fresh;
    return tad__conv_compute(&call, role);
}

/* Sums over all but the channels. */
static tad_status bias_gradient(tad_backward *b) {
    const tad_array *g = b->cotangent[0];
    bool fresh;
    tad_array *buffer = tad_backward_buffer(b, 2, &fresh);
    tad__header h;
    tad_shape shape = {g->rank, {0}};
    if (!buffer) return TAD_NO_MEMORY;
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = i == 1 ? g->dim[1] : 1;
    if (fresh) tad__clear(b->call.compute, buffer);
    tad__add_into(b->call.compute, tad__lay_out(&h, buffer, &shape), g);
    return TAD_OK;
}

static tad_status conv_backward(tad_backward *b) {
    tad_status s = TAD_OK;
    if (!b->cotangent[0]) return TAD_OK;
    for (size_t i = 0; i < 2 && !s; i++)
        if (b->wanted[i]) s = operand_gradient(b, i);
    if (!s && b->call.n_in > 2 && b->call.in[2] && b->wanted[2]) s = bias_gradient(b);
    return s;
}

/* ---- options ---- */

#define STEPS                                                                                      \
    {OPTION(SHAPE, tad__conv_options, stride)}, {OPTION(SHAPE, tad__conv_options, padding)},       \
        {OPTION(SHAPE, tad__conv_options, dilation)}, {                                            \
        OPTION(MAYBE_INT, tad__conv_options, groups)                                               \
    }
static const tad_option conv_list[] = {
    STEPS,
    {OPTION(CHOICE, tad__conv_options, auto_pad), .choices = "none|valid|same"},
};
static const tad_option turned_list[] = {
    STEPS,
    {OPTION(SHAPE, tad__conv_options, output_padding)},
};
static const tad_option weight_list[] = {
    STEPS,
    {OPTION(SHAPE, tad__conv_options, kernel_size), .required = true},
};

/* ---- samples, misuse ---- */

#define WITH(...)                                                                                  \
    .options = &(const tad__conv_options) { __VA_ARGS__ }

static const tad_sample conv1d_samples[] = {
    {CASE("bias", F64(2, 3, 7), F64(4, 3, 3), F64(4))},
    {CASE("steps", F64(2, 2, 11), F64(3, 2, 3)),
     WITH(.stride = SHAPE(2), .padding = SHAPE(3), .dilation = SHAPE(2))},
    {CASE("two sides", F64(1, 2, 6), F64(2, 2, 4)), WITH(.padding = SHAPE(0, 3))},
    {CASE("same", F64(1, 2, 6), F64(2, 2, 4), F64(2)), WITH(.auto_pad = TAD_PAD_SAME)},
    {CASE("valid", F64(1, 2, 6), F64(2, 2, 4)), WITH(.auto_pad = TAD_PAD_VALID)},
    {CASE("groups", F64(2, 4, 5), F64(6, 2, 2), F64(6)), WITH(.groups = GIVEN(2))},
    {CASE("one window", F64(2, 1, 3), F64(1, 1, 3))},
    {CASE("long", F64(1, 1, 70), F64(1, 1, 5)), WITH(.stride = SHAPE(3))},
    {CASE("no images", F64(0, 2, 5), F64(3, 2, 2), F64(3))},
    {CASE("no channels", F64(2, 0, 5), F64(3, 0, 2), F64(3))},
};
static const tad_sample conv2d_samples[] = {
    {CASE("bias", F64(2, 3, 5, 5), F64(4, 3, 3, 3), F64(4))},
    {CASE("steps", F64(2, 2, 7, 6), F64(3, 2, 3, 2)),
     WITH(.stride = SHAPE(2, 3), .padding = SHAPE(1, 2), .dilation = SHAPE(2, 1))},
    {CASE("four sides", F64(1, 1, 4, 5), F64(2, 1, 3, 3)), WITH(.padding = SHAPE(1, 0, 0, 2))},
    {CASE("same", F64(1, 2, 4, 3), F64(2, 2, 2, 3)), WITH(.auto_pad = TAD_PAD_SAME)},
    {CASE("valid", F64(1, 2, 4, 3), F64(2, 2, 2, 3)), WITH(.auto_pad = TAD_PAD_VALID)},
    {CASE("each channel alone", F64(2, 3, 4, 5), F64(6, 1, 3, 3), F64(6)),
     WITH(.groups = GIVEN(3), .padding = SHAPE(1))},
    {CASE("one element", F64(3, 5, 2, 2), F64(9, 5, 1, 1))},
    {CASE("wide", F64(2, 1, 4, 37), F64(5, 1, 2, 3), F64(5)), WITH(.padding = SHAPE(0, 1))},
    {CASE("only padding", F64(1, 2, 0, 3), F64(2, 2, 3, 3), F64(2)), WITH(.padding = SHAPE(2, 1))},
};
static const tad_sample conv3d_samples[] = {
    {CASE("bias", F64(2, 2, 3, 4, 3), F64(2, 2, 2, 3, 2), F64(2))},
    {CASE("steps", F64(1, 2, 5, 4, 5), F64(2, 1, 2, 2, 2)),
     WITH(.stride = SHAPE(2, 1, 3), .padding = SHAPE(1, 0, 2), .dilation = SHAPE(1, 2, 2),
          .groups = GIVEN(2))},
    {CASE("six sides", F64(1, 1, 2, 3, 2), F64(1, 1, 2, 2, 2)),
     WITH(.padding = SHAPE(1, 0, 0, 1, 2, 0))},
    {CASE("same", F64(1, 1, 2, 3, 4), F64(2, 1, 1, 2, 3)), WITH(.auto_pad = TAD_PAD_SAME)},
    {CASE("valid", F64(1, 1, 2, 3, 4), F64(2, 1, 1, 2, 3)), WITH(.auto_pad = TAD_PAD_VALID)},
    {CASE("one window", F64(1, 2, 2, 3, 2), F64(3, 2, 2, 3, 2), F64(3))},
};

static const tad_sample turned1d_samples[] = {
    {CASE("bias", F64(2, 4, 5), F64(4, 3, 3), F64(3))},
    {CASE("steps", F64(2, 3, 4), F64(3, 2, 3)),
     WITH(.stride = SHAPE(3), .padding = SHAPE(1), .output_padding = SHAPE(2))},
    {CASE("dilation", F64(1, 2, 5), F64(2, 1, 3)),
     WITH(.dilation = SHAPE(3), .padding = SHAPE(2), .output_padding = SHAPE(2))},
    {CASE("groups", F64(2, 4, 5), F64(4, 3, 2), F64(6)),
     WITH(.groups = GIVEN(2), .stride = SHAPE(2))},
    {CASE("stride beyond the kernel", F64(1, 1, 3), F64(1, 2, 2)), WITH(.stride = SHAPE(4))},
    {CASE("two sides", F64(1, 2, 6), F64(2, 2, 4)), WITH(.padding = SHAPE(0, 3))},
    {CASE("no images", F64(0, 2, 5), F64(2, 3, 2))},
};
static const tad_sample turned2d_samples[] = {
    {CASE("bias", F64(2, 4, 3, 3), F64(4, 3, 3, 2), F64(3))},
    {CASE("steps", F64(2, 2, 3, 4), F64(2, 3, 3, 3)),
     WITH(.stride = SHAPE(2, 3), .padding = SHAPE(1, 2), .dilation = SHAPE(2, 1),
          .output_padding = SHAPE(1, 2))},
    {CASE("groups", F64(1, 4, 3, 2), F64(4, 1, 2, 3)), WITH(.groups = GIVEN(4))},
    {CASE("one element", F64(2, 1, 1, 1), F64(1, 2, 2, 3))},
    {CASE("wide", F64(1, 2, 2, 20), F64(2, 3, 2, 2)), WITH(.stride = SHAPE(2))},
};
static const tad_sample turned3d_samples[] = {
    {CASE("bias", F64(2, 2, 2, 3, 2), F64(2, 2, 2, 2, 3), F64(2))},
    {CASE("steps", F64(1, 2, 2, 3, 2), F64(2, 1, 2, 2, 3)),
     WITH(.stride = SHAPE(2, 1, 3), .padding = SHAPE(1, 0, 1), .dilation = SHAPE(1, 2, 1),
          .output_padding = SHAPE(1, 0, 2), .groups = GIVEN(2))},
    {CASE("two steps", F64(1, 1, 2, 2, 2), F64(1, 2, 2, 2, 2)), WITH(.stride = SHAPE(2))},
    {CASE("padding", F64(1, 2, 3, 3, 3), F64(2, 1, 2, 2, 2)), WITH(.padding = SHAPE(1))},
    {CASE("one element", F64(1, 2, 1, 1, 1), F64(2, 2, 1, 2, 1), F64(2))},
};

static const tad_sample weight_samples[] = {
    {CASE("1-d", F64(2, 3, 7), F64(2, 4, 5)), WITH(.kernel_size = SHAPE(3))},
    {CASE("2-d", F64(2, 2, 7, 6), F64(2, 3, 3, 3)),
     WITH(.kernel_size = SHAPE(3, 2), .stride = SHAPE(2, 3), .padding = SHAPE(1, 2),
          .dilation = SHAPE(2, 1))},
    {CASE("3-d", F64(1, 2, 3, 3, 4), F64(1, 4, 2, 2, 3)),
     WITH(.kernel_size = SHAPE(2), .groups = GIVEN(2))},
    {CASE("wide", F64(1, 2, 3, 36), F64(1, 2, 2, 33)), WITH(.kernel_size = SHAPE(2, 4))},
    {CASE("many images", F64(40, 1, 4), F64(40, 2, 3)), WITH(.kernel_size = SHAPE(2))},
    {CASE("no images", F64(0, 1, 4), F64(0, 2, 3)), WITH(.kernel_size = SHAPE(2))},
};

#define CONV_MISUSE                                                                                \
    {CASE("integers", INDICES(3, 1, 2, 5), F64(2, 2, 3)), .expect = TAD_BAD_DTYPE},                \
        {CASE("no images axis", F64(2, 5), F64(2, 2, 3)), .expect = TAD_BAD_SHAPE},                \
        {CASE("stride 0", F64(1, 2, 5), F64(2, 2, 3)), WITH(.stride = SHAPE(0)),                   \
         .expect = TAD_BAD_ARGUMENT},                                                              \
        {CASE("padding below 0", F64(1, 2, 5), F64(2, 2, 3)), WITH(.padding = SHAPE(-1)),          \
         .expect = TAD_BAD_ARGUMENT},                                                              \
        {CASE("dilation of too many", F64(1, 2, 5), F64(2, 2, 3)), WITH(.dilation = SHAPE(1, 2)),  \
         .expect = TAD_BAD_ARGUMENT},                                                              \
        {CASE("no groups", F64(1, 2, 5), F64(2, 2, 3)), WITH(.groups = GIVEN(0)),                  \
         .expect = TAD_BAD_ARGUMENT},                                                              \
        {CASE("groups that do not fit", F64(1, 2, 5), F64(3, 1, 3)), WITH(.groups = GIVEN(2)),     \
         .expect = TAD_BAD_SHAPE},                                                                 \
        {CASE("bias", F64(1, 2, 5), F64(2, 2, 3), F64(1)), .expect = TAD_BAD_SHAPE}, {             \
        CASE("no kernel", F64(1, 2, 5), F64(2, 2, 0)), .expect = TAD_BAD_SHAPE                     \
    }
static const tad_misuse conv1d_misuse[] = {
    CONV_MISUSE,
    {CASE("kernel larger than x", F64(1, 2, 5), F64(2, 2, 4)),
     WITH(.padding = SHAPE(1), .dilation = SHAPE(3)), .expect = TAD_BAD_SHAPE},
    {CASE("channels", F64(1, 3, 5), F64(2, 2, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("channels in groups", F64(1, 2, 5), F64(2, 2, 3)), WITH(.groups = GIVEN(2)),
     .expect = TAD_BAD_SHAPE},
    {CASE("same with stride", F64(1, 2, 5), F64(2, 2, 3)),
     WITH(.auto_pad = TAD_PAD_SAME, .stride = SHAPE(2)), .expect = TAD_BAD_ARGUMENT},
    {CASE("padding twice", F64(1, 2, 5), F64(2, 2, 3)),
     WITH(.auto_pad = TAD_PAD_SAME, .padding = SHAPE(1)), .expect = TAD_BAD_ARGUMENT},
    {CASE("auto_pad", F64(1, 2, 5), F64(2, 2, 3)), WITH(.auto_pad = 7), .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse turned1d_misuse[] = {
    CONV_MISUSE,
    {CASE("channels", F64(1, 3, 5), F64(2, 2, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("more padding than elements", F64(1, 2, 2), F64(2, 2, 3)), WITH(.padding = SHAPE(3)),
     .expect = TAD_BAD_SHAPE},
    {CASE("output_padding", F64(1, 2, 5), F64(2, 2, 3)), WITH(.output_padding = SHAPE(1)),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("an axis without elements", F64(1, 2, 0), F64(2, 2, 3)), .expect = TAD_BAD_SHAPE},
};
#define FLAT_MISUSE                                                                                \
    {CASE("one axis", F64(1, 2, 5), F64(2, 2, 3)), .expect = TAD_BAD_SHAPE}, {                     \
        CASE("a number", F64_0D, F64(2, 2, 3, 3)), .expect = TAD_BAD_SHAPE                         \
    }
static const tad_misuse flat_misuse[] = {
    FLAT_MISUSE,
    {CASE("ranks differ", F64(1, 2, 5, 5), F64(2, 2, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("three paddings", F64(1, 2, 5, 5), F64(2, 2, 3, 3)), WITH(.padding = SHAPE(1, 1, 1)),
     .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse deep_misuse[] = {
    FLAT_MISUSE,
    {CASE("two axes", F64(1, 2, 5, 5), F64(2, 2, 3, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("two strides", F64(1, 2, 5, 5, 5), F64(2, 2, 3, 3, 3)), WITH(.stride = SHAPE(1, 2)),
     .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse weight_misuse[] = {
    {CASE("images", F64(2, 1, 4), F64(3, 2, 3)), WITH(.kernel_size = SHAPE(2)),
     .expect = TAD_BAD_SHAPE},
    {CASE("windows", F64(2, 1, 4), F64(2, 2, 4)), WITH(.kernel_size = SHAPE(2)),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("no windows", F64(2, 1, 4), F64(2, 2, 0)), WITH(.kernel_size = SHAPE(2)),
     .expect = TAD_BAD_SHAPE},
    {CASE("groups", F64(2, 3, 4), F64(2, 2, 3)), WITH(.kernel_size = SHAPE(2), .groups = GIVEN(2)),
     .expect = TAD_BAD_SHAPE},
    {CASE("two axes", F64(2, 3), F64(2, 3)), WITH(.kernel_size = SHAPE(2)),
     .expect = TAD_BAD_SHAPE},
};

/* ---- the ops ---- */

#define CONV(name_, doc_, list, samples_, misuse_)                                                 \
    {                                                                                              \
        .name = name_, .doc = doc_, FAMILY("convolution", 2, 3), OPTIONS(tad__conv_options, list), \
        .shape = tad__conv_shape, .forward = conv_forward, .backward = conv_backward,              \
        .vjp = tad__conv_vjp, .jvp = tad__conv_jvp, .c_text = tad__conv_c_text, SAMPLES(samples_), \
        MISUSE(misuse_)                                                                            \
    }

const tad_op tad__ops_conv[] = {
    CONV("conv1d",
         "x (N,C,L) with weights (O,C/groups,k) and a bias (O) or none: sums of products, the "
         "kernel not turned; beside x are zeros",
         conv_list, conv1d_samples, conv1d_misuse),
    CONV("conv2d", "x (N,C,H,W) with weights (O,C/groups,kh,kw) and a bias (O) or none", conv_list,
         conv2d_samples, flat_misuse),
    CONV("conv3d", "x (N,C,D,H,W) with weights (O,C/groups,kd,kh,kw) and a bias (O) or none",
         conv_list, conv3d_samples, deep_misuse),
    CONV("conv_transpose1d",
         "the gradient of conv1d by its x: y (N,O,L) with weights (O,C/groups,k) and a bias (C) "
         "or none; size (L - 1) stride + dilation (k - 1) + 1 + output_padding - padding on both "
         "sides",
         turned_list, turned1d_samples, turned1d_misuse),
    CONV("conv_transpose2d", "the same of conv2d: y (N,O,H,W), weights (O,C/groups,kh,kw)",
         turned_list, turned2d_samples, flat_misuse),
    CONV("conv_transpose3d", "the same of conv3d: y (N,O,D,H,W), weights (O,C/groups,kd,kh,kw)",
         turned_list, turned3d_samples, deep_misuse),
    {.name = "conv_weight",
     .doc = "the gradient of a convolution by its weights",
     FAMILY("convolution", 2, 2),
     .flags = TAD_OP_INTERNAL,
     OPTIONS(tad__conv_options, weight_list),
     .shape = tad__conv_shape,
     .forward = conv_forward,
     .backward = conv_backward,
     .vjp = tad__conv_vjp,
     .jvp = tad__conv_jvp,
     .c_text = tad__conv_c_text,
     SAMPLES(weight_samples),
     MISUSE(weight_misuse)},
};
const size_t tad__ops_conv_count = LENGTH(tad__ops_conv);

static tad_var apply(int op, tad_var x, tad_var w, tad_var bias, const tad_conv_options *given) {
    static const tad_conv_options none;
    const tad_conv_options *o = given ? given : &none;
    const tad__conv_options all = {.stride = o->stride,
                                   .padding = o->padding,
                                   .dilation = o->dilation,
                                   .output_padding = o->output_padding,
                                   .groups = {o->groups != 0, o->groups},
                                   .auto_pad = (int)o->auto_pad};
    return tad_apply(&tad__ops_conv[op], (tad_var[]){x, w, bias}, 3, &all, NULL, 0);
}

#define FUNCTION(name, op)                                                                         \
    tad_var name(tad_var x, tad_var weight, tad_var bias, const tad_conv_options *options) {       \
        return apply(op, x, weight, bias, options);                                                \
    }
FUNCTION(tad_conv1d, TAD__CONV)
FUNCTION(tad_conv2d, TAD__CONV + 1)
FUNCTION(tad_conv3d, TAD__CONV + 2)
FUNCTION(tad_conv_transpose1d, TAD__CONV_TURNED)
FUNCTION(tad_conv_transpose2d, TAD__CONV_TURNED + 1)
FUNCTION(tad_conv_transpose3d, TAD__CONV_TURNED + 2)
