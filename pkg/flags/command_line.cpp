#include "pkg/flags/command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iterator>
#include <utility>

#include "pkg/flags/nearest.hpp"

namespace assay::flags {
namespace {

// CLI11 takes `--name=` for a flag without a value and eats the next word. No argument of a process
// holds a NUL, so one marks the empty value, in words that may well turn out to be somebody else's.
constexpr char kEmptyValue = '\0';

void mark_empty_values(std::vector<std::string>& words) {
    for (std::string& word : words) {
        if (word.starts_with("--") && word.find('=') == word.size() - 1) word += kEmptyValue;
    }
}

void unmark_empty_value(std::string& word) {
    if (!word.empty() && word.back() == kEmptyValue) word.pop_back();
}

bool looks_like_flag(std::string_view word) {
    return word.size() > 1 && word.front() == '-';
}

// The name in "--name=value" or "--no-name"; empty when it is no long flag.
std::string_view long_name(std::string_view word) {
    if (!word.starts_with("--")) return {};
    return word.substr(2,
                       word.find('=') == std::string_view::npos ? word.npos : word.find('=') - 2);
}

bool names(std::string_view name, const FlagSpec& spec) {
    if (name == spec.name) return true;
    return spec.is_switch && name.starts_with("no-") && name.substr(3) == spec.name;
}

// Which of the specs any of the words could mean: a superset, since values are not told from flags
// here.
std::vector<std::size_t> mentioned(std::span<const FlagSpec> specs,
                                   const std::vector<std::string>& words) {
    std::vector<bool> seen(specs.size(), false);
    for (const std::string& word : words) {
        if (!looks_like_flag(word)) continue;
        const std::string_view name = long_name(word);
        for (std::size_t i = 0; i < specs.size(); ++i) {
            if (name.empty() ? specs[i].short_name != '\0' : names(name, specs[i])) seen[i] = true;
        }
    }
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (seen[i]) result.push_back(i);
    }
    return result;
}

CLI::Option* declare(CLI::App& app, const FlagSpec& spec) {
    std::string spelling;
    if (spec.short_name != '\0') spelling.append({'-', spec.short_name, ','});
    spelling.append("--").append(spec.name);
    if (spec.is_switch) spelling.append(",!--no-").append(spec.name);
    CLI::Option* option =
        spec.is_switch ? app.add_flag(spelling) : app.add_option(spelling, CLI::callback_t{});
    return option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Error unknown_flag(std::span<const FlagSpec> specs, std::string_view word,
                   std::string_view remedy) {
    std::string_view name = long_name(word);
    const std::string_view shown = name.empty() ? word : word.substr(0, name.size() + 2);
    std::vector<std::string_view> known;
    known.reserve(specs.size());
    for (const FlagSpec& spec : specs) known.push_back(spec.name);
    // `-cpu-limit`: one dash forgotten.
    if (name.empty()) name = word.substr(1);
    return usage_error("unknown flag " + in_quotes(shown), did_you_mean(name, known, "--", remedy));
}

// What CLI11 left over: words, `--`, and flags it does not know.
Result<std::vector<std::string>> take_words(std::span<const FlagSpec> specs, WordRule rule,
                                            std::vector<std::string> left,
                                            std::string_view remedy) {
    std::vector<std::string> words;
    words.reserve(left.size());
    for (auto word = left.begin(); word != left.end(); ++word) {
        unmark_empty_value(*word);
        const bool all_words = *word == "--";
        if (!all_words && looks_like_flag(*word)) return unknown_flag(specs, *word, remedy);
        if (!all_words) words.push_back(std::move(*word));
        if (!all_words && rule == WordRule::kAmongOptions) continue;
        std::for_each(word + 1, left.end(), unmark_empty_value);
        words.insert(words.end(), std::make_move_iterator(word + 1),
                     std::make_move_iterator(left.end()));
        break;
    }
    return words;
}

Result<CommandLine> read(std::span<const FlagSpec> specs, WordRule rule,
                         std::vector<std::string> words, std::string_view remedy) {
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    app.prefix_command(rule == WordRule::kEndOptions);
    std::vector<std::pair<std::size_t, CLI::Option*>> options;
    for (const std::size_t index : mentioned(specs, words)) {
        options.emplace_back(index, declare(app, specs[index]));
    }
    mark_empty_values(words);
    const std::string last = words.empty() ? std::string() : words.back();
    std::reverse(words.begin(), words.end());
    try {
        app.parse(std::move(words));
    } catch (const CLI::ArgumentMismatch&) {
        return usage_error("flag " + in_quotes(last) + " needs a value", std::string(remedy));
    }
    CommandLine line;
    for (const auto& [index, option] : options) {
        if (option->empty()) continue;
        line.flags.push_back({index, option->results()});
        std::ranges::for_each(line.flags.back().values, unmark_empty_value);
    }
    ASSAY_TRY(line.words, take_words(specs, rule, app.remaining(), remedy));
    return line;
}

}  // namespace

void double_dashes(std::span<const FlagSpec> specs, std::vector<std::string>& words) {
    bool is_value = false;
    for (std::string& word : words) {
        if (std::exchange(is_value, false) || !looks_like_flag(word)) continue;
        if (word == "--") break;
        const std::string longer = word.starts_with("--") ? word : "-" + word;
        const auto spec = std::ranges::find_if(
            specs, [&](const FlagSpec& one) { return names(long_name(longer), one); });
        if (spec == specs.end()) continue;
        is_value = !spec->is_switch && longer.find('=') == std::string::npos;
        word = longer;
    }
}

Result<CommandLine> read_command_line(std::span<const FlagSpec> specs, WordRule rule,
                                      std::vector<std::string> words, std::string_view remedy) {
    try {
        return read(specs, rule, std::move(words), remedy);
    } catch (const CLI::Error& error) {
        return Error{ErrorKind::kInternal,
                     0,
                     std::string("cannot read the command line: ") + error.what(),
                     {}};
    }
}

}  // namespace assay::flags
