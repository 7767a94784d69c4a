/* Pictures of programs: tad_program_dot, tad_program_plan_svg. */
#include "programs.h"

typedef tad_status picture(const tad_program *p, tad_sink *sink, void *user);
static picture *const pictures[] = {tad_program_dot, tad_program_plan_svg};

static support_text got;

static const char *drawn(picture *f, const tad_program *p) {
    got = (support_text){.length = 0};
    ck_assert_int_eq(f(p, support_keep, &got), TAD_OK);
    return got.data;
}

#define ck_has(words) ck_assert_msg(strstr(got.data, words), "no %s in\n%s", words, got.data)
#define ck_lacks(words) ck_assert_msg(!strstr(got.data, words), "%s in\n%s", words, got.data)

/* Of every kind of step but what is rolled up: steps 0 numbers, 1 draw, 2 copy, 3 group, 4 sum, 5
 * greater, 6 decision, 7 numbers. */
static tad_program *of_every_step(const char *name, const tad_freeze_options *o) {
    tad_tape_reset(t);
    tad_var x = tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL), name), n = tad_scalar(t, 1),
            s = tad_sin(tad_mul(n, tad_number(2))), r = tad_rand(t, TAD_F64, TAD_SHAPE(2, 3)),
            y = tad_transpose(tad_add(tad_mul(x, s), r), 0, 1), sum = tad_sum(y, tad_all());
    ck_assert(!tad_decide(tad_greater(sum, tad_number(100))));
    tad_program *p;
    const tad_status status =
        tad_freeze((tad_var[]){x, n}, 2, (tad_var[]){tad_neg(sum), x}, 2, o, &p);
    ck_assert(status == TAD_OK || status == TAD_NO_MEMORY);
    return p;
}

/* ---- as a graph ---- */

static const char graph_of_every_step[] =
    "  i0 [shape=box style=\"rounded,filled\" fillcolor=\"#e3efff\" label=\"x\\nin[0]\"];\n"
    "  i1 [shape=box style=\"rounded,filled\" fillcolor=\"#e3efff\" label=\"in[1]\"];\n"
    "  s0 [label=\"2 number steps\"];\n"
    "  i1 -> s0;\n"
    "  s1 [label=\"draw\"];\n"
    "  s2 [label=\"copy\"];\n"
    "  i0 -> s2 [label=\"a0 float64(2,3)\"];\n"
    "  subgraph cluster_0 {\n"
    "  label=\"group of 2 on 6 float64\";\n"
    "  r0 [label=\"mul\"];\n"
    "  r1 [label=\"add\"];\n"
    "  }\n"
    "  i0 -> r0 [label=\"a0 float64(2,3)\"];\n"
    "  s0 -> r0;\n"
    "  r0 -> r1;\n"
    "  s1 -> r1 [label=\"a1 float64(2,3)\"];\n"
    "  s4 [label=\"sum\"];\n"
    "  r1 -> s4 [label=\"a4 float64(3,2) of a3\"];\n"
    "  s5 [label=\"greater\"];\n"
    "  s4 -> s5;\n"
    "  k0 [shape=plaintext margin=0.03 width=0 height=0 label=\"100\"];\n"
    "  k0 -> s5;\n"
    "  s6 [shape=diamond label=\"decision 0\\nis false\"];\n"
    "  s5 -> s6 [label=\"a5 bool()\"];\n"
    "  s7 [label=\"1 number step\"];\n"
    "  s4 -> s7;\n"
    "  o0 [shape=box style=\"rounded,filled\" fillcolor=\"#dcf2dc\" label=\"out[0]\"];\n"
    "  s7 -> o0;\n"
    "  o1 [shape=box style=\"rounded,filled\" fillcolor=\"#dcf2dc\" label=\"x\\nout[1]\"];\n"
    "  s2 -> o1 [label=\"a6 float64(2,3)\"];\n"
    "}\n";

START_TEST(every_step_is_a_node_or_a_box) {
    tad_program *p = of_every_step("x", NULL);
    const char *text = drawn(tad_program_dot, p), *first = strstr(text, "  i0");
    ck_assert_int_eq(strncmp(text, "digraph program {\n", 18), 0);
    ck_assert_ptr_nonnull(first);
    ck_assert_str_eq(first, graph_of_every_step);
    tad_program_free(p);
}
END_TEST

