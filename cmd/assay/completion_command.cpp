#include "cmd/assay/completion_command.hpp"

#include <unistd.h>

#include <list>

#include "pkg/flags/completion.hpp"
#include "pkg/posix/files.hpp"

namespace assay::app {
namespace {

constexpr CommandText kText{
    .name = "completion",
    .summary = "print the completion script for a shell",
    .usage = "SHELL",
    .epilogue =
        "Exit codes: 0 done, 2 unknown shell.\n"
        "\n"
        "Examples:\n"
        "  assay completion bash > ~/.local/share/bash-completion/completions/assay\n"
        "  assay completion zsh > ~/.zfunc/_assay      (with ~/.zfunc in $fpath)\n"
        "  assay completion fish > ~/.config/fish/completions/assay.fish\n",
};

class CompletionCommand final : public Command {
  public:
    const CommandText& text() const override { return kText; }

    void declare(flags::Settings& settings) override {
        settings.add_words(shell_, {.value_name = "SHELL",
                                    .help = "the shell that is to complete",
                                    .choices = {"bash", "zsh", "fish"},
                                    .at_most = 1});
    }

    Result<int> run(const Context& context) override {
        if (shell_.empty()) {
            return usage_error("cannot print a script: no shell named", "name bash, zsh or fish");
        }
        const std::string shell = shell_.front();
        std::list<flags::Settings> all;
        std::vector<flags::CompletedCommand> commands;
        for (const auto& command : context.commands) {
            const CommandText& text = command->text();
            command->declare(all.emplace_back(text.name));
            commands.push_back({text.name, text.summary, &all.back()});
        }
        const std::string script =
            shell == "bash"  ? flags::bash_completion(context.global, commands)
            : shell == "zsh" ? flags::zsh_completion(context.global, commands)
                             : flags::fish_completion(context.global, commands);
        ASSAY_CHECK(posix::write_all(STDOUT_FILENO, script, "stdout"));
        return kExitDone;
    }

  private:
    std::vector<std::string> shell_;
};

}  // namespace

std::unique_ptr<Command> make_completion_command() {
    return std::make_unique<CompletionCommand>();
}

}  // namespace assay::app
