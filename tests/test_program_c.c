/* Programs as C: what the text looks like, what is refused. That it computes the same is tested by
 * check_c.py. */
#include "support.h"

static tad_tape *t;
static support_text text;
static char message[300];

static void begin(void) { t = tad_tape_new(NULL); }
static void end(void) { tad_tape_free(t); }

/* ---- words ---- */

static tad_program *frozen(const tad_var *in, size_t n_in, const tad_var *out, size_t n_out,
                           const tad_freeze_options *options) {
    tad_program *p;
    ck_done(tad_freeze(in, n_in, out, n_out, options, &p), t);
    return p;
}

static tad_status write(const tad_program *p, const char *name, bool header) {
    const tad_c_options o = {.name = name, .message = message, .message_size = sizeof message};
    memset(&text, 0, sizeof text);
    message[0] = 0;
    return header ? tad_program_c_header(p, &o, support_keep, &text)
                  : tad_program_c(p, &o, support_keep, &text);
}

static void ck_has(const char *words) {
    ck_assert_msg(strstr(text.data, words) != NULL, "lacks \"%s\":\n%s", words, text.data);
}

static void ck_refused_c(const tad_program *p, const char *name, tad_status code,
                         const char *words) {
    ck_assert_int_eq(write(p, name, false), code);
    ck_assert_msg(strstr(message, words) != NULL, "\"%s\" lacks \"%s\"", message, words);
    ck_assert_uint_eq(text.length, 0);
}

/* ---- what it looks like ---- */

START_TEST(parameters_are_called_after_inputs_and_outputs) {
    const float six[6] = {1, 2, 3, 4, 5, 6};
    tad_var x = tad_name(tad_input(t, TAD_F32, TAD_SHAPE(2, 3), six), "int"),
            same = tad_name(tad_input(t, TAD_F32, TAD_SHAPE(3), six), "int"),
            odd = tad_name(tad_input(t, TAD_F32, TAD_SHAPE(3), six), "no name"),
            mask = tad_constant(t, TAD_BOOL, TAD_SHAPE(3), NULL),
            a = tad_add(tad_mul(x, same), odd), y = tad_name(tad_where(mask, a, x), "y");
    tad_program *p = frozen((tad_var[]){x, same, odd, mask}, 4, &y, 1, NULL);
    ck_assert_int_eq(write(p, "model", true), TAD_OK);
    ck_has("int model(const float *in_int,\n    const float *in1,\n    const float *in2,\n"
           "    const uint8_t *in3,\n    float *out_y,\n    void *work);");
    ck_has("out_y: float32 (2,3)");
    ck_has("#define model_WORK ");
    ck_has("extern \"C\"");
    ck_assert_int_eq(write(p, "model", false), TAD_OK);
    ck_has("int model(const float *in_int");
    ck_assert_int_eq(write(p, NULL, false), TAD_OK);
    ck_has("int program(");
    tad_program_free(p);
}
END_TEST

START_TEST(numbers_in_a_row_are_one_parameter) {
    tad_var x[5], y[3];
    for (int i = 0; i < 5; i++) x[i] = tad_scalar(t, i);
    (void)tad_name(x[2], "middle");
    for (int i = 0; i < 3; i++) y[i] = tad_mul(x[i], x[i + 2]);
    tad_program *p = frozen(x, 5, y, 3, NULL);
    ck_assert_int_eq(write(p, NULL, true), TAD_OK);
    ck_has(
        "int program(const double *in0, const double *in_middle, const double *in3, double *out0, "
        "void *work);");
    ck_has("in0: float64, 2 numbers");
    ck_has("out0: float64, 3 numbers");
    tad_program_free(p);
}
END_TEST

