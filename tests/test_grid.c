/* grid_sample and affine_grid: values and gradients of PyTorch 1.13 for every mode, padding and
 * place of corners, inside and outside of images; what is not finite; threads. */
#include "support.h"

typedef struct exact {
    tad_grid_mode mode;
    tad_grid_padding padding;
    bool corners;
    double y[5], by_grid[10], by_image; /* the image's gradient times the cosines of 0, 1, ... */
} exact;

/* An image (3,4) at five places, one (2,3,4) at three. */
static const double plane_places[] = {-0.9, 0.33, 0.27, -1.15, 1.4, 0.6, -2.3, -3.1, 0.55, 0.05},
                    space_places[] = {-0.9, 0.33, 0.2, 0.27, -1.15, -1.4, 2.4, 0.6, -3.15},
                    cotangent[] = {1, -0.5, 2, 0.25, -1};

static const exact planes[] = {
    {TAD_GRID_BILINEAR,
     TAD_GRID_ZEROS,
     false,
     {0.59449115491786, -0.14837715056296, 0.0, 0.0, -0.54755344132831},
     {1.6985461569082, 0.25519038433256, 0.066805295328061, 0.40466495608079, 0.0, 0.0, 0.0, 0.0,
      -1.1371607299199, -0.385248640049},
     -0.96980820829278},
    {TAD_GRID_BILINEAR,
     TAD_GRID_ZEROS,
     true,
     {0.75191395616742, -0.33415068417768, -0.021346154838784, 0.0, -0.70601507936414},
     {-0.57257776177257, 0.13500816098989, 0.91744764943054, 0.19655922598687, 0.16009616129088,
      0.40648519351982, 0.0, 0.0, -0.82931360382735, -0.084081506874023},
     -0.86826664288676},
    {TAD_GRID_BILINEAR,
     TAD_GRID_BORDER,
     false,
     {0.84927307845408, -0.53955327477439, 0.099066560472974, 0.29552020666134, -0.54755344132831},
     {0.0, 0.36455769190365, 0.24292834664749, 0.0, 0.0, 1.5243194756993, 0.0, 0.0,
      -1.1371607299199, -0.385248640049},
     -0.52252127430794},
    {TAD_GRID_BILINEAR,
     TAD_GRID_BORDER,
     true,
     {0.75191395616742, -0.39311845197375, -0.053365387096959, 0.29552020666134, -0.70601507936414},
     {-0.57257776177257, 0.13500816098989, 1.0793501758006, 0.0, 0.0, 1.0162129837996, 0.0, 0.0,
      -0.82931360382735, -0.084081506874023},
     -0.22881074564925},
    {TAD_GRID_BILINEAR,
     TAD_GRID_REFLECTION,
     false,
     {0.84927307845408, -0.53955327477439, -0.22698337685778, -0.88480926699942, -0.54755344132831},
     {0.0, 0.36455769190365, 0.24292834664749, 0.0, -4.3473324977434, 0.95895282899833,
      -0.57482582036798, 0.0, -1.1371607299199, -0.385248640049},
     -1.4043141465768},
    {TAD_GRID_BILINEAR,
     TAD_GRID_REFLECTION,
     true,
     {0.75191395616742, -0.44523431359513, -0.59239193241827, -0.9306047354468, -0.70601507936414},
     {-0.57257776177257, 0.13500816098989, 1.0822166066277, -0.17371953873795, -2.6951327266065,
      0.26239078819821, 0.42871371387058, -0.034483228643972, -0.82931360382735,
      -0.084081506874023},
     -1.245152190254},
    {TAD_GRID_NEAREST,
     TAD_GRID_ZEROS,
     false,
     {0.72896904012588, 0.0, 0.0, 0.0, -0.35822928223683},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -1.4075458752069},
    {TAD_GRID_NEAREST,
     TAD_GRID_ZEROS,
     true,
     {0.72896904012588, -0.52983614090849, 0.0, 0.0, -0.87969575997167},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -1.4057404892404},
    {TAD_GRID_NEAREST,
     TAD_GRID_BORDER,
     false,
     {0.72896904012588, -0.52983614090849, 0.14987720966295, 0.29552020666134, -0.35822928223683},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -0.94062106095724},
    {TAD_GRID_NEAREST,
     TAD_GRID_BORDER,
     true,
     {0.72896904012588, -0.52983614090849, 0.14987720966295, 0.29552020666134, -0.87969575997167},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -1.1468890932643},
    {TAD_GRID_NEAREST,
     TAD_GRID_REFLECTION,
     false,
     {0.72896904012588, -0.52983614090849, 0.14987720966295, -0.99977443107301, -0.35822928223683},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -1.4003889432264},
    {TAD_GRID_NEAREST,
     TAD_GRID_REFLECTION,
     true,
     {0.72896904012588, -0.52983614090849, -0.99977443107301, -0.99977443107301, -0.87969575997167},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -3.2936514296624},
    {TAD_GRID_BICUBIC,
     TAD_GRID_ZEROS,
     false,
     {0.77873224071341, -0.13259139988, -0.013242748257123, 0.0, -0.67757346800832},
     {2.0197108230688, 0.54886066193845, 0.3165446057881, 0.39553649651444, -0.025224282394521,
      -0.10782583129765, 0.0, 0.0, -1.9733971909435, -0.51779566794023},
     -1.3368343018853},
    {TAD_GRID_BICUBIC,
     TAD_GRID_ZEROS,
     true,
     {0.93611073457149, -0.31685294297243, 0.077649135069529, 0.0, -0.90121804538751},
     {0.14161055302147, 0.4202235293729, 0.98066253873372, 0.25798396955691, -0.77717051036746,
      0.4598181121344, 0.0, 0.0, -0.78020160706799, -0.0024796790947479},
     -1.1024394702243},
    {TAD_GRID_BICUBIC,
     TAD_GRID_BORDER,
     false,
     {0.95320590700064, -0.56376101437256, 0.11101058996307, 0.29552020666134, -0.64294226429845},
     {-0.060044409709438, 0.40164623582728, 1.1327452029857, -0.059387441367349,
      -3.6619648643276e-16, 1.1904630199593, 1.4317463922127e-16, 3.8753738795501e-18,
      -2.0166366483721, -0.46526598229576},
     -0.81212910780965},
    {TAD_GRID_BICUBIC,
     TAD_GRID_BORDER,
     true,
     {0.81445290572225, -0.3679582863863, 0.051766985777806, 0.29552020666134, -0.88252144239354},
     {-0.28394284099242, 0.1595666888292, 1.1202733848304, 0.069622131129878, -0.69188560188988,
      1.0030111447878, -5.0625055741155e-17, -3.0222529892585e-17, -0.89833277940608,
      -0.019688440797191},
     -0.22092033025678},
    {TAD_GRID_BICUBIC,
     TAD_GRID_REFLECTION,
     false,
     {0.98022589136988, -0.52833914331587, -0.25053249779372, -0.98078330313656, -0.64294226429845},
     {-0.34311091262537, 0.44920277832476, 1.1979193856936, -0.082705914476773, -5.8256697398059,
      0.85196864869702, -0.30889044955851, -0.0039550428489662, -2.0166366483721,
      -0.46526598229576},
     -1.6727284539675},
    {TAD_GRID_BICUBIC,
     TAD_GRID_REFLECTION,
     true,
     {0.86241334817485, -0.4159581405347, -0.64870544056604, -0.9958922176467, -0.8516746075725},
     {-0.086045892009762, 0.27431338731775, 1.0856271344239, -0.10081214858121, -4.4931482188183,
      0.49835909873388, 0.062018051117961, -0.0041680374404549, -1.1149532615038,
      -0.082107478958815},
     -1.5531386769622},
};
static const exact spaces[] = {
    {TAD_GRID_BILINEAR,
     TAD_GRID_ZEROS,
     false,
     {0.41314749213973, -0.014837715056296, 0.0},
     {1.1804214061135, -0.25019279332636, -0.25906237539732, 0.0066805295328061, 0.040466495608079,
      0.074188575281479, 0.0, 0.0, 0.0},
     -0.21639853470462},
    {TAD_GRID_BILINEAR,
     TAD_GRID_ZEROS,
     true,
     {0.50492211079073, -0.26732054734215, 0.0},
     {-1.5026817677561, -0.1900693257282, -0.20582653781391, 0.73395811954443, 0.1572473807895,
      0.083537671044421, 0.0, 0.0, 0.0},
     -0.35267760456622},
    {TAD_GRID_BILINEAR,
     TAD_GRID_BORDER,
     false,
     {0.59021070305676, -0.53955327477439, 0.099066560472975},
     {0.0, -0.35741827618052, -0.37008910771046, 0.24292834664749, 0.0, 0.0, 0.0, 1.5243194756993,
      0.0},
     0.060531083264397},
    {TAD_GRID_BILINEAR,
     TAD_GRID_BORDER,
     true,
     {0.50492211079073, -0.39311845197375, -0.053365387096959},
     {-1.5026817677561, -0.1900693257282, -0.20582653781391, 1.0793501758006, 0.0, 0.0, 0.0,
      1.0162129837996, 0.0},
     0.30780050337692},
    {TAD_GRID_BILINEAR,
     TAD_GRID_REFLECTION,
     false,
     {0.59021070305676, -0.53955327477439, -0.59101075035779},
     {0.0, -0.35741827618052, -0.37008910771046, 0.24292834664749, 0.0, 0.0, 5.0865648747596,
      -0.80489241597531, 0.0},
     -0.66397261463273},
    {TAD_GRID_BILINEAR,
     TAD_GRID_REFLECTION,
     true,
     {0.50492211079073, -0.51039146673731, -0.69474321104155},
     {-1.5026817677561, -0.1900693257282, -0.20582653781391, 0.91769226765361, -0.10972393235536,
      -0.081446441427724, 3.8680670874964, -0.4639557043555, -1.1361941453114},
     -1.2525747224332},
    {TAD_GRID_NEAREST,
     TAD_GRID_ZEROS,
     false,
     {0.6992400316551, 0.0, 0.0},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -0.95765948032338},
    {TAD_GRID_NEAREST,
     TAD_GRID_ZEROS,
     true,
     {0.6992400316551, -0.52983614090849, 0.0},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -0.74958606204981},
    {TAD_GRID_NEAREST,
     TAD_GRID_BORDER,
     false,
     {0.6992400316551, -0.52983614090849, 0.14987720966295},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -0.74073466607371},
    {TAD_GRID_NEAREST,
     TAD_GRID_BORDER,
     true,
     {0.6992400316551, -0.52983614090849, 0.14987720966295},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -0.74073466607371},
    {TAD_GRID_NEAREST,
     TAD_GRID_REFLECTION,
     false,
     {0.6992400316551, -0.52983614090849, -0.99177885344311},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -1.8450445824984},
    {TAD_GRID_NEAREST,
     TAD_GRID_REFLECTION,
     true,
     {0.6992400316551, -0.52983614090849, -0.99177885344311},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
     -1.8450445824984},
};
enum { PLANES = sizeof planes / sizeof *planes, SPACES = sizeof spaces / sizeof *spaces };

