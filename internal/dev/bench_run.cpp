// Times how long it takes to start a program and see it end: by itself, under `assay run`, and
// under the programs that people use for the same job. `bench_run ROUNDS NAME=COMMAND…` prints a
// table.
//
// All commands take turns in every round, so a busy moment of the machine falls on all of them
// alike; figures are medians, and comparisons are ratios within this one run. The launcher is small
// and uses posix_spawn (CLONE_VFORK | CLONE_VM), so its own size costs the children nothing.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::dev {
namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

struct Contender {
    std::string name;
    std::vector<std::string> command;
    std::vector<double> wall_us;
    std::vector<double> cpu_us;  // of the whole tree, as far as it was waited for
    long max_rss_kib = 0;        // of the largest process of the tree
};

struct Sample {
    double wall_us = 0;
    double cpu_us = 0;
    long max_rss_kib = 0;
};

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (end > 0) words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

double to_microseconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

// Nothing when the command cannot be started or does not end with status 0.
std::optional<Sample> run_once(const std::vector<std::string>& command,
                               const posix_spawn_file_actions_t& streams) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    const auto begin = std::chrono::steady_clock::now();
    pid_t child = 0;
    if (::posix_spawnp(&child, arguments[0], &streams, nullptr, arguments.data(), environ) != 0) {
        return std::nullopt;
    }
    int status = 0;
    rusage usage{};
    if (::wait4(child, &status, 0, &usage) != child || status != 0) return std::nullopt;
    const Microseconds wall = std::chrono::steady_clock::now() - begin;
    return Sample{wall.count(), to_microseconds(usage.ru_utime) + to_microseconds(usage.ru_stime),
                  usage.ru_maxrss};
}

double quantile(std::vector<double> values, double fraction) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(fraction * static_cast<double>(values.size() - 1))];
}

void print_table(const std::vector<Contender>& contenders) {
    std::printf("%-16s %9s %9s %9s %9s %9s", "", "median", "p10", "min", "CPU", "max RSS");
    for (const Contender& base : contenders) std::printf(" %12s", ("/ " + base.name).c_str());
    std::printf("\n");
    for (const Contender& one : contenders) {
        const double median = quantile(one.wall_us, 0.5);
        std::printf("%-16s %6.0f us %6.0f us %6.0f us %6.0f us %5ld KiB", one.name.c_str(), median,
                    quantile(one.wall_us, 0.1), quantile(one.wall_us, 0), quantile(one.cpu_us, 0.5),
                    one.max_rss_kib);
        for (const Contender& base : contenders) {
            std::printf(" %12.3f", median / quantile(base.wall_us, 0.5));
        }
        std::printf("\n");
    }
}

bool run_rounds(std::vector<Contender>& contenders, long rounds) {
    posix_spawn_file_actions_t streams;
    ::posix_spawn_file_actions_init(&streams);
    for (const int fd : {0, 1, 2}) {
        ::posix_spawn_file_actions_addopen(&streams, fd, "/dev/null", O_RDWR, 0);
    }
    constexpr long kWarmUp = 5;
    for (long round = -kWarmUp; round < rounds; ++round) {
        for (Contender& one : contenders) {
            const auto sample = run_once(one.command, streams);
            if (!sample) {
                std::fprintf(stderr, "bench_run: %s failed: ", one.name.c_str());
                for (const std::string& word : one.command) {
                    std::fprintf(stderr, "%s ", word.c_str());
                }
                std::fprintf(stderr, "\n");
                return false;
            }
            if (round < 0) continue;
            one.wall_us.push_back(sample->wall_us);
            one.cpu_us.push_back(sample->cpu_us);
            one.max_rss_kib = std::max(one.max_rss_kib, sample->max_rss_kib);
        }
    }
    return true;
}

int run(int count, char** arguments) {
    const long rounds = count > 2 ? std::strtol(arguments[1], nullptr, 10) : 0;
    if (rounds <= 0) {
        std::fprintf(stderr, "usage: bench_run ROUNDS NAME=COMMAND...\n");
        return 2;
    }
    std::vector<Contender> contenders;
    for (int i = 2; i < count; ++i) {
        const std::string_view text = arguments[i];
        const std::size_t equals = std::min(text.find('='), text.size() - 1);
        contenders.push_back(
            {std::string(text.substr(0, equals)), split_words(text.substr(equals + 1)), {}, {}, 0});
    }
    if (!run_rounds(contenders, rounds)) return 1;
    print_table(contenders);
    return 0;
}

}  // namespace
}  // namespace assay::dev

int main(int count, char** arguments) {
    return assay::dev::run(count, arguments);
}
