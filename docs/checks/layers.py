#!/usr/bin/env python3
"""The rooms of the house and which may use which, checked against every #include.

ROOMS is the one place where the layering is written down. A room is a folder, or a few files that stand in for one;
a file belongs to the room with the longest name that its path begins with. Beside each room stand the rooms directly
below it. A file may include its own room and everything that can be reached downwards; any other include is an arrow
that points up, and fails the test. Rooms that may not know of each other simply are not reachable from each other: so
it is with the adapters, whose rooms are found by themselves.

Tests and benchmarks are programs that stand above everything: they may include what they like, and nothing may
include them. CMake's link lines were rejected as the thing to check: static libraries link in any order, and a header
is used without linking anything.

The picture of the rooms in docs/architecture.md is drawn from ROOMS, and an arrow that no include makes fails too; so
the picture is as true as the table.

  layers.py ROOT             checks
  layers.py ROOT --draw      draws the picture again; `./run docs` does so
"""
import os
import re
import sys

ROOMS = {  # what is in it, and what stands directly below
    "spec": ("clauses, ambiguities, deviations: data and its strict loader", []),
    "model/hypercall": ("calls and answers", []),
    "model/framework": ("value domains, decision lists, walks", ["spec", "model/hypercall"]),
    "model/table": ("hashing, slots and contents of the table", ["model/framework"]),
    "model/trace": ("traces as text", ["model/table"]),
    "model/resize": ("the rows of the resize hypercalls", ["model/trace"]),
    "model/machines": ("page sizes of configured machines", ["model/framework"]),
    "model": ("oracle, diagnosis", ["model/resize", "model/machines"]),
    "model/described": ("rows as documents and Promela", ["model"]),
    "model/proofs": ("obligations for SMT solvers", ["model/resize", "model/machines"]),
    "generators": ("what to try", ["model/resize", "model/machines"]),
    "conformance/adapters": ("what an adapter is", ["model/trace", "model/machines"]),
    "conformance/adapters/process": ("child processes", ["conformance/adapters"]),
    "conformance/record": ("findings, journal, verdicts", ["conformance/adapters"]),
    "conformance/campaign": ("tries, investigates, minimizes", ["conformance/record", "generators", "model"]),
    "conformance/checks/adapter_check": ("is an adapter fit to certify with?", ["conformance/adapters"]),
    "conformance/checks/mutants": ("does the kit find every deviation?",
                                   ["conformance/campaign", "conformance/adapters/builtin"]),
    "reports": ("JUnit, JSON, summary", ["conformance/record"]),
    "reports/command_line": ("the program hptck", [
        "reports", "conformance/campaign", "conformance/checks/adapter_check", "conformance/adapters/adapter_choices"]),
}

ADAPTERS = "conformance/adapters"


def with_adapters(root):
    """ROOMS and a room for each adapter's folder, which are those that the list of adapters includes."""
    rooms, adapters = dict(ROOMS), []
    try:
        with open(os.path.join(root, ADAPTERS, "adapter_choices.cpp"), encoding="utf-8") as file:
            adapters = sorted(set(re.findall(rf'#include "({ADAPTERS}/\w+)/', file.read())))
    except FileNotFoundError:
        pass
    for adapter in adapters:
        starts_processes = any(f'#include "{ADAPTERS}/process/' in text for path, text in sources(root)
                               if path.startswith(adapter + "/"))
        rooms[adapter] = ("an adapter", [ADAPTERS + "/process" if starts_processes else ADAPTERS])
    rooms[ADAPTERS + "/adapter_choices"] = ("the list of adapters", adapters)
    return rooms


# Arrows that still point up. This list may only get shorter: one that is no longer there fails too.
KNOWN = set()

# Programs of the tests; and examples, which use nothing of the kit but the plugin's header.
OUTSIDE = ("conformance/adapters/misbehaving/", "reports/command_line/kill/", "examples/")

