/* Keys of floats for one element type; see instantiate.h. */

/* Of negative ones all bits change, of others the sign. -0 is 0, and every NaN is the largest. */
static BITS N(key_of)(T v, bool descending) {
    const BITS sign = (BITS)1 << (8 * sizeof(BITS) - 1);
    BITS bits;
    v += 0;
    memcpy(&bits, &v, sizeof bits);
    bits ^= bits & sign ? ~(BITS)0 : sign;
    if (v != v) bits = ~(BITS)0;
    return descending ? ~bits : bits;
}
