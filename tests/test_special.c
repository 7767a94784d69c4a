/* Special functions: values against a table from mpmath, in both types; poles, ends and NaNs;
 * orders that there are none of; derivatives at poles and of high order. */
#include "support.h"

#include <float.h>

typedef struct exact {
    const char *name;
    double n, x, y;
} exact;

static const exact table[] = {
    {"lgamma", 0, 1e-20, 46.05170185988091374},
    {"lgamma", 0, 0.1, 2.252712651734205902},
    {"lgamma", 0, 0.5, 0.5723649429247000871},
    {"lgamma", 0, 1.0000001, -5.772155829918507097e-8},
    {"lgamma", 0, 1.25, -0.09827183642181316146},
    {"lgamma", 0, 1.75, -0.08440112102048555596},
    {"lgamma", 0, 2.5, 0.2846828704729191596},
    {"lgamma", 0, 4.75, 2.808571418575736503},
    {"lgamma", 0, 7.9, 8.324265868008809635},
    {"lgamma", 0, 8.1, 8.727388263432039799},
    {"lgamma", 0, 30.5, 72.95347118416940832},
    {"lgamma", 0, 100000.0, 1051287.708973656895},
    {"lgamma", 0, 1e+300, 6.897755278982137415e+302},
    {"lgamma", 0, -1e-20, 46.05170185988091374},
    {"lgamma", 0, -0.25, 1.589575312551185990},
    {"lgamma", 0, -0.5, 1.265512123484645396},
    {"lgamma", 0, -2.4, 0.1025836159682772843},
    {"lgamma", 0, -3.25, -0.6231534513209986466},
    {"lgamma", 0, -20.5, -42.70719597482576043},
    {"lgamma", 0, -1234.4, -7555.762532131963859},
    {"digamma", 0, 1e-20, -1.000000000000000055e+20},
    {"digamma", 0, 0.1, -10.42375494041107623},
    {"digamma", 0, 0.5, -1.963510026021423479},
    {"digamma", 0, 1.25, -0.2274535333762654081},
    {"digamma", 0, 1.4616, -3.11062512303416496e-05},
    {"digamma", 0, 1.75, 0.2474724535468611637},
    {"digamma", 0, 2.5, 0.7031566406452431872},
    {"digamma", 0, 5.25, 1.559977336407545552},
    {"digamma", 0, 9.9, 2.241180316606381437},
    {"digamma", 0, 10.1, 2.262214357094148124},
    {"digamma", 0, 77.5, 4.343812449250706151},
    {"digamma", 0, 100000.0, 11.51292046496189509},
    {"digamma", 0, 1e+300, 690.7755278982137053},
    {"digamma", 0, -1e-20, 1.000000000000000055e+20},
    {"digamma", 0, -0.25, 2.914139120213527830},
    {"digamma", 0, -0.5, 0.03648997397857652056},
    {"digamma", 0, -2.4, 2.090333167059191476},
    {"digamma", 0, -20.4, 4.060609840029619091},
    {"digamma", 0, -1234.4, 8.139510632137505341},
    {"polygamma", 1, 0.1, 101.4332991507927477},
    {"polygamma", 1, 1.5, 0.9348022005446793094},
    {"polygamma", 1, 12.25, 0.08505514298816320808},
    {"polygamma", 1, 10000000000.0, 1.000000000050000000e-10},
    {"polygamma", 1, 1e+300, 1e-300},
    {"polygamma", 2, 1e+110, -1e-220},
    {"polygamma", 1, -0.75, 18.97510693228488852},
    {"polygamma", 1, -7.4, 10.78515206657957866},
    {"polygamma", 2, 0.5, -16.82879664423432000},
    {"polygamma", 2, 3.25, -0.1281569471391151207},
    {"polygamma", 2, -2.25, 123.8969497740601656},
    {"polygamma", 3, 2.0, 0.4939394022668291491},
    {"polygamma", 5, 0.75, 678.7533428745797136},
    {"polygamma", 5, -1.4, 31892.44414480409429},
    {"polygamma", 10, 5.5, -0.03136930434391405792},
    {"polygamma", 20, -0.4, 5.530669672989050956e+26},
    {"polygamma", 25, -3.25, 6.985627977123840592e+40},
    {"polygamma", 25, 2.5, 698673845657397.7939},
    {"polygamma", 100, 0.5, -2.366100660490897156e+188},
    {"polygamma", 100, 60.5, -1.274668126808804773e-22},
    {"erfinv", 0, 1e-300, 8.862269254527580359e-301},
    {"erfinv", 0, 1e-09, 8.862269254527580691e-10},
    {"erfinv", 0, 0.1, 0.08885599049425769197},
    {"erfinv", 0, 0.5, 0.4769362762044698734},
    {"erfinv", 0, 0.7, 0.7328690779592167849},
    {"erfinv", 0, 0.71, 0.7482049711849851380},
    {"erfinv", 0, -0.95, -1.385903824349677677},
    {"erfinv", 0, 0.9999, 2.751063905712079692},
    {"erfinv", 0, 0.99999999999, 4.812924058944832545},
    {"erfinv", 0, 0x1.fffffffffffffp-1, 5.863584748755167927},
    {"inverse_mills", 0, -10000000000.0, 10000000000.0},
    {"inverse_mills", 0, -3.5, 3.751391264857699731},
    {"inverse_mills", 0, 0.0, 0.7978845608028653559},
    {"inverse_mills", 0, 5.0, 1.486719940904905712e-6},
    {"inverse_mills", 1, -40.0, -0.9993773316214086112},
    {"inverse_mills", 2, -1000.0, 1.999976000299995856e-9},
    {"inverse_mills", 4, -2.5, 0.02006029342374663286},
    {"inverse_mills", 6, 3.0, -0.2838430538931711481},
    {"inverse_mills", 10, -15.0, 2.38681724392776388e-7},
    {"inverse_mills", 0, INFINITY, 0},
    {"inverse_mills", 1, -INFINITY, -1},
    {"inverse_mills", 2, INFINITY, 0},
    {"inverse_mills", 61, 1, NAN},
    {"inverse_mills", 1, NAN, NAN},
    {"ndtr", 0, -38.0, 2.885428360068784308e-316},
    {"ndtr", 0, -30.25, 2.608640285741260496e-201},
    {"ndtr", 0, -12.5, 3.732564298877713377e-36},
    {"ndtr", 0, -2.25, 0.01222447265504470315},
    {"ndtr", 0, -0.5, 0.3085375387259868964},
    {"ndtr", 0, 1e-09, 0.5000000003989422804},
    {"ndtr", 0, 0.75, 0.7733726476231318007},
    {"ndtr", 0, 3.5, 0.9997673709209644750},
    {"ndtr", 0, 8.0, 0.9999999999999993779},
    {"ndtr", 0, 9.0, 0.9999999999999999999},
    {"ndtri", 0, 1e-300, -37.04709629936119924},
    {"ndtri", 0, 1e-30, -11.46402468844361572},
    {"ndtri", 0, 1e-09, -5.997807015007686861},
    {"ndtri", 0, 0.1, -1.281551565544600435},
    {"ndtri", 0, 0.25, -0.6744897501960817432},
    {"ndtri", 0, 0.5000001, 2.506628273311648301e-7},
    {"ndtri", 0, 0.8, 0.8416212335729143638},
    {"ndtri", 0, 0.9, 1.281551565544600593},
    {"ndtri", 0, 0x1.fffffffffffffp-1, 8.209536151601386856},
    {"logit", 0, 1e-300, -690.7755278982137052},
    {"logit", 0, 1e-09, -20.72326583594641109},
    {"logit", 0, 0.1, -2.197224577336219321},
    {"logit", 0, 0.25, -1.098612288668109691},
    {"logit", 0, 0.4999999, -4.000000000115075991e-7},
    {"logit", 0, 0.75, 1.098612288668109691},
    {"logit", 0, 0.9, 2.197224577336219630},
    {"logit", 0, 0x1.fffffffffffffp-1, 36.73680056967710129},
    {"erfcx", 0, -20.0, 1.044293937952828790e+174},
    {"erfcx", 0, -0.5, 1.952360489182557093},
    {"erfcx", 1, NAN, NAN},
    {"erfcx", 2, NAN, NAN},
    {"erfcx", 0, 0.25, 0.7703465477309967439},
    {"erfcx", 0, 1.5, 0.3215854164543175024},
    {"erfcx", 0, 27.0, 0.02088160799042094067},
    {"erfcx", 0, 30.0, 0.01879588886141675150},
    {"erfcx", 0, 1000000000.0, 5.641895835477562867e-10},
    {"erfcx", 1, -3.0, -97237.06150316461527},
    {"erfcx", 1, 0.0, -1.128379167095512574},
    {"erfcx", 1, 0.99, -0.2763233652284990036},
    {"erfcx", 1, 1.01, -0.2701482021868885993},
    {"erfcx", 1, 25.0, -0.0009005454634446267159},
    {"erfcx", 1, 100000000.0, -5.641895835477562023e-17},
    {"erfcx", 2, -1.0, 32.31063881876472595},
    {"erfcx", 2, 0.5, 0.7186918654832650507},
    {"erfcx", 2, 40.0, 0.00001759794375691390100},
    {"erfcx", 3, 2.0, -0.09276382658574601780},
    {"erfcx", 4, 0.9, 1.129284772029492675},
    {"erfcx", 7, 3.5, -0.04151945226515245111},
    {"log_ndtr", 0, -1000000000.0, -500000000000000021.6},
    {"log_ndtr", 0, -300.0, -45006.62273211866336},
    {"log_ndtr", 0, -38.0, -726.5572160188201301},
    {"log_ndtr", 0, -5.5, -17.77937635262526051},
    {"log_ndtr", 0, -1.0, -1.841021645009263506},
    {"log_ndtr", 0, -0.99, -1.825810317842812358},
    {"log_ndtr", 0, 0.0, -0.6931471805599453094},
    {"log_ndtr", 0, 0.5, -0.3689464152886563931},
    {"log_ndtr", 0, 3.0, -0.001350809964748193799},
    {"log_ndtr", 0, 9.0, -1.128588405953840648e-19},
    {"log_ndtr", 0, 37.0, -5.725571222524576823e-300},
    {"bessel_i", 0, 0.0, 1.000000000000000000},
    {"bessel_ie", 0, 0.0, 1.000000000000000000},
    {"bessel_i", 0, 1e-09, 1.000000000000000000},
    {"bessel_ie", 0, 1e-09, 0.9999999990000000007},
    {"bessel_i", 0, 2.5, 3.289839144050123036},
    {"bessel_ie", 0, 2.5, 0.2700464416122027396},
    {"bessel_i", 0, 29.9, 708478330489.0145261},
    {"bessel_ie", 0, 29.9, 0.07326921904600190771},
    {"bessel_i", 0, 30.1, 862432920031.7792125},
    {"bessel_ie", 0, 30.1, 0.07302329413106094185},
    {"bessel_i", 0, 700.0, 1.529593347671873736e+302},
    {"bessel_ie", 0, 700.0, 0.01508129565153135759},
    {"bessel_i", 1, -2.5, -2.516716245288698442},
    {"bessel_ie", 1, -2.5, -0.2065846495312665542},
    {"bessel_i", 1, 1e-300, 5.000000000000000125e-301},
    {"bessel_ie", 1, 1e-300, 5.000000000000000125e-301},
    {"bessel_i", 1, 100.0, 1.068369390338162481e+42},
    {"bessel_ie", 1, 100.0, 0.03974415302513025267},
    {"bessel_i", 2, 0.5, 0.03190614917773825381},
    {"bessel_ie", 2, 0.5, 0.01935205770966327954},
    {"bessel_i", 7, 31.0, 939187589148.0324580},
    {"bessel_ie", 7, 31.0, 0.03233131776201207017},
    {"bessel_i", 10, 25.0, 771298871.1707266618},
    {"bessel_ie", 10, 25.0, 0.01071175542592916784},
    {"bessel_i", 40, 50.0, 60071789743211.14944},
    {"bessel_ie", 40, 50.0, 1.158634553341389402e-8},
    {"i0", 0, -3.5, 7.378203432225479660},
    {"i0e", 0, -3.5, 0.2228024380107791633},
    {"i0e", 0, 10000.0, 0.003989472674604732106},
    {"i1", 0, -3.5, -6.205834922258365474},
    {"i1e", 0, -3.5, -0.1873999766030499874},
    {"i1e", 0, 10000.0, 0.003989273195983662264},
    {"sinc", 0, 0.0, 1.0},
    {"sinc", 0, 1e-09, 0.9999999999999999984},
    {"sinc", 0, 0.25, 0.9003163161571060696},
    {"sinc", 0, 1.0, 0},
    {"sinc", 0, 2.5, 0.1273239544735162686},
    {"sinc", 0, 10.25, 0.02195893454041722121},
    {"sinc", 0, -0.75, 0.3001054387190353565},
    {"sinc", 1, 0.0, 0.0},
    {"sinc", 1, 0.1, -0.32575126788312397},
    {"sinc", 1, 0.9, -1.178165467869117017},
    {"sinc", 1, -7.25, 0.09324984703092876166},
    {"sinc", 2, 0.0, -3.289868133696452873},
    {"sinc", 2, 0.5, -1.190227128238935732},
    {"sinc", 2, 3.75, 0.4832817615065761793},
    {"sinc", 3, 0.3, 5.247493152924369436},
    {"sinc", 5, 2.0, 27.78053451427782207},
    {"bessel_j", 0, 1e-09, 0.9999999999999999997},
    {"bessel_j", 0, 0.5, 0.9384698072408129042},
    {"bessel_j", 0, 1.5, 0.5118276717359181287},
    {"bessel_j", 0, 7.25, 0.2919969241917789975},
    {"bessel_j", 0, 24.5, 0.02369743373406790211},
    {"bessel_j", 0, 25.5, 0.1440621575468478617},
    {"bessel_j", 0, 1000.25, 0.02284653535485831296},
    {"bessel_j", 1, -3.5, -0.1373775273623271857},
    {"bessel_j", 1, 1e-300, 5.000000000000000125e-301},
    {"bessel_j", 2, 0.75, 0.06707399729965055651},
    {"bessel_j", 3, 12.0, 0.1951369395310926773},
    {"bessel_j", 10, 5.0, 0.001467802647310474131},
    {"bessel_j", 40, 30.5, 5.623470919188988028e-4},
    {"bessel_j", 7, 100.0, 0.07017269098721271992},
    {"bessel_y", 0, 1e-300, -439.8351636227653317},
    {"bessel_y", 0, 0.5, -0.4445187335067065571},
    {"bessel_y", 0, 1.5, 0.382448923797758844},
    {"bessel_y", 0, 7.25, 0.04842252986520282862},
    {"bessel_y", 0, 24.5, -0.1594287177497504292},
    {"bessel_y", 0, 25.5, -0.06485976549878349112},
    {"bessel_y", 0, 1000.25, 0.01070029905959667605},
    {"bessel_y", 1, 1e-09, -636619772.3675813102},
    {"bessel_y", 1, 3.5, 0.4101884178875118829},
    {"bessel_y", 2, 0.75, -2.629746032665655388},
    {"bessel_y", 3, 12.0, 0.1290061436800783033},
    {"bessel_y", 10, 5.0, -25.12911009561009674},
    {"bessel_y", 40, 30.5, -21.93962867748298417},
    {"bessel_y", 7, 100.0, 0.03817804831713342915},
    {"bessel_k", 0, 1e-300, 690.8914594138721176},
    {"bessel_ke", 0, 1e-300, 690.8914594138721176},
    {"bessel_k", 0, 0.5, 0.9244190712276658618},
    {"bessel_ke", 0, 0.5, 1.52410938577390953},
    {"bessel_k", 0, 1.25, 0.2976030890841059166},
    {"bessel_ke", 0, 1.25, 1.038736846103598087},
    {"bessel_k", 0, 1.75, 0.1553798123866035856},
    {"bessel_ke", 0, 1.75, 0.8941490841572173345},
    {"bessel_k", 0, 2.5, 0.06234755320036618603},
    {"bessel_ke", 0, 2.5, 0.7595486903280995787},
    {"bessel_k", 0, 30.0, 2.132477496463056371e-14},
    {"bessel_ke", 0, 30.0, 0.2278866656162537304},
    {"bessel_k", 0, 700.0, 4.669776431685376881e-306},
    {"bessel_ke", 0, 700.0, 0.04736236945461357211},
    {"bessel_k", 1, 1e-09, 999999999.999999927},
    {"bessel_ke", 1, 1e-09, 1000000000.999999928},
    {"bessel_k", 1, 1.25, 0.4021240797841954126},
    {"bessel_ke", 1, 1.25, 1.403550949900590077},
    {"bessel_k", 1, 3.5, 0.02223939292592383374},
    {"bessel_ke", 1, 3.5, 0.7364675480289124065},
    {"bessel_k", 2, 0.75, 3.142797000682171405},
    {"bessel_ke", 2, 0.75, 6.653301302654420986},
    {"bessel_k", 10, 5.0, 9.758562829177810132},
    {"bessel_ke", 10, 5.0, 1448.299137779256404},
    {"bessel_k", 40, 30.5, 1.808997755652516772e-4},
    {"bessel_ke", 40, 30.5, 3187276393.080374115},
    {"bessel_ke", 0, 10000000000.0, 1.253314137299833824e-5},
    {"j0", 0, 3.25, -0.3327508021706115094},
    {"j1", 0, 3.25, 0.2411196880152038882},
    {"y0", 0, 3.25, 0.2882869026730870539},
    {"y1", 0, 3.25, 0.3797777737170835232},
    {"k0", 0, 3.25, 0.02605875525515494978},
    {"k1", 0, 3.25, 0.02982552979604012413},
    {"k0e", 0, 3.25, 0.6720641558493871791},
    {"k1e", 0, 3.25, 0.7692105516502446609},
    {"lambert_w", 0, -0.36787944, -0.9999201984841514465},
    {"lambert_w", 0, -0.36, -0.8060843159708176245},
    {"lambert_w", 0, -0.25, -0.3574029561813889031},
    {"lambert_w", 0, -1e-10, -1.000000000100000036e-10},
    {"lambert_w", 0, 1e-300, 1.000000000000000025e-300},
    {"lambert_w", 0, 0.5, 0.351733711249195826},
    {"lambert_w", 0, 2.75, 1.005808859023790604},
    {"lambert_w", 0, 1000.0, 5.249602852401596227},
    {"lambert_w", 0, 1e+300, 684.2472086297608493},
    {"lambert_w", -1, -0.36787944, -1.000079805761595721},
    {"lambert_w", -1, -0.36, -1.222770133978506156},
    {"lambert_w", -1, -0.25, -2.153292364110349649},
    {"lambert_w", -1, -0.001, -9.118006470402740098},
    {"lambert_w", -1, -1e-300, -697.322776295460161},
    {"erfcx", 0, INFINITY, 0},
    {"erfcx", 0, -INFINITY, INFINITY},
    {"erfcx", 0, -30, INFINITY},
    {"erfcx", 1, -INFINITY, -INFINITY},
    {"erfcx", 3, NAN, NAN},
    {"log_ndtr", 0, INFINITY, -0.0},
    {"log_ndtr", 0, -INFINITY, -INFINITY},
    {"log_ndtr", 0, NAN, NAN},
    {"bessel_i", 2, 0, 0},
    {"bessel_i", 0, -INFINITY, INFINITY},
    {"bessel_i", 1, -INFINITY, -INFINITY},
    {"bessel_i", 0, 800, INFINITY},
    {"bessel_i", 3, NAN, NAN},
    {"bessel_ie", 3, INFINITY, 0},
    {"i0", 0, NAN, NAN},
    {"lgamma", 0, 0, INFINITY},
    {"lgamma", 0, -0.0, INFINITY},
    {"lgamma", 0, -3, INFINITY},
    {"lgamma", 0, -1e300, INFINITY},
    {"lgamma", 0, 1, 0},
    {"lgamma", 0, 2, 0},
    {"lgamma", 0, 1e306, INFINITY},
    {"lgamma", 0, INFINITY, INFINITY},
    {"lgamma", 0, -INFINITY, INFINITY},
    {"digamma", 0, 0, NAN},
    {"digamma", 0, -4, NAN},
    {"digamma", 0, INFINITY, INFINITY},
    {"digamma", 0, -INFINITY, NAN},
    {"digamma", 0, -5e-324, INFINITY},
    {"polygamma", 0, 0.5, -1.963510026021423479},
    {"polygamma", 0, -1, NAN},
    {"polygamma", 1, 0, INFINITY},
    {"polygamma", 1, -2, INFINITY},
    {"polygamma", 2, -2, NAN},
    {"polygamma", 3, INFINITY, 0},
    {"polygamma", 4, INFINITY, -0.0},
    {"polygamma", 1, -INFINITY, NAN},
    {"polygamma", 30, -INFINITY, NAN},
    {"polygamma", 1, 1e-200, INFINITY},
    {"erfinv", 0, -0.0, -0.0},
    {"erfinv", 0, 1, INFINITY},
    {"erfinv", 0, -1, -INFINITY},
    {"erfinv", 0, 1.0000001, NAN},
    {"erfinv", 0, -INFINITY, NAN},
    {"ndtr", 0, 0, 0.5},
    {"ndtr", 0, INFINITY, 1},
    {"ndtr", 0, -INFINITY, 0},
    {"ndtr", 0, -40, 0},
    {"ndtri", 0, 0, -INFINITY},
    {"ndtri", 0, 0.5, 0},
    {"ndtri", 0, 1, INFINITY},
    {"ndtri", 0, -0.1, NAN},
    {"ndtri", 0, 1.1, NAN},
    {"logit", 0, 0, -INFINITY},
    {"logit", 0, 0.5, 0},
    {"logit", 0, 1, INFINITY},
    {"logit", 0, 1.1, NAN},
    {"lgamma", 0, NAN, NAN},
    {"digamma", 0, NAN, NAN},
    {"polygamma", 1, NAN, NAN},
    {"polygamma", 30, NAN, NAN},
    {"erfinv", 0, NAN, NAN},
    {"ndtr", 0, NAN, NAN},
    {"ndtri", 0, NAN, NAN},
    {"logit", 0, NAN, NAN},
    {"sinc", 0, INFINITY, 0},
    {"sinc", 3, -INFINITY, 0},
    {"sinc", 2, NAN, NAN},
    {"bessel_j", 0, 0, 1},
    {"bessel_j", 2, INFINITY, 0},
    {"bessel_j", 1, NAN, NAN},
    {"bessel_y", 0, 0, -INFINITY},
    {"bessel_y", 3, 1e-300, -INFINITY},
    {"bessel_y", 1, -1, NAN},
    {"bessel_y", 1, INFINITY, 0},
    {"bessel_y", 1, NAN, NAN},
    {"bessel_k", 2, 0, INFINITY},
    {"bessel_k", 0, -1, NAN},
    {"bessel_k", 0, 800, 0},
    {"bessel_k", 5, INFINITY, 0},
    {"bessel_k", 1, NAN, NAN},
    {"bessel_ke", 2, INFINITY, 0},
    {"lambert_w", 0, 0, 0},
    {"lambert_w", 0, -0.0, -0.0},
    {"lambert_w", 0, -0x1.78b56362cef38p-2, -1},
    {"lambert_w", 0, -0.368, NAN},
    {"lambert_w", 0, INFINITY, INFINITY},
    {"lambert_w", 0, NAN, NAN},
    {"lambert_w", -1, -0x1.78b56362cef38p-2, -1},
    {"lambert_w", -1, -0.0, -INFINITY},
    {"lambert_w", -1, 0.5, NAN},
    {"lambert_w", -1, NAN, NAN},
};
enum { TABLE = sizeof table / sizeof *table };

