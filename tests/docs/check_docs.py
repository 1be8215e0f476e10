#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks README.md, CONTRIBUTING.md and docs/: compiles the C++ blocks, runs the shell blocks, compares outputs, follows links; and the
sizes of types on docs/observers.md.

A comment in the line before a block says how it is checked. Without one:

    ```cpp      is compiled after #include <tcplens/tcplens.hpp>: as the body of a function, or at namespace scope if it defines a
                function or a template. A body can use `capture`, `table` and `packet` without defining them.
    ```sh       is run in a copy of the checkout, in which build/release is the folder given by --build
    ```         without a language is an error: use text for pictures, and a comment for outputs

The comments:

    <!-- cpp: CODE -->            CODE, such as a declaration or an #include, stands before the block
    <!-- cpp continues -->        the block goes on where the C++ block before it on the page ended
    <!-- file: PATH -->           the block is a part of this file, which is compiled elsewhere
    <!-- recipe … -->             tests/recipes compiles it
    <!-- not run: REASON -->      the shell block is not run
    <!-- output: COMMAND -->      the block is what COMMAND prints on standard output; a line … stands for any lines

Exits with 77 where there is nothing to compile with.
"""

import argparse
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Block:
    def __init__(self, page, line, language, mark, text):
        self.page, self.line, self.language, self.mark, self.text = page, line, language, mark, text

    @property
    def place(self):
        return f"{self.page}:{self.line}"


def read_blocks(page, text, problems):
    """The fenced blocks of a page, each with the comment in the line before it."""
    blocks, opening, body, mark = [], None, [], ""
    in_list, before_blank = False, True
    for number, line in enumerate(text.splitlines(), 1):
        if opening is None:
            fence = re.fullmatch(r"( *)```([A-Za-z+]*)", line)
            if fence:
                opening, body = (number + 1, fence[2]), []
                continue
            comment = re.fullmatch(r" *<!-- (.*) -->", line)
            mark = comment[1] if comment else ""
            in_list = bool(re.match(r" *([-*]|\d+\.) ", line)) or (in_list and (not line.strip() or line.startswith(" ")))
            if line.startswith("    ") and before_blank and not in_list:
                problems.append(f"{page}:{number}: an indented block: fence it, so that it is checked")
            before_blank = not line.strip()
        elif line.strip() == "```":
            blocks.append(Block(page, *opening, mark, "\n".join(body) + "\n"))
            opening, mark = None, ""
        else:
            body.append(line)
    if opening is not None:
        problems.append(f"{page}:{opening[0]}: the block has no end")
    return blocks


def anchors(text):
    """The names of a page's headings, as GitHub makes them."""
    found, fenced = set(), False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        heading = None if fenced else re.match(r"#+ (.*)", line)
        if heading:
            name = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "")
            found.add(re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-"))
    return found


def check_links(pages, problems):
    for page, text in pages.items():
        prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (ROOT / page).parent / path if path else ROOT / page
            if not file.exists():
                problems.append(f"{page}: the link {target} leads nowhere")
            elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
                problems.append(f"{page}: the link {target} leads to no heading")


def is_namespace_scope(code):
    """Whether a block defines what cannot stand in a function."""
    for line in code.splitlines():
        if re.match(r"(template\b|namespace\b|inline\b|#define\b)", line):
            return True
        if re.match(r"(?!(if|for|while|switch|else|do|return)\b)[\w:<>,&*\[\] ]+ [*&]?\w+\(.*", line) and "{" in code \
                and re.search(r"^" + re.escape(line.split("(")[0]) + r"\([^;]*\)[ \w]*\{", code, re.M):
            return True
    return False


def compile_blocks(blocks, compiler, folder, problems):
    """Compiles all C++ blocks as one source, each in a namespace of its own."""
    scopes = []  # of each: place, includes, code
    for block in blocks:
        lines = block.text.splitlines()
        if block.mark.startswith("cpp: "):
            lines.insert(0, block.mark.removeprefix("cpp: "))
            first_line = block.line - 1
        else:
            first_line = block.line
        includes = [line for line in lines if line.startswith("#include")]
        code = f'#line {first_line} "{block.page}"\n' + "\n".join("" if line in includes else line for line in lines) + "\n"
        if block.mark == "cpp continues" and scopes and scopes[-1][0] == block.page:
            scopes[-1][1].extend(includes)
            scopes[-1][2] += code
        else:
            scopes.append([block.page, includes, code])
    source = ["#include <tcplens/tcplens.hpp>", "#include <cstddef>", "#include <iostream>", "#include <string>", "#include <vector>"]
    source += sorted({include for _, includes, _ in scopes for include in includes})
    source.append("namespace names_without_definition { extern tcplens::capture_file capture; extern tcplens::connection_table table;"
                  " extern tcplens::packet packet; }")
    for index, (_, _, code) in enumerate(scopes):
        source.append(f"namespace block_{index} {{")
        if is_namespace_scope(re.sub(r"^#line.*\n", "", code, flags=re.M)):
            source.append(code)
        else:
            source.append(f"using namespace names_without_definition;\n[[maybe_unused]] int body() {{\n{code}\nreturn 0;\n}}")
        source.append("}")
    file = folder / "blocks.cpp"
    file.write_text("\n".join(source) + "\n")
    result = subprocess.run([*compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused", "-Wno-return-type", "-Werror",
                             f"-I{ROOT / 'include'}", str(file)], capture_output=True, text=True)
    if result.returncode != 0:
        problems.append(f"C++ blocks do not compile:\n{result.stderr}")
    print(f"{len(blocks)} C++ blocks compiled")


def size_checks(page, text):
    """A block that compares the sizes on docs/observers.md with those of the types, which it tells for x86-64 and libstdc++."""
    includes, sizes = ["detailed/detailed_connection_table.hpp"], []
    for name, header, facts, state in re.findall(r"^\| \[`(\w+)`\]\S+ \| `(\S+)` \|.* \| ([\d,]+) \+ ([\d,]+)[ ,]", text, re.M):
        includes.append(header)
        observer = name + ("<sink>" if name == "stream_observer" else "")
        sizes += [(f"{observer}::facts", facts), (f"{observer}::connection_state", state)]
    sizes += re.findall(r"`((?:detailed_)?connection)`(?: alone)? is ([\d,]+)", text)
    code = [f"#include <tcplens/connection/{header}>" for header in includes]
    code += ["struct sink {};", "#if defined(__x86_64__) && defined(__GLIBCXX__)"]
    code += [f"static_assert(sizeof(tcplens::{what}) == {size.replace(',', '')});" for what, size in sizes]
    return Block(page, 1, "cpp", "", "\n".join([*code, "#endif"]) + "\n")


class Checkout:
    """A folder that looks like the checkout, with links to what is in it, in which commands may leave files."""

    def __init__(self, folder, build):
        self.folder, self.build = folder, build
        for entry in ROOT.iterdir():
            if entry.name not in ("build", ".git"):
                (folder / entry.name).symlink_to(entry)
        (folder / "build").mkdir()
        if build:
            (folder / "build/release").symlink_to(build.resolve())

    def lacks_programs(self, command):
        """The built programs that a command names and that were not built."""
        named = re.findall(r"build/release/[\w/]+", command)
        return [name for name in named if not (self.folder / name).exists()]

    def run(self, command):
        return subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=self.folder, capture_output=True, text=True,
                              timeout=300)


