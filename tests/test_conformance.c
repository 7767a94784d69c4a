/* The runner of reference vectors must be able to fail: every expected number of the vector files
 * beside this test is changed a little, one array at a time, and the runner must name it.
 * Environment: CONFORMANCE, the runner; VECTORS, the folder of the files. */
#define _POSIX_C_SOURCE 200809L

#include "support.h"

#include <sys/wait.h>
#include <unistd.h>

#include <tad/safetensors.h>

static const char *const files[] = {"clamp", "max", "mean", "mul", "slice", "tanh"};
enum { FILES = sizeof files / sizeof *files, TENSORS = 200, TEXTS = 40 };

static char folder[64], path[96], output[20000];

static void make_folder(void) {
    strcpy(folder, "/tmp/tad_conformance_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.safetensors", folder);
}

static void remove_folder(void) {
    unlink(path);
    rmdir(folder);
}

static void vector_path(const char *op, char *out, size_t room) {
    ck_assert_msg(getenv("VECTORS") && getenv("CONFORMANCE"), "run by meson test");
    snprintf(out, room, "%s/%s.safetensors", getenv("VECTORS"), op);
}

/* Runs the runner on one file; its output is left in `output`. Returns its exit status. */
static int conformance(const char *file) {
    char command[1000];
    const char *emulator = getenv("MESON_EXE_WRAPPER");
    snprintf(command, sizeof command, "%s '%s' '%s' 2>&1", emulator ? emulator : "",
             getenv("CONFORMANCE"), file);
    FILE *f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(output, 1, sizeof output - 1, f);
    output[n] = '\0';
    int status = pclose(f);
    ck_assert_msg(WIFEXITED(status), "the runner crashed");
    return WEXITSTATUS(status);
}

/* A copy of a file whose lists may be changed. */
typedef struct copy {
    tad_tape *tape;
    tad_safetensors *file;
    tad_tensor tensor[TENSORS];
    tad_text text[TEXTS];
    tad_contents contents;
} copy;

static void open_copy(copy *c, const char *op) {
    char name[500];
    vector_path(op, name, sizeof name);
    c->tape = tad_tape_new(NULL);
    ck_done(tad_safetensors_open_path(c->tape, name, &c->file), c->tape);
    c->contents = (tad_contents){c->tensor, tad_safetensors_count(c->file), c->text,
                                 tad_safetensors_text_count(c->file)};
    ck_assert_uint_le(c->contents.count, TENSORS);
    ck_assert_uint_le(c->contents.text_count, TEXTS);
    for (size_t i = 0; i < c->contents.count; i++) c->tensor[i] = *tad_safetensors_at(c->file, i);
    for (size_t i = 0; i < c->contents.text_count; i++)
        c->text[i] = *tad_safetensors_text_at(c->file, i);
}

static int run_copy(copy *c) {
    ck_done(tad_safetensors_write_path(c->tape, path, &c->contents), c->tape);
    return conformance(path);
}

static void close_copy(copy *c) {
    tad_safetensors_close(c->file);
    tad_tape_free(c->tape);
}

static size_t count_lines(const char *begin) {
    size_t n = 0;
    for (const char *p = output; (p = strstr(p, begin)); p++) n += p == output || p[-1] == '\n';
    return n;
}

START_TEST(passes) {
    char name[500];
    vector_path(files[_i], name, sizeof name);
    ck_assert_msg(conformance(name) == 0, "%s", output);
    ck_assert_uint_gt(count_lines("PASS "), 0);
    ck_assert_msg(strstr(output, " 0 failed, 0 skipped"), "%s", output);
}
END_TEST

static bool is_expected(const char *name) {
    static const char *const kinds[] = {"/out", "/grad", "/jvp", "/gg"}; /* gg: also ggct */
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strstr(name, kinds[i])) return true;
    return false;
}

/* One number of one array moves by a part in ten million. */
START_TEST(notices_every_array) {
    copy c;
    size_t tried = 0;
    open_copy(&c, files[_i]);
    make_folder();
    for (size_t i = 0; i < c.contents.count; i++) {
        tad_tensor was = c.tensor[i];
        size_t n = (size_t)tad_size_of(tad_constant(c.tape, was.dtype, was.shape, was.data));
        if (!is_expected(was.name) || n == 0) continue;
        double *x = malloc(n * sizeof *x);
        memcpy(x, was.data, n * sizeof *x); /* an I64 array is as large */
        if (was.dtype == TAD_I64)
            ((int64_t *)x)[n - 1] += 1;
        else
            x[n - 1] += 1e-7 * fmax(1, fabs(x[n - 1]));
        c.tensor[i].data = x;
        int status = run_copy(&c);
        ck_assert_msg(status == 1, "%s %s: not noticed\n%s", files[_i], was.name, output);
        ck_assert_msg(strstr(output, strchr(was.name, '/') + 1), "%s: %s", was.name, output);
        ck_assert_uint_eq(count_lines("FAIL "), 1);
        c.tensor[i] = was;
        free(x);
        tried++;
    }
    ck_assert_uint_gt(tried, 4);
    ck_assert_msg(run_copy(&c) == 0, "the unchanged copy fails: %s", output);
    remove_folder();
    close_copy(&c);
}
END_TEST

