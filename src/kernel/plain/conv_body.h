/* Convolutions for one element type; see conv.h and instantiate.h. */

/* M(name) is taken for a macro call. */
/* clang-format off */

/* All steps count elements: from image to image, channel to channel, along the axes; of w from
 * output to output, input to input, along the axes. */
struct M(conv) {
    ptrdiff_t images, groups, outs, ins; /* of a group */
    ptrdiff_t x[3], y[3], kernel[3], stride[3], pad[3], dilation[3];
    ptrdiff_t x_step[5], w_step[5], y_step[5], bias_step;
    ptrdiff_t block_images, block_rows, block_axis, pieces; /* of the sums of weights */
};

/* Whether a tap of a position, on one axis, is within x, and where. */
static inline int M(conv_x)(const struct M(conv) *v, int axis, ptrdiff_t position, ptrdiff_t tap,
                            ptrdiff_t *at) {
    *at = position * v->stride[axis] + tap * v->dilation[axis] - v->pad[axis];
    return *at >= 0 && *at < v->x[axis];
}

/* Whether a tap reads an index of x for some position, on one axis; *within: for one of y. */
static inline int M(conv_y)(const struct M(conv) *v, int axis, ptrdiff_t index, ptrdiff_t tap,
                            ptrdiff_t *at, int *within) {
    const ptrdiff_t from = index + v->pad[axis] - tap * v->dilation[axis];
    *at = from / v->stride[axis];
    *within &= from >= 0 && *at < v->y[axis];
    return from % v->stride[axis] == 0;
}

/* One element of y, from the first of its image's group in x and of its output in w. */
static inline T M(conv_value)(const struct M(conv) *v, const T *x, const T *w, const ptrdiff_t *p) {
    T sum = 0;
    ptrdiff_t k[3], i[3];
    for (ptrdiff_t c = 0; c < v->ins; c++, x += v->x_step[1], w += v->w_step[1])
        for (k[0] = 0; k[0] < v->kernel[0]; k[0]++)
            for (k[1] = 0; k[1] < v->kernel[1]; k[1]++)
                for (k[2] = 0; k[2] < v->kernel[2]; k[2]++) {
                    int inside = 1;
                    ptrdiff_t x_at = 0, w_at = 0;
                    for (int a = 0; a < 3; a++) {
                        inside &= M(conv_x)(v, a, p[a], k[a], &i[a]);
                        x_at += i[a] * v->x_step[2 + a];
                        w_at += k[a] * v->w_step[2 + a];
                    }
                    sum += w[w_at] * (inside ? x[x_at] : 0);
                }
    return sum;
}

/* y = bias + conv(x, w) */
static inline void M(conv_values)(const struct M(conv) *v, const T *x, const T *w, const T *bias,
                                  T *y) {
    ptrdiff_t p[3];
    for (ptrdiff_t n = 0; n < v->images; n++)
        for (ptrdiff_t o = 0; o < v->groups * v->outs; o++)
            for (p[0] = 0; p[0] < v->y[0]; p[0]++)
                for (p[1] = 0; p[1] < v->y[1]; p[1]++)
                    for (p[2] = 0; p[2] < v->y[2]; p[2]++) {
                        const T *group = x + n * v->x_step[0] + o / v->outs * v->ins * v->x_step[1];
                        const T sum = M(conv_value)(v, group, w + o * v->w_step[0], p);
                        y[n * v->y_step[0] + o * v->y_step[1] + p[0] * v->y_step[2] +
                          p[1] * v->y_step[3] + p[2] * v->y_step[4]] =
                            bias ? sum + bias[o * v->bias_step] : sum;
                    }
}

/* One element of x, from the first of its image's group in y and of its input in w. */
static inline T M(conv_turned)(const struct M(conv) *v, const T *y, const T *w,
                               const ptrdiff_t *i) {
    T sum = 0;
    ptrdiff_t k[3], p[3];
    for (ptrdiff_t o = 0; o < v->outs; o++, y += v->y_step[1], w += v->w_step[0])
        for (k[0] = 0; k[0] < v->kernel[0]; k[0]++)
            for (k[1] = 0; k[1] < v->kernel[1]; k[1]++)
                for (k[2] = 0; k[2] < v->kernel[2]; k[2]++) {
                    int reads = 1, within = 1;
                    ptrdiff_t y_at = 0, w_at = 0;
                    for (int a = 0; a < 3; a++) {
                        reads &= M(conv_y)(v, a, i[a], k[a], &p[a], &within);
                        y_at += p[a] * v->y_step[2 + a];
                        w_at += k[a] * v->w_step[2 + a];
                    }
                    if (reads) sum += w[w_at] * (within ? y[y_at] : 0);
                }
    return sum;
}

