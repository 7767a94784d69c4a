"""What the library takes and gives, as a test.

Usage: check_symbols.py SHARED_LIBRARY STATIC_LIBRARY   (with nm and size of binutils)

- the shared library exports names that begin with tad_ and nothing else;
- no object has writable data: no globals, no hidden state;
- what is taken from the C library is on the lists below: nothing that ends the process, prints, reads
  the environment or has hidden state; one file calls the allocator, one starts threads.
"""
import fnmatch
import pathlib
import re
import subprocess
import sys

# What objects may take: any, and some for what is theirs to do.
ANY = re.compile(
    r"tad_\w+|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__cpu_model|__cpu_indicator_init"
    r"|mem(cpy|set|move|cmp|chr)|bcmp|str(len|n?cmp|n?cpy|r?chr|str|c?spn|pbrk)|v?snprintf|qsort|bsearch"
    r"|__(v?snprintf|mem(cpy|set|move))_chk"
    r"|__u?(div|mod|divmod)di[34]"  # int64 of 32-bit processors, by the compiler
    # mathematics
    r"|(a?(sin|cos|tan)h?|atan2|exp2?|expm1|log|log2|log10|log1p|logb|pow|sqrt|cbrt|hypot|erfc?|fmod"
    r"|remainder|floor|ceil|trunc|rint|round|nearbyint|l?lrint|l?lround|fabs|copysign|ldexp|frexp"
    r"|scalbn|ilogb|nextafter|fma|fmin|fmax|modf|l?gamma(_r)?|tgamma|sincos)[fl]?")
FILES = (r"f(open|close|read|write|seeko?|tello?|eof|error|flush|sync|ileno|stat|data?sync|chmod)(64)?"
         r"|remove|rename|unlink|open(64)?|close|read|write|mkstemp(64)?|getpid|stat(64)?"
         r"|(__xpg_)?strerror(_r)?|__errno_location|inflate\w*|crc32|json_\w+")
SPECIAL = {
    "base_memory.c.o": r"malloc|realloc|free|aligned_alloc|madvise",
    "base_pages.c.o": r"mmap(64)?|munmap|mremap|madvise",
    "*gemm_library.c.o": r"cblas_[sd]gemm|dnnl_sgemm",
    "*linalg_lapack.c.o": r"[sd](getr[fsi]|potrf|geqrf|orgqr|syevd|gesdd|gemm)_",
    "*fourier_fftw.c.o": r"fftwf?_(alignment_of|make_planner_thread_safe|plan_dft_1d|execute_dft|destroy_plan)",
    "base_threads.c.o": r"pthread_\w+|sched_yield",
    "bind_foreign.c.o": r"pthread_self",  # whose claim it is
    "io_*.o": FILES,
    "base_text.c.o": r"fwrite",  # tad_file_sink, on the caller's FILE
    "io_csv.c.o": r"strtod|(new|use|free)locale",
    "dist_post.c.o": r"clock_gettime|sched_yield",
    "nn_progress.c.o": r"timespec_get|clock_gettime",
}
WRITABLE = re.compile(r"\.t?(data|bss)(?!\.rel\.ro)\b")


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def members(lines):
    """(object, line) of what nm or size prints of a library, object by object."""
    where = ""
    for line in lines:
        title = re.match(r"(\S+\.o)\b.*:$", line)
        if title:
            where = title[1]
        elif line.strip():
            yield where, line


def symbols(path, *flags):
    """(object, kind, name) of every symbol of a library."""
    for where, line in members(output("nm", *flags, path)):
        words = line.split()
        if len(words) >= 2 and len(words[-2]) == 1:
            yield where, words[-2], words[-1].split("@")[0]


def writable(path):
    """(object, section) that a program can write to, with bytes in it."""
    for where, line in members(output("size", "-A", path)):
        words = line.split()
        if len(words) == 3 and WRITABLE.match(words[0]) and int(words[1]) > 0:
            yield where, words[0]


def allowed(name, where):
    return ANY.fullmatch(name) or any(fnmatch.fnmatch(where, pattern) and re.fullmatch(names, name)
                                      for pattern, names in SPECIAL.items())


def complaints(shared, static):
    for _, kind, name in symbols(shared, "-D", "--defined-only"):
        if not name.startswith("tad_") and kind != "A":  # A: the version of all names
            yield f"{pathlib.Path(shared).name} exports {name}"
    for where, section in writable(static):
        yield f"{where} has writable data in {section}"
    for where, kind, name in symbols(static):
        if kind == "U" and not allowed(name, where):
            yield f"{where} uses {name}"


def main(shared, static):
    if any(name.startswith(("__asan", "__tsan", "__msan", "__ubsan", "__gcov"))
           for _, _, name in symbols(shared, "-D")):
        print("built with a sanitizer or for coverage: nothing to compare")
        return 77
    found = sorted(set(complaints(shared, static)))
    print("\n".join(found))
    return 1 if found or not list(symbols(static)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
