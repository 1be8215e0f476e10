// SPDX-License-Identifier: MIT
#pragma once

#include "../../archive/archive_error.hpp"
#include "../../archive/archive_reader.hpp"
#include "../../archive/archive_writer.hpp"
#include "../../archive/crc32c.hpp"
#include "../table/connection_table.hpp"
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

namespace tcplens::inline v0 {

/// What can be archived: see archive_writer.
template <class Value>
concept archivable =
    std::is_aggregate_v<Value> || std::is_empty_v<Value> || detail::has_archive_list<Value, archive_writer>;

/// Rules whose tables can be saved. `saved_as` is the name by which a saved table says what it is of. The list of the rules
/// themselves has what all connections share, and their options with `same`.
///
/// Rules that keep elsewhere what they remember of a connection have `archive_connection(with, state)` for that and the state.
template <class Rules>
concept savable_rules = archivable<Rules> && archivable<typename Rules::connection_state> && requires {
    std::string_view{Rules::saved_as};
};

/// Likewise. An observer whose state and facts must fit together has `fits(state, facts, first_way)`, which says whether they do;
/// `first_way` is how side 0 sends.
template <class Observer>
concept savable_observer = archivable<Observer> && archivable<typename Observer::connection_state> &&
    archivable<typename Observer::facts> && requires {
    std::string_view{Observer::saved_as};
};

namespace detail {

/// A connection_table as bytes: a frame around its archive. See save() and restore().
class saved_table {
public:
    /// Changes with everything that an archive holds.
    static constexpr std::uint32_t format_version = 1;
    /// What all of them begin with.
    static constexpr std::array<std::byte, 8> magic{std::byte{'t'}, std::byte{'c'}, std::byte{'p'}, std::byte{'l'},
                                                    std::byte{'e'}, std::byte{'n'}, std::byte{'s'}, std::byte{0x1a}};

    template <class Rules, class... Observers>
    [[nodiscard]] static std::vector<std::byte> save(const basic_connection_table<Rules, Observers...>& table) {
        archive_writer writer;
        writer(std::array<std::byte, header_size>{}); // until it is known
        auto& writable =
            const_cast<basic_connection_table<Rules, Observers...>&>(table); // an archive_writer writes nothing to it
        archive_table(writer, writable);

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
                                                              std::span<const std::byte> bytes) {
        using enum restore_error_code;
        if (table.statistics_.packets > 0 || table.lifetimes_.begun > 0) return restore_error{.code = table_in_use};
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

        archive_reader reader{body, header_size};
        archive_table(reader, table);
        reader.require(reader.left() == 0);
        if (!reader.error()) return std::nullopt;
        return as_restore_error(*reader.error());
    }

private:
    static constexpr std::size_t header_size = magic.size() + 4 + 8 + 4 + 4;

    [[nodiscard]] static restore_error as_restore_error(const archive_error& of) noexcept {
        using enum restore_error_code;
        restore_error_code code = impossible_value;
        if (of.code == archive_error_code::other_type) code = other_rules;
        if (of.code == archive_error_code::other_value) code = other_options;
        return {.code = code, .offset = of.offset, .subject = of.subject};
    }

