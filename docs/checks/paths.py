#!/usr/bin/env python3
"""Files that the documents and the comments name are there: a folder that was moved is forgotten in prose first.

A path is what stands behind a link of Markdown, or what looks like a source of ours: a known folder, a slash, a known
ending. In docs/decisions/ only links are looked at: what a decision tells of the past may be gone.

  paths.py ROOT
"""
import os
import re
import sys

LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
PATH = re.compile(r"(?<![\w/.<-])(?:spec|model|generators|conformance|reports|docs|examples)/[\w/.-]*\.(?:h|cpp|c|S|inc|xml|md|py|trace|sh|pl)\b")
GENERATED = {"spec/clause.h", "spec/deviation.h", "reports/command_line/version.h"}


def check(root):
    wrong = []
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith((".", "build", "out"))]
        for name in sorted(files):
            path = os.path.relpath(os.path.join(folder, name), root)
            if not name.endswith((".md", ".h", ".cpp", ".c", ".xml", ".txt", ".cmake")) or "golden" in path:
                continue
            with open(os.path.join(root, path), encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    names = [os.path.normpath(os.path.join(os.path.dirname(path), link)) for link in LINK.findall(line)
                             ] if name.endswith(".md") else []
                    if not path.startswith("docs/decisions/"):
                        names += [p for p in PATH.findall(line) if p not in GENERATED]
                    wrong += [f"{path}:{number}: there is no {other}" for other in names
                              if not os.path.exists(os.path.join(root, other))]
    return wrong


if __name__ == "__main__":
    complaints = check(sys.argv[1])
    print("\n".join(complaints) or "every file that is named is there")
    sys.exit(1 if complaints else 0)
