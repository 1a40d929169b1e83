// Completion scripts for bash, zsh and fish, written from the declarations.
//
// The scripts carry all words themselves: a key press never starts assay. They complete commands,
// flags, the words of a choice, files and directories, and behind the options of a command that
// takes a program, that program and its own arguments.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pkg/flags/flags.hpp"

namespace assay::flags {

struct CompletedCommand {
    std::string_view name;
    std::string_view summary;
    const Settings* settings = nullptr;
};

std::string bash_completion(const Settings& global, std::span<const CompletedCommand> commands);
std::string zsh_completion(const Settings& global, std::span<const CompletedCommand> commands);
std::string fish_completion(const Settings& global, std::span<const CompletedCommand> commands);

}  // namespace assay::flags
