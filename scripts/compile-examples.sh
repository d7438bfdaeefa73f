#!/bin/bash
# compile-examples.sh [-o DIR] [OBJECT...] - compile the committed .bpf.o files again, from the .bpf.c beside them.
#
# Without OBJECT: all of test/objects/, and of the examples the two that tests read with clang's own debug info in them; the
# others are built with core-gen itself, npm run build:examples. With -o they are written to DIR and the committed ones are left
# alone. A name's middle says how an object is made: records.dwarf4.eb.bpf.o is records.bpf.c with DWARF 4 for a
# big-endian machine. To add one, name it. Needs clang-19 and llvm-19 (the output depends on the version), libbpf-dev,
# and for the examples the vmlinux.h that vmlinux-h.sh makes.
set -euo pipefail
root=$(readlink -f "$(dirname "$(readlink -f "$0")")/..")
into=
if [ "${1:-}" = -o ]; then into=$(readlink -f "${2:?-o needs a folder}"); shift 2; fi

compile() { # OBJECT
  local object=$1 dir name base variants variant source strip= output
  dir=$(dirname "$(readlink -f "$object")")
  name=$(basename "$object" .bpf.o)
  base=${name%%.*}
  source=$base.bpf.c
  output=${into:-$dir}/$(basename "$object")
  # No path of this checkout in the object: it would differ from machine to machine.
  # asm/types.h is where only this machine's own compiler looks.
  local target=bpf flags=(-g -O2 "-fdebug-prefix-map=$dir=." -idirafter "/usr/include/$(uname -m)-linux-gnu")
  case $dir in "$root"/examples/*) flags+=(-I.. -D__TARGET_ARCH_x86 -D__user=) ;; esac
  IFS=. read -ra variants <<<"${name#"$base"}"
  for variant in "${variants[@]}"; do
    case $variant in
      '') ;;
      dwarf*) flags+=("-gdwarf-${variant#dwarf}") ;;
      eb) target=bpfeb ;;
      stripped) strip=1 ;;
      *) flags+=("-D$(tr a-z- A-Z_ <<<"$variant")") ;;
    esac
  done
  (
    cd "$dir"
    # There is no linker that keeps debug info: a source of two halves is joined as bitcode.
    if grep -q '^#ifdef SECOND' "$source"; then
      clang-19 --target="$target" "${flags[@]}" -DSECOND -emit-llvm -c "$source" -o "$tmp/second.bc"
      flags+=(-Xclang -mlink-bitcode-file -Xclang "$tmp/second.bc")
    fi
    clang-19 --target="$target" "${flags[@]}" -c "$source" -o "$tmp/object.o"
    [ -z "$strip" ] || llvm-strip-19 -g "$tmp/object.o"
  )
  mv "$tmp/object.o" "$output"
  echo "$output"
}

[ $# -gt 0 ] || set -- "$root"/examples/{execsnoop,opencount}/*.bpf.o "$root"/test/objects/*.bpf.o
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
for object in "$@"; do compile "$object"; done
