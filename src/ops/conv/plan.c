/* The plan of a convolution: what is copied, where taps read in the copy, weights in the order in
 * which they are used. Rests on plan.h. */
#include "plan.h"

enum {
    TASKS = 16, /* for threads to share */
    LINE = 64
};
static const double work_of_task = 3e5; /* products: below, a hand-over costs more than it wins */

/* Scratch memory for n things. NULL: no memory. */
void *tad__conv_scratch(const tad__conv_plan *p, size_t n, size_t size) {
    size_t bytes;
    return tad__mul(n, size, &bytes) ? tad__scratch(p->call->compute, bytes ? bytes : 1) : NULL;
}

static void begin(tad__conv_plan *p, const tad__conv_call *c, tad__conv_role result) {
    const tad__conv *v = &c->sizes;
    const tad_array *to = result == TAD__CONV_X ? c->x : c->y;
    *p = (tad__conv_plan){.call = c, .v = v, .kernels = c->compute->kernels->conv};
    p->turned = result == TAD__CONV_X;
    p->dtype = (tad_dtype)to->dtype;
    p->width = tad__width(to->dtype);
    p->blocks = tad__conv_blocks_of(v, p->dtype, p->turned);
    p->from = p->turned ? c->y : c->x;
    p->to = to->data;
    p->outputs = p->turned ? v->ins : v->outs;
    p->inputs = p->turned ? v->outs : v->ins;
    p->taps_of_one = v->axis[0].kernel * v->axis[1].kernel * v->axis[2].kernel;
    int64_t step = 1;
    for (int i = TAD__SPATIAL - 1; i >= 0; i--) {
        p->to_step[2 + i] = step;
        step *= tad__conv_wanted(&v->axis[i], p->turned);
    }
    p->to_step[1] = step;
    p->to_step[0] = step * p->outputs * v->groups;
}

static bool plan_field(tad__conv_plan *p) {
    const tad__conv *v = p->v;
    for (int i = 0; i < TAD__SPATIAL; i++) {
        const tad__conv_axis *a = &v->axis[i];
        p->field.low[i] = tad__conv_low(a, p->turned);
        p->field.size[i] = tad__conv_copied(
            a, p->turned, i == p->blocks.axis ? p->blocks.rows : tad__conv_wanted(a, p->turned));
    }
    p->field.turns = p->turned ? 1 : v->axis[2].stride;
    if (p->field.turns > p->field.size[2]) p->field.turns = p->field.size[2]; /* one window */
    return tad__field_lay_out(&p->field, p->inputs, p->blocks.images, p->width, &p->field_bytes);
}

/* ---- taps ---- */

/* Where a tap reads on one axis, counted from the field's low; false: not in this phase. */
static bool reads(const tad__conv_plan *p, const tad__conv_phase *f, int axis, int64_t tap,
                  int64_t *at) {
    const tad__conv_axis *a = &p->v->axis[axis];
    const int64_t from = f->first[axis] + a->pad - tap * a->dilation;
    *at = p->turned ? tad__conv_floor(from, a->stride) - p->field.low[axis] : tap * a->dilation;
    return !p->turned || from % a->stride == 0;
}

/* Adds the taps of one input. */
static void add_taps(const tad__conv_plan *p, tad__conv_phase *f, int64_t input) {
    const tad__conv_axis *a = p->v->axis;
    const int64_t before = input * p->taps_of_one * (p->turned ? p->v->ins : 1);
    int64_t k[TAD__SPATIAL], at[TAD__SPATIAL];
    for (k[0] = 0; k[0] < a[0].kernel; k[0]++)
        for (k[1] = 0; k[1] < a[1].kernel; k[1]++)
            for (k[2] = 0; k[2] < a[2].kernel; k[2]++) {
                bool all = true;
                for (int i = 0; i < TAD__SPATIAL; i++) all &= reads(p, f, i, k[i], &at[i]);
                if (!all) continue;
                f->tap[f->taps] = input * p->field.channel + tad__field_at(&p->field, at);
                f->weight[f->taps++] = before + (k[0] * a[1].kernel + k[1]) * a[2].kernel + k[2];
            }
}

