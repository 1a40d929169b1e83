// The scripts as committed, and as the real shells use them.
#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "internal/testing/process.hpp"

namespace assay::testing {
namespace {

using Words = std::set<std::string>;

constexpr std::string_view kBashProbe = R"bash(
source "$1"
line=$2
# As readline splits it.
COMP_WORDS=() word=
for ((i = 0; i < ${#line}; i++)); do
    c=${line:i:1}
    case $c in
        ' ') [[ $word ]] && COMP_WORDS+=("$word"); word= ;;
        [=:]) [[ $word ]] && COMP_WORDS+=("$word"); COMP_WORDS+=("$c"); word= ;;
        *) word+=$c ;;
    esac
done
[[ $word || $c == ' ' ]] && COMP_WORDS+=("$word")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line}
complete -p assay | grep -q -- '-F _assay assay' || exit 3
_assay
printf '%s\n' "${COMPREPLY[@]}"
)bash";

constexpr std::string_view kFishProbe = R"fish(
source $argv[1]
complete -C "$argv[2]" | string replace -r '\t.*' ''
true
)fish";

// Types the line into an interactive zsh and prints what it lists. The first key goes out when the
// line editor is there: before that, the terminal itself would act on ^U.
constexpr std::string_view kZshProbe = R"zsh(
zmodload zsh/zpty
zpty shell "TERM=dumb COLUMNS=200 LINES=1000 zsh -f -i"
zpty -w shell "PS1= PS2= RPS1= LISTMAX=1000; fpath=(${1:h} \$fpath); cd $3"
zpty -w shell "autoload -Uz compinit; compinit -u -d ${1:h}/dump; bindkey '^B' list-choices"
zpty -w shell "zle-line-init() { print -n REA''DY }; zle -N zle-line-init"
zpty -r shell ready '*READY*'
zpty -n -w shell "$2"$'\C-b\C-u'"print DO''NE"$'\n'
zpty -r shell listed '*DONE*'
zpty -d shell
print -r -- ${listed//[^[:print:]]/ }
)zsh";

bool is_installed(const std::string& shell) {
    if (run({.arguments = {"sh", "-c", "command -v " + shell}}).exit_code == 0) return true;
    WARN("skipped: " << shell << " is not installed");
    return false;
}

std::string script_of(const std::string& shell) {
    const Output output = run_assay({"completion", shell});
    REQUIRE(output.exit_code == 0);
    CHECK(output.err.empty());
    return output.out;
}

// A directory with the scripts, and with files to be completed.
class Shells {
  public:
    Shells() {
        for (const char* shell : {"bash", "zsh", "fish"}) {
            directory_.write(shell == std::string("zsh") ? "s/_assay" : std::string("s/") + shell,
                             script_of(shell));
        }
        directory_.write("bash_probe", kBashProbe);
        directory_.write("fish_probe", kFishProbe);
        directory_.write("zsh_probe", kZshProbe);
        directory_.write("files/input one.txt", "");
        directory_.write("files/sub/x", "");
        directory_.write("files/prog", "#!/bin/sh\n", true);
    }

    // What the shell offers for the word at the end of the line.
    Words complete(const std::string& shell, const std::string& line) const {
        const std::string script = directory_ / (shell == "zsh" ? "s/_assay" : "s/" + shell);
        std::vector<std::string> arguments{shell};
        if (shell == "bash") arguments.push_back("--norc");
        if (shell == "fish") arguments.push_back("--no-config");
        if (shell == "zsh") arguments.push_back("-f");
        arguments.insert(arguments.end(),
                         {directory_ / (shell + "_probe"), script, line, directory_ / "files"});
        const Output output = run({.arguments = arguments, .directory = directory_ / "files"});
        INFO(shell << ": " << line << ": signal " << output.signal << ": " << output.out
                   << output.err);
        CHECK(output.exit_code == 0);
        Words words;
        std::istringstream stream(output.out);
        for (std::string word;
             shell == "zsh" ? bool(stream >> word) : bool(std::getline(stream, word));) {
            words.insert(word);
        }
        return words;
    }

  private:
    FreshDirectory directory_;
};

bool has(const Words& words, const std::string& word) {
    return words.count(word) == 1;
}

TEST_CASE("completion: the committed scripts are those that the binary writes", "[completion]") {
    CHECK(golden("completions/assay.bash", script_of("bash")) == script_of("bash"));
    CHECK(golden("completions/_assay", script_of("zsh")) == script_of("zsh"));
    CHECK(golden("completions/assay.fish", script_of("fish")) == script_of("fish"));
}

