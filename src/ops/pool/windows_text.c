/* Windows as C: structs of kernel/plain/pool.h. Rests on windows.h and c_text.h. */
#include "windows.h"

#include "array/c_text.h"

static void put_list(tad_c *to, const char *name, const int64_t *list) {
    tad_c_put(to, ".%s = {%lld, %lld, %lld},\n", name, (long long)list[0], (long long)list[1],
              (long long)list[2]);
}

void tad__c_windows(tad_c *to, const tad__windows *w, const ptrdiff_t *step, unsigned dtype) {
    const int64_t steps[TAD__WINDOW_AXES] = {step[0], step[1], step[2]};
    tad_c_put(to, "const struct %s p = {\n", tad__c_part(to, "pool", dtype));
    put_list(to, "in", w->in);
    put_list(to, "out", w->out);
    put_list(to, "kernel", w->kernel);
    put_list(to, "stride", w->stride);
    put_list(to, "pad", w->pad);
    put_list(to, "dilation", w->dilation);
    put_list(to, "apart", steps);
    tad_c_put(to, ".adaptive = %d, .count_pad = %d\n};\n", w->adaptive, w->count_pad);
}

void tad__c_open_planes(tad_c *to, const tad_array *a) {
    tad_c_put(to, "for (ptrdiff_t n = 0; n < %lld; n++)\n", (long long)a->dim[0]);
    tad_c_put(to, "for (ptrdiff_t c = 0; c < %lld; c++) {\n", (long long)a->dim[1]);
}

void tad__c_plane(tad_c *to, const tad_array *a) {
    tad_c_put(to, " + %lld * n + %lld * c", (long long)tad_strides(a)[0],
              (long long)tad_strides(a)[1]);
}
