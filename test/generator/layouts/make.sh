#!/bin/sh
# Compiles layouts.bpf.c for both byte orders. The source itself: npx vitest run test/generator/layout.test.ts -u
set -eu
cd "$(dirname "$0")"
for order in el eb; do
    ${CLANG:-clang-19} -g -O2 -w --target=bpf$order -fdebug-compilation-dir=. -c layouts.bpf.c -o "layouts-$order.bpf.o"
    ${LLVM_STRIP:-llvm-strip-19} -g "layouts-$order.bpf.o"
done
