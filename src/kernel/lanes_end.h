/* Takes the words of lanes_body.h back, so that it can be read for another type. */
#undef VEC
#undef WIDTH
#undef LANES
