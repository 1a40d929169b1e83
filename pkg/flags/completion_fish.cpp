#include "pkg/flags/completion.hpp"
#include "pkg/flags/completion_words.hpp"

namespace assay::flags {
namespace {

constexpr std::string_view kOpening =
    R"(# fish completion for assay, written by 'assay completion fish': do not edit.

)";

constexpr std::string_view kScan = R"fish(
# Prints the command, if one is given, then '--', program and arguments, if those have begun.
function __assay_scan
    set -l tokens (commandline -opc)
    set -e tokens[1]
    set -l command
    while set -q tokens[1]
        set -l token $tokens[1]
        set -e tokens[1]
        if contains -- $token (__assay_valued "$command")
            set -e tokens[1]
        else if test "$token" = --; and __assay_takes_program "$command"
            printf '%s\n' $command --
            set -q tokens[1]; and printf '%s\n' $tokens
            return
        else if string match -q -- '-*' $token
            continue
        else if test -z "$command"
            set command $token
        else if __assay_takes_program "$command"
            printf '%s\n' $command -- $token $tokens
            return
        end
    end
    test -n "$command"; and printf '%s\n' $command
end

# Whether options of this command may stand at the cursor; no command: before its name.
function __assay_is
    set -l scan (__assay_scan)
    test "$scan" = "$argv[1]"
end

function __assay_in_program
    test (count (__assay_scan)) -gt 2
end

function __assay_program_due
    set -l scan (__assay_scan)
    test (count $scan) -le 2; and __assay_takes_program "$scan[1]"
end

function __assay_complete_program
    set -l scan (__assay_scan)
    complete -C "$(string escape -- $scan[3..-1] | string join ' ') $(commandline -ct)"
end

complete -c assay -f
complete -c assay -n __assay_program_due -F -a '(__fish_complete_command)'
complete -c assay -n __assay_in_program -a '(__assay_complete_program)'
complete -c assay -n 'not __assay_in_program' -s h -l help -d 'print help and exit'
complete -c assay -n '__assay_is ""' -l version -d 'print the version and exit'
)fish";

std::string in_single_quotes(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') result += '\\';
        result += c;
    }
    return result + "'";
}

std::string value_action(const Setting& setting) {
    const Item& item = setting.item;
    if (!item.choices.empty()) return " -x -a " + in_single_quotes(joined(item.choices, " "));
    switch (item.completion) {
        case Completion::kFile:
            return " -r -F";
        case Completion::kDirectory:
            return " -x -a '(__fish_complete_directories)'";
        case Completion::kCommand:
            return " -r -F -a '(__fish_complete_command)'";
        case Completion::kAssayCommand:
        case Completion::kNone:
            break;
    }
    return " -x";
}

void append_flags(std::string& script, const Settings& settings, std::string_view condition) {
    for (const Setting& setting : settings.all()) {
        script.append("complete -c assay -n ").append(condition);
        if (setting.item.short_name != '\0') {
            script.append(" -s ").append(1, setting.item.short_name);
        }
        script.append(" -l ").append(offered_flag(setting).substr(2));
        if (!setting.is_switch()) script += value_action(setting);
        script.append(" -d ").append(in_single_quotes(setting.item.help)).append("\n");
    }
}

void append_operands(std::string& script, const CompletedCommand& command, const std::string& names,
                     const std::string& condition) {
    const Words* words = command.settings->words();
    if (words == nullptr || command.settings->words_are_trailing()) return;
    std::string operands = joined(words->choices, " ");
    if (words->completion == Completion::kAssayCommand) operands = names;
    if (operands.empty()) return;
    script += "complete -c assay -n " + condition + " -a " + in_single_quotes(operands) + "\n";
}

std::string tables(const Settings& global, std::span<const CompletedCommand> commands) {
    std::string text =
        "# Prints the flags of a command that take a value.\nfunction __assay_valued\n";
    text += "    string split ' ' -- '" + joined(valued_flags_of(global), " ") + "'\n";
    text += "    switch \"$argv[1]\"\n";
    std::vector<std::string> takers;
    for (const CompletedCommand& command : commands) {
        if (command.settings->words_are_trailing()) takers.emplace_back(command.name);
        const std::vector<std::string> valued = valued_flags_of(*command.settings);
        if (valued.empty()) continue;
        text.append("        case ")
            .append(command.name)
            .append("\n            string split ' ' -- '");
        text.append(joined(valued, " ")).append("'\n");
    }
    text += "    end\nend\n\nfunction __assay_takes_program\n    contains -- \"$argv[1]\" ";
    return text + joined(takers, " ") + "\nend\n";
}

}  // namespace

std::string fish_completion(const Settings& global, std::span<const CompletedCommand> commands) {
    std::string script(kOpening);
    script += tables(global, commands);
    script += kScan;
    append_flags(script, global, "'not __assay_in_program'");
    const std::string names = joined(names_of(commands), " ");
    script += "complete -c assay -n '__assay_is help' -a '" + names + "'\n";
    for (const CompletedCommand& command : commands) {
        script.append("\ncomplete -c assay -n '__assay_is \"\"' -a ").append(command.name);
        script.append(" -d ").append(in_single_quotes(command.summary)).append("\n");
        const std::string condition = "'__assay_is " + std::string(command.name) + "'";
        append_flags(script, *command.settings, condition);
        append_operands(script, command, names, condition);
    }
    return script;
}

}  // namespace assay::flags
