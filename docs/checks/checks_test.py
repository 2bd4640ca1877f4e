#!/usr/bin/env python3
"""A check that cannot fail is worth nothing: each check of this folder is shown sources that it has to refuse."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import function_length  # noqa: E402
import layers  # noqa: E402
import paths  # noqa: E402
import places  # noqa: E402


def tree(files):
    root = tempfile.TemporaryDirectory()
    for path, text in files.items():
        path = os.path.join(root.name, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return root


class Layers(unittest.TestCase):
    def refused(self, path, line):
        choices = '#include "conformance/adapters/qemu/q.h"\n#include "conformance/adapters/stdio/s.h"\n'
        with tree({path: "\n" + line + "\n", "conformance/adapters/adapter_choices.cpp": choices}) as root:
            return [wrong for wrong in layers.check(root) if wrong.startswith(path + ":2:")]

    def test_an_include_that_points_up_is_refused(self):
        for path, header in (("spec/catalogue.h", "model/trace.h"),
                             ("model/resize/rows.h", "model/proofs/obligations.h"),
                             ("generators/plan.h", "conformance/adapters/adapter.h"),
                             ("conformance/record/journal.h", "conformance/campaign/campaign.h"),
                             ("conformance/adapters/qemu/qmp.h", "conformance/adapters/stdio/wire.h"),
                             ("reports/junit.cpp", "reports/command_line/version.h"),
                             ("conformance/campaign/campaign.cpp", "reports/junit.h")):
            self.assertEqual(len(self.refused(path, f'#include "{header}"')), 1, f"{path} includes {header}")

    def test_adapters_do_not_see_the_rules(self):
        path = "conformance/adapters/machines.h"
        self.assertTrue(self.refused(path, '#include "model/machines/judge.h"'))
        self.assertFalse(self.refused(path, '#include "model/machines/observation.h"'))

    def test_what_a_room_does_without_is_refused(self):
        self.assertTrue(self.refused("model/trace.cpp", "#include <chrono>"))
        self.assertTrue(self.refused("model/table/hashing.h", "#include <z3++.h>"))
        self.assertFalse(self.refused("model/proofs/world.h", "#include <z3++.h>"))

    def test_nothing_includes_a_test(self):
        self.assertTrue(self.refused("spec/catalogue.cpp", '#include "spec/catalogue_test.h"'))

    def test_a_file_belongs_somewhere(self):
        with tree({"conformance/elsewhere/new.h": ""}) as root:
            self.assertIn("conformance/elsewhere/new.h:1: belongs to no room of ROOMS in docs/checks/layers.py",
                          layers.check(root))


def body(lines):
    return "  step();\n" * lines


class FunctionLength(unittest.TestCase):
    def test_a_long_function_is_refused_wherever_it_stands(self):
        for head, end in (("void f() {\n", "}"), ("namespace a {\nnamespace {\nclass B {\n  int f(int x) const {\n", "}};}}"),
                          ("B::f(int a)\n    : a_(a), b_{a},\n      c_{1} {\n", "}"),
                          ("template <class T>\nauto f(T x) -> T {\n", "}"), ("TEST(S, f) {\n", "}"),
                          ('const char* braces() { return "{{{"; /* { */ }  // {\nint f() {\n', "}")):
            with tree({"spec/a.cpp": head + body(70) + end}) as root:
                wrong = function_length.check(root, {})
            self.assertEqual(len(wrong), 1, head)
            self.assertRegex(wrong[0], r"spec/a\.cpp:\d+: .*\bf has 7[0-9] lines, more than 70")

    def test_what_is_no_function_may_be_long(self):
        for head, end in (("constexpr int list[] = {\n", "};"), ("enum class E {\n", "};"), ("struct S {\n", "};"),
                          ("const auto list = make(1, {\n", "});")):
            with tree({"spec/a.cpp": head + "  1,\n" * 90 + end}) as root:
                self.assertEqual(function_length.check(root, {}), [], head)

    def test_an_exception_may_not_grow_and_not_outlive_its_need(self):
        with tree({"spec/a.cpp": "int f() {\n" + body(80) + "}\nint g() { return 1; }\n"}) as root:
            self.assertEqual(function_length.check(root, {("spec/a.cpp", "f"): 82}), [])
            self.assertEqual(len(function_length.check(root, {("spec/a.cpp", "f"): 81})), 1)
            self.assertEqual(len(function_length.check(root, {("spec/a.cpp", "f"): 82, ("spec/a.cpp", "g"): 75})), 1)


class Paths(unittest.TestCase):
    def test_a_file_that_is_not_there_is_named_with_the_place(self):
        with tree({"docs/a.md": "[here](a.md), [there](../spec/b.md#part)\n`model/gone.h`, <https://example.org/a.h>\n",
                   "spec/a.cpp": "// As docs/a.md says, and model/proofs/gone.cpp.\n"}) as root:
            self.assertEqual(sorted(paths.check(root)),
                             ["docs/a.md:1: there is no spec/b.md", "docs/a.md:2: there is no model/gone.h",
                              "spec/a.cpp:1: there is no model/proofs/gone.cpp"])


class Places(unittest.TestCase):
    lists = places.sections("# T\n\n## A clause: two places\n\n1. `spec/clauses.xml`: it.\n2. Its row, in\n"
                            "   `model/a.h` or `model/b/NAME/`.\n\n`spec/no_item.md`\n\n## Style\n\nText.\n")

    def test_the_places_are_those_of_the_numbered_list(self):
        self.assertEqual(self.lists, {"A clause: two places": [["spec/clauses.xml"], ["model/a.h", "model/b/NAME/"]],
                                      "Style": []})

    def test_a_patch_touches_every_place_and_no_other(self):
        def wrong(*touched):
            return places.wrong_places(self.lists["A clause: two places"], touched)
        self.assertEqual(wrong("spec/clauses.xml", "model/a.h"), [])
        self.assertEqual(wrong("spec/clauses.xml", "model/b/new/c.h", "model/b/new/d.h"), [])
        self.assertEqual(wrong("spec/clauses.xml"), ["touches nothing of model/a.h or model/b/NAME/"])
        self.assertEqual(wrong("spec/clauses.xml", "model/a.h", "model/verdict.cpp"),
                         ["touches model/verdict.cpp, which the list does not name"])


if __name__ == "__main__":
    unittest.main()
