#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clang-tidy on the headers, by what .clang-tidy says: on all of them, and on programs that make classes of their templates.
# What several of these find in a header is said once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
export work
trap 'rm -rf "$work"' EXIT

# Included, for only headers are looked at.
for source in examples/tcplens/{report_by_evidence,zeek,series}.cpp; do
    printf '#include "%s" // NOLINT(bugprone-suspicious-include)\n' "$PWD/$source" > "$work/$(basename "$source")"
done
find include/tcplens -name '*.hpp' -printf '#include <tcplens/%P>\n' | LC_ALL=C sort > "$work/all_headers.cpp"

tidy() {
    # --config-file: the sources that are made lie elsewhere
    clang-tidy-14 --quiet --config-file=.clang-tidy "$1" -- -std=c++20 -Iinclude > "$work/$(basename "$1").log" 2>&1
}
export -f tidy
failed=0
printf '%s\n' "$work"/*.cpp | xargs -n 1 -P "$(nproc)" bash -c 'tidy "$1"' tidy || failed=1

# The same header goes by several paths: a/../b is b.
sed -E "s#^$PWD/##; s#^(include[^:]*/)[^/:]+/\.\./#\1#; s#^(include[^:]*/)[^/:]+/\.\./#\1#" "$work"/*.log |
    awk '/(warning|error|note): /{ told = seen[$0]++ } !told' | grep -v '^[0-9]* warnings\? generated' || true
exit $failed
