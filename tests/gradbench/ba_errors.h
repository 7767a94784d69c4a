/* The two errors of an observation in bundle adjustment, of single numbers or of arrays of
 * observations. */
#ifndef TAD_GRADBENCH_BA_ERRORS_H
#define TAD_GRADBENCH_BA_ERRORS_H

#include <stdbool.h>

#include <tad/tad.h>

/* Of an observation's inputs: the camera (rotation, centre, focal length, principal point, radial
 * parameters), the point, the weight, the feature. The errors are differentiated by those before
 * the feature. */
enum {
    BA_CENTRE = 3,
    BA_FOCAL = 6,
    BA_PRINCIPAL = 7,
    BA_RADIAL = 9,
    BA_POINT = 11,
    BA_WEIGHT = 14,
    BA_FEATURE = 15,
    BA_INPUTS = 17,
    BA_CAMERA = BA_POINT,
    BA_WANTED = BA_FEATURE
};

static inline void ba_cross(const tad_var *a, const tad_var *b, tad_var *to) {
    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        to[i] = tad_fnma(a[k], b[j], tad_mul(a[j], b[k]));
    }
}

static inline tad_var ba_dot(const tad_var *a, const tad_var *b) {
    return tad_fma(a[0], b[0], tad_fma(a[1], b[1], tad_mul(a[2], b[2])));
}

/* By the formula of Rodrigues, which has no derivative at no rotation: there a cross product has.
 */
static inline void ba_rotate(const tad_var *rotation, const tad_var *x, bool still, tad_var *to) {
    tad_var axis[3], turned[3];
    if (still) {
        ba_cross(rotation, x, turned);
        for (int i = 0; i < 3; i++) to[i] = tad_add(x[i], turned[i]);
        return;
    }
    tad_var angle = tad_sqrt(ba_dot(rotation, rotation));
    tad_var c = tad_cos(angle), s = tad_sin(angle), inverse = tad_reciprocal(angle);
    for (int i = 0; i < 3; i++) axis[i] = tad_mul(rotation[i], inverse);
    ba_cross(axis, x, turned);
    tad_var along = tad_mul(ba_dot(axis, x), tad_sub(tad_number(1), c));
    for (int i = 0; i < 3; i++)
        to[i] = tad_fma(axis[i], along, tad_fma(turned[i], s, tad_mul(x[i], c)));
}

/* still: the camera has no rotation. */
static inline void ba_errors(const tad_var *in, bool still, tad_var *error) {
    tad_var moved[3], seen[3], flat[2];
    for (int i = 0; i < 3; i++) moved[i] = tad_sub(in[BA_POINT + i], in[BA_CENTRE + i]);
    ba_rotate(in, moved, still, seen);
    for (int i = 0; i < 2; i++) flat[i] = tad_div(seen[i], seen[2]);
    tad_var square = tad_fma(flat[0], flat[0], tad_square(flat[1]));
    tad_var inner = tad_fma(in[BA_RADIAL + 1], square, in[BA_RADIAL]);
    tad_var scale = tad_mul(in[BA_FOCAL], tad_fma(inner, square, tad_number(1)));
    for (int i = 0; i < 2; i++) {
        tad_var projected = tad_fma(flat[i], scale, in[BA_PRINCIPAL + i]);
        error[i] = tad_mul(in[BA_WEIGHT], tad_sub(projected, in[BA_FEATURE + i]));
    }
}

#endif
