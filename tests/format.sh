#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whether every source is formatted as clang-format 14 (Debian 12) does it by .clang-format. Its own --dry-run complains of the comment
# at the end of each inline namespace, which it then leaves as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
check() {
    local failed=0
    for file in "$@"; do clang-format-14 "$file" | diff -u "$file" - || failed=1; done
    return $failed
}
export -f check
find include tests examples bench -name '*.[ch]pp' -print0 | xargs -0 -n 40 -P "$(nproc)" bash -c 'check "$@"' check
