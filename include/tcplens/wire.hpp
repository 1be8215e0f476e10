// SPDX-License-Identifier: MIT
#pragma once

// packet -> segment: link layers, IP, tunnels, TCP and its options
#include "wire/decode/decode.hpp"
#include "wire/decode/decoder.hpp"
