/* The words of scalar.def read as numeric code for the element type T, with FN(f, x), FN2(f, a, b) and
 * RARELY(where, right, cheap), a select by an unsigned integer, defined by the includer. Included
 * once, last, by a file that expands rows. */
#define K(number)     ((T)(number))
#define NEG(a)        (-(a))
#define ADD(a, b)     ((a) + (b))
#define SUB(a, b)     ((a) - (b))
#define MUL(a, b)     ((a) * (b))
#define DIV(a, b)     ((a) / (b))
#define SQUARE(a)     ((a) * (a))
#define GT(a, b, t, e) ((a) > (b) ? (t) : (e))
#define GE(a, b, t, e) ((a) >= (b) ? (t) : (e))
#define LT(a, b, t, e) ((a) < (b) ? (t) : (e))
#define LE(a, b, t, e) ((a) <= (b) ? (t) : (e))
#define EQ(a, b, t, e) ((a) == (b) ? (t) : (e))
#define NUMBER(x, t)  ((x) == (x) ? (t) : (x))
#define SIZE(a, b)    (FN(fabs, a) + FN(fabs, b))
#define SELDOM(x, least, graph, below, cheap) RARELY(-(BITS)!((x) >= K(least)), below, cheap)
#define SCALED(x, a, b) ((x) * RARELY(FN(outlying, SQUARE(a) + SQUARE(b)), 1 / SIZE(a, b), K(1)))
#define AT_LEAST(x, low) ((x) < K(low) ? K(low) : (x)) /* each an instruction; a NaN stays */
#define BOUNDED(x, most) (AT_LEAST(x, -(most)) > K(most) ? K(most) : AT_LEAST(x, -(most)))
#define TAMED(x)      (x)
#define GELU_INNER(x) (K(0.797884560802865355880) * ((x) + K(0.044715) * ((x) * ((x) * (x)))))
