/* What the files of bench_map share. */
#ifndef TAD_TESTS_BENCH_MAP_H
#define TAD_TESTS_BENCH_MAP_H

#include "bench.h"

#include <tad/compile.h>
#include <tad/tad.h>

extern const tad_compile_options map_compiling;
/* Of each input, whether it is given for each point. */
void map_compile(tad_program *p, const bool *each);

/* Bundle adjustment: errors and their Jacobian, for each point. */
void map_ba(const bench_options *o);

#endif
