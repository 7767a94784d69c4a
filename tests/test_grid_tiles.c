/* grid_sample of many points, which are taken in tiles: each has the value and the gradient that it
 * has alone, whether its neighbours lie on the image or not. */
#include "support.h"

enum { IMAGES = 2, CHANNELS = 3, POINTS = 75, SIDE = 6, MOST_GRID = IMAGES * POINTS * 3 };
enum { MOST_IMAGE = IMAGES * CHANNELS * SIDE * SIDE * SIDE, RESULTS = IMAGES * CHANNELS * POINTS };

typedef struct trial {
    int axes;
    tad_grid_mode mode;
    tad_grid_padding padding;
    tad_dtype dtype;
} trial;

typedef struct result {
    double y[RESULTS], by_image[MOST_IMAGE], by_grid[MOST_GRID];
} result;

static double number(int i) { return sin(1.0 + 3.0 * i) + 0.3 * cos((double)i * i); }

/* Most points lie inside, in runs that are longer than a tile and shorter. */
static double place(int i) {
    const int run = i / 3 % POINTS;
    const double far = run > 40 && run % 9 == 0 ? 1.4 : 0.6;
    return far * sin(0.37 * i) + (run == 50 ? 2 : 0);
}

/* Of points `first` to first + count - 1 of each image. */
static void sample(const trial *c, int first, int count, result *to) {
    static double image[MOST_IMAGE], grid[MOST_GRID], weights[RESULTS];
    tad_shape of_image = TAD_SHAPE(IMAGES, CHANNELS), of_grid = TAD_SHAPE(IMAGES, count),
              of_result = TAD_SHAPE(IMAGES, CHANNELS, count);
    int elements = IMAGES * CHANNELS, n = 0;
    for (int k = 0; k < c->axes; k++, elements *= SIDE) of_image.dim[of_image.rank++] = SIDE;
    for (int k = 1; k < c->axes; k++) of_grid.dim[of_grid.rank++] = 1;
    of_grid.dim[of_grid.rank++] = c->axes;
    for (int i = 0; i < elements; i++) image[i] = number(i);
    for (int i = 0; i < IMAGES; i++)
        for (int p = first; p < first + count; p++)
            for (int k = 0; k < c->axes; k++) grid[n++] = place((i * POINTS + p) * 3 + k);
    for (int i = 0; i < IMAGES * CHANNELS; i++)
        for (int p = 0; p < count; p++)
            weights[i * count + p] = number(7 * (i * POINTS + first + p));
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[] = {tad_cast(tad_input(t, TAD_F64, of_image, image), c->dtype),
                    tad_cast(tad_input(t, TAD_F64, of_grid, grid), c->dtype)},
            w = tad_constant_from(t, c->dtype, of_result, weights), by[2];
    tad_var y = tad_reshape(tad_grid_sample(in[0], in[1], c->mode, c->padding, false), of_result),
            loss = tad_sum(tad_mul(y, w), tad_all());
    ck_tape(t);
    ck_done(tad_grad(&loss, NULL, 1, in, 2, by), t);
    ck_done(tad_read(y, to->y, (size_t)(IMAGES * CHANNELS * count)), t);
    ck_done(tad_read(by[0], to->by_image, (size_t)elements), t);
    ck_done(tad_read(by[1], to->by_grid, (size_t)n), t);
    tad_tape_free(t);
}

static void ck_alone(const trial *c, const result *all, int p, result *sum) {
    static result one;
    sample(c, p, 1, &one);
    for (int i = 0; i < IMAGES * CHANNELS; i++)
        ck_assert_msg(one.y[i] == all->y[i * POINTS + p], "%d axes, mode %d, point %d", c->axes,
                      (int)c->mode, p);
    for (int i = 0; i < IMAGES; i++)
        for (int k = 0; k < c->axes; k++)
            ck_assert_msg(one.by_grid[i * c->axes + k] ==
                              all->by_grid[(i * POINTS + p) * c->axes + k],
                          "gradient: %d axes, mode %d, point %d", c->axes, (int)c->mode, p);
    for (int i = 0; i < MOST_IMAGE; i++) sum->by_image[i] += one.by_image[i];
}

START_TEST(points_together_are_as_alone) {
    static result all, sum;
    const trial c = {1 + _i % 3, (tad_grid_mode)(_i / 3 % 3), (tad_grid_padding)(_i / 9 % 3),
                     _i / 27 ? TAD_F32 : TAD_F64};
    memset(&all, 0, sizeof all);
    memset(&sum, 0, sizeof sum);
    sample(&c, 0, POINTS, &all);
    for (int p = 0; p < POINTS; p++) ck_alone(&c, &all, p, &sum);
    for (int i = 0; i < MOST_IMAGE; i++)
        ck_near(all.by_image[i], sum.by_image[i], c.dtype == TAD_F64 ? 1e-13 : 2e-5);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("grid tiles");
    tcase_add_loop_test(support_case(s, "tiles"), points_together_are_as_alone, 0, 54);
    return s;
}

SUPPORT_MAIN(suite)
