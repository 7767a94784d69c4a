// The headers' words in C++: shapes, axes, options, sinks, as a C++ program writes them.
#include <cmath>
#include <cstdio>

#include <tad/tad.h>

static int wrong(const char *what) {
    std::printf("%s\n", what);
    return 1;
}

int main() {
    tad_settings settings = {};
    settings.seed = 3;
    tad_tape *t = tad_tape_new(&settings);
    const double values[] = {1, 2, 3, 4, 5, 6};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), values);
    double sums[3], g[6];
    if (tad_read(tad_sum(x, tad_axis(0)), sums, 3) != TAD_OK || sums[2] != 9)
        return wrong("tad_axis");
    tad_var all = tad_sum(tad_mul(x, tad_sum(x, tad_keepdims(TAD_AXES(0, -1)))), tad_all());
    if (tad_item(all) != 21 * 21 || tad_shape_of(all).rank != TAD_0D.rank) return wrong("TAD_AXES");
    if (tad_reverse(all) != TAD_OK || tad_read(tad_gradient(x), g, 6) != TAD_OK || g[5] != 42)
        return wrong("tad_reverse");
    tad_var y = tad_scalar(t, 0.5);
    if (tad_item(tad_add(tad_sin(y), tad_number(1))) != std::sin(0.5) + 1) return wrong("tad_add");
    tad_tape_free(t);
    return 0;
}
