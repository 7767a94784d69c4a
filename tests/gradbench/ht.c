/* GradBench's ht: how far a hand's surface is from measured points, by the pose of the hand and, in
 * the complicated variant, places on triangles. Bones are scalar code and matrices of 4 x 4,
 * vertices are arrays. A column of the Jacobian is a tangent; all are frozen together, and what a
 * parameter does not move is not computed. */
#include "gradbench.h"

#include <stdlib.h>

enum { POSE = 26, MOST_BONES = 64, MOST_COLUMNS = POSE + 2 };

typedef struct hand {
    int64_t bones, vertices, count; /* count: of correspondences */
    int64_t *parents, *triangles, *correspondences;
    double *relative, *inverse, *base, *weights, *points;
    double pose[POSE], *places; /* all u, then all v; NULL in the simple variant */
    bool mirrored;
    double *errors, *jacobian;
    tad_workspace *w;
} hand;

static void read_model(hand *h, const json_t *model) {
    h->bones = (int64_t)json_array_size(gb_get(model, "bone_names"));
    h->vertices = (int64_t)json_array_size(gb_get(model, "base_positions"));
    h->parents = gb_whole_numbers(model, "parents", NULL);
    h->triangles = gb_whole_numbers(model, "triangles", NULL);
    h->relative = gb_numbers(model, "base_relatives", NULL);
    h->inverse = gb_numbers(model, "inverse_base_absolutes", NULL);
    h->base = gb_numbers(model, "base_positions", NULL);
    h->weights = gb_numbers(model, "weights", NULL);
    h->mirrored = json_is_true(gb_get(model, "is_mirrored"));
    if (h->bones > MOST_BONES) gb_fail("too many bones");
}

static void *read_input(const json_t *input) {
    hand *h = gb_memory(sizeof *h);
    const json_t *data = gb_get(input, "data");
    size_t count, n;
    double *pose = gb_numbers(input, "theta", &n);
    if (n != POSE) gb_fail("a pose has 26 numbers");
    for (int i = 0; i < POSE; i++) h->pose[i] = pose[i];
    read_model(h, gb_get(data, "model"));
    h->correspondences = gb_whole_numbers(data, "correspondences", &count);
    h->count = (int64_t)count;
    h->points = gb_numbers(data, "points", NULL);
    double *places = gb_numbers(input, "us", &n);
    h->places = n ? gb_memory(n * sizeof(double)) : NULL;
    for (size_t i = 0; i < n; i++) h->places[i % 2 * count + i / 2] = places[i];
    free(places);
    return h;
}

/* ---- bones ---- */

/* A matrix of these entries, plain numbers too. */
static tad_var matrix(tad_tape *t, const tad_var *entry, int64_t n) {
    tad_var list[16];
    for (int64_t i = 0; i < n * n; i++)
        list[i] =
            tad_is_number(entry[i]) ? tad_full(t, TAD_F64, TAD_0D, entry[i].u.number) : entry[i];
    return tad_reshape(tad_stack(list, (size_t)(n * n), 0), TAD_SHAPE(n, n));
}

/* A turn about the x axis, then one about the z axis. */
static tad_var turn(tad_tape *t, tad_var about_x, tad_var about_z) {
    const tad_var o = tad_number(0), l = tad_number(1);
    tad_var cx = tad_cos(about_x), sx = tad_sin(about_x), cz = tad_cos(about_z),
            sz = tad_sin(about_z);
    const tad_var entry[16] = {cz,
                               tad_neg(tad_mul(sz, cx)),
                               tad_mul(sz, sx),
                               o, //
                               sz,
                               tad_mul(cz, cx),
                               tad_neg(tad_mul(cz, sx)),
                               o, //
                               o,
                               sx,
                               cx,
                               o, //
                               o,
                               o,
                               o,
                               l};
    return matrix(t, entry, 4);
}

/* What the pose says of bone i: each of five fingers has three bones that bend, of which the first
 * also turns sideways, and one that does not. */
static bool bends(int64_t i, const tad_var *pose, tad_var *about_x, tad_var *about_z) {
    const int64_t finger = (i - 2) / 4, joint = (i - 2) % 4;
    if (i < 2 || finger >= 5 || joint == 3) return false;
    const tad_var *of_finger = pose + 6 + 4 * finger;
    *about_x = of_finger[joint ? joint + 1 : 0];
    *about_z = joint ? tad_number(0) : of_finger[1];
    return true;
}

