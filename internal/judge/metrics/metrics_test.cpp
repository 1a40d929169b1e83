#include "internal/judge/metrics/metrics.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

namespace assay::judge {
namespace {

// A reader of the exposition format, text version 0.0.4, that knows what the format demands.
class Page {
  public:
    explicit Page(const std::string& text) {
        REQUIRE(text.ends_with('\n'));
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            INFO(line);
            REQUIRE_FALSE(line.empty());
            line.starts_with("# ") ? read_comment(line) : read_sample(line);
        }
    }

    // The value of a sample as it is written: name{labels}.
    std::optional<double> value(const std::string& series) const {
        const auto found = samples_.find(series);
        return found == samples_.end() ? std::nullopt : std::optional(found->second);
    }
    std::string type(const std::string& family) const {
        const auto found = types_.find(family);
        return found == types_.end() ? "none" : found->second;
    }
    std::size_t count(const std::string& prefix) const {
        return static_cast<std::size_t>(
            std::count_if(samples_.begin(), samples_.end(),
                          [&](const auto& sample) { return sample.first.starts_with(prefix); }));
    }

  private:
    static bool is_name(std::string_view name) {
        return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") ==
                                    std::string_view::npos;
    }

    void read_comment(const std::string& line) {
        std::istringstream words(line);
        std::string hash;
        std::string kind;
        std::string name;
        words >> hash >> kind >> name;
        REQUIRE(is_name(name));
        if (kind == "HELP") {
            family_ = name;
            return;
        }
        REQUIRE(kind == "TYPE");
        REQUIRE(name == family_);
        std::string type;
        words >> type;
        REQUIRE(types_.emplace(name, type).second);
    }

    void read_sample(const std::string& line) {
        const std::size_t space = line.rfind(' ');
        const std::string series = line.substr(0, space);
        const std::string name = series.substr(0, series.find('{'));
        REQUIRE(is_name(name));
        // A sample belongs to the family above it.
        REQUIRE(name.starts_with(family_));
        const std::string suffix = name.substr(family_.size());
        const std::string& type = types_.at(family_);
        if (type == "histogram") {
            REQUIRE((suffix == "_bucket" || suffix == "_sum" || suffix == "_count"));
        } else if (type == "summary") {
            REQUIRE((suffix == "_sum" || suffix == "_count"));
        } else {
            REQUIRE(suffix.empty());
        }
        if (series != name) check_labels(series.substr(name.size()));
        std::size_t used = 0;
        const double value = std::stod(line.substr(space + 1), &used);
        REQUIRE(used == line.size() - space - 1);
        REQUIRE(samples_.emplace(series, value).second);
    }

    // {name="value",…} with \\, \" and \n.
    static void check_labels(const std::string& text) {
        REQUIRE(text.starts_with('{'));
        std::size_t at = 1;
        while (true) {
            const std::size_t equals = text.find("=\"", at);
            REQUIRE(equals != text.npos);
            REQUIRE(is_name(text.substr(at, equals - at)));
            for (at = equals + 2; text.at(at) != '"'; ++at) {
                if (text[at] == '\\') {
                    ++at;
                    REQUIRE(std::string_view("\\\"n").find(text.at(at)) != std::string_view::npos);
                }
            }
            ++at;
            if (text.at(at) == '}') break;
            REQUIRE(text[at] == ',');
            ++at;
        }
        REQUIRE(at + 1 == text.size());
    }