START_TEST(what_is_read_where_it_lies_is_a_parameter) {
    const float two[2] = {1, 2};
    const double one = 1;
    tad_var x = tad_scalar(t, 2), w = tad_name(tad_param(t, TAD_F32, TAD_SHAPE(2), two), "w"),
            b = tad_name(tad_param(t, TAD_F32, TAD_SHAPE(2), two), "layer.bias"),
            c[2] = {tad_param(t, TAD_F64, TAD_0D, &one), tad_param(t, TAD_F64, TAD_0D, &one)},
            out[2] = {tad_fma(x, c[0], c[1]), tad_mul(w, b)};
    const tad_freeze_options copied = {.copy_parameters = true, .allow_constant_outputs = true},
                             referred = {.allow_constant_outputs = true};
    tad_program *p = frozen(&x, 1, out, 2, &referred);
    ck_assert_int_eq(write(p, "f", true), TAD_OK);
    ck_has("int f(const double *in0,\n    const float *param_w,\n    const float *param1,\n"
           "    const double *param2,\n    double *out0,\n    float *out1,\n    void *work);");
    ck_has("param1: float32 (2), called layer.bias");
    ck_has("param2: float64, 2 numbers");
    ck_assert_int_eq(write(p, "f", false), TAD_OK);
    tad_program_free(p);
    p = frozen(&x, 1, out, 2, &copied);
    ck_assert_int_eq(write(p, "f", true), TAD_OK);
    ck_assert_ptr_null(strstr(text.data, "param"));
    tad_program_free(p);
}
END_TEST

/* A name could end the comment. */
START_TEST(only_harmless_names_are_told) {
    static const char *const name[] = {"a */ b", "two\nlines", "a.b[2]", "x"};
    tad_var in[4], y;
    for (int i = 0; i < 4; i++) in[i] = tad_name(tad_scalar(t, 1), name[i]);
    y = tad_add(tad_mul(in[0], in[1]), tad_mul(in[2], in[3]));
    tad_program *p = frozen(in, 4, &y, 1, NULL);
    ck_assert_int_eq(write(p, "f", true), TAD_OK);
    ck_has("in0: float64 ()\n *   in1: float64 ()\n *   in2: float64 (), called a.b[2]\n"
           " *   in_x: float64 ()\n");
    tad_program_free(p);
}
END_TEST

START_TEST(the_state_of_random_numbers_is_a_parameter) {
    tad_var x = tad_scalar(t, 2), y = tad_mul(x, tad_randn(t, TAD_F64, TAD_0D));
    (void)tad_rand(t, TAD_F64, TAD_SHAPE(5)); /* which a run does not compute, but counts */
    tad_var z = tad_add(y, tad_rand(t, TAD_F64, TAD_0D));
    tad_program *p = frozen(&x, 1, &z, 1, NULL);
    ck_assert_int_eq(write(p, "f", true), TAD_OK);
    ck_has("int f(const double *in0, double *out0, uint64_t random[2], void *work);");
    ck_has("afterwards 8 more");
    ck_assert_int_eq(write(p, "f", false), TAD_OK);
    ck_has("if (status == TAD_OK) random[1] += 8;");
    tad_program_free(p);
    y = tad_square(x);
    p = frozen(&x, 1, &y, 1, NULL);
    ck_assert_int_eq(write(p, "f", true), TAD_OK);
    ck_assert_ptr_null(strstr(text.data, "random"));
    tad_program_free(p);
}
END_TEST

/* Each kind of step once: numbers, a group, a call, a decision, and what surrounds them. In an
 * order that is no compiler's. */
static tad_program *of_each_kind(void) {
    const double four[4] = {1, 2, 3, 4}, two[2] = {0.1, -7};
    tad_var x = tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 2), four), "x"), n = tad_scalar(t, 1),
            m = tad_scalar(t, 2), s = tad_sin(tad_mul(n, tad_number(0.1))),
            z = tad_exp(tad_mul(x, s)), c = tad_constant(t, TAD_F64, TAD_SHAPE(2), two),
            y = tad_add(tad_transpose(z, 0, 1), c);
    ck_assert(tad_decide(tad_less(n, m)));
    tad_var out[3] = {tad_name(y, "y")};
    out[1] = tad_neg(s);
    out[2] = tad_neg(tad_square(s));
    return frozen((tad_var[]){x, n, m}, 3, out, 3, NULL);
}

