/* The memory plan as a picture: an array is a box, as wide as it lives and as high as its bytes.
 * Rests on moments.h and base/text.h. */
#include <math.h>
#include <string.h>

#include "moments.h"

/* Pixels. */
enum {
    LEFT = 70,
    TOP = 50,
    HEIGHT = 480,
    BELOW = 130, /* for the words of steps */
    RIGHT = 20,
    WIDTH = 1000,
    WIDEST = 90, /* a step */
    LETTER = 6,  /* about */
    LINE = 14
};

typedef struct plan {
    tad__text out, words; /* words: quoted */
    const tad_program *p;
    tad__life *life;
    uint32_t moments;
    double column, per_byte;
} plan;

/* ---- pieces ---- */

static void put_attribute(plan *x, const char *name, double value) {
    tad__text_put(&x->out, " %s=\"", name);
    tad__text_fixed(&x->out, value, 1);
    tad__text_put(&x->out, "\"");
}

static void begin_text(plan *x, double at_x, double at_y, const char *anchor) {
    tad__text_put(&x->out, "<text");
    put_attribute(x, "x", at_x);
    put_attribute(x, "y", at_y);
    tad__text_put(&x->out, " text-anchor=\"%s\">", anchor);
}

static void end_text(plan *x) { tad__text_put(&x->out, "</text>\n"); }

static double x_of(const plan *x, uint32_t moment) { return LEFT + x->column * moment; }
static double y_of(const plan *x, double bytes) { return TOP + HEIGHT - x->per_byte * bytes; }

/* "1.2 MB" */
static void put_bytes(tad__text *t, double bytes) {
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_t k = 0;
    for (; bytes >= 1000 && k + 1 < sizeof unit / sizeof *unit; k++) bytes /= 1000;
    tad__text_put(t, "%s %s", tad__figures_of(bytes, 3).text, unit[k]);
}

/* ---- axes ---- */

/* 1, 2 or 5 times a power of ten: at most five of them make up the whole. */
static double tick_of(double whole) {
    double tick = 1;
    while (tick * 50 < whole) tick *= 10;
    return tick * (tick * 5 >= whole ? 1 : tick * 10 >= whole ? 2 : tick * 25 >= whole ? 5 : 10);
}

static void put_byte_axis(plan *x) {
    const double whole = (double)x->p->array_bytes, tick = tick_of(whole);
    for (double at = 0; at <= whole; at += tick) {
        tad__text_put(&x->out, "<line");
        put_attribute(x, "x1", LEFT);
        put_attribute(x, "x2", x_of(x, x->moments));
        put_attribute(x, "y1", y_of(x, at));
        put_attribute(x, "y2", y_of(x, at));
        tad__text_put(&x->out, " stroke=\"#e0e0e0\"/>\n");
        begin_text(x, LEFT - 6, y_of(x, at) + 4, "end");
        put_bytes(&x->out, at);
        end_text(x);
    }
}

static void put_step_words(plan *x, const tad__moments *m) {
    tad__cell cell = {0};
    tad__moment_words(&cell, x->p, &m->now);
    tad__text_put(&x->out, "<text text-anchor=\"end\" transform=\"translate(");
    tad__text_fixed(&x->out, x_of(x, m->next - 1) + x->column / 2 + 4, 1);
    tad__text_put(&x->out, " %d) rotate(-50)\">", TOP + HEIGHT + LINE);
    tad__text_put(&x->words, "%s", cell.text);
    end_text(x);
}

/* Where steps are narrower than a line, only some have words. */
static void put_step_axis(plan *x) {
    tad__moments m = {.p = x->p};
    const uint32_t each = x->column < LINE ? (uint32_t)(LINE / x->column) + 1 : 1;
    while (!x->out.stopped && tad__next_moment(&m))
        if ((m.next - 1) % each == 0) put_step_words(x, &m);
}

/* ---- boxes ---- */

/* The output that lies in this array; NULL: none. */
static const tad__named_type *output_in(const tad_program *p, uint32_t root) {
    for (size_t k = 0; k < p->n_out; k++) {
        const tad__ref r = p->out[k].value;
        if (tad__is_array_ref(r) && p->array.item[tad__position(r)].root == root) return &p->out[k];
    }
    return NULL;
}

static void put_title(plan *x, uint32_t k, size_t bytes, const char *name) {
    const size_t from = x->p->array.item[k].offset;
    tad__text_put(&x->out, "<title>");
    tad__put_array(&x->out, x->p, k);
    tad__text_put(&x->words, "%s%s", *name ? " " : "", name);
    tad__text_put(&x->out, ", bytes %zu..%zu, steps %u..%u</title>", from, from + bytes,
                  x->life[k].from, x->life[k].to);
}

static bool count(void *user, const char *text, size_t length) {
    (void)text;
    *(size_t *)user += length;
    return true;
}

/* About how wide the words for an array are. */
static double width_of(const tad_program *p, uint32_t k) {
    size_t length = 0;
    tad__text measured = {count, &length, false};
    tad__put_array(&measured, p, k);
    return (double)length * LETTER;
}

