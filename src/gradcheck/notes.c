/* What the gradient check writes down: which laws held, and what failed first. */
#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "vector.h"

void tad__say_first(tad_gradcheck_report *r, const char *format, ...) {
    if (r->first[0]) return;
    va_list args;
    va_start(args, format);
    vsnprintf(r->first, sizeof r->first, format, args);
    va_end(args);
}

static void note(tad__check *c, tad_law law, double error, double limit, const char *format,
                 va_list args) {
    tad_law_result *l = &c->law[law];
    l->checked++;
    if (limit > 0 || l->checked == 1) l->limit = limit;
    if (!(error <= l->worst)) l->worst = error;
    if (error <= limit) return;
    l->broken++;
    c->failed = true;
    char what[120];
    vsnprintf(what, sizeof what, format, args);
    tad__say_first(c->report, "%sbroken: %s (%s)", c->second ? "order 2, " : "", tad_law_text(law),
                   what);
}

void tad__law_note(tad__check *c, tad_law law, double error, double limit, const char *format,
                   ...) {
    va_list args;
    va_start(args, format);
    note(c, law, error, limit, format, args);
    va_end(args);
}

/* A law that is broken often needs no more estimates: they are not cheap. */
static bool may_be_rounding(const tad__check *c, tad_law law, double error) {
    return isfinite(error) && c->law[law].broken < 4;
}

void tad__law_near(tad__check *c, tad_law law, double error, double size, double limit,
                   const tad__noise_at *at, size_t n, const char *format, ...) {
    double relative = tad__relative(error, size);
    if (!(relative <= limit) && may_be_rounding(c, law, error)) {
        double noise = 0;
        for (size_t i = 0; i < n; i++) noise += 16 * tad__noise(c, at[i], limit == 0);
        if (error <= noise) relative = limit; /* rounding, which is no error of the rule */
    }
    va_list args;
    va_start(args, format);
    note(c, law, relative, limit, format, args);
    va_end(args);
}
