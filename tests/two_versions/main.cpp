// SPDX-License-Identifier: MIT
// Two versions of tcplens in one program: their types are two, and their answers are one.
#include "answer.hpp"

#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const version_answer one = answer_of_this_version(argv[1]);
    const version_answer other = answer_of_next_version(argv[1]);
    std::cout << one.major << ": " << one.table_type << '\n'
              << other.major << ": " << other.table_type << '\n'
              << one.text;
    if (other.major != one.major + 1 || one.table_type == other.table_type) {
        std::cerr << "Both translation units have the same version.\n";
        return 1;
    }
    if (one.text.empty() || one.text != other.text) {
        std::cerr << "The answers differ. The other one:\n" << other.text;
        return 1;
    }
    return 0;
}
