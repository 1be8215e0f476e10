// SPDX-License-Identifier: MIT
// Written by tests/docs/make_forward.py.
#pragma once

// Declarations of the public types, for headers that only name them. Not here: templates with constraints, which cannot be declared
// without their concepts, and aliases of these such as connection_table.

#include <cstdint>

namespace tcplens::inline v1 {

enum class anomaly_category : std::uint8_t;
enum class capture_error_code : std::uint8_t;
enum class capture_format : std::uint8_t;
enum class checksum_state : std::uint8_t;
enum class close_reason : std::uint8_t;
enum class direction : std::uint8_t;
enum class end_reason : std::uint8_t;
enum class ether_type : std::uint16_t;
enum class evidence_set : std::uint16_t;
enum class full_policy : std::uint8_t;
enum class handshake_state : std::uint8_t;
enum class idle_class : std::uint8_t;
enum class ip_protocol : std::uint8_t;
enum class irregularity : std::uint8_t;
enum class join_doubt : std::uint8_t;
enum class link_type : std::uint32_t;
enum class observation_category : std::uint8_t;
enum class observation_kind : std::uint8_t;
enum class observer_hooks : std::uint16_t;
enum class opening_outcome : std::uint8_t;
enum class packet_outcome : std::uint8_t;
enum class restore_error_code : std::uint8_t;
enum class role_basis : std::uint8_t;
enum class rule_hooks : std::uint16_t;
enum class side : std::uint8_t;
enum class tunnel_set : std::uint32_t;
enum class verdict_kinds : std::uint32_t;
enum class zeek_conn_state : std::uint8_t;

class address;
class archive_reader;
class archive_writer;
template <class File>
class basic_capture_file;
template <class Memory>
class basic_evidence_rules;
class closing_observer;
class connection_irregularities;
class connection_joiner;
class content_irregularity_observer;
class decoder;
class evidence_rules;
class file_stream;
class hash_key;
class irregularity_observer;
class memory_source;
class observation_accumulator;
class opening_observer;
class option_list;
class output_file;
class packet_options;
class repeated_sequence_rules;
class skew_observer;
template <class Sink>
class stream_observer;
class time_observer;
class time_series;
class time_series_observer;
class undecoded_counts;
class wireshark_round_trips;
class wireshark_rules;
class zeek_observer;
class zeek_rules;

struct abnormal_termination;
struct anomaly_options;
struct anomaly_pattern;
struct anomaly_report;
struct anomaly_statistics;
template <class Item>
struct bounded_list;
struct byte_stream;
struct capture_error;
struct capture_interface;
struct capture_limits;
struct capture_section;
struct connection;
struct connection_closing;
struct connection_counters;
struct connection_filter;
struct connection_name;
struct connection_opening;
struct connection_page;
struct connection_retransmissions;
struct connections_report;
struct decode_options;
struct decode_result;
struct decode_statistics;
struct direction_profile;
struct direction_profiles;
struct direction_skew;
struct direction_statistics;
struct duration_histogram;
struct duration_statistics;
struct endpoint;
struct flag_counts;
struct handshake_completion;
struct icmp_notice;
struct idle_timeouts;
struct join_options;
struct joined_connection;
struct notable_observation;
struct observation;
struct observation_options;
struct observation_report;
struct observer_input;
struct packet;
struct packet_retransmission;
template <class Value>
struct per_side;
struct protocol_id;
struct reassembly_options;
struct reassembly_statistics;
struct restore_error;
struct retransmission_report;
struct round_trip_statistics;
struct rst_directional_asymmetry;
struct rule_input;
struct sack_block;
struct segment;
struct segment_filter;
struct sequence_number;
struct series_error;
struct server_filter;
struct server_list;
struct skipped_parts;
struct syn_response_imbalance;
struct table_options;
struct tcp_flags;
struct tcp_options;
struct tcp_timestamps;
struct time_attribution;
struct time_series_options;
struct timeline_report;
struct traffic_flow_report;
struct verdict;
struct write_error;
struct zeek_history;
struct zeek_options;
struct zeek_record;

using capture_file = basic_capture_file<file_stream>;

} // namespace tcplens::inline v1