/* x = bias + the transposed convolution of y */
static inline void M(conv_turned_values)(const struct M(conv) *v, const T *y, const T *w,
                                         const T *bias, T *x) {
    ptrdiff_t i[3];
    for (ptrdiff_t n = 0; n < v->images; n++)
        for (ptrdiff_t c = 0; c < v->groups * v->ins; c++)
            for (i[0] = 0; i[0] < v->x[0]; i[0]++)
                for (i[1] = 0; i[1] < v->x[1]; i[1]++)
                    for (i[2] = 0; i[2] < v->x[2]; i[2]++) {
                        const ptrdiff_t first = c / v->ins * v->outs;
                        const T sum = M(conv_turned)(
                            v, y + n * v->y_step[0] + first * v->y_step[1],
                            w + first * v->w_step[0] + c % v->ins * v->w_step[1], i);
                        x[n * v->x_step[0] + c * v->x_step[1] + i[0] * v->x_step[2] +
                          i[1] * v->x_step[3] + i[2] * v->x_step[4]] =
                            bias ? sum + bias[c * v->bias_step] : sum;
                    }
}

/* Adds up lanes in halves. */
static inline T M(conv_total)(T *lane) {
    for (int half = 8 / (int)sizeof(T); half; half /= 2)
        for (int q = 0; q < half; q++) lane[q] += lane[q + half];
    return lane[0];
}

/* Over images [n, n_end), where the block's axis goes from `from` to `end`, of one weight. */
static inline T M(conv_block)(const struct M(conv) *v, const T *x, const T *y, const ptrdiff_t *k,
                              ptrdiff_t n, ptrdiff_t n_end, ptrdiff_t from, ptrdiff_t end) {
    enum { LANES = 16 / sizeof(T) };
    T lane[LANES] = {0};
    ptrdiff_t p[3], i[3], first[3] = {0, 0, 0}, last[3];
    for (int a = 0; a < 3; a++) last[a] = v->y[a];
    first[v->block_axis] = from;
    last[v->block_axis] = end;
    for (; n < n_end; n++)
        for (p[0] = first[0]; p[0] < last[0]; p[0]++)
            for (p[1] = first[1]; p[1] < last[1]; p[1]++)
                for (p[2] = first[2]; p[2] < last[2]; p[2]++) {
                    int inside = 1;
                    ptrdiff_t x_at = n * v->x_step[0], y_at = n * v->y_step[0];
                    for (int a = 0; a < 3; a++) {
                        inside &= M(conv_x)(v, a, p[a], k[a], &i[a]);
                        x_at += i[a] * v->x_step[2 + a];
                        y_at += p[a] * v->y_step[2 + a];
                    }
                    lane[(p[2] - first[2]) % LANES] += y[y_at] * (inside ? x[x_at] : 0);
                }
    return M(conv_total)(lane);
}

/* One weight: pieces of blocks of images, or of rows. */
static inline T M(conv_weight)(const struct M(conv) *v, const T *x, const T *y,
                               const ptrdiff_t *k) {
    const ptrdiff_t size = v->y[v->block_axis];
    const ptrdiff_t bands = (size + v->block_rows - 1) / v->block_rows;
    const ptrdiff_t blocks = (v->images + v->block_images - 1) / v->block_images * bands;
    T sum = 0;
    for (ptrdiff_t piece = 0, b = 0; piece < v->pieces; piece++) {
        T part = 0;
        for (; b < blocks * (piece + 1) / v->pieces; b++) {
            const ptrdiff_t n = b / bands * v->block_images, from = b % bands * v->block_rows;
            const ptrdiff_t n_end =
                n + v->block_images < v->images ? n + v->block_images : v->images;
            const ptrdiff_t end = from + v->block_rows < size ? from + v->block_rows : size;
            part += M(conv_block)(v, x, y, k, n, n_end, from, end);
        }
        sum += part;
    }
    return sum;
}

/* w = the sums of products of y and x. */
static inline void M(conv_weights)(const struct M(conv) *v, const T *x, const T *y, T *w) {
    ptrdiff_t k[3];
    for (ptrdiff_t o = 0; o < v->groups * v->outs; o++)
        for (ptrdiff_t c = 0; c < v->ins; c++)
            for (k[0] = 0; k[0] < v->kernel[0]; k[0]++)
                for (k[1] = 0; k[1] < v->kernel[1]; k[1]++)
                    for (k[2] = 0; k[2] < v->kernel[2]; k[2]++)
                        w[o * v->w_step[0] + c * v->w_step[1] + k[0] * v->w_step[2] +
                          k[1] * v->w_step[3] + k[2] * v->w_step[4]] =
                            M(conv_weight)(v, x + (o / v->outs * v->ins + c) * v->x_step[1],
                                           y + o * v->y_step[1], k);
}

/* clang-format on */