static const char header[] =
    "#ifndef model_H\n"
    "#define model_H\n"
    "\n"
    "#include <stdint.h>\n"
    "\n"
    "#ifdef __cplusplus\n"
    "extern \"C\" {\n"
    "#endif\n"
    "\n"
    "/* Computes\n"
    " *   out_y: float64 (2,2)\n"
    " *   out1: float64, 2 numbers\n"
    " * from\n"
    " *   in_x: float64 (2,2)\n"
    " *   in1: float64, 2 numbers\n"
    " * all in row-major order. work: model_WORK bytes, aligned as a double, for the time of\n"
    " * the call, whatever they hold. Outputs are written last, so that their memory may\n"
    " * be that of inputs; they must not overlap each other.\n"
    " * Returns 0; or, with the outputs as they were, 18 where a decision came out otherwise than\n"
    " * when this was recorded, 7 for an index out of range, 19 for a singular matrix. */\n"
    "#define model_WORK 192\n"
    "int model(const double *in_x, const double *in1, double *out_y, double *out1, void *work);\n"
    "\n"
    "#ifdef __cplusplus\n"
    "}\n"
    "#endif\n"
    "#endif\n";

/* What follows the line that names the version. */
static void ck_ends(const char *from, const char *right) {
    const char *found = strstr(text.data, from);
    ck_assert_ptr_nonnull(found);
    ck_assert_msg(!strcmp(found, right), "other text"); /* Check has no room for all of it */
}

START_TEST(the_header_says_what_the_function_takes) {
    tad_program *p = of_each_kind();
    ck_assert_int_eq(write(p, "model", true), TAD_OK);
    ck_ends("#ifndef", header);
    tad_program_free(p);
}
END_TEST

/* Behind the functions of tad. */
static const char file[] =
    "static const double constant_3[2] = {\n"
    "    0x1.999999999999ap-4, -7.0,\n"
    "};\n"
    "\n"
    "struct run {\n"
    "    const double *in_x;\n"
    "    const double *in1;\n"
    "    double *n;\n"
    "    unsigned char *arrays;\n"
    "};\n"
    "\n"
    "static void numbers_0(double *n) {\n"
    "    const double v0 = row_mul_number(n[0], 0x1.999999999999ap-4);\n"
    "    const double v1 = row_sin_number(v0);\n"
    "    n[4] = v1;\n"
    "}\n"
    "\n"
    "/* less */\n"
    "static void call_0(const double *in0, const double *in1, uint8_t *restrict out0) {\n"
    "    out0[0] = in0[0] < in1[0];\n"
    "}\n"
    "\n"
    "static void numbers_2(double *n) {\n"
    "    const double v2 = row_neg_number(n[4]);\n"
    "    n[3] = v2;\n"
    "    const double v3 = row_square_number(n[4]);\n"
    "    const double v4 = row_neg_number(v3);\n"
    "    n[6] = v4;\n"
    "}\n"
    "\n"
    "static void group_0(const double *in0_0, const double *in0_1, double *restrict out1) {\n"
    "    for (ptrdiff_t i = 0; i < 4; i++) {\n"
    "        const double v0 = row_mul_f64(in0_0[i], in0_1[0]);\n"
    "        const double v1 = row_exp_f64(v0);\n"
    "        out1[i] = v1;\n"
    "    }\n"
    "}\n"
    "\n"
    "/* add */\n"
    "static void call_1(const double *in0, const double *in1, double *restrict out0) {\n"
    "    for (ptrdiff_t i0 = 0; i0 < 2; i0++) {\n"
    "        for (ptrdiff_t i1 = 0; i1 < 2; i1++) {\n"
    "            out0[2*i0 + i1] = row_add_f64(in0[i0 + 2*i1], in1[i1]);\n"
    "        }\n"
    "    }\n"
    "}\n"
    "\n"
    "static int part_0(const struct run *r) {\n"
    "    int status = TAD_OK;\n"
    "    numbers_0(r->n);\n"
    "    call_0(r->n + 0, r->n + 1, (uint8_t *)(void *)(r->arrays + 0));\n"
    "    if (!((uint8_t *)(void *)(r->arrays + 0))[0]) return TAD_BRANCH;\n"
    "    numbers_2(r->n);\n"
    "    group_0(r->in_x, r->n + 4, (double *)(void *)(r->arrays + 0));\n"
    "    call_1((double *)(void *)(r->arrays + 0), constant_3, (double *)(void *)(r->arrays + "
    "64));\n"
    "    return status;\n"
    "}\n"
    "\n"
    "static void set_numbers(const struct run *r) {\n"
    "    (void)r;\n"
    "    r->n[2] = 0x1.999999999999ap-4;\n"
    "    memcpy(r->n + 0, r->in1, 2 * sizeof(double));\n"
    "}\n"
    "\n"
    "static void write_outputs(double *out_y, double *out1, const struct run *r) {\n"
    "    {\n"
    "        double *const to = out_y;\n"
    "        const double *const from = (double *)(void *)(r->arrays + 64);\n"
    "        for (ptrdiff_t i0 = 0; i0 < 4; i0++) {\n"
    "            to[i0] = from[i0];\n"
    "        }\n"
    "    }\n"
    "    memcpy(out1 + 0, r->n + 3, 1 * sizeof(double));\n"
    "    memcpy(out1 + 1, r->n + 6, 1 * sizeof(double));\n"
    "}\n"
    "\n"
    "int model(const double *in_x, const double *in1, double *out_y, double *out1, void *work) {\n"
    "    const struct run run = {in_x, in1, work, (unsigned char *)work + 64};\n"
    "    set_numbers(&run);\n"
    "    int status = TAD_OK;\n"
    "    if (status == TAD_OK) status = part_0(&run);\n"
    "    if (status == TAD_OK) write_outputs(out_y, out1, &run);\n"
    "    return status;\n"
    "}\n";

