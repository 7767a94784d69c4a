/* Takes the words of words.h back, so that the table can be read in another way. */
#undef K
#undef NEG
#undef ADD
#undef SUB
#undef MUL
#undef DIV
#undef SQUARE
#undef GT
#undef GE
#undef LT
#undef LE
#undef EQ
#undef NUMBER
#undef SIZE
#undef BOUNDED
#undef GELU_INNER
