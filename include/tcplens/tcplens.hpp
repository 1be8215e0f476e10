// SPDX-License-Identifier: MIT
#pragma once

// What a program needs that reads a capture, follows its connections and asks the four questions.
#include "analysis.hpp"
#include "capture.hpp"
#include "connection.hpp"
#include "version.hpp"
#include "wire.hpp"