/* How many phases an axis has, of elements that there are. */
static int64_t phases_of(const tad__conv_plan *p, int axis) {
    const tad__conv_axis *a = &p->v->axis[axis];
    return !p->turned ? 1 : a->stride < a->x ? a->stride : a->x;
}

static tad_status plan_phases(tad__conv_plan *p) {
    const int64_t n[TAD__SPATIAL] = {phases_of(p, 0), phases_of(p, 1), phases_of(p, 2)};
    const size_t all = (size_t)(p->inputs * p->taps_of_one);
    p->count = (size_t)(n[0] * n[1] * n[2]);
    p->phases = tad__conv_scratch(p, p->count, sizeof *p->phases);
    ptrdiff_t *tap = tad__conv_scratch(p, all, 2 * sizeof *tap);
    if (!p->phases || !tap) return TAD_NO_MEMORY;
    for (size_t i = 0; i < p->count; i++) {
        tad__conv_phase *f = &p->phases[i];
        const int64_t k = (int64_t)i;
        *f = (tad__conv_phase){
            .first = {k / n[2] / n[1], k / n[2] % n[1], k % n[2]}, .tap = tap, .weight = tap + all};
        for (int64_t input = 0; input < p->inputs; input++) add_taps(p, f, input);
        tap += f->taps; /* a tap is in one phase at most: the lists lie end to end */
    }
    return TAD_OK;
}

/* ---- weights as the kernel wants them ---- */

/* Outputs of a block: so that blocks are alike, of a height that kernels have. */
static size_t height_of(size_t outputs, size_t most) {
    const size_t blocks = (outputs + most - 1) / most, even = (outputs + blocks - 1) / blocks;
    return even > 1 && even % 2 ? even + 1 : even;
}

/* A group's weights, of a phase; rows: outputs of whole blocks. */
#define PACK(T)                                                                                    \
    do {                                                                                           \
        const T *from = (const T *)(const void *)w;                                                \
        T *to = (T *)(void *)at;                                                                   \
        for (size_t o = 0; o < p->rows; o += p->height)                                            \
            for (size_t t = 0; t < f->taps; t++)                                                   \
                for (int64_t i = (int64_t)o; i < (int64_t)(o + p->height); i++)                    \
                    *to++ = i < p->outputs ? from[i * each + f->weight[t]] : 0;                    \
    } while (0)

static void pack(const tad__conv_plan *p, const tad__conv_phase *f, const char *w, char *at) {
    const int64_t each = p->taps_of_one * (p->turned ? 1 : p->v->ins);
    if (p->dtype == TAD_F64)
        PACK(double);
    else
        PACK(float);
}

tad_status tad__conv_plan_weights(tad__conv_plan *p) {
    const tad__conv *v = p->v;
    const size_t group = (size_t)(v->outs * v->ins * p->taps_of_one) * p->width;
    const tad_array *w = tad__contiguous(p->call->compute, p->call->w);
    p->height = height_of((size_t)p->outputs, p->kernels->height);
    p->rows = ((size_t)p->outputs + p->height - 1) / p->height * p->height;
    for (size_t i = 0; i < p->count && w; i++) {
        tad__conv_phase *f = &p->phases[i];
        f->packed_group = p->rows * f->taps * p->width;
        f->packed = tad__conv_scratch(p, (size_t)v->groups, f->packed_group);
        if (!f->packed) return TAD_NO_MEMORY;
        for (int64_t g = 0; g < v->groups; g++)
            pack(p, f, (const char *)w->data + (size_t)g * group,
                 f->packed + (size_t)g * f->packed_group);
    }
    return w ? TAD_OK : TAD_NO_MEMORY;
}

/* ---- all of it ---- */