def check_run(block, checkout, problems):
    missing = checkout.lacks_programs(block.text)
    if missing:
        print(f"{block.place}: skipped, {missing[0]} was not built")
        return
    result = checkout.run(block.text)
    if result.returncode != 0:
        problems.append(f"{block.place}: exit status {result.returncode}\n{result.stdout}{result.stderr}")


def check_output(block, checkout, problems):
    command = block.mark.removeprefix("output: ")
    missing = checkout.lacks_programs(command)
    if missing:
        print(f"{block.place}: skipped, {missing[0]} was not built")
        return
    result = checkout.run(command)
    wanted = "".join(r"(?:.*\n)*" if line.strip() in ("…", "...") else re.escape(line) + "\n" for line in block.text.splitlines())
    if not re.fullmatch(wanted, result.stdout):
        problems.append(f"{block.place}: `{command}` prints (exit status {result.returncode}):\n{result.stdout}{result.stderr}")


def main():
    parser = argparse.ArgumentParser(description="Checks the blocks and links of the documentation.")
    parser.add_argument("--cxx", default="c++", help="the compiler, with options if need be")
    parser.add_argument("--build", type=pathlib.Path, help="a build folder, for the shell blocks and outputs")
    parser.add_argument("pages", nargs="*", help="only these, relative to the checkout")
    given = parser.parse_args()
    compiler = shlex.split(given.cxx)
    if not shutil.which(compiler[0]):
        print(f"There is no {compiler[0]}.")
        return 77

    names = given.pages or ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "packaging/README.md",
                            *sorted(str(file.relative_to(ROOT)) for file in (ROOT / "docs").rglob("*.md"))]
    pages = {name: (ROOT / name).read_text() for name in names}
    problems = []
    check_links(pages, problems)

    to_compile = []
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        (folder / "checkout").mkdir()
        checkout = Checkout(folder / "checkout", given.build)
        for page, text in pages.items():
            for block in read_blocks(page, text, problems):
                if block.mark.startswith("recipe"):
                    continue
                if block.mark.startswith("file: "):
                    if block.text not in (ROOT / block.mark.removeprefix("file: ")).read_text():
                        problems.append(f"{block.place}: not a part of {block.mark.removeprefix('file: ')}")
                elif block.mark.startswith("output: "):
                    if given.build:
                        check_output(block, checkout, problems)
                elif block.language == "cpp":
                    to_compile.append(block)
                elif block.language == "sh":
                    if given.build and not re.match(r"not run: \S", block.mark):
                        check_run(block, checkout, problems)
                elif block.language == "":
                    problems.append(f"{block.place}: a block without a language")
            if page == "docs/observers.md":
                to_compile.append(size_checks(page, text))
        compile_blocks(to_compile, compiler, folder, problems)

    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
