#include "pkg/flags/flags.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace assay::flags {
namespace {

using Words = std::vector<std::string>;

class FreshDirectory {
  public:
    FreshDirectory() {
        std::string pattern = std::filesystem::temp_directory_path() / "assay-flags-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) FAIL("cannot create a directory");
        path_ = pattern;
    }
    ~FreshDirectory() { std::filesystem::remove_all(path_); }
    FreshDirectory(const FreshDirectory&) = delete;
    FreshDirectory& operator=(const FreshDirectory&) = delete;

    std::string write(const std::string& name, std::string_view text) const {
        const std::filesystem::path file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
        return file;
    }
    std::string path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// One setting of every kind, declared as a command would.
struct Sample {
    bool writable = false;
    std::string hostname = "assay";
    std::string net = "none";
    std::vector<std::string> bind;
    std::chrono::nanoseconds extra_time{0};
    std::optional<std::chrono::nanoseconds> cpu_limit;
    units::Bytes disk_limit{1024};
    std::optional<units::Bytes> memory_limit;
    units::Count repeat{1};
    std::optional<units::Count> process_limit;
    std::optional<units::Rate> rate;
    std::optional<double> cpu_rate;
    std::vector<std::string> command;
    std::string config_file;
    std::string color = "auto";
    Settings global{""};
    Settings run{"run"};

    Sample() {
        global.add_config_file(config_file);
        global.add(color, {.name = "color", .value_name = "WHEN", .choices = {"auto", "never"}});
        run.add(writable, {.name = "writable", .help = "h", .short_name = 'w'});
        run.add(hostname, {.name = "hostname", .value_name = "NAME", .short_name = 'H'});
        run.add(net, {.name = "net", .value_name = "NET", .choices = {"none", "host"}});
        run.add(bind, {.name = "bind", .value_name = "PATH"});
        run.add(extra_time, {.name = "extra-time", .value_name = "TIME"});
        run.add(cpu_limit, {.name = "cpu-limit", .value_name = "TIME"});
        run.add(disk_limit, {.name = "disk-limit", .value_name = "SIZE"});
        run.add(memory_limit, {.name = "memory-limit", .value_name = "SIZE"});
        run.add(repeat, {.name = "repeat", .value_name = "N"});
        run.add(process_limit, {.name = "process-limit", .value_name = "N"});
        run.add(rate, {.name = "rate", .value_name = "RATE"});
        run.add(cpu_rate, {.name = "cpu-rate", .value_name = "CPUS"});
        run.add_trailing(command, "PROG [ARG…]", "the program");
    }

    Result<Parsed> parse(Words arguments, const Words& variables = {}) {
        std::vector<const char*> environment;
        for (const std::string& variable : variables) environment.push_back(variable.c_str());
        environment.push_back(nullptr);
        return flags::parse(global, run, std::move(arguments),
                            {environment.data(), {"run", "check"}});
    }

    std::string error(Words arguments, const Words& variables = {}) {
        const auto parsed = parse(std::move(arguments), variables);
        return parsed ? "no error" : to_string(parsed.error());
    }

