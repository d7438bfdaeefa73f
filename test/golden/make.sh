#!/bin/sh
# Compiles the objects of the golden tests. What the generator makes of them: npx vitest run test/generator/golden.test.ts -u
# vmlinux.h is this kernel's. Debug information of the guide's is taken out, half a megabyte of the kernel's.
set -eu
cd "$(dirname "$0")"
headers=$(mktemp -d)
trap 'rm -r "$headers"' EXIT
node ../../node_modules/tsx/dist/cli.mjs ../../src/cli/main.ts vmlinux -o "$headers/vmlinux.h"
for source in *.bpf.c; do
    ${CLANG:-clang-19} -g -O2 -Wall --target=bpf -mcpu=v3 -fdebug-prefix-map="$PWD=." -fdebug-prefix-map="$headers=." \
        -fdebug-compilation-dir=. -I "$headers" -idirafter "/usr/include/$(uname -m)-linux-gnu" -c "$source" -o "${source%.c}.o"
    case $source in guide*) ${STRIP:-llvm-strip-19} -g "${source%.c}.o" ;; esac
done
