/* Learning-rate schedules, plain functions of the step; when to stop. Rests on the public headers.
 */
#include <math.h>

#include <tad/optim.h>
#include <tad/train.h>

double tad_schedule_at(const tad_schedule *s, int64_t i) {
    if (!s || i < 0) return NAN;
    if (i < s->warmup) return s->lr * (double)(i + 1) / (double)s->warmup;
    double gamma = s->gamma != 0 ? s->gamma : 0.1;
    double turns =
        (double)(i - (s->warmup > 0 ? s->warmup : 0)) / (double)(s->period > 0 ? s->period : 1);
    double share = fmin(turns, 1);
    switch (s->kind) {
    case TAD_SCHEDULE_CONSTANT: return s->lr;
    case TAD_SCHEDULE_STEP: return s->lr * pow(gamma, floor(turns));
    case TAD_SCHEDULE_EXPONENTIAL: return s->lr * pow(gamma, turns);
    case TAD_SCHEDULE_COSINE:
        return s->last + (s->lr - s->last) * (1 + cos(3.14159265358979323846 * share)) / 2;
    case TAD_SCHEDULE_LINEAR: return s->lr * (1 - share) + s->last * share;
    }
    return NAN;
}

bool tad_early_stop_at(tad_early_stop *s, double loss) {
    if (!s) return false;
    const bool first = s->state.seen++ == 0;
    if (first) s->state.best = INFINITY;
    const bool better = loss < s->state.best - (first ? 0 : s->least_gain);
    if (better) s->state.best = loss;
    s->state.since = better ? 0 : s->state.since + 1;
    return s->state.since > s->patience;
}
