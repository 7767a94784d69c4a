/* Optimisers against values computed by PyTorch 1.13 (float64), clipping, state, schedules. */
#include "support.h"

#include <tad/optim.h>

/* Gradients of four steps for three parameters that start at `start`. */
static const double start[3] = {1, -2, 0.5};
static const double gradients[4][3] = {
    {0.5, -1.0, 2.0}, {0.25, 0.75, -3.0}, {-0.1, 1.5, 0.0}, {4.0, -0.5, 0.2}};

/* ---- the reference ---- */

typedef tad_optim *maker(const tad_dict *params);

static tad_clip clip; /* of every optimiser made below */

static tad_optim *sgd(const tad_dict *p) {
    return tad_sgd(p, 0.1, &(tad_sgd_options){.clip = clip});
}
static tad_optim *sgd_decay(const tad_dict *p) {
    return tad_sgd(p, 0.1, &(tad_sgd_options){.clip = clip, .weight_decay = 0.3});
}
static tad_optim *sgd_momentum(const tad_dict *p) {
    return tad_sgd(p, 0.1, &(tad_sgd_options){.clip = clip, .momentum = 0.9});
}
static tad_optim *sgd_dampening(const tad_dict *p) {
    return tad_sgd(
        p, 0.1,
        &(tad_sgd_options){.clip = clip, .momentum = 0.9, .dampening = 0.4, .weight_decay = 0.2});
}
static tad_optim *sgd_nesterov(const tad_dict *p) {
    return tad_sgd(
        p, 0.1,
        &(tad_sgd_options){.clip = clip, .momentum = 0.9, .nesterov = true, .weight_decay = 0.2});
}
static tad_adam_options clipped_adam(tad_adam_options o) {
    o.clip = clip;
    return o;
}
static tad_rmsprop_options clipped_rmsprop(void) {
    tad_rmsprop_options o = tad_rmsprop_defaults();
    o.clip = clip;
    return o;
}
static const tad_adam_options adam_all = {
    .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.3};
static tad_optim *adam(const tad_dict *p) {
    tad_adam_options o = clipped_adam(tad_adam_defaults());
    return tad_adam(p, 0.001, clip.value > 0 ? &o : NULL);
}
static tad_optim *adam_options(const tad_dict *p) {
    tad_adam_options o = clipped_adam(adam_all);
    return tad_adam(p, 0.05, &o);
}
static tad_optim *adamw(const tad_dict *p) {
    tad_adam_options o = clipped_adam(tad_adamw_defaults());
    return tad_adamw(p, 0.05, clip.value > 0 ? &o : NULL);
}
static tad_optim *adamw_options(const tad_dict *p) {
    tad_adam_options o = clipped_adam(adam_all);
    return tad_adamw(p, 0.05, &o);
}
static tad_optim *rmsprop(const tad_dict *p) {
    tad_rmsprop_options o = clipped_rmsprop();
    return tad_rmsprop(p, 0.01, clip.value > 0 ? &o : NULL);
}
static tad_optim *rmsprop_momentum(const tad_dict *p) {
    tad_rmsprop_options o = clipped_rmsprop();
    o.momentum = 0.7;
    return tad_rmsprop(p, 0.01, &o);
}
static tad_optim *rmsprop_centered(const tad_dict *p) {
    tad_rmsprop_options o = clipped_rmsprop();
    o.centered = true;
    return tad_rmsprop(p, 0.01, &o);
}
static tad_optim *rmsprop_options(const tad_dict *p) {
    return tad_rmsprop(p, 0.02,
                       &(tad_rmsprop_options){.alpha = 0.8,
                                              .eps = 1e-3,
                                              .weight_decay = 0.3,
                                              .momentum = 0.7,
                                              .centered = true,
                                              .clip = clip});
}

static tad_optim *adamax(const tad_dict *p) {
    tad_adam_options o = clipped_adam(tad_adam_defaults());
    return tad_adamax(p, 0.002, clip.value > 0 ? &o : NULL);
}
static tad_optim *adamax_options(const tad_dict *p) {
    tad_adam_options o = clipped_adam(adam_all);
    return tad_adamax(p, 0.05, &o);
}
static tad_optim *nadam(const tad_dict *p) {
    tad_adam_options o = clipped_adam(tad_nadam_defaults());
    return tad_nadam(p, 0.002, clip.value > 0 ? &o : NULL);
}
static tad_optim *nadam_options(const tad_dict *p) {
    tad_adam_options o = clipped_adam(adam_all);
    o.momentum_decay = 0.1;
    return tad_nadam(p, 0.05, &o);
}
static tad_optim *radam(const tad_dict *p) {
    tad_adam_options o = clipped_adam(tad_adam_defaults());
    return tad_radam(p, 0.001, clip.value > 0 ? &o : NULL);
}
static tad_optim *radam_options(const tad_dict *p) {
    tad_adam_options o = clipped_adam(adam_all);
    return tad_radam(p, 0.05, &o);
}
static tad_optim *lion(const tad_dict *p) {
    tad_adam_options o = clipped_adam(tad_lion_defaults());
    return tad_lion(p, 0.01, clip.value > 0 ? &o : NULL);
}
static tad_optim *lion_options(const tad_dict *p) {
    tad_adam_options o = clipped_adam(adam_all);
    return tad_lion(p, 0.05, &o);
}
static tad_optim *lamb(const tad_dict *p) {
    tad_adam_options o = clipped_adam(tad_lamb_defaults());
    return tad_lamb(p, 0.01, clip.value > 0 ? &o : NULL);
}
static tad_optim *lamb_options(const tad_dict *p) {
    tad_adam_options o = clipped_adam(adam_all);
    return tad_lamb(p, 0.05, &o);
}
static tad_optim *adagrad(const tad_dict *p) {
    tad_adagrad_options o = tad_adagrad_defaults();
    o.clip = clip;
    return tad_adagrad(p, 0.1, clip.value > 0 ? &o : NULL);
}
static tad_optim *adagrad_options(const tad_dict *p) {
    return tad_adagrad(
        p, 0.1,
        &(tad_adagrad_options){
            .lr_decay = 0.2, .weight_decay = 0.3, .initial = 0.5, .eps = 1e-3, .clip = clip});
}
static tad_optim *adadelta(const tad_dict *p) {
    tad_adadelta_options o = tad_adadelta_defaults();
    o.clip = clip;
    return tad_adadelta(p, 1, clip.value > 0 ? &o : NULL);
}
static tad_optim *adadelta_options(const tad_dict *p) {
    return tad_adadelta(
        p, 0.7,
        &(tad_adadelta_options){.rho = 0.8, .eps = 1e-3, .weight_decay = 0.3, .clip = clip});
}

