#!/bin/bash
# vmlinux-h.sh [BTF] - write examples/vmlinux.h: all types of a kernel, as the examples include them. Not committed.
#
# BTF is a raw BTF file or a vmlinux; the running kernel's by default.
set -euo pipefail
root=$(readlink -f "$(dirname "$(readlink -f "$0")")/..")
out=$root/examples/vmlinux.h
node "$root/node_modules/tsx/dist/cli.mjs" "$root/src/cli/main.ts" vmlinux ${1:+--btf "$1"} -o "$out"
echo "$out: $(wc -l <"$out") lines"
