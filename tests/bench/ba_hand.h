/* Bundle adjustment by hand: the two errors of every observation and their Jacobian, all camera
 * rotations not zero. An observation's inputs are those of ba_errors.h; its results are the errors,
 * then the derivatives of each by BA_WANTED inputs. */
#ifndef TAD_TESTS_BA_HAND_H
#define TAD_TESTS_BA_HAND_H

#include "../gradbench/ba_errors.h"

enum { BA_OBSERVATIONS = 20000, BA_RESULTS = 2 + 2 * BA_WANTED };

/* Vectorised: a row of all observations for each input and result. */
void ba_hand(const double (*in)[BA_OBSERVATIONS], double (*out)[BA_OBSERVATIONS]);
/* Observation by observation, a row each, as the module of ADBench that is written by hand works:
 * each function gives its whole Jacobian, and the chain rule multiplies them. */
void ba_module(const double (*in)[BA_INPUTS], double (*out)[BA_RESULTS]);

#endif