/* Around the middle of the box; of two lines the first or the second. */
static void begin_line(plan *x, uint32_t k, double width, double height, double line) {
    const double base = y_of(x, (double)x->p->array.item[k].offset) - height / 2;
    begin_text(x, x_of(x, x->life[k].from) + width / 2, base + 4 + line * LINE, "middle");
}

/* The array in full, or its number alone, and the output's name below: as there is room. */
static void put_box_words(plan *x, uint32_t k, double width, double height, const char *name) {
    const bool in_full = width_of(x->p, k) < width,
               named = *name && height >= 2 * LINE && (double)strlen(name) * LETTER < width;
    if (height < LINE || width < 5 * LETTER) return;
    begin_line(x, k, width, height, named ? -0.5 : 0);
    if (in_full)
        tad__put_array(&x->out, x->p, k);
    else
        tad__text_put(&x->out, "a%u", k);
    end_text(x);
    if (!named) return;
    begin_line(x, k, width, height, 0.5);
    tad__text_put(&x->words, "%s", name);
    end_text(x);
}

static const char of_call[] = "#cfe0f7", of_group[] = "#ffe2b0", of_others[] = "#dcdcdc",
                  of_output[] = "#bfe5bf";

static const char *color_of(tad__step_kind by) {
    return by == TAD__CALL ? of_call : by == TAD__FUSED ? of_group : of_others;
}

static void put_box(plan *x, uint32_t k) {
    const tad__array_value *v = &x->p->array.item[k];
    const tad__life *life = &x->life[k];
    const tad__named_type *out = output_in(x->p, k);
    const char *name = out ? out->name : "";
    const size_t bytes = (size_t)v->array.size * tad__width(v->array.dtype);
    const double width = x_of(x, life->to + 1) - x_of(x, life->from),
                 exact = x->per_byte * (double)bytes, height = exact < 1 ? 1 : exact;
    tad__text_put(&x->out, "<g><rect");
    put_attribute(x, "x", x_of(x, life->from));
    put_attribute(x, "y", y_of(x, (double)v->offset) - height);
    put_attribute(x, "width", width);
    put_attribute(x, "height", height);
    tad__text_put(&x->out, " fill=\"%s\" stroke=\"#808080\" stroke-width=\"0.5\"/>",
                  out ? of_output : color_of(life->by));
    put_title(x, k, bytes, name);
    put_box_words(x, k, width, height, name);
    tad__text_put(&x->out, "</g>\n");
}

static void put_boxes(plan *x) {
    for (uint32_t k = 0; k < x->p->array.count && !x->out.stopped; k++)
        if (x->p->array.item[k].home == TAD__PLANNED && x->life[k].from <= x->life[k].to)
            put_box(x, k);
}

/* ---- all of it ---- */

static void put_key(plan *x, const char *color, const char *words) {
    tad__text_put(&x->out, "<tspan fill=\"%s\">&#9632;</tspan> %s&#160;&#160; ", color, words);
}

static void put_heading(plan *x) {
    const double width = fmax(x_of(x, x->moments) + RIGHT, 480);
    tad__text_put(&x->out, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
    put_attribute(x, "width", width);
    tad__text_put(&x->out,
                  " height=\"%d\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\">\n"
                  "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                  TOP + HEIGHT + BELOW);
    begin_text(x, LEFT, TOP - 28, "start");
    tad__text_put(&x->out, "Arrays of a workspace: ");
    put_bytes(&x->out, (double)x->p->array_bytes);
    tad__text_put(&x->out, ", if none shared memory ");
    put_bytes(&x->out, (double)x->p->info.array_bytes_apart);
    end_text(x);
    begin_text(x, LEFT, TOP - 12, "start");
    put_key(x, of_call, "of a call");
    put_key(x, of_group, "of a group");
    put_key(x, of_others, "drawn or copied");
    put_key(x, of_output, "an output");
    end_text(x);
}

static void put_all(plan *x) {
    x->moments = tad__find_lives(x->p, x->life);
    for (size_t k = 0; k < x->p->array.count; k++) /* there is nothing to be drawn behind the end */
        if (x->life[k].to == x->moments) x->life[k].to--;
    x->column = x->moments * WIDEST > WIDTH ? (double)WIDTH / x->moments : WIDEST;
    x->per_byte = x->p->array_bytes ? HEIGHT / (double)x->p->array_bytes : 0;
    put_heading(x);
    put_byte_axis(x);
    put_step_axis(x);
    put_boxes(x);
    tad__text_put(&x->out, "</svg>\n");
}

tad_status tad_program_plan_svg(const tad_program *p, tad_sink *sink, void *user) {
    if (!p || !sink) return TAD_BAD_ARGUMENT;
    const tad_allocator *a = &p->memory.allocator; /* threads share the program's counters */
    const size_t bytes = (p->array.count + 1) * sizeof(tad__life);
    plan x = {.out = {.sink = sink, .user = user}, .p = p};
    x.words = tad__xml_text(&x.out);
    x.life = a->resize(a->user, NULL, 0, bytes);
    if (!x.life) return TAD_NO_MEMORY;
    put_all(&x);
    a->resize(a->user, x.life, bytes, 0);
    return x.out.stopped ? TAD_IO : TAD_OK;
}