START_TEST(the_file_has_a_function_for_each_step) {
    tad_program *p = of_each_kind();
    ck_assert_int_eq(write(p, "model", false), TAD_OK);
    ck_ends("static const double constant_", file);
    tad_program_free(p);
}
END_TEST

/* An index has no terms that are always 0, and no factors of 1. */
START_TEST(indices_are_short) {
    const double six[6] = {1, 2, 3, 4, 5, 6};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), six),
            y = tad_transpose(tad_flip(x, tad_axis(1)), 0, 1),
            z = tad_mul(tad_broadcast_to(tad_reshape(y, TAD_SHAPE(3, 1, 2)), TAD_SHAPE(3, 4, 2)),
                        tad_number(2));
    tad_program *p = frozen(&x, 1, &z, 1, NULL);
    ck_assert_int_eq(write(p, NULL, false), TAD_OK);
    ck_has("out0[2*i0 + i1] = in0[-i0 + 3*i1];");
    ck_has("out0[8*i0 + 2*i1 + i2] = row_mul_f64(in0[2*i0 + i2], in1[0]);");
    tad_program_free(p);
}
END_TEST

/* Lines between the head of a function and its end. */
static int longest_function(const char *from) {
    int longest = 0, lines = 0;
    for (const char *p = from; (p = strchr(p, '\n')) != NULL;) {
        p++;
        lines = strncmp(p, "}\n", 2) == 0 ? 0 : lines + 1;
        if (lines > longest) longest = lines;
        if (*p == 0) break;
    }
    return longest;
}

