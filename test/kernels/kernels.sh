#!/bin/bash
# kernels.sh - fetch Debian kernels to test against, and the BTF each of them carries.
#
#   kernels.sh fetch 5.10|6.1|6.12|newest|KVER... [--arch amd64|arm64|s390x] [--refresh]
#   kernels.sh path  5.10|6.1|6.12|newest|KVER    [--arch ...]   print the kernel's folder
#   kernels.sh table                                             what is in the cache
#   kernels.sh qemu      on Debian 12 without KVM: fetch the backported, sound QEMU
#
# KVER is a full release such as 6.1.0-47-cloud-amd64 that its suite still carries.
# Result, below ${KERNELS_DIR:-${XDG_CACHE_HOME:-~/.cache}/test-kernels}:
#   ARCH/KVER/{vmlinuz,vmlinux,config,KVER.btf,info,lib/modules/KVER/}, ARCH/NAME -> KVER.
# For a foreign ARCH the modules are left out; vmlinux is there for amd64 only.
#
# Nothing is installed: see test/support/private-apt.sh for where packages come from.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
. "$here/../support/private-apt.sh"
cache=${KERNELS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/test-kernels}
native=$(dpkg --print-architecture)
tmp=

die() { echo "kernels.sh: $*" >&2; exit 1; }
usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//p}' "$0"; exit "${1:-0}"; }
trap '[ -z "$tmp" ] || rm -rf -- "$tmp"' EXIT
trap 'exit 130' INT TERM

suite_of() {
  case $1 in
    # Debian's index of trixie's s390x packages has been out of step with its own checksums for days: November 2026.
    6.12*) if [ "$arch" = s390x ]; then echo bookworm-backports; else echo trixie; fi ;;
    5.10*) echo bullseye ;;
    6.1 | 6.1.*) echo bookworm ;;
    newest | [7-9].*) echo sid ;;
    *) die "no suite known for kernel '$1'" ;;
  esac
}

# Where packages come from now, and an empty $tmp for what becomes of them.
begin() { # SUITE
  use_suite "$1" "$arch" || die "no packages of $1"
  [ -z "$tmp" ] || rm -rf -- "$tmp"
  tmp=$(mktemp -d)
  mkdir "$tmp"/{debs,root}
}

# Downloads the named packages and unpacks them to $tmp/root; sets deb (one of the files)
# and size (of them all).
unpack() {
  download "$tmp/debs" "$@" || die "download failed"
  size=0
  for deb in "$tmp"/debs/*.deb; do
    size=$((size + $(stat -c %s "$deb")))
    dpkg-deb -x "$deb" "$tmp/root"
  done
}

# The packages that make up the kernel below package $1: one up to trixie,
# linux-{base,binary,modules} from forky on.
parts_of() {
  local all
  all=$(private apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
    --no-breaks --no-replaces --no-enhances "$1" 2>/dev/null |
    grep -E '^linux-(image|base|binary|modules)-[0-9]') || return 1
  sed 's/:.*//' <<<"$all" | sort -u
}