static tad_var given(tad_tape *t, const double *list, int64_t i) {
    return tad_constant(t, TAD_F64, TAD_SHAPE(4, 4), list + 16 * i);
}

/* Of every bone, how it moves what is attached to it. */
static void move_bones(tad_tape *t, const hand *h, const tad_var *pose, tad_var *transform) {
    tad_var absolute[MOST_BONES];
    for (int64_t i = 0; i < h->bones; i++) {
        tad_var x, z, relative = given(t, h->relative, i);
        if (bends(i, pose, &x, &z)) relative = tad_matmul(relative, turn(t, x, z));
        const int64_t parent = h->parents[i];
        absolute[i] = parent < 0 ? relative : tad_matmul(absolute[parent], relative);
        transform[i] = tad_matmul(absolute[i], given(t, h->inverse, i));
    }
}

/* ---- the whole hand: coordinates are rows, so that whatever is done to them is done to long ones
 */

static tad_var by_columns(tad_tape *t, const double *rows, int64_t n, int64_t width) {
    return tad_transpose(tad_borrow(t, TAD_F64, TAD_SHAPE(n, width), rows), 0, 1);
}

/* The matrix of a rotation about an axis by its length. */
static tad_var rotation(tad_tape *t, const tad_var *axis) {
    const tad_var l = tad_number(1);
    tad_var angle =
        tad_sqrt(tad_fma(axis[0], axis[0], tad_fma(axis[1], axis[1], tad_square(axis[2]))));
    if (tad_decide(tad_less(angle, tad_number(1e-4))))
        return tad_constant(t, TAD_F64, TAD_SHAPE(3, 3), (double[]){1, 0, 0, 0, 1, 0, 0, 0, 1});
    tad_var c = tad_cos(angle), s = tad_sin(angle), rest = tad_sub(l, c), u[3], entry[9];
    for (int i = 0; i < 3; i++) u[i] = tad_div(axis[i], angle);
    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        tad_var both = tad_mul(tad_mul(u[i], u[j]), rest), across = tad_mul(u[k], s);
        entry[4 * i] = tad_fma(tad_square(u[i]), rest, c);
        entry[3 * i + j] = tad_sub(both, across);
        entry[3 * j + i] = tad_add(both, across);
    }
    return matrix(t, entry, 3);
}

/* The vertices, (3, vertices): each is moved by all bones, weighted. */
static tad_var vertices(tad_tape *t, const hand *h, const tad_var *pose) {
    tad_var transform[MOST_BONES], sum = tad_none();
    tad_var base = by_columns(t, h->base, h->vertices, 4);
    tad_var weights = by_columns(t, h->weights, h->vertices, h->bones);
    move_bones(t, h, pose, transform);
    for (int64_t i = 0; i < h->bones; i++) {
        tad_var moved = tad_matmul(tad_slice(transform[i], 0, 0, 3, 1), base);
        tad_var part = tad_mul(moved, tad_at(weights, i));
        sum = i ? tad_add(sum, part) : part;
    }
    if (h->mirrored) {
        tad_var mirror = tad_constant(t, TAD_F64, TAD_SHAPE(3, 1), (double[]){-1, 1, 1});
        sum = tad_mul(sum, mirror);
    }
    tad_var shift = tad_reshape(tad_stack(pose + 3, 3, 0), TAD_SHAPE(3, 1));
    return tad_add(tad_matmul(rotation(t, pose), sum), shift);
}

/* ---- errors ---- */

static tad_var indices(tad_tape *t, const hand *h, int corner) {
    double *list = gb_memory((size_t)h->count * sizeof *list);
    for (int64_t i = 0; i < h->count; i++) {
        const int64_t at = h->correspondences[i];
        list[i] = (double)(corner < 0 ? at : h->triangles[3 * at + corner]);
    }
    tad_var index = tad_constant_from(t, TAD_I64, TAD_SHAPE(h->count), list);
    free(list);
    return index;
}