/* The parameters after each step, as PyTorch prints them; those of NAdam, whose product of momenta
 * it keeps in float32, and of Lion and LAMB, which it does not have, by formulas with its tensors.
 */
static const struct {
    const char *name;
    maker *make;
    double after[4][3];
} reference[] = {
    {"sgd",
     sgd,
     {{0.94999999999999996, -1.8999999999999999, 0.29999999999999999},
      {0.92499999999999993, -1.9749999999999999, 0.59999999999999998},
      {0.93499999999999994, -2.125, 0.59999999999999998},
      {0.53499999999999992, -2.0750000000000002, 0.57999999999999996}}},
    {"sgd decay",
     sgd_decay,
     {{0.92000000000000004, -1.8400000000000001, 0.28499999999999998},
      {0.86740000000000006, -1.8598000000000001, 0.57645000000000002},
      {0.85137800000000008, -1.9540060000000001, 0.55915650000000006},
      {0.42583666000000003, -1.8453858200000002, 0.52238180500000009}}},
    {"sgd momentum",
     sgd_momentum,
     {{0.94999999999999996, -1.8999999999999999, 0.29999999999999999},
      {0.88, -1.885, 0.41999999999999998},
      {0.82699999999999996, -2.0215000000000001, 0.52800000000000002},
      {0.37929999999999992, -2.0943499999999999, 0.60520000000000007}}},
    {"sgd dampening",
     sgd_dampening,
     {{0.93000000000000005, -1.8600000000000001, 0.28999999999999998},
      {0.84084000000000003, -1.75668, 0.27751999999999999},
      {0.75650592000000005, -1.7326118399999999, 0.26295775999999998},
      {0.43152717696000004, -1.6601591539199998, 0.23469625087999998}}},
    {"sgd nesterov",
     sgd_nesterov,
     {{0.86699999999999999, -1.734, 0.10099999999999995},
      {0.729854, -1.697208, 0.49706199999999995},
      {0.635794148, -1.8483132960000002, 0.56644744399999991},
      {-0.22888252442399995, -1.7146219011520001, 0.57831645672799992}}},
    {"adam",
     adam,
     {{0.99900000002, -1.9990000000099999, 0.499000000005},
      {0.9980678204047746, -1.9989106750036052, 0.4992477018201627},
      {0.99747110938650574, -1.9993574077804654, 0.49943917604103155},
      {0.99682712166264331, -1.9995676140997478, 0.4995635559890782}}},
    {"adam options",
     adam_options,
     {{0.95006242197253432, -1.9500312304809495, 0.45002324500232449},
      {0.90193523491225081, -1.9224757550452889, 0.46253070539873531},
      {0.86100313935664441, -1.9230808519606233, 0.47029577172564374},
      {0.82246702958331241, -1.9063293298842601, 0.47299395280175172}}},
    {"adamw",
     adamw,
     {{0.94950000100000009, -1.9490000005000001, 0.44975000025},
      {0.90241627023823134, -1.9435592501800181, 0.46191021600800941},
      {0.87212951118966764, -1.9649241093979435, 0.47125297194344773},
      {0.83949406024095019, -1.9744519633073623, 0.47723634285980887}}},
    {"adamw options",
     adamw_options,
     {{0.9350998003992016, -1.9200499500499499, 0.44252498750624686},
      {0.87515755099866588, -1.8896739697053677, 0.45106000510542238},
      {0.83535036691029019, -1.8876215378393602, 0.45540461379997155},
      {0.78777844414343301, -1.8705459124482393, 0.45523881424388485}}},
    {"rmsprop",
     rmsprop,
     {{0.90000001999999601, -1.900000009999999, 0.40000000499999977},
      {0.85509870255781695, -1.960192931711966, 0.4833333360185183},
      {0.87286262233697509, -2.0372735194861957, 0.4833333360185183},
      {0.77382884774672012, -2.0122707241735496, 0.47773047890409942}}},
    {"rmsprop momentum",
     rmsprop_momentum,
     {{0.90000001999999601, -1.900000009999999, 0.40000000499999977},
      {0.78509871655781427, -1.8901929387119654, 0.41333333951851819},
      {0.72243172392744515, -1.9604085765845716, 0.42266667368148109},
      {0.57953105449593179, -1.9845567277827496, 0.42359715048113622}}},
    {"rmsprop centered",
     rmsprop_centered,
     {{0.89949623867609496, -1.8994962285750878, 0.39949622352458364},
      {0.8541874846842108, -1.9597003196174003, 0.48286302376792867},
      {0.87206643617824053, -2.0369436082705463, 0.48286302376792867},
      {0.7723751693709221, -2.0119232208875757, 0.47725876009258872}}},
    {"rmsprop options",
     rmsprop_options,
     {{0.95015576323987538, -1.9500780031201248, 0.45005807200929149},
      {0.88225245552822196, -1.9205826768799192, 0.45262216950570744},
      {0.8234177437811977, -1.9259590927580501, 0.45244009736541596},
      {0.73019437918344465, -1.9017008156333353, 0.44691694587005631}}},
    {"adagrad",
     adagrad,
     {{0.90000000002000002, -1.9000000000099999, 0.40000000000500002},
      {0.85527864047800428, -1.9600000000052, 0.4832050294364767},
      {0.87288765860141604, -2.036822127961003, 0.4832050294364767},
      {0.77388048728567027, -2.0120151810443923, 0.47766654168041295}}},
    {"adagrad options",
     adagrad_options,
     {{0.92514324484824062, -1.9085863456319514, 0.40504766856889185},
      {0.88826011350335932, -1.9169906399218455, 0.47053832263032291},
      {0.87837956017158814, -1.9502275088677956, 0.4677875016320297},
      {0.81823993823229701, -1.9202822486671056, 0.46200923203785071}}},
    {"adadelta",
     adadelta,
     {{0.99683778558348757, -1.9968377381511013, 0.49683772629267131},
      {0.99475269855569626, -1.9996112227165534, 0.50061736716063365},
      {0.99568474026004561, -2.0037149297265158, 0.50061736716063365},
      {0.99093706244265722, -2.001975640832069, 0.50026972477841558}}},
    {"adadelta options",
     adadelta_options,
     {{0.95069474924576503, -1.950550792002905, 0.45052927348138244},
      {0.90897912113557766, -1.958547028535927, 0.50862171423397118},
      {0.89249792360565527, -1.997147613741471, 0.50426639914172766},
      {0.81829269437749774, -1.9513995458466449, 0.49392180473305675}}},
    {"adamax",
     adamax,
     {{0.99800000004, -1.99800000002, 0.49800000001},
      {0.99652484069960701, -1.9978419472319489, 0.49842105264017544},
      {0.99574098596676353, -1.9985135339433389, 0.49868700124472093},
      {0.99509007000444782, -1.9987962631182414, 0.49883695691332874}}},
    {"adamax options",
     adamax_options,
     {{0.95006242197253432, -1.9500312304809495, 0.45002324500232449},
      {0.90716944730666493, -1.9296673247140077, 0.461120746480216},
      {0.87564336584505797, -1.9300799157625439, 0.46697363426461308},
      {0.85517517497075179, -1.9170526687935607, 0.46882049223536787}}},
    {"nadam",
     nadam,
     {{0.9978870964855473, -1.9978870964644182, 0.49788709645385376},
      {0.99683924991131867, -1.9990405790262922, 0.49955636986902413},
      {0.99705653923021587, -2.0007639334802891, 0.49960510253197715},
      {0.99458469682882644, -2.0002614302189339, 0.49951730816155698}}},
    {"nadam options",
     nadam_options,
     {{0.94525658790799416, -1.9452223946462255, 0.44521364067047431},
      {0.90971655799204343, -1.946201636418704, 0.48728662048571852},
      {0.89145543947748029, -1.9739237857318039, 0.48658697890137681},
      {0.82467071117828883, -1.9385470930652218, 0.48123765739065755}}},
    {"radam",
     radam,
     {{0.99950000000000006, -1.9990000000000001, 0.498},
      {0.99913157894736848, -1.998921052631579, 0.49863157894736843},
      {0.99893600699164897, -1.9994247426684795, 0.4990301029326083},
      {0.99763417506376295, -1.9996365775041876, 0.49925458679419599}}},
    {"radam options",
     radam_options,
     {{0.95999999999999996, -1.9199999999999999, 0.39250000000000002},
      {0.92727777777777776, -1.8892777777777776, 0.42478472222222224},
      {0.90431500455373404, -1.8902699225865207, 0.44122661942167579},
      {0.81678517447187793, -1.8728521101975875, 0.44646922919200377}}},
    {"lion",
     lion,
     {{0.98999999999999999, -1.99, 0.48999999999999999},
      {0.97999999999999998, -2, 0.5},
      {0.98999999999999999, -2.0099999999999998, 0.51000000000000001},
      {0.97999999999999998, -1.9999999999999998, 0.5}}},
    {"lion options",
     lion_options,
     {{0.93499999999999994, -1.9199999999999999, 0.4425},
      {0.87097499999999983, -1.9412, 0.48586249999999997},
      {0.80791037499999974, -1.9620820000000001, 0.52857456250000001},
      {0.74579171937499966, -1.8826507700000001, 0.57064594406250002}}},
    {"lamb",
     lamb,
     {{0.98679329893407386, -1.9866625261827218, 0.48685865915788351},
      {0.96493901169249952, -1.9841294173016439, 0.49249208837418285},
      {0.94701278912497622, -1.9967499105607198, 0.49800717895885543},
      {0.9255893659545027, -2.0029868304785658, 0.50192166838095142}}},
    {"lamb options",
     lamb_options,
     {{0.93695184976828871, -1.9223314752298304, 0.44416514518345102},
      {0.84032229938770564, -1.8733315954992615, 0.45787795465979575},
      {0.73585911620834443, -1.8685257516394216, 0.46915890595384785},
      {0.63897847231991634, -1.8332270722831299, 0.46837654946778895}}},
};

