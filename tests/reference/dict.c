/* Examples of tad/dict.h. */
#include "example.h"

static void dictionaries(tad_tape *t) {
    const tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(3, 2), NULL);
    const tad_var b = tad_param(t, TAD_F64, TAD_SHAPE(2), NULL);

    {
        tad_dict *params = tad_dict_new(t);
        OK(tad_dict_add(params, "w", w));
        OK(tad_dict_add(params, "b", b));
        IS(tad_dict_count(params), 2);
        IS(tad_dict_at(params, 1).name, "b");
        IS(tad_shape_of(tad_dict_get(params, "w")), "(3, 2)");
        IS(tad_dict_elements(params), 8);
        IS(tad_dict_tape(params) == t, true);
    }

    {
        tad_dict *params = tad_dict_new(t);
        OK(tad_dict_add_buffer(params, "running_mean", tad_param(t, TAD_F64, TAD_SHAPE(2), NULL)));
        IS(tad_dict_at(params, 0).is_buffer, true);
    }

    {
        tad_dict *encoder = tad_dict_new(t), *all = tad_dict_new(t);
        OK(tad_dict_add(encoder, "w", w));
        OK(tad_dict_merge(all, encoder, "encoder"));
        IS(tad_dict_at(all, 0).name, "encoder.w");
    }

    {
        tad_dict *params = tad_dict_new(t);
        OK(tad_dict_add(params, "w", w));
        IS(tad_dict_remove(params, "w"), true);
        IS(tad_dict_remove(params, "w"), false);
    }
}

EXAMPLES(dictionaries)
