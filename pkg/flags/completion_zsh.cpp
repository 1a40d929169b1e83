#include "pkg/flags/completion.hpp"
#include "pkg/flags/completion_words.hpp"

namespace assay::flags {
namespace {

// For text inside single quotes; `special` characters get a backslash, which zsh's _arguments
// reads.
std::string escaped(std::string_view text, std::string_view special) {
    std::string result;
    for (const char c : text) {
        if (c == '\'') {
            result += "'\\''";
            continue;
        }
        if (special.find(c) != std::string_view::npos) result += '\\';
        result += c;
    }
    return result;
}

std::string action_of(Completion completion, const std::vector<std::string_view>& choices) {
    if (!choices.empty()) return "(" + joined(choices, " ") + ")";
    switch (completion) {
        case Completion::kFile:
            return "_files";
        case Completion::kDirectory:
            return "_files -/";
        case Completion::kCommand:
            return "_assay_program";
        case Completion::kAssayCommand:
            return "_assay_commands";
        case Completion::kNone:
            break;
    }
    return " ";
}

// '*--bind=[make a path visible]:PATH:_files', as zshcompsys(1) has it under _arguments.
void append_specs(std::string& text, const Settings& settings) {
    for (const Setting& setting : settings.all()) {
        const Item& item = setting.item;
        std::string tail = setting.is_switch() ? "" : "=";
        tail += "[" + escaped(item.help, "[]\\:") + "]";
        if (!setting.is_switch()) {
            tail += ":" + escaped(item.value_name, "\\:") + ":" +
                    action_of(item.completion, item.choices);
        }
        const std::string star = setting.is_list() ? "*" : "";
        text += "        '" + star + offered_flag(setting) + tail + "'\n";
        if (item.short_name == '\0') continue;
        const std::string plus = setting.is_switch() ? "" : "+";
        text += "        '" + star + "-" + item.short_name + plus +
                tail.substr(setting.is_switch() ? 0 : 1) + "'\n";
    }
}

void append_operands(std::string& text, const Settings& settings) {
    const Words* words = settings.words();
    if (words == nullptr) return;
    if (settings.words_are_trailing()) {
        text += "        '(-)1:program:_assay_program'\n        '*::argument:_normal'\n";
        return;
    }
    text += words->at_most == 1 ? "        '1:" : "        '*:";
    text += escaped(words->value_name, "\\:") + ":" + action_of(words->completion, words->choices) +
            "'\n";
}

void append_command(std::string& text, const CompletedCommand& command) {
    text.append("(").append(command.name).append(")\n    specs+=(\n");
    append_specs(text, *command.settings);
    append_operands(text, *command.settings);
    text += "    )\n    ;;\n";
}

}  // namespace

std::string zsh_completion(const Settings& global, std::span<const CompletedCommand> commands) {
    std::string script =
        "#compdef assay\n"
        "# zsh completion for assay, written by 'assay completion zsh': do not edit.\n"
        "\n"
        "_assay_commands() {\n"
        "    local -a commands=(\n";
    for (const CompletedCommand& command : commands) {
        script.append("        '").append(command.name).append(":");
        script.append(escaped(command.summary, ":\\")).append("'\n");
    }
    script +=
        "    )\n"
        "    _describe -t commands 'assay command' commands\n"
        "}\n"
        "\n"
        "_assay_program() {\n"
        "    _alternative 'commands:command:_command_names -e' 'files:file:_files'\n"
        "}\n"
        "\n"
        "_assay() {\n"
        "    local curcontext=$curcontext state line\n"
        "    local -A opt_args\n"
        "    local -a specs=(\n";
    append_specs(script, global);
    script +=
        "        '(- *)'{-h,--help}'[print help and exit]'\n"
        "    )\n"
        "    _arguments -C -S -A '-*' : $specs '(- *)--version[print the version and exit]' \\\n"
        "        '1:command:_assay_commands' '*::argument:->arguments' && return\n"
        "    [[ $state == arguments ]] || return\n"
        "    curcontext=${curcontext%:*}-$words[1]:\n"
        "    local -a only=()\n"
        "    case $words[1] in\n"
        "(help)\n    specs=('1:command:_assay_commands')\n    ;;\n";
    for (const CompletedCommand& command : commands) {
        append_command(script, command);
        if (command.settings->words_are_trailing()) {
            script.insert(script.size() - std::string_view("    ;;\n").size(),
                          "    only=(-A '-*')\n");
        }
    }
    script +=
        "    esac\n"
        "    _arguments -S $only : $specs\n"
        "}\n"
        "\n"
        "_assay \"$@\"\n";
    return script;
}

}  // namespace assay::flags
