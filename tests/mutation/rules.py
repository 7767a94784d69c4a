"""What is mutated: finds, in the text of a C file, the small changes that tests should notice.

A Mutant changes one line. Only code is changed: comments, texts, preprocessor conditions, includes,
assertions, declarations of functions and what ops bring for their tests (samples, misuse cases) are
blanked out before anything is looked for (same length, so columns stay). The code is in the style of .clang-format, which is relied on: binary operators have
spaces around them, unary ones and pointers do not.
"""
import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Mutant:
    path: str  # below the root of the project
    line: int  # from 1
    before: str  # the line, and
    after: str  # what it becomes
    kind: str

    def key(self):
        """Names the mutant, wherever the line has moved to."""
        return self.path, self.before.strip(), self.after.strip()


OPERATORS = {
    "+": "-", "-": "+", "*": "/", "/": "*", "%": "/",
    "<": "<= >", "<=": "<", ">": ">= <", ">=": ">", "==": "!=", "!=": "==",
    "&&": "||", "||": "&&", "&": "|", "|": "&", "<<": ">>", ">>": "<<",
    "+=": "-= =", "-=": "+=", "*=": "/= =", "/=": "*=", "|=": "=", "&=": "=",
}
OPERATOR = re.compile(r"(?<= )(?:" + "|".join(sorted(map(re.escape, OPERATORS), key=len, reverse=True))
                      + r")(?= |$)")
NUMBER = re.compile(r"(?<![\w.])(?<![pPeE][-+])(0x[\da-fA-F.]+p[-+]?\d+|\d+\.\d*(?:e[-+]?\d+)?|\d+e[-+]?\d+|\d+)"
                    r"([fuUlL]*)(?![\w.])")
DECLARATION = re.compile(r"^\s*(?:(?:static|const|struct|enum|unsigned|long) )*[A-Za-z_]\w* (?:\*|const )*[A-Za-z_]\w*(?: =|\[|;)")
CONDITION = re.compile(r"\b(if|while) \(")
STATEMENT = re.compile(r"(?:^|(?<=\) )|(?<=else ))(?!return|break|continue|goto|case|default|typedef|else|if|for|while|do\b)"
                       r"[*(]*[A-Za-z_][\w.\[\]>*()+ -]*?(?:\(.*\)|(?:[-+*/|&]|<<|>>)?= .*|\+\+|--);$")
# Of two operands the names: a - b becomes b - a, f(a, b) becomes f(b, a).
OPERAND = r"[A-Za-z_][\w.]*(?:->\w+|\[\w+\])*"
SWAPS = [re.compile(rf"(?<![\w.>*/%] )(?<![\w.>!&*-])({OPERAND})( [-/<>] )({OPERAND})(?![\w\[(.*]|->| [*/%])"),
         re.compile(rf"(?<=[(] )?(?<=\(|,)( ?{OPERAND})(, ?)({OPERAND})(?=[,)])")]
# Whose operands may change places.
COMMUTES = re.compile(r"\b(tad_add|tad_mul|tad_maximum|tad_minimum|fmax|fmin|tad__max|tad__min)\($")
# A sample or a misuse case in a macro.
CASES = re.compile(r"\bCASE\([^\n]*")
# No elements of no bytes, a block that is freed: one zero would do.
FREED = re.compile(r"tad_tape_resize\([^;\n]*, 0, 0\)")
# The words of scalar.def.
WORDS = {"ADD": "SUB", "SUB": "ADD", "MUL": "DIV", "DIV": "MUL", "NEG": "", "GT": "GE LT", "GE": "GT",
         "LT": "LE GT", "LE": "LT", "EQ": "LT"}
WORD = re.compile(r"\b(" + "|".join(WORDS) + r")(?=\()")


def spaces(match):
    return re.sub(r"[^\n]", " ", match[0])


def blank(text):
    """The text with everything that is not code as spaces."""
    skip = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    text = skip.sub(spaces, text)
    tests = re.compile(r"^(?:static )?const tad_(?:sample|misuse) .*?\};$", re.M | re.S)
    text = tests.sub(spaces, text)
    text = CASES.sub(spaces, text)
    text = FREED.sub(lambda m: m[0][: -len("0, 0)")] + "    )", text)
    drop = re.compile(r"^[ ]*#[ ]*(?!define\b)[^\n]*|^[ ]*#[ ]*define \w+(?:\([^)\n]*\))?"
                      r"|\b(?:_Static_assert|static_assert|assert|TAD_PRINTF)\([^;]*;|\\$", re.M)
    return drop.sub(spaces, text)


