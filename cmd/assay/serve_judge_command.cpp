#include "cmd/assay/serve_judge_command.hpp"

#include <unistd.h>

#include <array>
#include <climits>
#include <string>
#include <string_view>

#include "cmd/assay/serve_judge_options.hpp"
#include "pkg/posix/files.hpp"

namespace assay::app {
namespace {

constexpr CommandText kText{
    .name = "serve-judge",
    .summary = "run programs for online judges, as go-judge does",
    .usage = "[options]",
    .epilogue =
        "Flags and ES_ variables of go-judge are understood as they are, with one dash or two.\n"
        "\n"
        "Exit codes: 0 ended by SIGTERM or SIGINT, what ran is finished; 2 a setting is wrong; "
        "3 this\n"
        "host cannot; 4 it could not go on; 130, 143 ended at once by a second signal.\n"
        "\n"
        "Examples:\n"
        "  assay serve-judge --parallelism 4\n"
        "  assay serve-judge -http-addr 0.0.0.0:5050 -auth-token secret -file-timeout 30m\n"
        "  assay serve-judge --print-systemd-unit > /etc/systemd/system/judge.service\n"
        "  curl -s localhost:5050/run -d '{\"cmd\":[{\"args\":[\"/bin/echo\",\"hi\"],\n"
        "    \"files\":[{\"content\":\"\"},{\"name\":\"stdout\",\"max\":1024}],\n"
        "    \"cpuLimit\":1000000000,\"memoryLimit\":67108864,\"procLimit\":8}]}'\n"};

constexpr std::string_view kVersionText =
    "assay " ASSAY_VERSION ", which speaks the interface of go-judge v1.12.2\n";

// OOMPolicy: a program that the kernel kills for its memory is a verdict, no failure of the
// service. KillMode: the server ends its slots itself, after what runs.
std::string systemd_unit() {
    std::array<char, PATH_MAX> path{};
    const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
    const std::string program = length > 0 ? path.data() : "/usr/local/bin/assay";
    return "[Unit]\n"
           "Description=Programs under limits, for online judges\n"
           "Documentation=man:assay-serve-judge(1)\n"
           "After=network.target\n"
           "\n"
           "[Service]\n"
           "Type=notify\n"
           "ExecStart=" +
           program +
           " serve-judge\n"
           "# Settings: [serve-judge] in /etc/assay/config.toml, or variables in this file.\n"
           "EnvironmentFile=-/etc/default/assay-serve-judge\n"
           "Delegate=yes\n"
           "KillMode=mixed\n"
           "OOMPolicy=continue\n"
           "TasksMax=infinity\n"
           "LimitNOFILE=65536\n"
           "TimeoutStopSec=30\n"
           "Restart=on-failure\n"
           "\n"
           "[Install]\n"
           "WantedBy=multi-user.target\n";
}

class ServeJudgeCommand final : public Command {
  public:
    const CommandText& text() const override { return kText; }
    void declare(flags::Settings& settings) override {
        declare_serve_judge_options(settings, options_);
    }

    Result<int> run(const Context&) override {
        if (options_.version) return print(kVersionText);
        if (options_.print_systemd_unit) return print(systemd_unit());
        ASSAY_TRY(const DaemonPlan plan, make_daemon_plan(options_));
        for (const std::string& note : plan.notes) {
            if (options_.silent) break;
            (void)posix::write_all(STDERR_FILENO, "assay serve-judge: " + note + "\n", "stderr");
        }
        return judge::run_daemon(plan.daemon);
    }

  private:
    static Result<int> print(std::string_view text) {
        ASSAY_CHECK(posix::write_all(STDOUT_FILENO, text, "stdout"));
        return kExitDone;
    }

    ServeJudgeOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_serve_judge_command() {
    return std::make_unique<ServeJudgeCommand>();
}

}  // namespace assay::app
