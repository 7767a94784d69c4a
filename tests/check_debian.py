"""The Debian packages: built as docs/packaging/debian says, and looked at by lintian where there is one.

Usage: check_debian.py ROOT [FOLDER]   (with dpkg-buildpackage, debhelper; `ninja -C build debian`)

The packages stay in FOLDER: `ninja -C build debian` leaves them in build/debian.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

from check_use import ARCHIVED, version

BUILT = ("libtad0", "libtad-dev")
# Whoever uploads the packages puts their own address and the number of their bug.
NOBODY = "bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs"


def main(root, folder):
    if not shutil.which("dpkg-buildpackage") or not shutil.which("dh"):
        print("there is no dpkg-buildpackage or no debhelper")
        return 77
    source = folder / f"tad-{version(root)}"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for name in ARCHIVED:
        path = root / name
        shutil.copytree(path, source / name) if path.is_dir() else shutil.copy(path, source / name)
    shutil.copytree(root / "docs" / "packaging" / "debian", source / "debian")
    subprocess.run(["dpkg-buildpackage", "--no-sign", "--build=binary"], cwd=source, check=True)
    for name in BUILT:
        next(folder.glob(name + "_*.deb"))
    if shutil.which("lintian"):
        subprocess.run(["lintian", "--fail-on", "error,warning", "--allow-root", "--suppress-tags", NOBODY,
                        *folder.glob("*.changes")], check=True)
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()))
    with tempfile.TemporaryDirectory() as place:
        sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(place)))
