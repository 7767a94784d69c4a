/* Examples of tad/ops.h: shape, indexing, comparisons, sparse matrices, segments, random. */
#include "example.h"

static void views(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, 2, 3, 4, 5, 6});
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){7, 8, 9});

    IS(tad_reshape(x, TAD_SHAPE(3, -1)), "[[1, 2], [3, 4], [5, 6]]");

    IS(tad_flatten(x, 0, -1), "[1, 2, 3, 4, 5, 6]");

    IS(tad_transpose(x, 0, 1), "[[1, 4], [2, 5], [3, 6]]");

    IS(tad_permute(x, TAD_AXES(1, 0)), "[[1, 4], [2, 5], [3, 6]]");

    IS(tad_broadcast_to(v, TAD_SHAPE(2, 3)), "[[7, 8, 9], [7, 8, 9]]");

    IS(tad_shape_of(tad_squeeze(tad_reshape(x, TAD_SHAPE(1, 6, 1)), tad_all())), "(6)");

    IS(tad_unsqueeze(v, 1), "[[7], [8], [9]]");

    IS(tad_slice(x, 1, -2, TAD_END, 1), "[[2, 3], [5, 6]]");

    IS(tad_select(x, 1, 0), "[1, 4]");
    IS(tad_at(x, -1), "[4, 5, 6]");

    IS(tad_flip(x, tad_axis(1)), "[[3, 2, 1], [6, 5, 4]]");

    IS(tad_concat((tad_var[]){v, tad_at(x, 0)}, 2, 0), "[7, 8, 9, 1, 2, 3]");

    IS(tad_stack((tad_var[]){v, tad_at(x, 0)}, 2, 0), "[[7, 8, 9], [1, 2, 3]]");

    {
        tad_var part[2];
        tad_split_sizes(x, (int64_t[]){1, 2}, 2, 1, part);
        IS(part[1], "[[2, 3], [5, 6]]");
    }

    {
        tad_var part[2];
        tad_chunk(v, 2, 0, part, 2);
        IS(part[0], "[7, 8]");
        IS(part[1], "[9]");
    }

    IS(tad_diagonal(x, 1, 0, 1), "[2, 6]");

    IS(tad_diag(v, 0), "[[7, 0, 0], [0, 8, 0], [0, 0, 9]]");

    IS(tad_trace(x), 6);

    IS(tad_rot90(x, 1, tad_all()), "[[3, 6], [2, 5], [1, 4]]");

    {
        tad_var grid[2];
        tad_meshgrid((tad_var[]){v, tad_slice(v, 0, 0, 2, 1)}, 2, true, grid);
        IS(grid[0], "[[7, 8, 9], [7, 8, 9]]");
        IS(grid[1], "[[7, 7, 7], [8, 8, 8]]");
    }
}

static void copies(tad_tape *t) {
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3});
    const tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(2, 3), 1);

    IS(tad_pad(v, (int64_t[]){1, 2}, 2, TAD_PAD_CONSTANT, 0), "[0, 1, 2, 3, 0, 0]");

    IS(tad_roll(v, (int64_t[]){1}, 1, tad_axis(0)), "[3, 1, 2]");

    IS(tad_tril(x, 0), "[[1, 0, 0], [1, 1, 0]]");

    IS(tad_triu(x, 1), "[[0, 1, 1], [0, 0, 1]]");

    IS(tad_repeat(v, (int64_t[]){2, 0, 1}, 3, tad_axis(0)), "[1, 1, 3]");

    IS(tad_tile(v, (int64_t[]){2}, 1), "[1, 2, 3, 1, 2, 3]");

    IS(tad_cast(tad_div(v, tad_number(2)), TAD_I64), "[0, 1, 1]");
}

