#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Applies each recipe of docs/extending.md to a copy of the headers, and builds and runs its test.

A comment in the line before a C++ block says what the block is of which recipe:

    <!-- recipe NAME: new FILE -->             the whole of a new header
    <!-- recipe NAME: in FILE after LINE -->   comes behind that line
    <!-- recipe NAME: in FILE replace TEXT --> comes in the place of TEXT, which occurs once
    <!-- recipe NAME: test FILE -->            the test

A recipe must touch at most two files besides its test. Exits with 77 where there is nothing to compile with.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/extending.md"
MOST_FILES = 2


class RecipeError(Exception):
    pass


def read_recipes():
    """Of each recipe: its steps, as (what, file, argument, text)."""
    recipes = {}
    pattern = r"^<!-- recipe (\w+): (new|test|in) (\S+)(?: (after|replace) (.*?))? -->\n```cpp\n(.*?)^```$"
    for name, what, file, how, argument, text in re.findall(pattern, PAGE.read_text(), re.M | re.S):
        recipes.setdefault(name, []).append((how or what, file, argument, text))
    return recipes


def apply_step(folder, what, file, argument, text):
    path = folder / file
    if what in ("new", "test"):
        if path.exists():
            raise RecipeError(f"{file} exists already")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return
    old = path.read_text()
    wanted = argument + "\n" if what == "after" else argument
    if old.count(wanted) != 1:
        raise RecipeError(f"{file}: '{argument}' occurs {old.count(wanted)} times")
    path.write_text(old.replace(wanted, wanted + text if what == "after" else text.removesuffix("\n")))


def try_recipe(name, steps, compiler):
    """What is wrong with a recipe; nothing if it works."""
    touched = {file for what, file, _, _ in steps if what != "test"}
    tests = [file for what, file, _, _ in steps if what == "test"]
    if len(touched) > MOST_FILES or len(tests) != 1:
        return f"{name}: touches {len(touched)} files and has {len(tests)} tests"
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        shutil.copytree(ROOT / "include", folder / "include")
        shutil.copytree(ROOT / "tests/support", folder / "tests/support")
        try:
            for step in steps:
                apply_step(folder, *step)
        except (OSError, RecipeError) as error:
            return f"{name}: {error}"
        built = subprocess.run([*compiler, "-std=c++20", "-O0", "-Wall", "-Wextra", "-Werror", "-DDOCTEST_CONFIG_IMPLEMENT_WITH_MAIN",
                                "-Iinclude", tests[0], "-o", "recipe"], cwd=folder, capture_output=True, text=True)
        if built.returncode != 0:
            return f"{name}: does not compile\n{built.stderr}"
        ran = subprocess.run(["./recipe"], cwd=folder, capture_output=True, text=True)
        if ran.returncode != 0 or "test cases: 0 " in ran.stdout:
            return f"{name}: its test fails\n{ran.stdout}{ran.stderr}"
    return None


def main():
    parser = argparse.ArgumentParser(description="Applies the recipes of docs/extending.md, and runs their tests.")
    parser.add_argument("--cxx", default="c++", help="the compiler, with options if need be")
    parser.add_argument("recipes", nargs="*", help="only these")
    given = parser.parse_args()
    compiler = shlex.split(given.cxx)
    if not shutil.which(compiler[0]):
        print(f"There is no {compiler[0]}.")
        return 77

    recipes = read_recipes()
    marked = len(re.findall(r"^<!-- recipe ", PAGE.read_text(), re.M))
    if marked != sum(map(len, recipes.values())):
        print(f"{PAGE}: {marked} blocks are marked as parts of recipes, but {sum(map(len, recipes.values()))} can be read")
        return 1
    chosen = given.recipes or list(recipes)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = list(pool.map(lambda name: try_recipe(name, recipes[name], compiler), chosen))
    for name, problem in zip(chosen, problems):
        print(problem or f"{name}: good")
    return 1 if any(problems) else 0


if __name__ == "__main__":
    sys.exit(main())