/* An array that the file no longer has, or one that nobody knows. */
START_TEST(notices_missing_and_unknown) {
    copy c;
    open_copy(&c, "tanh");
    make_folder();
    for (size_t i = 0; i < c.contents.count; i++) {
        tad_tensor was = c.tensor[i], last = c.tensor[c.contents.count - 1];
        c.tensor[i] = last;
        c.contents.count--;
        ck_assert_msg(run_copy(&c) == 1, "%s is missing: not noticed", was.name);
        c.contents.count++;
        c.tensor[i] = was;
        c.tensor[i].name = "c00/what0";
        if (strstr(was.name, "c00/")) ck_assert_msg(run_copy(&c) == 1, "%s", output);
        c.tensor[i] = was;
    }
    remove_folder();
    close_copy(&c);
}
END_TEST

START_TEST(notices_another_shape) {
    copy c;
    open_copy(&c, "tanh");
    make_folder();
    for (size_t i = 0; i < c.contents.count; i++) {
        tad_tensor was = c.tensor[i];
        if (!is_expected(was.name)) continue;
        c.tensor[i].shape.dim[c.tensor[i].shape.rank++] = 1;
        ck_assert_msg(run_copy(&c) == 1 && strstr(output, "shape"), "%s: %s", was.name, output);
        c.tensor[i] = was;
    }
    remove_folder();
    close_copy(&c);
}
END_TEST

START_TEST(nan_equals_only_itself) {
    copy c;
    double nan1[2] = {NAN, 1}, one[2] = {1, 1};
    open_copy(&c, "tanh");
    make_folder();
    c.tensor[0] = (tad_tensor){"c00/in0", TAD_F64, {1, {2}}, nan1};
    c.tensor[1] = (tad_tensor){"c00/out0", TAD_F64, {1, {2}}, (double[]){NAN, tanh(1)}};
    c.contents.count = 2;
    c.text[0] = (tad_text){"op", "tanh"};
    c.text[1] = (tad_text){"c00", "{}"};
    c.contents.text_count = 2;
    ck_assert_msg(run_copy(&c) == 0, "%s", output);
    c.tensor[0].data = one;
    ck_assert_msg(run_copy(&c) == 1 && strstr(output, "expected nan"), "%s", output);
    c.tensor[0].data = nan1;
    c.tensor[1].data = (double[]){tanh(1), tanh(1)};
    ck_assert_msg(run_copy(&c) == 1, "%s", output);
    remove_folder();
    close_copy(&c);
}
END_TEST

START_TEST(unknown_op_is_skipped) {
    copy c;
    open_copy(&c, "tanh");
    make_folder();
    for (size_t i = 0; i < c.contents.text_count; i++)
        if (strcmp(c.text[i].key, "op") == 0) c.text[i].value = "no_such_op";
    ck_assert_int_eq(run_copy(&c), 0);
    ck_assert_msg(strstr(output, "SKIP no_such_op: not registered\n0 passed, 0 failed, 1 skipped"),
                  "%s", output);
    remove_folder();
    close_copy(&c);
}
END_TEST

START_TEST(bad_files_fail) {
    copy c;
    open_copy(&c, "tanh");
    make_folder();
    c.contents.text_count = 0;
    ck_assert_msg(run_copy(&c) == 1 && strstr(output, "FAIL"), "no metadata: %s", output);
    c.text[0] = (tad_text){"op", "tanh"};
    c.contents.text_count = 1;
    ck_assert_msg(run_copy(&c) == 1 && strstr(output, "no cases"), "%s", output);
    c.text[1] = (tad_text){"c00", "{\"no_such_attribute\": 1}"};
    c.contents.text_count = 2;
    ck_assert_msg(run_copy(&c) == 1 && strstr(output, "no_such_attribute"), "%s", output);
    c.text[1] = (tad_text){"c00", "{"};
    ck_assert_msg(run_copy(&c) == 1 && strstr(output, "attributes"), "%s", output);
    remove_folder();
    ck_assert_int_eq(conformance(path), 1); /* the file is gone */
    ck_assert_ptr_nonnull(strstr(output, "0 passed, 1 failed, 0 skipped"));
    close_copy(&c);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("conformance");
    TCase *c = support_case(s, "runner");
    tcase_add_loop_test(c, passes, 0, FILES);
    tcase_add_loop_test(c, notices_every_array, 0, FILES);
    tcase_add_test(c, notices_missing_and_unknown);
    tcase_add_test(c, notices_another_shape);
    tcase_add_test(c, nan_equals_only_itself);
    tcase_add_test(c, unknown_op_is_skipped);
    tcase_add_test(c, bad_files_fail);
    return s;
}

SUPPORT_MAIN(suite)
