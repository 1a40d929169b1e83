// The man pages against the binary: each option, variable, default, exit code and report key that
// it has is in its page, and no page tells of one that it has not.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "internal/app/exit_codes.hpp"
#include "internal/testing/process.hpp"
#include "internal/testing/report_fields.hpp"

namespace assay::app {
namespace {

struct Setting {
    std::string command;
    std::string name;
    std::string variable;
    std::string value;  // the default, empty for none, lists and switches
};

// As `assay config` tells them where nothing is set.
std::vector<Setting> settings_of_binary() {
    const auto output = testing::run_assay({"--config", "/dev/null", "config", "--json"});
    const auto report = testing::ReportFields::parse(output.out);
    INFO(output.err << report.error());
    REQUIRE(output.exit_code == 0);
    std::vector<Setting> settings;
    for (std::size_t i = 0; report.has("settings." + std::to_string(i) + ".name"); ++i) {
        const std::string row = "settings." + std::to_string(i) + ".";
        Setting setting{report.text(row + "command"), report.text(row + "name"),
                        report.text(row + "variable"), report.text(row + "value")};
        const bool is_default = report.text(row + "origin") == "default";
        if (!is_default || setting.value == "false") setting.value.clear();
        settings.push_back(setting);
    }
    REQUIRE(settings.size() > 40);
    return settings;
}

std::string read_page(const std::string& name) {
    std::ifstream stream(std::string(ASSAY_SOURCE_DIR) + "/man/" + name);
    std::string page{std::istreambuf_iterator<char>(stream), {}};
    REQUIRE_FALSE(page.empty());
    return page;
}

// Large commands have a page of their own.
std::string page_of(const std::string& command) {
    const bool is_large = command == "run" || command == "serve-judge";
    return is_large ? "assay-" + command + ".1" : "assay.1";
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

// The description of an option: from its item to the next one or the end of the list.
std::string_view item_of(std::string_view page, const std::string& option) {
    for (const char* const end : {"\n", " "}) {
        const std::size_t begin = page.find("\n.It Fl Fl " + option + end);
        if (begin == page.npos) continue;
        const std::string_view rest = page.substr(begin + 1);
        return rest.substr(0, std::min(rest.find("\n.It "), rest.find("\n.El\n")));
    }
    return {};
}

// The options that a page describes, in its order.
std::vector<std::string> options_of(const std::string& page) {
    constexpr std::string_view kItem = "\n.It Fl Fl ";
    std::vector<std::string> options;
    for (std::size_t at = page.find(kItem); at != page.npos; at = page.find(kItem, at + 1)) {
        const std::size_t begin = at + kItem.size();
        options.push_back(page.substr(begin, page.find_first_of(" \n", begin) - begin));
    }
    return options;
}

TEST_CASE("man: every option is described in its page", "[man]") {
    for (const Setting& setting : settings_of_binary()) {
        INFO(page_of(setting.command) << ": --" << setting.name);
        CHECK_FALSE(item_of(read_page(page_of(setting.command)), setting.name).empty());
    }
}

TEST_CASE("man: every variable is in its page", "[man]") {
    for (const Setting& setting : settings_of_binary()) {
        INFO(page_of(setting.command) << ": " << setting.variable);
        CHECK(contains(read_page(page_of(setting.command)), "Ev " + setting.variable + "\n"));
    }
}

TEST_CASE("man: every default is told beside its option", "[man]") {
    for (const Setting& setting : settings_of_binary()) {
        if (setting.value.empty()) continue;
        const std::string page = read_page(page_of(setting.command));
        const std::string item(item_of(page, setting.name));
        INFO(page_of(setting.command) << ": --" << setting.name << ", default " << setting.value);
        const bool told = contains(item, "default is\n.Li " + setting.value + " ") ||
                          contains(item, "default is\n.Cm " + setting.value + " ");
        CHECK(told);
    }
}

TEST_CASE("man: no page describes an option that the binary does not have", "[man]") {
    const std::vector<Setting> settings = settings_of_binary();
    // Flags that are no settings are not in the list.
    const auto help = testing::run_assay({"serve-judge", "--help"}).out;
    for (const std::string name : {"assay.1", "assay-run.1", "assay-serve-judge.1"}) {
        for (const std::string& option : options_of(read_page(name))) {
            const bool asks = name == "assay-serve-judge.1" && contains(help, "--" + option + " ");
            const bool known = asks || option == "config" || option == "help" ||
                               option == "version" ||
                               std::any_of(settings.begin(), settings.end(), [&](const auto& one) {
                                   return one.name == option && page_of(one.command) == name;
                               });
            INFO(name << ": --" << option);
            CHECK(known);
        }
    }
}

TEST_CASE("man: every exit code is in its page", "[man]") {
    const std::string run = read_page("assay-run.1");
    for (const int code : {kRunMemoryLimit, kRunOutputLimit, kRunForbiddenCall, kRunTimeLimit,
                           kRunFailed, kRunCannotExecute, kRunNotFound}) {
        INFO(code);
        CHECK(contains(run, "\n.It " + std::to_string(code) + "\n"));
    }
    CHECK(contains(run, "\n.It " + std::to_string(kRunSignalBase) + "+N\n"));
    const std::string others = read_page("assay.1");
    for (const int code : {kExitDone, kExitFailed, kExitUsage, kExitUnsupported, kExitInternal,
                           kExitInterrupted, kExitTerminated}) {
        INFO(code);
        CHECK(contains(others, "\n.It " + std::to_string(code) + "\n"));
    }
}

TEST_CASE("man: flags that are no settings are in their page", "[man]") {
    const std::string page = read_page("assay-serve-judge.1");
    CHECK_FALSE(item_of(page, "version").empty());
    CHECK_FALSE(item_of(page, "print-systemd-unit").empty());
    for (const int code : {kExitDone, kExitUsage, kExitUnsupported, kExitInternal, kExitInterrupted,
                           kExitTerminated}) {
        INFO(code);
        CHECK(contains(page, "\n.It " + std::to_string(code) + "\n"));
    }
}

TEST_CASE("man: every metric is in the page of its server", "[man]") {
    std::ifstream stream(ASSAY_SOURCE_DIR "/internal/judge/metrics/metrics.cpp");
    const std::string source{std::istreambuf_iterator<char>(stream), {}};
    const std::string page = read_page("assay-serve-judge.1");
    std::size_t found = 0;
    constexpr std::string_view kOpening = ".family(\"";
    for (std::size_t at = source.find(kOpening); at != source.npos;
         at = source.find(kOpening, at + 1)) {
        const std::size_t begin = at + kOpening.size();
        const std::string name = source.substr(begin, source.find('"', begin) - begin);
        INFO(name);
        CHECK(contains(page, "Cm " + name));
        ++found;
    }
    CHECK(found > 15);
}

TEST_CASE("man: every key of the report is described", "[man]") {
    const auto output = testing::run_assay(
        {"run", "--json", "-", "--cpu-limit", "9s", "--wall-limit", "9s", "--", "/bin/true"});
    const auto report = testing::ReportFields::parse(output.out);
    INFO(output.err << report.error());
    REQUIRE(output.exit_code == 0);
    const std::string page = read_page("assay-run.1");
    const std::string section = page.substr(page.find("\n.Sh REPORT\n"));
    for (const auto& [path, value] : report.all()) {
        const std::string key = path.substr(0, path.find('.'));
        INFO(path << " = " << value);
        CHECK((contains(section, " " + key + "\n") || contains(section, " " + key + " ")));
        if (key != "limits") continue;
        CHECK(contains(section, " " + path.substr(path.find('.') + 1) + " "));
    }
}

TEST_CASE("man: the pages are clean mdoc", "[man]") {
    if (testing::run({.arguments = {"sh", "-c", "command -v mandoc"}}).exit_code != 0) {
        std::puts("skipped: mandoc is not installed");
        return;
    }
    for (const std::string name :
         {"assay.1", "assay-run.1", "assay-serve-judge.1", "assay.toml.5"}) {
        const auto output = testing::run({.arguments = {"mandoc", "-T", "lint", "-W", "warning",
                                                        ASSAY_SOURCE_DIR "/man/" + name}});
        CHECK(output.out == "");
        CHECK(output.exit_code == 0);
    }
}

}  // namespace
}  // namespace assay::app
