// SPDX-License-Identifier: MIT
#include "watch_metrics.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <initializer_list>
#include <utility>

namespace program::watching {

namespace {

/// A number as both formats have it: never with an exponent, and always with a decimal, as few as tell it from others.
std::string number(double value) {
    std::array<char, 400> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
    std::string text(digits.data(), end.ptr);
    return text.find('.') == std::string::npos ? text + ".0" : text;
}
std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string label(std::string_view name, std::string_view value) {
    return std::string{name}.append("=\"").append(value).append("\"");
}

class metrics_writer {
public:
    explicit metrics_writer(metrics_format format) : format_(format) {}

    /// Begins a counter. `name` has no prefix and no _total.
    void counter(std::string_view name, std::string_view help) {
        name_ = std::string{name} + "_total";
        describe(format_ == metrics_format::prometheus ? name_ : std::string{name}, "counter", help);
    }
    void gauge(std::string_view name, std::string_view help) {
        name_ = name;
        describe(name_, "gauge", help);
    }
    void histogram(std::string_view name, std::string_view help) {
        name_ = name;
        describe(name_, "histogram", help);
    }
    template <class Number>
    void value(Number of, std::string_view labels = {}) {
        sample("", labels, number(of));
    }
    void value(const round_trip_histogram& of, std::string_view labels) {
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < of.counts.size(); ++i) {
            below += of.counts[i];
            const bool is_last = i == of.bounds_us.size();
            const std::string bound = is_last ? "+Inf" : number(static_cast<double>(of.bounds_us[i]) / 1e6);
            sample("_bucket", std::string{labels} + "," + label("le", bound), number(below));
        }
        sample("_sum", labels, number(std::chrono::duration<double>{of.sum}.count()));
        sample("_count", labels, number(of.count));
    }

    [[nodiscard]] std::string finish() {
        if (format_ == metrics_format::openmetrics) text_ += "# EOF\n";
        return std::move(text_);
    }

private:
    static constexpr std::string_view prefix = "tcplens_";

    void describe(std::string_view family, std::string_view type, std::string_view help) {
        text_.append("# HELP ").append(prefix).append(family).append(" ").append(help).append("\n# TYPE ");
        text_.append(prefix).append(family).append(" ").append(type).append("\n");
    }
    void sample(std::string_view suffix, std::string_view labels, const std::string& value) {
        text_.append(prefix).append(name_).append(suffix);
        if (!labels.empty()) text_.append("{").append(labels).append("}");
        text_.append(" ").append(value).append("\n");
    }

    metrics_format format_;
    std::string name_{};
    std::string text_{};
};

constexpr std::array<tcplens::direction, 2> directions{tcplens::direction::client_to_server,
                                                       tcplens::direction::server_to_client};

void write_segments(metrics_writer& out, const segment_totals& of) {
    out.counter("segments", "TCP segments that were followed.");
    out.value(of.segments());
    const auto by_direction = [&](auto member) {
        for (const tcplens::direction each : directions) {
            out.value(of.sent[static_cast<std::size_t>(each)].*member, label("direction", to_string(each)));
        }
    };
    out.counter("direction_segments", "TCP segments that were followed, by who sent them.");
    by_direction(&traffic_totals::segments);
    out.counter("wire_bytes", "Bytes of the packets of these segments on the wire, link layer included.");
    by_direction(&traffic_totals::wire_bytes);
    out.counter("payload_bytes", "Bytes of TCP data, retransmitted data included.");
    by_direction(&traffic_totals::payload_bytes);

    out.counter("retransmissions", "Segments that were sent again; each is of one kind.");
    for (std::size_t i = 0; i < of.again.size(); ++i) out.value(of.again[i], label("kind", resend_kind_names[i]));
    out.counter("verdicts", "What segments were, beyond data or acknowledgments in order; a segment can be several.");
    for (std::size_t bit = 0; bit < of.verdicts.size(); ++bit) {
        const auto kind = static_cast<tcplens::verdict_kinds>(std::uint32_t{1} << bit);
        out.value(of.verdicts[bit], label("verdict", to_string(kind)));
    }
    out.histogram("round_trip_seconds", "Round trips from the capture to an end and back, from segments and their "
                                        "acknowledgments; end is who acknowledged.");
    out.value(of.round_trips[0], label("end", "server"));
    out.value(of.round_trips[1], label("end", "client"));
}

void write_connections(metrics_writer& out, const metric_values& of) {
    out.gauge("connections_open", "Connections that are followed now.");
    out.value(of.connections.open);
    out.gauge("connections_limit", "How many connections are followed at most.");
    out.value(std::uint64_t{of.most_connections});
    out.counter("connections_begun", "Connections that began.");
    out.value(of.connections.begun);
    out.counter("connections_ended", "Connections that ended; evicted: to make room for another.");
    for (std::size_t i = 0; i < of.connections.ended_by.size(); ++i) {
        out.value(of.connections.ended_by[i], label("reason", to_string(static_cast<tcplens::end_reason>(i))));
    }
    out.counter("segments_refused", "Segments that belong to no connection, for there was no room for another one.");
    out.value(of.connections.refused);
    out.counter("handshakes", "Handshakes that were completed, and those of connections that ended without one.");
    out.value(of.segments.handshakes_completed, label("result", "completed"));
    out.value(of.segments.handshakes_failed, label("result", "failed"));
    out.counter("observations", "What deserved a look, by kind.");
    for (std::size_t i = 0; i < of.observations.size(); ++i) {
        out.value(of.observations[i], label("kind", to_string(static_cast<tcplens::observation_kind>(i))));
    }
}

void write_packets(metrics_writer& out, const metric_values& of) {
    const tcplens::decode_statistics& packets = of.packets;
    out.counter("packets", "Packets that were captured, by what they were.");
    for (const auto& [outcome, count] : std::initializer_list<std::pair<std::string_view, std::uint64_t>>{
             {"tcp", packets.tcp},
             {"not_tcp", packets.not_tcp},
             {"fragment", packets.fragments},
             {"truncated", packets.truncated},
             {"malformed", packets.malformed},
             {"unsupported_link", packets.unsupported_link}}) {
        out.value(count, label("outcome", outcome));
    }
    out.counter("kernel_packets_received", "Packets that the kernel had for the capture, those it dropped included.");
    out.value(of.kernel.received);
    out.counter("kernel_packets_dropped", "Packets that the kernel dropped, for there was no room in its buffer.");
    out.value(of.kernel.dropped);
}

void write_process(metrics_writer& out, const metric_values& of) {
    out.gauge("interface_up", "1 if the interface is there and up, else 0.");
    out.value(std::uint64_t{of.interface_up});
    out.counter("interface_returns", "How often the interface went away and came back.");
    out.value(of.interface_returns);
    out.gauge("start_time_seconds", "When watching began, in seconds since 1970.");
    out.value(std::chrono::duration<double>{of.begun.time_since_epoch()}.count());
    if (of.resident_bytes == 0) return;
    out.gauge("resident_memory_bytes", "Memory of the program that is not swapped out.");
    out.value(of.resident_bytes);
}

} // namespace

std::string metrics_text(const metric_values& of, metrics_format format) {
    metrics_writer out{format};
    write_segments(out, of.segments);
    write_connections(out, of);
    write_packets(out, of);
    write_process(out, of);
    return out.finish();
}

std::string_view content_type(metrics_format format) noexcept {
    return format == metrics_format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                                 : "text/plain; version=0.0.4; charset=utf-8";
}

} // namespace program::watching
