// SPDX-License-Identifier: MIT
#pragma once

// The connections of any table, so that answers are compiled once and not for every set of rules.

#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/observers/irregularity_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>

namespace program {

/// A range over the connections of a table, in their order. Each begin() starts anew.
class connection_list {
public:
    virtual ~connection_list() = default;

    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = tcplens::connection;
        using difference_type = std::ptrdiff_t;

        iterator() = default;
        explicit iterator(connection_list& of) : of_(&of), at_(of.next()) {}
        const tcplens::connection& operator*() const { return *at_; }
        const tcplens::connection* operator->() const { return at_; }
        iterator& operator++() {
            at_ = of_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& at, std::default_sentinel_t) { return at.at_ == nullptr; }

    private:
        connection_list* of_ = nullptr;
        const tcplens::connection* at_ = nullptr;
    };

    [[nodiscard]] iterator begin() {
        restart();
        return iterator{*this};
    }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    /// Whether details() may be asked for.
    [[nodiscard]] virtual bool has_details() const noexcept = 0;
    /// What the observers tell of a connection of this list. @pre has_details()
    [[nodiscard]] static const tcplens::detailed_connection& details(const tcplens::connection& of) noexcept {
        return static_cast<const tcplens::detailed_connection&>(of);
    }

    /// What the time of a connection of this list was spent on; null if no observer tells that.
    [[nodiscard]] virtual const tcplens::time_attribution* time_of(const tcplens::connection& of) const noexcept = 0;

    /// Whether observe() may be called.
    [[nodiscard]] virtual bool has_observations() const noexcept = 0;
    /// Adds all connections with these servers to what is observed, and to how far the directions are apart. @pre has_observations()
    virtual void observe(const tcplens::server_filter& server, tcplens::observation_accumulator& observations,
                         tcplens::direction_skew::totals& skew) const = 0;

private:
    virtual void restart() = 0;
    virtual const tcplens::connection* next() = 0;
};

/// That of one table, which outlives it.
template <class Table>
class connections_of final : public connection_list {
public:
    explicit connections_of(const Table& table) : table_(table) {}
    [[nodiscard]] bool has_details() const noexcept override {
        return std::derived_from<connection_type, tcplens::detailed_connection>;
    }
    [[nodiscard]] const tcplens::time_attribution*
    time_of([[maybe_unused]] const tcplens::connection& of) const noexcept override {
        if constexpr (std::derived_from<connection_type, tcplens::time_observer::facts>) {
            return &static_cast<const connection_type&>(of).time;
        } else {
            return nullptr;
        }
    }
    [[nodiscard]] bool has_observations() const noexcept override { return is_observed; }
    void observe([[maybe_unused]] const tcplens::server_filter& server,
                 [[maybe_unused]] tcplens::observation_accumulator& observations,
                 [[maybe_unused]] tcplens::direction_skew::totals& skew) const override {
        if constexpr (is_observed) {
            tcplens::detail::for_each_selected(table_, server, [&](const connection_type& each) {
                observations.add(each);
                skew.add(each.skew);
            });
        }
    }

private:
    using connection_type = typename Table::connection_type;
    static constexpr bool is_observed = std::derived_from<connection_type, tcplens::skew_observer::facts> &&
                                        std::derived_from<connection_type, tcplens::irregularity_observer::facts>;

    void restart() override { at_ = table_.begin(); }
    const tcplens::connection* next() override {
        if (at_ == table_.end()) return nullptr;
        const tcplens::connection& here = *at_;
        ++at_;
        return &here;
    }

    const Table& table_;
    decltype(table_.begin()) at_{};
};

} // namespace program
