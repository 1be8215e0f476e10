// SPDX-License-Identifier: MIT
#pragma once

// packet -> segment: link layers, IP, tunnels, TCP and its options
#include "wire/decode.hpp"
#include "wire/decoder.hpp"