static tad_var call(const char *name, double n, tad_var x) {
    const double options[2] = {n, 0};
    const tad_op *op = tad_op_find(name);
    return tad_apply(op, &x, 1, op->options_size ? options : NULL, NULL, 0);
}

static bool is_near(double got, double right, double tolerance) {
    if (isnan(right) || isinf(right) || right == 0)
        return (isnan(right) && isnan(got)) || (got == right && !signbit(got) == !signbit(right));
    return fabs(got - right) <= tolerance * fabs(right) + DBL_MIN;
}

START_TEST(values_of_the_table_as_numbers_and_arrays) {
    const exact *e = &table[_i];
    const double two[2] = {e->x, e->x};
    double y[2];
    tad_tape *t = tad_tape_new(NULL);
    tad_var number = call(e->name, e->n, tad_scalar(t, e->x)),
            array = call(e->name, e->n, tad_input(t, TAD_F64, TAD_SHAPE(2), two));
    ck_done(tad_read(array, y, 2), t);
    ck_assert_msg(is_near(tad_item(number), e->y, 1e-14), "%s(%g, %g): %.17g, right is %.17g",
                  e->name, e->n, e->x, tad_item(number), e->y);
    ck_assert(memcmp(&y[0], &y[1], sizeof *y) == 0);
    ck_assert(is_near(y[1], tad_item(number), 0));
    tad_tape_free(t);
}
END_TEST

