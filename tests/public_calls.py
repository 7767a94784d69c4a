"""Writes a call of every public function, for test_nulls.c: what a header declares is called.

Usage: public_calls.py INCLUDE_DIRECTORY > public_calls.h

CALL(name, GIVES(expression)) for each, where GIVES names the kind of result and each argument is
TAKE_kind(position), both defined by the test: a kind it does not know does not compile.
"""
import pathlib
import re
import sys

INDEX = {"i", "j", "k"}  # names of arguments that say which, not how many
POINTERS = {  # kinds with something behind that a program could have; the rest is plain memory
    "tad_tape": "tape", "tad_dict": "dict", "tad_net": "net", "tad_optim": "optim", "tad_op": "op",
    "tad_batches": "batches", "tad_history": "history", "tad_dataset": "dataset", "char": "text",
    "tad_fn": "function", "tad_sink": "sink", "tad_activation": "activation", "tad_layer_fn": "layer",
    "tad_steps": "steps", "tad_lane_steps": "lane_steps", "tad_program_made": "made", "tad_release": "release", "tad_dist": "dist", "tad_ranks": "ranks",
    "tad_dist_options": "dist_options", "tad_shard_fn": "shard", "tad_final_fn": "final",
    "tad_claim": "claim", "tad_prepared": "prepared"}
HANDLES = {"tad_safetensors", "tad_program", "tad_workspace", "tad_mapping"}  # only the library makes them
HOOKS = ("const tad_call_frame *", "tad_c *", "tad_backward *", "const tad_backward *")  # whose first argument only hooks have
ENUMS = {"tad_reduction", "tad_scatter_reduction", "tad_bag_mode", "tad_upsample_mode", "tad_grid_mode", "tad_grid_padding", "tad_spline_ends", "tad_pad_mode", "tad_fft_norm", "tad_convolve_mode", "tad_interpolation", "tad_status", "tad_verdict", "tad_grade", "tad_law", "tad_explain_format"}
# What cannot be any memory, and what would end the tape of the trial.
SPECIAL = {("tad_tape_resize", "old"): "NULL", ("tad_idx_free", "idx"): "NULL", ("tad_file_sink", "file"): "NULL",
           ("tad_here_status", "status"): "TAD_OK",
           ("tad_tape_free", "t"): "NULL", ("tad_dist_free", "d"): "NULL", ("tad_dist_gather", "n"): "0"}
GIVES = {"tad_tape_new": "tape", "tad_dist_new": "dist"}  # what the trial itself must free


def code(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S).replace("\\\n", "")
    return "\n".join(line for line in text.split("\n") if not line.startswith("#"))


def kind(argument, name):
    if argument == "...":
        return None
    match = re.fullmatch(r"(?:const )?(\w+) (.*?)(\w+)", argument)
    base, stars, own = match[1], match[2].replace(" ", ""), match[3]
    if (name, own) in SPECIAL:
        return SPECIAL[name, own]
    if base == "char" and own == "format":
        return '"a message"'
    if base == "tad_var" and stars == "*":
        return "variables" if argument.startswith("const") else "memory"
    if stars == "*":
        return "handle" if base in HANDLES else POINTERS.get(base, "memory")
    if stars:
        return "memory"
    if base == "size_t" and own in INDEX:
        return "index"
    return "enum" if base in ENUMS else base


def argument(position, taken):
    return taken if taken in ("NULL", "TAD_OK", "0") or taken.startswith('"') else f"TAKE_{taken}({position})"


def call(result, name, kinds):
    gives = GIVES[name] if name in GIVES else "pointer" if "*" in result else "enum" if result in ENUMS - {"tad_status"} else result
    arguments = ", ".join(argument(i, k) for i, k in enumerate(kinds))
    print(f"CALL({name}, {len(kinds)}, GIVES_{gives}({name}({arguments})))")


def declared(text):
    pattern = (r"TAD_API\s+(?:TAD_MUST_USE\s+)?(?:const\s+)?(\w+[\s\*]+?)\s*\b(tad_[a-z]\w*)\(([^;{]*?)\)"
               r"\s*(?:TAD_PRINTF\(\d, \d\))?;")
    for result, name, arguments in re.findall(pattern, text):
        if " ".join(arguments.split()).startswith(HOOKS):
            continue
        split = [" ".join(a.split()) for a in arguments.split(",")]
        kinds = [] if split == ["void"] else [kind(a, name) for a in split]
        call(result.strip(), name, [k for k in kinds if k])


def main(include):
    for header in sorted(set(include.glob("tad/*.h")) - {include / "tad/mpi.h"}):  # which needs MPI
        declared(code(header))


main(pathlib.Path(sys.argv[1]))
