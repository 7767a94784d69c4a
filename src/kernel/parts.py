"""Writes parts.c: the text of functions that programs written as C may need, each with what it needs.

Usage: parts.py SCALAR_DEF HEADER...

The functions are those of the headers, in their order, and the rows of scalar.def: NAME_f64 and NAME_f32 as arrays
have them, NAME_number as single numbers do. Comments go, and macros that stand for whole functions; what a header says
for compilers of the library alone goes too. No text is written here that the library does not compile.

Texts are kept short: those of two types are one, and frequent pairs of bytes are a byte.
"""
import collections
import difflib
import pathlib
import re
import sys

KERNEL = pathlib.Path(__file__).resolve().parent
ROOT = KERNEL.parent
TYPES = {"f64": {"T": "double", "INDEX": "int64_t", "BITS": "uint64_t"},
         "f32": {"T": "float", "INDEX": "int32_t", "BITS": "uint32_t"}}
INTEGERS = {"i64": {"T": "int64_t", "INDEX": "int64_t", "BITS": "uint64_t"},
            "bool": {"T": "uint8_t", "INDEX": "int32_t", "BITS": "uint32_t"}}
# What the compiler of a program is not told to be.
UNKNOWN = ("__SSE4_1__", "__GNUC__")
WORD = re.compile(r"[A-Za-z_]\w*")


# ---- macros ----

def arguments(text, at):
    """The arguments between the parenthesis at text[at] and the one that closes it; where that is."""
    depth, begin, found, quoted = 0, at + 1, [], False
    for i in range(at, len(text)):
        c = text[i]
        quoted ^= c == '"' and text[i - 1] != "\\"
        if quoted:
            continue
        depth += (c in "({[") - (c in ")}]")
        if depth == 1 and c == "," or depth == 0:
            found.append(text[begin:i].strip())
            begin = i + 1
        if depth == 0:
            return found, i
    raise SystemExit(f"parts.py: no end of {text[at - 20 : at + 20]!r}")


def replaced(names, values, body):
    value = dict(zip(names, values))
    body = WORD.sub(lambda m: value.get(m[0], m[0]), body)
    return re.sub(r"\s*##\s*", "", body)


def expanded(text, macros):
    """The text with macros, {name: (parameters or None, body)}, in their place."""
    done, at = [], 0
    while found := WORD.search(text, at):
        name, end = found[0], found.end()
        parameters, body = macros.get(name, ((), None))
        called = text[end:].lstrip().startswith("(")
        if body is None or parameters is not None and not called:
            done.append(text[at:end])
            at = end
            continue
        done.append(text[at:found.start()])
        values = []
        if parameters is not None:
            values, last = arguments(text, text.index("(", end))
            end = last + 1
        kept = {k: v for k, v in macros.items() if k != name}
        pasted = set(re.findall(r"##\s*(\w+)", body) + re.findall(r"(\w+)\s*##", body))
        values = [v if p in pasted else expanded(v, macros) for p, v in zip(parameters or (), values)]
        done.append(expanded(replaced(parameters or (), values, body), kept))
        at = end
    return "".join(done) + text[at:]


def definition(line):
    """(name, parameters or None, body) of a #define."""
    name, parameters, body = re.match(r"#\s*define\s+(\w+)(\([^)]*\))?\s*(.*)", line, re.S).groups()
    if parameters is not None:
        parameters = tuple(p.strip() for p in parameters[1:-1].split(","))
    return name, parameters, body.strip()


# ---- headers ----

def lines_of(path):
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"//[^\n]*", "", text).replace("\\\n", " ")
    return [line.rstrip() for line in text.split("\n")]


def included(path, name):
    return next(p for p in (path.parent / name, KERNEL / name, ROOT / name) if p.exists())


def instances(path, macros, types):
    """The items of a body, once for each type."""
    for suffix, words in types.items():
        known = macros | {word: (None, value) for word, value in words.items()}
        known |= {"N": (("f",), "f##_" + suffix), "M": (("f",), "tad__##f##_" + suffix)}
        yield from items(path, known)


