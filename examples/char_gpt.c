/* A small transformer that learns to write, character by character.
 *
 * Blocks of causal attention with rotary positions and of two layers with GELU between them, each
 * behind a layer norm and added to what it was given; AdamW with a rate that falls by half a
 * cosine. What it learns from is a text, cut anywhere into windows; the last tenth is held out. In
 * the end it writes something of its own.
 *
 *     char_gpt                       learns from the project's own documents
 *     char_gpt --text FILE           from another text
 *     char_gpt --file gpt.safetensors    resumes from that file where there is one, and saves
 *
 * --help lists the options. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tad/optim.h>
#include <tad/safetensors.h>
#include <tad/tad.h>

#include "options.h"

#ifndef DATA_FOLDER /* where the build found the sources */
#define DATA_FOLDER "examples/data"
#endif

/* ---- command line ---- */

typedef struct settings {
    const char *text, *file;
    int64_t steps, layers, heads, width, length, batch, sample, seed;
    double lr;
} settings;

static const char usage[] =
    "char_gpt [options]\n"
    "  --text FILE    what it learns from (default: the documents)\n"
    "  --file FILE    resumes from it and saves to it\n"
    "  --steps N      of training (300)\n"
    "  --layers N     blocks (4)\n"
    "  --heads N      of attention (4)\n"
    "  --width N      numbers of a character, heads times an even number (128)\n"
    "  --length N     characters that it sees (128)\n"
    "  --batch N      windows a step (16)\n"
    "  --lr X         highest learning rate (0.002)\n"
    "  --sample N     characters that it writes (400)\n"
    "  --seed N       of parameters, windows and the sample (1)";

static bool read_settings(settings *s, int argc, char **argv) {
    const option options[] = {{"--text", .text = &s->text},
                              {"--file", .text = &s->file},
                              {"--lr", .number = &s->lr, .most = 1e6},
                              {"--steps", .whole = &s->steps, .most = 1e6},
                              {"--layers", .whole = &s->layers, .least = 1, .most = 1e6},
                              {"--heads", .whole = &s->heads, .least = 1, .most = 1e6},
                              {"--width", .whole = &s->width, .least = 2, .most = 1e6},
                              {"--length", .whole = &s->length, .least = 1, .most = 1e6},
                              {"--batch", .whole = &s->batch, .least = 1, .most = 1e6},
                              {"--sample", .whole = &s->sample, .most = 1e6},
                              {"--seed", .whole = &s->seed, .most = 1e6}};
    if (!read_options(argc, argv, usage, options, sizeof options / sizeof *options)) return false;
    if (s->width % (2 * s->heads) == 0) return true;
    fprintf(stderr, "char_gpt: each head needs an even number of the width\n");
    return false;
}

/* ---- the text, as numbers of characters ---- */

typedef struct text {
    unsigned char *character;      /* replaced by its number among those that occur */
    int64_t size, kinds, training; /* characters in all, kinds of them, those to learn from */
    unsigned char kind[256];
} text;

static bool append(text *x, const char *path) {
    FILE *f = fopen(path, "rb");
    size_t got = 1;
    while (f && got) {
        unsigned char *grown = realloc(x->character, (size_t)x->size + 65536);
        if (!grown) break;
        x->character = grown;
        got = fread(grown + x->size, 1, 65536, f);
        x->size += (int64_t)got;
    }
    const bool fine = f && !got && !ferror(f);
    if (f) fclose(f);
    if (!fine) fprintf(stderr, "char_gpt: cannot read %s\n", path);
    return fine;
}

static void number_kinds(text *x) {
    int number[256];
    for (int c = 0; c < 256; c++) number[c] = -1;
    for (int64_t i = 0; i < x->size; i++) number[x->character[i]] = 0;
    for (int c = 0; c < 256; c++) {
        if (number[c] < 0) continue;
        x->kind[x->kinds] = (unsigned char)c;
        number[c] = (int)x->kinds++;
    }
    for (int64_t i = 0; i < x->size; i++) x->character[i] = (unsigned char)number[x->character[i]];
}

static bool read_text(text *x, const settings *s) {
    static const char *const documents[] = {"guide.md", "design.md", "math.md", "adding-an-op.md"};
    char path[1024];
    if (s->text && !append(x, s->text)) return false;
    for (size_t i = 0; !s->text && i < sizeof documents / sizeof *documents; i++) {
        snprintf(path, sizeof path, "%s/../../docs/%s", DATA_FOLDER, documents[i]);
        if (!append(x, path)) return false;
    }
    number_kinds(x);
    x->training = x->size - x->size / 10;
    if (x->size - x->training > s->length) return true;
    fprintf(stderr, "char_gpt: the text has %lld characters, too few for windows of %lld\n",
            (long long)x->size, (long long)s->length);
    return false;
}

