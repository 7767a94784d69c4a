"""Writes the library as two files, tad.h and tad.c, that a C compiler takes without anything else.

Usage: single.py ROOT FOLDER COMPILER SOURCE...

FOLDER/tad.h is the public headers in one; FOLDER/tad.c what they and the sources include, each header where
it is needed first, a body (one without a guard) each time, and uthash.h, which COMPILER finds.

What a source calls its own, two sources may call alike, as forward: then it is FILE__forward here, where
FILE is the source's name. Macros of a source are taken back at its end. Text is not changed otherwise, so
what compilers say of tad.c is true of the source that a comment names.
"""
import collections
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:<(?P<system>[^>]+)>|"(?P<own>[^"]+)"|(?P<macro>\w+)).*$', re.M)
GUARD = re.compile(r"^#ifndef (\w+_H)\n#define \1$", re.M)
DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
BODY = re.compile(r'^#define BODY "(.*)"$', re.M)
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:.*\\\n)*.*)$", re.M)
# What is the same whoever includes it: functions for whoever wants them, numbers that are no words of macros.
ONCE = re.compile(r"^static UNUSED [^;{]*\{(?:[^\n]*\}\n|.*?^\}\n)|^enum \{\n.*?^\};\n", re.M | re.S)
POSIX = re.compile(r"^#define _(?:POSIX_C|DEFAULT|GNU)_SOURCE.*\n", re.M)
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|->|[A-Za-z_]\w*|\s+|.', re.S)
BRACE = re.compile(r"[][(){};]")
MORE = re.compile(r"\s*[;,=\w*]") # behind a brace: the declaration goes on
WORD = re.compile(r"[A-Za-z_]\w*")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
KEYWORDS = set("static const inline struct union enum void char short int long float double signed unsigned bool _Bool "
               "extern typedef volatile restrict size_t NULL".split())

HEADER = """/* tad %s as one header and one source: tad.h, tad.c. Written by src/single/single.py from the library's
 * public headers; they say what everything does. */
"""
SOURCE = """/* tad %s as one header and one source. Written by src/single/single.py from the library's sources.
 *
 *     cc program.c tad.c -lm -pthread
 *
 * Kernels are compiled once, for the instructions that the compiler is told to use (level "base"), not for
 * several from which the CPU chooses: with -march=native they are this machine's. They are made for
 *
 *     -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math
 *
 * and are slower without, but right; with -ffast-math they are wrong. -DHAVE_ZLIB with -lz reads gzipped data.
 * What is not here: programs compiled in place (tad/compile.h). */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#define TAD_NO_INLINE
#include "tad.h"
#if defined(__clang__)
#pragma clang fp contract(off)
#pragma clang diagnostic ignored "-Wunused-function" /* what headers have for other files than their first */
#endif
"""


# ---- what a source declares ----

def bare(text):
    """The text without comments, strings and what the preprocessor reads; N(name) of a body is name_f64."""
    text = COMMENT.sub(" ", text).replace("\\\n", " ")
    for word, static in re.findall(r"^#define (\w+) +(static .*)$", text, re.M):
        text = re.sub(rf"\b{word}\b", static, text)
    text = re.sub(r"^[ \t]*#.*$", "", text, flags=re.M)
    text = re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', '""', text)
    return re.sub(r"\bN\((\w+)\)", r"\1_f64", text)


def declarations(text):
    """Each declaration at file scope, with all that stands in its braces."""
    depth = start = 0
    for found in BRACE.finditer(text):
        c, end = found[0], found.end()
        depth += (c in "({[") - (c in ")}]")
        if depth == 0 and (c == ";" or c == "}" and (not MORE.match(text, end) or is_function(text[start:end]))):
            yield text[start:end].strip()
            start = end


def is_function(text):
    head = text.split("{", 1)[0]
    return bool(re.search(r"\)\s*$", head)) and not head.lstrip().startswith("typedef")


def declarators(text):
    """The names that `int a = 1, b[2], c(int)` declares."""
    depth, flat = 0, ""
    for c in text:
        depth -= c in ")}]"
        if depth == 0:
            flat += c
        depth += c in "({["
    for part in re.sub(r"=[^,;]*", "", flat).split(","):
        words = [w for w in WORD.findall(part) if w not in KEYWORDS and w != "__attribute__"]
        if words:
            yield words[-1]


def names(text):
    """What is declared at file scope, but for what other files see, which begins with tad_."""
    return {name for name in all_names(text) if not name.lower().startswith("tad_")}