/* Of elements sin(1.7 i + 0.3), at most 7680. */
static tad_var image(tad_tape *t, tad_shape shape, int n) {
    static double x[7680];
    for (int i = 0; i < n; i++) x[i] = sin(1.7 * i + 0.3);
    return tad_input(t, TAD_F64, shape, x);
}

static void check(const exact *e, tad_tape *t, tad_var x, tad_var grid, int64_t points) {
    tad_var by[2], y = tad_grid_sample(x, grid, e->mode, e->padding, e->corners);
    const int64_t axes = tad_shape_of(x).rank - 2;
    tad_var c = tad_reshape(tad_input(t, TAD_F64, TAD_SHAPE(points), cotangent), tad_shape_of(y));
    tad_var loss = tad_sum(tad_mul(y, c), tad_all()), in[] = {x, grid};
    ck_done(tad_grad(&loss, NULL, 1, in, 2, by), t);
    for (int64_t i = 0; i < points; i++) ck_near(((const double *)tad_data(y))[i], e->y[i], 1e-13);
    double sum = 0;
    const double *g = tad_data(by[0]);
    for (int64_t i = 0; i < tad_size_of(x); i++) sum += g[i] * cos((double)i);
    ck_near(sum, e->by_image, 1e-13);
    g = tad_data(by[1]);
    for (int64_t i = 0; i < points * axes; i++) ck_near(g[i], e->by_grid[i], 1e-12);
}

