#include "internal/app/command.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <utility>

#include "pkg/flags/help.hpp"
#include "pkg/flags/nearest.hpp"
#include "pkg/posix/files.hpp"

namespace assay::app {
namespace {

constexpr std::string_view kColorWords[] = {"auto", "always", "never"};

// The settings that every command has.
struct Global {
    std::string config_file;
    std::string color{kColorWords[0]};
    flags::Settings settings{""};

    Global() {
        settings.add_config_file(config_file);
        settings.add(color, {.name = "color",
                             .value_name = "WHEN",
                             .help = "colour the output",
                             .group = "Global options",
                             .choices = {std::begin(kColorWords), std::end(kColorWords)}});
    }
};

struct Application {
    const Commands& commands;
    const char* const* environment;
    Global global;

    Command* find(std::string_view name) const;
    std::vector<std::string_view> names() const;
    int run(std::vector<std::string> words);
    int run_command(Command& command, std::vector<std::string> arguments);
    Result<int> try_command(Command& command, std::vector<std::string> arguments);
    std::string help() const;
    std::string help(Command& command, const flags::Settings& settings) const;
};

int print(std::string_view text, int fd = STDOUT_FILENO) {
    const auto written = posix::write_all(fd, text, fd == STDOUT_FILENO ? "stdout" : "stderr");
    return written ? kExitDone : kExitInternal;
}

// Nothing is left to tell when stderr fails.
int fail(std::string_view who, const Error& error, int code) {
    print(std::string(who) + ": " + to_string(error) + "\n", STDERR_FILENO);
    return code;
}

Command* Application::find(std::string_view name) const {
    const auto found = std::ranges::find_if(
        commands, [name](const auto& command) { return command->text().name == name; });
    return found == commands.end() ? nullptr : found->get();
}

std::vector<std::string_view> Application::names() const {
    std::vector<std::string_view> names;
    for (const auto& command : commands) names.push_back(command->text().name);
    return names;
}

std::string Application::help() const {
    std::string list = "Commands:\n";
    for (const auto& command : commands) {
        const CommandText& text = command->text();
        constexpr std::size_t kNameColumns = 14;
        list.append("  ").append(text.name).append(kNameColumns - text.name.size(), ' ');
        list.append(text.summary).append("\n");
    }
    list += "\n'assay COMMAND --help' explains a command.\n";
    return flags::help_page({.usage = "assay COMMAND [options]",
                             .summary = "Runs untrusted programs under limits and measures them.",
                             .epilogue = list},
                            global.settings, nullptr, flags::help_width(STDOUT_FILENO));
}

std::string Application::help(Command& command, const flags::Settings& settings) const {
    const CommandText& text = command.text();
    std::string usage = "assay ";
    usage.append(text.name).append(" ").append(text.usage);
    std::string summary(text.summary);
    return flags::help_page({.usage = usage, .summary = summary, .epilogue = text.epilogue},
                            global.settings, &settings, flags::help_width(STDOUT_FILENO));
}

Color color_named(std::string_view word) {
    if (word == kColorWords[1]) return Color::kAlways;
    return word == kColorWords[2] ? Color::kNever : Color::kAuto;
}

Result<int> Application::try_command(Command& command, std::vector<std::string> arguments) {
    flags::Settings settings(command.text().name);
    command.declare(settings);
    const flags::Surroundings surroundings{environment, names()};
    ASSAY_TRY(flags::Parsed parsed,
              flags::parse(global.settings, settings, std::move(arguments), surroundings));
    if (parsed.help) return print(help(command, settings));
    const Context context{commands, global.settings, environment, std::move(parsed.config_file),
                          color_named(global.color)};
    return command.run(context);
}

int Application::run_command(Command& command, std::vector<std::string> arguments) {
    const std::string who = "assay " + std::string(command.text().name);
    try {
        const Result<int> code = try_command(command, std::move(arguments));
        return code ? *code : fail(who, code.error(), command.exit_code(code.error()));
    } catch (const std::exception& exception) {
        const Error error{ErrorKind::kInternal, 0, exception.what(), {}};
        return fail(who, error, command.exit_code(error));
    }
}

int Application::run(std::vector<std::string> words) {
    auto choice = flags::choose_command(global.settings, std::move(words));
    if (!choice) return fail("assay", choice.error(), kExitUsage);
    if (choice->version) return print("assay " ASSAY_VERSION "\n");
    if (choice->help) return print(help());
    if (choice->command.empty()) {
        print(help(), STDERR_FILENO);
        return kExitUsage;
    }
    // `assay help run` is `assay run --help`.
    if (choice->command == "help") {
        if (choice->arguments.empty()) return print(help());
        choice->command = std::exchange(choice->arguments, {"--help"}).front();
    }
    if (Command* command = find(choice->command)) {
        return run_command(*command, std::move(choice->arguments));
    }
    return fail("assay",
                usage_error("unknown command " + in_quotes(choice->command),
                            flags::did_you_mean(choice->command, names(), {},
                                                "'assay --help' lists the commands")),
                kExitUsage);
}

}  // namespace

bool Context::colors(int fd) const {
    if (color != Color::kAuto) return color == Color::kAlways;
    const char* const no_color = std::getenv("NO_COLOR");
    if (no_color != nullptr && *no_color != '\0') return false;
    const char* const terminal = std::getenv("TERM");
    if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
    return ::isatty(fd) == 1;
}

int Command::exit_code(const Error& error) const {
    return app::exit_code(error.kind);
}

int run_application(const Commands& commands, std::vector<std::string> words,
                    const char* const* environment) {
    Application application{commands, environment, {}};
    return application.run(std::move(words));
}

}  // namespace assay::app