/* ---- the model ---- */

typedef struct model {
    const settings *s;
    tad_tape *tape;
    tad_net *net;
} model;

static tad_var gelu(tad_var x) { return tad_gelu(x, 0); }

static bool make_model(model *m, tad_tape *t, const settings *s, int64_t kinds) {
    const tad_init small = {.kind = TAD_INIT_NORMAL, .scale = 0.02};
    const tad_transformer_options o = {
        .heads = s->heads, .is_causal = true, .rope = true, .activation = gelu};
    char name[40];
    *m = (model){s, t, tad_net_new(t, TAD_F32)};
    tad_net_embedding(m->net, "characters", kinds, s->width, &small);
    for (int64_t k = 0; k < s->layers; k++) {
        snprintf(name, sizeof name, "blocks.%lld", (long long)k);
        tad_net_transformer(m->net, name, s->width, &o);
    }
    tad_net_layer_norm(m->net, "norm", s->width, 0);
    return tad_net_linear(m->net, "head", s->width, kinds,
                          &(tad_layer_options){.weight = small, .no_bias = true}) == TAD_OK;
}

/* Logits of what follows each of the characters (B,T): (B T, kinds). */
static tad_var logits_of(const model *m, tad_var characters) {
    tad_var y = tad_net_apply(m->net, characters);
    const tad_shape s = tad_shape_of(y);
    return tad_reshape(y, TAD_SHAPE(s.dim[0] * s.dim[1], s.dim[2]));
}

/* ---- learning ---- */

typedef struct window {
    int64_t *seen, *next; /* characters (B,T), and what follows each */
} window;

static void draw(const window *w, const settings *s, const text *x, int64_t from, int64_t to,
                 tad_random *random) {
    for (int64_t b = 0; b < s->batch; b++) {
        const uint64_t places = (uint64_t)(to - from - s->length);
        const unsigned char *at = x->character + from + (int64_t)tad_random_below(random, places);
        for (int64_t i = 0; i < s->length; i++) {
            w->seen[b * s->length + i] = at[i];
            w->next[b * s->length + i] = at[i + 1];
        }
    }
}

static tad_var loss_of(const model *m, const window *w) {
    const int64_t b = m->s->batch, n = m->s->length;
    tad_var seen = tad_constant(m->tape, TAD_I64, TAD_SHAPE(b, n), w->seen),
            next = tad_constant(m->tape, TAD_I64, TAD_SHAPE(b * n), w->next);
    return tad_cross_entropy(logits_of(m, seen), next, NULL);
}

/* The mean loss of some windows that it does not learn from, the same ones each time. */
static double held_out(const model *m, const text *x, const window *w) {
    enum { WINDOWS = 4 };
    tad_random random = {.seed = 7};
    const tad_mark mark = tad_tape_mark(m->tape);
    double sum = 0;
    tad_record_pause(m->tape);
    for (int i = 0; i < WINDOWS; i++) {
        draw(w, m->s, x, x->training, x->size, &random);
        sum += tad_item(loss_of(m, w)) / WINDOWS;
        if (tad_tape_rewind(m->tape, mark) != TAD_OK) break;
    }
    tad_record_resume(m->tape);
    return sum;
}

static bool learn(const model *m, tad_optim *adam, const text *x, const window *w) {
    const settings *s = m->s;
    const tad_schedule rate = {TAD_SCHEDULE_COSINE, s->lr, 0, s->steps, s->lr / 10, s->steps / 20};
    const int64_t told = s->steps >= 10 ? s->steps / 10 : 1, begun = tad_optim_steps(adam);
    const tad_mark mark = tad_tape_mark(m->tape);
    tad_random random = {.seed = (uint64_t)(s->seed + begun)};
    for (int64_t i = 1; i <= s->steps; i++) {
        draw(w, s, x, 0, x->training, &random);
        tad_var loss = loss_of(m, w);
        const double value = tad_item(loss);
        tad_optim_set_lr(adam, tad_schedule_at(&rate, i - 1));
        if (tad_reverse(loss) != TAD_OK || tad_optim_step(adam) != TAD_OK ||
            tad_tape_rewind(m->tape, mark) != TAD_OK)
            return false;
        if (i != 1 && i % told != 0) continue;
        printf("step %4lld/%lld  loss %.3f  held out %.3f\n", (long long)i, (long long)s->steps,
               value, held_out(m, x, w));
        fflush(stdout);
    }
    return tad_tape_status(m->tape) == TAD_OK;
}

