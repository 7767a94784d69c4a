"""The training step that examples/embed writes: without an operating system it gives the tape's bits.

Usage: check_embed.py EMBED CC

Here with CC, and on a Cortex-M4 where there are arm-none-eabi-gcc, newlib and qemu-system-arm. Says how much code and
memory the step takes. One line in TAP's format for each.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

STARTUP = pathlib.Path(__file__).resolve().parent / "embed"
FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-ffp-contract=off", "-Os"]
CORTEX = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
QEMU = ["-M", "mps2-an386", "-nographic", "-semihosting-config", "enable=on,target=native", "-kernel"]


def run(folder, *command):
    """What it prints; None, and the reason as a comment, if it fails."""
    try:
        done = subprocess.run(list(map(str, command)), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        print(f"# {command[0]}: no end after 120 seconds")
        return None
    if done.returncode:
        print(f"# {' '.join(map(str, command))}: {done.returncode}\n# " + done.stdout[:1500].replace("\n", "\n# "))
        return None
    return done.stdout


def sizes(folder, size, what):
    """Of the step alone: its code, its constants and variables, the work that it is given."""
    text, data, bss = run(folder, size, "step.o").splitlines()[1].split()[:3]
    work = re.search(r"train_step_WORK (\d+)", (folder / "train_step.h").read_text(encoding="ascii"))[1]
    print(f"# {what}: {text} bytes of code and constants, {int(data) + int(bss)} of variables, {work} of work")


def good(printed):
    return printed is not None and "the tape's bits" in printed


def on_this_machine(folder, cc):
    made = (run(folder, cc, *FLAGS, "-ffreestanding", "-c", "train_step.c", "-o", "step.o") is not None
            and run(folder, cc, *FLAGS, "main.c", "step.o", "-o", "here", "-lm") is not None)
    if made:
        sizes(folder, "size", "here")
    return made and good(run(folder, folder / "here"))


def on_cortex(folder):
    cc = "arm-none-eabi-gcc"
    made = (run(folder, cc, *CORTEX, *FLAGS, "-ffreestanding", "-c", "train_step.c", "-o", "step.o") is not None
            and run(folder, cc, *CORTEX, "-Os", "--specs=rdimon.specs", "-T", STARTUP / "cortex_m4.ld",
                    STARTUP / "cortex_m4.c", "main.c", "step.o", "-o", "cortex.elf", "-lm") is not None)
    if made:
        sizes(folder, "arm-none-eabi-size", "Cortex-M4")
    return made and good(run(folder, "qemu-system-arm", *QEMU, "cortex.elf"))


def missing():
    if not shutil.which("arm-none-eabi-gcc"):
        return "no arm-none-eabi-gcc"
    found = subprocess.run(["arm-none-eabi-gcc", "-print-file-name=rdimon.specs"], stdout=subprocess.PIPE, text=True,
                           check=False).stdout.strip()
    if "/" not in found:
        return "no newlib for it"
    return None if shutil.which("qemu-system-arm") else "no qemu-system-arm"


def main():
    embed, cc = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    bad = 0
    with tempfile.TemporaryDirectory(prefix="tad_embed_") as temporary:
        folder = pathlib.Path(temporary)
        if run(folder, embed, folder) is None:
            return 1
        ok = on_this_machine(folder, cc)
        bad += not ok
        print(f"{'ok' if ok else 'not ok'} 1 - here")
        if reason := missing():
            print(f"ok 2 - Cortex-M4 # SKIP {reason}")
        else:
            ok = on_cortex(folder)
            bad += not ok
            print(f"{'ok' if ok else 'not ok'} 2 - Cortex-M4")
        print("1..2")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