/* float32 is what float64 says at the same point, but for what has arithmetic of its own. */
START_TEST(float32_is_rounded_from_float64) {
    const exact *e = &table[_i];
    const float x = (float)e->x;
    float y;
    tad_tape *t = tad_tape_new(NULL);
    tad_var wide = call(e->name, e->n, tad_scalar(t, (double)x)),
            narrow = call(e->name, e->n, tad_input(t, TAD_F32, TAD_SHAPE(1), &x));
    memcpy(&y, tad_data(narrow), sizeof y);
    float right = (float)tad_item(wide);
    if (strcmp(e->name, "logit") == 0 || strcmp(e->name, "ndtr") == 0)
        ck_assert(is_near((double)y, (double)right, 5.2 * (double)FLT_EPSILON));
    else
        ck_assert_msg(isnan(y) ? isnan(right) : y == right, "%s(%g, %g): %g, not %g", e->name, e->n,
                      (double)x, (double)y, (double)right);
    tad_tape_free(t);
}
END_TEST

/* Of order 0 .. 3 at a point: each is the derivative of the one before. */
static void ck_orders(const char *name, double n, double at, const double *right) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, at), y = call(name, n, x);
    for (int order = 0; order < 4; order++) {
        ck_assert_msg(is_near(tad_item(y), right[order], 1e-13), "%s at %g, order %d: %.17g", name,
                      at, order, tad_item(y));
        ck_done(tad_grad(&y, NULL, 1, &x, 1, &y), t);
    }
    tad_tape_free(t);
}

