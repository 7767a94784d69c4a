"""tad in a program of one's own, as the guide says: every command of its chapter is run.

Usage: check_use.py ROOT BUILD PYTHON [--all]

What BUILD has made is installed into an empty folder. program.c is the first one of the README, program.cpp that
of the chapter; both must print what stands in the README. Each command of the README and of the chapter that
begins with a compiler and asks pkg-config is run as it stands (check_single.py does the others). The block
marked as meson is a project with the installed library, then with tad as its subproject, out of an archive: the
targets that this adds are looked at. --all builds that too, which takes minutes. That of CMake, where there is
one, is a project with the installed library. The module of Python lies where PYTHON looks; no: there is none.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

from compare_output import difference

CHAPTER = re.compile(r"^## Use it in your program$(.*?)(?=^## |\Z)", re.M | re.S)
BLOCK = r"^```%s\n(.*?)^```$"
COMMAND = re.compile(r"^    ((?:cc|c\+\+) .*pkg-config.*?)(?: +#.*)?$", re.M)
ARCHIVED = ("LICENSE", "include", "meson.build", "meson_options.txt", "src")


class Wrong(Exception):
    """What a test complains of."""


def run(*command, folder=None, **more):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **more)
    if done.returncode:
        raise Wrong(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def block(text, language):
    return re.search(BLOCK % re.escape(language), text, re.M | re.S)[1]


class Place:
    """A folder with the program, and the installed library that its commands find."""

    def __init__(self, root, build, folder):
        self.root, self.build, self.folder = root, build, folder
        self.installed = installed = folder / "installed"
        run("meson", "install", "-C", build, "--no-rebuild", "--destdir", installed)
        found = next(installed.rglob("tad.pc")).parent
        self.env = dict(os.environ, PKG_CONFIG_PATH=str(found), PKG_CONFIG_SYSROOT_DIR=str(installed),
                        LD_LIBRARY_PATH=str(found.parent))
        readme = (root / "README.md").read_text(encoding="utf-8")
        self.printed = block(readme, "text").splitlines()
        (folder / "program.c").write_text(block(readme, "c"), encoding="utf-8")
        guide = CHAPTER.search((root / "docs" / "guide.md").read_text(encoding="utf-8"))[1]
        (folder / "program.cpp").write_text(block(guide, "cpp"), encoding="utf-8")

    def expect(self, program):
        """The program, run, prints what the README says."""
        found = difference(self.printed, run(program, env=self.env).splitlines())
        if found:
            raise Wrong(found)

    def command(self, line):
        (self.folder / "a.out").unlink(missing_ok=True)
        run("sh", "-c", line, folder=self.folder, env=self.env)
        self.expect(self.folder / "a.out")

    def project(self, text, name):
        """A project of meson with the program."""
        own = self.folder / name
        own.mkdir()
        (own / "meson.build").write_text(text, encoding="utf-8")
        (own / "program.c").write_text((self.folder / "program.c").read_text(encoding="utf-8"), encoding="utf-8")
        return own

    def with_installed(self, text):
        own = self.project(text, "with-installed")
        run("meson", "setup", "build", folder=own, env=self.env)
        run("ninja", "-C", "build", folder=own)
        self.expect(own / "build" / "program")

    def with_cmake(self, text):
        own = self.project("", "with-cmake")
        (own / "CMakeLists.txt").write_text(text, encoding="utf-8")
        package = next((self.folder / "installed").rglob("tadConfig.cmake")).parent
        run("cmake", "-S", own, "-B", own / "build", f"-Dtad_DIR={package}")
        run("cmake", "--build", own / "build")
        for program in ("program", "program-static"):
            self.expect(own / "build" / program)

    def with_python(self, python):
        """The module, if there is a folder of the prefix in which its Python looks, is there."""
        module = next(self.installed.rglob("tad/_library.py"))
        looks = run(python, "-c", "import site; print(*site.getsitepackages(), sep='\\n')").splitlines()
        options = json.loads(run("meson", "introspect", "--buildoptions", self.build))
        prefix = next(o["value"] for o in options if o["name"] == "prefix")
        folder = "/" + str(module.parent.parent.relative_to(self.installed))
        if folder not in looks and any(p.startswith(f"{prefix}/lib") for p in looks):
            raise Wrong(f"the module is in {folder}, {python} looks in {looks}")

    def with_subproject(self, text, everything):
        own = self.project(text, "with-subproject")
        files = own / "subprojects" / "packagefiles"
        files.mkdir(parents=True)
        wrap = (self.root / "docs" / "packaging" / "tad.wrap").read_text(encoding="utf-8")
        (own / "subprojects" / "tad.wrap").write_text(wrap, encoding="utf-8")
        archive(self.root, files)
        run("meson", "setup", "build", "--wrap-mode=forcefallback", folder=own)
        targets = json.loads(run("meson", "introspect", "--targets", "build", folder=own))
        only_the_library(targets)
        if everything:
            run("ninja", "-C", "build", "program", folder=own)
            self.expect(own / "build" / "program")


def version(root):
    return re.search(r"version: '(.*?)'", (root / "meson.build").read_text(encoding="utf-8"))[1]


def archive(root, folder):
    """The archive that the wrap file wants, called after the version of this project."""
    name = f"tad-{version(root)}"
    with tarfile.open(folder / (name + ".tar.xz"), "w:xz", preset=0) as packed:
        for part in ARCHIVED:
            packed.add(root / part, f"{name}/{part}")


def only_the_library(targets):
    """A subproject adds targets of src/ and nothing else."""
    own = [t for t in targets if "/subprojects/" in t["defined_in"]]
    other = [t["name"] for t in own if "/src/" not in t["defined_in"] or t["type"] == "executable"]
    if not any(t["name"] == "tad" for t in own) or other:
        raise Wrong(f"the subproject has {len(own)} targets, beside the library's: {other}")


def tests(place, readme, chapter, python, everything):
    """(name, test) of each."""
    for line in COMMAND.findall(readme + chapter):
        yield line, lambda line=line: place.command(line)
    text = block(chapter, "meson")
    yield "meson, installed", lambda: place.with_installed(text)
    yield "meson, subproject", lambda: place.with_subproject(text, everything)
    if python != "no":
        yield "Python, installed", lambda: place.with_python(python)
    if shutil.which("cmake"):
        yield "CMake, installed", lambda: place.with_cmake(block(chapter, "cmake"))


def main(root, build, python, everything):
    readme, chapter = (CHAPTER.search((root / page).read_text(encoding="utf-8"))[1]
                       for page in ("README.md", "docs/guide.md"))
    number = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, test in tests(Place(root, build, pathlib.Path(folder)), readme, chapter, python, everything):
            number += 1
            try:
                test()
                print(f"ok {number} - {name}", flush=True)
            except Wrong as wrong:
                failed += 1
                print(f"not ok {number} - {name}\n# " + str(wrong).replace("\n", "\n# "), flush=True)
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), *sys.argv[2:4], "--all" in sys.argv[4:]))
