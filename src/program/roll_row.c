/* Which rows have the same bits on numbers and on arrays. Rests on the kernels' list of long rows.
 */
#include "roll.h"

#include "kernel/elementary.h"
#include "kernel/row_long.h"

/* Those without long functions, and those whose long functions are the same there. */
#define TAD_UNARY(name, ...) [TAD__ROW_##name] = !LONG_##name##_forward,
#define TAD_OPTION1(name, ...) TAD_UNARY(name, )
#define TAD_OPTION2(name, ...) TAD_UNARY(name, )
#define TAD_BINARY(name, ...) TAD_UNARY(name, )
#define TAD_TERNARY(name, ...) TAD_UNARY(name, )
static const bool same[TAD__ROW_COUNT] = {
#include <tad/scalar.def>
};

bool tad__same_on_numbers(uint32_t row) {
    return same[row] || row == TAD__ROW_tanh || row == TAD__ROW_sigmoid;
}
