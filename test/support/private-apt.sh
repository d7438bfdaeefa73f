# private-apt.sh - to be sourced: Debian packages of any suite and architecture, without installing anything.
#
#   use_suite SUITE ARCH      choose where packages come from
#   private TOOL ARG...       apt-get or apt-cache, as if this machine were of that suite and architecture
#   download DIR PACKAGE...   the .deb files of the packages, into DIR
#
# apt runs on a state of its own, kept in ${XDG_CACHE_HOME:-~/.cache}/core-gen-apt: the machine's own apt configuration is
# neither used nor touched. The mirror is the one that apt has here, unless DEBIAN_MIRROR names another.

apt_state=

use_suite() {
  local suite=$1 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  apt_arch=$2
  [ -r "$keyring" ] || { echo "$keyring is missing: apt-get install debian-archive-keyring" >&2; return 1; }
  mirror=${DEBIAN_MIRROR:-$(apt-get --print-uris update 2>/dev/null | sed -nE "0,\|^'([^']+/debian)/dists/.*|s||\1|p")}
  [ -n "$mirror" ] || { echo "apt knows no Debian mirror here: set DEBIAN_MIRROR" >&2; return 1; }
  apt_state=${XDG_CACHE_HOME:-$HOME/.cache}/core-gen-apt/$suite-$apt_arch
  mkdir -p "$apt_state"/{lists,archives}/partial "$apt_state/none"
  : >>"$apt_state/status"
  echo "deb [signed-by=$keyring] ${mirror%/} $suite main" >"$apt_state/sources.list"
  if [ -z "$(find "$apt_state/lists" -maxdepth 1 -name '*Packages*' -mmin -720)" ]; then refresh_lists; fi
}

# A mirror in the middle of a sync can miss one index: only whether the package is found counts.
refresh_lists() { private apt-get update >&2 || true; }

private() {
  local tool=$1; shift
  "$tool" -qq -o Dir::State="$apt_state" -o Dir::State::status="$apt_state/status" -o Dir::Cache="$apt_state" \
    -o Dir::Etc::sourcelist="$apt_state/sources.list" -o Dir::Etc::sourceparts="$apt_state/none" \
    -o Dir::Etc::preferencesparts="$apt_state/none" -o APT::Architecture="$apt_arch" -o APT::Architectures="$apt_arch" \
    -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# Lists may be half a day old, and sid moves on: one refresh when a package is no longer there.
download() {
  local dir=$1; shift
  (cd "$dir" && private apt-get download "$@" >&2) && return
  refresh_lists
  (cd "$dir" && private apt-get download "$@" >&2)
}
