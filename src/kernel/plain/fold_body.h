/* Partial sums for one element type; see instantiate.h. */

/* Of 16. */
static inline T M(fold_16)(T *part) {
    for (int half = 8; half; half /= 2)
        for (int k = 0; k < half; k++) part[k] += part[k + half];
    return part[0];
}

/* Of 256 bytes. */
static inline T M(fold_lanes)(T *lane) {
    for (int half = 128 / sizeof(T); half; half /= 2)
        for (int k = 0; k < half; k++) lane[k] += lane[k + half];
    return lane[0];
}
