// SPDX-License-Identifier: MIT
#pragma once

// packet -> segment: link layers, IP, TCP and its options
#include "wire/decode.hpp"