    template <class Archive, class Rules, class... Observers>
    static void archive_table(Archive& ar, basic_connection_table<Rules, Observers...>& of) {
        static_assert(savable_rules<Rules>, "a table with these rules cannot be saved: see savable_rules");
        static_assert((savable_observer<Observers> && ...),
                      "a table with one of these observers cannot be saved: see savable_observer");
        // The index and the queues are made anew: by a key that is kept secret, and by when connections were heard. Whether there
        // are queues is for the table to say into which that is restored.
        auto& [options, rules, observers, decodes, statistics, lifetimes, index, chunks, slots, unused, queues,
               keeps_queues, listings, clock, swept_at, last_time] = of;
        ar.same_type(Rules::saved_as);
        (ar.same_type(Observers::saved_as), ...);
        ar.same_type(""); // there are no more
        archive_options(ar, options);
        ar(rules);
        archive_each(ar, observers);
        ar(decodes, statistics, lifetimes, listings, clock, swept_at, last_time);
        ar.require(listings < std::uint64_t{1} << 63); // they are not counted anew

        std::uint32_t count = slots;
        ar.count(count, options.max_connections == 0 ? basic_connection_table<Rules, Observers...>::none
                                                     : options.max_connections);
        if constexpr (Archive::restores) {
            constexpr std::size_t least = 5; // bytes of one: that it is not used, and its number among such
            ar.require(count <= ar.left() / least);
            for (std::uint32_t number = 0; number < count && ar.good(); ++number) {
                of.grow(number / of.chunk_size + 1);
                slots = number + 1;
                archive_record(ar, of, of.at(number));
            }
            if (ar.good()) restore_unused(ar, of);
            if (ar.good()) connect(ar, of);
        } else {
            ar.expect(lifetimes.open * sizeof(typename basic_connection_table<Rules, Observers...>::record));
            for (std::uint32_t number = 0; number < count; ++number) archive_record(ar, of, of.at(number));
            for (const std::uint32_t number : unused) ar(number);
        }
    }

    static void archive_options(auto& ar, table_options& of) {
        auto& [split_incarnations, key, decoding, ignore_bad_checksums, max_connections, when_full, idle] = of;
        ar.expect_equal("split_incarnations", split_incarnations);
        ar.expect_equal("ignore_bad_checksums", ignore_bad_checksums);
        ar.expect_equal("max_connections", std::uint64_t{max_connections});
        ar.expect_equal("when_full", when_full);
        ar.expect_equal("idle", idle);
    }

    template <class Archive, class... Values>
    static void archive_each(Archive& ar, std::tuple<Values...>& values) {
        std::apply([&](Values&... each) { ar(each...); }, values);
    }

    template <class Archive, class Rules, class... Observers>
    static void archive_record(Archive& ar, basic_connection_table<Rules, Observers...>& table,
                               typename basic_connection_table<Rules, Observers...>::record& of) {
        // Named here so that none is forgotten. What is not archived is made anew: see connect().
        [[maybe_unused]] auto& [seen, listed_at, stage, used, is_latest, to_overtake, life, number, hash, slot, listed,
                                previous, follower, rules, observed] = of;
        ar(of.used);
        if (!of.used) return;
        ar(static_cast<connection&>(of.seen), of.listed_at, of.life);
        ar(of.is_latest, of.to_overtake, of.listed, of.previous);
        if constexpr (requires { table.rules_.archive_connection(ar, of.rules); }) {
            table.rules_.archive_connection(ar, of.rules);
        } else {
            ar(of.rules);
        }
        archive_each(ar, of.observed);
        (ar(static_cast<typename Observers::facts&>(of.seen)), ...);
        (require_fit(ar, std::get<Observers>(table.observers_), of), ...);
    }

    template <class Observer>
    static void require_fit(auto& ar, const Observer& observer, const auto& of) {
        if (!ar.good()) return;
        const auto& state = std::get<typename Observer::connection_state>(of.observed);
        const auto& facts = static_cast<const typename Observer::facts&>(of.seen);
        if constexpr (requires { observer.fits(state, facts, of.life.way_of(0)); }) {
            ar.require(observer.fits(state, facts, of.life.way_of(0)));
        }
    }

    /// The slots that are not used, in the order in which they will be.
    template <class Rules, class... Observers>
    static void restore_unused(archive_reader& ar, basic_connection_table<Rules, Observers...>& of) {
        std::size_t count = 0;
        for (std::uint32_t number = 0; number < of.slots_; ++number) count += !of.at(number).used;
        std::vector<bool> taken(of.slots_);
        for (std::size_t i = 0; i < count && ar.good(); ++i) {
            std::uint32_t number = 0;
            ar(number);
            const bool possible = number < of.slots_ && !of.at(number).used && !taken[number];
            ar.require(possible);
            if (!possible) return;
            taken[number] = true;
            of.free_.push_back(number);
        }
    }