static void indexing(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, 2, 3, 4, 5, 6});
    const tad_var one = tad_constant(t, TAD_I64, TAD_SHAPE(1, 3), (int64_t[]){1, 0, 1});
    const tad_var row = tad_constant(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){10, 20, 30});
    const tad_var at = tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){2, 0});
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){7, 8, 9});
    const tad_var two = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){0.5, 0.25});

    IS(tad_gather(x, one, 0), "[[4, 2, 6]]");

    IS(tad_scatter_add(x, one, row, 0), "[[1, 22, 3], [14, 5, 36]]");

    IS(tad_index_select(x, at, 1), "[[3, 1], [6, 4]]");

    IS(tad_take_along_axis(x, tad_argsort(x, 1, true), tad_axis(1)), "[[3, 2, 1], [6, 5, 4]]");

    IS(tad_take(x, at, tad_all()), "[3, 1]");

    IS(tad_scatter(x, one, row, 0), "[[1, 20, 3], [10, 5, 30]]");

    IS(tad_scatter_reduce(x, one, row, 0, TAD_SCATTER_AMAX, true), "[[1, 20, 3], [10, 5, 30]]");

    IS(tad_index_put(v, at, two, 0), "[0.25, 8, 0.5]");

    IS(tad_index_add(v, at, two, 0), "[7.25, 8, 9.5]");

    IS(tad_masked_select(v, tad_greater(v, tad_number(7))), "[8, 9]");

    IS(tad_nonzero(tad_relu(tad_sub(v, tad_number(8)))), "[[2]]");

    IS(tad_embedding(at, tad_eye(t, TAD_F64, 3, 3)), "[[0, 0, 1], [1, 0, 0]]");

    {
        const tad_var table = tad_param(t, TAD_F64, TAD_SHAPE(3, 1), NULL);
        OK(tad_reverse(tad_sum(tad_embedding_padded(at, table, 0), tad_all())));
        IS(tad_gradient(table), "[[0], [0], [1]]"); /* row 0 is padding */
    }

    IS(tad_masked_fill(v, tad_less(v, tad_number(8)), -1), "[-1, 8, 9]");

    IS(tad_where(tad_less(v, tad_number(8)), v, tad_number(0)), "[7, 0, 0]");

    IS(tad_one_hot(at, 3), "[[0, 0, 1], [1, 0, 0]]");
}

static void comparisons(tad_tape *t) {
    const tad_var a = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3});
    const tad_var b = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){3, 2, 1});
    const tad_var p = tad_constant(t, TAD_BOOL, TAD_SHAPE(2), (bool[]){true, false});
    const tad_var q = tad_constant(t, TAD_BOOL, TAD_SHAPE(2), (bool[]){true, true});

    IS(tad_greater(a, b), "[0, 0, 1]");

    IS(tad_greater_equal(a, b), "[0, 1, 1]");

    IS(tad_less(a, b), "[1, 0, 0]");

    IS(tad_less_equal(a, b), "[1, 1, 0]");

    IS(tad_equal(a, b), "[0, 1, 0]");

    IS(tad_not_equal(a, b), "[1, 0, 1]");

    IS(tad_logical_and(p, q), "[1, 0]");

    IS(tad_logical_or(p, q), "[1, 1]");

    IS(tad_logical_xor(p, q), "[0, 1]");

    IS(tad_logical_not(p), "[0, 1]");
}

/* [[1, 0, 2], [0, 3, 0]] */
static tad_csr sparse_matrix(tad_tape *t) {
    return (tad_csr){.values = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3}),
                     .row_starts = tad_constant(t, TAD_I64, TAD_SHAPE(3), (int64_t[]){0, 2, 3}),
                     .columns = tad_constant(t, TAD_I64, TAD_SHAPE(3), (int64_t[]){0, 2, 1}),
                     .n_columns = 3};
}

static void sparse(tad_tape *t) {
    const tad_csr a = sparse_matrix(t);
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 10, 100});
    const tad_var z = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});

    IS(tad_csr_matmul(a, x), "[201, 30]");

    IS(tad_csr_matmul_transposed(a, z), "[1, 6, 2]");

    IS(tad_csr_sample_matmul(a, z, x), "[1, 100, 20]");

    IS(tad_csr_sample(a, tad_outer(z, x)), "[1, 100, 20]");

    IS(tad_csr_rows(a), "[0, 0, 1]");

    IS(tad_csr_to_dense(a), "[[1, 0, 2], [0, 3, 0]]");

    IS(tad_csr_sum(a, tad_axis(1)), "[3, 3]");

    {
        const tad_coo entries = {
            .values = x,
            .rows = tad_constant(t, TAD_I64, TAD_SHAPE(3), (int64_t[]){1, 0, 1}),
            .columns = tad_constant(t, TAD_I64, TAD_SHAPE(3), (int64_t[]){0, 1, 0}),
            .n_rows = 2,
            .n_columns = 2};
        IS(tad_csr_to_dense(tad_coo_to_csr(entries)), "[[0, 10], [101, 0]]");
    }

    IS(tad_csr_to_coo(a).rows, "[0, 0, 1]");

    IS(tad_csr_to_dense(tad_csr_transpose(a)), "[[1, 0], [0, 3], [2, 0]]");

    IS(tad_csr_to_dense(tad_csr_add(a, a)), "[[2, 0, 4], [0, 6, 0]]");
}