START_TEST(planes_of_pytorch) {
    tad_tape *t = tad_tape_new(NULL);
    check(&planes[_i], t, image(t, TAD_SHAPE(1, 1, 3, 4), 12),
          tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 5, 2), plane_places), 5);
    tad_tape_free(t);
}
END_TEST

START_TEST(spaces_of_pytorch) {
    tad_tape *t = tad_tape_new(NULL);
    check(&spaces[_i], t, image(t, TAD_SHAPE(1, 1, 2, 3, 4), 24),
          tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 1, 3, 3), space_places), 3);
    tad_tape_free(t);
}
END_TEST

START_TEST(affine_grids_of_pytorch) {
    static const double plane[] = {0.5, -0.25, 0.1, 0.3, 0.8, -0.2},
                        space[] = {0.5, -0.25, 0.1, 0.7, 0.3, 0.8, -0.2, -0.6, 1, 0.2, 0.4, 0.9};
    tad_tape *t = tad_tape_new(NULL);
    tad_var two = tad_input(t, TAD_F64, TAD_SHAPE(1, 2, 3), plane),
            three = tad_input(t, TAD_F64, TAD_SHAPE(1, 3, 4), space);
    tad_shape size = TAD_SHAPE(1, 1, 2, 3);
    ck_values(tad_affine_grid(two, size, false), 1e-13, -0.10833333333333, -0.8, 0.225, -0.6,
              0.55833333333333, -0.4, -0.35833333333333, 0.0, -0.025, 0.2, 0.30833333333333, 0.4);
    ck_values(tad_affine_grid(two, size, true), 1e-13, -0.15, -1.3, 0.35, -1.0, 0.85, -0.7, -0.65,
              0.3, -0.15, 0.6, 0.35, 0.9);
    size = TAD_SHAPE(1, 1, 2, 1, 2);
    ck_values(tad_affine_grid(three, size, false), 1e-13, 0.4, -0.65, 0.2, 0.9, -0.35, 1.2, 0.5,
              -0.85, 0.6, 1.0, -0.55, 1.6);
    ck_values(tad_affine_grid(three, size, true), 1e-13, 0.1, -0.7, -0.5, 1.1, -0.1, 1.5, 0.3, -1.1,
              0.3, 1.3, -0.5, 2.3);
    tad_tape_free(t);
}
END_TEST

