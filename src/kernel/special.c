/* The special functions, once for all levels. Rests on the elementary functions. */
#include "special.h"

#define TAD__SPECIAL
#include "elementary/bessel.h"
#include "elementary/bessel_jyk.h"
#include "elementary/gamma.h"
#include "elementary/incomplete_beta.h"
#include "elementary/lambert.h"
#include "elementary/normal.h"
#include "elementary/quantiles.h"
#include "elementary/sinc.h"
