/* QR of small matrices for one element type, LANES of them together; see instantiate.h, and
 * plain/factor_body.h, whose operations these are in the same order. */

/* The v of reflections stay in a's columns, on and below the diagonal. */
static int N(qr_lanes)(const tad__sides *s, T *matrices, T *q, T *r, T *work) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    N(row) *const a = (N(row) *)(void *)matrices, *const x = (N(row) *)(void *)q,
                  *const y = (N(row) *)(void *)r, scale;
    (void)work;
    N(scale_rows)(m * n, a, scale);
    for (ptrdiff_t j = 0; j < k; j++) {
        N(row) *const v = a + j * n + j;
        for (ptrdiff_t i = 0; i < j; i++) EACH y[j * n + i][l] = 0 * scale[l];
        N(reflections)(m - j, v, n, y[j * n + j]);
        EACH y[j * n + j][l] *= scale[l];
        for (ptrdiff_t i = 1; i < n - j; i++) {
            if (m - j > 1) N(reflect_rows)(m - j, v, n, v + i, n);
            EACH y[j * n + j + i][l] = v[i][l] * scale[l];
        }
    }
    for (ptrdiff_t i = 0; i < m; i++)
        for (ptrdiff_t j = 0; j < k; j++) EACH x[i * k + j][l] = i == j;
    for (ptrdiff_t j = m > k ? k - 1 : k - 2; j >= 0; j--)
        for (ptrdiff_t i = j; i < k; i++)
            N(reflect_rows)(m - j, a + j * n + j, n, x + j * k + i, k);
    return 1;
}
