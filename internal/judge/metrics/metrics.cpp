#include "internal/judge/metrics/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace assay::judge {
namespace {

constexpr std::size_t kStatuses = 14;
constexpr std::size_t kMostHosts = 64;
constexpr std::string_view kOther = "other";

std::vector<double> powers_of_two(double first, std::size_t count) {
    std::vector<double> bounds;
    for (std::size_t i = 0; i < count; ++i)
        bounds.push_back(std::ldexp(first, static_cast<int>(i)));
    return bounds;
}

// go-judge's, 1 ms to 100 s.
std::vector<double> exec_time_bounds() {
    return {0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1, 2, 5, 10, 20, 50, 100};
}

std::vector<double> exec_memory_bounds() {
    return powers_of_two(4096, 21);
}

std::vector<double> request_bounds() {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

// 10 us to 1 s.
std::vector<double> wait_bounds() {
    return {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
            0.005,   0.01,     0.025,   0.05,   0.1,     0.25,   0.5,   1};
}

std::string number(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return std::string(text.data(), end.ptr);
}

std::string_view known_method(std::string_view method) {
    for (const std::string_view known :
         {"GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE"}) {
        if (method == known) return known;
    }
    return kOther;
}

// name="value", with what the format wants escaped.
std::string label(std::string_view name, std::string_view value) {
    std::string text(name);
    text += "=\"";
    for (const char c : value) {
        if (c == '\n') {
            text += "\\n";
        } else {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
    }
    return text += '"';
}

std::string joined(std::string left, std::string_view right) {
    if (!left.empty() && !right.empty()) left += ',';
    return left.append(right);
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
    const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    const auto bucket = static_cast<std::size_t>(bound - bounds_.begin());
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

// Writes the page, one family after the other.
class MetricsText {
  public:
    MetricsText& family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        page_.append("# HELP ").append(name).append(" ").append(help);
        page_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
        return *this;
    }

    MetricsText& sample(double value, std::string_view labels = {}, std::string_view suffix = {}) {
        page_.append(name_).append(suffix);
        if (!labels.empty()) page_.append("{").append(labels).append("}");
        page_.append(" ").append(number(value)).append("\n");
        return *this;
    }
    MetricsText& sample(const Counter& counter, std::string_view labels = {}) {
        return sample(static_cast<double>(counter.value()), labels);
    }
    MetricsText& sample(const Gauge& gauge) { return sample(static_cast<double>(gauge.value())); }

    MetricsText& sample(const Histogram& histogram, const std::string& labels = {}) {
        std::uint64_t count = 0;
        for (std::size_t i = 0; i < histogram.counts_.size(); ++i) {
            count += histogram.counts_[i].load(std::memory_order_relaxed);
            const bool is_last = i == histogram.bounds_.size();
            const std::string bound = is_last ? "+Inf" : number(histogram.bounds_[i]);
            sample(static_cast<double>(count), joined(labels, label("le", bound)), "_bucket");
        }
        sample(histogram.sum_.load(std::memory_order_relaxed), labels, "_sum");
        return sample(static_cast<double>(count), labels, "_count");
    }

    std::string take() { return std::move(page_); }

  private:
    std::string page_;
    std::string_view name_;
};

struct Metrics::RequestCounts {
    mutable std::mutex mutex;
    std::set<std::string, std::less<>> hosts;
    std::map<std::string, std::uint64_t, std::less<>> totals;  // by labels
    std::map<std::string, Histogram, std::less<>> durations;   // by labels
    double request_bytes = 0;
    double response_bytes = 0;
    std::uint64_t count = 0;

    // The host, or "other" when there have been too many.
    std::string_view host_label(std::string_view host) {
        if (hosts.contains(host)) return host;
        if (hosts.size() >= kMostHosts) return kOther;
        hosts.emplace(host);
        return host;
    }

    void write(MetricsText& text) const;
};

void Metrics::RequestCounts::write(MetricsText& text) const {
    const std::lock_guard lock(mutex);
    text.family("gin_requests_total", "counter", "HTTP requests");
    for (const auto& [labels, total] : totals) text.sample(static_cast<double>(total), labels);
    text.family("gin_request_duration_seconds", "histogram", "Time to answer an HTTP request");
    for (const auto& [labels, duration] : durations) text.sample(duration, labels);
    text.family("gin_request_size_bytes", "summary", "Size of HTTP requests");
    text.sample(request_bytes, {}, "_sum").sample(static_cast<double>(count), {}, "_count");
    text.family("gin_response_size_bytes", "summary", "Size of HTTP responses");
    text.sample(response_bytes, {}, "_sum").sample(static_cast<double>(count), {}, "_count");
}

Metrics::Metrics()
    : queue_wait_seconds(wait_bounds()),
      slot_reset_seconds(wait_bounds()),
      file_size_bytes(powers_of_two(256, 20)),
      requests_(std::make_unique<RequestCounts>()) {
    for (std::size_t status = 0; status < kStatuses; ++status) {
        exec_time.emplace_back(exec_time_bounds());
        exec_memory.emplace_back(exec_memory_bounds());
    }
}

Metrics::~Metrics() = default;

void Metrics::count_result(const CommandResult& result) {
    const auto status = static_cast<std::size_t>(result.status);
    exec_time.at(status).observe(std::chrono::duration<double>(result.time).count());
    exec_memory.at(status).observe(static_cast<double>(result.memory_bytes));
    verdicts.at(status).add();
}

void Metrics::count_request(int code, std::string_view method, std::string_view host,
                            std::string_view route, double seconds, std::uint64_t request_bytes,
                            std::uint64_t response_bytes) {
    const std::string code_label = label("code", std::to_string(code));
    const std::string method_label = label("method", known_method(method));
    const std::string url_label = label("url", route);
    const std::lock_guard lock(requests_->mutex);
    ++requests_->count;
    requests_->request_bytes += static_cast<double>(request_bytes);
    requests_->response_bytes += static_cast<double>(response_bytes);
    const std::string host_label = label("host", requests_->host_label(host));
    ++requests_->totals[code_label + "," + label("handler", route) + "," + host_label + "," +
                        method_label + "," + url_label];
    const auto duration = requests_->durations.try_emplace(
        code_label + "," + method_label + "," + url_label, request_bounds());
    duration.first->second.observe(seconds);
}

namespace {

void write_runs(MetricsText& text, const Metrics& metrics) {
    const auto each_status = [&metrics](const auto& write) {
        for (std::size_t i = 0; i < kStatuses; ++i) {
            if (metrics.verdicts[i].value() == 0) continue;
            write(i, label("status", name_of(static_cast<Status>(i))));
        }
    };
    text.family("go_judge_exec_error_count", "counter", "Requests that failed as a whole")
        .sample(metrics.exec_errors);
    text.family("go_judge_exec_time_seconds", "histogram", "CPU time of commands");
    each_status(
        [&](std::size_t i, const auto& labels) { text.sample(metrics.exec_time[i], labels); });
    text.family("go_judge_exec_memory_bytes", "histogram", "Memory peak of commands");
    each_status(
        [&](std::size_t i, const auto& labels) { text.sample(metrics.exec_memory[i], labels); });
    text.family("assay_judge_verdicts_total", "counter", "Commands by their status");
    each_status(
        [&](std::size_t i, const auto& labels) { text.sample(metrics.verdicts[i], labels); });
    text.family("go_judge_worker_queue_count", "gauge", "Requests that wait")
        .sample(metrics.queued);
    text.family("go_judge_worker_running_count", "gauge", "Requests that run")
        .sample(metrics.running);
    text.family("assay_judge_queue_wait_seconds", "histogram", "Time that requests waited")
        .sample(metrics.queue_wait_seconds);
}

void write_slots(MetricsText& text, const Metrics& metrics) {
    text.family("go_judge_environment_count", "counter", "Slots that were made")
        .sample(metrics.slots_made);
    text.family("go_judge_environment_current_count", "gauge", "Slots that are in use")
        .sample(metrics.slots_in_use);
    text.family("assay_judge_slots_broken_total", "counter", "Slots that had to be replaced")
        .sample(metrics.slots_broken);
    text.family("assay_judge_slot_reset_seconds", "histogram", "Time to bring a slot back")
        .sample(metrics.slot_reset_seconds);
}

void write_files(MetricsText& text, const Metrics& metrics, const Metrics::Now& now) {
    text.family("go_judge_file_size_bytes", "histogram", "Size of files added to the store")
        .sample(metrics.file_size_bytes);
    text.family("go_judge_file_current_bytes_count", "gauge", "Files in the store")
        .sample(static_cast<double>(now.stored_files));
    text.family("go_judge_file_current_bytes_sum", "gauge", "Bytes in the store")
        .sample(static_cast<double>(now.stored_bytes));
}

// `figure` gives one figure of a group; without any there is no family.
template <class Figure>
void write_groups(MetricsText& text, std::string_view name, std::string_view type,
                  std::string_view help, const std::vector<Metrics::Now::Group>& groups,
                  const Figure& figure) {
    if (std::ranges::none_of(groups, [&](const auto& group) { return figure(group).has_value(); }))
        return;
    text.family(name, type, help);
    for (const auto& group : groups) {
        const auto value = figure(group);
        if (value) text.sample(static_cast<double>(*value), label("type", group.type));
    }
}

void write_groups(MetricsText& text, const std::vector<Metrics::Now::Group>& groups) {
    using Group = Metrics::Now::Group;
    write_groups(text, "go_judge_cgroup_cpu_seconds", "counter", "CPU time of control groups",
                 groups, [](const Group& group) { return group.cpu_seconds; });
    write_groups(text, "go_judge_cgroup_memory_bytes", "gauge", "Memory of control groups", groups,
                 [](const Group& group) { return group.memory_bytes; });
    write_groups(text, "go_judge_cgroup_memory_max_bytes", "gauge", "Memory peak of control groups",
                 groups, [](const Group& group) { return group.memory_max_bytes; });
}

}  // namespace

std::string Metrics::text(const Now& now) const {
    MetricsText text;
    write_runs(text, *this);
    write_slots(text, *this);
    write_files(text, *this, now);
    write_groups(text, now.groups);
    requests_->write(text);
    return text.take();
}

}  // namespace assay::judge
