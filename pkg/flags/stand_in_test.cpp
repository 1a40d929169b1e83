// A command that stands in for another program: its variables, its dashes, its lists.
#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "pkg/flags/command_line.hpp"
#include "pkg/flags/flags.hpp"
#include "pkg/flags/help.hpp"

namespace assay::flags {
namespace {

using Words = std::vector<std::string>;

// A settings file, gone with the object.
class ConfigFile {
  public:
    explicit ConfigFile(std::string_view text) {
        const int fd = ::mkstemp(path_.data());
        REQUIRE(fd >= 0);
        ::close(fd);
        std::ofstream(path_) << text;
    }
    ~ConfigFile() { ::unlink(path_.c_str()); }
    const std::string& path() const { return path_; }

  private:
    std::string path_ = "/tmp/assay-flags-XXXXXX";
};

struct StandIn {
    std::string address = "localhost:5050";
    std::vector<std::string> cpu_sets;
    std::vector<std::string> plain;
    std::chrono::nanoseconds timeout{0};
    units::Bytes limit{16 << 10};
    bool silent = false;
    bool version = false;
    std::string config_file;
    Settings global{""};
    Settings serve{"serve-judge"};

    StandIn() {
        global.add_config_file(config_file);
        serve.set_alias_prefix("ES_");
        serve.allow_single_dash();
        serve.add(address, {.name = "http-addr", .value_name = "HOST:PORT", .help = "address"});
        serve.add(cpu_sets, {.name = "cpuset", .value_name = "LIST", .commas = true});
        serve.add(plain, {.name = "plain", .value_name = "WORD"});
        serve.add(timeout, {.name = "file-timeout", .value_name = "TIME"});
        serve.add(limit, {.name = "output-limit", .value_name = "SIZE"});
        serve.add(silent, {.name = "silent"});
        serve.add(version, {.name = "version", .flag_only = true});
    }

    std::string error(Words arguments, const Words& variables = {}) {
        std::vector<const char*> environment;
        for (const std::string& variable : variables) environment.push_back(variable.c_str());
        environment.push_back(nullptr);
        if (arguments.empty() || arguments.front() != "--config") {
            arguments.insert(arguments.begin(), {"--config", "/dev/null"});
        }
        const auto parsed =
            parse(global, serve, std::move(arguments), {environment.data(), {"serve-judge"}});
        return parsed ? "no error" : to_string(parsed.error());
    }

    std::string origin(std::string_view name) const { return to_string(serve.find(name)->origin); }
};

TEST_CASE("flags: an alias variable ranks between the file and the own variable", "[flags]") {
    const ConfigFile file("[serve-judge]\nhttp-addr = ':1'\n");
    struct Row {
        Words variables;
        Words flags;
        std::string value;
        std::string origin;
    };
    for (const Row& row : {Row{{}, {}, ":1", file.path() + ":2"},
                           Row{{"ES_HTTP_ADDR=:2"}, {}, ":2", "variable ES_HTTP_ADDR"},
                           Row{{"ES_HTTP_ADDR="}, {}, ":1", file.path() + ":2"},
                           Row{{"ASSAY_SERVE_JUDGE_HTTP_ADDR=:3", "ES_HTTP_ADDR=:2"},
                               {},
                               ":3",
                               "variable ASSAY_SERVE_JUDGE_HTTP_ADDR"},
                           Row{{"ASSAY_SERVE_JUDGE_HTTP_ADDR=:3", "ES_HTTP_ADDR=:2"},
                               {"-http-addr", ":4"},
                               ":4",
                               "flag --http-addr"}}) {
        StandIn command;
        Words arguments{"--config", file.path()};
        arguments.insert(arguments.end(), row.flags.begin(), row.flags.end());
        CHECK(command.error(arguments, row.variables) == "no error");
        CHECK(command.address == row.value);
        CHECK(command.origin("http-addr") == row.origin);
    }
}

TEST_CASE("flags: aliases of other programs are left alone, bad ones named", "[flags]") {
    CHECK(StandIn().error({}, {"ES_JAVA_OPTS=-Xmx1g", "ES_VERSION=8.1"}) == "no error");
    CHECK(StandIn().error({}, {"ES_SILENT=perhaps"}) ==
          "ES_SILENT: bad switch 'perhaps'; write true or false");
    StandIn command;
    CHECK(command.error({}, {"ES_SILENT=True", "ES_OUTPUT_LIMIT=256mb", "ES_FILE_TIMEOUT=1h30m"}) ==
          "no error");
    CHECK(command.silent);
    CHECK(command.limit == units::Bytes{256 << 20});
    CHECK(command.timeout == std::chrono::minutes(90));
}

TEST_CASE("flags: one dash is enough where a command says so", "[flags]") {
    StandIn command;
    CHECK(command.error({"-http-addr=:1", "-silent", "--output-limit", "1k", "-file-timeout",
                         "30m"}) == "no error");
    CHECK(command.address == ":1");
    CHECK(command.silent);
    CHECK(command.limit == units::Bytes{1024});
    CHECK(command.timeout == std::chrono::minutes(30));

    StandIn value;
    CHECK(value.error({"-http-addr", "-silent", "-no-silent"}) == "no error");
    CHECK(value.address == "-silent");
    CHECK_FALSE(value.silent);

    CHECK(StandIn().error({"-slient"}) == "unknown flag '-slient'; did you mean '--silent'?");
    CHECK(StandIn().error({"-http-addr"}) ==
          "flag '--http-addr' needs a value; see 'assay serve-judge --help'");
    CHECK(StandIn().error({"--", "-silent"}) == "unexpected argument '-silent'");
}

TEST_CASE("flags: a list with commas takes them in every layer", "[flags]") {
    StandIn flag;
    CHECK(flag.error({"-cpuset", "0,1-2", "--cpuset=3,", "--plain", "a,b"}) == "no error");
    CHECK(flag.cpu_sets == Words{"0", "1-2", "3"});
    CHECK(flag.plain == Words{"a,b"});
    StandIn variable;
    CHECK(variable.error({}, {"ES_CPUSET=0,1", "ES_PLAIN=a,b"}) == "no error");
    CHECK(variable.cpu_sets == Words{"0", "1"});
    CHECK(variable.plain == Words{"a,b"});
    const ConfigFile file("[serve-judge]\ncpuset = ['0', '1,2']\n");
    StandIn in_file;
    CHECK(in_file.error({"--config", file.path()}) == "no error");
    CHECK(in_file.cpu_sets == Words{"0", "1", "2"});
}

TEST_CASE("flags: what is a flag only has no variable and no key", "[flags]") {
    StandIn flag;
    CHECK(flag.error({"-version"}) == "no error");
    CHECK(flag.version);
    CHECK(StandIn().error({}, {"ASSAY_SERVE_JUDGE_VERSION=1"}) ==
          "unknown variable 'ASSAY_SERVE_JUDGE_VERSION'; unset it");
    const ConfigFile file("[serve-judge]\nversion = true\n");
    CHECK(StandIn().error({"--config", file.path()}) ==
          file.path() +
              ":2:1: unknown key 'version' in [serve-judge]; "
              "'assay config serve-judge' lists the keys");
}

TEST_CASE("help: the alias variables are told once", "[flags]") {
    const StandIn command;
    const std::string page = help_page({.usage = "u", .summary = "s", .epilogue = {}},
                                       command.global, &command.serve, 200);
    CHECK_THAT(page, Catch::Contains("The variable ES_HTTP_ADDR is"));
}

}  // namespace
}  // namespace assay::flags
