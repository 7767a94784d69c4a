/* A public header compiled alone: HEADER is one, and nothing stands before it. Also read as C++. */
#include HEADER

extern int header_alone;
int header_alone = 1;
