/* Programs compiled in place: the same calls, the same bits; a compiler that fails, hangs or is
 * missing; what is kept in a folder. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <tad/compile.h>
#include <tad/map.h>

static tad_tape *t;
static char message[400];

static void begin(void) { t = tad_tape_new(&(tad_settings){.level = TAD_LEVEL_BASE}); }
static void end(void) { tad_tape_free(t); }

/* ---- programs ---- */

enum { MOST = 3000 };

/* Rows of products, tanh, and a chain that nothing can run side by side. */
static tad_var function(tad_tape *tape, const tad_var *x, size_t n, void *user) {
    enum { WIDTH = 10 };
    tad_var h[WIDTH], k[WIDTH], sum = tad_number(1);
    (void)tape, (void)user;
    for (size_t i = 0; i < WIDTH; i++) h[i] = x[i];
    for (size_t at = WIDTH; at + WIDTH * WIDTH <= n; at += WIDTH * WIDTH) {
        for (size_t i = 0; i < WIDTH; i++) {
            k[i] = tad_number(0.1);
            for (size_t j = 0; j < WIDTH; j++) k[i] = tad_fma(x[at + i * WIDTH + j], h[j], k[i]);
            k[i] = tad_tanh(k[i]);
        }
        memcpy(h, k, sizeof h);
    }
    for (size_t i = 0; i < n; i++) sum = tad_sin(tad_add(tad_mul(sum, x[i]), h[i % WIDTH]));
    return sum;
}

typedef struct machine {
    tad_program *p;
    tad_workspace *w;
    size_t n;
    double x[MOST], out[MOST];
} machine;

static void bind(machine *m) {
    m->w = tad_workspace_new(m->p);
    ck_assert_int_eq(tad_bind_numbers_in(m->w, 0, m->n, m->x), TAD_OK);
    ck_assert_int_eq(tad_bind_numbers_out(m->w, 0, m->n + 1, m->out), TAD_OK);
}

static machine *machine_of(size_t n, const tad_freeze_options *options) {
    static tad_var in[MOST];
    machine *m = calloc(1, sizeof *m);
    m->n = n;
    for (size_t i = 0; i < n; i++) {
        m->x[i] = 0.01 * (double)(i % 89) + 0.1;
        in[i] = tad_scalar(t, m->x[i] + 0.05);
    }
    ck_done(tad_freeze_function(function, NULL, in, n, TAD_GIVE_VALUE | TAD_GIVE_GRADIENT, options,
                                &m->p),
            t);
    bind(m);
    return m;
}

static void machine_free(machine *m) {
    tad_workspace_free(m->w);
    tad_program_free(m->p);
    free(m);
}

static tad_status compile(tad_program *p, tad_compile_options o) {
    o.message = message;
    o.message_size = sizeof message;
    message[0] = 0;
    return tad_program_compile(p, &o);
}

static void ck_compiles(tad_program *p, tad_compile_options o) {
    const tad_status s = compile(p, o);
    ck_assert_msg(s == TAD_OK, "%s: %s", tad_status_text(s), message);
}

/* ---- the same bits ---- */

static void ck_same_bits(size_t n, bool roll_up, const char *const *command) {
    machine *m = machine_of(n, &(tad_freeze_options){.roll_up = roll_up});
    static double right[MOST];
    ck_assert_int_eq(tad_run(m->w), TAD_OK);
    memcpy(right, m->out, (n + 1) * sizeof *right);
    ck_compiles(m->p, (tad_compile_options){.command = command});
    memset(m->out, 0, sizeof m->out);
    tad_workspace_free(m->w); /* in a new one nothing of the first run is left */
    bind(m);
    for (int again = 0; again < 2; again++) {
        ck_assert_msg(tad_run(m->w) == TAD_OK, "%s", tad_workspace_message(m->w));
        for (size_t i = 0; i <= n; i++)
            ck_assert_msg(memcmp(&m->out[i], &right[i], sizeof *right) == 0,
                          "output %zu of %zu: %.17g, not %.17g", i, n, m->out[i], right[i]);
    }
    machine_free(m);
}

