#include "cmd/assay/config_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <list>
#include <utility>

#include "internal/report/json.hpp"
#include "internal/report/table.hpp"
#include "pkg/flags/nearest.hpp"
#include "pkg/posix/files.hpp"

namespace assay::app {
namespace {

constexpr CommandText kText{
    .name = "config",
    .summary = "show every setting, its value and where the value came from",
    .usage = "[options] [COMMAND]",
    .epilogue =
        "The whole settings file is checked, tables of all commands included.\n"
        "\n"
        "Exit codes: 0 done, 2 a setting is wrong.\n"
        "\n"
        "Examples:\n"
        "  assay config run\n"
        "  ASSAY_RUN_CPU_LIMIT=1s assay config run --json\n",
};

std::string value_text(const flags::Setting& setting) {
    std::string text;
    for (const std::string& element : setting.spelled()) {
        text.append(text.empty() ? "" : " ").append(element);
    }
    return text.empty() ? "-" : text;
}

report::Json value_json(const flags::Setting& setting) {
    const std::vector<std::string> value = setting.spelled();
    if (setting.is_list()) return report::Json::array_of(value);
    if (setting.is_switch()) return value.front() == "true";
    return value.empty() ? report::Json() : report::Json(value.front());
}

std::string_view layer_name(flags::Origin::Layer layer) {
    switch (layer) {
        case flags::Origin::Layer::kDefault:
            return "default";
        case flags::Origin::Layer::kFile:
            return "file";
        case flags::Origin::Layer::kVariable:
            return "variable";
        case flags::Origin::Layer::kFlag:
            return "flag";
    }
    return {};
}

std::string key_of(const flags::Settings& settings, const flags::Setting& setting) {
    std::string key(settings.section());
    return key.append(key.empty() ? "" : ".").append(setting.item.name);
}

using Sections = std::vector<const flags::Settings*>;

std::string as_table(const Sections& sections, bool colour) {
    report::Table table({{"SETTING"}, {"VALUE"}, {"ORIGIN"}});
    for (const flags::Settings* settings : sections) {
        for (const flags::Setting& setting : settings->all()) {
            if (setting.item.flag_only) continue;
            const bool is_default = setting.origin.layer == flags::Origin::Layer::kDefault;
            const auto tone = is_default ? report::Tone::kDim : report::Tone::kPlain;
            table.add({{key_of(*settings, setting), tone},
                       {value_text(setting), tone},
                       {flags::to_string(setting.origin), tone}});
        }
    }
    return table.render(colour);
}

report::Json as_json(const Sections& sections, const std::string& config_file) {
    report::Json rows = report::Json::array();
    for (const flags::Settings* settings : sections) {
        for (const flags::Setting& setting : settings->all()) {
            if (setting.item.flag_only) continue;
            rows.push(
                report::Json::object()
                    .set("command", settings->section())
                    .set("name", setting.item.name)
                    .set("value", value_json(setting))
                    .set("origin", layer_name(setting.origin.layer))
                    .set("where", setting.origin.where)
                    .set("variable", flags::variable_name(settings->section(), setting.item.name)));
        }
    }
    return report::Json::object()
        .set("schema", "assay-config/1")
        .set("file", config_file.empty() ? report::Json() : report::Json(config_file))
        .set("settings", std::move(rows));
}

class ConfigCommand final : public Command {
  public:
    const CommandText& text() const override { return kText; }

    void declare(flags::Settings& settings) override {
        settings.add(json_, {.name = "json", .help = "print one JSON object instead of a table"});
        settings.add_words(command_, {.value_name = "COMMAND",
                                      .help = "show this command's settings only",
                                      .completion = flags::Completion::kAssayCommand,
                                      .at_most = 1});
    }

    Result<int> run(const Context& context) override {
        // This command's own settings are read again with all others, so its flags are set aside.
        const bool json = std::exchange(json_, false);
        const std::vector<std::string> wanted = std::exchange(command_, {});
        std::list<flags::Settings> all;
        std::vector<flags::Settings*> commands;
        std::vector<std::string_view> names;
        for (const auto& command : context.commands) {
            names.push_back(command->text().name);
            commands.push_back(&all.emplace_back(names.back()));
            command->declare(*commands.back());
        }
        if (!wanted.empty() && std::ranges::count(names, wanted.front()) == 0) {
            return usage_error("unknown command " + in_quotes(wanted.front()),
                               flags::did_you_mean(wanted.front(), names));
        }
        ASSAY_CHECK(flags::load(commands, context.global, context.config_file,
                                {context.environment, names}));
        Sections shown{&context.global};
        for (const flags::Settings* settings : commands) {
            if (wanted.empty() || settings->section() == wanted.front()) shown.push_back(settings);
        }
        const std::string page = json ? as_json(shown, context.config_file).pretty()
                                      : as_table(shown, context.colors(STDOUT_FILENO));
        ASSAY_CHECK(posix::write_all(STDOUT_FILENO, page, "stdout"));
        return kExitDone;
    }

  private:
    bool json_ = false;
    std::vector<std::string> command_;
};

}  // namespace

std::unique_ptr<Command> make_config_command() {
    return std::make_unique<ConfigCommand>();
}

}  // namespace assay::app
