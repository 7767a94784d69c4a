/* Radix sort for one element type; see instantiate.h. */

typedef struct N(entry) {
    BITS key, place;
} N(entry);

/* Unsigned integers in the order of the elements: of negative ones all bits change, of others the
 * sign. -0 is 0, and every NaN is the largest. */
static BITS N(key_of)(T v, bool descending) {
    const BITS sign = (BITS)1 << (8 * sizeof(BITS) - 1);
    BITS bits;
    v += 0;
    memcpy(&bits, &v, sizeof bits);
    bits ^= bits & sign ? ~(BITS)0 : sign;
    if (v != v) bits = ~(BITS)0;
    return descending ? ~bits : bits;
}

static void N(insert)(size_t n, N(entry) * e) {
    for (size_t i = 1; i < n; i++) {
        const N(entry) moved = e[i];
        size_t k = i;
        for (; k > 0 && e[k - 1].key > moved.key; k--) e[k] = e[k - 1];
        e[k] = moved;
    }
}

/* By all bytes; returns which of the two arrays has the result. */
static N(entry) * N(by_bytes)(size_t n, N(entry) * from, N(entry) * to) {
    size_t count[sizeof(BITS)][DIGITS];
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < sizeof(BITS); d++) count[d][from[i].key >> 8 * d & 255]++;
    for (size_t d = 0; d < sizeof(BITS); d++) {
        size_t *begin = count[d], all = 0;
        if (begin[from[0].key >> 8 * d & 255] == n) continue; /* one byte for all */
        for (size_t k = 0; k < DIGITS; k++) {
            const size_t some = begin[k];
            begin[k] = all;
            all += some;
        }
        for (size_t i = 0; i < n; i++) to[begin[from[i].key >> 8 * d & 255]++] = from[i];
        N(entry) *sorted = to;
        to = from;
        from = sorted;
    }
    return from;
}

static void N(sort)(size_t n, const T *x, bool descending, N(entry) * room, int64_t *place) {
    N(entry) *e = room;
    for (size_t i = 0; i < n; i++) e[i] = (N(entry)){N(key_of)(x[i], descending), (BITS)i};
    if (n <= FEW)
        N(insert)(n, e);
    else
        e = N(by_bytes)(n, e, room + n);
    for (size_t i = 0; i < n; i++) place[i] = (int64_t)e[i].place;
}