/* Where on its triangle a point is looked for: u of the first corner, v of the second. */
static tad_var on_triangles(tad_tape *t, const hand *h, tad_var surface, tad_var places) {
    tad_var u = tad_at(places, 0), v = tad_at(places, 1), corner[3];
    for (int i = 0; i < 3; i++) corner[i] = tad_index_select(surface, indices(t, h, i), 1);
    tad_var rest = tad_sub(tad_sub(tad_number(1), u), v);
    return tad_add(tad_add(tad_mul(u, corner[0]), tad_mul(v, corner[1])), tad_mul(rest, corner[2]));
}

/* in: the pose and, in the complicated variant, the places. */
static tad_var errors_of(tad_tape *t, const hand *h, const tad_var *in) {
    tad_var points = by_columns(t, h->points, h->count, 3);
    tad_var surface = vertices(t, h, in);
    return tad_sub(points, h->places ? on_triangles(t, h, surface, in[POSE])
                                     : tad_index_select(surface, indices(t, h, -1), 1));
}

/* ---- programs ---- */

/* The tangent that is column k: first the two of all places, then the pose. */
static tad_var column(tad_tape *t, const hand *h, const tad_var *in, tad_var errors, int k) {
    const int of_places = h->places ? 2 : 0;
    tad_var along[POSE + 1], result;
    for (int i = 0; i <= POSE; i++) along[i] = tad_none();
    if (k < of_places) {
        tad_var row = tad_constant(t, TAD_F64, TAD_SHAPE(2, 1), (double[]){k == 0, k == 1});
        along[POSE] = tad_broadcast_to(row, TAD_SHAPE(2, h->count));
    } else {
        along[k - of_places] = tad_number(1);
    }
    gb_tape_must(tad_tangent(&errors, 1, in, along, POSE + (h->places ? 1 : 0), &result), t);
    return result;
}

static int columns_of(const hand *h) { return POSE + (h->places ? 2 : 0); }

static void prepare(hand *h, bool jacobian) {
    const tad_freeze_options options = {.allow_constant_outputs = true};
    const tad_shape shape = TAD_SHAPE(3, h->count);
    const int n_in = POSE + (h->places ? 1 : 0), n = jacobian ? columns_of(h) : 1;
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[POSE + 1], out[MOST_COLUMNS];
    for (int i = 0; i < POSE; i++) in[i] = tad_scalar(t, h->pose[i]);
    if (h->places) in[POSE] = tad_input(t, TAD_F64, TAD_SHAPE(2, h->count), h->places);
    tad_var errors = out[0] = errors_of(t, h, in);
    for (int k = 0; k < n && jacobian; k++) out[k] = column(t, h, in, errors, k);
    h->w = gb_freeze_recorded(t, in, (size_t)n_in, out, (size_t)n, &options);
    double *to = gb_memory((size_t)(3 * h->count * n) * sizeof *to);
    for (int k = 0; k < n; k++) gb_bind_out(h->w, (size_t)k, shape, to + 3 * h->count * k);
    gb_run_must(tad_bind_numbers_in(h->w, 0, POSE, h->pose), h->w);
    if (h->places) gb_bind_in(h->w, POSE, TAD_SHAPE(2, h->count), h->places);
    h->errors = h->jacobian = to;
}

static void prepare_errors(void *state) { prepare(state, false); }
static void prepare_jacobian(void *state) { prepare(state, true); }

static void compute(void *state) { gb_run(((hand *)state)->w); }

static json_t *errors(void *state) {
    const hand *h = state;
    json_t *list = json_array();
    for (int64_t i = 0; i < 3 * h->count; i++)
        json_array_append_new(list, json_real(h->errors[i % 3 * h->count + i / 3]));
    return list;
}

static json_t *jacobian(void *state) {
    const hand *h = state;
    double row[MOST_COLUMNS];
    json_t *list = json_array();
    for (int64_t i = 0; i < 3 * h->count; i++) {
        for (int k = 0; k < columns_of(h); k++)
            row[k] = h->jacobian[3 * h->count * k + i % 3 * h->count + i / 3];
        json_array_append_new(list, gb_list(row, (size_t)columns_of(h)));
    }
    return list;
}

int main(int argc, char **argv) {
    const gb_function all[] = {{"objective", read_input, prepare_errors, compute, errors},
                               {"jacobian", read_input, prepare_jacobian, compute, jacobian}};
    return gb_main(argc, argv, all, 2);
}
