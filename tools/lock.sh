#!/usr/bin/env bash
# Write requirements/*.txt anew from pyproject.toml: the newest versions that it allows, for every Python and
# platform that it allows, each file with its hash. `run.txt` is the library with its extras; `dev.txt` adds the
# development tools. Run by `make lock`, whenever a dependency changes.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
workspace=$(mktemp -d)
trap 'rm -rf "$workspace"' EXIT
"$python" -m venv "$workspace/venv"
"$workspace/venv/bin/pip" install --quiet uv==0.13.8

lock() {
    local target=$1
    shift
    # Neither an index nor a path may reach the files: they have to mean the same on every machine.
    UV_CUSTOM_COMPILE_COMMAND="make lock" UV_NO_CONFIG=1 "$workspace/venv/bin/uv" pip compile pyproject.toml \
        --quiet --upgrade --universal --python-version 3.11 --generate-hashes --all-extras \
        --no-emit-index-url --no-emit-find-links --output-file "$target" "$@" > "$workspace/log" || {
        cat "$workspace/log" >&2
        return 1
    }
}

lock requirements/run.txt
lock requirements/dev.txt --group dev --constraints requirements/run.txt