START_TEST(derivatives_of_every_order) {
    ck_orders("lgamma", 0, 2.5,
              (const double[]){0.284682870472919160, 0.703156640645243187, 0.490357756100234865,
                               -0.236204051641727403});
    ck_orders("lgamma", 0, -1.5,
              (const double[]){0.860047015376481015, 0.703156640645243187, 9.37924664498912375,
                               -0.236204051641727403});
    ck_orders("polygamma", 3, 0.75,
              (const double[]){19.7633125348505998, -102.800605815417473, 678.753342874579714,
                               -5408.92650309537453});
    ck_orders("erfinv", 0, 0.25,
              (const double[]){0.225312055012178105, 0.932378234605972534, 0.391740684616066982,
                               1.95026855017888901});
    ck_orders("ndtr", 0, -2.0,
              (const double[]){0.0227501319481792072, 0.0539909665131880520, 0.107981933026376104,
                               0.161972899539564156});
    ck_orders("ndtri", 0, 0.125,
              (const double[]){-1.15034938037600818, 4.85782293442422765, -27.1464550446706296,
                               418.036353666360685});
    ck_orders("logit", 0, 0.125,
              (const double[]){-1.94591014905531331, 9.14285714285714286, -62.6938775510204082,
                               1026.98542274052478});
    ck_orders("erfcx", 1, 1.5,
              (const double[]){-0.163622917732560067, 0.152302079710954804, -0.197585431797375855,
                               0.321056182873601261});
    ck_orders("log_ndtr", 0, -1.5,
              (const double[]){-2.70594440082388981, 1.93867716662254319, -0.850453406449797305,
                               0.0831519244239271256});
    ck_orders("log_ndtr", 0, 2.5,
              (const double[]){-0.00622902548586000238, 0.0176378254869167348,
                               -0.0444056566051987665, 0.0949427544697490760});
    ck_orders("log_ndtr", 0, -60,
              (const double[]){-1805.01356068056714, 60.0166574202411249, -0.999722684116585231,
                               9.22850181961901776e-6});
    ck_orders("log_ndtr", 0, -300,
              (const double[]){-45006.6227321186634, 300.003333259263374, -0.99998888962956105,
                               7.40641989023958089e-8});
    ck_orders("log_ndtr", 0, 30,
              (const double[]){-4.90671392714818706e-198, 1.47364613487854752e-196,
                               -4.42093840463564256e-195, 1.32480787525581422e-193});
    ck_orders("inverse_mills", 1, -5,
              (const double[]){-0.967303565382887775, 0.0108257645063566997, 0.00508783697388744643,
                               0.0030165216820196939});
    ck_orders("inverse_mills", 3, 2,
              (const double[]){-0.187854685611609693, -0.0310919021951837466, 0.442385113843306029,
                               -0.120708029801190843});
    ck_orders("i0", 0, 1.25,
              (const double[]){1.43046871772182968, 0.755281418340747192, 0.826243583049231929,
                               0.577666659639439851});
    ck_orders("i1", 0, 1.25,
              (const double[]){0.755281418340747192, 0.826243583049231929, 0.577666659639439851,
                               0.648293869259771792});
    ck_orders("i0e", 0, 1.25,
              (const double[]){0.409836149385749428, -0.193444400051757396, 0.213775400636321167,
                               -0.305324882166538449});
    ck_orders("i1e", 0, 1.25,
              (const double[]){0.216391749333992032, 0.0203310005845637706, -0.0915494815302172828,
                               0.183002996820946062});
    ck_orders("bessel_i", 2, 1.25,
              (const double[]){0.222018448376634175, 0.400051900938132511, 0.470344155470311655,
                               0.394555095013213641});
    ck_orders("j0", 0, 1.25,
              (const double[]){0.645906085271285265, -0.510623260319880467, -0.237407477015380891,
                               0.373750355327461681});
    ck_orders("y1", 0, 1.25,
              (const double[]){-0.584364036615008173, 0.725708080886547323, -0.370195411527834916,
                               1.09774336536426955});
    ck_orders("bessel_j", 3, 2.5,
              (const double[]){0.216600391039113525, 0.186138589192680997, 0.0208487363801375521,
                               -0.146179991513505203});
    ck_orders("bessel_y", 2, 2.5,
              (const double[]){-0.381335849241803249, 0.450986817360228398, -0.0431138212170421896,
                               0.12229211982657446});
    ck_orders("k0", 0, 1.25,
              (const double[]){0.297603089084105917, -0.402124079784195413, 0.619302352911462247,
                               -1.15492537317525027});
    ck_orders("k1e", 0, 1.25,
              (const double[]){1.40355094990059008, -0.758026656123480071, 1.11148138050867362,
                               -2.57842656876101209});
    ck_orders("bessel_k", 2, 2.5,
              (const double[]){0.121460206278563837, -0.171058981370598133, 0.267618330845083946,
                               -0.477141124419734903});
    ck_orders("sinc", 0, 0.75,
              (const double[]){0.300105438719035357, -1.34294962654077717, 0.619277045336494967,
                               6.82804408483919284});
    ck_orders("lambert_w", 0, 0.75,
              (const double[]){0.469150210694988233, 0.425779208760466209, -0.304684394207470044,
                               0.471821644303655398});
    ck_orders("lambert_w", -1, -0.2,
              (const double[]){-2.54264135777352633, -8.24119405641790423, -23.8906629627004239,
                               -373.71653841407345});
    ck_orders("sinc", 0, 0, (const double[]){1, 0, -3.28986813369645287, 0});
    ck_orders("lgamma", 0, 0, (const double[]){INFINITY, NAN, INFINITY, NAN});
    ck_orders("lgamma", 0, -2, (const double[]){INFINITY, NAN, INFINITY, NAN});
}
END_TEST

