#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>

#include "pkg/cgroup/backoff.hpp"
#include "pkg/cgroup/group_state.hpp"
#include "pkg/cgroup/kernel_files.hpp"
#include "pkg/cgroup/library.hpp"
#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::optional<nanoseconds> to_nanoseconds(std::optional<std::uint64_t> count,
                                          std::int64_t nanoseconds_each) {
    if (!count) return std::nullopt;
    return nanoseconds(static_cast<std::int64_t>(*count) * nanoseconds_each);
}

void read_v1_cpu(int directory, Usage& usage) {
    const auto read_number = [&](const char* name) {
        const auto text = read_small(directory, name);
        return text ? leading_number(*text) : std::nullopt;
    };
    usage.cpu = to_nanoseconds(read_number("cpuacct.usage"), 1);
    const auto user = read_number("cpuacct.usage_user");
    const auto system = read_number("cpuacct.usage_sys");
    if (!usage.cpu || !user || !system) return;
    // The split is sampled by ticks, the sum is exact: scaled to it, as the kernel does on v2.
    const auto sampled = static_cast<double>(*user + *system);
    const double system_share = sampled > 0 ? static_cast<double>(*system) / sampled : 0;
    usage.system =
        nanoseconds(std::llround(static_cast<double>(usage.cpu->count()) * system_share));
    usage.user = *usage.cpu - *usage.system;
}

void read_v2_cpu(int directory, Usage& usage) {
    const auto text = read_small(directory, "cpu.stat");
    if (!text) return;
    usage.cpu = to_nanoseconds(number_of(*text, "usage_usec"), 1000);
    usage.user = to_nanoseconds(number_of(*text, "user_usec"), 1000);
    usage.system = to_nanoseconds(number_of(*text, "system_usec"), 1000);
}

std::optional<std::uint64_t> read_memory_peak(Version version, int directory) {
    const char* const v1_names[] = {"memory.memsw.max_usage_in_bytes", "memory.max_usage_in_bytes"};
    const char* const v2_names[] = {"memory.peak"};
    const std::span<const char* const> names = version == Version::kV1
                                                   ? std::span<const char* const>(v1_names)
                                                   : std::span<const char* const>(v2_names);
    for (const char* name : names) {
        const auto text = read_small(directory, name);
        if (text) return leading_number(*text);
    }
    return std::nullopt;
}

void read_pids(int directory, Usage& usage) {
    if (const auto peak = read_small(directory, "pids.peak")) {
        usage.processes_peak = leading_number(*peak);
    }
    if (const auto events = read_small(directory, "pids.events")) {
        usage.processes_refused = number_of(*events, "max");
    }
}

void read_io(int directory, Usage& usage) {
    const auto text = read_small(directory, "io.stat");
    if (!text) return;
    usage.io_read_bytes = sum_of(*text, "rbytes").value_or(0);
    usage.io_written_bytes = sum_of(*text, "wbytes").value_or(0);
}

// Whether the group, and on v2 all below it, is without processes.
bool is_empty(const Directory& directory, Version version) {
    if (version == Version::kV2) {
        if (const auto events = read_small(directory.fd(), "cgroup.events")) {
            return number_of(*events, "populated") == 0u;
        }
    }
    return read_processes(directory.fd()).empty();
}

void kill_processes(const Directory& directory, Version version) {
    if (version == Version::kV2 && write_value(directory.fd(), "cgroup.kill", "1") == 0) return;
    // Without cgroup.kill a program may fork faster than it is killed; not with a limit of 0.
    (void)write_value(directory.fd(), "pids.max", "0");
    for (const pid_t process : read_processes(directory.fd())) ::kill(process, SIGKILL);
}

}  // namespace

Group::State::~State() {
    if (!remove()) (void)demolish(milliseconds(1000));
}

const Directory* Group::State::with(Controller controller) const {
    for (const Directory& directory : directories) {
        if (directory.controllers().has(controller)) return &directory;
    }
    return nullptr;
}

Result<void> Group::State::open_for_use(bool memory_limited) {
    for (Directory& directory : directories) {
        if (directory.processes_fd() < 0) ASSAY_CHECK(directory.open_processes());
    }
    // The directory that counts CPU time is joined last: the other joins are not the program's.
    const Directory* const counts = with(Controller::kCpuacct);
    for (const Directory& directory : directories) {
        if (&directory != counts) join.push_back(directory.processes_fd());
    }
    if (counts != nullptr) {
        join.push_back(counts->processes_fd());
        const char* name = version == Version::kV2 ? "cpu.stat" : "cpuacct.usage";
        ASSAY_TRY(cpu, posix::open_at(counts->fd(), name, O_RDONLY));
    }
    const Directory* const memory = with(Controller::kMemory);
    if (memory == nullptr) return {};
    const char* name = version == Version::kV2 ? "memory.events" : "memory.oom_control";
    ASSAY_TRY(oom, posix::open_at(memory->fd(), name, O_RDONLY));
    if (version == Version::kV2) watch_v2_oom();
    if (version == Version::kV1 && memory_limited) watch_v1_oom(*memory);
    return {};
}

