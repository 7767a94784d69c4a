/* How convolutions are cut into blocks. It follows from sizes alone. Rests on plan.h. */
#include "plan.h"

enum {
    BLOCK_BYTES = 256 * 1024, /* of a copy: it stays in the second-level cache */
    BLOCKS_OF_ALL = 16,       /* that many at least, where there are as many images */
    PIECES = 8,               /* sums of weights that are joined */
    WEIGHTS_OF_PIECES = 1 << 20
};

int64_t tad__conv_floor(int64_t a, int64_t b) { return a / b - (a % b < 0); }

int64_t tad__conv_low(const tad__conv_axis *a, bool turned) {
    return turned ? tad__conv_floor(a->pad - (a->kernel - 1) * a->dilation, a->stride) : -a->pad;
}

int64_t tad__conv_copied(const tad__conv_axis *a, bool turned, int64_t rows) {
    if (!turned) return (rows - 1) * a->stride + tad__conv_reach(a);
    return tad__conv_floor(rows - 1 + a->pad, a->stride) - tad__conv_low(a, true) + 1;
}

/* So many that fit, from 1 to `most`. */
static int64_t that_fit(double room, int64_t most) {
    return room < 1 ? 1 : room < (double)most ? (int64_t)room : most;
}

static int64_t rounded_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

tad__conv_blocks tad__conv_blocks_of(const tad__conv *v, tad_dtype dtype, bool turned) {
    tad__conv_blocks b = {.axis = TAD__SPATIAL - v->rank, .images = 1, .bands = 1};
    const tad__conv_axis *cut = &v->axis[b.axis];
    double line = (double)tad__width(dtype) * (double)(turned ? v->outs : v->ins);
    for (int i = b.axis + 1; i < TAD__SPATIAL; i++)
        line *=
            (double)tad__conv_copied(&v->axis[i], turned, tad__conv_wanted(&v->axis[i], turned));
    const int64_t all = tad__conv_wanted(cut, turned), step = turned ? cut->stride : 1;
    const double image = line * (double)tad__conv_copied(cut, turned, all);
    b.rows = all;
    if (image <= BLOCK_BYTES) {
        const int64_t most = v->images / BLOCKS_OF_ALL;
        b.images = that_fit(BLOCK_BYTES / (image + 1), most ? most : 1);
    } else if (!turned) {
        b.rows = that_fit(
            (BLOCK_BYTES / line - (double)tad__conv_reach(cut)) / (double)cut->stride + 1, all);
    } else {
        const double more = (double)tad__conv_reach(cut) / (double)cut->stride + 2;
        b.rows = rounded_up(that_fit((BLOCK_BYTES / line - more) * (double)step, all), step);
    }
    b.bands = (all + b.rows - 1) / b.rows;
    b.count = (v->images + b.images - 1) / b.images * b.bands;
    double weights = (double)v->groups * (double)v->outs * (double)v->ins;
    for (int i = 0; i < TAD__SPATIAL; i++) weights *= (double)v->axis[i].kernel;
    b.pieces = that_fit(WEIGHTS_OF_PIECES / (weights + 1), b.count < PIECES ? b.count : PIECES);
    return b;
}
