/* ba_hand of ba_hand.h, some observations side by side, as a careful programmer writes it without
 * intrinsics: the derivative of each error by the seen point goes back through the rotation, which
 * takes no matrices. Compiled with -ffast-math, loops and functions become vectors. */
#include "ba_hand.h"

#include <math.h>

enum { LANES = 64 };

typedef struct vec {
    double x, y, z;
} vec;

static inline double dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

static inline vec cross(vec a, vec b) {
    return (vec){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static inline vec times(double s, vec a) { return (vec){s * a.x, s * a.y, s * a.z}; }
static inline vec plus(vec a, vec b) { return (vec){a.x + b.x, a.y + b.y, a.z + b.z}; }

typedef const double rows_in[BA_OBSERVATIONS];
typedef double rows_out[BA_OBSERVATIONS];

static inline vec get(rows_in *in, size_t k, size_t at) {
    return (vec){in[k][at], in[k + 1][at], in[k + 2][at]};
}

static inline void put(rows_out *out, size_t k, size_t at, vec a) {
    out[k][at] = a.x;
    out[k + 1][at] = a.y;
    out[k + 2][at] = a.z;
}

/* A rotation by `angle` about `axis`. */
typedef struct rotation {
    vec axis;
    double angle, sine, cosine;
} rotation;

static inline vec rotate(const rotation *r, double sine, vec v) {
    const double along = (1 - r->cosine) * dot(r->axis, v);
    return plus(times(r->cosine, v), plus(times(sine, cross(r->axis, v)), times(along, r->axis)));
}

/* Of <u, rotated v>: the derivative by the vector whose direction is the axis and whose length is
 * the angle. */
static inline vec by_rotation(const rotation *r, vec v, vec u) {
    const double uv = dot(u, v), ua = dot(u, r->axis), va = dot(v, r->axis);
    const vec vu = cross(v, u);
    const vec by_axis =
        plus(times(r->sine, vu), times(1 - r->cosine, plus(times(va, u), times(ua, v))));
    const double by_angle = r->sine * (ua * va - uv) + r->cosine * dot(r->axis, vu);
    const double inverse = 1 / r->angle;
    return plus(times(inverse, by_axis),
                times(by_angle - inverse * dot(r->axis, by_axis), r->axis));
}

/* Back from what an error's derivative by the flat point is. */
static inline void put_row(rows_out *out, size_t at, const rotation *r, vec v, vec u) {
    const vec by_point = rotate(r, -r->sine, u);
    put(out, 0, at, by_rotation(r, v, u));
    put(out, BA_CENTRE, at, times(-1, by_point));
    put(out, BA_POINT, at, by_point);
}

static inline void observe(rows_in *restrict in, rows_out *restrict out, size_t at, rotation r) {
    rows_out *const row0 = out + 2, *const row1 = row0 + BA_WANTED;
    const vec centre = get(in, BA_CENTRE, at);
    const vec v = plus(get(in, BA_POINT, at), times(-1, centre));
    const vec seen = rotate(&r, r.sine, v);
    const double inverse = 1 / seen.z, x = seen.x * inverse, y = seen.y * inverse;
    const double q = x * x + y * y, k1 = in[BA_RADIAL][at], k2 = in[BA_RADIAL + 1][at];
    const double w = in[BA_WEIGHT][at], f = in[BA_FOCAL][at], wf = w * f;
    const double scale = 1 + q * (k1 + q * k2), slope = 2 * (k1 + 2 * k2 * q);
    const double ex = f * scale * x + in[BA_PRINCIPAL][at] - in[BA_FEATURE][at];
    const double ey = f * scale * y + in[BA_PRINCIPAL + 1][at] - in[BA_FEATURE + 1][at];
    const double xx = wf * (scale + slope * x * x) * inverse, xy = wf * slope * x * y * inverse;
    const double yy = wf * (scale + slope * y * y) * inverse;
    out[0][at] = w * ex, out[1][at] = w * ey;
    put_row(row0, at, &r, v, (vec){xx, xy, -(xx * x + xy * y)});
    put_row(row1, at, &r, v, (vec){xy, yy, -(xy * x + yy * y)});
    row0[BA_FOCAL][at] = w * scale * x, row1[BA_FOCAL][at] = w * scale * y;
    row0[BA_PRINCIPAL][at] = w, row0[BA_PRINCIPAL + 1][at] = 0;
    row1[BA_PRINCIPAL][at] = 0, row1[BA_PRINCIPAL + 1][at] = w;
    row0[BA_RADIAL][at] = wf * q * x, row1[BA_RADIAL][at] = wf * q * y;
    row0[BA_RADIAL + 1][at] = wf * q * q * x, row1[BA_RADIAL + 1][at] = wf * q * q * y;
    row0[BA_WEIGHT][at] = ex, row1[BA_WEIGHT][at] = ey;
}

/* Sine and cosine in loops of their own: gcc would make one call of both, which is no vector. */
void ba_hand(rows_in *restrict in, rows_out *restrict out) {
    double angle[LANES], sine[LANES], cosine[LANES];
    for (size_t at = 0; at < BA_OBSERVATIONS; at += LANES) {
        const size_t n = BA_OBSERVATIONS - at < LANES ? BA_OBSERVATIONS - at : LANES;
        for (size_t l = 0; l < n; l++) {
            const vec r = get(in, 0, at + l);
            angle[l] = sqrt(dot(r, r));
        }
        for (size_t l = 0; l < n; l++) sine[l] = sin(angle[l]);
        for (size_t l = 0; l < n; l++) cosine[l] = cos(angle[l]);
        for (size_t l = 0; l < n; l++) {
            const vec axis = times(1 / angle[l], get(in, 0, at + l));
            observe(in, out, at + l, (rotation){axis, angle[l], sine[l], cosine[l]});
        }
    }
}