// memory.events tells a change since its last reading by POLLPRI and is readable always; the epoll
// around it is readable on a change alone, as the eventfd of v1 is.
void Group::State::watch_v2_oom() {
    (void)read_small(oom.get());
    posix::UniqueFd changes(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event interest{};
    interest.events = EPOLLPRI;
    if (changes && ::epoll_ctl(changes.get(), EPOLL_CTL_ADD, oom.get(), &interest) == 0) {
        oom_event = std::move(changes);
    }
}

// cgroup-v1/memory.rst, section 9. Without it the group merely has no event descriptor.
void Group::State::watch_v1_oom(const Directory& memory) {
    posix::UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) return;
    const std::string request = std::to_string(event.get()) + " " + std::to_string(oom.get());
    if (write_value(memory.fd(), "cgroup.event_control", request) == 0)
        oom_event = std::move(event);
}

Result<void> Group::State::kill(milliseconds deadline) const {
    Backoff backoff(deadline);
    for (;;) {
        bool empty = true;
        for (const Directory& directory : directories) {
            if (is_empty(directory, version)) continue;
            kill_processes(directory, version);
            empty = false;
        }
        if (empty) return {};
        if (!backoff.wait()) {
            return Error{ErrorKind::kSystem,
                         EBUSY,
                         "cannot kill all processes of " + directories.front().path() + " within " +
                             std::to_string(deadline.count()) + " ms",
                         {}};
        }
    }
}

Result<void> Group::State::remove() {
    while (!directories.empty()) {
        ASSAY_CHECK(directories.back().remove());
        directories.pop_back();
    }
    return {};
}

Result<void> Group::State::demolish(milliseconds deadline) {
    ASSAY_CHECK(kill(deadline));
    if (remove()) return {};
    ASSAY_CHECK(demolish_descendants(deadline));
    return remove();
}

// A program that was given a cgroup file system may have made groups in its own.
Result<void> Group::State::demolish_descendants(milliseconds deadline) const {
    for (const Directory& directory : directories) {
        State nested;
        nested.version = version;
        ASSAY_TRY(const std::vector<std::string> paths,
                  library_descendants(directory.mount_point(), directory.path(),
                                      directory.controllers()));
        for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
            const std::size_t slash = path->find_last_of('/');
            const Place place{version,
                              directory.controllers(),
                              directory.controllers(),
                              directory.mount_point(),
                              path->substr(0, slash),
                              false};
            ASSAY_TRY(Directory below, Directory::adopt(place, path->substr(slash + 1)));
            nested.directories.push_back(std::move(below));
        }
        ASSAY_CHECK(nested.kill(deadline));
        ASSAY_CHECK(nested.remove());
    }
    return {};
}

Group::Group(std::unique_ptr<State> state) : state_(std::move(state)) {}
Group::Group(Group&&) noexcept = default;
Group& Group::operator=(Group&&) noexcept = default;
Group::~Group() = default;

std::span<const int> Group::join_descriptors() const {
    return state_->join;
}

Result<nanoseconds> Group::cpu_time() const {
    const auto text = read_small(state_->cpu.get());
    if (!text) return system_error("cannot read the CPU time of a cgroup", errno);
    const bool v2 = state_->version == Version::kV2;
    const auto count = v2 ? number_of(*text, "usage_usec") : leading_number(*text);
    return to_nanoseconds(count, v2 ? 1000 : 1).value_or(nanoseconds(0));
}

Result<std::uint64_t> Group::oom_kills() const {
    const auto text = read_small(state_->oom.get());
    if (!text) return system_error("cannot read the memory events of a cgroup", errno);
    const std::uint64_t kills = number_of(*text, "oom_kill").value_or(0);
    if (kills > 0 && state_->version == Version::kV1 && state_->oom_event) {
        eventfd_t announced = 0;
        (void)::eventfd_read(state_->oom_event.get(), &announced);
    }
    return kills;
}

int Group::oom_event_descriptor() const {
    return state_->oom_event.get();
}

Usage Group::usage() const {
    Usage usage;
    const Version version = state_->version;
    if (const Directory* counts = state_->with(Controller::kCpuacct)) {
        version == Version::kV1 ? read_v1_cpu(counts->fd(), usage)
                                : read_v2_cpu(counts->fd(), usage);
    }
    if (const Directory* memory = state_->with(Controller::kMemory)) {
        usage.memory_peak_bytes = read_memory_peak(version, memory->fd());
        if (const auto kills = oom_kills()) usage.oom_kills = *kills;
    }
    if (const Directory* pids = state_->with(Controller::kPids)) read_pids(pids->fd(), usage);
    if (const Directory* io = state_->with(Controller::kIo); io && version == Version::kV2) {
        read_io(io->fd(), usage);
    }
    return usage;
}

Result<void> Group::kill(milliseconds deadline) const {
    return state_->kill(deadline);
}

Result<void> Group::remove() {
    return state_->remove();
}

}  // namespace assay::cgroup