def all_names(text):
    for declaration in declarations(bare(text)):
        for tag in re.findall(r"\b(?:struct|union|enum)\s+(\w+)\s*\{", declaration):
            yield tag
        for constants in re.findall(r"\benum\b\s*\w*\s*\{([^}]*)\}", declaration):
            yield from declarators(constants)
        if declaration.startswith("typedef"):
            pointer = re.search(r"\(\s*\*?\s*(\w+)\s*\)\s*\(", declaration)
            yield pointer[1] if pointer else list(declarators(declaration))[-1]
        elif "static" in WORD.findall(declaration.split("{", 1)[0]):
            own = re.search(r"\bstatic\b.*", declaration, re.S)[0]  # behind a macro, perhaps
            yield from declarators(own.split("{", 1)[0] if is_function(own) else own)




# ---- one text of many ----

class Single:
    """What was written so far, and where files are."""

    def __init__(self, root, compiler):
        self.source, self.include, self.compiler = root / "src", root / "include", compiler
        self.done, self.bodies = set(), set()

    def find(self, found, place, body):
        """The file that an include names; None: the system's."""
        name = found["system"] or found["own"] or body
        if name == "uthash.h":
            return self.uthash()
        if found["system"]:
            return self.include / name if name.startswith("tad/") else None
        places = (place, self.source, self.source / "kernel")
        return next((p / name).resolve() for p in places if (p / name).exists())

    def uthash(self):
        lines = subprocess.run([*self.compiler, "-E", "-"], input="#include <uthash.h>\n", stdout=subprocess.PIPE,
                               text=True, check=True).stdout
        return pathlib.Path(re.search(r'"(/[^"]*uthash\.h)"', lines)[1])

    def with_bodies(self, text, place, body=None):
        """The text with those files in it that have no guard, and so are part of it."""
        def included(found):
            defined = BODY.findall(text[:found.start()])
            name = defined[-1] if defined else body
            path = self.find(found, place, name)
            if path is None or guarded(path):
                return found[0]
            whole = ONCE.sub(table_read, read(path)) if path in self.bodies else read(path)
            if not found["macro"]:
                self.bodies.add(path)
            return self.with_bodies(whole, path.parent, name).rstrip("\n")
        return INCLUDE.sub(included, text)

    def with_headers(self, text, place, seen):
        """The text with each header in it, but once: of those that were there before, the macros. seen: headers
        of this source."""
        def included(found):
            path = self.find(found, place, None)
            if path is None:
                return found[0]
            old = path in self.done and self.source not in path.parents
            if path in seen or old or not guarded(path):
                return ""
            seen.append(path)
            if path in self.done:
                return self.with_headers(macros(read(path)), path.parent, seen).strip()
            self.done.add(path)
            return self.with_headers(self.with_bodies(read(path), path.parent), path.parent, seen).rstrip("\n")
        return INCLUDE.sub(included, text)


def table_read(found):
    """In the place of what a body has once: what reading the table leaves behind."""
    rows = ("UNARY", "OPTION1", "OPTION2", "BINARY", "TERNARY")
    return "".join(f"#undef TAD_{row}\n" for row in rows) if "scalar.def" in found[0] else ""


def macros(text):
    """What a header says to the preprocessor, but for what stays, names with TAD and the system's headers, and
    for what it takes back itself."""
    lines = COMMENT.sub(" ", GUARD.sub("", text)).replace("\\\n", "\0").split("\n")
    kept = [line for line in lines if re.match(r"[ \t]*#[ \t]*(if|el|endif|define(?! *(TAD|BODY))|include *\"[^\"]+h\")", line)]
    gone = re.findall(r"^[ \t]*#[ \t]*undef[ \t]+(\w+)", text, re.M)
    kept = [line for line in kept if not (DEFINE.match(line) and DEFINE.match(line)[1] in gone)]
    return "\n".join(kept[:-1]).replace("\0", "\\\n") + "\n"


def read(path):
    return POSIX.sub("", path.read_text(encoding="utf-8"))


def guarded(path):
    return path.name == "uthash.h" or GUARD.search(read(path)) is not None


def members(text):
    """Words that name members of structs: behind . and ->, and in the braces of a struct before what ends a
    declarator. As (index in tokens, word); and the tokens."""
    tokens, before, braces, found = TOKEN.findall(text), [""] * 3, [], []
    said = [i for i, token in enumerate(tokens) if not token.isspace() and not token.startswith(("/*", "//"))]
    for i, after in zip(said, said[1:] + said[-1:]):
        if tokens[i] == "{":
            braces.append("struct" in before[-2:] or "union" in before[-2:])
        elif tokens[i] == "}" and braces:
            braces.pop()
        if before[-1] in (".", "->") or braces and braces[-1] and tokens[after] in (";", ",", "[", ")", ":"):
            found.append((i, tokens[i]))
        before = [*before[1:], tokens[i]]
    return found, tokens


