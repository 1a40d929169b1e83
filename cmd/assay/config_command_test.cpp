#include <catch2/catch.hpp>

#include "internal/testing/process.hpp"

namespace assay::testing {
namespace {

TEST_CASE("assay: without arguments the help is on stderr and the code 2", "[assay]") {
    const Output output = run_assay({});
    CHECK(output.exit_code == 2);
    CHECK(output.out.empty());
    CHECK_THAT(output.err, Catch::StartsWith("Usage: assay COMMAND"));
    CHECK(run_assay({"--help"}).out == output.err);
    CHECK(run_assay({"-h"}).exit_code == 0);
    CHECK(run_assay({"help"}).out == output.err);
}

TEST_CASE("assay: the version is one line", "[assay]") {
    const Output output = run_assay({"--version"});
    CHECK(output.exit_code == 0);
    CHECK(output.out == "assay " ASSAY_VERSION "\n");
}

TEST_CASE("assay: an unknown command names the nearest", "[assay]") {
    const Output near = run_assay({"confg"});
    CHECK(near.exit_code == 2);
    CHECK(near.err == "assay: unknown command 'confg'; did you mean 'config'?\n");
    CHECK(run_assay({"banana\n"}).err ==
          "assay: unknown command 'banana\\x0a'; 'assay --help' lists the commands\n");
    CHECK(run_assay({"help", "confg"}).exit_code == 2);
}

TEST_CASE("assay: help of a command does not need its settings to be right", "[assay]") {
    const Output output = run_assay({"config", "--help"}, {"ASSAY_CONFIG=/nonexistent"});
    CHECK(output.exit_code == 0);
    CHECK_THAT(output.out, Catch::StartsWith("Usage: assay config"));
    CHECK(run_assay({"help", "config"}).out == output.out);
}

TEST_CASE("config: values come with their origin", "[config]") {
    const FreshDirectory directory;
    const std::string file =
        directory.write("c.toml", "[run]\nbind = ['/a', '/b']\nhostname = 'box'\n");
    const Output output = run_assay({"--config", file, "config", "run", "--color=never"},
                                    {"ASSAY_RUN_CPU_LIMIT=1500ms"});
    CHECK(output.exit_code == 0);
    CHECK(output.err.empty());
    const auto line = [&](std::string_view name) {
        const std::size_t at = output.out.find(std::string(name) + " ");
        if (at == std::string::npos) return std::string("no line");
        std::string found = output.out.substr(at, output.out.find('\n', at) - at);
        for (std::size_t gap = 0; (gap = found.find("  ")) != std::string::npos;)
            found.erase(gap, 1);
        return found;
    };
    CHECK(line("run.cpu-limit") == "run.cpu-limit 1.5s variable ASSAY_RUN_CPU_LIMIT");
    CHECK(line("run.bind") == "run.bind /a /b " + file + ":2");
    CHECK(line("run.hostname") == "run.hostname box " + file + ":3");
    CHECK(line("run.net") == "run.net none default");
    CHECK(line("config") == "config " + file + " flag --config");
    CHECK(line("color") == "color never flag --color");
    CHECK(output.out.find("config.json") == std::string::npos);
}

TEST_CASE("config: JSON has types and sources", "[config]") {
    const Output output =
        run_assay({"config", "--json", "run"}, {"ASSAY_RUN_BIND=/a\n/b", "ASSAY_RUN_WRITABLE=yes"});
    CHECK(output.exit_code == 0);
    CHECK_THAT(output.out,
               Catch::StartsWith("{\n  \"schema\": \"assay-config/1\",\n  \"file\": null,"));
    CHECK_THAT(output.out, Catch::Contains("\"name\": \"writable\",\n      \"value\": true,\n"
                                           "      \"origin\": \"variable\",\n"
                                           "      \"where\": \"ASSAY_RUN_WRITABLE\","));
    CHECK_THAT(output.out, Catch::Contains("\"name\": \"cpu-limit\",\n      \"value\": null,"));
    CHECK_THAT(output.out, Catch::Contains("\"/a\""));
}

TEST_CASE("config: the whole file is checked, not only this command's table", "[config]") {
    const FreshDirectory directory;
    const std::string file = directory.write("c.toml", "[run]\ncpu-limt = '1s'\n");
    const Output output = run_assay({"config", "--config", file});
    CHECK(output.exit_code == 2);
    CHECK(output.out.empty());
    CHECK(output.err == "assay config: " + file +
                            ":2:1: unknown key 'cpu-limt' in [run]; did you mean 'cpu-limit'?\n");
    CHECK(run_assay({"completion", "bash", "--config", file}).exit_code == 0);
    CHECK(run_assay({"config", "rnu"}).err ==
          "assay config: unknown command 'rnu'; did you mean 'run'?\n");
    CHECK(run_assay({"config"}, {"ASSAY_RUN_NTE=host"}).err ==
          "assay config: unknown variable 'ASSAY_RUN_NTE'; did you mean 'ASSAY_RUN_NET'?\n");
}

TEST_CASE("config: colour is for terminals, or for those who ask", "[config]") {
    CHECK(run_assay({"config"}).out.find('\x1b') == std::string::npos);
    CHECK(run_assay({"config", "--color=always"}, {"NO_COLOR=1"}).out.find('\x1b') !=
          std::string::npos);
    CHECK(run_assay({"config"}, {"ASSAY_COLOR=always"}).out.find('\x1b') != std::string::npos);
}

TEST_CASE("run: a usage error of assay run is its own code", "[assay]") {
    const Output output = run_assay({"run", "--cpu-limt", "1s", "true"});
    CHECK(output.exit_code == 125);
    CHECK(output.err == "assay run: unknown flag '--cpu-limt'; did you mean '--cpu-limit'?\n");
}

}  // namespace
}  // namespace assay::testing
