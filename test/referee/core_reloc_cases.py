#!/usr/bin/env python3
"""core_reloc_cases.py CORE_RELOC_C - the case list of the kernel's prog_tests/core_reloc.c as TSV:
category, case, object, target BTF ("-": the running kernel's), program, expected (ok|fail).

The list is written with one macro per category; this knows the macros' shape instead of running a C compiler."""
import re
import sys

# The first argument of X_CASE(...) says the category; the program's name is its lower-case form.
CATEGORIES = ["FLAVORS", "NESTING", "ARRAYS", "PRIMITIVES", "MODS", "PTR_AS_ARR", "INTS", "SIZE", "TYPE_BASED", "TYPE_ID",
              "ENUMVAL", "ENUM64VAL"]
CASE = re.compile(
    r'MODULES_CASE\("(?P<module>\w+)", "(?P<module_prog>\w+)"'
    r'|BITFIELDS(?P<bits_fail>_ERR)?_CASE\((?P<bits>\w+)'
    r'|(?P<category>\w+?)(?P<fail>_ERR)?_CASE\((?P<name>\w+)'
    r'|FIELD_EXISTS_CASE_COMMON\((?P<exists>\w+)\)'
    r'|\.case_name = "(?P<plain>\w+)"')


def rows(source):
    table = source[source.index("static const struct core_reloc_test_case test_cases[]"):]
    table = re.sub(r"/\*.*?\*/", "", table[:table.index("\n};")], flags=re.S)
    for case in CASE.finditer(table):
        if case["module"]:
            yield "module", case["module"], "test_core_reloc_module", "-", case["module_prog"], "ok"
        elif case["bits"]:
            outcome = "fail" if case["bits_fail"] else "ok"
            for kind, prog in (("probed", "test_core_bitfields"), ("direct", "test_core_bitfields_direct")):
                yield ("bitfields", f"{kind}:{case['bits']}", f"test_core_reloc_bitfields_{kind}",
                       f"btf__core_reloc_{case['bits']}", prog, outcome)
        elif case["category"]:
            category = case["category"].lower()
            if case["category"] not in CATEGORIES:
                sys.exit(f"core_reloc_cases.py: unknown category {case['category']}")
            yield (category, case["name"], f"test_core_reloc_{category}", f"btf__core_reloc_{case['name']}",
                   f"test_core_{category}", "fail" if case["fail"] else "ok")
        elif case["exists"]:
            yield ("existence", case["exists"], "test_core_reloc_existence", f"btf__core_reloc_{case['exists']}",
                   "test_core_existence", "ok")
        else:
            name = case["plain"]
            target = "-" if name == "kernel" else f"btf__core_reloc_{name}"
            yield name, name, f"test_core_reloc_{name}", target, f"test_core_{name}", "ok"


with open(sys.argv[1], encoding="utf-8") as file:
    for row in rows(file.read()):
        print("\t".join(row))
