// The composition root: which commands there are.
#include <utility>

#include "cmd/assay/check_command.hpp"
#include "cmd/assay/completion_command.hpp"
#include "cmd/assay/config_command.hpp"
#include "cmd/assay/run_command.hpp"
#include "cmd/assay/serve_judge_command.hpp"
#include "internal/app/command.hpp"
#include "internal/app/process.hpp"

int main(int count, char** words, char** environment) {
    namespace app = assay::app;
    app::open_missing_standard_streams();
    app::Commands commands;
    commands.push_back(app::make_run_command());
    commands.push_back(app::make_serve_judge_command());
    commands.push_back(app::make_check_command());
    commands.push_back(app::make_config_command());
    commands.push_back(app::make_completion_command());
    const int first = count > 0 ? 1 : 0;
    return app::run_application(commands, {words + first, words + count}, environment);
}
