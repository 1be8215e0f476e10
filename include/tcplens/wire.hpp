// SPDX-License-Identifier: MIT
#pragma once

// packet -> segment: link layers, IP, tunnels, TCP and its options
#include "wire/address.hpp"
#include "wire/checksum_state.hpp"
#include "wire/decode/decode.hpp"
#include "wire/decode/decoder.hpp"
#include "wire/decode_options.hpp"
#include "wire/decode_result.hpp"
#include "wire/decode_statistics.hpp"
#include "wire/endpoint.hpp"
#include "wire/icmp_notice.hpp"
#include "wire/packet_outcome.hpp"
#include "wire/protocol_id.hpp"
#include "wire/reassembly_options.hpp"
#include "wire/segment.hpp"
#include "wire/sequence_number.hpp"
#include "wire/tcp_flags.hpp"
#include "wire/tcp_options.hpp"
#include "wire/tunnel/udp_tunnels.hpp"
#include "wire/tunnel_ports.hpp"
#include "wire/tunnel_set.hpp"
#include "wire/udp_port_counts.hpp"