START_TEST(compiled_steps_give_the_same_bits) {
    static const char *const fast[] = {"cc", "-O3", "-march=native", NULL};
    static const size_t size[] = {20, 110, 410, 1010};
    ck_same_bits(size[_i / 2], _i % 2, NULL);
    ck_same_bits(size[_i / 2], _i % 2, fast);
}
END_TEST

/* ---- maps ---- */

static tad_var weighed_root(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    const tad_var x = in[0], w = in[1];
    const bool positive = tad_decide(tad_greater(x, tad_number(0)));
    return tad_dot_list((tad_var[]){w, x}, (tad_var[]){positive ? tad_sqrt(x) : tad_neg(x), x}, 2,
                        w);
}

/* Values at the points, and the gradient by what they share, which is a sum. */
static tad_program *program_of_map(tad_mapping *m, tad_shape points, const double *x) {
    tad_program *p = NULL;
    tad_var in[2] = {tad_input(t, TAD_F64, points, x), tad_scalar(t, 3)}, out[2];
    out[0] = tad_map(m, in, 1, in + 1, 1);
    tad_var sum = tad_sum(out[0], tad_all());
    ck_done(tad_grad(&sum, NULL, 1, in + 1, 1, out + 1), t);
    ck_done(tad_freeze(in, 2, out, 2, NULL, &p), t);
    return p;
}

START_TEST(maps_are_compiled) {
    enum { POINTS = 1003 };
    double x[POINTS], out[2][POINTS + 1], w = 1.5;
    tad_mapping *m = tad_mapping_new(weighed_root, NULL, NULL);
    for (int i = 0; i < POINTS; i++) x[i] = 0.01 * i + 0.5;
    tad_program *p = program_of_map(m, TAD_SHAPE(POINTS), x);
    tad_workspace *run = tad_workspace_new(p);
    ck_assert_int_eq(tad_bind_in(run, 0, TAD_F64, TAD_SHAPE(POINTS), x), TAD_OK);
    ck_assert_int_eq(tad_bind_in(run, 1, TAD_F64, TAD_0D, &w), TAD_OK);
    for (int compiled = 0; compiled < 2; compiled++) {
        if (compiled) ck_compiles(p, (tad_compile_options){.seconds = 0});
        double *to = out[compiled];
        ck_assert_int_eq(tad_bind_out(run, 0, TAD_F64, TAD_SHAPE(POINTS), to), TAD_OK);
        ck_assert_int_eq(tad_bind_out(run, 1, TAD_F64, TAD_0D, to + POINTS), TAD_OK);
        ck_assert_msg(tad_run(run) == TAD_OK, "%s", tad_workspace_message(run));
    }
    ck_assert_mem_eq(out[0], out[1], sizeof out[0]);
    x[POINTS - 2] = -1;
    ck_assert_int_eq(tad_run(run), TAD_BRANCH);
    ck_assert_mem_eq(out[0], out[1], sizeof out[0]);
    tad_workspace_free(run);
    tad_program_free(p);
    tad_mapping_free(m);
}
END_TEST

