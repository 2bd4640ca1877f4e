#!/usr/bin/python3
"""Reads a JUnit report with junitparser, a public consumer, and prints as JSON what that consumer saw.

The test beside it compares this with what the kit meant. Nothing here knows the kit: totals are taken twice,
as the report declares them and as junitparser counts the cases itself.

usage: read_junit.py REPORT.xml
"""

import json
import sys

try:
    from junitparser import JUnitXml
except ModuleNotFoundError:
    sys.exit("junitparser is not installed, so no public consumer can read the report: apt-get install python3-junitparser")


def totals(node, names=("tests", "failures", "errors", "skipped")):
    return {name: getattr(node, name) for name in names}


def outcome(case):
    results = [{"kind": type(result).__name__, "type": result.type, "message": result.message, "text": result.text}
               for result in case.result]
    return {"name": case.name, "classname": case.classname, "results": results, "output": case.system_out}


def main(path):
    report = JUnitXml.fromfile(path)
    # junitparser recounts the whole report as soon as it is asked for a total that is not declared. So only
    # those are asked for here that are: the root has no "skipped", and the time of a killed run is unknown.
    seen = {"declared": totals(report, ("tests", "failures", "errors")), "suites": []}
    for suite in report:
        seen["suites"].append({
            "name": suite.name,
            "declared": totals(suite),
            "properties": [[one.name, one.value] for one in suite.properties()],
            "cases": [outcome(case) for case in suite],
        })
    seen["time"] = report.time
    report.update_statistics()
    seen["counted"] = totals(report)
    for suite, entry in zip(report, seen["suites"]):
        entry["counted"] = totals(suite)
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: read_junit.py REPORT.xml")
    main(sys.argv[1])
