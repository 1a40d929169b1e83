#include "internal/testing/judge_run.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "internal/testing/attack_run.hpp"
#include "internal/testing/report_fields.hpp"
#include "pkg/posix/files.hpp"

namespace assay::testing {
namespace {

using Clock = std::chrono::steady_clock;

// Waits for what comes about by itself in a moment.
template <class Condition>
bool comes_true(const Condition& condition) {
    const auto deadline = Clock::now() + HttpExchange::kPatience;
    while (!condition()) {
        if (Clock::now() > deadline) return false;
        ::poll(nullptr, 0, 10);
    }
    return true;
}

JudgedRun judged(const JudgeResult& result) {
    JudgedRun run;
    static_cast<JudgeResult&>(run) = result;
    run.out = run.file("stdout");
    return run;
}

// The lines that stand in one of the two alone.
std::string difference(const std::string& before, const std::string& after) {
    const auto lacking = [](const std::string& text, const std::string& other, const char* sign) {
        std::string lines;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);) {
            if (("\n" + other).find("\n" + line + "\n") != std::string::npos) continue;
            lines += sign + line + "\n";
        }
        return lines;
    };
    return lacking(before, after, "- ") + lacking(after, before, "+ ");
}

}  // namespace

std::string JudgedRun::file_error(const std::string& name) const {
    for (const JudgeFileError& one : file_errors) {
        if (one.name == name) return one.type + ": " + one.message;
    }
    return "";
}

std::string JudgedRun::file(const std::string& name) const {
    const auto it = files.find(name);
    return it == files.end() ? "" : it->second;
}

std::string describe(const JudgedRun& run) {
    std::ostringstream text;
    text << run.status << ", exit status " << run.exit_status << ", " << run.time.count()
         << " ns of CPU in " << run.run_time.count() << " ns, " << run.memory_bytes << " bytes, "
         << run.process_peak << " processes\n";
    if (!run.error.empty()) text << "error: " << run.error << "\n";
    for (const JudgeFileError& error : run.file_errors) {
        text << error.name << ": " << error.type << ": " << error.message << "\n";
    }
    for (const auto& [name, content] : run.files) {
        text << "--- " << name << "\n" << content.substr(0, 4000) << "\n";
    }
    return text.str();
}

JudgeUnderAttack::JudgeUnderAttack(const Words& options, const Words& variables)
    : options_(options), variables_(variables), untouched_(HostSnapshot::take()) {
    start();
    first_sight_ = look_around();
    become_idle();
}

JudgeUnderAttack::~JudgeUnderAttack() {
    const Output end = daemon_->stop();
    INFO(end.err);
    CHECK_FALSE(end.timed_out);
    // 130 and 143: told twice. SIGKILL: by the test.
    const int code = end.exit_code.value_or(128 + end.signal);
    CHECK((code == 0 || code == 130 || code == 143 || code == 128 + SIGKILL));
    daemon_.reset();
    CHECK(joined(untouched_.lasting_changes(), "\n") == "");
}

void JudgeUnderAttack::start() {
    Words options = {"serve-judge", "--parallelism",   "1", "--http-addr", "127.0.0.1:0",
                     "--dir",       scratch_ / "store"};
    options.insert(options.end(), options_.begin(), options_.end());
    daemon_ = std::make_unique<Daemon>(options, variables_);
}

void JudgeUnderAttack::restart() {
    start();
    check_honest_run_in_new_slot();
}

// What the first run makes the daemon open or keep for ever is no leak.
void JudgeUnderAttack::become_idle() {
    idle_slots_ = slots();
    idle_ = HostSnapshot::take();
    idle_descriptors_ = descriptors_of_tree(daemon_->pid());
    idle_store_ = stored_files();
}

std::string JudgeUnderAttack::stored_files() {
    const auto answer = ask({.target = "/file"});
    REQUIRE(answer);
    return answer->body;
}

HttpExchange JudgeUnderAttack::begin(std::vector<JudgeCommand> commands) {
    for (JudgeCommand& command : commands) command.copy_in["attack"] = attack_program();
    return HttpExchange(daemon_->address(),
                        {.method = "POST", .target = "/run", .body = to_json(commands)});
}

std::vector<JudgedRun> JudgeUnderAttack::run(std::vector<JudgeCommand> commands,
                                             const std::vector<JudgePipe>& pipes) {
    for (JudgeCommand& command : commands) command.copy_in["attack"] = attack_program();
    const auto answer = ask({.method = "POST", .target = "/run", .body = to_json(commands, pipes)});
    if (!answer) throw std::runtime_error("the daemon did not answer: " + daemon_->err());
    INFO(answer->body.substr(0, 4000));
    REQUIRE(answer->code == 200);
    std::vector<JudgedRun> runs;
    for (const JudgeResult& result : results_of(answer->body)) runs.push_back(judged(result));
    REQUIRE(runs.size() == commands.size());
    return runs;
}

