#!/usr/bin/env python3
"""A small hypervisor that hptck certifies: hptck certify --adapter stdio -- python3 hypervisor.py
The table maps PTEX to (doubleword 0, doubleword 1). Preparation ends when time passes or it is asked for."""
import json
import sys

H_SUCCESS, H_BUSY, H_CLOSED, H_LONG_BUSY_ORDER_1_MSEC = 0, 1, 2, 9900
H_FUNCTION, H_PARAMETER, H_PTEG_FULL, H_NOT_FOUND, H_AUTHORITY, H_RESOURCE = -2, -4, -6, -7, -10, -16
VALID, SECONDARY, LARGE, BOLTED = 0x1, 0x2, 0x4, 0x10
EXACT, READ_4, AVPN, ANDCOND = 1 << 39, 1 << 37, 1 << 31, 1 << 30
INITIAL_SHIFT, MAX_SHIFT = 24, 30


def low_bits(count):
    return (1 << count) - 1


def rehash(high, ptex, shift):
    """Where the entry at ptex belongs in a table of this shift. It lacks the virtual address below bit 23;
    the low bits of the hash are those of its group, complemented for a secondary entry."""
    flip = -1 if high & SECONDARY else 0
    missing, terabyte = 23 - (16 if high & LARGE else 12), high >> 62 == 1
    vsid, offset = divmod((high & low_bits(62)) >> 7, 1 << ((40 if terabyte else 28) - 23))
    hashed = vsid ^ (vsid << 25 if terabyte else 0) ^ offset << missing
    hashed = hashed & ~low_bits(missing) | (ptex >> 3 ^ flip) & low_bits(missing)
    return ((hashed ^ flip) & low_bits(shift - 7)) << 3 | ptex & 7


class Partition:
    def __init__(self, may_resize):
        self.may_resize, self.table, self.shift = may_resize, {}, INITIAL_SHIFT
        self.pending, self.ready = 0, True  # shift of the Pending HPT, or 0; whether preparation has ended

    def holds(self, ptex, avpn=0, by_avpn=False, by_andcond=False):
        high = self.table.get(ptex, (0, 0))[0]
        return high & VALID and not (by_avpn and high & ~0x7f != avpn) and not (by_andcond and high & avpn)

    def prepare(self, flags, shift):
        if not self.may_resize:
            return H_AUTHORITY
        if self.pending and flags == 0 and shift == self.pending:
            ready, self.ready = self.ready, True
            return H_SUCCESS if ready else H_LONG_BUSY_ORDER_1_MSEC
        self.pending = 0
        if flags or shift != 0 and not 18 <= shift <= 46:
            return H_PARAMETER
        if shift > MAX_SHIFT:
            return H_RESOURCE
        self.pending, self.ready = shift, False
        return H_LONG_BUSY_ORDER_1_MSEC if shift else H_SUCCESS

    def commit(self, flags, shift):
        if not self.may_resize:
            return H_AUTHORITY
        if not self.pending or flags or shift != self.pending:
            return H_CLOSED
        if not self.ready:
            return H_BUSY
        self.pending, table = 0, {}
        for ptex, (high, low) in sorted(self.table.items()):
            if high & VALID and high & BOLTED:  # others may be lost
                place = rehash(high, ptex, shift)
                if place in table and shift < self.shift:
                    return H_PTEG_FULL
                table.setdefault(place, (high, low))
        self.table, self.shift = table, shift
        return H_SUCCESS

    def enter(self, flags, ptex, high, low):
        if high >> 62 > 1 or high & LARGE and low >> 12 & 0xf != 1:  # pages of 4 KiB and 64 KiB only
            return H_PARAMETER, []
        for slot in [ptex] if flags & EXACT else range(ptex & ~7, (ptex | 7) + 1):
            if not self.holds(slot):
                self.table[slot] = high & ~0x60, low
                return H_SUCCESS, [slot]
        return H_PTEG_FULL, []

    def bulk_remove(self, out):
        for i in range(0, 8, 2):
            kind, ptex = out[i] >> 62, out[i] & low_bits(56)
            by_andcond, by_avpn = out[i] >> 56 & 1, out[i] >> 57 & 1
            if kind != 1:
                return H_SUCCESS if kind == 3 else H_PARAMETER
            out[i] = out[i] & low_bits(58) | 2 << 62
            if by_avpn and by_andcond or ptex >= 1 << self.shift - 4:
                out[i] |= 2 << 60
                return H_PARAMETER
            found = self.holds(ptex, out[i + 1], by_avpn, by_andcond)
            out[i] |= (self.table.pop(ptex)[1] & 0x180) << 51 if found else 1 << 60
        return H_SUCCESS

    def hcall(self, token, args):
        flags, ptex, avpn, low = args[:4]
        if token in (0x36c, 0x370):
            resize = self.prepare if token == 0x36c else self.commit
            return resize(flags, (ptex & 0xffffffff ^ 0x80000000) - 0x80000000), []  # a signed word
        if token == 0x124:
            return self.bulk_remove(args), args[:8]
        if token not in (0x04, 0x08, 0x0c, 0x18) or ptex >= 1 << self.shift - 4:
            return H_PARAMETER if token in (0x04, 0x08, 0x0c, 0x18) else H_FUNCTION, []
        if token == 0x08:
            return self.enter(flags, ptex, avpn, low)
        if token == 0x0c:
            slots = range(ptex & ~3, (ptex | 3) + 1) if flags & READ_4 else [ptex]
            return H_SUCCESS, [word for slot in slots for word in self.table.get(slot, (0, 0))]
        if not self.holds(ptex, avpn, flags & AVPN, token == 0x04 and flags & ANDCOND):
            return H_NOT_FOUND, []
        high, low = self.table.pop(ptex)
        if token == 0x18:
            self.table[ptex] = high, low & ~0x107 | flags & 7
        return H_SUCCESS, [high, low] if token == 0x04 else []


partition = Partition(True)


def result(method, params):
    """What the method results in; nothing where it is not supported."""
    global partition
    if method == "hcall":
        args = [int(arg, 16) for arg in params.get("args", [])]
        status, out = partition.hcall(int(params["token"], 16), args + [0] * (9 - len(args)))
        return {"status": hex(status & low_bits(64)), "out": [hex(word) for word in out]}
    if method == "describe":
        return {"name": "example in Python", "version": "1",
                "abilities": ["reset", "forbid_resize", "advance_time"],
                "statement": {"resize": "enabled", "initial_shift": INITIAL_SHIFT, "max_shift": MAX_SHIFT,
                              "pages": ["12/12", "16/16"]}}
    if method == "restart":
        partition = Partition(params.get("may_resize", True))
    elif params.get("name") == "reset":
        partition = Partition(partition.may_resize)
    elif params.get("name") == "advance_time":
        partition.ready = True
    elif method != "shutdown":
        return None
    return {}


def answer(request):
    found = result(request["method"], request.get("params", {}))
    error = {"error": {"code": -32601, "message": "not supported"}}
    return {"jsonrpc": "2.0", "id": request["id"]} | ({"result": found} if found is not None else error)


def serve():
    for message in map(json.loads, sys.stdin):
        array = isinstance(message, list)
        print(json.dumps([answer(part) for part in message] if array else answer(message)), flush=True)


if __name__ == "__main__":
    serve()
