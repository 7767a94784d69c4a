/* Panels of pieces_kernel.c for one element type; see instantiate.h. Means and variances have the
 * bits of a set of pieces of one number. */
enum { N(panel) = 64 / sizeof(T) };
#define PANEL (size_t) N(panel)

/* A vector of each row: no more columns than there are, and loops of a known length where all
 * are. */
#define COLUMNS(statement)                                                                         \
    do {                                                                                           \
        if (p->columns == PANEL)                                                                   \
            for (size_t c = 0; c < PANEL; c++) statement;                                          \
        else                                                                                       \
            for (size_t c = 0; c < p->columns; c++) statement;                                     \
    } while (0)

/* Sums of x - about of each column, or of its squares, over n rows. */
static void N(column_sums)(const tad__panel *p, size_t n, const T *x, const T *about, bool squares,
                           T *sum) {
    T lane[LANES][PANEL];
    memset(lane, 0, sizeof lane);
    for (size_t r = 0; r < n; r++, x += p->stride) {
        T *to = lane[r % LANES];
        if (squares)
            COLUMNS(to[c] += (x[c] - about[c]) * (x[c] - about[c]));
        else
            COLUMNS(to[c] += x[c] - about[c]);
    }
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t k = 0; k < half; k++)
            for (size_t c = 0; c < PANEL; c++) lane[k][c] += lane[k + half][c];
    memcpy(sum, lane[0], sizeof lane[0]);
}

static void N(measure_panel)(const tad__panel *p, const void *in, double *moments) {
    enum { BLOCK = 1024 };
    const T *x = in;
    T about[PANEL], sum[PANEL];
    double own[PANEL];
    for (size_t c = 0; c < 2 * p->columns; c++) moments[c] = 0;
    for (size_t at = 0, n = 0; at < p->rows; at += n, x += n * p->stride) {
        n = p->rows - at < BLOCK ? p->rows - at : BLOCK;
        COLUMNS(about[c] = x[c]);
        N(column_sums)(p, n, x, about, false, sum);
        COLUMNS(own[c] = about[c] + (double)sum[c] / (double)n);
        COLUMNS(about[c] = (T)own[c]);
        N(column_sums)(p, n, x, about, true, sum);
        const double share = (double)n / (double)(at + n);
        for (size_t c = 0; c < p->columns; c++) {
            const double away = own[c] - moments[2 * c];
            moments[2 * c + 1] += (double)sum[c] + away * away * (double)at * share;
            moments[2 * c] += away * share;
        }
    }
    for (size_t c = 0; c < p->columns; c++) moments[2 * c + 1] /= (double)p->rows;
}

/* Mean and factor of each column. */
static void N(load_panel)(const tad__panel *p, T *m, T *a) {
    const T *gain = p->gain;
    for (size_t c = 0; c < p->columns; c++) {
        m[c] = (T)p->measures[2 * c];
        a[c] = (T)p->measures[2 * c + 1] * gain[c];
    }
}

static void N(normalize_panel)(const tad__panel *p, const void *in, void *out) {
    const T *restrict x = in, *restrict b = p->bias;
    T *restrict y = out, m[PANEL], a[PANEL];
    N(load_panel)(p, m, a);
    for (size_t r = 0; r < p->rows; r++, x += p->stride, y += p->stride)
        COLUMNS(y[c] = (x[c] - m[c]) * a[c] + b[c]);
}

static void N(sum_panel)(const tad__panel *p, const void *in, const void *cotangent, double *sums) {
    enum { BLOCK = 64 };
    const T *x = in, *g = cotangent;
    T m[PANEL], a[PANEL];
    N(load_panel)(p, m, a);
    for (size_t c = 0; c < 2 * p->columns; c++) sums[c] = 0;
    for (size_t at = 0, n = 0; at < p->rows; at += n) {
        T sum[PANEL] = {0}, sum_x[PANEL] = {0};
        n = p->rows - at < BLOCK ? p->rows - at : BLOCK;
        for (size_t r = 0; r < n; r++, x += p->stride, g += p->stride) {
            COLUMNS(sum[c] += g[c]);
            COLUMNS(sum_x[c] += g[c] * (x[c] - m[c]));
        }
        for (size_t c = 0; c < p->columns; c++) {
            sums[2 * c] += (double)sum[c];
            sums[2 * c + 1] += (double)sum_x[c];
        }
    }
}

/* A row is read before it is written. */
static void N(gradient_panel)(const tad__panel *p, const double *change, const void *in,
                              const void *cotangent, bool add, void *out) {
    const T *restrict x = in, *g = cotangent;
    T *dx = out, m[PANEL], a[PANEL], b[PANEL], d[PANEL], row[PANEL];
    N(load_panel)(p, m, a);
    COLUMNS((b[c] = (T)change[2 * c], d[c] = (T)change[2 * c + 1]));
    for (size_t r = 0; r < p->rows; r++, x += p->stride, g += p->stride, dx += p->stride) {
        COLUMNS(row[c] = g[c] * a[c] - (x[c] - m[c]) * b[c] - d[c]);
        if (add) COLUMNS(row[c] += dx[c]);
        COLUMNS(dx[c] = row[c]);
    }
}
#undef PANEL
#undef COLUMNS