/* Outputs that were computed in place are not, once steps are compiled. */
START_TEST(arrays_are_written_where_they_are_wanted) {
    const double x[4] = {0.1, 0.2, 0.3, 0.4};
    double out[4] = {0}, right[4];
    tad_program *p;
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(4), x), y = tad_exp(tad_mul(in, in));
    ck_done(tad_freeze(&in, 1, &y, 1, NULL, &p), t);
    tad_workspace *w = tad_workspace_new(p);
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_F64, TAD_SHAPE(4), x), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_SHAPE(4), out), TAD_OK);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    memcpy(right, out, sizeof out);
    ck_compiles(p, (tad_compile_options){.seconds = 0});
    memset(out, 0, sizeof out);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    ck_assert_mem_eq(out, right, sizeof out);
    tad_program_set_steps(p, NULL, NULL, NULL); /* its own again */
    memset(out, 0, sizeof out);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    ck_assert_mem_eq(out, right, sizeof out);
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* x y and (x y) x: each is read after it is written, so nothing may lie where an input does. */
START_TEST(outputs_may_lie_where_inputs_do) {
    const double x[4] = {0.1, 0.2, 0.3, 0.4}, y[4] = {-1, 2, 3, 0.5};
    double both[2][4], right[2][4] = {{0}};
    tad_program *p;
    tad_var in[2] = {tad_input(t, TAD_F64, TAD_SHAPE(2, 2), x),
                     tad_input(t, TAD_F64, TAD_SHAPE(2, 2), y)},
            out[2] = {tad_matmul(in[0], in[1])};
    out[1] = tad_matmul(out[0], in[0]);
    ck_done(tad_freeze(in, 2, out, 2, NULL, &p), t);
    ck_compiles(p, (tad_compile_options){.seconds = 0});
    tad_workspace *w = tad_workspace_new(p);
    for (int way = 0; way < 4; way++) { /* apart, the first on x, on y, each on an input */
        double *const to[] = {way & 1 ? both[0] : right[0], way & 2 ? both[1] : right[1]};
        memcpy(both[0], x, sizeof x);
        memcpy(both[1], y, sizeof y);
        for (size_t k = 0; k < 2; k++) {
            ck_assert_int_eq(tad_bind_in(w, k, TAD_F64, TAD_SHAPE(2, 2), both[k]), TAD_OK);
            ck_assert_int_eq(tad_bind_out(w, k, TAD_F64, TAD_SHAPE(2, 2), to[k]), TAD_OK);
        }
        ck_assert_msg(tad_run(w) == TAD_OK, "%s", tad_workspace_message(w));
        for (size_t k = 0; k < 2; k++) ck_assert_mem_eq(to[k], tad_data(out[k]), sizeof x);
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* What a training step reads where it lies, and what it draws. */
START_TEST(parameters_and_random_numbers_are_those_of_a_run) {
    const double two = 2, three = 3;
    float w[12], x[6], out[2][8];
    for (int i = 0; i < 12; i++) w[i] = 0.1F * (float)(i + 1);
    for (int i = 0; i < 6; i++) x[i] = 1 - 0.3F * (float)i;
    tad_program *p;
    tad_random after[2];
    tad_var weight = tad_param(t, TAD_F32, TAD_SHAPE(3, 4), w),
            number = tad_param(t, TAD_F64, TAD_0D, &two),
            second = tad_param(t, TAD_F64, TAD_0D, &three),
            bias = tad_param(t, TAD_F32, TAD_SHAPE(4), w),
            in = tad_input(t, TAD_F32, TAD_SHAPE(2, 3), x),
            y = tad_mul(tad_dropout(tad_linear(in, tad_transpose(weight, 0, 1), bias), 0.4),
                        tad_randn(t, TAD_F32, TAD_SHAPE(4))),
            z = tad_cast(tad_fma(tad_cast(y, TAD_F64), tad_mul(number, second),
                                 tad_rand(t, TAD_F64, TAD_0D)),
                         TAD_F32);
    ck_done(tad_freeze(&in, 1, &z, 1, NULL, &p), t);
    tad_workspace *space = tad_workspace_new(p);
    ck_assert_int_eq(tad_bind_in(space, 0, TAD_F32, TAD_SHAPE(2, 3), x), TAD_OK);
    for (int compiled = 0; compiled < 2; compiled++) {
        if (compiled) ck_compiles(p, (tad_compile_options){.seconds = 0});
        ck_assert_int_eq(tad_bind_out(space, 0, TAD_F32, TAD_SHAPE(2, 4), out[compiled]), TAD_OK);
        tad_set_random(space, (tad_random){7, 1000});
        for (int again = 0; again < 2; again++) { /* moved, as by an optimiser, between two runs */
            for (int i = 0; i < 12; i++) w[i] = 0.1F * (float)(i + 1) + (float)again;
            ck_done(tad_assign(weight, w), t);
            ck_done(tad_assign(number, again ? &three : &two), t);
            ck_assert_msg(tad_run(space) == TAD_OK, "%s", tad_workspace_message(space));
        }
        after[compiled] = tad_random_of(space);
    }
    ck_assert_mem_eq(out[0], out[1], sizeof *out);
    ck_assert(after[0].drawn == after[1].drawn && after[0].drawn > 1000 && after[1].seed == 7);
    tad_tape_clear(t);
    tad_workspace_free(space);
    tad_program_free(p);
}
END_TEST

START_TEST(a_decision_that_differs_is_told) {
    double x = 1, out = 7;
    tad_program *p;
    tad_var in = tad_scalar(t, x);
    ck_assert(tad_decide(tad_greater(in, tad_number(0))));
    tad_var y = tad_square(in);
    ck_done(tad_freeze(&in, 1, &y, 1, NULL, &p), t);
    tad_workspace *w = tad_workspace_new(p);
    ck_compiles(p, (tad_compile_options){.seconds = 0});
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_F64, TAD_0D, &x), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_0D, &out), TAD_OK);
    x = -1;
    ck_assert_int_eq(tad_run(w), TAD_BRANCH);
    ck_assert_double_eq(out, 7);
    ck_assert_ptr_nonnull(strstr(tad_workspace_message(w), "compiled steps")); /* it was these */
    x = 3;
    ck_assert_int_eq(tad_run(w), TAD_OK);
    ck_assert_double_eq(out, 9);
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* Labels and indices are looked at before any is used. */
START_TEST(a_bad_index_is_told) {
    const float scores[6] = {1, 2, 3, 4, 5, 6};
    int64_t labels[2] = {0, 2}, index[3] = {5, 0, 1};
    float loss = 7, picked[3] = {7, 7, 7}, right[4];
    tad_program *p;
    tad_var in[3] = {tad_input(t, TAD_F32, TAD_SHAPE(2, 3), scores),
                     tad_constant(t, TAD_I64, TAD_SHAPE(2), labels),
                     tad_constant(t, TAD_I64, TAD_SHAPE(3), index)},
            out[2] = {tad_cross_entropy(in[0], in[1], NULL),
                      tad_gather(tad_reshape(in[0], TAD_SHAPE(6)), in[2], 0)};
    ck_done(tad_freeze(in, 3, out, 2, NULL, &p), t);
    tad_workspace *w = tad_workspace_new(p);
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_F32, TAD_SHAPE(2, 3), scores), TAD_OK);
    ck_assert_int_eq(tad_bind_in(w, 1, TAD_I64, TAD_SHAPE(2), labels), TAD_OK);
    ck_assert_int_eq(tad_bind_in(w, 2, TAD_I64, TAD_SHAPE(3), index), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F32, TAD_0D, &loss), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 1, TAD_F32, TAD_SHAPE(3), picked), TAD_OK);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    memcpy(right, picked, sizeof picked);
    right[3] = loss;
    ck_compiles(p, (tad_compile_options){.seconds = 0});
    for (int bad = 0; bad < 5; bad++) {
        int64_t *at = bad < 2 ? &labels[bad] : &index[bad - 2];
        const int64_t kept = *at;
        loss = picked[0] = picked[1] = picked[2] = 7;
        *at = bad % 2 ? -1 : 6;
        ck_assert_int_eq(tad_run(w), TAD_BAD_INDEX);
        ck_assert(loss == 7 && picked[0] == 7 && picked[1] == 7 && picked[2] == 7);
        *at = kept;
        ck_assert_int_eq(tad_run(w), TAD_OK);
        ck_assert_mem_eq(picked, right, sizeof picked);
        ck_assert(loss == right[3]);
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* ---- a folder ---- */

static int files_in(const char *folder) {
    DIR *d = opendir(folder);
    int n = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void remove_all(const char *folder) {
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[400];
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        unlink(path);
    }
    closedir(d);
    rmdir(folder);
}

/* Of the one file in a folder: which file it is. */
static ino_t the_file(const char *folder) {
    DIR *d = opendir(folder);
    ino_t file = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.') file = e->d_ino;
    closedir(d);
    return file;
}

START_TEST(what_is_compiled_is_found_again) {
    static const char *const none[] = {"/no/such/compiler", NULL}, *const cc[] = {"cc", NULL};
    char folder[] = "/tmp/tad_test_XXXXXX";
    machine *m = machine_of(20, NULL);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_compiles(m->p, (tad_compile_options){.folder = folder, .command = cc});
    ck_assert_int_eq(files_in(folder), 1);
    const ino_t made = the_file(folder);
    ck_compiles(m->p, (tad_compile_options){.folder = folder, .command = cc});
    ck_assert_int_eq(files_in(folder), 1);
    ck_assert(the_file(folder) == made);
    /* by text and command: another command is another one */
    ck_assert_int_eq(compile(m->p, (tad_compile_options){.folder = folder, .command = none}),
                     TAD_IO);
    machine *other = machine_of(30, NULL);
    ck_compiles(other->p, (tad_compile_options){.folder = folder, .command = cc});
    ck_assert_int_eq(files_in(folder), 2);
    ck_assert_int_eq(tad_run(m->w), TAD_OK);
    machine_free(other);
    machine_free(m);
    remove_all(folder);
}
END_TEST

/* FNV-1a of the command's words and the text, from two beginnings, the second one stirred: what was
 * kept is found by whatever version of the library writes the same text. */
typedef struct digest {
    uint64_t a, b;
} digest;

static bool add_piece(void *user, const char *piece, size_t length) {
    const uint64_t prime = 1099511628211u;
    digest *d = user;
    for (size_t k = 0; k < length; k++) {
        const unsigned char byte = (unsigned char)piece[k];
        d->a = (d->a ^ byte) * prime;
        d->b = (d->b ^ byte) * prime;
        d->b ^= d->b / 536870912; /* 2^29 */
    }
    return true;
}

static void ck_only_file(const char *folder, const char *name) {
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.') ck_assert_str_eq(e->d_name, name);
    closedir(d);
    ck_assert_int_eq(files_in(folder), 1);
}

START_TEST(the_name_is_made_of_command_and_text) {
    static const char *const command[] = {"cc", "-O1", NULL};
    const tad_c_options o = {.name = "tad_compiled", .steps = true};
    char folder[] = "/tmp/tad_test_XXXXXX", name[100];
    digest d = {14695981039346656037u, 9521211207457086692u};
    machine *m = machine_of(20, NULL);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_compiles(m->p, (tad_compile_options){.folder = folder, .command = command});
    add_piece(&d, "cc", 3);
    add_piece(&d, "-O1", 4);
    ck_assert_int_eq(tad_program_c(m->p, &o, add_piece, &d), TAD_OK);
    snprintf(name, sizeof name, "tad-%016llx%016llx.so", (unsigned long long)d.a,
             (unsigned long long)d.b);
    ck_only_file(folder, name);
    machine_free(m);
    remove_all(folder);
}
END_TEST

/* ---- what goes wrong ---- */

static void ck_refused_so(tad_status code, tad_compile_options o, const char *words) {
    machine *m = machine_of(20, NULL);
    char folder[] = "/tmp/tad_test_XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    if (!o.folder) o.folder = folder;
    ck_assert_int_eq(compile(m->p, o), code);
    ck_assert_msg(strstr(message, words) != NULL, "\"%s\" lacks \"%s\"", message, words);
    ck_assert_int_eq(files_in(folder), 0);
    ck_assert_int_eq(tad_run(m->w), TAD_OK); /* as before */
    machine_free(m);
    remove_all(folder);
}

START_TEST(a_compiler_that_is_missing_is_told) {
    static const char *const command[] = {"/no/such/compiler", NULL};
    ck_refused_so(TAD_IO, (tad_compile_options){.command = command},
                  "cannot start /no/such/compiler: No such file");
}
END_TEST

START_TEST(a_compiler_that_fails_is_told) {
    static const char *const command[] = {"sh", "-c", "exit 7", NULL};
    ck_refused_so(TAD_IO, (tad_compile_options){.command = command}, "sh failed with status 7");
}
END_TEST

START_TEST(a_compiler_that_is_killed_is_told) {
    static const char *const command[] = {"sh", "-c", "kill -9 $$", NULL};
    ck_refused_so(TAD_IO, (tad_compile_options){.command = command}, "sh failed with status 137");
}
END_TEST

START_TEST(a_compiler_that_makes_nothing_is_told) {
    static const char *const command[] = {"sh", "-c", "exit 0", NULL};
    ck_refused_so(TAD_IO, (tad_compile_options){.command = command}, "cannot make");
}
END_TEST

/* Behind the command come five words, then the library's name and the text's; `sh -c` counts from
 * 0. */
START_TEST(what_a_compiler_leaves_is_removed) {
    static const char *const fails[] = {"sh", "-c", "echo x > \"$7\"; exit 7", NULL};
    ck_refused_so(TAD_IO, (tad_compile_options){.command = fails}, "sh failed with status 7");
}
END_TEST

static char *path_in(const char *folder, char *path, size_t size) {
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.') snprintf(path, size, "%s/%s", folder, e->d_name);
    closedir(d);
    return path;
}

static bool is_loaded(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (library) dlclose(library);
    return library != NULL;
}

START_TEST(a_library_of_something_else_is_told) {
    static const char *const scripts[] = {"echo x > \"$7\"", "echo | cc -shared -o \"$7\" -xc -"},
                             *const words[] = {"compile: /tmp/tad_test_", "tad_compiled_steps"};
    for (int k = 0; k < 2; k++) {
        const char *const command[] = {"sh", "-c", scripts[k], NULL};
        char folder[] = "/tmp/tad_test_XXXXXX", path[400];
        machine *m = machine_of(20, NULL);
        ck_assert_ptr_nonnull(mkdtemp(folder));
        ck_assert_int_eq(compile(m->p, (tad_compile_options){.command = command, .folder = folder}),
                         TAD_IO);
        ck_assert_msg(strstr(message, words[k]) != NULL, "%s", message);
        ck_assert(!is_loaded(path_in(folder, path, sizeof path)));
        ck_assert_int_eq(tad_run(m->w), TAD_OK);
        machine_free(m);
        remove_all(folder);
    }
}
END_TEST

START_TEST(a_library_is_loaded_as_long_as_its_program_is) {
    char folder[] = "/tmp/tad_test_XXXXXX", path[400];
    machine *m = machine_of(20, NULL);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_compiles(m->p, (tad_compile_options){.folder = folder});
    ck_assert(is_loaded(path_in(folder, path, sizeof path)));
    machine_free(m);
    ck_assert(!is_loaded(path));
    remove_all(folder);
}
END_TEST

/* It is asked where it is by what compiles there. */
START_TEST(a_folder_of_its_own_is_removed) {
    static const char *const command[] = {
        "sh", "-c", "dirname \"$7\" > \"$TAD_TEST_SEEN\"; exec cc \"$0\" \"$@\"", NULL};
    char seen[] = "/tmp/tad_test_XXXXXX", folder[100] = "";
    machine *m = machine_of(20, NULL);
    FILE *f = fdopen(mkstemp(seen), "r");
    ck_assert_ptr_nonnull(f);
    setenv("TAD_TEST_SEEN", seen, 1);
    ck_compiles(m->p, (tad_compile_options){.command = command});
    ck_assert_ptr_nonnull(fgets(folder, sizeof folder, f));
    folder[strcspn(folder, "\n")] = 0;
    ck_assert_int_eq(strncmp(folder, "/tmp/tad-", 9), 0);
    ck_assert_int_ne(access(folder, F_OK), 0);
    fclose(f);
    unlink(seen);
    machine_free(m);
}
END_TEST

static bool count_bytes(void *user, const char *piece, size_t length) {
    (void)piece;
    *(size_t *)user += length;
    return true;
}

/* No room for the text: for most of it, for its last byte. */
START_TEST(a_text_that_cannot_be_written_is_told) {
    const tad_c_options o = {.name = "tad_compiled", .steps = true};
    struct rlimit before, little;
    size_t bytes = 0;
    machine *m = machine_of(20, NULL);
    ck_assert_int_eq(tad_program_c(m->p, &o, count_bytes, &bytes), TAD_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int k = 0; k < 2; k++) {
        little = before;
        little.rlim_cur = k ? bytes - 1 : 100;
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
        const tad_status s = compile(m->p, (tad_compile_options){.seconds = 0});
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
        ck_assert_int_eq(s, TAD_IO);
        ck_assert_msg(strstr(message, "cannot write") && strstr(message, "File too large"), "%s",
                      message);
    }
    signal(SIGXFSZ, SIG_DFL);
    machine_free(m);
}
END_TEST

START_TEST(a_compiler_that_hangs_is_stopped) {
    static const char *const command[] = {"sh", "-c", "sleep 1000 & wait", NULL};
    const time_t before = time(NULL);
    ck_refused_so(TAD_IO, (tad_compile_options){.command = command, .seconds = 0.2},
                  "sh took longer than 0.2 seconds");
    ck_assert_int_lt((int)(time(NULL) - before), 30);
    ck_assert(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD); /* nothing is left of it */
}
END_TEST

/* The compiler gets nothing to read, and what it says goes nowhere. */
START_TEST(a_compiler_is_left_to_itself) {
    static const char *const command[] = {
        "sh", "-c", "echo out; echo err >&2; read line && exit 9; exit 7", NULL};
    FILE *ends[3];
    int kept[3];
    for (int fd = 0; fd < 3; fd++) {
        ends[fd] = tmpfile();
        ck_assert_ptr_nonnull(ends[fd]);
        kept[fd] = dup(fd);
    }
    ck_assert(fputs("line\n", ends[0]) >= 0 && fflush(ends[0]) == 0);
    rewind(ends[0]);
    for (int fd = 0; fd < 3; fd++) dup2(fileno(ends[fd]), fd);
    machine *m = machine_of(20, NULL);
    const tad_status s = compile(m->p, (tad_compile_options){.command = command});
    for (int fd = 0; fd < 3; fd++) dup2(kept[fd], fd);
    ck_assert_int_eq(s, TAD_IO);
    ck_assert_msg(strstr(message, "status 7") != NULL, "%s", message);
    for (int fd = 0; fd < 3; fd++) {
        struct stat about;
        ck_assert_int_eq(fstat(fileno(ends[fd]), &about), 0);
        ck_assert_int_eq((int)about.st_size, fd ? 0 : 5);
        fclose(ends[fd]);
        close(kept[fd]);
    }
    machine_free(m);
}
END_TEST

/* Children that nobody is to wait for are gone when they have ended. */
START_TEST(a_compiler_that_nobody_can_wait_for_is_told) {
    static const char *const command[] = {"true", NULL};
    signal(SIGCHLD, SIG_IGN);
    ck_refused_so(TAD_IO, (tad_compile_options){.command = command, .seconds = 9},
                  "cannot wait for true");
    signal(SIGCHLD, SIG_DFL);
}
END_TEST

/* By a second more or less these would end otherwise. */
START_TEST(a_limit_is_kept) {
    static const char *const slow[] = {"sh", "-c", "sleep 0.9; exit 7", NULL},
                             *const quick[] = {"sh", "-c", "sleep 0.02; exit 7", NULL};
    ck_refused_so(TAD_IO, (tad_compile_options){.command = slow, .seconds = 0.01},
                  "took longer than 0.01 seconds");
    ck_refused_so(TAD_IO, (tad_compile_options){.command = quick, .seconds = 0.99},
                  "sh failed with status 7");
}
END_TEST

/* A folder's name as long as there is room, and longer by one. */
START_TEST(names_of_folders_have_room) {
    enum { ROOM = 600 };
    static const char *const cc[] = {"cc", NULL};
    char folder[ROOM] = "/tmp/tad_test_XXXXXX";
    machine *m = machine_of(20, NULL);
    const size_t file = strlen("/tad--.so") + 32 + (size_t)snprintf(NULL, 0, "%ld", (long)getpid());
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (size_t k = strlen(folder); k + file + 1 < ROOM; k++) folder[k] = '/';
    ck_compiles(m->p, (tad_compile_options){.folder = folder, .command = cc});
    ck_assert_int_eq(files_in(folder), 1);
    folder[strlen(folder)] = '/';
    ck_assert_int_eq(compile(m->p, (tad_compile_options){.folder = folder, .command = cc}),
                     TAD_BAD_ARGUMENT);
    machine_free(m);
    folder[strlen("/tmp/tad_test_XXXXXX")] = 0;
    remove_all(folder);
}
END_TEST

START_TEST(bad_arguments_are_told) {
    static const char *const nothing[] = {NULL};
    char folder[800];
    const char *many[200], *most[101];
    memset(folder, 'x', sizeof folder);
    folder[sizeof folder - 1] = 0;
    for (int i = 0; i < 199; i++) many[i] = "true";
    many[199] = NULL;
    memcpy(most, many, sizeof most);
    most[100] = NULL;
    ck_refused_so(TAD_IO, (tad_compile_options){.command = most}, "cannot make");
    for (size_t size = 0; size < 2; size++) {
        const tad_compile_options no_room = {.message = size ? NULL : message,
                                             .message_size = size};
        strcpy(message, "kept");
        ck_assert_int_eq(tad_program_compile(NULL, &no_room), TAD_BAD_ARGUMENT);
        ck_assert_str_eq(message, "kept");
    }
    ck_assert_int_eq(compile(NULL, (tad_compile_options){.seconds = 1}), TAD_BAD_ARGUMENT);
    ck_assert_str_eq(message, "compile: no program");
    ck_assert_int_eq(tad_program_compile(NULL, NULL), TAD_BAD_ARGUMENT);
    ck_refused_so(TAD_BAD_ARGUMENT, (tad_compile_options){.command = nothing}, "no words");
    ck_refused_so(TAD_BAD_ARGUMENT, (tad_compile_options){.command = many}, "more than 100 words");
    ck_refused_so(TAD_BAD_ARGUMENT, (tad_compile_options){.folder = folder}, "too long");
    ck_refused_so(TAD_IO, (tad_compile_options){.folder = "/no/such/folder"}, "cannot write");
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("compile");
    TCase *c = support_case(s, "compile");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, compiled_steps_give_the_same_bits, 0, 8);
    tcase_add_test(c, maps_are_compiled);
    tcase_add_test(c, arrays_are_written_where_they_are_wanted);
    tcase_add_test(c, outputs_may_lie_where_inputs_do);
    tcase_add_test(c, parameters_and_random_numbers_are_those_of_a_run);
    tcase_add_test(c, a_decision_that_differs_is_told);
    tcase_add_test(c, a_bad_index_is_told);
    tcase_add_test(c, what_is_compiled_is_found_again);
    tcase_add_test(c, the_name_is_made_of_command_and_text);
    tcase_add_test(c, a_compiler_that_is_missing_is_told);
    tcase_add_test(c, a_compiler_that_fails_is_told);
    tcase_add_test(c, a_compiler_that_is_killed_is_told);
    tcase_add_test(c, a_compiler_that_makes_nothing_is_told);
    tcase_add_test(c, what_a_compiler_leaves_is_removed);
    tcase_add_test(c, a_library_of_something_else_is_told);
    tcase_add_test(c, a_library_is_loaded_as_long_as_its_program_is);
    tcase_add_test(c, a_folder_of_its_own_is_removed);
    tcase_add_test(c, a_text_that_cannot_be_written_is_told);
    tcase_add_test(c, a_compiler_that_hangs_is_stopped);
    tcase_add_test(c, a_compiler_is_left_to_itself);
    tcase_add_test(c, a_compiler_that_nobody_can_wait_for_is_told);
    tcase_add_test(c, a_limit_is_kept);
    tcase_add_test(c, names_of_folders_have_room);
    tcase_add_test(c, bad_arguments_are_told);
    return s;
}
SUPPORT_MAIN(suite)
