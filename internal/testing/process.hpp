// Black-box tests: a real program run in a fresh directory, its whole output and exit code
// compared.
//
// A run ends when its output does: a descendant that keeps stdout open keeps it going. One that
// outlives its deadline is killed with its process group; nothing else depends on time. For tests
// only: what cannot happen throws.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::testing {

// A directory of its own, removed with all that is in it.
class FreshDirectory {
  public:
    FreshDirectory();
    ~FreshDirectory();
    FreshDirectory(const FreshDirectory&) = delete;
    FreshDirectory& operator=(const FreshDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::string operator/(std::string_view name) const { return path_ / name; }

    // Writes a file, with the folders it needs; returns its path.
    std::string write(std::string_view name, std::string_view text, bool executable = false) const;
    std::string read(std::string_view name) const;

  private:
    std::filesystem::path path_;
};

struct Invocation {
    std::vector<std::string> arguments;  // the first one is the program, looked up in PATH
    // On top of the inherited ones: NAME=VALUE sets, NAME alone unsets.
    std::vector<std::string> variables = {};
    std::string input = {};      // all of stdin
    std::string directory = {};  // empty: a fresh one
    std::chrono::milliseconds deadline = std::chrono::seconds(60);
};

struct Output {
    std::optional<int> exit_code;  // empty: ended by `signal`
    int signal = 0;
    bool timed_out = false;
    std::string out;
    std::string err;
};

Output run(const Invocation& invocation);

// What programs under test get. ASSAY_… and ES_… variables and NO_COLOR are not inherited,
// XDG_CONFIG_HOME and HOME are `home`, a fresh directory: the settings of whoever runs the tests
// do not matter. `variables` as in Invocation.
std::vector<std::string> clean_environment(const std::vector<std::string>& variables,
                                           const std::string& home);

// The assay binary under test: $ASSAY_BINARY, else the one that was built with the tests.
std::string assay_binary();

// run() with the binary in front.
Output run_assay(std::vector<std::string> arguments, std::vector<std::string> variables = {},
                 std::string input = {});

// The text of testdata or a generated file of the tree; with ASSAY_UPDATE_GOLDEN=1 it is written
// first. Path from the root of the source tree.
std::string golden(std::string_view path, std::string_view actual);

}  // namespace assay::testing
