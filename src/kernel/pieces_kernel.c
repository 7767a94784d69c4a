/* Sets in pieces, normalised, for one instruction-set level. Rests on plain/pieces.h and
 * lanes.h. */
#include "pieces.h"

#include "plain/pieces.h"

#include "lanes.h"

#define BODY "pieces_body.h"
#include "instantiate.h"

#define BODY "panel_body.h"
#include "instantiate.h"

#define BOTH(f)                                                                                    \
    { f##_f64, f##_f32 }
const tad__pieces_kernels TAD_LEVEL(tad__pieces_kernels) = {
    .measure = BOTH(measure),
    .normalize = BOTH(normalize),
    .sums = BOTH(sums),
    .gradient = BOTH(gradient),
    .measure_panel = BOTH(measure_panel),
    .normalize_panel = BOTH(normalize_panel),
    .sum_panel = BOTH(sum_panel),
    .gradient_panel = BOTH(gradient_panel),
};
