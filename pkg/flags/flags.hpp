// Settings: declared once, set by flag, environment variable or TOML file.
//
// From one declaration come the flag `--cpu-limit`, the variable `ASSAY_RUN_CPU_LIMIT`, the key
// `cpu-limit` in table `[run]`, the help line, the completion words and the row of `assay config`.
// Precedence: flag > variable > file > default. The file is `--config FILE`, else $ASSAY_CONFIG,
// else $XDG_CONFIG_HOME/assay/config.toml (~/.config when unset), else /etc/assay/config.toml; the
// last two may be missing. Only the first one found is read.
//
// Layers are applied from the weakest to the strongest, each overwriting the target and noting
// where the value came from. CLI11 reads the command line and nothing else: its own file and
// environment support ranks a file above the environment and loses line numbers. toml++ reads the
// file. Neither shows outside this package.
//
// - A switch: --writable, --writable=false, --no-writable; in a variable 1 0 true false yes no; in
//   a file true or false.
// - A list: the flag repeated; in a variable one item per line (items may hold commas and colons,
//   never newlines); in a file an array of strings or one string. A stronger layer replaces the
//   whole list. Where an item is declared with `commas`, each text holds several elements.
// - Others: of a flag given twice the last one holds. `none` unsets an optional value.
//
// A command that stands in for another program can take over that program's variables and its way
// of writing flags: see set_alias_prefix() and allow_single_dash(). Alias variables rank below
// ASSAY_… and above the file.
//
// A variable that is set but empty counts as not set. An unknown variable with the prefix of the
// chosen command (ASSAY_RUN_…) is an error, as is an unknown key or flag: each names the nearest
// known one.
//
// Only the chosen command's settings are declared on a run: its start-up time is what users wait
// for. Not thread-safe; meant for the first microseconds of main().
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pkg/result/result.hpp"
#include "pkg/units/units.hpp"

namespace assay::flags {

// What a shell offers for a value.
// kCommand: a program and its arguments; kAssayCommand: a command of assay.
enum class Completion { kNone, kFile, kDirectory, kCommand, kAssayCommand };

// One setting as its owner words it. The texts are literals: they must outlive the Settings. The
// target's value at declaration time is the default.
struct Item {
    std::string_view name = {};                  // "cpu-limit"
    std::string_view value_name = {};            // "TIME"; empty for switches
    std::string_view help = {};                  // one line, lower case, no full stop
    std::string_view group = "Options";          // heading in --help and in the man page
    std::vector<std::string_view> choices = {};  // allowed words of a string or list; empty: any
    Completion completion = Completion::kNone;
    char short_name = '\0';  // 'p' for `-p`
    bool commas = false;     // of a list: its texts are split at commas
    bool flag_only = false;  // asks for something else to be done: no variable, no key in the file
};

// Words of the command line that are not options.
struct Words {
    std::string_view value_name = {};  // "COMMAND", "PROG [ARG…]"
    std::string_view help = {};
    std::vector<std::string_view> choices = {};
    Completion completion = Completion::kNone;
    std::size_t at_most = static_cast<std::size_t>(-1);
};

using Target =
    std::variant<bool*, std::string*, std::vector<std::string>*, std::chrono::nanoseconds*,
                 std::optional<std::chrono::nanoseconds>*, units::Bytes*,
                 std::optional<units::Bytes>*, units::Count*, std::optional<units::Count>*,
                 std::optional<units::Rate>*, std::optional<double>*>;

// Where a value came from.
struct Origin {
    enum class Layer { kDefault, kFile, kVariable, kFlag };
    Layer layer = Layer::kDefault;
    std::string where;  // "FILE:LINE", the variable's name, the flag; empty for the default
};

// "default", "/etc/assay/config.toml:3", "variable ASSAY_RUN_CPU_LIMIT", "flag --cpu-limit".
std::string to_string(const Origin& origin);

// A declared setting: what `assay config`, help and completion are made from.
struct Setting {
    Item item;
    Target target;
    Origin origin;

    bool is_switch() const { return std::holds_alternative<bool*>(target); }
    bool is_list() const { return std::holds_alternative<std::vector<std::string>*>(target); }
    // The present value as a user would write it, one element per list item; empty when unset.
    std::vector<std::string> spelled() const;
};

// The declarations of one command. Targets are borrowed until the last use of this object.
class Settings {
  public:
    // `section` is the command's name: "run" gives ASSAY_RUN_… and [run]. Empty for the settings
    // that all commands share: ASSAY_… and keys before the first table.
    explicit Settings(std::string_view section) : section_(section) {}