enum { CASES = sizeof reference / sizeof *reference };

/* ---- steps with given gradients ---- */

typedef struct bench {
    tad_tape *t;
    tad_var p;
    tad_dict *params;
    tad_mark mark;
} bench;

static tad_var as(tad_tape *t, tad_dtype dtype, const double *x) {
    tad_var p = tad_param(t, dtype, TAD_SHAPE(3), NULL);
    float narrow[3] = {(float)x[0], (float)x[1], (float)x[2]};
    ck_done(tad_assign(p, dtype == TAD_F64 ? (const void *)x : narrow), t);
    return p;
}

static bench open_bench(tad_dtype dtype) {
    bench b = {.t = tad_tape_new(NULL)};
    b.p = as(b.t, dtype, start);
    b.params = tad_dict_new(b.t);
    ck_done(tad_dict_add(b.params, "p", b.p), b.t);
    return b;
}

/* A sweep that leaves `gradient` at p: of sum(gradient * p). */
static void sweep(bench *b, const double *gradient) {
    tad_var g = tad_constant_from(b->t, tad_dtype_of(b->p), TAD_SHAPE(3), gradient);
    ck_done(tad_reverse(tad_sum(tad_mul(b->p, g), tad_all())), b->t);
}

static void step(bench *b, tad_optim *o, const double *gradient) {
    tad_mark mark = tad_tape_mark(b->t);
    sweep(b, gradient);
    ck_done(tad_optim_step(o), b->t);
    ck_done(tad_tape_rewind(b->t, mark), b->t);
}

