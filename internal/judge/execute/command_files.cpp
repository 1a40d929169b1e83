#include "internal/judge/execute/command_files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "internal/judge/execute/copy_bytes.hpp"
#include "internal/judge/execute/slot_target.hpp"
#include "internal/judge/execute/source_file.hpp"
#include "internal/judge/execute/terminal.hpp"
#include "internal/judge/execute/wording.hpp"
#include "pkg/posix/files.hpp"
#include "pkg/sandbox/guarded_input.hpp"

namespace assay::judge {
namespace {

Error request_error(std::string message, int os_error = 0) {
    return Error{ErrorKind::kUsage, os_error, std::move(message), {}};
}

// As many as a slot can be sent.
constexpr std::uint64_t kMaxDescriptors = 256;

constexpr int kNoMoreWrites = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

// A file that nobody can write any more, read from its start. Empty when there is no room for it.
posix::UniqueFd sealed_file(const std::string& content) {
    posix::UniqueFd file(::memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file || !posix::write_all(file.get(), content, "input") ||
        ::lseek(file.get(), 0, SEEK_SET) != 0 ||
        ::fcntl(file.get(), F_ADD_SEALS, kNoMoreWrites) != 0) {
        return {};
    }
    return file;
}

Result<posix::UniqueFd> sealed_copy(const posix::UniqueFd& file, std::uint64_t size) {
    posix::UniqueFd copy(::memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!copy) return request_error("pipe: copy input: " + reason_of(errno), errno);
    const CopyEnd end = copy_bytes(file.get(), copy.get(), size);
    if (end.failed != CopySide::kNone) {
        return request_error("pipe: copy input: " + reason_of(end.os_error), end.os_error);
    }
    ::lseek(copy.get(), 0, SEEK_SET);
    ::fcntl(copy.get(), F_ADD_SEALS, kNoMoreWrites);
    return copy;
}

// The file under a descriptor that a program cannot open again to write the server's file: through
// a read-only mount, or as a copy for a server that may not mount.
Result<posix::UniqueFd> guarded(posix::UniqueFd file) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return file;
    if (posix::UniqueFd input = sandbox::GuardedInput(file.get()).take()) return input;
    return sealed_copy(file, static_cast<std::uint64_t>(status.st_size));
}

Result<posix::UniqueFd> open_id(const std::string& id, FileStore& store) {
    ASSAY_TRY(std::optional<StoredFile> found, store.get(id));
    if (!found) return request_error("file does not exists with id: " + quoted(id), ENOENT);
    return std::move(found->file);
}

posix::UniqueFd duplicate(const posix::UniqueFd& fd) {
    return posix::UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
}

bool is_directory(const posix::UniqueFd& file) {
    struct stat status {};
    return ::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode);
}

void make_blocking(const posix::UniqueFd& file) {
    ::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) & ~O_NONBLOCK);
}

bool is_typed(const DescriptorFile& file) {
    return std::holds_alternative<StreamIn>(file) || std::holds_alternative<MemoryFile>(file);
}

}  // namespace

std::size_t max_descriptors(const PoolOptions& options) {
    return static_cast<std::size_t>(
        std::min<std::uint64_t>(options.open_file_limit, kMaxDescriptors));
}

std::int64_t max_collected_bytes(const PoolOptions& options) {
    const std::uint64_t limit = options.output_limit_bytes;
    const std::uint64_t most = answer_limit_bytes(options);
    return static_cast<std::int64_t>(limit == 0 ? most : std::min(limit, most));
}

Result<posix::Pipe> make_program_pipe() {
    ASSAY_TRY(posix::Pipe pipe, posix::make_pipe());
    if (::fchmod(pipe.read_end.get(), 0666) != 0) {
        return system_error("cannot open a pipe to the program", errno);
    }
    return pipe;
}

