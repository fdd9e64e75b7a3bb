# Sourced by the scripts beside it: installs Debian packages, and only where something is missing.

# apt_install PACKAGE... : as root directly, else by sudo, else says what to do.
apt_install() {
    local as=()
    if ((EUID != 0)); then
        as=(sudo)
    fi
    if ! command -v apt-get >/dev/null || ! command -v "${as[@]:-true}" >/dev/null; then
        echo "missing: $*. Install these packages (Debian's names) and run this again." >&2
        exit 1
    fi
    echo "installing: $*" >&2
    "${as[@]}" apt-get update -qq </dev/null >&2
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" </dev/null >&2
}

# A C compiler with its headers: rustc links with it, and the SQLite that we carry is built by it.
need_c_compiler() {
    if ! cc -x c -fsyntax-only - <<<'#include <stdio.h>' 2>/dev/null; then
        apt_install gcc libc6-dev
    fi
}

need_cargo() {
    if ! command -v cargo >/dev/null; then
        echo "cargo is missing: install Rust 1.95 or later (https://rustup.rs) and run this again." >&2
        exit 1
    fi
}

# Chromium with its driver, and the script of axe-core, pinned by its hash: what the tests of the page look at it with. npm
# fetches that one file and runs nothing of it.
need_browser() {
    command -v chromium >/dev/null && command -v chromedriver >/dev/null || apt_install chromium chromium-driver
    local version=4.14.1 folder
    folder=target/axe-core-$version
    if [[ ! -f $folder/package/axe.min.js ]]; then
        command -v npm >/dev/null || apt_install npm
        mkdir -p "$folder"
        npm pack --silent --pack-destination "$folder" "axe-core@$version" >/dev/null
        sha256sum --quiet --check <<<"e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745  $folder/axe-core-$version.tgz"
        tar -xzf "$folder/axe-core-$version.tgz" -C "$folder" package/axe.min.js package/LICENSE
    fi
}

# python_tool PACKAGE VERSION : a program from PyPI with what it needs, in target/PACKAGE-VERSION/bin.
python_tool() {
    local venv=target/$1-$2
    if [[ ! -e $venv/installed ]]; then
        # Debian ships venv without ensurepip, apart from the interpreter.
        python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3 python3-venv
        python3 -m venv --clear "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check "$1==$2"
        touch "$venv/installed"
    fi
}