/* Parameters, constants, options of calls and rows, an operand left out. */
START_TEST(leaves_and_options_are_shown) {
    const float one = 3, two[2] = {1, 2};
    tad_var x = tad_input(t, TAD_F32, TAD_SHAPE(2, 2), NULL),
            w = tad_name(tad_param(t, TAD_F32, TAD_SHAPE(2, 2), NULL), "w"),
            z = tad_name(tad_param(t, TAD_F64, TAD_0D, NULL), "z"),
            c = tad_constant(t, TAD_F32, TAD_SHAPE(2), two),
            d = tad_constant(t, TAD_F32, TAD_0D, &one), n = tad_scalar(t, 1),
            h = tad_add(tad_leaky_relu(tad_mul(tad_affine(x, w, tad_none()), d), 0.25), c),
            y[2] = {tad_sum(h, tad_keepdims(tad_axis(1))), tad_mul(tad_exp(z), n)};
    machine m = machine_of((tad_var[]){x, n}, 2, y, 2, NULL);
    drawn(tad_program_dot, m.p);
    ck_has("fillcolor=\"#fff0c8\" label=\"w\\nparam[0]\"];\n");
    ck_has("  p0 -> s0 [label=\"a1 float32(2,2)\"];\n");
    ck_has("fillcolor=\"#fff0c8\" label=\"z\\nparam[1]\"];\n");
    ck_has("style=\"rounded,dashed\" label=\"constant\"];\n");
    ck_has("label=\"3\"];\n");
    ck_assert_ptr_null(strstr(strstr(got.data, "\"constant\"") + 1, "\"constant\""));
    ck_has("  r1 [label=\"leaky_relu\\nnegative_slope=0.25\"];\n");
    ck_has("[label=\"sum\\naxis=(1) keepdims\"];\n");
    machine_free(m);
}
END_TEST

/* What has no name is drawn together, in a row. */
START_TEST(numbers_in_a_row_are_one_node) {
    tad_var in[5], out[3];
    for (int k = 0; k < 5; k++) in[k] = tad_scalar(t, k);
    tad_name(in[3], "c");
    for (int k = 0; k < 3; k++) out[k] = tad_mul(in[k], in[k + 2]);
    machine m = machine_of(in, 5, out, 3, NULL);
    drawn(tad_program_dot, m.p);
    ck_has("label=\"in[0..2]\"];\n");
    ck_has("label=\"c\\nin[3]\"];\n");
    ck_has("label=\"in[4]\"];\n");
    ck_has("label=\"out[0..2]\"];\n");
    ck_has("  i0 -> s0;\n  i3 -> s0;\n  i4 -> s0;\n");
    ck_has("  s0 -> o0;\n}\n");
    machine_free(m);
}
END_TEST

static tad_program *rolled_up(void) {
    enum { N = 40 };
    tad_var in[N], out[N];
    tad_program *p;
    for (int k = 0; k < N; k++) in[k] = tad_scalar(t, 0.1 * k);
    for (int i = 0; i < N; i++) {
        tad_var sum = tad_number(0);
        for (int k = 0; k < N; k++)
            sum = tad_add(sum, tad_mul(tad_number((i * k) % 7), tad_tanh(in[k])));
        out[i] = tad_tanh(sum);
    }
    ck_done(tad_freeze(in, N, out, N, NULL, &p), t);
    return p;
}

START_TEST(what_is_rolled_up_is_one_node) {
    tad_program *p = rolled_up();
    drawn(tad_program_dot, p);
    ck_has("  s0 [label=\"rolled up, ");
    ck_has("  i0 -> s0 [style=dashed];\n");
    ck_has("  s0 -> o0;\n}\n");
    drawn(tad_program_plan_svg, p);
    ck_has(">rolled up, ");
    tad_program_free(p);
}
END_TEST

/* ---- the plan ---- */

/* Of 192 bytes, 480 pixels high from 530 upwards; a step has 90 pixels, from 70 on. */
static bool count_bytes(void *user, const char *text, size_t length) {
    (void)text;
    *(size_t *)user += length;
    return true;
}

/* A long sum, which is a call, and a few functions that are rolled up, by turns. */
static size_t size_of_picture(int turns) {
    enum { LONG = 80 };
    tad_var x[LONG], h[LONG], y;
    size_t bytes = 0;
    tad_program *p;
    tad_tape_reset(t);
    for (int k = 0; k < LONG; k++) h[k] = x[k] = tad_scalar(t, 0.01 * k);
    for (int i = 0; i < turns; i++) {
        y = tad_sin(tad_sum_list(h, LONG));
        for (int k = 0; k < 4; k++) y = tad_tanh(tad_fma(y, x[LONG - 1], x[k + 1]));
        h[i % LONG] = y;
    }
    ck_done(tad_freeze(&x[LONG - 1], 1, &y, 1, NULL, &p), t);
    ck_assert_int_eq(tad_program_dot(p, count_bytes, &bytes), TAD_OK);
    tad_program_free(p);
    return bytes;
}

