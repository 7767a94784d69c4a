/* Convolutions as C: calls of the functions of kernel/plain/conv.h. Rests on conv.h and
 * c_text.h. */
#include "array/c_text.h"
#include "conv.h"

static void put_list(tad_c *to, const char *name, const int64_t *list, int n) {
    tad_c_put(to, ".%s = {", name);
    for (int i = 0; i < n; i++) tad_c_put(to, i ? ", %lld" : "%lld", (long long)list[i]);
    tad_c_put(to, "},\n");
}

/* One number of each axis. */
#define PUT_AXES(name, field)                                                                      \
    put_list(to, name, (const int64_t[]){v->axis[0].field, v->axis[1].field, v->axis[2].field}, 3)

/* Of an array with two axes before those of images. */
static void put_steps(tad_c *to, const char *name, const tad_array *a) {
    int64_t step[2 + TAD__SPATIAL] = {tad_strides(a)[0], tad_strides(a)[1]};
    for (int i = 2; i < a->rank; i++) step[i + 2 + TAD__SPATIAL - a->rank] = tad_strides(a)[i];
    put_list(to, name, step, 2 + TAD__SPATIAL);
}

static void put_struct(tad_c *to, const tad__conv_call *c, const tad__conv_blocks *b) {
    const tad__conv *v = &c->sizes;
    tad_c_put(to, "const struct %s v = {\n", tad__c_part(to, "conv", c->x->dtype));
    tad_c_put(to, ".images = %lld, .groups = %lld, .outs = %lld, .ins = %lld,\n",
              (long long)v->images, (long long)v->groups, (long long)v->outs, (long long)v->ins);
    PUT_AXES("x", x);
    PUT_AXES("y", y);
    PUT_AXES("kernel", kernel);
    PUT_AXES("stride", stride);
    PUT_AXES("pad", pad);
    PUT_AXES("dilation", dilation);
    put_steps(to, "x_step", c->x);
    put_steps(to, "w_step", c->w);
    put_steps(to, "y_step", c->y);
    if (c->bias) tad_c_put(to, ".bias_step = %lld,\n", (long long)tad_strides(c->bias)[0]);
    tad_c_put(to,
              ".block_images = %lld, .block_rows = %lld, .block_axis = %d, .pieces = %lld\n};\n",
              (long long)b->images, (long long)b->rows, b->axis, (long long)b->pieces);
}

void tad__conv_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__conv_role result = tad__conv_result(c->op);
    const tad__conv_call call = tad__conv_call_of(c, c->out[0]);
    const unsigned dtype = c->out[0]->dtype;
    if (c->n_in > 2 && !call.bias) tad_c_put(to, "(void)in2;\n");
    if (c->out[0]->size == 0) {
        for (size_t i = 0; i < c->n_in; i++)
            if (c->in[i]) tad_c_put(to, "(void)in%zu;\n", i);
        tad_c_put(to, "(void)out0;\n");
        return;
    }
    const tad__conv_blocks b = tad__conv_blocks_of(&call.sizes, (tad_dtype)dtype, false);
    tad_c_put(to, "{\n");
    put_struct(to, &call, &b);
    if (result == TAD__CONV_W)
        tad_c_put(to, "%s(&v, in0, in1, out0);\n}\n", tad__c_part(to, "conv_weights", dtype));
    else
        tad_c_put(
            to, "%s(&v, in0, in1, %s, out0);\n}\n",
            tad__c_part(to, result == TAD__CONV_Y ? "conv_values" : "conv_turned_values", dtype),
            call.bias ? "in2" : "NULL");
}