static void check_case(int k, tad_dtype dtype, double tol) {
    bench b = open_bench(dtype);
    tad_optim *o = reference[k].make(b.params);
    ck_tape(b.t);
    for (int i = 0; i < 4; i++) {
        double now[3];
        step(&b, o, gradients[i]);
        ck_done(tad_read(b.p, now, 3), b.t);
        for (int j = 0; j < 3; j++)
            ck_assert_msg(fabs(now[j] - reference[k].after[i][j]) <= tol,
                          "%s, step %d, element %d: %.17g", reference[k].name, i, j, now[j]);
    }
    ck_assert_int_eq(tad_optim_steps(o), 4);
    tad_tape_free(b.t);
}

START_TEST(equals_pytorch_float64) { check_case(_i, TAD_F64, 4e-15); }
END_TEST
START_TEST(equals_pytorch_float32) { check_case(_i, TAD_F32, 2e-6); }
END_TEST
/* Bounds far away change nothing, but the loops are others. */
START_TEST(equals_pytorch_within_bounds) {
    clip.value = 1e30;
    check_case(_i, TAD_F64, 4e-15);
    check_case(_i, TAD_F32, 2e-6);
    clip.value = 0;
}
END_TEST

/* From step 6 on its variance is known well enough. */
START_TEST(radam_is_rectified_in_time) {
    static const double after[4][3] = {
        {0.74421192829791627, -1.8373848662094066, 0.41841232438349785},
        {0.73834488132540466, -1.8334673320589179, 0.42002904131591279},
        {0.73200244998322794, -1.8323045998012917, 0.42152339833333768},
        {0.72150194743657925, -1.8279598236771188, 0.42236365307406187}};
    bench b = open_bench(TAD_F64);
    tad_optim *o = radam_options(b.params);
    for (int i = 0; i < 8; i++) {
        step(&b, o, gradients[i % 4]);
        if (i >= 4) ck_values(b.p, 4e-15, after[i - 4][0], after[i - 4][1], after[i - 4][2]);
    }
    tad_tape_free(b.t);
}
END_TEST

/* Nothing is divided by a length of 0. */
START_TEST(lamb_moves_what_is_zero) {
    bench b = open_bench(TAD_F64);
    tad_optim *o = tad_lamb(b.params, 0.1, NULL);
    ck_done(tad_assign(b.p, (double[]){0, 0, 0}), b.t);
    step(&b, o, (double[]){1, -1, 2});
    ck_values(b.p, 1e-6, -0.1, 0.1, -0.1);
    ck_done(tad_assign(b.p, (double[]){0, 0, 0}), b.t);
    tad_tape_free(b.t);
}
END_TEST

/* ---- around the step ---- */