    /// Makes anew what follows from the connections: their stages, who has these endpoints now and had them before, the index, the
    /// queues.
    template <class Rules, class... Observers>
    static void connect(archive_reader& ar, basic_connection_table<Rules, Observers...>& of) {
        using table_type = basic_connection_table<Rules, Observers...>;
        using record = typename table_type::record;
        ar.require(of.lifetimes_.open == of.slots_ - of.free_.size());
        if (!ar.good()) return;
        of.index_.reserve(of.size());
        const bool none_left = of.lifetimes_.begun == of.lifetimes_.open;
        for (std::uint32_t number = of.next_used(0); number < of.slots_; number = of.next_used(number + 1)) {
            record& each = of.at(number);
            ar.require(each.seen.number < of.lifetimes_.begun && (!none_left || each.seen.number == number));
            const segment of_it{
                .source = each.seen.client, .destination = each.seen.server, .network = each.seen.network};
            each.stage = each.life.stage(each.seen);
            each.number = each.seen.number;
            each.hash = of.hash_of(of_it);
            each.slot = number;
            if (each.is_latest) {
                ar.require(of.find(of_it, each.hash).of == nullptr);
                of.index_.insert(each.hash, number);
            }
            if (each.previous == of.none) continue;
            const bool possible =
                each.previous < of.slots_ && can_be_before<table_type>(of.at(each.previous), each, of_it);
            ar.require(possible);
            if (!possible) return;
            of.at(each.previous).follower = number;
        }
        std::uint64_t last = 0;
        for (const auto [listed, number] : of.by_listing()) {
            const record& each = of.at(number);
            // Who has a connection before it is the latest, or has one behind it.
            ar.require(each.is_latest || each.previous == of.none || each.follower != of.none);
            // Who is to overtake has whom, unless another took that over and its own place.
            const bool is_found = each.is_latest || each.follower != of.none;
            ar.require(!each.to_overtake || each.previous != of.none || !is_found);
            ar.require(last < listed && listed <= of.listings_);
            last = listed;
            if (of.keeps_queues_) of.queues_.push_back(of.queue_of(each.stage), number);
        }
    }

    /// Whether a record can be the connection before another, of which a segment is `of_it`, and is not yet.
    template <class Table>
    [[nodiscard]] static bool can_be_before(const typename Table::record& previous, const typename Table::record& of,
                                            const segment& of_it) noexcept {
        return previous.used && !previous.is_latest && previous.follower == Table::none &&
               Table::sender_in(previous, of_it) != Table::neither && previous.seen.number < of.seen.number;
    }
};

} // namespace detail

/// All that a table knows and goes by, as bytes: restored on any machine, it goes on as if nothing had been. Packets of which it
/// waits for more fragments are in it too; table_options::key, which is a secret, is not.
///
/// That takes time in proportion to the table, and no packet can be added meanwhile: 0.2 s for 50'000 attempts, which are 47 MB.
/// It takes as much memory as there are bytes, and for a moment twice that where busy connections make them more than was guessed.
/// So a monitor saves when it can afford that.
template <segment_rules Rules, connection_observer... Observers>
[[nodiscard]] std::vector<std::byte> save(const basic_connection_table<Rules, Observers...>& table) {
    return detail::saved_table::save(table);
}

/// Takes in what save() wrote, in the place of what a table is as it was made: one of the same type, made with the same options
/// but for their key. Nothing where all went well. Damaged bytes are an error. So are most that somebody made up who knows the
/// format; those that are none may say what never was, but whatever is added then, the table goes on within its bounds.
///
/// What becomes of the table where there is an error: see restore_error_code.
template <segment_rules Rules, connection_observer... Observers>
[[nodiscard]] std::optional<restore_error> restore(basic_connection_table<Rules, Observers...>& table,
                                                   std::span<const std::byte> bytes) {
    return detail::saved_table::restore(table, bytes);
}

} // namespace tcplens::inline v0
