// What a command of assay is, and how one is chosen and run.
//
// A command is an object that declares its settings into a flags::Settings (the targets are its own
// members), and then runs. main() builds the list; run_application() does the rest: finds the
// command, reads its settings from all layers, prints help and errors, returns the exit code. Only
// the chosen command is asked to declare anything. Rejected: registration by static constructors
// (order, start-up cost).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "internal/app/exit_codes.hpp"
#include "pkg/flags/flags.hpp"
#include "pkg/result/result.hpp"

namespace assay::app {

enum class Color { kAuto, kAlways, kNever };

class Command;
using Commands = std::vector<std::unique_ptr<Command>>;

// What a running command may know of the invocation. Borrowed from run_application().
struct Context {
    const Commands& commands;
    const flags::Settings& global;  // --color and its origin
    const char* const* environment;
    std::string config_file;  // the settings file that was read; empty: none
    Color color = Color::kAuto;

    // Whether to colour what goes to this descriptor: --color, else NO_COLOR and TERM=dumb say no,
    // else whether it is a terminal.
    bool colors(int fd) const;
};

// The texts are literals.
struct CommandText {
    std::string_view name;      // "run"
    std::string_view summary;   // one line for the list of commands, lower case, no full stop
    std::string_view usage;     // after "assay run": "[options] [--] PROG [ARG…]"
    std::string_view epilogue;  // after the options: examples, exit codes; ends with a newline
};

class Command {
  public:
    Command() = default;
    Command(const Command&) = delete;
    Command& operator=(const Command&) = delete;
    virtual ~Command() = default;

    virtual const CommandText& text() const = 0;

    // Adds the settings; their targets are members, holding the defaults.
    virtual void declare(flags::Settings& settings) = 0;

    // Called once, after all targets are set. Returns the exit code; an error is printed as one
    // line on stderr and becomes exit_code(error).
    virtual Result<int> run(const Context& context) = 0;

    // The exit code of an error of run() or of reading the settings. `run` has its own.
    virtual int exit_code(const Error& error) const;
};

// The whole of main(): `words` are the arguments after the program's name, `environment` as
// environ(7).
int run_application(const Commands& commands, std::vector<std::string> words,
                    const char* const* environment);

}  // namespace assay::app
