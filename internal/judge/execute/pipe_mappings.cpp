#include "internal/judge/execute/pipe_mappings.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "internal/judge/execute/command_files.hpp"

namespace assay::judge {
namespace {

Error out_of_range(std::int64_t number) {
    return usage_error("pipe: index out of range " + std::to_string(number));
}

std::string spot(const PipeEnd& end, char separator) {
    return std::to_string(end.index) + separator + std::to_string(end.fd);
}

std::size_t index_of(const PipeEnd& end) {
    return static_cast<std::size_t>(end.index);
}
std::size_t fd_of(const PipeEnd& end) {
    return static_cast<std::size_t>(end.fd);
}

bool is_taken(const std::vector<CommandFiles>& files, const PipeEnd& end) {
    return files[index_of(end)].descriptors[fd_of(end)] >= 0;
}

Result<void> place_plain(const PipeMapping& mapping, std::vector<CommandFiles>& files) {
    ASSAY_TRY(posix::Pipe pipe, make_program_pipe());
    files[index_of(mapping.in)].place(fd_of(mapping.in), std::move(pipe.write_end));
    files[index_of(mapping.out)].place(fd_of(mapping.out), std::move(pipe.read_end));
    return {};
}

// The copy belongs to the command that writes.
Result<void> place_relay(const PipeMapping& mapping, std::int64_t max_collected,
                         const SharedRoom& captures, std::vector<CommandFiles>& files) {
    ASSAY_TRY(posix::Pipe first, make_program_pipe());
    ASSAY_TRY(posix::Pipe second, make_program_pipe());
    CommandFiles& writer = files[index_of(mapping.in)];
    std::shared_ptr<Capture> copy;
    if (!mapping.name.empty()) {
        // A capture keeps one byte more than its maximum.
        const std::int64_t most = std::clamp<std::int64_t>(mapping.max_bytes, 0, max_collected);
        copy = std::make_shared<Capture>(most - 1, captures);
        writer.pipe_collectors.push_back({mapping.name, copy, false});
    }
    writer.place(fd_of(mapping.in), std::move(first.write_end));
    files[index_of(mapping.out)].place(fd_of(mapping.out), std::move(second.read_end));
    writer.pumps.push_back(std::make_unique<Relay>(std::move(first.read_end),
                                                   std::move(second.write_end), std::move(copy),
                                                   !mapping.disable_zero_copy));
    return {};
}

}  // namespace

Result<std::vector<std::size_t>> count_descriptors(const Request& request,
                                                   std::size_t max_descriptors) {
    std::vector<std::size_t> counts;
    for (const Command& command : request.commands) counts.push_back(command.files.size());
    for (const PipeMapping& mapping : request.pipes) {
        for (const PipeEnd& end : {mapping.in, mapping.out}) {
            if (end.index < 0 || index_of(end) >= counts.size()) return out_of_range(end.index);
            const std::vector<DescriptorFile>& files = request.commands[index_of(end)].files;
            if (end.fd < 0 || fd_of(end) >= std::max(max_descriptors, files.size())) {
                return out_of_range(end.fd);
            }
            if (fd_of(end) < files.size() && !std::holds_alternative<Hole>(files[fd_of(end)])) {
                return usage_error("pipe: fd already occupied " + spot(end, ' '));
            }
            counts[index_of(end)] = std::max(counts[index_of(end)], fd_of(end) + 1);
        }
    }
    return counts;
}

Result<void> place_pipes(const Request& request, std::int64_t max_collected,
                         const SharedRoom& captures, std::vector<CommandFiles>& files) {
    for (const PipeMapping& mapping : request.pipes) {
        for (const auto& [end, side] : {std::pair{mapping.out, "out "}, {mapping.in, "in "}}) {
            if (!is_taken(files, end)) continue;
            return usage_error("pipe: mapping to existing file descriptor: " + std::string(side) +
                               spot(end, '/'));
        }
        const auto placed = mapping.proxy ? place_relay(mapping, max_collected, captures, files)
                                          : place_plain(mapping, files);
        if (!placed) return usage_error("pipe: create: " + placed.error().message);
    }
    for (std::size_t index = 0; index < files.size(); ++index) {
        const std::vector<int>& descriptors = files[index].descriptors;
        const auto hole = std::ranges::find(descriptors, -1);
        if (hole == descriptors.end()) continue;
        return usage_error("null file for index/fd: " + std::to_string(index) + "/" +
                           std::to_string(hole - descriptors.begin()));
    }
    return {};
}

}  // namespace assay::judge
