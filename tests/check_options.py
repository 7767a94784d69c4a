"""Every example answers --help with a line of usage, and refuses what it does not know, before it does anything.

Usage: check_options.py PROGRAM...
"""
import pathlib
import subprocess
import sys
import tempfile


def wrong(program, folder):
    """What is wrong with a program's command line."""
    name = pathlib.Path(program).stem
    for word, status, begins in (("--help", 0, f"usage: {name}"),
                                 ("--nonsense", 1, "cannot make sense of '--nonsense'\nusage: ")):
        done = subprocess.run([pathlib.Path(program).resolve(), word], cwd=folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        said, other = (done.stdout, done.stderr) if status == 0 else (done.stderr, done.stdout)
        if done.returncode != status or not said.startswith(begins) or other or len(said.splitlines()[-1]) > 100:
            yield f"{name} {word}: status {done.returncode}, {said!r}, {other!r}"
    left = [p.name for p in pathlib.Path(folder).iterdir()]
    if left:
        yield f"{name} leaves {left}"


def main(programs):
    bad = []
    for program in programs:
        with tempfile.TemporaryDirectory() as folder:
            bad += wrong(program, folder)
    print("\n".join(bad + [f"{len(programs)} programs"]))
    return 1 if bad or not programs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