def items(path, macros):
    """What stands in a file, function by function: expanded, macros that are no functions among it."""
    whole = [True]  # of the conditions around
    body, macros, text = None, dict(macros), []
    for line in lines_of(path):
        if not line.lstrip().startswith("#"):
            if all(whole):
                text.append(line)
            continue
        directive = line.lstrip()
        if re.match(r"#\s*if", directive):
            whole.append(not any(name in directive for name in UNKNOWN))
        elif re.match(r"#\s*else", directive):
            whole[-1] = not whole[-1]
        elif re.match(r"#\s*endif", directive):
            whole.pop()
        elif all(whole) and (found := re.match(r'#\s*define BODY "([^"]+)"', directive)):
            body = found[1]
        elif all(whole) and "instantiate" in directive:
            yield from functions("\n".join(text), macros)
            text = []
            yield from instances(included(path, body), macros, INTEGERS if "integers" in directive else TYPES)
        elif all(whole) and re.match(r"#\s*define", directive):
            name, parameters, value = definition(directive)
            if not value or name in ("TAD__EMBEDDED", "UNUSED", *ON_NUMBERS, *RARELY):
                continue
            if parameters is not None and "{" in value:
                macros[name] = (parameters, value)  # whole functions
                continue
            yield from functions("\n".join(text), macros)
            text = []
            yield [name], " ".join(expanded(directive, macros).split())
    yield from functions("\n".join(text), macros)


def functions(text, macros):
    """(names, text) of each definition."""
    text = expanded(text, macros)
    depth, begin = 0, 0
    for i, c in enumerate(text):
        depth += (c in "{(") - (c in "})")
        is_function = c == "}" and re.search(r"\)\s*\{", text[begin:i]) and "=" not in text[begin:i].split("{")[0]
        if depth or not (c == ";" or is_function):
            continue
        one = tidy(text[begin : i + 1])
        begin = i + 1
        if one != ";":
            yield names_of(one), one


def tidy(text):
    """In the words of C99; without the directives and the room of what is gone."""
    text = text.replace("TAD__EMBEDDED", "static inline").replace("TAD__SPECIAL ", "static ").replace("UNUSED ", "")
    return "\n".join(line.rstrip() for line in text.strip().split("\n") if line.strip())


def names_of(text):
    head = re.sub(r"\[[^]]*\]", "", text.split("{")[0].split("=")[0])
    if head.startswith("enum"):
        return WORD.findall(text[text.index("{") :])
    if head.startswith("typedef"):
        return WORD.findall(text)[-1:]
    return [WORD.findall(head.split("(")[0])[-1]]


# ---- rows ----

def words():
    """The words of scalar.def as macros."""
    found = (definition(line) for line in lines_of(KERNEL / "words.h") if line.startswith("#define"))
    return {name: (parameters, body) for name, parameters, body in found}


RARELY = {"RARELY": (("where", "right", "cheap"), "((where) ? (right) : (cheap))")}
ON_NUMBERS = {
    "T": (None, "double"), "BITS": (None, "uint64_t"),
    "FN": (("f", "x"), "f(x)"), "FN2": (("f", "a", "b"), "f(a, b)"),
    "POWER": (("less",), "power(X, P, less)"),
}


def on_arrays(suffix):
    known = {word: (None, value) for word, value in TYPES[suffix].items()}
    return known | {
        "FN": (("f", "x"), f"tad__##f##_{suffix}(x)"), "FN2": (("f", "a", "b"), f"tad__##f##_{suffix}(a, b)"),
        "EITHER": (("a", "b"), "(p == 0 ? (a) : (b))"),
        "POWER": (("less",),
                  f"tad__power_{suffix}(X, tad__power_form(p), less, tad__exponent_of((T)p - less))"),
    }


OPERANDS = {"TAD_UNARY": "X", "TAD_OPTION1": "X", "TAD_OPTION2": "X", "TAD_BINARY": "AB", "TAD_TERNARY": "ABC"}
OPTIONS = {"TAD_OPTION1": 1, "TAD_OPTION2": 2}
VALUE = {"TAD_UNARY": 5, "TAD_OPTION1": 6, "TAD_OPTION2": 8, "TAD_BINARY": 6, "TAD_TERNARY": 2}


def rows(path):
    """(names, text) of the rows as functions."""
    text = "\n".join(line for line in lines_of(path) if not line.startswith("#"))
    known = words() | RARELY
    kinds = {"f64": known | on_arrays("f64"), "f32": known | on_arrays("f32"), "number": known | ON_NUMBERS}
    for found in re.finditer(r"\b(TAD_\w+)(?=\()", text):
        row, _ = arguments(text, found.end())
        for suffix, macros in kinds.items():
            yield row_function(found[1], row, suffix, macros)


def row_function(kind, row, suffix, macros):
    t = "float" if suffix == "f32" else "double"
    name, value = f"row_{row[0]}_{suffix}", expanded(row[VALUE[kind]], macros)
    value = re.sub(r"(?<![\w)])\(([ABCXPQ])\)", r"\1", " ".join(value.split()))
    options = "PQ"[: OPTIONS.get(kind, 0)]
    parameters = [f"{t} {x}" for x in OPERANDS[kind]] + [f"double {x.lower()}" for x in options]
    known = "".join(f"    const {t} {x} = ({t}){x.lower()};\n" for x in options if x in WORD.findall(value))
    used = WORD.findall(value)
    known += "".join(f"    (void){x};\n" for x in list(OPERANDS[kind]) if x not in used)
    known += "".join(f"    (void){x.lower()};\n" for x in options if not {x, x.lower()} & set(used))
    return [name], f"static {t} {name}({', '.join(parameters)}) {{\n{known}    return {value};\n}}"