START_TEST(the_text_takes_no_memory_and_has_short_functions) {
    tad_var x[2] = {tad_scalar(t, 0.5), tad_scalar(t, 0.25)}, y = x[0];
    for (int k = 0; k < 300; k++) y = tad_add(tad_sin(tad_mul(y, x[k % 2])), tad_number(0.125));
    tad_program *p = frozen(x, 2, &y, 1, NULL);
    ck_assert_int_eq(write(p, NULL, false), TAD_OK);
    ck_assert_ptr_null(strstr(text.data, "alloc"));
    ck_assert_ptr_null(strstr(text.data, "#include \""));
    ck_assert_int_le(longest_function(text.data), 2 * 200 + 10); /* a result may go to memory too */
    ck_has("0x1.0000000000000p-3");
    tad_program_free(p);
}
END_TEST

/* Its digits with a sign are two words of C, the second too large. */
START_TEST(the_least_integer_has_its_name) {
    const int64_t two[2] = {INT64_MIN, -7};
    tad_var x = tad_constant(t, TAD_I64, TAD_SHAPE(2), two),
            c = tad_constant(t, TAD_I64, TAD_SHAPE(2), two), y = tad_equal(x, c);
    tad_program *p = frozen(&x, 1, &y, 1, NULL);
    ck_assert_int_eq(write(p, NULL, false), TAD_OK);
    ck_has("INT64_MIN, -7");
    tad_program_free(p);
}
END_TEST

/* ---- ops of one's own ---- */

static tad_status own_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    out[0] = (tad_type){TAD_F64, {1, {c->in[0]->dim[0]}}};
    return TAD_OK;
}
static tad_status own_forward(const tad_call_frame *c) {
    for (int64_t i = 0; i < c->out[0]->size; i++)
        ((double *)c->out[0]->data)[i] = 3 * ((const double *)c->in[0]->data)[i];
    return TAD_OK;
}
static void own_text(const tad_call_frame *c, tad_c *to) {
    tad_c_put(to, "for (int i = 0; i < %d; i++) {\nout0[i] = 3 * in0[i];\n}\n",
              (int)c->out[0]->size);
}
static void too_long(const tad_call_frame *c, tad_c *to) {
    (void)c;
    tad_c_put(to, "%2000d", 1);
}

static tad_program *with_own(void (*c_text)(const tad_call_frame *c, tad_c *to), tad_op *op) {
    const double two[2] = {1, 2};
    *op = (tad_op){.name = "triple",
                   .min_in = 1,
                   .max_in = 1,
                   .n_out = 1,
                   .flags = TAD_OP_FLAT,
                   .shape = own_shape,
                   .forward = own_forward,
                   .c_text = c_text};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), two), y = tad_apply(op, &x, 1, NULL, NULL, 0);
    return frozen(&x, 1, &y, 1, NULL);
}

START_TEST(an_op_of_ones_own_writes_its_text) {
    tad_op op;
    tad_program *p = with_own(own_text, &op);
    ck_assert_int_eq(write(p, NULL, false), TAD_OK);
    ck_has("    for (int i = 0; i < 2; i++) {\n        out0[i] = 3 * in0[i];\n    }\n");
    tad_program_free(p);
}
END_TEST

START_TEST(an_op_without_text_is_named) {
    tad_op op;
    tad_program *p = with_own(NULL, &op);
    ck_refused_c(p, NULL, TAD_UNSUPPORTED, "triple cannot be written as C");
    tad_program_free(p);
    p = with_own(too_long, &op);
    ck_assert_int_eq(write(p, NULL, false), TAD_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(message, "too long"));
    tad_program_free(p);
}
END_TEST

/* ---- what is refused ---- */

START_TEST(bad_names_are_told) {
    static const char *const bad[] = {
        "",       "2x",          "a-b",          "a b",         "\xc3\xa9",
        "call_0", "row_add_f64", "tad__exp_f32", "set_numbers", "power",
        "draw_1", "double",      "restrict",     "main"};
    tad_var x = tad_scalar(t, 2), y = tad_square(x);
    tad_program *p = frozen(&x, 1, &y, 1, NULL);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        ck_refused_c(p, bad[k], TAD_BAD_ARGUMENT, bad[k]);
    ck_assert_int_eq(write(p, "call_me", false), TAD_OK);
    tad_program_free(p);
}
END_TEST

