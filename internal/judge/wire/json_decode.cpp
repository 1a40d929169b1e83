#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "internal/judge/wire/json.hpp"
#include "internal/judge/wire/json_reader.hpp"
#include "internal/judge/wire/json_syntax.hpp"

namespace assay::judge::wire {
namespace {

// A file as it is written: which members are there decides what it is.
struct RawFile {
    std::optional<std::string> src;
    std::optional<std::string> content;
    std::optional<std::string> file_id;
    std::optional<std::string> name;
    std::optional<std::int64_t> max;
    std::optional<std::string> symlink;
    bool stream_in = false;
    bool stream_out = false;
    bool pipe = false;
};

struct RawCommand {
    Command command;  // what needs no conversion
    std::vector<std::optional<RawFile>> files;
    std::map<std::string, RawFile> copy_in;
    std::vector<std::string> copy_out;
    std::vector<std::string> copy_out_cached;
    std::uint64_t cpu_limit = 0;
    std::uint64_t real_cpu_limit = 0;
    std::uint64_t clock_limit = 0;
    bool strict_memory_limit = false;
};

struct RawRequest {
    std::string id;
    std::vector<RawCommand> commands;
    std::vector<PipeMapping> pipes;
    std::string cancel_id;
};

constexpr Member<RawFile> kFileMembers[] = {
    {"src", [](JsonReader& in, RawFile& file) { in.text(file.src); }},
    {"content", [](JsonReader& in, RawFile& file) { in.text(file.content); }},
    {"fileId", [](JsonReader& in, RawFile& file) { in.text(file.file_id); }},
    {"name", [](JsonReader& in, RawFile& file) { in.text(file.name); }},
    {"max", [](JsonReader& in, RawFile& file) { in.number(file.max); }},
    {"symlink", [](JsonReader& in, RawFile& file) { in.text(file.symlink); }},
    {"streamIn", [](JsonReader& in, RawFile& file) { in.boolean(file.stream_in); }},
    {"streamOut", [](JsonReader& in, RawFile& file) { in.boolean(file.stream_out); }},
    {"pipe", [](JsonReader& in, RawFile& file) { in.boolean(file.pipe); }},
};

void read_file(JsonReader& in, RawFile& file) {
    in.object<RawFile>("CmdFile", "model.CmdFile", kFileMembers, file);
}

void read_files(JsonReader& in, RawCommand& raw) {
    in.array("[]*model.CmdFile", raw.files, [](JsonReader& each, std::optional<RawFile>& file) {
        if (!each.is_null()) read_file(each, file.emplace());
    });
}

void read_copy_in(JsonReader& in, RawCommand& raw) {
    if (in.is_null()) return raw.copy_in.clear();
    in.map("map[string]model.CmdFile", [&raw](JsonReader& each, const std::string& name) {
        RawFile file;
        read_file(each, file);
        raw.copy_in.insert_or_assign(name, std::move(file));
    });
}

using Raw = RawCommand;
constexpr Member<RawCommand> kCommandMembers[] = {
    {"args", [](JsonReader& in, Raw& raw) { in.texts(raw.command.arguments); }},
    {"env", [](JsonReader& in, Raw& raw) { in.texts(raw.command.environment); }},
    {"files", read_files},
    {"cpuLimit", [](JsonReader& in, Raw& raw) { in.number(raw.cpu_limit); }},
    {"realCpuLimit", [](JsonReader& in, Raw& raw) { in.number(raw.real_cpu_limit); }},
    {"clockLimit", [](JsonReader& in, Raw& raw) { in.number(raw.clock_limit); }},
    {"memoryLimit", [](JsonReader& in, Raw& raw) { in.number(raw.command.memory_limit_bytes); }},
    {"stackLimit", [](JsonReader& in, Raw& raw) { in.number(raw.command.stack_limit_bytes); }},
    {"procLimit", [](JsonReader& in, Raw& raw) { in.number(raw.command.process_limit); }},
    {"cpuRateLimit", [](JsonReader& in, Raw& raw) { in.number(raw.command.cpu_rate_permille); }},
    {"cpuSetLimit", [](JsonReader& in, Raw& raw) { in.text(raw.command.cpu_set); }},
    {"copyIn", read_copy_in},
    {"copyOut", [](JsonReader& in, Raw& raw) { in.texts(raw.copy_out); }},
    {"copyOutCached", [](JsonReader& in, Raw& raw) { in.texts(raw.copy_out_cached); }},
    {"copyOutMax", [](JsonReader& in, Raw& raw) { in.number(raw.command.copy_out_max_bytes); }},
    {"copyOutDir",
     [](JsonReader& in, Raw&) {
         std::string ignored;
         in.text(ignored);
     }},
    {"copyOutTruncate",
     [](JsonReader& in, Raw& raw) { in.boolean(raw.command.copy_out_truncate); }},
    {"tty", [](JsonReader& in, Raw& raw) { in.boolean(raw.command.terminal); }},
    {"strictMemoryLimit", [](JsonReader& in, Raw& raw) { in.boolean(raw.strict_memory_limit); }},
    {"dataSegmentLimit",
     [](JsonReader& in, Raw& raw) { in.boolean(raw.command.limit_data_segment); }},
    {"addressSpaceLimit",
     [](JsonReader& in, Raw& raw) { in.boolean(raw.command.limit_address_space); }},
};

constexpr Member<PipeEnd> kPipeEndMembers[] = {
    {"index", [](JsonReader& in, PipeEnd& end) { in.number(end.index, "int"); }},
    {"fd", [](JsonReader& in, PipeEnd& end) { in.number(end.fd, "int"); }},
};

void read_pipe_end(JsonReader& in, PipeEnd& end) {
    in.object<PipeEnd>("PipeIndex", "model.PipeIndex", kPipeEndMembers, end);
}

constexpr Member<PipeMapping> kPipeMembers[] = {
    {"in", [](JsonReader& in, PipeMapping& pipe) { read_pipe_end(in, pipe.in); }},
    {"out", [](JsonReader& in, PipeMapping& pipe) { read_pipe_end(in, pipe.out); }},
    {"name", [](JsonReader& in, PipeMapping& pipe) { in.text(pipe.name); }},
    {"max", [](JsonReader& in, PipeMapping& pipe) { in.number(pipe.max_bytes); }},
    {"proxy", [](JsonReader& in, PipeMapping& pipe) { in.boolean(pipe.proxy); }},
    {"disableZeroCopy",
     [](JsonReader& in, PipeMapping& pipe) { in.boolean(pipe.disable_zero_copy); }},
};

void read_commands(JsonReader& in, RawRequest& request) {
    in.array("[]model.Cmd", request.commands, [](JsonReader& each, RawCommand& command) {
        each.object<RawCommand>("Cmd", "model.Cmd", kCommandMembers, command);
    });
}

void read_pipes(JsonReader& in, RawRequest& request) {
    in.array("[]model.PipeMap", request.pipes, [](JsonReader& each, PipeMapping& pipe) {
        each.object<PipeMapping>("PipeMap", "model.PipeMap", kPipeMembers, pipe);
    });
}

// The last one is known to messages of /ws alone.
constexpr Member<RawRequest> kRequestMembers[] = {
    {"requestId", [](JsonReader& in, RawRequest& request) { in.text(request.id); }},
    {"cmd", read_commands},
    {"pipeMapping", read_pipes},
    {"cancelRequestId", [](JsonReader& in, RawRequest& request) { in.text(request.cancel_id); }},
};

// Go cuts these off, too.
void read_size(JsonReader& in, std::uint16_t& size) {
    std::int64_t number = size;
    in.number(number, "int");
    size = static_cast<std::uint16_t>(number);
}

constexpr Member<ResizeMessage> kResizeMembers[] = {
    {"index", [](JsonReader& in, ResizeMessage& resize) { in.number(resize.index, "int"); }},
    {"fd", [](JsonReader& in, ResizeMessage& resize) { in.number(resize.fd, "int"); }},
    {"rows", [](JsonReader& in, ResizeMessage& resize) { read_size(in, resize.rows); }},
    {"cols", [](JsonReader& in, ResizeMessage& resize) { read_size(in, resize.columns); }},
    {"x", [](JsonReader& in, ResizeMessage& resize) { read_size(in, resize.x_pixels); }},
    {"y", [](JsonReader& in, ResizeMessage& resize) { read_size(in, resize.y_pixels); }},
};

std::chrono::nanoseconds nanoseconds(std::uint64_t count) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(count, kMost)));
}