/* ---- writing ---- */

/* One of n kinds, with probabilities softmax(logits / temperature). */
static int64_t choose(const float *logits, int64_t n, double temperature, tad_random *random) {
    double most = logits[0], sum = 0;
    for (int64_t i = 1; i < n; i++) most = fmax(most, (double)logits[i]);
    for (int64_t i = 0; i < n; i++) sum += exp(((double)logits[i] - most) / temperature);
    double left = tad_random_uniform(random) * sum;
    for (int64_t i = 0; i < n; i++)
        if ((left -= exp(((double)logits[i] - most) / temperature)) < 0) return i;
    return n - 1;
}

/* Goes on from the beginning of what was held out. */
static bool write_sample(const model *m, const text *x) {
    const int64_t n = m->s->length;
    int64_t *seen = malloc((size_t)n * sizeof *seen);
    tad_random random = {.seed = (uint64_t)m->s->seed};
    const tad_mark mark = tad_tape_mark(m->tape);
    bool fine = seen != NULL;
    for (int64_t i = 0; fine && i < n; i++) seen[i] = x->character[x->training + i];
    tad_record_pause(m->tape);
    for (int64_t i = 0; fine && i < m->s->sample; i++) {
        tad_var logits = logits_of(m, tad_constant(m->tape, TAD_I64, TAD_SHAPE(1, n), seen));
        const float *all = tad_data(logits);
        if (!all) break;
        memmove(seen, seen + 1, (size_t)(n - 1) * sizeof *seen);
        seen[n - 1] = choose(all + (n - 1) * x->kinds, x->kinds, 0.8, &random);
        putchar(x->kind[seen[n - 1]]);
        fine = tad_tape_rewind(m->tape, mark) == TAD_OK;
    }
    tad_record_resume(m->tape);
    free(seen);
    return fine && tad_tape_status(m->tape) == TAD_OK;
}

/* ---- all of it ---- */

static bool keep(const model *m, const tad_optim *adam, bool save) {
    const tad_slot slots[] = {tad_slot_dict("model", tad_net_params(m->net)),
                              tad_slot_dict("adam", tad_optim_state(adam))};
    if (!m->s->file || (!save && access(m->s->file, R_OK) != 0)) return true;
    const tad_status status = save ? tad_checkpoint_save(m->tape, m->s->file, slots, 2, NULL, 0)
                                   : tad_checkpoint_load(m->tape, m->s->file, slots, 2, false);
    if (status == TAD_OK)
        printf("%s %s, %lld steps\n", save ? "saved" : "resumed", m->s->file,
               (long long)tad_optim_steps(adam));
    return status == TAD_OK;
}

static bool run(const model *m, const text *x) {
    const size_t bytes = (size_t)(m->s->batch * m->s->length) * sizeof(int64_t);
    const window w = {malloc(bytes), malloc(bytes)};
    tad_optim *adam = tad_adamw(tad_net_params(m->net), m->s->lr, NULL);
    printf("%lld characters of %lld kinds; %lld parameters\n", (long long)x->size,
           (long long)x->kinds, (long long)tad_dict_elements(tad_net_params(m->net)));
    bool fine =
        w.seen && w.next && keep(m, adam, false) && learn(m, adam, x, &w) && keep(m, adam, true);
    if (fine && m->s->sample) {
        printf("\n");
        fine = write_sample(m, x);
        printf("\n");
    }
    free(w.seen);
    free(w.next);
    return fine;
}

int main(int argc, char **argv) {
    settings s = {.steps = 300,
                  .layers = 4,
                  .heads = 4,
                  .width = 128,
                  .length = 128,
                  .batch = 16,
                  .sample = 400,
                  .seed = 1,
                  .lr = 0.002};
    text x = {0};
    model m = {0};
    if (!read_settings(&s, argc, argv) || !read_text(&x, &s)) return EXIT_FAILURE;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    tad_tape *t = tad_tape_new(
        &(tad_settings){.threads = cores > 16 ? 16 : (int)cores, .seed = (uint64_t)s.seed});
    const bool fine = make_model(&m, t, &s, x.kinds) && run(&m, &x);
    if (!fine) fprintf(stderr, "char_gpt: %s\n", tad_message(t));
    free(x.character);
    tad_tape_free(t);
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