    void add(bool& target, Item item) { declare(&target, std::move(item)); }
    void add(std::string& target, Item item) { declare(&target, std::move(item)); }
    void add(std::vector<std::string>& target, Item item) { declare(&target, std::move(item)); }
    void add(std::chrono::nanoseconds& target, Item item) { declare(&target, std::move(item)); }
    void add(std::optional<std::chrono::nanoseconds>& target, Item item) {
        declare(&target, std::move(item));
    }
    void add(units::Bytes& target, Item item) { declare(&target, std::move(item)); }
    void add(std::optional<units::Bytes>& target, Item item) { declare(&target, std::move(item)); }
    void add(units::Count& target, Item item) { declare(&target, std::move(item)); }
    void add(std::optional<units::Count>& target, Item item) { declare(&target, std::move(item)); }
    void add(std::optional<units::Rate>& target, Item item) { declare(&target, std::move(item)); }
    void add(std::optional<double>& target, Item item) { declare(&target, std::move(item)); }

    // The flag `--config` and the variable ASSAY_CONFIG; no key in the file. `target` receives the
    // path.
    void add_config_file(std::string& target);

    // `[options] [--] PROG [ARG…]`: everything from the first word on that is neither an option nor
    // an option's value belongs to the target, whatever it looks like. One `--` before it is
    // dropped.
    void add_trailing(std::vector<std::string>& target, std::string_view value_name,
                      std::string_view help);

    // Words before, between and after the options: `assay config run --json`.
    void add_words(std::vector<std::string>& target, Words words);

    // Variables PREFIX + NAME set the settings, too: "ES_" gives ES_HTTP_ADDR for http-addr. Others
    // with that prefix are somebody else's.
    void set_alias_prefix(std::string_view prefix) { alias_prefix_ = prefix; }
    // `-http-addr` means `--http-addr`.
    void allow_single_dash() { single_dash_ = true; }

    std::string_view section() const { return section_; }
    std::string_view alias_prefix() const { return alias_prefix_; }
    bool single_dash() const { return single_dash_; }
    const std::vector<Setting>& all() const { return settings_; }
    std::vector<Setting>& all() { return settings_; }
    // Null when there is none.
    const Setting* find(std::string_view name) const;
    Setting* find(std::string_view name);
    // Of those that a variable or a file can set.
    std::vector<std::string_view> names() const;
    // Null when the command takes no words.
    const Words* words() const { return words_target_ ? &words_ : nullptr; }
    std::vector<std::string>* words_target() const { return words_target_; }
    bool words_are_trailing() const { return trailing_; }
    bool has_config_file() const { return has_config_file_; }

  private:
    void declare(Target target, Item item);

    std::string_view section_;
    std::string_view alias_prefix_;
    bool single_dash_ = false;
    std::vector<Setting> settings_;
    Words words_;
    std::vector<std::string>* words_target_ = nullptr;
    bool trailing_ = false;
    bool has_config_file_ = false;
};

// "ASSAY_RUN_CPU_LIMIT" for ("run", "cpu-limit"), "ASSAY_COLOR" for ("", "color").
std::string variable_name(std::string_view section, std::string_view name);
// "ES_CPU_LIMIT" for ("ES_", "cpu-limit").
std::string alias_name(std::string_view prefix, std::string_view name);

// A command line cut at the command's name.
struct Choice {
    std::string command;                 // empty: none was given
    std::vector<std::string> arguments;  // all other words, in order
    bool help = false;                   // --help or -h stood before the command's name
    bool version = false;
};

// Finds the command's name, knowing only the global flags; `words` are those after the program's
// name.
Result<Choice> choose_command(const Settings& global, std::vector<std::string> words);

// What settings are read from besides the command line.
struct Surroundings {
    const char* const* environment = nullptr;         // as environ(7); null: empty
    std::vector<std::string_view> known_tables = {};  // all commands that a file may configure
};

// What parsing found out besides the values.
struct Parsed {
    bool help = false;             // --help or -h: nothing was set
    std::string config_file = {};  // the file that was read, empty: none
};

// Sets the targets of both from all layers. Errors are usage errors that name flag, variable or
// FILE:LINE:COLUMN; the targets are then half set. Tables of other commands are not looked into.
Result<Parsed> parse(Settings& global, Settings& command, std::vector<std::string> arguments,
                     const Surroundings& surroundings);

// Variables and file alone, for the commands that are not running; `global` is the one that parse()
// has set.
Result<void> load(std::span<Settings* const> commands, const Settings& global,
                  const std::string& config_file, const Surroundings& surroundings);

}  // namespace assay::flags
