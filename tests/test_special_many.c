/* Special functions of several arguments: values and derivatives by parameters against a table from
 * mpmath, as numbers, arrays and float32; ends and NaNs; orders that there are none of. */
#include "support.h"

#include <float.h>

typedef struct exact {
    const char *name;
    int64_t order[2];
    double x[3], y;
} exact;

static const exact table[] = {
    {"zeta", {0, 0}, {2.0, 1.0}, 1.644934066848226436},
    {"zeta", {0, 0}, {1.0000001, 1.0}, 10000000.57137700042},
    {"zeta", {0, 0}, {1.5, 0.1}, 34.05297551507560035},
    {"zeta", {0, 0}, {3.0, 1e-05}, 1.000000000000000957e+15},
    {"zeta", {0, 0}, {10.0, 2.5}, 1.088258420686863082e-4},
    {"zeta", {0, 0}, {50.0, 3.0}, 1.392956357970703804e-24},
    {"zeta", {0, 0}, {2.5, 1000000.0}, 6.66667166666875e-10},
    {"zeta", {0, 0}, {500.0, 1.5}, 9.002652196173951199e-89},
    {"zeta", {0, 0}, {2.0, 1e200}, 1e-200},
    {"zeta", {1, 0}, {2.0, 1e200}, -4.6151701859880913680e-198},
    {"zeta", {1, 0}, {2.5, 0.75}, 0.1630796211112131441},
    {"zeta", {2, 0}, {2.5, 0.75}, 0.7660587718270732861},
    {"zeta", {4, 0}, {2.5, 0.75}, 3.175515658233900946},
    {"lbeta", {2, 0}, {1e200, 1e200}, 5e-201},
    {"lbeta", {0, 0}, {0.5, 0.5}, 1.144729885849400174},
    {"lbeta", {0, 0}, {1e-20, 3.0}, 46.05170185988091374},
    {"lbeta", {0, 0}, {3.0, 7.0}, -5.529429087511423307},
    {"lbeta", {0, 0}, {7.9, 8.1}, -10.84761725240004213},
    {"lbeta", {0, 0}, {2.0, 1000000.0}, -27.63102211592804821},
    {"lbeta", {0, 0}, {1e-05, 100000000.0}, 11.5127354860884361},
    {"lbeta", {0, 0}, {9.0, 1000000000000000.0}, -300.2443846514509531},
    {"lbeta", {0, 0}, {20.0, 30.0}, -33.96882079197738296},
    {"lbeta", {0, 0}, {100000.0, 100000.0}, -138633.9270613480624},
    {"lbeta", {0, 0}, {1000.0, 1000000000.0}, -14818.04591323706353},
    {"lbeta", {0, 0}, {1e+200, 1e+300}, -2.312585092994045615e+202},
    {"lbeta", {0, 0}, {-0.5, 3.25}, 1.726099387678433624},
    {"lbeta", {0, 0}, {-2.5, -1.25}, 2.627455987185665858},
    {"beta", {0, 0}, {-1.5, 3.2}, 6.304473999080816},
    {"beta", {0, 0}, {-2.5, 1.3}, -0.17489061457774743},
    {"beta", {0, 0}, {-0.5, -1.25}, -5.032188985889487},
    {"beta", {0, 0}, {-3.5, 2.25}, 0.07803742721107498},
    {"lbeta", {1, 0}, {1000000.0, 1.0}, -1.0e-6},
    {"lbeta", {1, 0}, {0.3, 1e-09}, -1.224536450847146389e-8},
    {"lbeta", {0, 1}, {1.0, 100000000.0}, -1.0e-8},
    {"lbeta", {2, 0}, {50.0, 0.25}, 1.015073859690870838e-4},
    {"lbeta", {0, 3}, {0.5, 2.5}, -0.0820902453225388322},
    {"lbeta", {1, 1}, {2.0, 3.0}, -0.2213229557371153254},
    {"lbeta", {2, 3}, {0.5, 0.25}, 102.8006058154174725},
    {"lbeta", {1, 0}, {5.0, -0.5}, 0.1172467420722715712},
    {"beta", {0, 0}, {0.5, 0.5}, 3.141592653589793238},
    {"beta", {0, 0}, {1e-20, 1e-20}, 2.00000000000000011e+20},
    {"beta", {0, 0}, {3.0, 7.0}, 0.003968253968253968254},
    {"beta", {0, 0}, {20.0, 30.0}, 1.768188547306202687e-15},
    {"beta", {0, 0}, {1.5, 100.0}, 8.829207931756567855e-4},
    {"beta", {0, 0}, {-0.5, 3.25}, -5.618694759197399594},
    {"beta", {0, 0}, {-1.5, 0.25}, 2.185047961910099842},
    {"beta", {0, 0}, {-2.5, -1.25}, -13.83851971119609},
    {"gammainc", {0, 0}, {0.5, 0.1}, 0.3452791539814229796},
    {"gammaincc", {0, 0}, {0.5, 0.1}, 0.6547208460185770204},
    {"gammainc", {0, 0}, {0.5, 3.0}, 0.9856941215645703605},
    {"gammaincc", {0, 0}, {0.5, 3.0}, 0.01430587843542963953},
    {"gammainc", {0, 0}, {1e-10, 0.5}, 0.9999999999440226405},
    {"gammaincc", {0, 0}, {1e-10, 0.5}, 5.597735948054988113e-11},
    {"gammainc", {0, 0}, {1e-10, 2.0}, 0.9999999999951099489},
    {"gammaincc", {0, 0}, {1e-10, 2.0}, 4.890051071569974412e-12},
    {"gammainc", {0, 0}, {1e-05, 1e-05}, 0.9998906486990436701},
    {"gammaincc", {0, 0}, {1e-05, 1e-05}, 1.093513009563298629e-4},
    {"gammainc", {0, 0}, {3.0, 3.9}, 0.7468748973702161085},
    {"gammaincc", {0, 0}, {3.0, 3.9}, 0.2531251026297838915},
    {"gammainc", {0, 0}, {3.0, 4.1}, 0.7761860186992143025},
    {"gammaincc", {0, 0}, {3.0, 4.1}, 0.2238139813007856975},
    {"gammainc", {0, 0}, {3.0, 40.0}, 0.9999999999999964271},
    {"gammaincc", {0, 0}, {3.0, 40.0}, 3.572865928700226345e-15},
    {"gammainc", {0, 0}, {30.0, 10.0}, 2.509951201527907823e-7},
    {"gammaincc", {0, 0}, {30.0, 10.0}, 0.9999997490048798472},
    {"gammainc", {0, 0}, {30.0, 31.5}, 0.6293313411887192963},
    {"gammaincc", {0, 0}, {30.0, 31.5}, 0.3706686588112807037},
    {"gammainc", {0, 0}, {100.0, 140.0}, 0.9998389428252874441},
    {"gammaincc", {0, 0}, {100.0, 140.0}, 1.610571747125558583e-4},
    {"gammainc", {0, 0}, {128.0, 100.0}, 0.003994620294035588514},
    {"gammaincc", {0, 0}, {128.0, 100.0}, 0.9960053797059644115},
    {"gammainc", {0, 0}, {128.0, 129.0}, 0.5468110246745148245},
    {"gammaincc", {0, 0}, {128.0, 129.0}, 0.4531889753254851755},
    {"gammainc", {0, 0}, {500.0, 450.0}, 0.01071723809128974156},
    {"gammaincc", {0, 0}, {500.0, 450.0}, 0.9892827619087102584},
    {"gammainc", {0, 0}, {500.0, 700.0}, 0.9999999999999992968},
    {"gammaincc", {0, 0}, {500.0, 700.0}, 7.032145641828589479e-16},
    {"gammaincc", {0, 0}, {10000.0, 9800.0}, 0.9777924561860303061},
    {"gammaincc", {0, 0}, {1000000.0, 1000500.0}, 0.3084495242285028185},
    {"gammainc", {1, 0}, {0.5, 0.1}, -0.8229360969795987523},
    {"gammainc", {1, 0}, {0.5, 3.0}, -0.04724032644797375092},
    {"gammainc", {1, 0}, {3.0, 4.1}, -0.171448454541576658},
    {"gammainc", {2, 0}, {3.0, 4.1}, -0.05345998422232125256},
    {"gammainc", {3, 0}, {2.5, 6.0}, -0.01671353058917310248},
    {"gammainc", {1, 0}, {30.0, 20.0}, -0.01020525732498950607},
    {"gammainc", {2, 0}, {30.0, 50.0}, -2.672234552450020013e-4},
    {"gammainc", {1, 0}, {100.0, 102.0}, -0.03876083491021117221},
    {"gammainc", {1, 0}, {200.0, 190.0}, -0.02235282834155004136},
    {"gammainc", {2, 0}, {200.0, 230.0}, -4.744282614794249015e-4},
    {"gammainc", {4, 0}, {1.5, 0.75}, -0.4978438410651997825},
    {"gamma_density", {0, 0}, {0.5, 0.1}, 1.614342258715361797},
    {"gamma_density", {0, 0}, {1.0, 5e-324}, 1.0},
    {"gamma_density", {0, 0}, {20.0, 3.0}, 4.756919179184756627e-10},
    {"gamma_density", {0, 0}, {1000.0, 1010.0}, 0.01188451503603511009},
    {"gamma_density", {1, 0}, {0.5, 2.0}, 0.1434354902775543951},
    {"gamma_density", {2, 0}, {3.0, 0.25}, 0.1201521766605788538},
    {"gamma_density", {1, 0}, {1e-10, 0.5}, 1.21306131939714044},
    {"betainc", {0, 0}, {0.5, 0.5, 0.3}, 0.369010119565545375},
    {"betainc", {0, 0}, {2.0, 3.0, 0.9}, 0.9963000000000000024},
    {"betainc", {0, 0}, {1e-10, 2.0, 0.5}, 0.9999999999806852819},
    {"betainc", {0, 0}, {1e-08, 1e-09, 0.5}, 0.09090909090909090578},
    {"betainc", {0, 0}, {3.0, 1e-10, 0.3}, 1.167494394017681269e-12},
    {"betainc", {0, 0}, {3.0, 1e-12, 0.75}, 3.550443611200780717e-13},
    {"betainc", {0, 0}, {0.02, 1e-08, 0.9999990463256836}, 6.383048345072878086e-7},
    {"betainc", {0, 0}, {700.0, 0.00048828125, 0.9999}, 0.001050144600460350579},
    {"betainc", {0, 0}, {5.0, 9.0, 0.4}, 0.6469581537280000614},
    {"betainc", {0, 0}, {30.0, 9.0, 0.75}, 0.3645813210644766332},
    {"betainc", {0, 0}, {20.0, 30.0, 0.2}, 6.877276287415889734e-4},
    {"betainc", {0, 0}, {64.0, 64.0, 0.45}, 0.1288164852993297999},
    {"betainc", {0, 0}, {100.0, 300.0, 0.35}, 0.9999923722804446828},
    {"betainc", {0, 0}, {1000.0, 1000.0, 0.49}, 0.1855526594315114499},
    {"betainc", {0, 0}, {0.5, 100.0, 0.001}, 0.3449564836755702723},
    {"betainc", {0, 0}, {3.0, 1000000.0, 2e-06}, 0.3233246665001948679},
    {"betainc", {1, 0}, {0.5, 0.5, 0.3}, -0.642811481157283854},
    {"betainc", {0, 1}, {2.0, 3.0, 0.9}, 0.007619564844077964908},
    {"betainc", {1, 1}, {5.0, 9.0, 0.4}, 0.0114649592405379916},
    {"betainc", {2, 0}, {30.0, 9.0, 0.75}, 0.001757300459821306745},
    {"betainc", {1, 0}, {64.0, 70.0, 0.45}, -0.03031925555065619558},
    {"betainc", {1, 2}, {100.0, 90.0, 0.5}, 6.349380072462373445e-5},
    {"betainc", {0, 1}, {2.0, 4.0, 0.5}, 0.09871509635498974552},
    {"beta_density", {0, 0}, {0.5, 0.5, 0.3}, 0.694609118042856613},
    {"beta_density", {0, 0}, {20.0, 400.0, 0.04}, 33.45677199419542263},
    {"beta_density", {0, 0}, {3.0, 100000.0, 1e-05}, 18394.61585456858662},
    {"beta_density", {1, 2}, {3.0, 2.0, 0.25}, 0.07606237744569312123},
    {"zeta", {0}, {1, 2}, INFINITY},
    {"zeta", {0}, {2, 0}, INFINITY},
    {"zeta", {0}, {0.5, 2}, NAN},
    {"zeta", {0}, {2, -1}, NAN},
    {"zeta", {0}, {2, INFINITY}, 0},
    {"zeta", {0}, {INFINITY, 2}, 0},
    {"zeta", {0}, {NAN, 2}, NAN},
    {"lbeta", {0}, {0, 2}, INFINITY},
    {"lbeta", {0}, {1, 1}, 0},
    {"lbeta", {0}, {2, INFINITY}, -INFINITY},
    {"lbeta", {0}, {2, NAN}, NAN},
    {"beta", {0}, {2, INFINITY}, 0},
    {"beta", {0}, {NAN, 1}, NAN},
    {"gammainc", {0}, {0, 0}, NAN},
    {"gammainc", {0}, {0, 1}, 1},
    {"gammainc", {0}, {1, 0}, 0},
    {"gammainc", {0}, {1, INFINITY}, 1},
    {"gammainc", {0}, {INFINITY, 1}, 0},
    {"gammainc", {0}, {1e300, 1}, 0},
    {"gammainc", {0}, {-1, 1}, NAN},
    {"gammainc", {0}, {1, -1}, NAN},
    {"gammainc", {0}, {1, NAN}, NAN},
    {"gammaincc", {0}, {0, 1}, 0},
    {"gammaincc", {0}, {1, 0}, 1},
    {"gammaincc", {0}, {INFINITY, 1}, 1},
    {"gamma_density", {0}, {1, 0}, 1},
    {"gamma_density", {0}, {0.5, 0}, INFINITY},
    {"gamma_density", {0}, {2, 0}, 0},
    {"gamma_density", {0}, {2, INFINITY}, 0},
    {"gamma_density", {0}, {2, NAN}, NAN},
    {"betainc", {0}, {1, 2, 0}, 0},
    {"betainc", {0}, {1, 2, 1}, 1},
    {"betainc", {0}, {0, 2, 0.5}, 1},
    {"betainc", {0}, {2, 0, 0.5}, 0},
    {"betainc", {0}, {0, 0, 0.5}, NAN},
    {"betainc", {0}, {1, 1, 1.1}, NAN},
    {"betainc", {0}, {1, NAN, 0.5}, NAN},
    {"beta_density", {0}, {1, 3, 0}, 3},
    {"beta_density", {0}, {0.5, 3, 0}, INFINITY},
    {"beta_density", {0}, {2, 3, 1}, 0},
    {"gammainc", {0, 0}, {10.5, 1e-10}, 8.403768761331560594e-113},
    {"gammainc", {0, 0}, {40.0, 0.5}, 6.844395918288117616e-61},
    {"gammaincc", {0, 0}, {7.5, 720.0}, 4.096702560528396384e-298},
    {"betainc", {0, 0}, {20.0, 30.0, 0.001}, 2.750687665855993136e-47},
    {"betainc", {0, 0}, {12.0, 15.0, 1e-20}, 9.657699999999993642e-234},
    {"gammaincinv", {0, 0}, {2.5, 0.3}, 1.499954066379953105},
    {"gammaincinv", {0, 0}, {0.5, 0.75}, 0.6616518484657329748},
    {"gammaincinv", {0, 0}, {0.125, 0.4}, 0.0004055968678281172296},
    {"gammaincinv", {0, 0}, {1.0, 1e-20}, 9.999999999999999452e-21},
    {"gammaincinv", {0, 0}, {10.5, 1e-60}, 9.111171886937815013e-6},
    {"gammaincinv", {0, 0}, {7.5, 0.999999}, 28.24672124984979787},
    {"gammaincinv", {0, 0}, {150.0, 0.25}, 141.5676495337198309},
    {"gammaincinv", {0, 0}, {3000.0, 0.9}, 3070.404111302976085},
    {"gammaincinv", {0, 0}, {1000000.0, 0.5}, 999999.6666666864198},
    {"gammaincinv", {0, 0}, {0.01, 0.999}, 1.509084147694749934},
    {"gammainccinv", {0, 0}, {2.5, 1e-300}, 700.3202928265134349},
    {"gammainccinv", {0, 0}, {0.5, 1e-10}, 20.91072818238064707},
    {"gammainccinv", {0, 0}, {0.03125, 0.25}, 0.00005784942621471245999},
    {"gammainccinv", {0, 0}, {40.0, 0.75}, 35.57225428779200663},
    {"gammainccinv", {0, 0}, {7.5, 6e-300}, 724.2619017325963499},
    {"betaincinv", {0, 0}, {2.5, 3.5, 0.3}, 0.3017723232475054275},
    {"betaincinv", {0, 0}, {0.5, 0.5, 0.9}, 0.9755282581475767968},
    {"betaincinv", {0, 0}, {0.25, 4.0, 0.125}, 0.00004533031455549282253},
    {"betaincinv", {0, 0}, {20.0, 30.0, 1e-40}, 0.002131609052991305202},
    {"betaincinv", {0, 0}, {2.0, 50.0, 0.9999999}, 0.3152809310549458818},
    {"betaincinv", {0, 0}, {100.0, 80.0, 0.5}, 0.5557617699310107015},
    {"betaincinv", {0, 0}, {5.0, 0.125, 0.25}, 0.9857532116423699106},
    {"betaincinv", {0, 0}, {1.0, 1.0, 0.7}, 0.6999999999999999556},
    {"gammaincinv", {0}, {2, 0}, 0},
    {"gammaincinv", {0}, {2, 1}, INFINITY},
    {"gammaincinv", {0}, {0, 0.5}, 0},
    {"gammaincinv", {0}, {-1, 0.5}, NAN},
    {"gammaincinv", {0}, {2, 1.5}, NAN},
    {"gammaincinv", {0}, {2, NAN}, NAN},
    {"gammainccinv", {0}, {2, 1}, 0},
    {"gammainccinv", {0}, {2, 0}, INFINITY},
    {"gammainccinv", {0}, {2, -0.5}, NAN},
    {"betaincinv", {0}, {2, 3, 0}, 0},
    {"betaincinv", {0}, {2, 3, 1}, 1},
    {"betaincinv", {0}, {0, 3, 0.5}, 0},
    {"betaincinv", {0}, {2, 0, 0.5}, 1},
    {"betaincinv", {0}, {2, -1, 0.5}, NAN},
    {"betaincinv", {0}, {2, NAN, 0.5}, NAN},
    {"poisson_quantile", {0}, {0.5, 3.5}, 3}, /* SciPy's */
    {"poisson_quantile", {0}, {0.999999, 0.01}, 2},
    {"poisson_quantile", {0}, {1, 3.5}, INFINITY},
    {"poisson_quantile", {0}, {0.5, INFINITY}, INFINITY},
    {"poisson_quantile", {0}, {1e-09, 40.0}, 9},
    {"poisson_quantile", {0}, {0.0625, 1234.5}, 1181},
    {"poisson_quantile", {0}, {0.75, 1000000.0}, 1000674},
    {"poisson_quantile", {0}, {1e-12, 1234.5}, 996},
    {"poisson_quantile", {0}, {0.9999999999, 1234.5}, 1464},
    {"poisson_quantile", {0}, {1e-15, 100}, 32},
    {"poisson_quantile", {0}, {0.999999999999, 5}, 27},
    {"poisson_quantile", {0}, {1 - 0x1p-40, 300}, 430},
    {"poisson_quantile", {0}, {0, 3}, 0},
    {"poisson_quantile", {0}, {1, 3}, INFINITY},
    {"poisson_quantile", {0}, {0.5, 0}, 0},
    {"poisson_quantile", {0}, {0.5, -1}, NAN},
    {"poisson_quantile", {0}, {NAN, 1}, NAN},
};
enum { TABLE = sizeof table / sizeof *table };

