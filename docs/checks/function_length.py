#!/usr/bin/env python3
"""No function is longer than it takes to be read in one go: LONGEST lines, its head and last brace included.

EXCEPTIONS are the functions that are longer, with the length that each may have at most. The list may only get
shorter: an entry that is no longer needed fails the test too.

What a function is, is found by braces alone, after comments and literals are taken out: at the level of namespaces
and classes, a pair of braces behind a parameter list. clang-tidy's readability-function-size was rejected because it
takes a minute of parsing per file, in each run of the tests.

  function_length.py ROOT
"""
import os
import re
import sys

LONGEST = 70

EXCEPTIONS = {  # file, function: lines
    ("model/proofs/obligations.cpp", "lopar_refuses_more_than_the_rfc"): 100,
    ("model/proofs/obligations.cpp", "obligations_of_rows"): 137,
    ("model/proofs/slot_obligations.cpp", "slot_obligations"): 89,
    ("model/resize/deviations.h", "deviate"): 126,
    ("model/machines/deviations.h", "deviate"): 115,
    ("generators/plan.cpp", "make_plan"): 102,
    ("conformance/campaign/campaign_vm_test.cpp", "CampaignOnQemu.violations_are_found_minimized_and_replay"): 82,
    ("conformance/campaign/contents_vm_test.cpp", "ContentsOnQemu.the_known_deviations_and_deaths_are_found_and_nothing_else"): 75,
}

STRIPPED = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^\s()\\]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL)
# Braces that hold more declarations, not a body.
OPEN_SCOPE = re.compile(r"\b(namespace|class|struct|union|extern)\b")


def without_comments(text):
    def blank(match):
        return "\n" * match.group().count("\n") or " "
    text = STRIPPED.sub(blank, text)
    return re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", blank, text, flags=re.MULTILINE)


def name_of(head):
    """The word before the first parameter list; of a test, "Suite.name"."""
    test = re.search(r"\b(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\s*\(\s*(\w+)\s*,\s*(\w+)", head)
    if test:
        return ".".join(test.groups())
    head = re.sub(r"\b(alignas|decltype|requires|noexcept)\s*\([^()]*\)", "", head)
    match = re.search(r"((?:[\w~]+\s*(?:<[^()]*>)?\s*::\s*)*(?:operator\s*\S+?|[\w~]+))\s*\(", head)
    return re.sub(r"\s", "", match.group(1)) if match else None


def functions(text):
    """(name, first line, lines) of each function body."""
    text = without_comments(text)
    found, at, start, line_of = [], 0, 0, [0]
    newlines = [m.start() for m in re.finditer("\n", text)]

    def line(position):
        low, high = 0, len(newlines)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if newlines[middle] < position else (low, middle)
        return low + 1

    def closing(position):
        depth = 0
        while position < len(text):
            depth += {"{": 1, "}": -1}.get(text[position], 0)
            if depth == 0:
                return position
            position += 1
        return len(text) - 1

    while at < len(text):
        c = text[at]
        if c in ";}":
            start = at + 1
        elif c == ":" and re.fullmatch(r"\s*(public|private|protected)\s*", text[start:at]):
            start = at + 1
        elif c == "{":
            head = text[start:at]
            outside = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", head)))
            if OPEN_SCOPE.search(re.sub(r"template\s*<[^{]*?>\s*(?=class|struct|union|\w)", "", outside)) and \
                    not re.search(r"\)\s*(const|noexcept|override|->.*)?\s*$", head) and "=" not in outside:
                start = at + 1
            else:
                end = closing(at)
                # Braces in a constructor's list of members are not its body yet.
                while (more := re.match(r"\s*(,[^{;]*)?\{", text[end + 1:])) is not None:
                    end = closing(end + more.end())
                name = name_of(head)
                if name and not re.search(r"(?<![=!<>])=(?!=)", re.sub(r"operator\s*\S+|<[^<>]*>", "", outside)):
                    first = line(start + len(head) - len(head.lstrip()))
                    found.append((name, first, line(end) - first + 1))
                at = end
                start = end + 1
        at += 1
    return found


def sources(root):
    for top in ("spec", "model", "generators", "conformance", "reports"):
        for folder, _, files in os.walk(os.path.join(root, top)):
            for name in sorted(files):
                if name.endswith((".h", ".cpp", ".c")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def check(root, exceptions):
    wrong, needed = [], {}
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for name, first, lines in functions(file.read()):
                if lines <= LONGEST:
                    continue
                needed[path, name] = max(lines, needed.get((path, name), 0))
                if lines > exceptions.get((path, name), LONGEST):
                    wrong.append(f"{path}:{first}: {name} has {lines} lines, more than "
                                 f"{exceptions.get((path, name), LONGEST)}")
    for path, name in exceptions:
        if (path, name) not in needed:
            wrong.append(f"docs/checks/function_length.py: no {name} of more than {LONGEST} lines is in {path} any more: "
                         "take it out of EXCEPTIONS")
    return wrong


if __name__ == "__main__":
    complaints = check(sys.argv[1], EXCEPTIONS)
    print("\n".join(complaints) or f"no function over {LONGEST} lines but {len(EXCEPTIONS)} exceptions")
    sys.exit(1 if complaints else 0)