# ---- texts as bytes ----

F64, F32, BOTH = "\1\2\3"  # in a text: what one type has instead of the other begins; what both have
TOKEN = re.compile(r"[^\W_]+|\s+|.", re.S)


def either(a, b):
    """One text for both: where they differ, first as for float64, then as for float32."""
    x, y, done = TOKEN.findall(a), TOKEN.findall(b), []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, x, y, autojunk=False).get_opcodes():
        one, other = "".join(x[i:j]), "".join(y[k:m])
        done.append(one if kind == "equal" else F64 + one + F32 + other + BOTH)
    return "".join(done)


def shortened(data):
    """(the bytes 128 ... 255 as pairs of bytes that they stand for, the data in these)."""
    pairs = []
    while len(pairs) < 128:
        count, seen = collections.Counter(zip(data, data[1:])), {0}
        for pair, _ in count.most_common(20):
            if not seen & set(pair) and len(pairs) < 128:
                seen |= set(pair)
                data = data.replace(bytes(pair), bytes([128 + len(pairs)]))
                pairs.append(pair)
    return pairs, data


class Pool:
    """Texts one behind the other; each ends in a zero."""

    def __init__(self):
        self.texts, self.at = [], {}

    def add(self, text):
        if text not in self.at:
            self.at[text] = len(self.texts)
            self.texts.append(text)
        return self.at[text]

    def packed(self):
        """(pairs, bytes, where each text begins)."""
        pairs, data = shortened("".join(t + "\0" for t in self.texts).encode("ascii"))
        return pairs, data, [0] + [i + 1 for i, byte in enumerate(data) if byte == 0]


def part_texts(found):
    """The text of each part, with its type if it is one of two that share a text, else 0."""
    of_name = {names[0]: text for names, text in found}
    for names, text in found:
        kind = names[0][-4:]
        twin = names[0][:-3] + ("f32" if kind == "_f64" else "f64")
        if kind not in ("_f64", "_f32") or twin not in of_name:
            yield text, 0
        elif kind == "_f64":
            yield either(text, of_name[twin]), 1
        else:
            yield either(of_name[twin], text), 2


# ---- the table ----

def put_table(head, items, on_a_line):
    print(head + " = {")
    for at in range(0, len(items), on_a_line):
        print("    " + ", ".join(map(str, items[at : at + on_a_line])) + ",")
    print("};")


def main():
    scalar, headers = pathlib.Path(sys.argv[1]), [pathlib.Path(p) for p in sys.argv[2:]]
    found = [one for header in headers for one in items(header, {})] + list(rows(scalar))
    first = {}
    for i, (names, _) in enumerate(found):
        for name in names:
            if first.setdefault(name, i) != i:
                raise SystemExit(f"parts.py: {name} is there twice")
    print('/* Written by parts.py. */\n#include "kernel/parts.h"\n')
    needs = [sorted({first[w] for w in WORD.findall(text) if first.get(w, i) != i}) for i, (_, text) in enumerate(found)]
    late = [found[i][0] for i, one in enumerate(needs) if one and one[-1] > i]
    if late:
        raise SystemExit(f"parts.py: needs what comes later: {late}")
    texts, names, at = Pool(), "", [0]
    parts = [(texts.add(text + "\n"), kind) for text, kind in part_texts(found)]
    pairs, data, begins = texts.packed()
    for one in needs:
        at.append(at[-1] + 1 + len(one))
    put_table("const uint16_t tad__part_needs[]", [n for one in needs for n in [len(one), *one]], 20)
    put_table("const tad__part tad__parts[]", [f"{{{begins[t]}, {n}, {kind}}}" for (t, kind), n in zip(parts, at)], 6)
    named = []
    for name, i in sorted(first.items()):
        named.append(f"{{{len(names)}, {i}}}")
        names += name + "\0"
    put_table("const tad__part_name tad__part_names[]", named, 8)
    print(f"const size_t tad__part_count = {len(found)}, tad__part_name_count = {len(first)};")
    put_table("const char tad__part_words[]", list(names.encode("ascii")), 30)
    put_table("const unsigned char tad__part_pairs[128][2]", [f"{{{a}, {b}}}" for a, b in pairs], 12)
    put_table("const unsigned char tad__part_text[]", list(data), 30)


if __name__ == "__main__":
    main()