static void segments(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){1, 2, 3, 4});
    const tad_var ids = tad_constant(t, TAD_I64, TAD_SHAPE(4), (int64_t[]){0, 0, 2, 0});
    const tad_var table = tad_constant(t, TAD_F64, TAD_SHAPE(3, 2), (double[]){1, 2, 3, 4, 5, 6});
    const tad_var words = tad_constant(t, TAD_I64, TAD_SHAPE(3), (int64_t[]){0, 2, 1});
    const tad_var starts = tad_constant(t, TAD_I64, TAD_SHAPE(3), (int64_t[]){0, 2, 3});

    IS(tad_segment_sum(x, ids, 3), "[7, 0, 3]");

    IS(tad_segment_mean(x, ids, 3), "[2.33333, 0, 3]");

    IS(tad_segment_max(x, ids, 3), "[4, -inf, 3]");

    IS(tad_segment_min(x, ids, 3), "[1, inf, 3]");

    IS(tad_segment_softmax(x, ids, 3), "[0.0420101, 0.114195, 1, 0.843795]");

    IS(tad_embedding_bag(words, table, starts, tad_none(), TAD_BAG_SUM), "[[6, 8], [3, 4]]");

    IS(tad_embedding_bag_padded(words, table, starts, tad_none(), TAD_BAG_MEAN, 2),
       "[[1, 2], [3, 4]]");
}

static void random_choices(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3});
    const tad_var keep = tad_constant(t, TAD_BOOL, TAD_SHAPE(3), (bool[]){true, false, true});
    const tad_var images = tad_full(t, TAD_F64, TAD_SHAPE(2, 3, 8, 8), 1);

    IS(tad_unique(tad_dropout(images, 0.5), NULL, NULL), "[0, 2]");

    IS(tad_dropout_mask(x, keep, 0.5), "[2, 0, 6]");

    IS(tad_shape_of(tad_dropout_channels(images, 0.5)), "(2, 3, 8, 8)");

    IS(tad_sum(tad_gumbel_softmax(x, 0.5, true, -1), tad_all()), 1);
}

static void samples(tad_tape *t) {
    const tad_var two = tad_broadcast_to(tad_scalar(t, 2), TAD_SHAPE(10000)); /* of so many */
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 3});

    {
        const tad_var mean = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
        const tad_var y = tad_normal_sample(mean, tad_number(2));
        OK(tad_reverse(tad_sum(y, tad_all())));
        IS(tad_gradient(mean), "[1, 1]"); /* a sample moves with the mean */
    }

    IS(tad_shape_of(tad_multivariate_normal_sample(v, tad_eye(t, TAD_F64, 2, 2))), "(2)");

    IS(fabs(tad_item(tad_mean(tad_gamma_sample(two, tad_number(4)), tad_all())) - 0.5) < 0.02,
       true);

    IS(fabs(tad_item(tad_mean(tad_beta_sample(two, two), tad_all())) - 0.5) < 0.02, true);

    {
        const tad_var y = tad_student_sample(tad_number(5), two, tad_number(1));
        IS(fabs(tad_item(tad_mean(y, tad_all())) - 2) < 0.05, true);
    }

    IS(tad_sum(tad_dirichlet_sample(v), tad_all()), 1);

    IS(fabs(tad_item(tad_mean(tad_poisson_sample(two), tad_all())) - 2) < 0.05, true);

    IS(tad_categorical_sample(tad_mul(v, tad_number(1000))), 1); /* all but certain */
}

EXAMPLES(views, copies, indexing, comparisons, sparse, segments, random_choices, samples)