START_TEST(adds_up_sweeps_and_starts_afresh) {
    bench b = open_bench(TAD_F64);
    tad_optim *o = tad_sgd(b.params, 1, NULL);
    sweep(&b, (double[]){1, 2, 3});
    sweep(&b, (double[]){10, 20, 30});
    double norm;
    ck_done(tad_gradient_norm(b.params, &norm), b.t);
    ck_near(norm, 11 * sqrt(14), 1e-15);
    ck_done(tad_dict_add_buffer(b.params, "buffer", tad_input(b.t, TAD_F64, TAD_SHAPE(2), NULL)),
            b.t);
    ck_done(tad_gradient_norm(b.params, &norm), b.t);
    ck_near(norm, 11 * sqrt(14), 1e-15);
    ck_assert(tad_dict_remove(b.params, "buffer"));
    ck_done(tad_optim_step(o), b.t);
    ck_values(b.p, 0, 1 - 11, -2 - 22, 0.5 - 33);
    step(&b, o, (double[]){1, 1, 1});
    ck_values(b.p, 0, 1 - 12, -2 - 23, 0.5 - 34);
    tad_tape_free(b.t);
}
END_TEST

/* torch.nn.utils.clip_grad_norm_([3, -4], [12]; 2) */
START_TEST(clips_the_norm_of_all_together) {
    bench b = open_bench(TAD_F64);
    tad_var q = as(b.t, TAD_F32, (double[]){0, 0, 0});
    ck_done(tad_dict_add(b.params, "q", q), b.t);
    tad_optim *o = tad_sgd(b.params, 1, &(tad_sgd_options){.clip.norm = 2});
    tad_var g = tad_constant_from(b.t, TAD_F64, TAD_SHAPE(3), (double[]){3, -4, 0});
    tad_var h = tad_constant_from(b.t, TAD_F32, TAD_SHAPE(3), (double[]){12, 0, 0});
    ck_done(tad_reverse_from((tad_var[]){b.p, q}, (tad_var[]){g, h}, 2), b.t);
    ck_done(tad_optim_step(o), b.t);
    ck_values(b.p, 1e-15, 1 - 0.46153842603550577, -2 + 0.615384568047341, 0.5);
    ck_values(q, 1e-7, -1.846153704142023, 0, 0);
    tad_tape_free(b.t);
}
END_TEST

START_TEST(a_norm_below_the_limit_is_left_alone) {
    bench b = open_bench(TAD_F64);
    tad_optim *o = tad_sgd(b.params, 1, &(tad_sgd_options){.clip.norm = 100});
    step(&b, o, (double[]){3, -4, 0.25});
    ck_values(b.p, 0, 1 - 3, -2 + 4, 0.5 - 0.25);
    tad_tape_free(b.t);
}
END_TEST

START_TEST(clips_values) {
    bench b = open_bench(TAD_F64);
    tad_optim *o = tad_sgd(b.params, 1, &(tad_sgd_options){.clip.value = 0.5});
    step(&b, o, (double[]){3, -4, 0.25});
    ck_values(b.p, 0, 0.5, -1.5, 0.25);
    tad_tape_free(b.t);
}
END_TEST

START_TEST(refuses_an_infinite_norm_and_moves_nothing) {
    bench b = open_bench(TAD_F64);
    tad_adam_options clipped = tad_adam_defaults();
    clipped.clip.norm = 1;
    tad_optim *o = tad_adam(b.params, 0.001, &clipped);
    sweep(&b, (double[]){1, INFINITY, 1});
    ck_assert_int_eq(tad_optim_step(o), TAD_NOT_FINITE);
    ck_refused(b.t, TAD_NOT_FINITE, "adam", "norm");
    ck_values(b.p, 0, 1, -2, 0.5);
    ck_assert_int_eq(tad_optim_steps(o), 0);
    ck_values(tad_dict_get(tad_optim_state(o), "exp_avg.p"), 0, 0, 0, 0);
    tad_tape_free(b.t);
}
END_TEST

START_TEST(lets_a_nan_through) { /* clipping by value must not hide it */
    bench b = open_bench(TAD_F64);
    tad_optim *o = tad_sgd(b.params, 1, &(tad_sgd_options){.clip.value = 1});
    step(&b, o, (double[]){NAN, 0, 0});
    ck_values(b.p, 0, NAN, -2, 0.5);
    tad_tape_free(b.t);
}
END_TEST

/* Then E[g^2] - E[g]^2 is 0 but for rounding, which may make it negative: no square root of
 * that. */
START_TEST(centred_rmsprop_takes_a_gradient_that_never_changes) {
    bench b = open_bench(TAD_F32);
    double all[40], now[40];
    for (int i = 0; i < 40; i++) all[i] = 0.1 + 0.037 * i;
    tad_var p = tad_param(b.t, TAD_F32, TAD_SHAPE(40), NULL),
            g = tad_constant_from(b.t, TAD_F32, TAD_SHAPE(40), all);
    tad_dict *params = tad_dict_new(b.t);
    ck_done(tad_dict_add(params, "p", p), b.t);
    tad_optim *o = tad_rmsprop(params, 0.01,
                               &(tad_rmsprop_options){.alpha = 0.5, .eps = 1e-8, .centered = true});
    for (int i = 0; i < 60; i++) {
        ck_done(tad_reverse_from(&p, &g, 1), b.t);
        ck_done(tad_optim_step(o), b.t);
    }
    ck_done(tad_read(p, now, 40), b.t);
    for (int i = 0; i < 40; i++)
        ck_assert_msg(now[i] < 0 && isfinite(now[i]), "element %d: %g", i, now[i]);
    tad_tape_free(b.t);
}
END_TEST

