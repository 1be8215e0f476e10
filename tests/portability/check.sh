#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles tcplens, without making programs of it, as others do: for Windows, with libc++, after their macros. One line a check;
# those that fail say why. A compiler that is missing is skipped, but not where CI is true.
#
# Debian 12 has them in: g++, g++-mingw-w64-x86-64-posix, clang-16, clang-19. Of libc++-16-dev and libc++-19-dev only one can be
# installed. Headers are all that is needed of them, so they are also looked for where this puts them, for 16 and for 19:
#     mkdir -p build/libc++ && cd build/libc++ && apt-get download libc++-16-dev && dpkg-deb -x libc++-16-dev_*.deb .
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compiler_of TOOLCHAIN: the compiler with what makes it that toolchain, one word a line; nothing if it is missing.
compiler_of() {
    local compiler headers
    case $1 in
    g++) compiler=g++ ;;
    mingw) compiler=x86_64-w64-mingw32-g++-posix ;;
    libc++-*) compiler=clang++-${1#libc++-} ;;
    esac
    command -v "$compiler" > /dev/null || return 0
    if [[ $1 != libc++-* ]]; then
        echo "$compiler"
        return
    fi
    for headers in {,build/libc++}/usr/lib/llvm-"${1#libc++-}"/include/c++/v1; do
        if [[ -e $headers/vector ]]; then
            printf '%s\n' "$compiler" -nostdinc++ -isystem "$headers"
            return
        fi
    done
}
export -f compiler_of

# check TOOLCHAIN SOURCE
check() {
    local command
    readarray -t command < <(compiler_of "$1")
    if [[ ${#command[@]} == 0 ]]; then
        echo "$1: $(basename "$2"): skipped, there is no such compiler, or no such library"
        [[ ${CI:-} != true ]]
        return
    fi
    local output
    if output=$("${command[@]}" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow \
        -Werror -Iinclude "$2" 2>&1); then
        echo "$1: $(basename "$2"): good"
    else
        printf '%s: %s: FAILED\n%s\n' "$1" "$(basename "$2")" "$output"
        return 1
    fi
}
export -f check

headers() { find include/tcplens -name '*.hpp' -printf '#include <tcplens/%P>\n' | LC_ALL=C sort; }
standard_headers() { # those that this library has: g++ 12 has no <format>
    grep -rhoE '^#include <[a-z0-9_]+>' include/tcplens | LC_ALL=C sort -u |
        sed -E 's/^#include (<.*>)$/#if __has_include(\1)\n#include \1\n#endif/'
}
# What windows.h defines, which others define too, or what would be worse.
names=(min max near far small interface)
macros() {
    cat << 'END'
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define small char
#define interface struct
END
}
not_defined() {
    for name in "${names[@]}"; do printf '#ifdef %s\n#error tcplens defines %s\n#endif\n' "$name" "$name"; done
}
windows() { printf '#include <%s>\n' winsock2.h windows.h; }

headers > "$work/all_headers.cpp"
{ macros; headers; } > "$work/macros_before_all.cpp"
{ standard_headers; macros; headers; } > "$work/macros_before_tcplens.cpp"
{ headers; not_defined; } > "$work/no_macros_of_windows.cpp"
{ windows; headers; } > "$work/windows_before.cpp"
{ headers; windows; } > "$work/windows_after.cpp"

{
    for toolchain in g++ mingw libc++-16 libc++-19; do
        for source in "$work"/{all_headers,macros_before_all,macros_before_tcplens,no_macros_of_windows}.cpp \
            examples/{shortest,own_bytes,own_rules,stop_and_resume,two_tables_joined}.cpp; do
            [[ $toolchain:$source == g++:examples/* ]] || echo "$toolchain $source" # g++ builds those anyway
        done
    done
    for source in "$work"/windows_{before,after}.cpp; do echo "mingw $source"; done
    echo libc++-19 tests/portability/formatting.cpp # which has std::format
} | xargs -n 2 -P "$(nproc)" bash -c 'check "$1" "$2"' check
