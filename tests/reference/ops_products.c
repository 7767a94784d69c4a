/* Examples of tad/ops.h: lists, products, convolutions, windows on images. */
#include "example.h"

static void lists(tad_tape *t) {
    const tad_var x[] = {tad_scalar(t, 1), tad_scalar(t, 2), tad_scalar(t, 3)};
    const tad_var w[] = {tad_scalar(t, 10), tad_scalar(t, 20), tad_number(30)};

    IS(tad_sum_list(x, 3), 6);

    IS(tad_dot_list(w, x, 3, tad_number(0.5)), 140.5);

    IS(tad_dot_list_plain((double[]){1, -1, 2}, x, 3, tad_number(0)), 5);
}

static void products(tad_tape *t) {
    const tad_var a = tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 2, 3, 4});
    const tad_var b = tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){5, 6, 7, 8});
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 10});
    const tad_var many = tad_full(t, TAD_F64, TAD_SHAPE(100, 2, 3), 1);
    const tad_var more = tad_full(t, TAD_F64, TAD_SHAPE(100, 3, 4), 1);

    IS(tad_matmul(a, b), "[[19, 22], [43, 50]]");

    IS(tad_shape_of(tad_bmm(many, more)), "(100, 2, 4)");

    IS(tad_mv(a, v), "[21, 43]");

    IS(tad_dot(v, v), 101);

    IS(tad_outer(v, v), "[[1, 10], [10, 100]]");

    IS(tad_addmm(v, a, b, 1, 2), "[[39, 54], [87, 110]]");

    IS(tad_tensordot(a, b, (int64_t[]){2}, 1), 70);

    IS(tad_kron(v, a), "[[1, 2, 10, 20], [3, 4, 30, 40]]");

    IS(tad_einsum("ij,jk->ki", (tad_var[]){a, b}, 2), "[[19, 43], [22, 50]]");

    IS(tad_affine(a, b, v), "[[20, 32], [44, 60]]");

    IS(tad_linear(a, b, v), "[[18, 33], [40, 63]]");
}

static void convolutions(tad_tape *t) {
    const tad_var x = tad_arange(t, TAD_F64, 1, 10, 1); /* 1 ... 9 */
    const tad_var line = tad_reshape(x, TAD_SHAPE(1, 1, 9));
    const tad_var image = tad_reshape(x, TAD_SHAPE(1, 1, 3, 3));
    const tad_var cube = tad_full(t, TAD_F64, TAD_SHAPE(1, 1, 2, 2, 2), 1);
    const tad_var k1 = tad_constant(t, TAD_F64, TAD_SHAPE(1, 1, 2), (double[]){-1, 1});
    const tad_var k2 = tad_full(t, TAD_F64, TAD_SHAPE(1, 1, 2, 2), 1);
    const tad_var k3 = tad_full(t, TAD_F64, TAD_SHAPE(1, 1, 2, 2, 2), 1);

    IS(tad_conv1d(line, k1, tad_none(), &(tad_conv_options){.stride = TAD_SHAPE(2)}),
       "[[[1, 1, 1, 1]]]");

    IS(tad_conv2d(image, k2, tad_none(), NULL), "[[[[12, 16], [24, 28]]]]");

    IS(tad_conv3d(cube, k3, tad_none(), NULL), "[[[[[8]]]]]");

    IS(tad_conv_transpose1d(line, k1, tad_none(), NULL),
       "[[[-1, -1, -1, -1, -1, -1, -1, -1, -1, 9]]]");

    IS(tad_shape_of(tad_conv_transpose2d(image, k2, tad_none(), NULL)), "(1, 1, 4, 4)");

    IS(tad_shape_of(tad_conv_transpose3d(cube, k3, tad_none(), NULL)), "(1, 1, 3, 3, 3)");
}

