# SPDX-License-Identifier: MIT
import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class TcplensTest(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeToolchain", "CMakeDeps"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            capture = os.path.join(self.recipe_folder, "..", "..", "..", "tests", "data", "handshake.pcap")
            self.run(f'"{os.path.join(self.cpp.build.bindir, "consumer")}" "{capture}"', env="conanrun")