/* A cubic of one axis and of three: of what does not change along another axis they are the same.
 */
START_TEST(cubics_of_other_axes) {
    const double one[] = {-0.25, 0, 1.3}, two[] = {-0.25, 0.1, 0, -0.7, 1.3, 0.2},
                 three[] = {-0.25, 0.1, 0.3, 0, -0.7, 0.9, 1.3, 0.2, -1.8};
    tad_tape *t = tad_tape_new(NULL);
    tad_var line = image(t, TAD_SHAPE(1, 1, 6), 6), plane = image(t, TAD_SHAPE(1, 1, 4, 6), 24);
    tad_var on_line = tad_grid_sample(line, tad_input(t, TAD_F64, TAD_SHAPE(1, 3, 1), one),
                                      TAD_GRID_BICUBIC, TAD_GRID_BORDER, false),
            wide = tad_broadcast_to(tad_unsqueeze(line, 2), TAD_SHAPE(1, 1, 5, 6)),
            at = tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 3, 2), two),
            on_wide = tad_grid_sample(wide, at, TAD_GRID_BICUBIC, TAD_GRID_BORDER, false),
            on_plane = tad_grid_sample(plane, at, TAD_GRID_BICUBIC, TAD_GRID_BORDER, false),
            deep = tad_broadcast_to(tad_unsqueeze(plane, 2), TAD_SHAPE(1, 1, 3, 4, 6)),
            in_deep = tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 1, 3, 3), three),
            on_deep = tad_grid_sample(deep, in_deep, TAD_GRID_BICUBIC, TAD_GRID_BORDER, false);
    ck_tape(t);
    for (int i = 0; i < 3; i++) {
        ck_near(((const double *)tad_data(on_line))[i], ((const double *)tad_data(on_wide))[i],
                1e-14);
        ck_near(((const double *)tad_data(on_plane))[i], ((const double *)tad_data(on_deep))[i],
                1e-14);
    }
    tad_tape_free(t);
}
END_TEST