def renamed(text, new, of_headers):
    """The text with words as `new` has them, but for members; and the lines by which the preprocessor renames
    what is called as no member is, here and of_headers: it sees words that macros put together too."""
    found, tokens = members(text)
    places, words = {i for i, _ in found}, {word for _, word in found} | of_headers
    for i, token in enumerate(tokens):
        if token in new and token in words and i not in places:
            tokens[i] = new[token]
    lines = "".join(f"#define {word} {new[word]}\n" for word in sorted(new) if word not in words)
    return "".join(tokens), lines


def clashes(own, shared):
    """For each list of names those that are in another one too, or shared."""
    count = collections.Counter(name for found in own for name in found)
    return [{n for n in found if count[n] > 1 or n in shared} for found in own]


def after_includes(text, lines):
    """The text with these lines behind the headers that it includes first."""
    last = [found.end() for found in INCLUDE.finditer(text) if not re.search(r"^(?!#|/\*| \*|$)", text[:found.start()], re.M)]
    end = last[-1] if last else 0
    return text[:end] + "\n" + lines + text[end:]


def with_types(clash):
    """NAME_f64 is written N(NAME) in bodies, NAME_##type in macros, and is NAME_f32 too."""
    roots = [name[:-3] for name in clash if name.endswith("_f64")]
    return {*clash, *roots, *(root[:-1] for root in roots), *(root + "f32" for root in roots)}


def owners(paths):
    """For each source a word that is its alone."""
    count = collections.Counter(path.stem for path in paths)
    return [path.stem if count[path.stem] == 1 else f"{path.parent.name}_{path.stem}" for path in paths]


def of_macros(text):
    """Of each macro that declares something what that is."""
    return {name: names(body.replace("\\\n", " ")) for name, body in MACRO.findall(text) if "static" in body}


def of_system(compiler, texts):
    """What the system's headers declare: whatever is called there."""
    wanted = {name for text in texts for name in re.findall(r"^#include <(?!tad/|immintrin|cblas|dnnl|zlib)(\w.*)>", text, re.M)}
    lines = "".join(f"#include <{name}>\n" for name in sorted(wanted))
    text = subprocess.run([*compiler, "-E", "-D_POSIX_C_SOURCE=200809L", "-D_DEFAULT_SOURCE", "-"], input=lines,
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    return set(re.findall(r"\b([a-z]\w*) ?\(", text))


def parts(single, paths):
    """What each source is in tad.c."""
    texts = [single.with_bodies(read(path), path.parent) for path in paths]
    headers = [single.with_bodies(read(h), h.parent) for h in single.source.rglob("*.h") if guarded(h)]
    once = names("".join(ONCE.findall("".join(read(h) for h in single.source.rglob("*.h") if not guarded(h)))))
    shared = of_system(single.compiler, texts + headers).union(once, *map(names, headers))
    all_headers = "\n".join(headers)
    of_headers = {word for _, word in members(all_headers)[0]}
    declaring = of_macros(all_headers)
    own = []
    for text in texts:
        used = set(WORD.findall(bare(text)))
        by_macros = [found for name, found in {**declaring, **of_macros(text)}.items() if name in used]
        own.append(names(text).union(*by_macros) - {"N"})
    own = [found - once if "kernel/elementary.h" in text else found for text, found in zip(texts, own)]
    for path, text, owner, clash in zip(paths, texts, owners(paths), clashes(own, shared)):
        (text, renaming), seen = renamed(text, {name: f"{owner}__{name}" for name in with_types(clash)},
                                           of_headers), []
        whole = single.with_headers(after_includes(text, renaming), path.parent, seen)
        others = [m for h in seen if single.source in h.parents for m in DEFINE.findall(macros(read(h)))]
        taken_back = dict.fromkeys(DEFINE.findall(renaming + text) + others)
        yield f"\n/* ---- {path.parent.name}/{path.name} ---- */\n\n{whole}\n" + "".join(f"#undef {m}\n" for m in taken_back)


def main(root, folder, compiler, paths):
    folder.mkdir(exist_ok=True)
    single = Single(root, compiler)
    version = re.search(r"version: '(.*?)'", read(root / "meson.build"))[1]
    header = single.with_headers("#include <tad/tad.h>\n", root, [])
    (folder / "tad.h").write_text(HEADER % version + header, encoding="utf-8")
    (folder / "tad.c").write_text(SOURCE % version + "".join(parts(single, paths)), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), sys.argv[3].split(),
         [pathlib.Path(a) for a in sys.argv[4:]])