# Headers that not everyone may include who stands above them: header, the files that may, and why.
RESERVED = [
    (r"model/(?!(hypercall|trace|table/hashing|machines/(configuration|environment|observation|space))\.h).*",
     r"(?!conformance/adapters/).*",
     "an adapter needs to know what a call and a machine are, and none of the rules"),
    (r"z3\+\+?\.h", r"model/framework/symbolic\.h|model/proofs/.*", "SMT terms belong to the symbolic domain and the proofs"),
    (r"pugixml\.hpp|nlohmann/.*|chrono|ctime|thread|fstream|iostream|filesystem|cstdio|random|unistd\.h|fcntl\.h|sys/.*|time\.h",
     r"(?!model/).*|model/(proofs|described)/.*",
     "model/ is a pure function: no XML, no time, no input or output"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def is_test(path):
    return re.search(r"_(test|bench)\.\w+$|/bench/", path) is not None or path.startswith(OUTSIDE)


def room_of(rooms, path):
    names = [r for r in rooms if path.startswith(r) and path[len(r)] in "/."]
    return max(names, key=len) if names else None


def reachable(rooms, room):
    below = {room}
    for name in rooms[room][1]:
        below |= reachable(rooms, name)
    return below


def sources(root):
    for top in ("spec", "model", "generators", "conformance", "reports"):
        for folder, _, files in os.walk(os.path.join(root, top)):
            for name in sorted(files):
                if name.endswith((".h", ".cpp", ".c", ".S", ".inc")):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        yield os.path.relpath(os.path.join(folder, name), root), file.read()


def complaint(rooms, path, ours, system):
    """Why the file may not include the header; nothing if it may."""
    for header, files, reason in RESERVED:
        if re.fullmatch(header, ours or system) and not re.fullmatch(files, path):
            return f"includes {ours or system}: {reason}"
    if ours and is_test(ours):
        return f"includes {ours}, which is a test's"
    room, other = room_of(rooms, path), room_of(rooms, ours or "")
    if other and other not in reachable(rooms, room) and (path, ours) not in KNOWN:
        return f"{room} may not use {other} ({ours})"
    return None


def check(root):
    """What is not as it should be, a line each."""
    rooms = with_adapters(root)
    wrong, includes = [], set()
    for path, text in sources(root):
        if is_test(path):
            continue
        if room_of(rooms, path) is None:
            wrong.append(f"{path}:1: belongs to no room of ROOMS in docs/checks/layers.py")
            continue
        for number, line in enumerate(text.split("\n"), 1):
            match = INCLUDE.match(line)
            if match is None:
                continue
            includes.add((path, match.group(1)))
            reason = complaint(rooms, path, *match.groups())
            if reason:
                wrong.append(f"{path}:{number}: {reason}")
    arrows = {(room_of(rooms, path), room_of(rooms, ours or "")) for path, ours in includes}
    wrong += [f"docs/checks/layers.py: nothing in {a} includes {b}: take the arrow out of ROOMS"
              for a in rooms for b in rooms[a][1] if (a, b) not in arrows]
    wrong += [f"docs/checks/layers.py: {a} no longer includes {b}: take it out of KNOWN"
              for a, b in sorted(KNOWN - includes)]
    return wrong


def picture(rooms):
    """The rooms as Mermaid draws them, an arrow from each room to those that stand directly on it."""
    lines = ["```mermaid", "flowchart BT"]
    name = {room: room.replace("/", "_") for room in rooms}
    for top in ("spec", "model", "generators", "conformance", "reports"):
        inside = [room for room in rooms if room == top or room.startswith(top + "/")]
        lines.append(f"  subgraph in_{top}[{top}/]")
        for room in inside:
            title = "" if room == top else f"<b>{room.removeprefix(top + '/')}</b><br>"
            lines.append(f'    {name[room]}["{title}{rooms[room][0]}"]')
        lines.append("  end")
    lines += [f"  {' & '.join(name[b] for b in below)} --> {name[room]}" for room, (_, below) in rooms.items() if below]
    return "\n".join(lines + ["```", ""])


def main():
    root = sys.argv[1]
    wrong = check(root)
    path = os.path.join(root, "docs/architecture.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    drawn = re.sub(r"```mermaid\n.*?```\n", lambda _: picture(with_adapters(root)), text, count=1, flags=re.DOTALL)
    if sys.argv[2:] == ["--draw"]:
        with open(path, "w", encoding="utf-8") as file:
            file.write(drawn)
    elif drawn != text or "```mermaid" not in text:
        wrong.append("docs/architecture.md does not show the rooms as they are: `./run docs` draws them again")
    print("\n".join(wrong) or f"{len(with_adapters(root))} rooms, no arrow points up")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
