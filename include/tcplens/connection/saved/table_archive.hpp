// SPDX-License-Identifier: MIT
#pragma once

#include "../../archive/archive_error.hpp"
#include "../../archive/archive_reader.hpp"
#include "../../archive/archive_writer.hpp"
#include "../../archive/crc32c.hpp"
#include "../observers/connection_observer.hpp"
#include "../rules/segment_rules.hpp"
#include "../side.hpp"
#include "../table/basic_connection_table.hpp"
#include "../table/incarnations.hpp"
#include "../table/table_access.hpp"
#include "restore_error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail {

/// What can be archived: see archive_writer.
template <class Value>
concept archivable = std::is_aggregate_v<Value> || std::is_empty_v<Value> || has_archive_list<Value, archive_writer>;

template <class Rules>
concept savable_rules = has_hook<Rules, rule_hooks::saving> && archivable<Rules> &&
    (has_hook<Rules, rule_hooks::archive_connection> || archivable<typename Rules::connection_state>);
template <class Observer>
concept savable_observer = has_hook<Observer, observer_hooks::saving> && archivable<Observer> &&
    archivable<typename Observer::connection_state> && archivable<typename Observer::facts>;

/// A table as bytes: a header with checksums around the archive of its parts. See save() and restore().
class table_archive {
public:
    /// Changes with everything that an archive holds.
    static constexpr std::uint32_t format_version = 1;
    /// The first bytes of every saved table.
    static constexpr std::array<std::byte, 8> magic{std::byte{'t'}, std::byte{'c'}, std::byte{'p'}, std::byte{'l'},
                                                    std::byte{'e'}, std::byte{'n'}, std::byte{'s'}, std::byte{0x1a}};

    template <class Rules, class... Observers>
    [[nodiscard]] static std::vector<std::byte> save(const basic_connection_table<Rules, Observers...>& table) {
        archive_writer writer;
        writer(std::array<std::byte, header_size>{}); // until it is known
        // An archive_writer changes nothing in what it writes.
        archive_table(writer, const_cast<basic_connection_table<Rules, Observers...>&>(table), accept_all);

        std::vector<std::byte> whole = std::move(writer).written();
        const auto body = std::span{std::as_const(whole)}.subspan(header_size);
        archive_writer header;
        header(magic, format_version, std::uint64_t{body.size()}, crc32c(body));
        header(crc32c(header.written()));
        std::ranges::copy(header.written(), whole.begin());
        return whole;
    }

    template <class Rules, class... Observers>
    [[nodiscard]] static std::optional<restore_error> restore(basic_connection_table<Rules, Observers...>& table,
                                                              std::span<const std::byte> bytes,
                                                              std::size_t most_places) {
        if (table.statistics().packets > 0 || table.counters().begun > 0)
            return restore_error{.code = restore_error_code::table_in_use};
        if (const auto error = check_header(bytes)) return error;
        archive_reader reader{bytes.subspan(header_size), header_size};
        std::size_t too_many = 0;
        archive_table(reader, table, [&](std::size_t connections) {
            if (connections > most_places) too_many = connections;
            return too_many == 0;
        });
        reader.require(reader.left() == 0);
        if (!reader.error()) return std::nullopt;
        if (too_many == 0) return as_restore_error(*reader.error());
        return restore_error{.code = restore_error_code::too_many_connections,
                             .offset = reader.error()->offset,
                             .needed = too_many,
                             .available = most_places};
    }

    /// The magic, the version, the length of the body, its checksum, and that of the header.
    static constexpr std::size_t header_size = magic.size() + 4 + 8 + 4 + 4;

private:
    /// Whether the bytes are a whole saved table of this version, undamaged.
    [[nodiscard]] static std::optional<restore_error> check_header(std::span<const std::byte> bytes) {
        using enum restore_error_code;
        std::array<std::byte, magic.size()> begins{};
        std::uint32_t version = 0;
        std::uint64_t length = 0;
        std::uint32_t checksum = 0;
        std::uint32_t header_checksum = 0;
        archive_reader header{bytes.first((std::min)(bytes.size(), header_size))};
        header(begins, version, length, checksum);
        if (bytes.size() < magic.size() ? !std::ranges::equal(bytes, std::span{magic}.first(bytes.size()))
                                        : begins != magic) {
            return restore_error{.code = not_a_table};
        }
        if (bytes.size() >= magic.size() + sizeof version && version != format_version) {
            return restore_error{
                .code = other_version, .offset = magic.size(), .needed = format_version, .available = version};
        }
        header(header_checksum);
        if (!header.good()) {
            return restore_error{.code = truncated, .needed = header_size, .available = bytes.size()};
        }
        if (header_checksum != crc32c(bytes.first(header_size - sizeof header_checksum))) {
            return restore_error{.code = bad_checksum, .offset = header_size - sizeof header_checksum};
        }
        const auto body = bytes.subspan(header_size);
        if (body.size() != length) {
            return restore_error{.code = body.size() < length ? truncated : too_long,
                                 .needed = header_size + length,
                                 .available = bytes.size()};
        }
        if (crc32c(body) != checksum) return restore_error{.code = bad_checksum, .offset = header_size};
        return std::nullopt;
    }