START_TEST(pictures_grow_with_the_steps) {
    const size_t few = size_of_picture(300), many = size_of_picture(1200);
    ck_assert_uint_lt(many, 6 * few);
}
END_TEST

START_TEST(an_array_is_a_box) {
    tad_program *p = of_every_step("x", NULL);
    drawn(tad_program_plan_svg, p);
    ck_has("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"810.0\" height=\"660\"");
    ck_has(">Arrays of a workspace: 192 B, if none shared memory 256 B</text>\n");
    ck_has("y=\"284.0\" text-anchor=\"end\">100 B</text>\n");
    ck_has("translate(389.0 544) rotate(-50)\">group of 2</text>\n");
    ck_has("<g><rect x=\"160.0\" y=\"410.0\" width=\"270.0\" height=\"120.0\" fill=\"#dcdcdc\"");
    ck_has("<title>a1 float64(2,3), bytes 0..48, steps 1..3</title>");
    ck_has("<g><rect x=\"340.0\" y=\"90.0\" width=\"180.0\" height=\"120.0\" fill=\"#ffe2b0\"");
    ck_has("<title>a3 float64(2,3), bytes 128..176, steps 3..4</title>");
    ck_has("<g><rect x=\"520.0\" y=\"527.5\" width=\"180.0\" height=\"2.5\" fill=\"#cfe0f7\"");
    ck_has("<title>a5 bool(), bytes 0..1, steps 5..6</title>");
    ck_has("<g><rect x=\"250.0\" y=\"250.0\" width=\"540.0\" height=\"120.0\" fill=\"#bfe5bf\"");
    ck_has("<title>a6 float64(2,3) x, bytes 64..112, steps 2..7</title>");
    ck_has("x=\"520.0\" y=\"307.0\" text-anchor=\"middle\">a6 float64(2,3)</text>\n");
    ck_has("x=\"520.0\" y=\"321.0\" text-anchor=\"middle\">x</text>\n");
    ck_lacks("<title>a2"); /* a strip */
    ck_assert_str_eq(got.data + got.length - 7, "</svg>\n");
    tad_program_free(p);
}
END_TEST

typedef struct box {
    size_t from, to, first, last;
} box;

static size_t boxes_of(const char *text, box *list, size_t most) {
    size_t n = 0;
    for (; (text = strstr(text, ", bytes ")); text++, n++) {
        ck_assert_uint_lt(n, most);
        ck_assert_int_eq(sscanf(text, ", bytes %zu..%zu, steps %zu..%zu", &list[n].from,
                                &list[n].to, &list[n].first, &list[n].last),
                         4);
    }
    return n;
}

/* A step of a net: no two arrays have a byte and a step in common. */
START_TEST(no_two_boxes_overlap) {
    box list[100];
    tad_var x = tad_input(t, TAD_F32, TAD_SHAPE(20, 30), NULL), h = x, w[4], g[4];
    const int64_t size[5] = {30, 50, 7, 11, 13};
    for (int k = 0; k < 4; k++) {
        w[k] = tad_param(t, TAD_F32, TAD_SHAPE(size[k], size[k + 1]), NULL);
        h = tad_tanh(tad_matmul(h, w[k]));
    }
    tad_var y = tad_sum(tad_softmax(h, 1), tad_all());
    ck_done(tad_grad(&y, NULL, 1, w, 4, g), t);
    machine m = machine_of(&x, 1, g, 4, NULL);
    const size_t n = boxes_of(drawn(tad_program_plan_svg, m.p), list, 100);
    ck_assert_uint_gt(n, 12);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_msg(list[i].to <= list[k].from || list[k].to <= list[i].from ||
                              list[i].last < list[k].first || list[k].last < list[i].first,
                          "boxes %zu and %zu overlap", k, i);
    machine_free(m);
}
END_TEST

/* Narrower than their words: some steps have words, boxes the array's number or nothing. */
START_TEST(a_long_plan_is_as_wide_as_a_page) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(4, 4), NULL), y = x;
    for (int k = 0; k < 200; k++) y = tad_matmul(y, x);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    drawn(tad_program_plan_svg, m.p);
    ck_has("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1090.0\"");
    size_t words = 0;
    for (const char *at = got.data; (at = strstr(at, ">matmul<")); at++) words++;
    ck_assert_uint_eq(words, 67); /* a step has 5 pixels, a line 14 */
    ck_has("width=\"10.0\"");
    ck_lacks("middle");
    machine_free(m);
}
END_TEST