    std::string family_;
    std::map<std::string, std::string> types_;
    std::map<std::string, double> samples_;
};

CommandResult result(Status status, std::chrono::nanoseconds time, std::uint64_t memory_bytes) {
    CommandResult made;
    made.status = status;
    made.time = time;
    made.memory_bytes = memory_bytes;
    return made;
}

TEST_CASE("metrics: an idle server has every family that can be without labels",
          "[judge][metrics]") {
    const Page page(Metrics().text({}));
    for (const char* const name :
         {"go_judge_exec_error_count", "go_judge_environment_count",
          "go_judge_environment_current_count", "go_judge_worker_queue_count",
          "go_judge_worker_running_count", "go_judge_file_current_bytes_count",
          "go_judge_file_current_bytes_sum", "assay_judge_slots_broken_total"}) {
        INFO(name);
        CHECK(page.value(name) == 0);
    }
    for (const char* const name :
         {"go_judge_exec_time_seconds", "go_judge_exec_memory_bytes", "go_judge_file_size_bytes",
          "assay_judge_queue_wait_seconds", "assay_judge_slot_reset_seconds",
          "gin_request_duration_seconds"}) {
        CHECK(page.type(name) == "histogram");
    }
    CHECK(page.type("gin_requests_total") == "counter");
    CHECK(page.type("gin_request_size_bytes") == "summary");
    CHECK(page.type("gin_response_size_bytes") == "summary");
    CHECK(page.type("go_judge_cgroup_cpu_seconds") == "none");
}

TEST_CASE("metrics: results are counted by status, in go-judge's buckets", "[judge][metrics]") {
    Metrics metrics;
    metrics.count_result(result(Status::kAccepted, std::chrono::milliseconds(2), 4096));
    metrics.count_result(result(Status::kAccepted, std::chrono::seconds(200), 4097));
    metrics.count_result(result(Status::kTimeLimitExceeded, std::chrono::seconds(1), 0));
    const Page page(metrics.text({}));
    const std::string time = "go_judge_exec_time_seconds";
    CHECK(page.value(time + R"(_bucket{status="Accepted",le="0.001"})") == 0);
    CHECK(page.value(time + R"(_bucket{status="Accepted",le="0.002"})") == 1);
    CHECK(page.value(time + R"(_bucket{status="Accepted",le="100"})") == 1);
    CHECK(page.value(time + R"(_bucket{status="Accepted",le="+Inf"})") == 2);
    CHECK(page.value(time + R"(_count{status="Accepted"})") == 2);
    CHECK(page.value(time + R"(_sum{status="Accepted"})").value() == Approx(200.002));
    CHECK(page.count(time + R"(_bucket{status="Accepted")") == 18);
    const std::string memory = "go_judge_exec_memory_bytes";
    CHECK(page.value(memory + R"(_bucket{status="Accepted",le="4096"})") == 1);
    CHECK(page.value(memory + R"(_bucket{status="Accepted",le="8192"})") == 2);
    CHECK(page.count(memory + R"(_bucket{status="Accepted")") == 22);
    CHECK(page.value(R"(assay_judge_verdicts_total{status="Accepted"})") == 2);
    CHECK(page.value(R"(assay_judge_verdicts_total{status="Time Limit Exceeded"})") == 1);
    CHECK_FALSE(page.value(R"(assay_judge_verdicts_total{status="Signalled"})").has_value());
}

TEST_CASE("metrics: the rest of the figures arrive", "[judge][metrics]") {
    Metrics metrics;
    metrics.exec_errors.add(3);
    metrics.queued.add(5);
    metrics.queued.add(-1);
    metrics.slots_made.add(2);
    metrics.slots_in_use.add(1);
    metrics.slots_broken.add();
    metrics.slot_reset_seconds.observe(0.0002);
    metrics.queue_wait_seconds.observe(0.1);
    metrics.file_size_bytes.observe(257);
    const Page page(metrics.text({.stored_files = 7,
                                  .stored_bytes = 1'000'000'007,
                                  .groups = {{"all", 1.5, 10, 20}, {"containers", 0.5, 1, {}}}}));
    CHECK(page.value("go_judge_exec_error_count") == 3);
    CHECK(page.value("go_judge_worker_queue_count") == 4);
    CHECK(page.value("go_judge_environment_count") == 2);
    CHECK(page.value("go_judge_environment_current_count") == 1);
    CHECK(page.value("assay_judge_slots_broken_total") == 1);
    CHECK(page.value("assay_judge_slot_reset_seconds_count") == 1);
    CHECK(page.value("assay_judge_queue_wait_seconds_sum").value() == Approx(0.1));
    CHECK(page.value(R"(go_judge_file_size_bytes_bucket{le="256"})") == 0);
    CHECK(page.value(R"(go_judge_file_size_bytes_bucket{le="512"})") == 1);
    CHECK(page.count("go_judge_file_size_bytes_bucket") == 21);
    CHECK(page.value("go_judge_file_current_bytes_count") == 7);
    CHECK(page.value("go_judge_file_current_bytes_sum") == 1'000'000'007);
    CHECK(page.value(R"(go_judge_cgroup_cpu_seconds{type="all"})") == 1.5);
    CHECK(page.value(R"(go_judge_cgroup_memory_bytes{type="containers"})") == 1);
    CHECK(page.value(R"(go_judge_cgroup_memory_max_bytes{type="all"})") == 20);
    CHECK(page.count("go_judge_cgroup_memory_max_bytes") == 1);
    CHECK(page.type("go_judge_cgroup_cpu_seconds") == "counter");
    CHECK(page.type("go_judge_cgroup_memory_bytes") == "gauge");
}

TEST_CASE("metrics: requests are counted by route", "[judge][metrics]") {
    Metrics metrics;
    metrics.count_request(200, "POST", "localhost:5050", "/run", 0.001, 100, 1000);
    metrics.count_request(200, "POST", "localhost:5050", "/run", 0.002, 50, 500);
    metrics.count_request(404, "GET", "h", "/file/:id", 0.1, 0, 0);
    const Page page(metrics.text({}));
    CHECK(page.value(R"(gin_requests_total{code="200",handler="/run",host="localhost:5050",)"
                     R"(method="POST",url="/run"})") == 2);
    CHECK(page.value(R"(gin_requests_total{code="404",handler="/file/:id",host="h",)"
                     R"(method="GET",url="/file/:id"})") == 1);
    CHECK(page.value(
              R"(gin_request_duration_seconds_count{code="200",method="POST",url="/run"})") == 2);
    CHECK(page.value("gin_request_size_bytes_sum") == 150);
    CHECK(page.value("gin_request_size_bytes_count") == 3);
    CHECK(page.value("gin_response_size_bytes_sum") == 1500);
}

TEST_CASE("metrics: clients can neither break the format nor fill the memory", "[judge][metrics]") {
    Metrics metrics;
    metrics.count_request(200, "G\"\nET", "a\"b\\c\nd", "/run", 0, 0, 0);
    for (int i = 0; i < 1000; ++i) {
        metrics.count_request(200, "M" + std::to_string(i), "host" + std::to_string(i), "/run", 0,
                              0, 0);
    }
    const Page page(metrics.text({}));
    CHECK(page.value("gin_requests_total{code=\"200\",handler=\"/run\",host=\"a\\\"b\\\\c\\nd\","
                     "method=\"other\",url=\"/run\"}") == 1);
    CHECK(page.count("gin_requests_total") == 65);
    CHECK(page.count("gin_request_duration_seconds_count") == 1);
}

TEST_CASE("metrics: threads count without losing any", "[judge][metrics]") {
    Metrics metrics;
    std::vector<std::thread> threads;
    for (int worker = 0; worker < 4; ++worker) {
        threads.emplace_back([&metrics] {
            for (int i = 0; i < 1000; ++i) {
                metrics.count_result(result(Status::kAccepted, std::chrono::seconds(1), 1));
                metrics.count_request(200, "GET", "h", "/", 0, 1, 1);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    const Page page(metrics.text({}));
    CHECK(page.value(R"(assay_judge_verdicts_total{status="Accepted"})") == 4000);
    CHECK(page.value(R"(go_judge_exec_time_seconds_sum{status="Accepted"})") == 4000);
    CHECK(page.value("gin_request_size_bytes_count") == 4000);
}

}  // namespace
}  // namespace assay::judge
