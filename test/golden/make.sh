#!/bin/sh
# Compiles the objects of the golden tests. What the generator makes of them: npx vitest run test/generator/golden.test.ts -u
set -eu
cd "$(dirname "$0")"
for source in *.bpf.c; do
    ${CLANG:-clang-19} -g -O2 -Wall --target=bpf -mcpu=v3 -fdebug-prefix-map="$PWD=." -fdebug-compilation-dir=. \
        -idirafter "/usr/include/$(uname -m)-linux-gnu" -c "$source" -o "${source%.c}.o"
done