/* ---- both ---- */

/* A quotation mark, a backslash, brackets, letters of two, three and four bytes; what is no UTF-8
 * or no letter of XML. */
START_TEST(names_are_quoted) {
    tad_program *p = of_every_step("\"\\<&>' \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", NULL);
    drawn(tad_program_dot, p);
    ck_has("label=\"\\\"\\\\<&>' \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\\nin[0]\"");
    drawn(tad_program_plan_svg, p);
    ck_has("&quot;\\&lt;&amp;&gt;&apos; \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80, bytes");
    tad_program_free(p);
    p = of_every_step(
        "\x01.\x80.\xc1\x81.\xc3.\xe0\x80\x80.\xed\xa0\x80.\xef\xbf\xbf.\xf4\x90\x80\x80."
        "\xf0\x80\x80\x80.\xf5.\xe2\x82",
        NULL);
    drawn(tad_program_plan_svg, p);
    ck_has(" ?.?.??.?.???.???.???.????.????.?.??, bytes");
    tad_program_free(p);
}
END_TEST

START_TEST(a_sink_that_stops) {
    tad_program *p = of_every_step("x", NULL);
    for (size_t k = 0; k < 2; k++) {
        drawn(pictures[k], p);
        const size_t all = got.length;
        for (size_t most = 1; most <= all + 6; most += 7) {
            got = (support_text){.most = most};
            ck_assert_int_eq(pictures[k](p, support_keep, &got), most < all ? TAD_IO : TAD_OK);
        }
        ck_assert_int_eq(pictures[k](NULL, support_keep, &got), TAD_BAD_ARGUMENT);
        ck_assert_int_eq(pictures[k](p, NULL, &got), TAD_BAD_ARGUMENT);
    }
    tad_program_free(p);
}
END_TEST

/* Without steps, and without anything but a constant. */
START_TEST(programs_of_nothing) {
    tad_var x = tad_scalar(t, 1), c = tad_constant(t, TAD_F64, TAD_0D, (double[]){2.5});
    machine m = machine_of(&x, 1, &x, 1, NULL);
    drawn(tad_program_dot, m.p);
    ck_has("  i0 -> o0;\n}\n");
    drawn(tad_program_plan_svg, m.p);
    ck_has(">0 B</text>");
    ck_lacks("nan");
    ck_lacks("<g>");
    machine_free(m);
    m = machine_of(NULL, 0, &c, 1, &lenient);
    drawn(tad_program_dot, m.p);
    ck_has("label=\"2.5\"];\n");
    ck_has("  k0 -> o0;\n}\n");
    drawn(tad_program_plan_svg, m.p);
    machine_free(m);
}
END_TEST

START_TEST(without_memory_for_a_picture) {
    support_memory memory = {.fail_at = 0};
    const tad_freeze_options o = {.allocator = support_allocator(&memory)};
    tad_program *p = of_every_step("x", &o);
    ck_assert_ptr_nonnull(p);
    for (size_t k = 0; k < 2; k++) {
        const size_t blocks = memory.blocks, before = memory.requests;
        drawn(pictures[k], p);
        ck_assert_uint_eq(memory.blocks, blocks);
        ck_assert_uint_eq(memory.requests, before + 1);
        memory.fail_at = before + 2;
        got = (support_text){.length = 0};
        ck_assert_int_eq(pictures[k](p, support_keep, &got), TAD_NO_MEMORY);
        ck_assert_uint_eq(got.length, 0);
        ck_assert_uint_eq(memory.blocks, blocks);
    }
    tad_program_free(p);
    ck_no_leak(&memory);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("pictures");
    TCase *c = tape_case(s, "graph");
    tcase_add_test(c, every_step_is_a_node_or_a_box);
    tcase_add_test(c, leaves_and_options_are_shown);
    tcase_add_test(c, numbers_in_a_row_are_one_node);
    tcase_add_test(c, what_is_rolled_up_is_one_node);
    tcase_add_test(c, pictures_grow_with_the_steps);
    c = tape_case(s, "plan");
    tcase_add_test(c, an_array_is_a_box);
    tcase_add_test(c, no_two_boxes_overlap);
    tcase_add_test(c, a_long_plan_is_as_wide_as_a_page);
    c = tape_case(s, "both");
    tcase_add_test(c, names_are_quoted);
    tcase_add_test(c, a_sink_that_stops);
    tcase_add_test(c, programs_of_nothing);
    tcase_add_test(c, without_memory_for_a_picture);
    return s;
}

SUPPORT_MAIN(suite)
