/* The special functions, once for all levels. Rests on the elementary functions. */
#include "special.h"

#define TAD__SPECIAL
#include "elementary/bessel.h"
#include "elementary/gamma.h"
#include "elementary/normal.h"
