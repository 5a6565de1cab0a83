#!/usr/bin/env bash
# Install Debian's packages for the tests that need DPDK, where this user may install any; with `aarch64`, those for the
# tests of applications built for Arm, and make the sysroot that they are built against. Never fails: tests that lack
# something say so and are skipped. WEFT_NO_PACKAGES=1 leaves the machine as it is.
set -uo pipefail
cd "$(dirname "$0")/.."

sysroot=${WEFT_ARM64_SYSROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/weft/arm64}

if [ "${1:-}" = aarch64 ]; then
    what="applications for Arm"
    packages=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user pkg-config)
    is_there() { command -v aarch64-linux-gnu-gcc && command -v qemu-aarch64 && command -v pkg-config; }
else
    what=DPDK
    packages=(dpdk libdpdk-dev meson ninja-build pkg-config)
    is_there() { pkg-config --exists libdpdk && command -v meson && command -v ninja; }
fi

skip() {
    echo "packages: $1: the tests on $what are skipped" >&2
    exit 0
}

install() {
    "${sudo[@]}" timeout 120 apt-get update -qq &&
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive timeout 600 \
            apt-get install -qq -y --no-install-recommends "${packages[@]}"
}

install_packages() {
    command -v apt-get > /dev/null || skip "no apt-get here"
    sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2> /dev/null || skip "only root may install ${packages[*]}"
        sudo=(sudo -n)
    fi
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    echo "packages: installing ${packages[*]}" >&2
    install > "$log" 2>&1 < /dev/null || { tail -n 3 "$log" >&2; skip "they could not be installed"; }
}

has_sysroot() { [ "$what" = DPDK ] || [ -f "$sysroot/sysroot.ini" ]; }

is_there > /dev/null 2>&1 && has_sysroot && exit 0
[ -z "${WEFT_NO_PACKAGES:-}" ] || skip "WEFT_NO_PACKAGES is set"
is_there > /dev/null 2>&1 || install_packages
has_sysroot || timeout 600 sh backends/bluefield/cross/sysroot.sh "$sysroot" || skip "no sysroot"
