"""Programs written as C: compiled without the library, they give the tape's bits.

Usage: check_c.py C_PROGRAMS CC [NAME...]

C_PROGRAMS (c_programs.c) writes them and main.c; CC compiles them as C99, with all warnings as errors. One line in
TAP's format for each. C_PROGRAMS_FOLDER: a folder for the texts, which stay there. C_PROGRAMS_KEPT: a folder where
what was compiled is found again by its text.
"""
import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-ffp-contract=off", "-O1")

MAIN = r"""
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { const char *name; int (*run)(void *const *, void *const *, void *); size_t work; } program;
static const program programs[] = {
%s
};

enum { MOST = 4000 };
static uint64_t sizes[2][MOST], count[2];
static void *buffer[2][MOST];
static char *expected[MOST];

static void *taken(size_t n) {
    void *p = malloc(n ? n : 1);
    if (!p) exit(3);
    return p;
}

static int read_all(FILE *f, void *to, size_t n) { return n == 0 || fread(to, 1, n, f) == n; }

static int load(const char *name) {
    char path[300];
    snprintf(path, sizeof path, "%%s.bin", name);
    FILE *f = fopen(path, "rb");
    int good = f != NULL;
    for (int io = 0; io < 2 && good; io++)
        good = read_all(f, &count[io], 8) && read_all(f, sizes[io], 8 * count[io]);
    for (size_t k = 0; good && k < count[0]; k++)
        good = read_all(f, buffer[0][k] = taken(sizes[0][k]), sizes[0][k]);
    for (size_t k = 0; good && k < count[1]; k++) {
        buffer[1][k] = taken(sizes[1][k]);
        memset(buffer[1][k], 0x5a, sizes[1][k]);
        good = read_all(f, expected[k] = taken(sizes[1][k]), sizes[1][k]);
    }
    if (f) fclose(f);
    return good;
}

/* Bits; for doubles and floats one NaN is as good as another. */
static int same(const char *a, const char *b, size_t n) {
    if (!memcmp(a, b, n)) return 1;
    for (size_t i = 0; n %% 8 == 0 && i < n; i += 8) {
        double x, y;
        memcpy(&x, a + i, 8), memcpy(&y, b + i, 8);
        if (memcmp(&x, &y, 8) && (x == x || y == y)) break;
        if (i + 8 == n) return 1;
    }
    for (size_t i = 0; n %% 4 == 0 && i < n; i += 4) {
        float x, y;
        memcpy(&x, a + i, 4), memcpy(&y, b + i, 4);
        if (memcmp(&x, &y, 4) && (x == x || y == y)) return 0;
    }
    return n %% 4 == 0;
}

static int run(const program *p, int k) {
    void *work = taken(p->work);
    if (!load(p->name)) return printf("not ok %%d - %%s: no data\n", k, p->name), 1;
    memset(work, 0xa5, p->work);
    int bad = 0;
    for (int again = 0; again < 2 && !bad; again++) {
        const int status = p->run(buffer[0], buffer[1], work);
        if (status) bad = printf("not ok %%d - %%s: status %%d\n", k, p->name, status);
        for (size_t i = 0; !bad && i < count[1]; i++)
            if (!same(buffer[1][i], expected[i], sizes[1][i]))
                bad = printf("not ok %%d - %%s: output %%zu differs\n", k, p->name, i);
    }
    for (int io = 0; io < 2; io++)
        for (size_t i = 0; i < count[io]; i++) free(buffer[io][i]);
    for (size_t i = 0; i < count[1]; i++) free(expected[i]);
    free(work);
    if (!bad) printf("ok %%d - %%s\n", k, p->name);
    return bad != 0;
}

int main(void) {
    const int n = (int)(sizeof programs / sizeof *programs);
    int bad = 0;
    for (int k = 0; k < n; k++) bad += run(&programs[k], k + 1);
    return bad > 0;
}
"""


def object_of(folder, compiler, name):
    """Where NAME.c is compiled to: below its own name, or one made of all that it depends on."""
    kept = os.environ.get("C_PROGRAMS_KEPT")
    if not kept or name == "main":
        return folder / f"{name}.o"
    sha = hashlib.sha256(repr((compiler, FLAGS)).encode())
    for ending in (".c", ".h"):
        sha.update((folder / (name + ending)).read_bytes())
    return pathlib.Path(kept) / f"{sha.hexdigest()}.o"


def compiled(folder, compiler, name):
    """The object; None, and a line, if it does not compile."""
    target = object_of(folder, compiler, name)
    if target.exists():
        return target
    making = folder / f"{name}.making"
    one = subprocess.run([compiler, *FLAGS, "-c", f"{name}.c", "-o", making], cwd=folder, stderr=subprocess.PIPE,
                         text=True, check=False)
    if one.returncode:
        print(f"not ok - {name}.c does not compile\n# " + one.stderr[:1500].replace("\n", "\n# "), flush=True)
        return None
    shutil.move(making, target)
    return target


def main():
    writer, compiler, ops = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory(prefix="tad_c_") as temporary:
        folder = pathlib.Path(os.environ.get("C_PROGRAMS_FOLDER", temporary)).resolve()
        folder.mkdir(exist_ok=True)
        done = subprocess.run([writer, folder, *ops], stdout=subprocess.PIPE, text=True, check=False)
        for line in done.stdout.splitlines():
            print(line if line.startswith("not ok") else "# " + line)
        names = sorted(p.stem for p in folder.glob("*.bin"))
        rows = ",\n".join(f'    {{"{n}", run_{n}, {n}_WORK}}' for n in names)
        with open(folder / "main.c", "a", encoding="ascii") as text:
            text.write(MAIN % rows)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = list(pool.map(lambda name: compiled(folder, compiler, name), [*names, "main"]))
        if None in objects:
            return 1
        subprocess.run([compiler, *objects, "-o", "all", "-lm"], cwd=folder, check=True)
        ran = subprocess.run([folder / "all"], cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
        print(ran.stdout, end="")
        return done.returncode or ran.returncode


if __name__ == "__main__":
    sys.exit(main())