START_TEST(obeys_a_new_learning_rate) {
    bench b = open_bench(TAD_F64);
    tad_optim *o = tad_sgd(b.params, 1, NULL);
    ck_done(tad_optim_set_lr(o, 0.25), b.t);
    ck_assert(tad_optim_lr(o) == 0.25);
    step(&b, o, (double[]){4, 8, 0});
    ck_values(b.p, 0, 0, -4, 0.5);
    tad_tape_free(b.t);
}
END_TEST

/* ---- state ---- */

/* Steps 3 and 4 with an optimiser that got the state after step 2. */
START_TEST(continues_from_its_state) {
    bench b = open_bench(TAD_F64), c = open_bench(TAD_F64);
    tad_optim *o = reference[_i].make(b.params), *p = reference[_i].make(c.params);
    for (int i = 0; i < 2; i++) step(&b, o, gradients[i]);
    ck_done(tad_optim_set_lr(o, tad_optim_lr(o) / 2), b.t);
    const tad_dict *from = tad_optim_state(o), *to = tad_optim_state(p);
    ck_assert_uint_ge(tad_dict_count(from), 2);
    for (size_t i = 0; i < tad_dict_count(from); i++) {
        tad_entry e = tad_dict_at(from, i);
        ck_done(tad_assign(tad_dict_get(to, e.name), tad_data(e.value)), c.t);
    }
    ck_done(tad_assign(c.p, tad_data(b.p)), c.t);
    for (int i = 2; i < 4; i++) {
        step(&b, o, gradients[i]);
        step(&c, p, gradients[i]);
    }
    ck_assert(memcmp(tad_data(b.p), tad_data(c.p), sizeof start) == 0);
    ck_assert_int_eq(tad_optim_steps(p), 4);
    tad_tape_free(b.t);
    tad_tape_free(c.t);
}
END_TEST

START_TEST(names_its_state) {
    bench b = open_bench(TAD_F32);
    const tad_dict *s = tad_optim_state(tad_adam(b.params, 0.001, NULL));
    ck_assert_uint_eq(tad_dict_count(s), 4);
    ck_assert_int_eq(tad_dtype_of(tad_dict_get(s, "exp_avg.p")), TAD_F32);
    ck_shape(tad_dict_get(s, "exp_avg_sq.p"), 3);
    ck_values(tad_dict_get(s, "steps"), 0, 0);
    ck_values(tad_dict_get(s, "lr"), 0, 0.001);
    tad_tape_free(b.t);
}
END_TEST

START_TEST(allocates_nothing_in_a_step) {
    bench b = open_bench(TAD_F64);
    tad_optim *o = tad_adam(b.params, 0.001, NULL);
    for (int i = 0; i < 2; i++) step(&b, o, gradients[i]);
    size_t calls = tad_tape_memory(b.t).calls;
    for (int i = 0; i < 20; i++) step(&b, o, gradients[i % 4]);
    ck_assert_uint_eq(tad_tape_memory(b.t).calls, calls);
    tad_tape_free(b.t);
}
END_TEST

/* ---- misuse ---- */

START_TEST(refuses_bad_options) {
    bench b = open_bench(TAD_F64);
    const tad_sgd_options bad[] = {{.momentum = -0.1},
                                   {.nesterov = true},
                                   {.nesterov = true, .momentum = 0.9, .dampening = 0.1},
                                   {.weight_decay = -1},
                                   {.weight_decay = INFINITY},
                                   {.momentum = INFINITY},
                                   {.clip.norm = -1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_ptr_null(tad_sgd(b.params, 0.1, &bad[i]));
        ck_refused(b.t, TAD_BAD_ARGUMENT, "sgd: options out of range");
    }
    const double rates[] = {-1, NAN, INFINITY};
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_null(tad_sgd(b.params, rates[i], NULL));
        ck_refused(b.t, TAD_BAD_ARGUMENT, "sgd: the learning rate is out of range");
    }
    ck_assert_ptr_null(tad_adam(b.params, 0.1, &(tad_adam_options){.beta2 = 1}));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "adam: options out of range");
    ck_assert_ptr_null(tad_rmsprop(b.params, 0.1, &(tad_rmsprop_options){.alpha = -1}));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "rmsprop: options out of range");
    ck_assert_ptr_null(tad_adagrad(b.params, 0.1, &(tad_adagrad_options){.initial = -1, .eps = 1}));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "adagrad: options out of range");
    ck_assert_ptr_null(tad_adadelta(b.params, 0.1, &(tad_adadelta_options){.rho = 1, .eps = 1}));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "adadelta: options out of range");
    tad_adam_options worse = tad_nadam_defaults();
    worse.momentum_decay = -1;
    ck_assert_ptr_null(tad_nadam(b.params, 0.1, &worse));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "nadam: options out of range");
    worse = tad_adamw_defaults();
    worse.eps = INFINITY;
    ck_assert_ptr_null(tad_adamw(b.params, 0.1, &worse));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "adamw: options out of range");
    tad_tape_free(b.t);
}
END_TEST

