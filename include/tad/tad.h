/* tad: tape automatic differentiation. The whole library in one include.
 *
 *     #include <stdio.h>
 *     #include <tad/tad.h>
 *
 *     int main(void) {
 *         tad_tape *t = tad_tape_new(NULL);
 *         tad_var x = tad_scalar(t, 2.0), y = tad_scalar(t, 3.0);
 *         tad_var z = tad_add(tad_mul(x, y), tad_sin(x));
 *         if (tad_reverse(z) != TAD_OK) fprintf(stderr, "%s\n", tad_message(t));
 *         printf("%g %g %g\n", tad_item(z), tad_gradient_item(x), tad_gradient_item(y));
 *         tad_tape_free(t);
 *     }
 *
 * Define TAD_TRACE before the include to have file and line in nodes and messages. */
#ifndef TAD_H
#define TAD_H

#include <tad/data.h>
#include <tad/dict.h>
#include <tad/diff.h>
#include <tad/dist.h>
#include <tad/files.h>
#include <tad/foreign.h>
#include <tad/gradcheck.h>
#include <tad/inspect.h>
#include <tad/map.h>
#include <tad/nn.h>
#include <tad/op.h>
#include <tad/ops.h>
#include <tad/optim.h>
#include <tad/program.h>
#include <tad/safetensors.h>
#include <tad/sink.h>
#include <tad/status.h>
#include <tad/tape.h>
#include <tad/train.h>

#ifdef TAD_TRACE
#include <tad/trace.h>
#endif

#endif