    [[nodiscard]] static restore_error as_restore_error(const archive_error& error) noexcept {
        using enum restore_error_code;
        restore_error_code code = impossible_value;
        if (error.code == archive_error_code::other_type) code = other_rules;
        if (error.code == archive_error_code::other_value) code = other_options;
        return {.code = code, .offset = error.offset, .subject = error.subject};
    }

    template <class Rules>
    static consteval bool check_savable_rules() {
        static_assert(
            has_hook<Rules, rule_hooks::saving>,
            "tcplens: a table with these rules cannot be saved: their `hooks` do not list rule_hooks::saving");
        static_assert(archivable<Rules>,
                      "tcplens: a table with these rules cannot be saved: the rules have no archive list");
        static_assert(
            has_hook<Rules, rule_hooks::archive_connection> || archivable<typename Rules::connection_state>,
            "tcplens: a table with these rules cannot be saved: their `connection_state` has no archive list");
        return true;
    }
    template <class Observer>
    static consteval bool check_savable_observer() {
        static_assert(
            has_hook<Observer, observer_hooks::saving>,
            "tcplens: a table with this observer cannot be saved: its `hooks` do not list observer_hooks::saving");
        static_assert(archivable<Observer>,
                      "tcplens: a table with this observer cannot be saved: the observer has no archive list");
        static_assert(
            archivable<typename Observer::connection_state>,
            "tcplens: a table with this observer cannot be saved: its `connection_state` has no archive list");
        static_assert(archivable<typename Observer::facts>,
                      "tcplens: a table with this observer cannot be saved: its `facts` have no archive list");
        return true;
    }

    static constexpr auto accept_all = [](std::size_t) { return true; };

    template <class Archive, class Rules, class... Observers, class Accept>
    static void archive_table(Archive& ar, basic_connection_table<Rules, Observers...>& table, Accept accept) {
        static_assert(check_savable_rules<Rules>());
        static_assert((check_savable_observer<Observers>() && ...));
        auto& options = table_access::options(table);
        auto& rules = table_access::rules(table);
        auto& observers = table_access::observers(table);
        auto& records = table_access::records(table);
        using record = std::remove_reference_t<decltype(records.at(0))>;
        ar.same_type(Rules::saved_as);
        (ar.same_type(Observers::saved_as), ...);
        ar.same_type(""); // the end of the list
        archive_options(ar, options);
        ar(rules);
        std::apply([&](Observers&... each) { ar(each...); }, observers);
        ar(table_access::decoding(table), table_access::statistics(table), table_access::expiring(table),
           table_access::last_time(table));
        const std::size_t most = options.max_connections == 0 ? record::none : options.max_connections;
        records.archive(ar, rules, most, accept, [&](const record& restored) {
            (require_fit(ar, std::get<Observers>(observers), restored), ...);
        });
        if constexpr (Archive::restores) {
            if (ar.good()) connect(ar, table);
        }
    }

    static void archive_options(auto& ar, table_options& options) {
        // The key of the hash is secret and may differ. The decoder compares the options of decoding itself.
        [[maybe_unused]] auto& [split_incarnations, hash_key, decoding, ignore_bad_checksums, max_connections,
                                full_policy, timeouts] = options;
        ar.expect_equal("split_incarnations", split_incarnations);
        ar.expect_equal("ignore_bad_checksums", ignore_bad_checksums);
        ar.expect_equal("max_connections", std::uint64_t{max_connections});
        ar.expect_equal("full_policy", full_policy);
        ar.expect_equal("timeouts", timeouts);
    }

    template <class Observer>
    static void require_fit(archive_reader& ar, const Observer& observer, const auto& restored) {
        if constexpr (has_hook<Observer, observer_hooks::fits>) {
            if (!ar.good()) return;
            const auto& state = restored.observed.template get<typename Observer::connection_state>();
            const auto& facts = static_cast<const typename Observer::facts&>(restored.connection);
            ar.require(observer.fits(state, facts, restored.machine.way_of(side::first)));
        }
    }
    static void require_fit(archive_writer&, const auto&, const auto&) noexcept {}

    /// Makes anew what follows from the records: their stages, the links among them, the index, the queues.
    template <class Rules, class... Observers>
    static void connect(archive_reader& ar, basic_connection_table<Rules, Observers...>& table) {
        auto& records = table_access::records(table);
        auto& index = table_access::lookup(table).index();
        const connection_counters& counters = table.counters();
        ar.require(counters.open == records.used());
        if (!ar.good()) return;
        index.reserve(table.size());
        const bool none_left = counters.begun == counters.open;
        for (std::uint32_t slot = records.next_used(0); slot < records.slots(); slot = records.next_used(slot + 1)) {
            auto& record = records.at(slot);
            const connection& known = record.connection;
            ar.require(known.number < counters.begun && (!none_left || known.number == slot));
            const segment of_it{.source = known.client, .destination = known.server, .network = known.network};
            record.stage = record.machine.stage(known);
            record.number = known.number;
            record.hash = table.hash_of(of_it, table_access::options(table).hash_key);
            record.slot = slot;
            restore_links(ar, records, index, record, of_it);
            if (!ar.good()) return;
        }
        for (std::uint32_t slot = records.next_used(0); slot < records.slots(); slot = records.next_used(slot + 1)) {
            require_linked(ar, records.at(slot));
        }
        if (ar.good()) table_access::expiring(table).restore_queues(ar, records);
    }
};

} // namespace tcplens::inline v1::detail