static tad_var call(const exact *e, const tad_var *x) {
    const tad_op *op = tad_op_find(e->name);
    return tad_apply(op, x, op->min_in, op->options_size ? e->order : NULL, NULL, 0);
}

static bool is_near(double got, double right, double tolerance) {
    if (isnan(right) || isinf(right) || right == 0)
        return (isnan(right) && isnan(got)) || got == right;
    return fabs(got - right) <= tolerance * fabs(right) + DBL_MIN;
}

START_TEST(table_of_several_arguments) {
    const exact *e = &table[_i];
    double y[2];
    tad_tape *t = tad_tape_new(NULL);
    tad_var number[3], array[3];
    for (int i = 0; i < 3; i++) {
        number[i] = tad_scalar(t, e->x[i]);
        array[i] = tad_full(t, TAD_F64, TAD_SHAPE(2), e->x[i]);
    }
    tad_var of_numbers = call(e, number), of_arrays = call(e, array);
    ck_done(tad_read(of_arrays, y, 2), t);
    ck_assert_msg(is_near(y[0], e->y, 1e-14), "%s(%g, %g, %g) order %d %d: %.17g, right is %.17g",
                  e->name, e->x[0], e->x[1], e->x[2], (int)e->order[0], (int)e->order[1], y[0],
                  e->y);
    ck_assert(memcmp(&y[0], &y[1], sizeof *y) == 0);
    ck_assert(is_near(tad_item(of_numbers), y[0], 0));
    tad_tape_free(t);
}
END_TEST