static bool stop(void *user, const char *words, size_t length) {
    size_t *left = user;
    (void)words;
    if (*left < length) return false;
    *left -= length;
    return true;
}

START_TEST(a_sink_that_stops_is_told) {
    tad_var x = tad_scalar(t, 2), y = tad_exp(x);
    tad_program *p = frozen(&x, 1, &y, 1, NULL);
    ck_assert_int_eq(write(p, NULL, false), TAD_OK);
    for (size_t most = 0; most < text.length; most += 100) {
        size_t left = most;
        ck_assert_int_eq(tad_program_c(p, NULL, stop, &left), TAD_IO);
    }
    size_t left = 10;
    ck_assert_int_eq(tad_program_c_header(p, NULL, stop, &left), TAD_IO);
    ck_assert_int_eq(tad_program_c(p, NULL, NULL, NULL), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_program_c(NULL, NULL, stop, &left), TAD_BAD_ARGUMENT);
    tad_program_free(p);
}
END_TEST

START_TEST(no_memory_is_told) {
    support_memory m = {.fail_at = 0};
    tad_var x = tad_scalar(t, 2), y = tad_exp(x);
    tad_program *p =
        frozen(&x, 1, &y, 1, &(tad_freeze_options){.allocator = support_allocator(&m)});
    m.fail_at = m.requests + 1;
    ck_refused_c(p, NULL, TAD_NO_MEMORY, "no memory");
    ck_assert_int_eq(write(p, NULL, false), TAD_OK);
    tad_program_free(p);
    ck_no_leak(&m);
}
END_TEST

/* ---- steps from elsewhere ---- */

static int ninety_nine(const void *const *in, double *numbers, void *arrays, tad_steps_list *list,
                       const void *program) {
    (void)in, (void)numbers, (void)arrays, (void)list, (void)program;
    return TAD_BAD_INDEX;
}
static void count(void *owner) { ++*(int *)owner; }

START_TEST(steps_are_released_once) {
    int released = 0;
    double in = 2, out = 7;
    tad_var x = tad_scalar(t, 2), y = tad_exp(x);
    tad_program *p = frozen(&x, 1, &y, 1, NULL);
    tad_workspace *w = tad_workspace_new(p);
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_F64, TAD_0D, &in), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_0D, &out), TAD_OK);
    tad_program_set_steps(p, ninety_nine, count, &released);
    ck_assert_int_eq(tad_run(w), TAD_BAD_INDEX);
    ck_assert_double_eq(out, 7);
    ck_assert_ptr_nonnull(strstr(tad_workspace_message(w), "compiled steps"));
    tad_program_set_steps(p, ninety_nine, count, &released);
    ck_assert_int_eq(released, 1);
    tad_workspace_free(w);
    tad_program_free(p);
    ck_assert_int_eq(released, 2);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("program as C");
    TCase *c = support_case(s, "program as C");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, parameters_are_called_after_inputs_and_outputs);
    tcase_add_test(c, numbers_in_a_row_are_one_parameter);
    tcase_add_test(c, what_is_read_where_it_lies_is_a_parameter);
    tcase_add_test(c, only_harmless_names_are_told);
    tcase_add_test(c, the_state_of_random_numbers_is_a_parameter);
    tcase_add_test(c, the_header_says_what_the_function_takes);
    tcase_add_test(c, the_file_has_a_function_for_each_step);
    tcase_add_test(c, indices_are_short);
    tcase_add_test(c, the_text_takes_no_memory_and_has_short_functions);
    tcase_add_test(c, the_least_integer_has_its_name);
    tcase_add_test(c, an_op_of_ones_own_writes_its_text);
    tcase_add_test(c, an_op_without_text_is_named);
    tcase_add_test(c, bad_names_are_told);
    tcase_add_test(c, a_sink_that_stops_is_told);
    tcase_add_test(c, no_memory_is_told);
    tcase_add_test(c, steps_are_released_once);
    return s;
}
SUPPORT_MAIN(suite)