    Words value(std::string_view name) const { return run.find(name)->spelled(); }
    std::string origin(std::string_view name) const { return to_string(run.find(name)->origin); }
};

struct Case {
    std::string name;
    std::string in_file;  // as TOML
    Words file_value;
    std::string in_variable;
    Words variable_value;
    Words flags;
    Words flag_value;
};

const Case kCases[] = {
    {"writable", "true", {"true"}, "no", {"false"}, {"--writable"}, {"true"}},
    {"hostname", "\"f\"", {"f"}, "v w", {"v w"}, {"--hostname", "x"}, {"x"}},
    {"net", "\"host\"", {"host"}, "none", {"none"}, {"--net=host"}, {"host"}},
    {"bind",
     "['/a', '/b,c']",
     {"/a", "/b,c"},
     "/d:/e\n/f",
     {"/d:/e", "/f"},
     {"--bind", "/g", "--bind=/h"},
     {"/g", "/h"}},
    {"extra-time", "\"1s\"", {"1s"}, "2s", {"2s"}, {"--extra-time", "3s"}, {"3s"}},
    {"cpu-limit", "\"1s\"", {"1s"}, "1500ms", {"1.5s"}, {"--cpu-limit=2m"}, {"2m"}},
    {"disk-limit", "\"1M\"", {"1M"}, "2M", {"2M"}, {"--disk-limit", "3M"}, {"3M"}},
    {"memory-limit", "4096", {"4k"}, "64MiB", {"64M"}, {"--memory-limit", "none"}, {}},
    {"repeat", "3", {"3"}, "1k", {"1k"}, {"--repeat", "5"}, {"5"}},
    {"process-limit", "10", {"10"}, "20", {"20"}, {"--process-limit", "30"}, {"30"}},
    {"rate", "\"5/s\"", {"5/s"}, "10/s", {"10/s"}, {"--rate", "20/s"}, {"20/s"}},
    {"cpu-rate", "0.5", {"0.5"}, "2", {"2"}, {"--cpu-rate", "1.5"}, {"1.5"}},
};

TEST_CASE("flags: flag beats variable beats file beats default, for every kind", "[flags]") {
    const FreshDirectory directory;
    for (const Case& test : kCases) {
        INFO(test.name);
        const std::string file =
            directory.write("c.toml", "[run]\n" + test.name + " = " + test.in_file + "\n");
        const std::string variable_only = variable_name("run", test.name);
        const std::string variable = variable_only + "=" + test.in_variable;
        const Words initial = Sample().value(test.name);

        Sample untouched;
        REQUIRE(untouched.parse({}).has_value());
        CHECK(untouched.value(test.name) == initial);
        CHECK(untouched.origin(test.name) == "default");

        Sample from_file;
        REQUIRE(from_file.error({"--config", file}) == "no error");
        CHECK(from_file.value(test.name) == test.file_value);
        CHECK(from_file.origin(test.name) == file + ":2");

        Sample from_variable;
        REQUIRE(from_variable.error({"--config", file}, {variable}) == "no error");
        CHECK(from_variable.value(test.name) == test.variable_value);
        CHECK(from_variable.origin(test.name) == "variable " + variable_only);

        Words arguments{"--config", file};
        arguments.insert(arguments.end(), test.flags.begin(), test.flags.end());
        Sample from_flag;
        REQUIRE(from_flag.error(arguments, {variable}) == "no error");
        CHECK(from_flag.value(test.name) == test.flag_value);
        CHECK(from_flag.origin(test.name) == "flag --" + test.name);
    }
}

TEST_CASE("flags: switches have a negation and a value", "[flags]") {
    const auto writable = [](Words arguments, bool before = false) {
        Sample sample;
        sample.writable = before;
        const std::string error = sample.error(std::move(arguments));
        REQUIRE(error == "no error");
        return sample.writable;
    };
    CHECK(writable({"--writable"}));
    CHECK(writable({"--writable=true"}));
    CHECK(writable({"-w"}));
    CHECK(writable({"-wHbox"}));
    CHECK_FALSE(writable({"--writable=false"}, true));
    CHECK_FALSE(writable({"--no-writable"}, true));
    CHECK_FALSE(writable({"--writable", "--no-writable"}));
    CHECK(writable({"--no-writable", "--writable"}));
    CHECK_FALSE(writable({"--writable=0"}, true));
    CHECK(Sample().error({"--writable=perhaps"}) ==
          "--writable: bad switch 'perhaps'; write true or false");
    CHECK(Sample().error({"--writable="}) == "--writable: bad switch ''; write true or false");
    for (const char* word : {"1", "true", "yes"}) {
        Sample sample;
        REQUIRE(sample.error({}, {std::string("ASSAY_RUN_WRITABLE=") + word}) == "no error");
        CHECK(sample.writable);
    }
}

TEST_CASE("flags: the program's words are left alone", "[flags]") {
    const auto command = [](Words arguments) {
        Sample sample;
        const std::string error = sample.error(std::move(arguments));
        REQUIRE(error == "no error");
        return sample.command;
    };
    CHECK(command({}) == Words{});
    CHECK(command({"prog"}) == Words{"prog"});
    CHECK(command({"prog", "--cpu-limit", "1s", "--", "-x", "--bind="}) ==
          Words{"prog", "--cpu-limit", "1s", "--", "-x", "--bind="});
    CHECK(command({"--cpu-limit", "1s", "prog", "--help"}) == Words{"prog", "--help"});
    CHECK(command({"--", "prog", "--unknown"}) == Words{"prog", "--unknown"});
    CHECK(command({"--", "--prog", "-h"}) == Words{"--prog", "-h"});
    CHECK(command({"--", "--", "--"}) == Words{"--", "--"});
    CHECK(command({"--"}) == Words{});
    CHECK(command({"-"}) == Words{"-"});
    CHECK(command({"", "", "--x"}) == Words{"", "", "--x"});
    CHECK(command({"prog", "\xff\xfe", "a\nb"}) == Words{"prog", "\xff\xfe", "a\nb"});
    CHECK(command({"prog", "[a,b]", "{}", "%%", "++"}) == Words{"prog", "[a,b]", "{}", "%%", "++"});
    CHECK(command({"--writable", "true"}) == Words{"true"});
    CHECK(command({"--hostname=", "prog", "--bind="}) == Words{"prog", "--bind="});
}

TEST_CASE("flags: values are taken as they are", "[flags]") {
    const auto hostname = [](Words arguments) {
        Sample sample;
        const std::string error = sample.error(std::move(arguments));
        REQUIRE(error == "no error");
        return sample.hostname;
    };
    CHECK(hostname({"--hostname", "--writable"}) == "--writable");
    CHECK(hostname({"--hostname", "--"}) == "--");
    CHECK(hostname({"--hostname", ""}) == "");
    CHECK(hostname({"--hostname=", "prog"}) == "");
    CHECK(hostname({"--hostname", "--bind=", "prog"}) == "--bind=");
    CHECK(hostname({"--hostname=a=b"}) == "a=b");
    CHECK(hostname({"--hostname=--x"}) == "--x");
    CHECK(hostname({"--hostname", "[a,b]"}) == "[a,b]");
    CHECK(hostname({"--hostname", "{}"}) == "{}");
    CHECK(hostname({"-H", "x"}) == "x");
    CHECK(hostname({"-Hx"}) == "x");
    CHECK(hostname({"--hostname", "a", "--hostname", "b"}) == "b");
    CHECK(hostname({"--hostname", "\xff"}) == "\xff");
    const std::string large(1 << 20, 'x');
    CHECK(hostname({"--hostname", large}) == large);
    CHECK(hostname({"--hostname=" + large}) == large);
}

TEST_CASE("flags: a hundred thousand words are read", "[flags]") {
    Words arguments{"--writable", "--", "prog"};
    for (int i = 0; i < 100'000; ++i) arguments.push_back("--writable=" + std::to_string(i));
    Sample sample;
    REQUIRE(sample.error(arguments) == "no error");
    CHECK(sample.command == Words(arguments.begin() + 2, arguments.end()));
}

TEST_CASE("flags: errors of flags name the flag and the nearest one", "[flags]") {
    CHECK(Sample().error({"--cpu-limt", "1s"}) ==
          "unknown flag '--cpu-limt'; did you mean '--cpu-limit'?");
    CHECK(Sample().error({"--cpu-limt=1s"}) ==
          "unknown flag '--cpu-limt'; did you mean '--cpu-limit'?");
    CHECK(Sample().error({"--memory=1M"}) ==
          "unknown flag '--memory'; did you mean '--memory-limit'?");
    CHECK(Sample().error({"-cpu-limit"}) ==
          "unknown flag '-cpu-limit'; did you mean '--cpu-limit'?");
    CHECK(Sample().error({"--banana", "prog"}) ==
          "unknown flag '--banana'; see 'assay run --help'");
    CHECK(Sample().error({"-5"}) == "unknown flag '-5'; see 'assay run --help'");
    CHECK(Sample().error({"-zw"}) == "unknown flag '-zw'; see 'assay run --help'");
    CHECK(Sample().error({"---"}) == "unknown flag '---'; see 'assay run --help'");
    CHECK(Sample().error({"--cpu-limit"}) ==
          "flag '--cpu-limit' needs a value; see 'assay run --help'");
    CHECK(Sample().error({"--cpu-limit", "5x"}) ==
          "--cpu-limit: bad duration '5x': unknown unit 'x'; write it like 300ms, 1.5s or 2m");
    CHECK(Sample().error({"--cpu-limit="}) ==
          "--cpu-limit: bad duration '': nothing there; write it like 300ms, 1.5s or 2m");
    CHECK(Sample().error({"--net", "hots"}) == "--net: unknown value 'hots'; did you mean 'host'?");
    CHECK(Sample().error({"--net", "x"}) == "--net: unknown value 'x'; one of none, host");
    CHECK(Sample().error({"--cpu-rate", "1.5x"}) ==
          "--cpu-rate: bad number '1.5x'; write it like 2 or 0.5");
    CHECK(Sample().error({"--cpu-rate", "nan"}) ==
          "--cpu-rate: bad number 'nan'; write it like 2 or 0.5");
    CHECK(Sample().parse({"--banana"}).error().kind == ErrorKind::kUsage);
}

TEST_CASE("flags: errors of variables name the variable", "[flags]") {
    CHECK(
        Sample().error({}, {"ASSAY_RUN_CPU_LIMIT=soon"}) ==
        "ASSAY_RUN_CPU_LIMIT: bad duration 'soon': not a number; write it like 300ms, 1.5s or 2m");
    CHECK(Sample().error({}, {"ASSAY_RUN_CPU_LIMT=1s"}) ==
          "unknown variable 'ASSAY_RUN_CPU_LIMT'; did you mean 'ASSAY_RUN_CPU_LIMIT'?");
    CHECK(Sample().error({}, {"ASSAY_RUN_=1s"}) == "unknown variable 'ASSAY_RUN_'; unset it");
    CHECK(Sample().error({}, {"ASSAY_COLOR=pink"}) ==
          "ASSAY_COLOR: unknown value 'pink'; one of auto, never");
}

TEST_CASE("flags: variables of others, and empty ones, do not matter", "[flags]") {
    Sample sample;
    REQUIRE(sample.error({}, {"ASSAY_BINARY=x", "ASSAY_BENCH_RATE=zzz",
                              "ASSAY_RUN_CPU_LIMIT=", "ASSAY", "ASSAY_RUN_REPEAT=2",
                              "ASSAY_RUN_REPEAT=3", "XASSAY_RUN_NET=host"}) == "no error");
    CHECK_FALSE(sample.cpu_limit.has_value());
    CHECK(sample.repeat == units::Count{2});
    CHECK(sample.net == "none");
}

TEST_CASE("flags: errors of the file have line and column", "[flags]") {
    const FreshDirectory directory;
    const auto error = [&](std::string_view text) {
        const std::string file = directory.write("c.toml", text);
        std::string message = Sample().error({"--config", file});
        if (message.starts_with(file)) message.erase(0, file.size());
        return message;
    };
    CHECK(error("[run]\n\ncpu-limt = \"1s\"\n") ==
          ":3:1: unknown key 'cpu-limt' in [run]; did you mean 'cpu-limit'?");
    CHECK(error("[run]\nbanana = 1\n") ==
          ":2:1: unknown key 'banana' in [run]; 'assay config run' lists the keys");
    CHECK(error("[run]\ncpu-limit = \"5x\"\n") ==
          ":2:13: cpu-limit: bad duration '5x': unknown unit 'x'; write it like 300ms, 1.5s or 2m");
    CHECK(error("[run]\ncpu-limit = 5\n") ==
          ":2:13: cpu-limit: bad duration '5': no unit; write it like 300ms, 1.5s or 2m");
    CHECK(error("[run]\nwritable = \"true\"\n") ==
          ":2:12: 'writable' wants true or false, found a string");
    CHECK(error("[run]\nhostname = 7\n") == ":2:12: 'hostname' wants a string, found an integer");
    CHECK(error("[run]\ncpu-rate = true\n") == ":2:12: 'cpu-rate' wants a number, found a boolean");
    CHECK(error("[run]\ncpu-limit = ['1s']\n") ==
          ":2:13: 'cpu-limit' wants a string, found an array");
    CHECK(error("[run]\nbind = [\n  '/a',\n  5,\n]\n") ==
          ":4:3: 'bind' wants an array of strings, found an integer");
    CHECK(error("[run]\nnet = 'hots'\n") ==
          ":2:7: net: unknown value 'hots'; did you mean 'host'?");
    CHECK(error("[rnu]\n") == ":1:2: unknown table 'rnu'; did you mean 'run'?");
    CHECK(error("cpu-limit = '1s'\n") ==
          ":1:1: unknown key 'cpu-limit'; keys stand in tables like [run]");
    CHECK(error("colour = 'never'\n") == ":1:1: unknown key 'colour'; did you mean 'color'?");
    CHECK(error("config = 'x'\n") == ":1:1: unknown key 'config'; keys stand in tables like [run]");
    CHECK(error("run = 5\n") == ":1:1: unknown key 'run'; keys stand in tables like [run]");
    CHECK_THAT(error("[run]\ncpu-limit = \n"), Catch::StartsWith(":2:1"));
    CHECK_THAT(error("[run\n"), Catch::StartsWith(":1:5"));
    CHECK_THAT(error("[run]\nnet = 'none'\nnet = 'host'\n"), Catch::StartsWith(":3:"));
    CHECK(error("[check]\nanything = 1\n") == "no error");
    CHECK(error("color = 'never'\n[run]\nbind = '/a'\n") == "no error");
    CHECK(error("") == "no error");
}

TEST_CASE("flags: the file is the one named by flag, variable, XDG_CONFIG_HOME, HOME", "[flags]") {
    const FreshDirectory directory;
    const auto text = [](std::string_view name) {
        return "[run]\nhostname = \"" + std::string(name) + "\"\n";
    };
    const std::string by_flag = directory.write("flag.toml", text("flag"));
    const std::string by_variable = directory.write("variable.toml", text("variable"));
    directory.write("xdg/assay/config.toml", text("xdg"));
    directory.write("home/.config/assay/config.toml", text("home"));
    const std::string xdg = "XDG_CONFIG_HOME=" + directory.path() + "/xdg";
    const std::string home = "HOME=" + directory.path() + "/home";
    const std::string variable = "ASSAY_CONFIG=" + by_variable;
    const auto hostname = [](const Words& arguments, const Words& variables) {
        Sample sample;
        REQUIRE(sample.error(arguments, variables) == "no error");
        return sample.hostname;
    };
    CHECK(hostname({"--config", by_flag}, {variable, xdg, home}) == "flag");
    CHECK(hostname({}, {variable, xdg, home}) == "variable");
    CHECK(hostname({}, {xdg, home}) == "xdg");
    CHECK(hostname({}, {home}) == "home");
    CHECK(hostname({}, {"XDG_CONFIG_HOME=relative", home}) == "home");
    CHECK(hostname({}, {"XDG_CONFIG_HOME=" + directory.path() + "/none", home}) == "assay");

    CHECK(Sample().error({"--config", "/nonexistent/c.toml"}) ==
          "cannot open /nonexistent/c.toml: No such file or directory");
    CHECK(Sample().error({"--config", directory.path()}) ==
          "cannot read " + directory.path() + ": Is a directory");
    CHECK(Sample().error({}, {"ASSAY_CONFIG=/nonexistent/c.toml"}) ==
          "cannot open /nonexistent/c.toml: No such file or directory");
    Sample sample;
    CHECK(sample.parse({}, {variable})->config_file == by_variable);
    CHECK(to_string(sample.global.find("config")->origin) == "variable ASSAY_CONFIG");
}

TEST_CASE("flags: help is asked for before anything is set", "[flags]") {
    Sample sample;
    const auto parsed = sample.parse({"--hostname", "x", "-h"}, {"ASSAY_RUN_CPU_LIMIT=bad"});
    REQUIRE(parsed.has_value());
    CHECK(parsed->help);
    CHECK(sample.hostname == "assay");
    CHECK_FALSE(sample.parse({"prog", "--help"})->help);
}

TEST_CASE("flags: the command's name is found behind global flags", "[flags]") {
    const Sample sample;
    const auto choose = [&](Words words) {
        return choose_command(sample.global, std::move(words));
    };
    const auto choice =
        choose({"--config", "run", "--color=never", "run", "--cpu-limit", "1s", "x"});
    REQUIRE(choice.has_value());
    CHECK(choice->command == "run");
    CHECK(choice->arguments == Words{"--config", "run", "--color=never", "--cpu-limit", "1s", "x"});
    CHECK(choose({})->command.empty());
    CHECK(choose({"--help"})->help);
    CHECK(choose({"--version"})->version);
    CHECK_FALSE(choose({"run", "--help"})->help);
    CHECK(choose({"--", "run", "--", "x"})->arguments == Words{"--", "x"});
    CHECK(to_string(choose({"--cpu-limit", "1s", "run"}).error()) ==
          "unknown flag '--cpu-limit'; the flags of a command stand after its name");
    CHECK(to_string(choose({"--colour=never", "run"}).error()) ==
          "unknown flag '--colour'; did you mean '--color'?");
}

TEST_CASE("flags: words may stand among the options of a command that takes words", "[flags]") {
    bool json = false;
    std::vector<std::string> words;
    Settings global{""};
    Settings config{"config"};
    config.add(json, {.name = "json"});
    config.add_words(words, {.value_name = "SHELL", .choices = {"bash", "zsh"}, .at_most = 1});
    const auto error = [&](Words arguments) {
        const auto parsed = parse(global, config, std::move(arguments), {});
        return parsed ? "no error" : to_string(parsed.error());
    };
    CHECK(error({"zsh", "--json"}) == "no error");
    CHECK(json);
    CHECK(words == Words{"zsh"});
    CHECK(error({"bash", "zsh"}) == "unexpected argument 'zsh'");
    CHECK(error({"zhs"}) == "unknown SHELL 'zhs'; did you mean 'zsh'?");
    CHECK(error({"--", "--json"}) == "unknown SHELL '--json'; one of bash, zsh");
    CHECK(error({"zsh", "--jso"}) == "unknown flag '--jso'; did you mean '--json'?");
}

TEST_CASE("flags: other commands are loaded without a command line", "[flags]") {
    const FreshDirectory directory;
    const std::string file = directory.write("c.toml", "color = 'never'\n[run]\nnet = 'host'\n");
    Sample sample;
    Settings* const commands[] = {&sample.run};
    const char* const environment[] = {"ASSAY_RUN_REPEAT=7", nullptr};
    REQUIRE(load(commands, sample.global, file, {environment, {"run"}}).has_value());
    CHECK(sample.net == "host");
    CHECK(sample.repeat == units::Count{7});
    CHECK(sample.color == "auto");
    const std::string bad = directory.write("bad.toml", "[run]\nnte = 'host'\n");
    CHECK(to_string(load(commands, sample.global, bad, {environment, {"run"}}).error()) ==
          bad + ":2:1: unknown key 'nte' in [run]; did you mean 'net'?");
}

}  // namespace
}  // namespace assay::flags
