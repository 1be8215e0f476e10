#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds all fuzz targets as OSS-Fuzz does: with its compiler and flags (CXX, CXXFLAGS), its engine (LIB_FUZZING_ENGINE), the checkout in
# $SRC/tcplens, and what is made in $OUT: a program for each target, and its first inputs as NAME_seed_corpus.zip. FUZZ_TARGETS, a list of
# names, restricts it.
set -eu
cd "$SRC/tcplens/tests/fuzz"
for source in fuzz_*.cpp; do
    name=${source%.cpp}
    [[ " ${FUZZ_TARGETS:-$name} " == *" $name "* ]] || continue
    sources=("$source")
    [[ $name != fuzz_command_line ]] ||
        for part in command_line moment packet_choice pcap_filter text; do sources+=("$SRC/tcplens/examples/tcplens/$part.cpp"); done
    # shellcheck disable=SC2086 # several flags
    $CXX ${CXXFLAGS:-} -std=c++20 -I"$SRC/tcplens/include" "${sources[@]}" -o "$OUT/$name" $LIB_FUZZING_ENGINE
    (cd "corpus/$name" && zip -q -r "$OUT/${name}_seed_corpus.zip" .)
    printf '[libfuzzer]\ntimeout = 10\n' > "$OUT/$name.options"
done
