#!/bin/sh
# sh sysroot.sh DIR [PACKAGE...]
#
# Makes DIR a sysroot for arm64: DPDK's headers and libraries, the C library and all that they need, of this machine's
# release of Debian. PACKAGEs come as well. DIR/sysroot.ini tells meson of it. Where DIR is such a sysroot already,
# nothing is done.
#
# apt fetches the packages and checks their signatures, with lists and a cache of its own that are gone afterwards.
# Nothing is installed, the architectures and lists of this machine stay as they are, and root is not needed.
#
# WEFT_APT_SOURCES=FILE: take the packages from the sources in FILE (.list or .sources), not from those of this machine.
set -eu

fail() {
    printf 'sysroot: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf 'help: %s\n' "$2" >&2
    exit 1
}

is_there() { [ -f "$sysroot/sysroot.ini" ]; }

apt() {
    apt-get -qq -y "$@" > "$scratch/log" 2>&1 < /dev/null && return
    grep '^[EW]:' "$scratch/log" >&2 || tail -n 12 "$scratch/log" >&2
    return 1
}

case "${1:-}" in
    '' | -*) fail "give the folder to make: sh $0 DIR" ;;
esac
sysroot=$(realpath -m -- "$1")
shift
is_there && exit 0
if [ -e "$sysroot" ] && [ -n "$(ls -A "$sysroot")" ]; then
    fail "$sysroot is there, and is no sysroot that this made" "give another name; nothing was changed"
fi
case "$sysroot" in
    *[\'\"\\[:space:]]*)
        fail "$sysroot: no name for apt, meson and pkg-config" "do without quotes, backslashes and spaces"
        ;;
esac
for tool in apt-get dpkg-deb; do
    command -v "$tool" > /dev/null || fail "$tool is not on this machine" \
        "this needs Debian or Ubuntu; elsewhere, copy /usr, /lib and /opt/mellanox from the Arm machine"
done
mkdir -p "$(dirname "$sysroot")" || fail "$(dirname "$sysroot") cannot be made"
scratch=$(mktemp -d "$sysroot.XXXXXX") || fail "$(dirname "$sysroot") cannot be written to"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# --- apt, which knows no package of this machine, and none but arm64's

mkdir -p "$scratch/state/lists/partial" "$scratch/cache/archives/partial" "$scratch/root"
: > "$scratch/status"
export APT_CONFIG="$scratch/apt.conf"
cat > "$APT_CONFIG" <<END
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "root"; // only root may choose another, and that one could not read the scratch folder
Dir::State "$scratch/state";
Dir::State::status "$scratch/status";
Dir::Cache "$scratch/cache";
Debug::NoLocking "true";
END
if [ -n "${WEFT_APT_SOURCES:-}" ]; then
    [ -r "$WEFT_APT_SOURCES" ] || fail "WEFT_APT_SOURCES: $WEFT_APT_SOURCES cannot be read"
    cat >> "$APT_CONFIG" <<END
Dir::Etc::sourcelist "$(realpath -- "$WEFT_APT_SOURCES")";
Dir::Etc::sourceparts "-";
END
fi
sources="the sources of this machine have to offer arm64 (Ubuntu's do not: ports.ubuntu.com/ubuntu-ports does); \
WEFT_APT_SOURCES=FILE names others"

echo "sysroot: looking for packages" >&2
apt update || fail "the lists of packages cannot be had" "$sources"
echo "sysroot: fetching libdpdk-dev and what it needs" >&2
apt install --download-only --no-install-recommends libdpdk-dev libc6-dev "$@" ||
    fail "the packages cannot be had" "$sources"

# --- unpacking

set -- "$scratch"/cache/archives/*.deb
[ -e "$1" ] || fail "apt has copied no package" "in the sources, write copy: for file:"
for package in "$@"; do
    dpkg-deb -x "$package" "$scratch/root" || fail "$(basename "$package") cannot be unpacked"
done
root=$scratch/root
# Some packages have their files in /lib, others in /usr/lib; installed, both are the same folder.
for name in bin lib sbin; do
    if [ -d "$root/$name" ] && [ ! -L "$root/$name" ]; then
        mkdir -p "$root/usr/$name"
        cp -a "$root/$name/." "$root/usr/$name"
        rm -rf "${root:?}/$name"
    fi
    ln -sfn "usr/$name" "$root/$name"
done
# What points to /lib/... means this folder's.
find "$root" -type l -lname '/*' | while IFS= read -r link; do
    ln -sfnr "$root$(readlink "$link")" "$link"
done
cat > "$root/sysroot.ini" <<END
# For meson, beside cross/aarch64.ini of a compiled application.
[constants]
sysroot = '$sysroot'
END
chmod 755 "$root"
mv -T "$root" "$sysroot" || is_there || fail "$sysroot cannot be made" # somebody else may have been faster
echo "sysroot: $# packages in $sysroot" >&2