// As Go prints the structure, but with the texts where Go has their addresses.
Error unknown_kind(const RawFile& file) {
    std::string text = "file type is not valid for cmd: &{";
    const auto append = [&text](const std::optional<std::string>& member) {
        text.append(member ? in_quotes(*member) : "<nil>").append(" ");
    };
    append(file.src);
    append(file.content);
    append(file.file_id);
    append(file.name);
    text.append(file.max ? std::to_string(*file.max) : "<nil>").append(" ");
    append(file.symlink);
    text.append(file.stream_in ? "true " : "false ");
    text.append(file.stream_out ? "true " : "false ");
    text.append(file.pipe ? "true}" : "false}");
    return usage_error(std::move(text));
}

Result<DescriptorFile> convert_file(std::optional<RawFile> file, const DecodeOptions& options) {
    if (!file) return DescriptorFile(Hole{});
    if (options.streams && file->stream_in) return DescriptorFile(StreamIn{});
    if (options.streams && file->stream_out) return DescriptorFile(StreamOut{});
    if (file->src) return DescriptorFile(LocalFile{std::move(*file->src)});
    if (file->content) return DescriptorFile(MemoryFile{std::move(*file->content)});
    if (file->file_id) return DescriptorFile(CachedFile{std::move(*file->file_id)});
    if (file->name && file->max) {
        return DescriptorFile(Collector{std::move(*file->name), *file->max, file->pipe});
    }
    return unknown_kind(*file);
}

