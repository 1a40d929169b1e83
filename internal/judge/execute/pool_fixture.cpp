#include "internal/judge/execute/pool_fixture.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <future>

namespace assay::judge {
namespace {

sandbox::SlotSpec slot_spec(const std::vector<sandbox::SlotMount>& mounts) {
    sandbox::SlotSpec spec;
    const auto bind = [&spec](const std::string& path, bool read_only) {
        spec.mounts.push_back({sandbox::SlotMountKind::kBind, path, path, read_only, {}});
    };
    for (const char* name : {"/usr", "/bin", "/lib", "/lib64", "/sbin"}) {
        if (std::filesystem::is_symlink(name)) {
            spec.symlinks.push_back({name, std::filesystem::read_symlink(name)});
        } else {
            bind(name, true);
        }
    }
    bind("/etc/ld.so.cache", true);
    for (const char* name : {"/dev/null", "/dev/zero", "/dev/full"}) bind(name, false);
    spec.mounts.push_back({sandbox::SlotMountKind::kProc, {}, "/proc", true, {}});
    for (const char* place : {"/w", "/tmp"}) {
        spec.mounts.push_back({sandbox::SlotMountKind::kTmpfs, {}, place, false, "size=32m"});
    }
    spec.mounts.insert(spec.mounts.end(), mounts.begin(), mounts.end());
    if (::geteuid() == 0) spec.program_inside = {1000, 1000};
    return spec;
}

std::string fresh_directory() {
    char name[] = "/tmp/assay-pool-test-XXXXXX";
    return ::mkdtemp(name);
}

}  // namespace

PoolFixture::PoolFixture(const PoolOptions& options, const std::vector<sandbox::SlotMount>& mounts)
    : directory_(fresh_directory()) {
    keeper_ = std::make_unique<sandbox::SlotKeeper>(
        sandbox::SlotKeeper::start(slot_spec(mounts)).value());
    hierarchy_ = std::make_unique<cgroup::Hierarchy>(cgroup::Hierarchy::discover().value());
    StoreOptions store_options;
    store_options.directory = directory_ + "/store";
    store_ = FileStore::open(store_options).value();
    auto pool = WorkerPool::start(options, *keeper_, *hierarchy_, *store_, metrics_);
    if (pool.has_value()) {
        pool_ = *std::move(pool);
    } else {
        std::printf("skipped: %s\n", to_string(pool.error()).c_str());
    }
}

PoolFixture::~PoolFixture() {
    pool_.reset();
    std::filesystem::remove_all(directory_);
}

bool PoolFixture::has_memory_groups() const {
    if (hierarchy_->has(cgroup::Controller::kMemory)) return true;
    std::printf("skipped: no memory control groups\n");
    return false;
}

Response PoolFixture::run(Request request) {
    std::promise<Response> answered;
    pool_->submit(std::move(request),
                  [&](Response response) { answered.set_value(std::move(response)); });
    return answered.get_future().get();
}

CommandResult PoolFixture::run(const Command& command) {
    return run(request_of({command})).results.at(0);
}

Command shell(const std::string& script) {
    Command command;
    command.arguments = {"/bin/sh", "-c", script};
    command.environment = {"PATH=/usr/bin:/bin"};
    command.files = {MemoryFile{}, Collector{"stdout", 1 << 20}, Collector{"stderr", 1 << 20}};
    command.cpu_limit = std::chrono::seconds(60);
    command.clock_limit = std::chrono::seconds(120);
    command.memory_limit_bytes = 256u << 20;
    command.process_limit = 50;
    return command;
}

Request request_of(std::vector<Command> commands) {
    Request request;
    request.id = "test";
    request.commands = std::move(commands);
    return request;
}

void put(Command& command, std::size_t fd, DescriptorFile file) {
    if (command.files.size() <= fd) command.files.resize(fd + 1);
    command.files[fd] = std::move(file);
}

}  // namespace assay::judge
