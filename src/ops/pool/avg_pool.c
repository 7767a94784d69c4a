/* Means of windows, and the adjoint, which gives each element of a window its share: values,
 * derivatives, C. Rests on planes.h, pool.h and c_text.h. */
#include "array/c_text.h"
#include "array/view.h"
#include "ops/operands.h"
#include "planes.h"
#include "pool.h"

/* ---- values ---- */

static void means_of_planes(void *arg, size_t first, size_t end) {
    const tad__planes *p = arg;
    for (size_t i = first; i < end; i++) {
        const void *x = tad__plane(p->image, i);
        void *y = tad__plane(p->windows, i);
        if (p->image->dtype == TAD_F64)
            tad__pool_mean_f64(&p->f64, x, p->add, y);
        else
            tad__pool_mean_f32(&p->f32, x, p->add, y);
    }
}

static void spread_to_planes(void *arg, size_t first, size_t end) {
    const tad__planes *p = arg;
    ptrdiff_t step[TAD__WINDOW_AXES];
    tad__window_steps(p->windows, step);
    for (size_t i = first; i < end; i++) {
        const void *g = tad__plane(p->windows, i);
        void *x = tad__plane(p->image, i);
        if (p->image->dtype == TAD_F64)
            tad__pool_spread_f64(&p->f64, g, step, x);
        else
            tad__pool_spread_f32(&p->f32, g, step, x);
    }
}

/* windows = means of the image, or on top of what is there. */
static void take_means(const tad_call_frame *c, const tad_array *image, const tad_array *windows,
                       bool add) {
    const tad__windows w = tad__pool_windows(c);
    tad__planes p;
    tad__planes_of(&p, &w, image, windows);
    p.add = add;
    tad__planes_split(c, &p, means_of_planes);
}

/* image += shares of the windows. */
static void spread(const tad_call_frame *c, const tad_array *windows, const tad_array *image) {
    const tad__windows w = tad__pool_windows(c);
    tad__planes p;
    tad__planes_of(&p, &w, image, windows);
    tad__planes_split(c, &p, spread_to_planes);
}

tad_status tad__avg_pool_forward(const tad_call_frame *c) {
    take_means(c, c->in[0], c->out[0], false);
    return TAD_OK;
}

tad_status tad__pool_spread_forward(const tad_call_frame *c) {
    tad__clear(c->compute, c->out[0]);
    spread(c, c->in[0], c->out[0]);
    return TAD_OK;
}

/* ---- fused derivatives ---- */

tad_status tad__avg_pool_backward(tad_backward *b) {
    bool fresh;
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    const tad_array *into = tad_backward_buffer(b, 0, &fresh);
    if (!into) return TAD_NO_MEMORY;
    if (fresh) tad__clear(b->call.compute, into);
    spread(&b->call, b->cotangent[0], into);
    return TAD_OK;
}

tad_status tad__pool_spread_backward(tad_backward *b) {
    bool fresh;
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    const tad_array *into = tad_backward_buffer(b, 0, &fresh);
    if (!into) return TAD_NO_MEMORY;
    take_means(&b->call, b->cotangent[0], into, !fresh);
    return TAD_OK;
}

/* ---- rules ---- */

static tad_shape without_two(tad_var x) {
    const tad_shape s = tad_shape_of(x);
    tad_shape axes = {s.rank - 2, {0}};
    for (int i = 0; i < axes.rank; i++) axes.dim[i] = s.dim[2 + i];
    return axes;
}

void tad__avg_pool_vjp(tad_rule *r) {
    tad__window_options o = *(const tad__window_options *)r->options;
    o.output_size = without_two(r->in[0]);
    o.adaptive = r->op >= &tad__ops_pool[TAD__ADAPTIVE_AVG_POOL];
    r->result[0] = tad__apply_one(&tad__ops_pool[TAD__POOL_SPREAD], r->given[0], &o);
}

void tad__pool_spread_vjp(tad_rule *r) {
    tad__window_options o = *(const tad__window_options *)r->options;
    const int first = o.adaptive ? TAD__ADAPTIVE_AVG_POOL : TAD__AVG_POOL;
    o.output_size = without_two(r->in[0]);
    o.adaptive = false;
    r->result[0] = tad__apply_one(&tad__ops_pool[first + o.output_size.rank - 1], r->given[0], &o);
}

/* ---- as C ---- */

static bool put_nothing(const tad_call_frame *c, tad_c *to) {
    if (c->out[0]->size) return false;
    tad_c_put(to, "(void)in0, (void)out0;\n");
    return true;
}

void tad__avg_pool_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *x = c->in[0], *y = c->out[0];
    const tad__windows w = tad__pool_windows(c);
    ptrdiff_t step[TAD__WINDOW_AXES];
    if (put_nothing(c, to)) return;
    tad__window_steps(x, step);
    tad_c_put(to, "{\n");
    tad__c_windows(to, &w, step, x->dtype);
    tad__c_open_planes(to, x);
    tad_c_put(to, "%s(&p, in0", tad__c_part(to, "pool_mean", x->dtype));
    tad__c_plane(to, x);
    tad_c_put(to, ", 0, out0");
    tad__c_plane(to, y);
    tad_c_put(to, ");\n}\n}\n");
}

void tad__pool_spread_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *g = c->in[0], *x = c->out[0];
    const tad__windows w = tad__pool_windows(c);
    ptrdiff_t step[TAD__WINDOW_AXES];
    if (put_nothing(c, to)) return;
    tad__window_steps(x, step);
    tad__c_clear(to, x);
    tad_c_put(to, "{\n");
    tad__c_windows(to, &w, step, x->dtype);
    tad__window_steps(g, step);
    tad_c_put(to, "const ptrdiff_t step[3] = {%lld, %lld, %lld};\n", (long long)step[0],
              (long long)step[1], (long long)step[2]);
    tad__c_open_planes(to, x);
    tad_c_put(to, "%s(&p, in0", tad__c_part(to, "pool_spread", x->dtype));
    tad__c_plane(to, g);
    tad_c_put(to, ", step, out0");
    tad__c_plane(to, x);
    tad_c_put(to, ");\n}\n}\n");
}
