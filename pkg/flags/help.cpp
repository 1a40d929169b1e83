#include "pkg/flags/help.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <vector>

namespace assay::flags {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kTextColumn = 30;

struct Line {
    std::string left;
    std::string right;
};

// Columns of UTF-8 text: continuation bytes take none. No text of ours has wide characters.
std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void append_wrapped(std::string& page, std::string_view text, std::size_t column,
                    std::size_t width) {
    std::size_t at = column;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        if (at > column && at + 1 + columns(word) > width) {
            page.append("\n").append(column, ' ');
            at = column;
        } else if (at > column) {
            page += ' ';
            ++at;
        }
        page += word;
        at += columns(word);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    page += '\n';
}

void append_line(std::string& page, const Line& line, std::size_t width) {
    page.append(kIndent, ' ').append(line.left);
    const std::size_t used = kIndent + columns(line.left);
    if (used + 2 > kTextColumn) {
        page.append("\n").append(kTextColumn, ' ');
    } else {
        page.append(kTextColumn - used, ' ');
    }
    append_wrapped(page, line.right, kTextColumn, width);
}

std::string words_of(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view word : words) text.append(text.empty() ? "" : "|").append(word);
    return text;
}

Line line_of(const Setting& setting) {
    const Item& item = setting.item;
    Line line;
    line.left = item.short_name == '\0' ? "    " : std::string{'-', item.short_name, ',', ' '};
    const std::vector<std::string> value = setting.spelled();
    const bool is_on = setting.is_switch() && value.front() == "true";
    line.left.append(is_on ? "--[no-]" : "--").append(item.name);
    if (!item.value_name.empty()) line.left.append(" ").append(item.value_name);
    line.right = item.help;
    const bool are_shown = item.value_name.find('|') != std::string_view::npos;
    if (!item.choices.empty() && !are_shown) line.right.append(": ").append(words_of(item.choices));
    if (setting.is_list()) line.right += setting.item.commas ? "; with commas" : "; repeatable";
    if (!value.empty() && (!setting.is_switch() || is_on)) {
        line.right += " (default: ";
        for (const std::string& element : value)
            line.right += (&element == &value.front() ? "" : " ") + element;
        line.right += ")";
    }
    return line;
}

// Groups in the order of their first member.
void append_groups(std::string& page, const Settings& settings, std::size_t width) {
    std::vector<std::string_view> groups;
    for (const Setting& setting : settings.all()) {
        if (std::ranges::count(groups, setting.item.group) == 0)
            groups.push_back(setting.item.group);
    }
    for (const std::string_view group : groups) {
        page.append("\n").append(group).append(":\n");
        for (const Setting& setting : settings.all()) {
            if (setting.item.group == group) append_line(page, line_of(setting), width);
        }
    }
}

// How to set the same without a flag, with a real name for the example.
void append_sources(std::string& page, const Settings& command, std::size_t width) {
    if (command.all().empty()) return;
    const std::string_view name = command.all().front().item.name;
    std::string text = "Each option is also a variable and a key of the settings file: --";
    text.append(name).append(" is ").append(variable_name(command.section(), name)).append(" and ");
    text.append(name).append(" in [").append(command.section()).append("].");
    if (!command.alias_prefix().empty()) {
        text.append(" The variable ").append(alias_name(command.alias_prefix(), name));
        text.append(" is understood too.");
    }
    page += '\n';
    append_wrapped(page, text, 0, width);
}

}  // namespace

std::string help_page(const HelpText& text, const Settings& global, const Settings* command,
                      std::size_t width) {
    std::string page = "Usage: ";
    page.append(text.usage).append("\n\n");
    append_wrapped(page, text.summary, 0, width);
    if (command != nullptr && command->words() != nullptr && !command->words()->help.empty()) {
        const Words& words = *command->words();
        page.append("\n");
        std::string help(words.help);
        if (!words.choices.empty()) help.append(": ").append(words_of(words.choices));
        append_line(page, {std::string(words.value_name), help}, width);
    }
    if (command != nullptr) append_groups(page, *command, width);
    append_groups(page, global, width);
    if (global.all().empty()) page += '\n';
    append_line(page, {"-h, --help", "print this help and exit"}, width);
    if (command == nullptr)
        append_line(page, {"    --version", "print the version and exit"}, width);
    if (command != nullptr) append_sources(page, *command, width);
    if (!text.epilogue.empty()) page.append("\n").append(text.epilogue);
    return page;
}

std::size_t help_width(int fd) {
    constexpr std::size_t kDefault = 80;
    constexpr std::size_t kNarrowest = 60;
    constexpr std::size_t kWidest = 100;
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefault;
    return std::clamp<std::size_t>(size.ws_col, kNarrowest, kWidest);
}

}  // namespace assay::flags