START_TEST(orders_are_whole_numbers) {
    static const double orders[] = {-1, 0.5, 0x1p20, NAN, INFINITY, -INFINITY};
    tad_tape *t = tad_tape_new(NULL);
    tad_var number = tad_scalar(t, 1.5), array = tad_full(t, TAD_F32, TAD_SHAPE(2, 3), 1.5);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        ck_assert(tad_is_nil(tad_polygamma(number, orders[i])));
        ck_refused(t, TAD_BAD_ARGUMENT, "polygamma", "order");
        ck_assert(tad_is_nil(tad_polygamma(array, orders[i])));
        ck_refused(t, TAD_BAD_ARGUMENT, "polygamma", "order", "(2,3)");
    }
    ck_assert(tad_is_nil(tad_lambert_w(array, 1)));
    ck_refused(t, TAD_BAD_ARGUMENT, "lambert_w", "branch 1 is not 0 or -1");
    tad_call(t, "polygamma", &number, 1, NULL, 0, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "polygamma", "n");
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("special");
    TCase *c = support_case(s, "values");
    tcase_add_loop_test(c, values_of_the_table_as_numbers_and_arrays, 0, TABLE);
    tcase_add_loop_test(c, float32_is_rounded_from_float64, 0, TABLE);
    c = support_case(s, "derivatives");
    tcase_add_test(c, derivatives_of_every_order);
    tcase_add_test(c, orders_are_whole_numbers);
    return s;
}

SUPPORT_MAIN(suite)
