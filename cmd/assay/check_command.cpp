#include "cmd/assay/check_command.hpp"

#include <unistd.h>

#include "internal/app/check.hpp"
#include "internal/report/json.hpp"
#include "internal/report/table.hpp"
#include "pkg/posix/files.hpp"

namespace assay::app {
namespace {

constexpr CommandText kText{
    .name = "check",
    .summary = "show what this host offers, what is lost without the rest and what mends it",
    .usage = "[options]",
    .epilogue =
        "States: ok; weaker, something is lost; missing. Below the table: what is lost, what "
        "mends\n"
        "it, and what makes measurements differ from run to run.\n"
        "\n"
        "Exit codes: 0 `assay run` works, if with weaker limits; 3 it cannot run anything here.\n"
        "\n"
        "Examples:\n"
        "  assay check\n"
        "  assay check --json | jq '.findings[] | select(.state != \"ok\")'\n",
};

report::Tone tone_of(State state) {
    switch (state) {
        case State::kOk:
            return report::Tone::kGood;
        case State::kWeaker:
            return report::Tone::kWarning;
        case State::kMissing:
            return report::Tone::kBad;
    }
    return report::Tone::kPlain;
}

std::string verdict(const HostReport& host) {
    if (!host.can_run()) return "assay run cannot run anything on this host\n";
    for (const Finding& one : host.findings) {
        if (one.state != State::kOk && one.loses.starts_with("run:")) {
            return "assay run works on this host, weaker than it could be\n";
        }
    }
    return "assay run works on this host in full\n";
}

std::string as_text(const HostReport& host, bool colour) {
    report::Table states({{"area"}, {"what"}, {"state"}, {"found"}});
    std::string losses;
    for (const Finding& one : host.findings) {
        states.add(
            {one.area, one.name, {std::string(word(one.state)), tone_of(one.state)}, one.found});
        if (one.loses.empty()) continue;
        losses +=
            "\n" + report::paint(one.name, tone_of(one.state), colour) + "\n  " + one.loses + "\n";
        if (!one.remedy.empty()) losses += "  mend: " + one.remedy + "\n";
    }
    std::string noise;
    for (const Noise& one : host.noise) {
        noise += "\n" + report::paint("noise: " + one.name, report::Tone::kWarning, colour) + " (" +
                 one.found + ")\n  " + one.effect + "\n  mend: " + one.remedy + "\n";
    }
    return "Linux " + host.kernel + "\n\n" + states.render(colour) + losses + noise + "\n" +
           verdict(host);
}

report::Json as_json(const HostReport& host) {
    const auto text_or_null = [](const std::string& text) {
        return text.empty() ? report::Json() : report::Json(text);
    };
    report::Json findings = report::Json::array();
    for (const Finding& one : host.findings) {
        findings.push(report::Json::object()
                          .set("area", one.area)
                          .set("name", one.name)
                          .set("state", word(one.state))
                          .set("found", one.found)
                          .set("required", one.required)
                          .set("loses", text_or_null(one.loses))
                          .set("remedy", text_or_null(one.remedy)));
    }
    report::Json noise = report::Json::array();
    for (const Noise& one : host.noise) {
        noise.push(report::Json::object()
                       .set("name", one.name)
                       .set("found", one.found)
                       .set("effect", one.effect)
                       .set("remedy", one.remedy));
    }
    return report::Json::object()
        .set("schema", "assay-check/1")
        .set("kernel", host.kernel)
        .set("can_run", host.can_run())
        .set("findings", std::move(findings))
        .set("noise", std::move(noise));
}

class CheckCommand final : public Command {
  public:
    const CommandText& text() const override { return kText; }

    void declare(flags::Settings& settings) override {
        settings.add(json_, {.name = "json", .help = "print one JSON object instead of a table"});
    }

    Result<int> run(const Context& context) override {
        ASSAY_TRY(const HostFacts facts, gather_host_facts());
        const HostReport host = judge(facts);
        const std::string page =
            json_ ? as_json(host).pretty() : as_text(host, context.colors(STDOUT_FILENO));
        ASSAY_CHECK(posix::write_all(STDOUT_FILENO, page, "stdout"));
        return host.can_run() ? kExitDone : kExitUnsupported;
    }

  private:
    bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_check_command() {
    return std::make_unique<CheckCommand>();
}

}  // namespace assay::app
