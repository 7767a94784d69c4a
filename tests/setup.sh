# Sourced by examples/run and tests/run, which set `task`: installs what is missing, configures and
# builds into build/. POSIX sh. After it the current folder is the top of the repository.

say() { printf '%s: %s\n' "$task" "$*"; }
fail() { printf '%s: %s\n' "$task" "$*" >&2; exit 1; }

# ---- what is missing, by what it is for: on a system with these no package manager is needed ----

missing=''
lacks() { missing="$missing $*"; }
need_command() { command -v "$1" >/dev/null 2>&1 || lacks "$2"; }
need_module() { pkg-config --exists "$1" >/dev/null 2>&1 || lacks "$2"; }
# Data of tests that are skipped without them: worth a package only to whoever runs the tests.
need_data() { [ -d "$1" ] || [ "$task" != tests/run ] || ! command -v apt-get >/dev/null 2>&1 || lacks "$2"; }
# The Python module and its tests, for the system's Python: both are left out without them.
need_import() { [ "$task" != tests/run ] || ! command -v apt-get >/dev/null 2>&1 || python_with "$1" || lacks "$2"; }
python_with() { for p in python3 /usr/bin/python3; do "$p" -c "import $1" >/dev/null 2>&1 && return; done; return 1; }
need_header() { printf '#include <%s>\n' "$1" | cc -E - >/dev/null 2>&1 || lacks "$2"; }

find_missing() {
    missing=''
    need_command meson meson
    need_command ninja ninja-build
    need_command cc 'gcc'
    need_command c++ 'g++'
    need_command pkg-config pkg-config
    # Meson asks it in which folder of Debian libraries lie: elsewhere what is installed is not found.
    ! command -v apt-get >/dev/null 2>&1 || need_command dpkg-architecture dpkg-dev
    need_header stdio.h libc6-dev
    need_header uthash.h uthash-dev
    need_module check 'check libsubunit-dev'
    need_module zlib zlib1g-dev
    need_module jansson libjansson-dev
    need_command gnuplot gnuplot-nox
    need_command dot graphviz
    need_command clang-format clang-format
    need_import numpy python3-numpy
    need_import cffi python3-cffi
    need_import pytest python3-pytest
    [ "$task" != tests/run ] || need_module mpi-c 'libopenmpi-dev openmpi-bin'
    need_data /usr/share/libonnx-testdata libonnx-testdata
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_missing() {
    command -v apt-get >/dev/null 2>&1 ||
        fail "these packages are missing:$missing. There is no apt-get; install them and run this again."
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 ||
        fail "these packages are missing:$missing. Installing them needs root or sudo."
    say "installing$missing"
    log=$(mktemp) || fail 'cannot make a temporary file.'
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >"$log" 2>&1 </dev/null ||
        say 'the list of packages could not be updated; going on with the old one'
    # $missing is a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing \
        >"$log" 2>&1 </dev/null || { cat "$log" >&2; fail "apt-get could not install$missing."; }
    rm -f "$log"
}

# ---- build ----

# Arguments: options for meson setup. A build that is there is configured again if packages came after it:
# the module of Python, ranks of MPI are built where meson finds what they need.
configure() {
    if [ -f build/build.ninja ]; then
        [ $# -eq 0 ] || meson configure build "$@" || fail "meson refused the options $*."
        [ -z "$(find /var/lib/dpkg/status -newer build/build.ninja 2>/dev/null)" ] || reconfigure
    else
        say 'configuring build/'
        mkdir -p build && setup "$@"
    fi
}

reconfigure() {
    say 'configuring build/ again, as packages were installed since'
    setup --reconfigure
}

setup() {
    meson setup build "$@" >build/setup.log 2>&1 ||
        { cat build/setup.log >&2; fail 'configuring failed; what meson said is above.'; }
}

# Arguments: what to build; all when there are none. Ninja shows its progress on a terminal.
build() {
    say "building ${*:-everything}"
    if [ -t 1 ]; then
        ninja -C build "$@" || fail 'building failed; what the compiler said is above.'
    else
        ninja -C build "$@" >build/build.log 2>&1 ||
            { cat build/build.log >&2; fail 'building failed; what the compiler said is above.'; }
    fi
}

find_missing
[ -z "$missing" ] || install_missing