tad_status tad__conv_plan_of(tad__conv_plan *p, const tad__conv_call *c, tad__conv_role result) {
    begin(p, c, result);
    return plan_field(p) ? plan_phases(p) : TAD_NO_MEMORY;
}

tad_status tad__conv_plan_fields(tad__conv_plan *p, size_t tasks) {
    const tad__conv *v = p->v;
    const double work = (double)p->field.image * (double)p->outputs * (double)p->taps_of_one *
                        (double)v->images * (double)v->groups / work_of_task;
    const size_t most = work < 1 ? 1 : work < TASKS ? (size_t)work : TASKS;
    p->grain = (tasks + most - 1) / most;
    p->piece = tad__split_size(tasks, p->grain);
    p->fields_apart = tad__pool_threads(p->call->compute->threads) > 1;
    p->fields = tad__conv_scratch(p, p->fields_apart ? (tasks - 1) / p->piece + 1 : 1,
                                  (p->field_bytes + LINE - 1) / LINE * LINE);
    return p->fields ? TAD_OK : TAD_NO_MEMORY;
}

/* ---- blocks as the kernel sees them ---- */

/* The images of a block and the elements of the axis that is cut. */
typedef struct block {
    int64_t image, images, from, rows;
} block;

static block block_of(const tad__conv_plan *p, size_t i) {
    const tad__conv_blocks *all = &p->blocks;
    const int64_t k = (int64_t)i, rows = tad__conv_wanted(&p->v->axis[all->axis], p->turned);
    block b = {.image = k / all->bands * all->images, .from = k % all->bands * all->rows};
    b.images = (int64_t)tad__min((size_t)all->images, (size_t)(p->v->images - b.image));
    b.rows = (int64_t)tad__min((size_t)all->rows, (size_t)(rows - b.from));
    return b;
}

char *tad__conv_fill(const tad__conv_plan *p, size_t task, size_t i, size_t group) {
    const block b = block_of(p, i);
    const int64_t stride = p->v->axis[p->blocks.axis].stride;
    const tad__field_part part = {
        .image = b.image,
        .images = b.images,
        .channel = (int64_t)group * p->inputs,
        .channels = p->inputs,
        .axis = p->blocks.axis,
        .shift = p->turned ? b.from / stride : b.from * stride,
        .rows = tad__conv_copied(&p->v->axis[p->blocks.axis], p->turned, b.rows),
    };
    const size_t line = (p->field_bytes + LINE - 1) / LINE * LINE;
    char *field = p->fields + (p->fields_apart ? task / p->piece * line : 0);
    tad__field_fill(&p->field, p->from, &part, field);
    return field;
}

bool tad__conv_taps(const tad__conv_plan *p, const tad__conv_phase *f, const char *field, size_t i,
                    size_t group, tad__taps *s) {
    const block b = block_of(p, i);
    int64_t at = b.image * p->to_step[0] + (int64_t)group * p->outputs * p->to_step[1];
    *s = (tad__taps){.outputs = (size_t)p->outputs,
                     .taps = f->taps,
                     .count = {(size_t)b.images},
                     .x = field,
                     .x_step = {p->field.image},
                     .tap = f->tap,
                     .y_step = {p->to_step[0]},
                     .y_output = p->to_step[1]};
    for (int k = 0; k < TAD__SPATIAL; k++) {
        const tad__conv_axis *a = &p->v->axis[k];
        const bool cut = k == p->blocks.axis;
        const int64_t all = cut ? b.rows : tad__conv_wanted(a, p->turned);
        const int64_t step = p->turned ? a->stride : 1;
        if (all <= f->first[k]) return false;
        s->count[1 + k] = (size_t)((all - f->first[k] - 1) / step + 1);
        s->y_step[1 + k] = p->to_step[2 + k] * step;
        if (k < 2) s->x_step[1 + k] = p->field.step[k] * (p->turned ? 1 : a->stride);
        at += ((cut ? b.from : 0) + f->first[k]) * p->to_step[2 + k];
    }
    s->y = p->to + at * (int64_t)p->width;
    return true;
}
