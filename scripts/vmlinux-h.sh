#!/bin/bash
# vmlinux-h.sh [BTF] - write examples/vmlinux.h: all types of a kernel, as the examples include them. Not committed.
#
# BTF is a raw BTF file or a vmlinux; the running kernel's by default. Needs bpftool.
set -euo pipefail
btf=${1:-/sys/kernel/btf/vmlinux}
out=$(dirname "$(readlink -f "$0")")/../examples/vmlinux.h
bpftool btf dump file "$btf" format c >"$out.new"
mv "$out.new" "$out"
echo "$(readlink -f "$out"): $(wc -l <"$out") lines"
