#include "internal/redis/engine/catalogue.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace assay::redis {
namespace {

char fold(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
}

// FNV-1a: names are a few letters long.
std::size_t hash_folded(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char letter : name) {
        hash = (hash ^ static_cast<unsigned char>(fold(letter))) * 0x100000001b3;
    }
    return static_cast<std::size_t>(hash ^ (hash >> 32U));
}

bool names_equal(std::string_view known, std::string_view written) {
    return std::equal(known.begin(), known.end(), written.begin(), written.end(),
                      [](char a, char b) { return a == fold(b); });
}

void fill(KnownCommand& known, const Command& row, const KnownCommand* container) {
    known.row = &row;
    known.container = container;
    known.full_name = row.name;
    if (container != nullptr) known.full_name = container->full_name + '|' + known.full_name;
    for (const Command& subcommand : row.subcommands) {
        fill(known.subcommands.emplace_back(), subcommand, &known);
    }
}

}  // namespace

std::string wrong_arity_error(const KnownCommand& command) {
    return "ERR wrong number of arguments for '" + command.full_name + "' command";
}

std::string name_in_capitals(std::string_view name) {
    std::string capitals(name);
    for (char& letter : capitals) {
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - ('a' - 'A'));
    }
    return capitals;
}

KnownCommand* KnownCommand::find(std::string_view subcommand) {
    for (KnownCommand& known : subcommands) {
        if (names_equal(known.row->name, subcommand)) return &known;
    }
    return nullptr;
}

Catalogue::Catalogue(std::span<const std::span<const Command>> families) {
    for (const std::span<const Command> rows : families) {
        for (const Command& row : rows) fill(commands_.emplace_back(), row, nullptr);
    }
    std::sort(commands_.begin(), commands_.end(), [](const KnownCommand& a, const KnownCommand& b) {
        return a.full_name < b.full_name;
    });
    slots_.resize(std::bit_ceil(2 * commands_.size() + 1));
    for (KnownCommand& known : commands_) {
        for (KnownCommand& sub : known.subcommands) sub.container = &known;
        std::size_t at = hash_folded(known.full_name) & (slots_.size() - 1);
        while (slots_[at] != nullptr) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = &known;
    }
}

KnownCommand* Catalogue::find(std::string_view name) {
    std::size_t at = hash_folded(name) & (slots_.size() - 1);
    for (; slots_[at] != nullptr; at = (at + 1) & (slots_.size() - 1)) {
        if (names_equal(slots_[at]->row->name, name)) return slots_[at];
    }
    const std::size_t bar = name.find('|');
    if (bar == std::string_view::npos) return nullptr;
    KnownCommand* container = find(name.substr(0, bar));
    return container == nullptr ? nullptr : container->find(name.substr(bar + 1));
}

void Catalogue::reset_statistics() {
    for (KnownCommand& known : commands_) {
        known.statistics = {};
        for (KnownCommand& sub : known.subcommands) sub.statistics = {};
    }
}

}  // namespace assay::redis
