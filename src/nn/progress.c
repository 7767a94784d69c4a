/* The progress line. Rests on the public headers and text.h. */
#include <math.h>
#include <string.h>
#include <time.h>

#include <tad/train.h>

#include "base/text.h"

typedef struct line {
    char text[256];
    size_t length;
} line;

static bool append(void *user, const char *text, size_t length) {
    line *l = user;
    if (length > sizeof l->text - l->length) length = sizeof l->text - l->length;
    memcpy(l->text + l->length, text, length);
    l->length += length;
    return true;
}

static double now(const tad_progress *p) {
    struct timespec time;
    if (p->clock) return p->clock();
    return timespec_get(&time, TIME_UTC) ? (double)time.tv_sec + 1e-9 * (double)time.tv_nsec : 0;
}

static int digits(int64_t n) {
    int count = 1;
    for (; n > 9; n /= 10) count++;
    return count;
}

/* "  3/20", as wide for every epoch */
static void put_count(tad__text *out, const char *what, int64_t at, int64_t of) {
    if (of > 0)
        tad__text_put(out, "%s %*lld/%lld", what, digits(of), (long long)at, (long long)of);
    else
        tad__text_put(out, "%s %lld", what, (long long)at);
}

static void put_pace(tad__text *out, const tad_progress *p, double elapsed) {
    int64_t done = p->state.epoch * p->steps + p->state.step, left = p->epochs * p->steps - done;
    if (done < 2 || elapsed <= 0) return; /* time runs from the end of the first step */
    double per_step = elapsed / (double)(done - 1);
    if (p->samples > 0) tad__text_put(out, "  %.0f samples/s", (double)p->samples / per_step);
    if (left <= 0) return;
    long long seconds = (long long)fmin(per_step * (double)left, 3.6e9);
    tad__text_put(out, "  ETA %lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static void compose(const tad_progress *p, double elapsed, line *l) {
    tad__text out = {append, l, false};
    int64_t step = p->state.step ? p->state.step : 1;
    put_count(&out, "epoch", p->state.epoch + 1, p->epochs);
    put_count(&out, "  step", p->state.step, p->steps);
    tad__text_put(&out, "  loss ");
    tad__text_number(&out, p->state.loss / (double)step, 4);
    if (isnan(p->state.loss)) tad__text_put(&out, "nan");
    if (p->state.judged && !isnan(p->state.accuracy)) {
        tad__text_put(&out, "  accuracy ");
        tad__text_fixed(&out, p->state.accuracy, 4);
    }
    put_pace(&out, p, elapsed);
}

/* On a terminal over the line before, whose rest is blanked. */
static void show(tad_progress *p, double elapsed, bool last) {
    line l = {.length = 0};
    tad__text out = {p->sink, p->user, false};
    compose(p, elapsed, &l);
    int blank = p->state.width > (int64_t)l.length ? (int)(p->state.width - (int64_t)l.length) : 0;
    if (p->terminal) tad__text_put(&out, "\r");
    tad__text_put(&out, "%.*s%*s%s", (int)l.length, l.text, p->terminal ? blank : 0, "",
                  last ? "\n" : "");
    p->state.width = last ? 0 : (int64_t)l.length;
}

void tad_progress_step(tad_progress *p, double loss) {
    if (!p || !p->sink) return;
    double time = now(p);
    if (!p->state.started) {
        p->state.started = true;
        p->state.begun = time;
        p->state.shown = time - 1;
    }
    p->state.step++;
    p->state.loss += loss;
    if (!p->terminal || time - p->state.shown < 0.1) return;
    p->state.shown = time;
    show(p, time - p->state.begun, false);
}

void tad_progress_epoch(tad_progress *p, double accuracy) {
    if (!p || !p->sink) return;
    p->state.accuracy = accuracy;
    p->state.judged = true;
    show(p, p->state.started ? now(p) - p->state.begun : 0, true);
    p->state.epoch++;
    p->state.step = 0;
    p->state.loss = 0;
}
