#!/usr/bin/env python3
"""The lists of CONTRIBUTING.md, "a clause: two places" and so on, are true: each has a worked example, and it works.

An example is a patch in docs/examples/. Its name is that of its section (clause.patch, "## A clause ..."). The patch
has to touch a file of every place in the section's numbered list and none besides. It is applied to a copy of the
sources, the enumerators are generated from the catalogues as patched, and what it touched has to compile. Building and
testing the copy was rejected: that takes many minutes for each example, and what tests say to a new clause they say to
whoever adds it.

  places.py ROOT GENERATE_ENUMERATORS COMPILER
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCES = ("spec", "model", "generators", "conformance", "reports")


def sections(text):
    """Title to places; a place is the paths that its item of the numbered list names."""
    found = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        items = re.findall(r"^\d+\. (.*(?:\n   .*)*)", section, flags=re.MULTILINE)
        found[title] = [re.findall(r"`([\w/.-]+/[\w/.-]*)`", item) for item in items]
    return found


def wrong_places(places, touched):
    """What the patch touches beside the places, and the places that it does not touch."""
    def at(place, path):
        return any(re.fullmatch(re.escape(named).replace("NAME", r"\w+") + (".*" if named.endswith("/") else ""), path)
                   for named in place)
    wrong = [f"touches {path}, which the list does not name" for path in touched if not any(at(p, path) for p in places)]
    return wrong + [f"touches nothing of {' or '.join(place)}" for place in places
                    if not any(at(place, path) for path in touched)]


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    return [] if done.returncode == 0 else [f"{os.path.basename(command[0])} {command[1]}:\n{done.stdout}"]


def try_out(root, patch, touched, generator, compiler):
    with tempfile.TemporaryDirectory() as copy:
        for top in SOURCES:
            shutil.copytree(os.path.join(root, top), os.path.join(copy, top), ignore=shutil.ignore_patterns("golden", "traces"))
        wrong = run(["git", "apply", "-C1", patch], cwd=copy)
        if wrong:
            return wrong
        generated = os.path.join(copy, "generated/spec")
        os.makedirs(generated)
        catalogues = [os.path.join(copy, "spec", name) for name in ("clauses.xml", "ambiguities.xml", "deviations.xml")]
        wrong += run([generator, *catalogues, "0" * 64, generated])
        code = [path for path in touched if path.endswith((".h", ".cpp"))]
        unit = os.path.join(copy, "touched.cpp")
        with open(unit, "w", encoding="utf-8") as file:
            file.writelines(f'#include "{path}"\n' for path in code)
        return wrong + run([compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{copy}",
                            f"-I{copy}/generated", '-DHPTCK_VERSION=""', unit])


def main():
    root, generator, compiler = sys.argv[1:]
    with open(os.path.join(root, "CONTRIBUTING.md"), encoding="utf-8") as file:
        lists = sections(file.read())
    wrong = []
    examples = os.path.join(root, "docs/examples")
    for name in sorted(os.listdir(examples)):
        patch = os.path.abspath(os.path.join(examples, name))
        title = next((t for t in lists if re.match(rf"An? {name.removesuffix('.patch').replace('_', ' ')}\b", t)), None)
        if title is None:
            wrong.append(f"docs/examples/{name}: CONTRIBUTING.md has no such section")
            continue
        with open(patch, encoding="utf-8") as file:
            touched = re.findall(r"^\+\+\+ b/(.+)", file.read(), flags=re.MULTILINE)
        complaints = wrong_places(lists[title], touched) or try_out(root, patch, touched, generator, compiler)
        wrong += [f"docs/examples/{name}: {one}" for one in complaints]
    print("\n".join(wrong) or "every list of CONTRIBUTING.md that has an example is true")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
