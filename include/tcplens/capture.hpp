// SPDX-License-Identifier: MIT
#pragma once

// files, streams, memory -> packets. One more include: capture/file/capture_series.hpp, for several files.
#include "base/timestamp.hpp"
#include "capture/capture_error.hpp"
#include "capture/capture_format.hpp"
#include "capture/capture_interface.hpp"
#include "capture/capture_section.hpp"
#include "capture/file/capture_file.hpp"
#include "capture/file/capture_reader.hpp"
#include "capture/limits.hpp"
#include "capture/link_type.hpp"
#include "capture/packet.hpp"
#include "capture/packet_options.hpp"
#include "capture/pcapng_options.hpp"
#include "capture/skipped_parts.hpp"
#include "capture/source/byte_source.hpp"
#include "capture/source/file_stream.hpp"
#include "capture/source/memory_source.hpp"
#include "capture/source/stream_source.hpp"