Result<CachedInputs> open_cached(const Command& command, FileStore& store) {
    CachedInputs inputs;
    inputs.files.resize(command.files.size());
    inputs.copy_in.resize(command.copy_in.size());
    for (std::size_t i = 0; i < command.files.size(); ++i) {
        const auto* cached = std::get_if<CachedFile>(&command.files[i]);
        if (cached == nullptr) continue;
        ASSAY_TRY(posix::UniqueFd file, open_id(cached->id, store));
        ASSAY_TRY(inputs.files[i], guarded(std::move(file)));
    }
    for (std::size_t i = 0; i < command.copy_in.size(); ++i) {
        const auto* cached = std::get_if<CachedFile>(&command.copy_in[i].second);
        if (cached == nullptr) continue;
        ASSAY_TRY(inputs.copy_in[i], open_id(cached->id, store));
    }
    return inputs;
}

void CommandFiles::place(std::size_t fd, posix::UniqueFd file) {
    if (descriptors.size() <= fd) descriptors.resize(fd + 1, -1);
    descriptors[fd] = file.get();
    owned.push_back(std::move(file));
}

FilePreparation::FilePreparation(const Command& command, std::size_t index,
                                 const sandbox::Slot& slot, RunControl& control,
                                 const PoolOptions& options, SharedRoom captures)
    : command_(command),
      index_(index),
      slot_(slot),
      control_(control),
      options_(options),
      captures_(std::move(captures)) {}

Result<CommandFiles> FilePreparation::prepare(CachedInputs& cached, std::size_t count) {
    files_.descriptors.assign(std::max(count, command_.files.size()), -1);
    ASSAY_CHECK(command_.terminal ? prepare_terminal(cached) : prepare_plain(cached));
    return std::move(files_);
}

Result<void> FilePreparation::prepare_plain(CachedInputs& cached) {
    for (std::size_t fd = 0; fd < command_.files.size(); ++fd) {
        const DescriptorFile& file = command_.files[fd];
        if (const auto* local = std::get_if<LocalFile>(&file)) {
            ASSAY_CHECK(place_local(fd, *local));
        } else if (const auto* memory = std::get_if<MemoryFile>(&file)) {
            ASSAY_CHECK(place_memory(fd, *memory));
        } else if (std::holds_alternative<CachedFile>(file)) {
            files_.place(fd, std::move(cached.files[fd]));
        } else if (const auto* collector = std::get_if<Collector>(&file)) {
            ASSAY_CHECK(place_collector(fd, *collector));
        } else if (std::holds_alternative<StreamIn>(file)) {
            ASSAY_CHECK(place_stream_in(fd));
        } else if (std::holds_alternative<StreamOut>(file)) {
            ASSAY_CHECK(place_stream_out(fd));
        }
    }
    return {};
}

Result<void> FilePreparation::place_local(std::size_t fd, const LocalFile& file) {
    auto opened = open_source(file.path, options_.source_prefixes);
    // A descriptor of a directory of the host would be a way out of the slot.
    if (opened && is_directory(*opened)) {
        opened = system_error("cannot use " + file.path, EISDIR);
    }
    if (!opened) {
        const int os_error = opened.error().os_error;
        return request_error(std::string(command_.terminal ? "tty" : "pipe") + ": open file " +
                                 file.path + ": " + failure("open", file.path, os_error),
                             os_error);
    }
    make_blocking(*opened);
    ASSAY_TRY(posix::UniqueFd input, guarded(*std::move(opened)));
    files_.place(fd, std::move(input));
    return {};
}

Result<void> FilePreparation::place_memory(std::size_t fd, const MemoryFile& file) {
    if (posix::UniqueFd sealed = sealed_file(file.content)) {
        files_.place(fd, std::move(sealed));
        return {};
    }
    auto pipe = make_program_pipe();
    if (!pipe) return request_error("pipe: open reader: " + pipe.error().message);
    files_.place(fd, std::move(pipe->read_end));
    files_.pumps.push_back(std::make_unique<PipeFeed>(std::move(pipe->write_end), file.content));
    return {};
}

std::shared_ptr<Capture> FilePreparation::make_capture(const Collector& file) const {
    return std::make_shared<Capture>(std::min(file.max_bytes, max_collected_bytes(options_)),
                                     captures_);
}

