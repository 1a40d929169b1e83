#include "pkg/flags/completion.hpp"
#include "pkg/flags/completion_words.hpp"

namespace assay::flags {
namespace {

constexpr std::string_view kOpening =
    R"(# bash completion for assay, written by 'assay completion bash': do not edit.

_assay_reply() {
    mapfile -t COMPREPLY < <(compgen "$@" -- "$piece")
}

_assay_files() {
    compopt -o filenames 2>/dev/null
    _assay_reply "$@"
}

)";

// readline splits words at '=' and ':'; the scan has to see them whole, the reply replaces the last
// piece.
constexpr std::string_view kClosing = R"(
_assay_program() {
    if ((COMP_CWORD == $1)); then
        _assay_files -f -c
    elif declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    else
        _assay_files -f
    fi
}

# Undoes readline's splitting at '=' and ':'.
# Sets words, and starts: where each of them begins in COMP_WORDS.
_assay_join() {
    local line=${COMP_LINE:0:COMP_POINT} i
    words=() starts=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((i > 0)) && [[ $line && $line != [[:space:]]* ]]; then
            words[-1]+=${COMP_WORDS[i]}
        else
            line=${line#"${line%%[![:space:]]*}"}
            words+=("${COMP_WORDS[i]}")
            starts+=("$i")
        fi
        line=${line#"${COMP_WORDS[i]}"}
    done
}

_assay() {
    local words starts current piece i word command= flag= flags valued operands
    COMPREPLY=()
    _assay_join
    current=${words[-1]}
    piece=${COMP_WORDS[COMP_CWORD]}
    [[ $piece == [=:] ]] && piece=
    _assay_describe ''
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        word=${words[i]}
        if [[ $flag ]]; then
            flag=
        elif [[ $valued == *" $word "* ]]; then
            flag=$word
        elif [[ $operands == program && $word == -- ]]; then
            _assay_program "${starts[i + 1]}"
            return
        elif [[ $word != -* && ! $command ]]; then
            command=$word
            _assay_describe "$command"
        elif [[ $word != -* && $operands == program ]]; then
            _assay_program "${starts[i]}"
            return
        fi
    done
    if [[ $flag ]]; then
        _assay_value "$command" "$flag"
    elif [[ $current == --*=* ]]; then
        _assay_value "$command" "${current%%=*}"
    elif [[ $current == -* ]]; then
        _assay_reply -W "$flags"
    elif [[ $operands == program ]]; then
        _assay_program "${starts[-1]}"
    elif [[ $operands ]]; then
        _assay_reply -W "$operands"
    fi
}

complete -F _assay assay
)";

std::string describe_command(const CompletedCommand& command, const std::string& command_names) {
    const Settings& settings = *command.settings;
    std::string operands;
    if (const Words* words = settings.words()) {
        operands = joined(words->choices, " ");
        if (words->completion == Completion::kCommand) operands = "program";
        if (words->completion == Completion::kAssayCommand) operands = command_names;
    }
    std::string text = "        " + std::string(command.name) + ")\n";
    const auto assignment = [&text](std::string_view name, std::string_view mode,
                                    std::string_view value) {
        text.append("            ").append(name).append(mode).append("'");
        text.append(value).append("'\n");
    };
    assignment("operands", "=", operands);
    if (const auto flags = flags_of(settings); !flags.empty()) {
        assignment("flags", "+=", " " + joined(flags, " "));
    }
    if (const auto flags = valued_flags_of(settings); !flags.empty()) {
        assignment("valued", "+=", joined(flags, " ") + " ");
    }
    return text + "            ;;\n";
}

std::string describe(const Settings& global, std::span<const CompletedCommand> commands) {
    const std::string names = joined(names_of(commands), " ");
    std::string text =
        "# Sets flags, valued (those that take a value) and operands (other words) of a command.\n"
        "_assay_describe() {\n";
    text += "    flags='" + joined(flags_of(global), " ") + " --help'\n";
    text += "    valued=' " + joined(valued_flags_of(global), " ") + " '\n";
    text += "    operands=\n    case $1 in\n        '')\n";
    text += "            operands='" + names +
            " help'\n            flags+=' --version'\n            ;;\n";
    text += "        help) operands='" + names + "' ;;\n";
    for (const CompletedCommand& command : commands) text += describe_command(command, names);
    return text + "    esac\n}\n\n";
}

std::string value_action(const Setting& setting) {
    if (!setting.item.choices.empty()) {
        return "_assay_reply -W '" + joined(setting.item.choices, " ") + "'";
    }
    switch (setting.item.completion) {
        case Completion::kFile:
            return "_assay_files -f";
        case Completion::kDirectory:
            return "_assay_files -d";
        case Completion::kCommand:
            return "_assay_files -f -c";
        case Completion::kAssayCommand:
        case Completion::kNone:
            break;
    }
    return {};
}

void append_values(std::string& text, const Settings& settings, std::string_view pattern) {
    for (const Setting& setting : settings.all()) {
        const std::string action = value_action(setting);
        if (setting.is_switch() || action.empty()) continue;
        text.append("        ").append(pattern).append(":--").append(setting.item.name);
        if (setting.item.short_name != '\0') {
            text.append(" | ").append(pattern).append(":-").append(1, setting.item.short_name);
        }
        text.append(") ").append(action).append(" ;;\n");
    }
}

}  // namespace

std::string bash_completion(const Settings& global, std::span<const CompletedCommand> commands) {
    std::string script(kOpening);
    script += describe(global, commands);
    script +=
        "# Completes the value of a flag of a command.\n_assay_value() {\n    case $1:$2 in\n";
    append_values(script, global, "*");
    for (const CompletedCommand& command : commands) {
        append_values(script, *command.settings, command.name);
    }
    script += "    esac\n}\n";
    return script.append(kClosing);
}

}  // namespace assay::flags