static void windows(tad_tape *t) {
    const tad_var x = tad_arange(t, TAD_F64, 0, 16, 1); /* 0 ... 15 */
    const tad_var line = tad_reshape(x, TAD_SHAPE(1, 1, 16));
    const tad_var image = tad_reshape(x, TAD_SHAPE(1, 1, 4, 4));
    const tad_var cube = tad_reshape(x, TAD_SHAPE(1, 1, 4, 2, 2));

    {
        tad_var places;
        IS(tad_max_pool2d(image, TAD_SHAPE(2), NULL, &places), "[[[[5, 7], [13, 15]]]]");
        IS(places, "[[[[5, 7], [13, 15]]]]");
    }

    IS(tad_max_pool1d(line, TAD_SHAPE(4), NULL, NULL), "[[[3, 7, 11, 15]]]");

    IS(tad_max_pool3d(cube, TAD_SHAPE(2), NULL, NULL), "[[[[[7]], [[15]]]]]");

    IS(tad_avg_pool1d(line, TAD_SHAPE(4), NULL), "[[[1.5, 5.5, 9.5, 13.5]]]");

    IS(tad_avg_pool2d(image, TAD_SHAPE(2), NULL), "[[[[2.5, 4.5], [10.5, 12.5]]]]");

    IS(tad_avg_pool3d(cube, TAD_SHAPE(2), NULL), "[[[[[3.5]], [[11.5]]]]]");

    IS(tad_adaptive_max_pool1d(line, TAD_SHAPE(2), NULL), "[[[7, 15]]]");

    IS(tad_adaptive_max_pool2d(image, TAD_SHAPE(1, 2), NULL), "[[[[13, 15]]]]");

    IS(tad_adaptive_max_pool3d(cube, TAD_SHAPE(1), NULL), "[[[[[15]]]]]");

    IS(tad_adaptive_avg_pool1d(line, TAD_SHAPE(2)), "[[[3.5, 11.5]]]");

    IS(tad_adaptive_avg_pool2d(image, TAD_SHAPE(1)), "[[[[7.5]]]]");

    IS(tad_adaptive_avg_pool3d(cube, TAD_SHAPE(1)), "[[[[[7.5]]]]]");

    IS(tad_lp_pool1d(line, 1, TAD_SHAPE(8), NULL), "[[[28, 92]]]");

    IS(tad_lp_pool2d(image, 2, TAD_SHAPE(2), NULL), "[[[[6.48074, 9.89949], [21.4009, 25.3377]]]]");

    IS(tad_lp_pool3d(cube, 1, TAD_SHAPE(2), NULL), "[[[[[28]], [[92]]]]]");

    IS(tad_shape_of(tad_unfold(image, TAD_SHAPE(3), NULL)), "(1, 9, 4)");

    {
        const tad_pool_options apart = {.stride = TAD_SHAPE(2)};
        const tad_var columns = tad_unfold(image, TAD_SHAPE(2), &apart);
        const tad_var again = tad_fold(columns, TAD_SHAPE(4, 4), TAD_SHAPE(2), &apart);
        IS(tad_reshape(again, TAD_SHAPE(16)),
           "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]");
    }
}

static void sizes(tad_tape *t) {
    const tad_var line = tad_constant(t, TAD_F64, TAD_SHAPE(1, 1, 2), (double[]){0, 4});
    const tad_var four = tad_constant(t, TAD_F64, TAD_SHAPE(1, 4, 1, 1), (double[]){1, 2, 3, 4});

    IS(tad_upsample(line, TAD_SHAPE(5), TAD_UPSAMPLE_LINEAR, true), "[[[0, 1, 2, 3, 4]]]");

    {
        const tad_var at = tad_constant(t, TAD_F64, TAD_SHAPE(1, 3, 1), (double[]){-1, 0, 0.5});
        IS(tad_grid_sample(line, at, TAD_GRID_BILINEAR, TAD_GRID_ZEROS, true), "[[[0, 2, 3]]]");
    }

    {
        const tad_var map = tad_constant(t, TAD_F64, TAD_SHAPE(1, 1, 2), (double[]){2, 1});
        IS(tad_affine_grid(map, TAD_SHAPE(1, 1, 3), true), "[[[-1], [1], [3]]]"); /* 2 x + 1 */
    }

    IS(tad_pixel_shuffle(four, 2), "[[[[1, 2], [3, 4]]]]");

    IS(tad_pixel_unshuffle(tad_pixel_shuffle(four, 2), 2), "[[[[1]], [[2]], [[3]], [[4]]]]");
}

EXAMPLES(lists, products, convolutions, windows, sizes)