/* Options that do not begin with the defaults have a beta2, an alpha of 0. */
START_TEST(options_without_the_defaults_are_refused) {
    bench b = open_bench(TAD_F64);
    ck_assert_ptr_null(tad_adam(b.params, 0.1, &(tad_adam_options){.weight_decay = 0.1}));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "adam: beta2 is 0: begin with the defaults");
    ck_assert_ptr_null(tad_adamw(b.params, 0.1, &(tad_adam_options){.beta1 = 0.9}));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "adamw: beta2 is 0");
    ck_assert_ptr_null(tad_rmsprop(b.params, 0.1, &(tad_rmsprop_options){.momentum = 0.9}));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "rmsprop: alpha is 0: begin with the defaults");
    ck_assert_ptr_null(tad_lion(b.params, 0.1, &(tad_adam_options){.beta1 = 0.9}));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "lion: beta2 is 0");
    ck_assert_ptr_null(tad_adagrad(b.params, 0.1, &(tad_adagrad_options){.lr_decay = 0.9}));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "adagrad: eps is 0: begin with the defaults");
    ck_assert_ptr_null(tad_adadelta(b.params, 0.1, &(tad_adadelta_options){.eps = 1e-6}));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "adadelta: rho is 0: begin with the defaults");
    tad_tape_free(b.t);
}
END_TEST

START_TEST(refuses_what_is_no_parameter) {
    bench b = open_bench(TAD_F64);
    ck_done(tad_dict_add(b.params, "again", b.p), b.t);
    ck_assert_ptr_null(tad_sgd(b.params, 0.001, NULL));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "again", "twice");
    ck_assert(tad_dict_remove(b.params, "again"));
    ck_done(tad_dict_add(b.params, "input", tad_scalar(b.t, 1)), b.t);
    ck_assert_ptr_null(tad_adam(b.params, 0.001, NULL));
    ck_refused(b.t, TAD_BAD_ARGUMENT, "input", "no parameter");
    ck_assert(tad_dict_remove(b.params, "input"));
    ck_done(tad_dict_add(b.params, "count", tad_param(b.t, TAD_I64, TAD_SHAPE(2), NULL)), b.t);
    ck_assert_ptr_null(tad_adam(b.params, 0.001, NULL));
    ck_refused(b.t, TAD_BAD_DTYPE, "count is int64");
    double norm = 7;
    tad_dict *counts = tad_dict_new(b.t);
    ck_done(tad_dict_add(counts, "count", tad_dict_get(b.params, "count")), b.t);
    ck_assert_int_eq(tad_gradient_norm(counts, &norm), TAD_BAD_DTYPE);
    ck_refused(b.t, TAD_BAD_DTYPE, "gradient_norm", "count is int64");
    ck_near(norm, 7, 0);
    ck_assert(tad_dict_remove(b.params, "count"));
    ck_done(tad_dict_add(b.params, "input", tad_scalar(b.t, 1)), b.t);
    ck_assert_ptr_null(tad_adam(NULL, 0.001, NULL));
    ck_assert_int_eq(tad_optim_step(NULL), TAD_BAD_ARGUMENT);
    ck_assert(isnan(tad_optim_lr(NULL)));
    tad_tape_free(b.t);
}
END_TEST

START_TEST(steps_only_after_a_sweep) {
    bench b = open_bench(TAD_F64);
    tad_optim *o = tad_sgd(b.params, 0.001, NULL);
    ck_assert_int_ne(tad_optim_step(o), TAD_OK);
    ck_refused(b.t, TAD_NO_GRADIENT, "");
    ck_values(b.p, 0, 1, -2, 0.5);
    ck_assert_int_eq(tad_optim_set_lr(o, -1), TAD_BAD_ARGUMENT);
    ck_refused(b.t, TAD_BAD_ARGUMENT, "learning rate -1");
    ck_done(tad_optim_set_lr(o, 0), b.t);
    tad_tape_free(b.t);
}
END_TEST

START_TEST(notices_being_rewound) {
    bench b = open_bench(TAD_F64);
    tad_mark mark = tad_tape_mark(b.t);
    tad_optim *o = tad_adam(b.params, 0.001, NULL);
    ck_done(tad_tape_rewind(b.t, mark), b.t);
    sweep(&b, gradients[0]);
    ck_assert_int_eq(tad_optim_step(o), TAD_BAD_HANDLE);
    ck_refused(b.t, TAD_BAD_HANDLE, "rewound");
    double norm;
    ck_assert_int_eq(tad_gradient_norm(tad_optim_state(o), &norm), TAD_BAD_HANDLE);
    tad_tape_free(b.t);
}
END_TEST

/* What a file says is assigned as it is; converting it to a count must have a meaning. */
START_TEST(counts_no_steps_where_the_state_is_no_count) {
    bench b = open_bench(TAD_F64);
    tad_optim *o = tad_sgd(b.params, 0.001, NULL);
    tad_var steps = tad_dict_get(tad_optim_state(o), "steps");
    const double bad[] = {NAN, INFINITY, -INFINITY, -3, 1e300, 0x1p63};
    for (int i = 0; i < 6; i++) {
        ck_done(tad_assign(steps, &bad[i]), b.t);
        ck_assert_int_eq(tad_optim_steps(o), 0);
    }
    ck_done(tad_assign(steps, &(double){7}), b.t);
    ck_assert_int_eq(tad_optim_steps(o), 7);
    ck_assert(tad_is_nil(tad_reshape(steps, TAD_SHAPE(3)))); /* a tape that has failed reads NaN */
    ck_assert_int_eq(tad_optim_steps(o), 0);
    ck_refused(b.t, TAD_BAD_SHAPE, "reshape");
    tad_tape_free(b.t);
}
END_TEST

