# SPDX-License-Identifier: MIT
# Try it, in the checkout: conan create packaging/conan -s compiler.cppstd=20
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout

required_conan_version = ">=2.0"


class Tcplens(ConanFile):
    name = "tcplens"
    description = "Follows the TCP connections of packet captures"
    license = "MIT"
    topics = ("tcp", "pcap", "pcapng", "network", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True

    @property
    def _checkout(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        version = load(self, os.path.join(self._checkout, "include", "tcplens", "version.hpp"))
        self.version = ".".join(re.findall(r"#define TCPLENS_VERSION_\w+ (\d+)", version))
        self.version += re.search(r'#define TCPLENS_VERSION_SUFFIX "(.*)"', version)[1]

    def export_sources(self):
        copy(self, "LICENSE", self._checkout, self.export_sources_folder)
        copy(self, "include/*", self._checkout, self.export_sources_folder)

    def layout(self):
        basic_layout(self)

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