/* A NaN shows, and moves nothing that is another place's; what is far away is beside the image. */
START_TEST(places_that_are_not_finite) {
    const double at[] = {NAN, 0, 0, INFINITY, 1e300, -1e300, -INFINITY, INFINITY, 0, 0};
    for (int mode = TAD_GRID_BILINEAR; mode <= TAD_GRID_BICUBIC; mode++) {
        tad_tape *t = tad_tape_new(NULL);
        tad_var x = image(t, TAD_SHAPE(1, 1, 3, 4), 12),
                grid = tad_input(t, TAD_F64, TAD_SHAPE(1, 5, 1, 2), at);
        for (int padding = TAD_GRID_ZEROS; padding <= TAD_GRID_REFLECTION; padding++) {
            tad_var v = tad_grid_sample(x, grid, (tad_grid_mode)mode, (tad_grid_padding)padding, 1);
            ck_tape(t);
            const double *y = tad_data(v);
            ck_assert(isnan(y[0]) && isfinite(y[4]) && isfinite(y[2]));
            if (padding == TAD_GRID_ZEROS) ck_assert(y[1] == 0 && y[2] == 0 && y[3] == 0);
            if (padding == TAD_GRID_BORDER) ck_near(y[3], sin(1.7 * 8 + 0.3), 1e-15);
            if (padding == TAD_GRID_REFLECTION) ck_assert(isnan(y[1]) && isnan(y[3]));
        }
        tad_tape_free(t);
    }
}
END_TEST

/* Of the two whose distance is equal, the even one. */
START_TEST(nearest_of_two) {
    const double at[] = {-1, -0.5, 0, 0.5, 1};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_reshape(tad_arange(t, TAD_F64, 10, 14, 1), TAD_SHAPE(1, 1, 4));
    tad_var grid = tad_input(t, TAD_F64, TAD_SHAPE(1, 5, 1), at);
    ck_values(tad_grid_sample(x, grid, TAD_GRID_NEAREST, TAD_GRID_BORDER, false), 0, 10, 10, 12, 12,
              13);
    tad_tape_free(t);
}
END_TEST

static void many(int threads, double *y, double *by_image, double *by_grid) {
    tad_tape *t = tad_tape_new(&(tad_settings){.threads = threads});
    tad_var x = image(t, TAD_SHAPE(3, 20, 8, 16), 7680), in[2] = {x}, by[2];
    static double at[3600];
    for (int i = 0; i < 3600; i++) at[i] = 1.2 * sin(0.7 * i);
    in[1] = tad_input(t, TAD_F64, TAD_SHAPE(3, 30, 20, 2), at);
    tad_var v = tad_grid_sample(x, in[1], TAD_GRID_BICUBIC, TAD_GRID_ZEROS, false),
            loss = tad_sum(tad_square(v), tad_all());
    ck_done(tad_grad(&loss, NULL, 1, in, 2, by), t);
    ck_done(tad_read(v, y, 36000), t);
    ck_done(tad_read(by[0], by_image, 7680), t);
    ck_done(tad_read(by[1], by_grid, 3600), t);
    tad_tape_free(t);
}

START_TEST(threads_give_the_same_bits_of_grids) {
    static double y[2][36000], by_image[2][7680], by_grid[2][3600];
    many(1, y[0], by_image[0], by_grid[0]);
    many(3, y[1], by_image[1], by_grid[1]);
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    ck_assert_mem_eq(by_image[0], by_image[1], sizeof by_image[0]);
    ck_assert_mem_eq(by_grid[0], by_grid[1], sizeof by_grid[0]);
}
END_TEST

START_TEST(one_float_type_is_needed) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = image(t, TAD_SHAPE(1, 1, 3, 3), 9),
            grid = tad_full(t, TAD_F32, TAD_SHAPE(1, 2, 2, 2), 0);
    ck_assert(tad_is_nil(tad_grid_sample(x, grid, TAD_GRID_BILINEAR, TAD_GRID_ZEROS, false)));
    ck_refused(t, TAD_BAD_DTYPE, "grid_sample", "do not mix");
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("grid");
    tcase_add_loop_test(support_case(s, "planes"), planes_of_pytorch, 0, PLANES);
    tcase_add_loop_test(support_case(s, "spaces"), spaces_of_pytorch, 0, SPACES);
    tcase_add_test(support_case(s, "affine grids"), affine_grids_of_pytorch);
    tcase_add_test(support_case(s, "types"), one_float_type_is_needed);
    tcase_add_test(support_case(s, "other axes"), cubics_of_other_axes);
    tcase_add_test(support_case(s, "not finite"), places_that_are_not_finite);
    tcase_add_test(support_case(s, "nearest of two"), nearest_of_two);
    tcase_add_test(support_case(s, "threads"), threads_give_the_same_bits_of_grids);
    return s;
}

SUPPORT_MAIN(suite)