TEST_CASE("completion: a shell must be named", "[completion]") {
    const Output none = run_assay({"completion"});
    CHECK(none.exit_code == 2);
    CHECK(none.err ==
          "assay completion: cannot print a script: no shell named; name bash, zsh or fish\n");
    const Output unknown = run_assay({"completion", "tcsh"});
    CHECK(unknown.exit_code == 2);
    CHECK(unknown.err == "assay completion: unknown SHELL 'tcsh'; one of bash, zsh, fish\n");
}

void check_options(const Shells& shells, const std::string& shell) {
    const auto complete = [&](const std::string& line) { return shells.complete(shell, line); };
    INFO(shell);

    const Words commands = complete("assay ");
    CHECK(has(commands, "run"));
    CHECK(has(commands, "completion"));
    CHECK_FALSE(has(commands, "input one.txt"));
    CHECK(has(complete("assay --v"), "--version"));

    const Words limits = complete("assay run --cpu-");
    CHECK(has(limits, "--cpu-limit"));
    CHECK(has(limits, "--cpu-rate"));
    CHECK_FALSE(has(limits, "--memory-limit"));
    CHECK(has(complete("assay --color never run --memory"), "--memory-limit"));
    CHECK(has(complete("assay run --cpu-limit 1s --bind /a:/b --wall"), "--wall-limit"));

    const Words nets = complete("assay run --net ");
    CHECK(has(nets, "none"));
    CHECK(has(nets, "host"));
    CHECK_FALSE(has(nets, "prog"));
    CHECK(has(complete("assay completion "), "zsh"));
    CHECK(has(complete("assay config "), "run"));
    CHECK(has(complete("assay config run --j"), "--json"));
    CHECK_FALSE(has(complete("assay config --"), "--cpu-limit"));
}

TEST_CASE("completion: bash", "[completion]") {
    if (!is_installed("bash")) return;
    const Shells shells;
    check_options(shells, "bash");
    const auto complete = [&](const std::string& line) { return shells.complete("bash", line); };
    CHECK(complete("assay run --net=h") == Words{"host"});
    CHECK(complete("assay run --net=") == Words{"none", "host"});
    CHECK(complete("assay run --stdin in") == Words{"input one.txt"});
    CHECK(complete("assay run --stdin=in") == Words{"input one.txt"});
    CHECK(complete("assay run --bind /a:su") == Words{"sub"});
    CHECK(complete("assay run --rootfs ") == Words{"sub"});
    CHECK(has(complete("assay run --cpu-limit 1s pr"), "prog"));
    CHECK(has(complete("assay run -- tru"), "true"));
    CHECK(has(complete("assay run --bind /a:/b:rw prog in"), "input one.txt"));
    CHECK_FALSE(has(complete("assay run prog --cpu-"), "--cpu-limit"));
    CHECK_FALSE(has(complete("assay run -- prog --cpu-"), "--cpu-limit"));
}

TEST_CASE("completion: fish", "[completion]") {
    if (!is_installed("fish")) return;
    const Shells shells;
    check_options(shells, "fish");
    const auto complete = [&](const std::string& line) { return shells.complete("fish", line); };
    CHECK(complete("assay run --net=h") == Words{"--net=host"});
    CHECK(complete("assay run --stdin in") == Words{"input one.txt"});
    CHECK(complete("assay run --rootfs s") == Words{"sub/"});
    CHECK(has(complete("assay run --cpu-limit 1s pr"), "prog"));
    CHECK(has(complete("assay run -- tru"), "true"));
    CHECK(has(complete("assay run --bind /a:/b:rw prog in"), "input one.txt"));
    CHECK_FALSE(has(complete("assay run prog --cpu-"), "--cpu-limit"));
    CHECK_FALSE(has(complete("assay run -- prog --cpu-"), "--cpu-limit"));
}

TEST_CASE("completion: zsh", "[completion]") {
    if (!is_installed("zsh")) return;
    const Shells shells;
    check_options(shells, "zsh");
    const auto complete = [&](const std::string& line) { return shells.complete("zsh", line); };
    CHECK(has(complete("assay run --stdin s"), "sub/"));
    CHECK(has(complete("assay run --cpu-limit 1s pr"), "prog*"));
    CHECK(has(complete("assay run -- tru"), "true"));
    CHECK(has(complete("assay run --bind /a:/b:rw cat s"), "sub/"));
    CHECK_FALSE(has(complete("assay run cat --cpu-"), "--cpu-limit"));
}

}  // namespace
}  // namespace assay::testing