fetch() { # NAME
  local name=$1 suite meta packages kver link dest size deb option key
  link=$cache/$arch/$name
  if [ -e "$link/info" ] && [ -z "$refresh" ]; then
    echo "$name: $(basename "$(readlink -f "$link")") (cached)"; return
  fi
  suite=$(suite_of "$name")
  case $name in
    *-*) meta=linux-image-$name ;;
    *) case $arch in
         amd64 | arm64) meta=linux-image-cloud-$arch ;; # a third of the generic one's size
         s390x) meta=linux-image-$arch ;;
         *) die "unsupported architecture '$arch'" ;;
       esac ;;
  esac

  begin "$suite"
  packages=$(parts_of "$meta") || die "$suite has no package $meta for $arch"
  unpack $packages

  # Old packages use /boot and /lib, new ones /usr/lib/modules/KVER only.
  local modules image config
  modules=$(find "$tmp/root" -type d -path '*/lib/modules/*' -prune | head -1)
  kver=${modules##*/}
  image=$(find "$tmp/root" -name 'vmlinuz*' | head -1)
  config=$(find "$tmp/root" -name "config*" \( -path '*/boot/*' -o -path '*/lib/modules/*' \) | head -1)
  [ -n "$kver" ] && [ -n "$image" ] && [ -n "$config" ] || die "$meta: unknown package layout"

  dest=$tmp/$kver
  mkdir "$dest"
  cp "$image" "$dest/vmlinuz"
  cp "$config" "$dest/config"
  {
    echo "version=$(dpkg-deb -f "$deb" Version)"
    echo "suite=$suite"
    echo "packages=$(paste -sd' ' <<<"$packages")"
    echo "download_bytes=$size"
    if grep -q ^CONFIG_DEBUG_INFO_BTF=y "$dest/config"; then
      "$here/extract-btf.py" "$dest/vmlinuz" "$dest/$kver.btf" "$dest/vmlinux" |
        { read -r bytes order types; printf 'btf_%s\n' "bytes=$bytes" "order=$order" "types=$types"; }
    else
      echo btf_bytes=0
    fi
    for option in KPROBES KPROBE_EVENTS UPROBE_EVENTS FTRACE_SYSCALLS BPF_EVENTS BPF_LSM \
      DEBUG_INFO_BTF_MODULES FUSE_FS VIRTIO_FS VIRTIO_PCI OVERLAY_FS NET_9P SCHED_CLASS_EXT; do
      key=$(sed -nE "s/^CONFIG_$option=(.*)/\1/p" "$dest/config")
      echo "$option=${key:-n}"
    done
    sed -nE 's/^CONFIG_(LSM=.*)/\1/p' "$dest/config"
  } >"$dest/info"
  if [ "$arch" = "$native" ]; then
    mkdir -p "$dest/lib/modules"
    mv "$modules" "$dest/lib/modules/"
    find "$dest/lib" \( -name 'vmlinuz*' -o -name System.map \) -delete
    depmod -b "$dest" "$kver"
  fi
  mkdir -p "$cache/$arch"
  rm -rf -- "${cache:?}/$arch/$kver"
  mv "$dest" "$cache/$arch/$kver"
  [ "$name" = "$kver" ] || ln -sfn "$kver" "$link"
  echo "$name: $kver"
}

# Under QEMU 7.2's emulation the guest panics now and then (8 of 44 runs of 6.12, cause
# not traced); the backport has the same dependencies as what bookworm installs.
fetch_qemu() {
  [ -z "$refresh" ] && [ -x "$cache/qemu/bin/qemu-system-x86_64" ] && return
  grep -q '^VERSION_CODENAME=bookworm$' /etc/os-release || die "for Debian 12 only"
  local size deb
  begin bookworm-backports
  unpack qemu-system-x86 qemu-system-data seabios
  rm -rf -- "$cache/qemu"
  mv "$tmp/root/usr" "$cache/qemu"
}

table() {
  local info
  printf '%-6s %-32s %-18s %-9s %8s %9s %-6s %-7s %s\n' \
    arch kernel version suite 'deb MB' 'BTF bytes' endian types 'KPROBES FTRACE_SYSCALLS BPF_LSM BPF_EVENTS FUSE/VIRTIO_FS OVERLAY_FS NET_9P'
  for info in "$cache"/*/*/info; do
    [ -e "$info" ] && [ ! -L "$(dirname "$info")" ] || continue
    (
      declare -A v=()
      while read -r pair; do v[${pair%%=*}]=${pair#*=}; done <"$info"
      kver=$(basename "$(dirname "$info")")
      printf '%-6s %-32s %-18s %-9s %8d %9d %-6s %-7s %s\n' \
        "$(basename "$(dirname "$(dirname "$info")")")" "$kver" "${v[version]}" "${v[suite]}" \
        $((v[download_bytes] / 1000000)) "${v[btf_bytes]}" "${v[btf_order]:--}" "${v[btf_types]:--}" \
        "${v[KPROBES]} ${v[FTRACE_SYSCALLS]} ${v[BPF_LSM]} ${v[BPF_EVENTS]} ${v[FUSE_FS]}/${v[VIRTIO_FS]} ${v[OVERLAY_FS]} ${v[NET_9P]}"
    )
  done
}

command=${1:-}; shift || usage 2
names=() arch=$native refresh=
while [ $# -gt 0 ]; do
  case $1 in
    --arch) arch=${2:?--arch needs a value}; shift ;;
    --refresh) refresh=1 ;;
    -*) usage 2 ;;
    *) names+=("$1") ;;
  esac
  shift
done
case $command in
  fetch)
    [ ${#names[@]} -gt 0 ] || usage 2
    mkdir -p "$cache"
    exec 9>"$cache/.lock"
    flock 9 # one fetch at a time
    for name in "${names[@]}"; do fetch "$name"; done ;;
  path)
    dir=$(readlink -f "$cache/$arch/${names[0]:?}")
    [ -e "$dir/info" ] || die "${names[0]} is not in the cache: kernels.sh fetch ${names[0]}"
    echo "$dir" ;;
  table) table ;;
  qemu) mkdir -p "$cache"; fetch_qemu ;;
  -h | --help) usage ;;
  *) usage 2 ;;
esac