START_TEST(float32_of_several_arguments) {
    const exact *e = &table[_i];
    float y;
    tad_tape *t = tad_tape_new(NULL);
    tad_var wide[3], narrow[3];
    for (int i = 0; i < 3; i++) {
        wide[i] = tad_scalar(t, (double)(float)e->x[i]);
        narrow[i] = tad_full(t, TAD_F32, TAD_SHAPE(1), e->x[i]);
    }
    memcpy(&y, tad_data(call(e, narrow)), sizeof y);
    const float right = (float)tad_item(call(e, wide));
    ck_assert_msg(isnan(y) ? isnan(right) : y == right, "%s: %g, not %g", e->name, (double)y,
                  (double)right);
    tad_tape_free(t);
}
END_TEST

/* What there is no function for is refused, never a zero. */
START_TEST(derivatives_end_at_order_4) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_scalar(t, 2.5), y = tad_gammainc(a, tad_scalar(t, 2));
    for (int order = 1; order <= 4; order++) ck_done(tad_grad(&y, NULL, 1, &a, 1, &y), t);
    ck_assert(tad_grad(&y, NULL, 1, &a, 1, &y) == TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "gammainc", "order 0 to 4");
    tad_tape_free(t);
}
END_TEST

/* Of a quantile by operand `by`, of orders 1 and 2: differences of roots found with 60 digits. */
static const struct {
    const char *name;
    double x[3];
    int by;
    double derivative[2];
} slopes[] = {
    {"gammaincinv", {2.5, 0.3}, 0, {0.81778001177601563, 0.044064823152671407}},
    {"gammaincinv", {2.5, 0.3}, 1, {3.2429558361175146, -0.00032205851242568155}},
    {"gammaincinv", {0.25, 0.75}, 0, {1.6466639454865701, 0.14327722008681909}},
    {"gammaincinv", {200.0, 0.9}, 0, {1.0453435161213436, -0.00011352819666123555}},
    {"gammainccinv", {1.5, 1e-12}, 0, {3.4363547520923205, -0.72642753336495385}},
    {"gammainccinv", {1.5, 0.25}, 1, {-4.8232775798425122, 17.601384077662533}},
    {"betaincinv", {2.5, 1.5, 0.25}, 0, {0.13232564737147471, -0.062476153147905343}},
    {"betaincinv", {2.5, 1.5, 0.25}, 1, {-0.16999976297371172, 0.12804461109101622}},
    {"betaincinv", {0.5, 3.0, 0.875}, 2, {1.4677983187840139, 9.7019587394624839}},
    {"betaincinv", {0.5, 3.0, 0.875}, 0, {0.4287363606822973, -0.72539809600409123}},
};

START_TEST(derivatives_of_quantiles) {
    for (size_t i = 0; i < sizeof slopes / sizeof *slopes; i++) {
        tad_tape *t = tad_tape_new(NULL);
        const tad_op *op = tad_op_find(slopes[i].name);
        tad_var x[3];
        for (int k = 0; k < 3; k++) x[k] = tad_scalar(t, slopes[i].x[k]);
        tad_var y = tad_apply(op, x, op->min_in, NULL, NULL, 0);
        for (int order = 0; order < 2; order++) {
            ck_done(tad_grad(&y, NULL, 1, &x[slopes[i].by], 1, &y), t);
            ck_assert_msg(is_near(tad_item(y), slopes[i].derivative[order], 1e-11),
                          "%s, row %zu, order %d: %.17g", op->name, i, order + 1, tad_item(y));
        }
        tad_tape_free(t);
    }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("special_many");
    TCase *c = support_case(s, "values");
    tcase_add_loop_test(c, table_of_several_arguments, 0, TABLE);
    tcase_add_loop_test(c, float32_of_several_arguments, 0, TABLE);
    tcase_add_test(c, derivatives_end_at_order_4);
    tcase_add_test(c, derivatives_of_quantiles);
    return s;
}

SUPPORT_MAIN(suite)
