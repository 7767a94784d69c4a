/* Radix sort for one element type; see instantiate.h and instantiate_integers.h. */

typedef struct N(entry) {
    BITS key, place;
} N(entry);

/* Moves elements down to their places, `most` steps in all; false: these were too few. */
static bool N(insert)(size_t n, N(entry) * e, size_t most) {
    for (size_t i = 1; i < n; i++) {
        const N(entry) moved = e[i];
        size_t k = i;
        for (; k > 0 && e[k - 1].key > moved.key; k--) e[k] = e[k - 1];
        e[k] = moved;
        if (i - k > most) return false;
        most -= i - k;
    }
    return true;
}

/* By some bytes of the key, of which `low` is the lowest bit; returns which of the two arrays has
 * the result. */
static N(entry) * N(by_bytes)(size_t n, N(entry) * from, N(entry) * to, int low, int bytes) {
    size_t count[sizeof(BITS)][DIGITS];
    memset(count, 0, (size_t)bytes * sizeof *count);
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < bytes; d++) count[d][from[i].key >> (low + 8 * d) & 255]++;
    for (int d = 0; d < bytes; d++) {
        size_t *begin = count[d], all = 0;
        if (begin[from[0].key >> (low + 8 * d) & 255] == n) continue; /* one byte for all */
        for (size_t k = 0; k < DIGITS; k++) {
            const size_t some = begin[k];
            begin[k] = all;
            all += some;
        }
        for (size_t i = 0; i < n; i++) to[begin[from[i].key >> (low + 8 * d) & 255]++] = from[i];
        N(entry) *sorted = to;
        to = from;
        from = sorted;
    }
    return from;
}

/* Bits in which keys differ: from *low up to the result. */
static int N(differing_bits)(size_t n, const N(entry) * e, int *low) {
    BITS differing = 0;
    int end = 0;
    for (size_t i = 1; i < n; i++) differing |= e[i].key ^ e[0].key;
    for (*low = 0; differing && !(differing >> *low & 1);) ++*low;
    for (; differing; differing >>= 1) end++;
    return end;
}

/* Most rows are sorted but for a few by the highest bytes in which they differ. */
static N(entry) * N(by_high_bytes)(size_t n, N(entry) * room) {
    int low;
    const int end = N(differing_bits)(n, room, &low), bytes = (end - low + 7) / 8;
    const int high = HIGH_BYTES(n);
    if (bytes < high + 2) return N(by_bytes)(n, room, room + n, low, bytes);
    N(entry) *e = N(by_bytes)(n, room, room + n, end - 8 * high, high);
    if (N(insert)(n, e, STEPS * n)) return e;
    return N(by_bytes)(n, e, e == room ? room + n : room, low, bytes);
}

static void N(sort)(size_t n, const T *x, bool descending, N(entry) * room, int64_t *place) {
    N(entry) *e = room;
    for (size_t i = 0; i < n; i++) e[i] = (N(entry)){N(key_of)(x[i], descending), (BITS)i};
    if (n <= FEW)
        (void)N(insert)(n, e, n * n);
    else
        e = N(by_high_bytes)(n, room);
    for (size_t i = 0; i < n; i++) place[i] = (int64_t)e[i].place;
}