// Collectors of one name are one file.
Result<void> FilePreparation::place_collector(std::size_t fd, const Collector& file) {
    for (const auto& [name, descriptor] : collectors_) {
        if (name != file.name) continue;
        files_.descriptors[fd] = descriptor;
        return {};
    }
    ASSAY_CHECK(file.pipe ? place_pipe_collector(fd, file) : place_file_collector(fd, file));
    collectors_.emplace_back(file.name, files_.descriptors[fd]);
    return {};
}

Result<void> FilePreparation::place_file_collector(std::size_t fd, const Collector& file) {
    auto writer = create_target(slot_, file.name);
    auto reader = writer ? slot_.open_as_program(file.name, O_RDONLY) : writer.error();
    if (!reader) {
        return request_error(
            "container: " + file.name + ": " + failure("open", file.name, reader.error()),
            reader.error().os_error);
    }
    files_.place(fd, *std::move(writer));
    files_.file_collectors.push_back({file.name, file.max_bytes, *std::move(reader)});
    return {};
}

Result<void> FilePreparation::place_pipe_collector(std::size_t fd, const Collector& file) {
    auto pipe = make_program_pipe();
    if (!pipe) return request_error("pipe: create: " + pipe.error().message);
    const std::shared_ptr<Capture> capture = make_capture(file);
    files_.place(fd, std::move(pipe->write_end));
    files_.pipe_collectors.push_back({file.name, capture});
    files_.pumps.push_back(std::make_unique<PipeDrain>(std::move(pipe->read_end), capture));
    return {};
}

Result<void> FilePreparation::place_stream_in(std::size_t fd) {
    auto pipe = make_program_pipe();
    if (!pipe) return request_error("pipe: stream in create: " + pipe.error().message);
    files_.place(fd, std::move(pipe->read_end));
    files_.pumps.push_back(
        std::make_unique<StreamFeed>(std::move(pipe->write_end), control_, index_, fd));
    return {};
}

Result<void> FilePreparation::place_stream_out(std::size_t fd) {
    auto pipe = make_program_pipe();
    if (!pipe) return request_error("pipe: stream out create: " + pipe.error().message);
    files_.place(fd, std::move(pipe->write_end));
    files_.outputs.push_back({fd, std::move(pipe->read_end)});
    return {};
}

Result<void> FilePreparation::prepare_terminal(CachedInputs& cached) {
    if (std::ranges::count_if(command_.files, is_typed) > 1) {
        return request_error("tty: multiple input not allowed");
    }
    auto terminal = open_terminal();
    if (!terminal) return request_error("failed to open tty " + terminal.error().message);
    control_.attach_terminal(index_, duplicate(terminal->master));

    std::shared_ptr<Capture> capture;
    bool streamed = false;
    for (std::size_t fd = 0; fd < command_.files.size(); ++fd) {
        const DescriptorFile& file = command_.files[fd];
        if (std::holds_alternative<Hole>(file)) continue;
        if (const auto* local = std::get_if<LocalFile>(&file)) {
            ASSAY_CHECK(place_local(fd, *local));
            continue;
        }
        if (std::holds_alternative<CachedFile>(file)) {
            files_.place(fd, std::move(cached.files[fd]));
            continue;
        }
        files_.descriptors[fd] = terminal->slave.get();
        if (const auto* memory = std::get_if<MemoryFile>(&file)) {
            files_.pumps.push_back(
                std::make_unique<TerminalFeed>(duplicate(terminal->master), memory->content));
        } else if (std::holds_alternative<StreamIn>(file)) {
            files_.pumps.push_back(
                std::make_unique<StreamFeed>(duplicate(terminal->master), control_, index_, fd));
        } else if (std::holds_alternative<StreamOut>(file) && !streamed) {
            streamed = true;
            files_.outputs.push_back({fd, duplicate(terminal->master)});
        } else if (const auto* collector = std::get_if<Collector>(&file); collector && !capture) {
            capture = make_capture(*collector);
            files_.pipe_collectors.push_back({collector->name, capture});
        }
    }
    files_.owned.push_back(std::move(terminal->slave));
    // With streamed output, whoever reads that has it all.
    if (!streamed) {
        files_.pumps.push_back(
            std::make_unique<TerminalDrain>(std::move(terminal->master), std::move(capture)));
    }
    return {};
}

}  // namespace assay::judge
