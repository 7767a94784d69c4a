/* Takes the words of vector_body.h back. Without a guard. */
#undef vec
#undef mask
#undef fma
#undef mask_first
#undef load_part
#undef store_part