def number(digits, suffix):
    """Other values for a constant."""
    if digits.isdigit():
        n = int(digits)
        return [f"{m}{suffix}" for m in ((1,) if n == 0 else (n + 1, n - 1))]
    if "p" in digits:
        return [f"{digits.split('p')[0]}p{int(digits.split('p')[1]) + 1}{suffix}"]
    return [f"{2 * float(digits) or 1.0!r}{suffix}"]


def closing(code, at):
    """The place of the bracket that closes the one at `at`; None if on another line."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] == "(") - (code[i] == ")")
        if depth == 0:
            return i
    return None


def operators(code):
    for m in OPERATOR.finditer(code):
        for other in OPERATORS[m[0]].split():
            yield m.start(), m.end(), other, "operator"


def constants(code):
    for m in NUMBER.finditer(code):
        for other in number(m[1], m[2]):
            yield m.start(), m.end(), other, "constant"
    for m in re.finditer(r"\b(true|false)\b", code):
        yield m.start(), m.end(), "false" if m[0] == "true" else "true", "constant"


def bounds(code):
    for m in re.finditer(rf" [<>]=? ({OPERAND})(?=[;)]| &&| \|\|)", code):
        yield m.end(), m.end(), " - 1", "bound"
        yield m.end(), m.end(), " + 1", "bound"


def conditions(code):
    for m in CONDITION.finditer(code):
        end = closing(code, m.end() - 1)
        if end:
            yield m.end(), end, f"!({code[m.end():end]})", "condition"
    for m in re.finditer(r"(?<=[( ])!(?=[\w(])", code):
        yield m.start(), m.end(), "", "condition"
    for m in re.finditer(r"(\+\+|--)(?=[;)])", code):
        yield m.start(), m.end(), "--" if m[0] == "++" else "++", "operator"


def statements(code):
    start = len(code) - len(code.lstrip())
    m = STATEMENT.search(code[start:])
    if m and not DECLARATION.match(code):
        yield start + m.start(), len(code), ";", "dropped statement"
    m = re.search(r"(?:\belse )?\bif \(.*\) (return|break|continue)\b.*;$", code)
    if m:
        yield m.start(), len(code), ";", "dropped early " + m[1]


def swaps(code):
    for pattern in SWAPS:
        for m in pattern.finditer(code):
            commute = COMMUTES.search(code[: m.start()]) and code[m.end() : m.end() + 1] == ")"
            if m[1].strip() != m[3].strip() and not commute:
                space = m[1][: len(m[1]) - len(m[1].lstrip())]
                yield m.start(), m.end(), f"{space}{m[3]}{m[2]}{m[1].strip()}", "swapped operands"


def words(code):
    for m in WORD.finditer(code):
        for other in WORDS[m[1]].split() or [""]:
            yield m.start(), m.end(), other, "operator"
    for m in re.finditer(r"(?<=\bK\()(-?)([^)]+)", code):
        for other in number(m[2], ""):
            yield m.start(), m.end(), m[1] + other, "constant"
        if float(m[2]):
            yield m.start(), m.end(), "" if m[1] else "-" + m[2], "constant"
    for m in re.finditer(r"(?<=[(, ])([ABCXYPQ])(?=[,)])", code):
        for other in {"A": "B", "B": "A", "C": "A", "X": "Y", "Y": "X", "P": "Q", "Q": "P"}[m[1]]:
            yield m.start(), m.end(), other, "swapped operands"


def mutants(path, text):
    """All mutants of a file, in order."""
    table = path.endswith(".def")
    rules = [words] if table else [operators, constants, bounds, conditions, statements, swaps]
    seen = set()
    for i, (line, code) in enumerate(zip(text.split("\n"), blank(text).split("\n")), 1):
        prototype = code.startswith("TAD_API") or (re.match(r"\w", code) and code.endswith(");"))
        if prototype and not table:
            continue
        # What a backslash at the end continues is code too; nothing may be put behind it.
        code = code.rstrip()
        for rule in rules:
            for start, end, other, kind in rule(code):
                after = line[:start] + other + line[end:]
                if after != line and (i, after) not in seen:
                    seen.add((i, after))
                    yield Mutant(path, i, line, after, kind)
