// SPDX-License-Identifier: MIT
#pragma once

#include "analysis.hpp"
#include "capture.hpp"
#include "connection.hpp"
#include "version.hpp"
#include "wire.hpp"
