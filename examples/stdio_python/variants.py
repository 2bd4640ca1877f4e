#!/usr/bin/env python3
"""hypervisor.py with other habits: variants.py NAME. The first are as right as it is, the others wrong."""
import sys

import hypervisor
from hypervisor import H_BUSY, H_PARAMETER, Partition

H_REMOVE, H_READ, H_PROTECT = 0x04, 0x0c, 0x18
hcall, result = Partition.hcall, hypervisor.result


def undeclared(method, params):
    """Says nothing of the sizes of its tables."""
    found = result(method, params)
    if method == "describe":
        found["statement"] = {"resize": "enabled", "pages": ["12/12", "16/16"]}
    return found


def busy_reader(self, token, args):
    """Every fifth H_READ meets a busy resource."""
    if token == H_READ:
        self.reads = getattr(self, "reads", 0) + 1
        if self.reads % 5 == 0:
            return H_BUSY, []
    return hcall(self, token, args)


def busy_remover(self, token, args):
    """Wrong: what it says it was too busy to read it has removed."""
    status, out = busy_reader(self, token, args)
    if status == H_BUSY and token == H_READ:
        self.table.pop(args[1], None)
    return status, out


def removes_within_less(self, token, args):
    """Wrong: H_REMOVE and H_PROTECT hold the table for a quarter as large as H_READ does."""
    if token in (H_REMOVE, H_PROTECT) and args[1] >= 1 << self.shift - 6:
        return H_PARAMETER, []
    return hcall(self, token, args)


def parameter_at_times(self, token, args):
    """Wrong: at times H_REMOVE says H_PARAMETER of a PTEX that lies within the table."""
    if token == H_REMOVE and args[1] & 7 == 2:
        return H_PARAMETER, []
    return hcall(self, token, args)


VARIANTS = {
    "undeclared": (undeclared, hcall),
    "busy_reader": (result, busy_reader),
    "busy_remover": (result, busy_remover),
    "undeclared_removes_within_less": (undeclared, removes_within_less),
    "undeclared_parameter_at_times": (undeclared, parameter_at_times),
}
hypervisor.result, Partition.hcall = VARIANTS[sys.argv[1]]
hypervisor.serve()
