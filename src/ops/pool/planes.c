/* Loops over the channels of images. Rests on planes.h. */
#include "planes.h"

#define FILL(p, w)                                                                                 \
    do {                                                                                           \
        for (int i = 0; i < TAD__WINDOW_AXES; i++) {                                               \
            (p)->in[i] = (w)->in[i];                                                               \
            (p)->out[i] = (w)->out[i];                                                             \
            (p)->kernel[i] = (w)->kernel[i];                                                       \
            (p)->stride[i] = (w)->stride[i];                                                       \
            (p)->pad[i] = (w)->pad[i];                                                             \
            (p)->dilation[i] = (w)->dilation[i];                                                   \
            (p)->apart[i] = step[i];                                                               \
        }                                                                                          \
        (p)->adaptive = (w)->adaptive;                                                             \
        (p)->count_pad = (w)->count_pad;                                                           \
    } while (0)

void tad__planes_of(tad__planes *p, const tad__windows *w, const tad_array *image,
                    const tad_array *windows) {
    ptrdiff_t step[TAD__WINDOW_AXES];
    tad__window_steps(image, step);
    p->image = image;
    p->windows = windows;
    p->places = NULL;
    p->add = false;
    FILL(&p->f64, w);
    FILL(&p->f32, w);
}

void tad__planes_split(const tad_call_frame *c, const tad__planes *p, tad_piece_fn *fn) {
    const size_t planes = (size_t)(p->image->dim[0] * p->image->dim[1]);
    if (!planes) return;
    const size_t each =
        (size_t)(p->image->size > p->windows->size ? p->image->size : p->windows->size) / planes;
    tad_split(c, planes, TAD__GRAIN / 4 / (each + 1) + 1, fn, (void *)(uintptr_t)p);
}