std::optional<HttpAnswer> JudgeUnderAttack::ask(const HttpRequest& request) {
    return HttpExchange(daemon_->address(), request).answer();
}

JudgedRun JudgeUnderAttack::attack(const Words& attack, JudgeCommand command) {
    command.arguments = {"attack"};
    command.arguments.insert(command.arguments.end(), attack.begin(), attack.end());
    return attack_by(command);
}

JudgedRun JudgeUnderAttack::attack_by(const JudgeCommand& command) {
    const std::vector<JudgedRun> runs = run({command});
    INFO(joined(command.arguments, " ").substr(0, 1000) << "\n" << describe(runs.front()));
    check_honest_run();
    return runs.front();
}

std::string JudgeUnderAttack::look_around() {
    const JudgedRun honest = run({{.arguments = {"attack", "look-around"},
                                   .input = "honest input\n",
                                   .memory_limit_bytes = 64u << 20}})
                                 .front();
    INFO("the honest run: " << describe(honest));
    CHECK(honest.accepted());
    CHECK(honest.exit_status == 0);
    CHECK(honest.file("stderr") == "");
    CHECK(honest.process_peak <= 1);
    // Its own, not the peak of whoever ran before.
    CHECK(honest.memory_bytes < 8u << 20);
    CHECK(honest.time < std::chrono::seconds(5));
    return honest.out;
}

Words JudgeUnderAttack::slots() const {
    Words slots;
    for (const ProcessFacts& zygote : zygotes()) slots.push_back(zygote.identity());
    return slots;
}

void JudgeUnderAttack::check_sight() {
    const std::string sight = look_around();
    CHECK(difference(first_sight_, sight) == "");
}

void JudgeUnderAttack::check_nothing_left() {
    CHECK(joined(idle_.lasting_changes(), "\n") == "");
    CHECK(comes_true([&] { return descriptors_of_tree(daemon_->pid()) <= idle_descriptors_; }));
    CHECK(stored_files() == idle_store_);
}

void JudgeUnderAttack::check_honest_run() {
    check_sight();
    CHECK(joined(slots(), "\n") == joined(idle_slots_, "\n"));
    check_nothing_left();
}

void JudgeUnderAttack::check_honest_run_in_new_slot() {
    check_sight();
    CHECK(joined(slots(), "\n") != joined(idle_slots_, "\n"));
    become_idle();
}

void JudgeUnderAttack::check_honest_run_in_any_slot() {
    check_sight();
    CHECK(comes_true([&] { return programs().empty(); }));
    become_idle();
}

Output JudgeUnderAttack::end_of_daemon() {
    constexpr int kNoSignal = 0;
    return daemon_->stop(kNoSignal);
}

std::vector<ProcessFacts> JudgeUnderAttack::zygotes() const {
    std::vector<ProcessFacts> found;
    for (const ProcessFacts& facts : descendants_of(daemon_->pid())) {
        if (facts.is_init_of_a_box()) found.push_back(facts);
    }
    return found;
}

std::vector<ProcessFacts> JudgeUnderAttack::programs() const {
    std::vector<ProcessFacts> found;
    for (const ProcessFacts& facts : descendants_of(daemon_->pid())) {
        if (facts.is_boxed() && !facts.is_init_of_a_box()) found.push_back(facts);
    }
    return found;
}

std::vector<ProcessFacts> JudgeUnderAttack::await_programs(std::size_t count) const {
    std::vector<ProcessFacts> found;
    REQUIRE(comes_true([&] {
        found = programs();
        std::erase_if(found, [](const ProcessFacts& facts) { return facts.name != "attack"; });
        return found.size() >= count;
    }));
    return found;
}

std::uint64_t JudgeUnderAttack::peak_memory_of_daemon() const {
    const std::string path = "/proc/" + std::to_string(daemon_->pid()) + "/status";
    const std::string status = posix::read_file(path).value();
    const std::size_t line = status.find("VmHWM:");
    REQUIRE(line != status.npos);
    return std::strtoull(status.c_str() + line + 6, nullptr, 10) * 1024;
}

std::string JudgeUnderAttack::cgroup() {
    const auto answer = ask({.target = "/config"});
    REQUIRE(answer);
    const ReportFields config = ReportFields::parse(answer->body);
    const std::string type = config.text("runnerConfig.cgroupType");
    return type == "1" ? "v1" : type == "2" ? "v2" : "none";
}

bool JudgeUnderAttack::have_cgroup() {
    if (cgroup() != "none") return true;
    skip("the daemon has no control groups");
    return false;
}

std::string own_pid_namespace() {
    struct stat status {};
    REQUIRE(::stat("/proc/self/ns/pid", &status) == 0);
    return std::to_string(status.st_ino);
}

}  // namespace assay::testing
