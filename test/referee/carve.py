#!/usr/bin/env python3
"""carve.py OUTDIR PREFIX PATH... - find compiled BPF objects in files and folders, and inside other binaries, where
skeletons embed them. Each becomes OUTDIR/PREFIX<file>[@offset].o; prints: name <- file @offset size."""
import hashlib
import os
import struct
import sys

EM_BPF, ET_REL, SHT_NULL, SHT_NOBITS = 247, 1, 0, 8


def elf_size(data, at):
    """The length of the BPF object at `at`, or 0: it ends with its section headers or its last section."""
    if len(data) - at < 64 or data[at + 4] != 2 or data[at + 5] not in (1, 2) or data[at + 6] != 1:
        return 0
    order = "<" if data[at + 5] == 1 else ">"
    kind, machine = struct.unpack_from(order + "HH", data, at + 16)
    if machine != EM_BPF or kind != ET_REL:
        return 0
    (headers,) = struct.unpack_from(order + "Q", data, at + 40)
    header_size, _, _, entry_size, count, names = struct.unpack_from(order + "6H", data, at + 52)
    if header_size != 64 or entry_size != 64 or not count or names >= count:
        return 0
    end = headers + count * 64
    if at + end > len(data):
        return 0
    for section in range(at + headers, at + headers + count * 64, 64):
        (kind,) = struct.unpack_from(order + "I", data, section + 4)
        offset, size = struct.unpack_from(order + "QQ", data, section + 24)
        if kind in (SHT_NULL, SHT_NOBITS):
            continue
        if at + offset + size > len(data):
            return 0
        end = max(end, offset + size)
    return end


def carve(path, out, prefix, seen):
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return
    at = data.find(b"\x7fELF")
    while at >= 0:
        size = elf_size(data, at)
        found = data[at:at + size]
        digest = hashlib.sha256(found).digest()
        if size and digest not in seen:
            seen.add(digest)
            base = os.path.basename(path).removesuffix(".o")
            name = f"{prefix}{base}{'' if at == 0 else '@%x' % at}.o"
            with open(os.path.join(out, name), "wb") as file:
                file.write(found)
            print(name, "<-", path, f"@{at}", size)
        at = data.find(b"\x7fELF", at + 1)


def files_below(path):
    if not os.path.isdir(path):
        return [path]
    found = (os.path.join(root, name) for root, _, names in os.walk(path) for name in names)
    return [file for file in found if not os.path.islink(file)]


def main():
    out, prefix, *paths = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    seen = set()
    for path in paths:
        for file in files_below(path):
            carve(file, out, prefix, seen)


main()
