/* ba_module of ba_hand.h: matrices of derivatives of the rotated and of the projected point, as
 * they come from the formulas, and the product of both. */
#include "ba_hand.h"

#include <math.h>

typedef double vec[3];
typedef double mat[3][3]; /* a row for each result */

static double dot(const vec a, const vec b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void cross(const vec a, const vec b, vec to) {
    to[0] = a[1] * b[2] - a[2] * b[1];
    to[1] = a[2] * b[0] - a[0] * b[2];
    to[2] = a[0] * b[1] - a[1] * b[0];
}

/* ---- rotation ---- */

/* Of the rotated point by element j of the rotation. */
static void by_element(const vec axis, double angle, const vec v, int j, mat by_rotation) {
    const double c = cos(angle), s = sin(angle), along = dot(axis, v);
    vec turned, axis_moves, turned_moves;
    for (int i = 0; i < 3; i++) axis_moves[i] = ((i == j) - axis[i] * axis[j]) / angle;
    cross(axis, v, turned);
    cross(axis_moves, v, turned_moves);
    const double along_moves = dot(axis_moves, v) * (1 - c) + along * s * axis[j];
    for (int i = 0; i < 3; i++)
        by_rotation[i][j] = (c * turned[i] - s * v[i]) * axis[j] + s * turned_moves[i] +
                            along_moves * axis[i] + along * (1 - c) * axis_moves[i];
}

/* Of the rotated point by the point: the matrix of the rotation. */
static void matrix_of(const vec axis, double angle, mat to) {
    const double c = cos(angle), s = sin(angle);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) to[i][j] = (1 - c) * axis[i] * axis[j];
    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        to[i][i] += c;
        to[j][i] += s * axis[k];
        to[k][i] -= s * axis[j];
    }
}

static void rotate(const double *r, const vec v, vec seen, mat by_rotation, mat by_point) {
    const double angle = sqrt(dot(r, r)), inverse = 1 / angle;
    const vec axis = {r[0] * inverse, r[1] * inverse, r[2] * inverse};
    for (int j = 0; j < 3; j++) by_element(axis, angle, v, j, by_rotation);
    matrix_of(axis, angle, by_point);
    for (int i = 0; i < 3; i++) seen[i] = dot(by_point[i], v);
}

/* ---- projection ---- */

typedef struct projection {
    double projected[2], by_seen[2][3], by_focal[2], by_radial[2][2];
} projection;

static void distort(const double *in, const double flat[2], double to[2], double by_flat[2][2],
                    double by_radial[2][2]) {
    const double *k = in + BA_RADIAL, q = flat[0] * flat[0] + flat[1] * flat[1];
    const double scale = 1 + k[0] * q + k[1] * q * q, slope = 2 * k[0] + 4 * k[1] * q;
    for (int i = 0; i < 2; i++) {
        to[i] = flat[i] * scale;
        for (int j = 0; j < 2; j++)
            by_flat[i][j] = flat[i] * flat[j] * slope + (i == j ? scale : 0);
        by_radial[i][0] = flat[i] * q;
        by_radial[i][1] = flat[i] * q * q;
    }
}

static void project(const double *in, const vec seen, projection *p) {
    const double flat[2] = {seen[0] / seen[2], seen[1] / seen[2]}, f = in[BA_FOCAL];
    double distorted[2], by_flat[2][2];
    distort(in, flat, distorted, by_flat, p->by_radial);
    for (int i = 0; i < 2; i++) {
        p->projected[i] = distorted[i] * f + in[BA_PRINCIPAL + i];
        p->by_focal[i] = distorted[i];
        for (int j = 0; j < 2; j++) {
            p->by_seen[i][j] = f * by_flat[i][j] / seen[2];
            p->by_radial[i][j] *= f;
        }
        p->by_seen[i][2] = -f * (by_flat[i][0] * flat[0] + by_flat[i][1] * flat[1]) / seen[2];
    }
}

/* ---- an observation ---- */

static void put_row(const double *in, const projection *p, int i, mat by_rotation, mat by_point,
                    double *row) {
    const double w = in[BA_WEIGHT];
    for (int j = 0; j < 3; j++) {
        double rotation = 0, point = 0;
        for (int k = 0; k < 3; k++) {
            rotation += p->by_seen[i][k] * by_rotation[k][j];
            point += p->by_seen[i][k] * by_point[k][j];
        }
        row[j] = w * rotation;
        row[BA_CENTRE + j] = -w * point;
        row[BA_POINT + j] = w * point;
    }
    row[BA_FOCAL] = w * p->by_focal[i];
    for (int j = 0; j < 2; j++) {
        row[BA_PRINCIPAL + j] = i == j ? w : 0;
        row[BA_RADIAL + j] = w * p->by_radial[i][j];
    }
    row[BA_WEIGHT] = p->projected[i] - in[BA_FEATURE + i];
}

static void observe(const double *in, double *out) {
    vec v, seen;
    mat by_rotation, by_point;
    projection p;
    for (int i = 0; i < 3; i++) v[i] = in[BA_POINT + i] - in[BA_CENTRE + i];
    rotate(in, v, seen, by_rotation, by_point);
    project(in, seen, &p);
    for (int i = 0; i < 2; i++) {
        double *row = out + 2 + i * BA_WANTED;
        put_row(in, &p, i, by_rotation, by_point, row);
        out[i] = in[BA_WEIGHT] * row[BA_WEIGHT];
    }
}

void ba_module(const double (*in)[BA_INPUTS], double (*out)[BA_RESULTS]) {
    for (size_t k = 0; k < BA_OBSERVATIONS; k++) observe(in[k], out[k]);
}