static bool try_all(tad_tape *t) {
    tad_dict *params = tad_dict_new(t);
    tad_dict_add(params, "p", tad_param(t, TAD_F64, TAD_SHAPE(3), NULL));
    for (int i = 0; i < CASES; i++)
        if (!reference[i].make(params)) return false;
    return true;
}

/* What only freezing asks for, which values were seen, may be lost: then all is done without it. */
START_TEST(survives_out_of_memory) {
    bool enough = false;
    for (size_t n = 1; !enough; n++) {
        support_memory m = {.fail_at = n, .for_ever = n % 2, .scarce = true};
        tad_tape *t = support_tape(&m);
        const bool done = t && try_all(t);
        enough = !m.refused;
        if (t) ck_assert_int_eq(tad_tape_status(t), done ? TAD_OK : TAD_NO_MEMORY);
        ck_assert(done || !enough);
        tad_tape_free(t);
        ck_no_leak(&m);
        ck_assert(n < 2000);
    }
}
END_TEST

/* ---- schedules ---- */

START_TEST(follows_schedules) {
    tad_schedule s = {.lr = 0.8};
    ck_assert(tad_schedule_at(&s, 0) == 0.8 && tad_schedule_at(&s, 1000) == 0.8);
    s = (tad_schedule){TAD_SCHEDULE_STEP, .lr = 0.8, .gamma = 0.5, .period = 10};
    ck_assert(tad_schedule_at(&s, 9) == 0.8);
    ck_assert(tad_schedule_at(&s, 10) == 0.4);
    ck_assert(tad_schedule_at(&s, 35) == 0.1);
    s = (tad_schedule){TAD_SCHEDULE_EXPONENTIAL, .lr = 1, .gamma = 0.9};
    ck_near(tad_schedule_at(&s, 3), 0.729, 1e-15);
    s = (tad_schedule){TAD_SCHEDULE_LINEAR, .lr = 1, .period = 4, .last = 0.2};
    ck_near(tad_schedule_at(&s, 1), 0.8, 1e-15);
    ck_assert(tad_schedule_at(&s, 4) == 0.2 && tad_schedule_at(&s, 9) == 0.2);
    s = (tad_schedule){TAD_SCHEDULE_COSINE, .lr = 1, .period = 100, .last = 0.2};
    ck_assert(tad_schedule_at(&s, 0) == 1);
    ck_near(tad_schedule_at(&s, 25), 0.6 + 0.4 * sqrt(0.5), 1e-15);
    ck_near(tad_schedule_at(&s, 50), 0.6, 1e-15);
    ck_near(tad_schedule_at(&s, 100), 0.2, 1e-15);
    ck_near(tad_schedule_at(&s, 1000), 0.2, 1e-15);
    ck_assert(isnan(tad_schedule_at(NULL, 0)) && isnan(tad_schedule_at(&s, -1)));
}
END_TEST

START_TEST(warms_up) {
    tad_schedule s = {TAD_SCHEDULE_STEP, .lr = 1, .gamma = 0.5, .period = 2, .warmup = 4};
    const double expected[] = {0.25, 0.5, 0.75, 1, 1, 1, 0.5, 0.5, 0.25};
    for (int i = 0; i < 9; i++) ck_assert(tad_schedule_at(&s, i) == expected[i]);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("optim");
    TCase *c = support_case(s, "pytorch");
    tcase_add_loop_test(c, equals_pytorch_float64, 0, CASES);
    tcase_add_loop_test(c, equals_pytorch_float32, 0, CASES);
    tcase_add_test(c, radam_is_rectified_in_time);
    tcase_add_test(c, lamb_moves_what_is_zero);
    tcase_add_loop_test(c, equals_pytorch_within_bounds, 0, CASES);
    c = support_case(s, "step");
    tcase_add_test(c, adds_up_sweeps_and_starts_afresh);
    tcase_add_test(c, clips_the_norm_of_all_together);
    tcase_add_test(c, a_norm_below_the_limit_is_left_alone);
    tcase_add_test(c, clips_values);
    tcase_add_test(c, refuses_an_infinite_norm_and_moves_nothing);
    tcase_add_test(c, lets_a_nan_through);
    tcase_add_test(c, centred_rmsprop_takes_a_gradient_that_never_changes);
    tcase_add_test(c, obeys_a_new_learning_rate);
    tcase_add_test(c, allocates_nothing_in_a_step);
    c = support_case(s, "state");
    tcase_add_loop_test(c, continues_from_its_state, 0, CASES);
    tcase_add_test(c, names_its_state);
    tcase_add_test(c, counts_no_steps_where_the_state_is_no_count);
    c = support_case(s, "misuse");
    tcase_add_test(c, refuses_bad_options);
    tcase_add_test(c, options_without_the_defaults_are_refused);
    tcase_add_test(c, refuses_what_is_no_parameter);
    tcase_add_test(c, steps_only_after_a_sweep);
    tcase_add_test(c, notices_being_rewound);
    tcase_add_test(c, survives_out_of_memory);
    c = support_case(s, "schedule");
    tcase_add_test(c, follows_schedules);
    tcase_add_test(c, warms_up);
    return s;
}

SUPPORT_MAIN(suite)