Result<CopyInFile> convert_copy_in(RawFile file) {
    if (file.symlink) return CopyInFile(LinkTarget{std::move(*file.symlink)});
    if (file.src) return CopyInFile(LocalFile{std::move(*file.src)});
    if (file.content) return CopyInFile(MemoryFile{std::move(*file.content)});
    if (file.file_id) return CopyInFile(CachedFile{std::move(*file.file_id)});
    return unknown_kind(file);
}

std::vector<CopyOutFile> convert_copy_out(std::vector<std::string> names) {
    std::vector<CopyOutFile> files;
    files.reserve(names.size());
    for (std::string& name : names) {
        const bool optional = name.ends_with('?');
        if (optional) name.pop_back();
        files.push_back({std::move(name), optional});
    }
    return files;
}

Result<Command> convert_command(RawCommand raw, const DecodeOptions& options) {
    Command command = std::move(raw.command);
    command.cpu_limit = nanoseconds(raw.cpu_limit);
    command.clock_limit =
        nanoseconds(raw.real_cpu_limit > 0 ? raw.real_cpu_limit : raw.clock_limit);
    command.limit_data_segment = command.limit_data_segment || raw.strict_memory_limit;
    command.files.reserve(raw.files.size());
    for (std::optional<RawFile>& file : raw.files) {
        ASSAY_TRY(DescriptorFile converted, convert_file(std::move(file), options));
        command.files.push_back(std::move(converted));
    }
    command.copy_in.reserve(raw.copy_in.size());
    for (auto& [name, file] : raw.copy_in) {
        ASSAY_TRY(CopyInFile converted, convert_copy_in(std::move(file)));
        command.copy_in.emplace_back(name, std::move(converted));
    }
    command.copy_out = convert_copy_out(std::move(raw.copy_out));
    command.copy_out_cached = convert_copy_out(std::move(raw.copy_out_cached));
    return command;
}

// One byte of a streamed message has the command in its high half and the descriptor in its low.
Result<void> check_streams(const Request& request) {
    constexpr std::size_t kMost = 15;
    for (std::size_t index = 0; index < request.commands.size(); ++index) {
        const std::vector<DescriptorFile>& files = request.commands[index].files;
        for (std::size_t fd = 0; fd < files.size(); ++fd) {
            const bool streams = std::holds_alternative<StreamIn>(files[fd]) ||
                                 std::holds_alternative<StreamOut>(files[fd]);
            if (streams && (index > kMost || fd > kMost)) {
                return usage_error("stream index or fd exceeds websocket wire limit");
            }
        }
    }
    return {};
}

Result<Request> convert_request(RawRequest raw, const DecodeOptions& options) {
    ASSAY_CHECK(check_command_count(raw.commands.size()));
    Request request;
    request.id = std::move(raw.id);
    request.pipes = std::move(raw.pipes);
    request.commands.reserve(raw.commands.size());
    for (RawCommand& command : raw.commands) {
        ASSAY_TRY(Command converted, convert_command(std::move(command), options));
        request.commands.push_back(std::move(converted));
    }
    ASSAY_CHECK(check_streams(request));
    return request;
}

template <class T>
Result<T> read_object(std::string_view text, std::string_view structure, std::string_view type,
                      std::span<const Member<T>> members) {
    ASSAY_TRY(const std::string_view value, first_json_value(text));
    JsonReader in(value);
    T target;
    in.object<T>(structure, type, members, target);
    if (!in.error().empty()) return usage_error(in.error());
    return target;
}

}  // namespace

Result<Request> decode_request(std::string_view text, const DecodeOptions& options) {
    const std::span members(kRequestMembers);
    ASSAY_TRY(RawRequest raw, read_object<RawRequest>(text, "Request", "model.Request",
                                                      members.first(members.size() - 1)));
    return convert_request(std::move(raw), options);
}

Result<SocketMessage> decode_socket_message(std::string_view text) {
    ASSAY_TRY(RawRequest raw,
              read_object<RawRequest>(text, "wsRequest", "wsexecutor.wsRequest", kRequestMembers));
    SocketMessage message;
    message.cancel_id = std::move(raw.cancel_id);
    if (!message.cancel_id.empty()) return message;
    ASSAY_TRY(message.request, convert_request(std::move(raw), {}));
    return message;
}

Result<ResizeMessage> decode_resize(std::string_view text) {
    return read_object<ResizeMessage>(text, "ResizeRequest", "stream.ResizeRequest",
                                      kResizeMembers);
}

}  // namespace assay::judge::wire
