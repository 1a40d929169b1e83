#include "pkg/sandbox/slot_fixture.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "pkg/posix/files.hpp"

namespace assay::sandbox {

bool own_ids() {
    return choose_inside({}, {}).own_uids;
}

SlotSpec test_spec() {
    SlotSpec spec;
    const auto bind = [&spec](const std::string& path, const std::string& target, bool read_only) {
        spec.mounts.push_back({SlotMountKind::kBind, path, target, read_only, {}});
    };
    for (const char* name : {"/usr", "/bin", "/lib", "/lib64", "/sbin"}) {
        if (std::filesystem::is_symlink(name)) {
            spec.symlinks.push_back({name, std::filesystem::read_symlink(name)});
        } else {
            bind(name, name, true);
        }
    }
    bind("/etc/ld.so.cache", "/etc/ld.so.cache", true);
    bind("/etc/no-such-file", "/etc/no-such-file", true);
    bind(ASSAY_ATTACKS, "/x", true);
    for (const char* name : {"/dev/null", "/dev/zero", "/dev/urandom"}) bind(name, name, false);
    spec.mounts.push_back({SlotMountKind::kProc, {}, "/proc", true, {}});
    for (const char* place : {"/w", "/tmp"}) {
        spec.mounts.push_back({SlotMountKind::kTmpfs, {}, place, false, "size=16m,nr_inodes=4k"});
    }
    spec.masked = {"/proc/kcore", "/proc/acpi", "/proc/no-such-entry"};
    spec.host_name = "executor";
    spec.domain_name = "slots";
    if (own_ids()) spec.program_inside = Ids{1000, 1000};
    return spec;
}

TestSlots::TestSlots(const SlotSpec& spec) : keeper_(SlotKeeper::start(spec).value()) {}

SlotProgram shell(const std::string& script) {
    SlotProgram program;
    program.arguments = {"sh", "-c", script};
    program.search_path = "/usr/sbin:/usr/bin:/sbin:/bin";
    program.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    return program;
}

Run run_program(Slot& slot, SlotProgram program) {
    const posix::UniqueFd input = posix::open_file("/dev/null", O_RDONLY).value();
    posix::Pipe pipe = posix::make_pipe().value();
    program.descriptors = {input.get(), pipe.write_end.get(), pipe.write_end.get()};
    const SlotStart start = slot.start(program).value();
    if (start.failure != StartFailure::kNone) {
        Result<void>(usage_error("it did not start: " + start.detail)).value();
    }
    pipe.write_end.reset();
    Run result;
    result.output = posix::read_all(pipe.read_end.get(), "the output").value();
    result.exit = slot.finish().value();
    return result;
}

Run run(Slot& slot, const std::string& script) {
    return run_program(slot, shell(script));
}

Run run_attack(Slot& slot, std::vector<std::string> words) {
    SlotProgram program;
    program.arguments = {"/x/attack"};
    program.arguments.insert(program.arguments.end(), words.begin(), words.end());
    return run_program(slot, program);
}

std::string output_of(Slot& slot, const std::string& script) {
    std::string output = run(slot, script).output;
    slot.reset().value();
    return output;
}

}  // namespace assay::sandbox
