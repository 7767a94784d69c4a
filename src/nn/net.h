/* What the library's own layers are made of. Rests on the public headers. */
#ifndef TAD_NN_NET_H
#define TAD_NN_NET_H

#include <tad/nn.h>
#include <tad/ops.h>

enum { TAD__LAYER_PARAMS = 12 };

typedef struct tad__layer {
    char *name;
    tad_layer_fn *apply;
    void *user; /* of a layer of one's own; for the others the layer itself */
    void *own;  /* memory of this kind of layer: its options */
    tad_var param[TAD__LAYER_PARAMS];
    size_t params;
    size_t entries; /* of the net's parameters before */
} tad__layer;

/* A layer that is not yet part of the net, with `own` bytes of zeros; NULL on failure. Parameters
 * are added, and it is settled: made a layer, or thrown away with them when something has failed
 * meanwhile. A NULL net is BAD_ARGUMENT. */
tad__layer *tad__layer_draft(tad_net *net, const char *name, tad_layer_fn *apply, size_t own);
void tad__layer_param(tad_net *net, tad__layer *l, const char *kind, tad_shape shape,
                      const tad_init *init);
/* The same for what the layer itself changes, not the optimiser. */
void tad__layer_buffer(tad_net *net, tad__layer *l, const char *kind, tad_shape shape,
                       const tad_init *init);
tad_status tad__layer_settle(tad_net *net, tad__layer *l);

/* What stands for parameter k now; tad_none() where it has none. */
tad_var tad__layer_now(const tad_net *net, const tad__layer *l, size_t k);
/* Whether others stand for the parameters: then the net is a function, and changes nothing. */
bool tad__net_is_substituted(const tad_net *net);

#endif
