/* A tape's public state under random calls against a plain model (model/model.h says what is held).
 *
 * The steps are cut into runs of a few hundred, each with new tapes and a seed of its own. A step
 * draws from the run's seed and its own number only, so that steps can be left out: when a run
 * fails, this program takes out all steps that it can and prints the rest.
 *
 *     MODEL_STEPS=1000000   so many steps instead of 50,000
 *     MODEL_SEED=7          the run of this seed alone, every step printed as it is made (for
 * crashes) MODEL_COUNTS=1        print how often each thing has come that must come MODEL_WHOLE=1
 * do not take out steps */
#include <signal.h>
#include <stddef.h>

#include "model/model.h"

enum { LONGEST = 1000, SHRINKS = 3000 };

long happened[EVENT_COUNT], applied[OP_COUNT];

/* ---- used by all steps ---- */

bool wrong(world *w, const char *format, ...) {
    va_list args;
    if (w->failed) return false;
    va_start(args, format);
    vsnprintf(w->message, sizeof w->message, format, args);
    va_end(args);
    w->failed = true;
    w->kind = format;
    return false;
}

void say(const world *w, const char *format, ...) {
    va_list args;
    if (!w->trace) return;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t draw(world *w) { return mix(w->random += UINT64_C(0x9e3779b97f4a7c15)); }
int below(world *w, int n) { return (int)(draw(w) >> 33) % n; }
bool chance(world *w, int percent) { return below(w, 100) < percent; }

/* ---- one run ---- */

typedef struct choice {
    step *step;
    int weight;
} choice;

static const choice choices[] = {
    {step_op, 50},           {step_leaf, 14},  {step_assign, 10},  {step_reverse, 7},
    {step_reverse_from, 4},  {step_grad, 6},   {step_tangent, 6},  {step_detach, 3},
    {step_mark, 4},          {step_rewind, 3}, {step_reset, 1},    {step_name, 4},
    {step_push, 2},          {step_pop, 2},    {step_pause, 1},    {step_resume, 5},
    {step_retain, 2},        {step_zero, 1},   {step_gradient, 1}, {step_illegal, 4},
    {step_around_change, 4},
};
enum { CHOICES = sizeof choices / sizeof *choices };

typedef struct run {
    uint64_t seed;
    int steps;
    bool skip[LONGEST];
    int weight[CHOICES], total; /* some runs have much of one kind and none of another */
} run;

static model room[TAPES];

static void weigh(run *r) {
    world w = {.random = mix(r->seed)};
    r->total = 0;
    for (int i = 0; i < CHOICES; i++) {
        static const int factors[] = {0, 1, 1, 1, 2, 5};
        r->weight[i] = choices[i].weight * (i < 2 ? 1 : factors[below(&w, 6)]);
        r->total += r->weight[i];
    }
}

static step *some_step(world *w, const run *r, const model *m) {
    if (m->count > FULL) return chance(w, 70) && m->marks ? step_rewind : step_reset;
    if (m->error != TAD_OK && chance(w, 30)) return step_clear;
    int at = below(w, r->total), i = 0;
    while (at >= r->weight[i]) at -= r->weight[i++];
    return choices[i].step;
}

static void begin(world *w, bool trace) {
    memset(w, 0, sizeof *w);
    w->trace = trace;
    for (int k = 0; k < TAPES; k++) {
        model *m = w->tape[k] = &room[k];
        memset(m, 0, offsetof(model, node));
        m->which = k;
        m->tape = support_tape(&m->memory);
        if (!m->tape) wrong(w, "no tape");
    }
}

static void end(world *w) {
    for (int k = 0; k < TAPES; k++) {
        support_memory *memory = &w->tape[k]->memory;
        tad_tape_free(w->tape[k]->tape);
        if (memory->live || memory->lies)
            wrong(w, "%zu bytes not freed, %zu wrong old sizes", memory->live, memory->lies);
    }
}

/* Returns the number of steps made; w says whether the last one failed. */
static int perform(world *w, const run *r, bool trace) {
    int i = 0;
    begin(w, trace);
    for (; i < r->steps && !w->failed; i++) {
        if (r->skip[i]) continue;
        w->random = mix(r->seed) + mix((uint64_t)i);
        model *m = w->tape[chance(w, 80) ? 0 : 1];
        say(w, "  %3d ", i);
        step *s = some_step(w, r, m);
        if (s(w, m)) check_some(w);
        say(w, "\n");
    }
    if (!w->failed)
        for (int k = 0; k < TAPES; k++) check_all(w, w->tape[k]);
    end(w);
    return i;
}

/* ---- a failure made small ---- */

static bool still_fails(const run *r, const char *kind) {
    static world w;
    perform(&w, r, false);
    return w.kind == kind;
}

static void shrink(run *r, const char *kind) {
    int tries = 0;
    for (int size = r->steps / 2; size >= 1; size /= 2)
        for (int from = 0; from < r->steps && tries < SHRINKS; from += size) {
            run less = *r;
            for (int i = from; i < from + size && i < r->steps; i++) less.skip[i] = true;
            if (memcmp(less.skip, r->skip, sizeof less.skip) == 0) continue;
            tries++;
            if (still_fails(&less, kind)) *r = less;
        }
}

static void report(run *r, int steps, const world *failure) {
    static world w;
    fprintf(stderr, "MODEL_SEED=%llu, step %d: %s\n", (unsigned long long)r->seed, steps - 1,
            failure->message);
    r->steps = steps;
    if (!getenv("MODEL_WHOLE")) shrink(r, failure->kind);
    perform(&w, r, true);
    fprintf(stderr, "%s\n", w.message);
}

static uint64_t seed_now;

/* So that a crash can be repeated, too. */
static void on_crash(int number) {
    fprintf(stderr, "MODEL_SEED=%llu: signal %d\n", (unsigned long long)seed_now, number);
    signal(number, SIG_DFL);
    raise(number);
}

static int one_run(uint64_t seed, bool trace) {
    static world w;
    static run r;
    seed_now = seed;
    r = (run){.seed = seed, .steps = 100 + (int)(mix(seed) % (LONGEST - 100))};
    weigh(&r);
    int made = perform(&w, &r, trace);
    if (!w.failed) return made;
    report(&r, made, &w);
    ck_abort_msg("MODEL_SEED=%llu: %s", (unsigned long long)seed, w.message);
    return made;
}

/* Everything that is to be tested must have come. */
static void check_happened(void) {
#define EVENT_TEXT(name) #name
    static const char *const names[] = {EVENTS(EVENT_TEXT)};
#undef EVENT_TEXT
    const bool print = getenv("MODEL_COUNTS") != NULL;
    for (int i = 0; i < EVENT_COUNT && print; i++)
        if (print) fprintf(stderr, "%8ld %s\n", happened[i], names[i]);
    for (int i = 0; i < OP_COUNT && print; i++)
        fprintf(stderr, "%8ld %s\n", applied[i], op_names[i]);
    for (int i = 0; i < EVENT_COUNT; i++) ck_assert_msg(happened[i] > 0, "%s never came", names[i]);
    for (int i = 0; i < OP_COUNT; i++)
        ck_assert_msg(applied[i] > 0, "%s was never applied", op_names[i]);
}

START_TEST(random_calls_leave_a_tape_in_the_state_of_the_model) {
    const char *steps = getenv("MODEL_STEPS"), *seed = getenv("MODEL_SEED");
    signal(SIGSEGV, on_crash);
    signal(SIGABRT, on_crash);
    long left = steps ? atol(steps) : 50000;
    if (seed) one_run(strtoull(seed, NULL, 10), true);
    for (uint64_t k = 1; !seed && left > 0; k++) left -= one_run(k, false);
    if (!seed) check_happened();
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("model");
    tcase_add_test(support_case(s, "model"), random_calls_leave_a_tape_in_the_state_of_the_model);
    return s;
}

SUPPORT_MAIN(suite)
