#!/usr/bin/env bash
# Install Debian's packages for the tests that need DPDK, where this user may install any. Never fails: tests that lack
# something say so and are skipped. WEFT_NO_PACKAGES=1 leaves the machine as it is.
set -uo pipefail
packages=(dpdk libdpdk-dev meson ninja-build pkg-config)

is_there() {
    pkg-config --exists libdpdk && command -v meson && command -v ninja
} > /dev/null 2>&1

skip() {
    echo "packages: $1: the tests on DPDK are skipped" >&2
    exit 0
}

is_there && exit 0
[ -z "${WEFT_NO_PACKAGES:-}" ] || skip "WEFT_NO_PACKAGES is set"
command -v apt-get > /dev/null || skip "no apt-get here"
sudo=()
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2> /dev/null || skip "only root may install ${packages[*]}"
    sudo=(sudo -n)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    "${sudo[@]}" timeout 120 apt-get update -qq &&
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive timeout 600 \
            apt-get install -qq -y --no-install-recommends "${packages[@]}"
}
echo "packages: installing ${packages[*]}" >&2
install > "$log" 2>&1 < /dev/null || { tail -n 3 "$log" >&2; skip "they could not be installed"; }
