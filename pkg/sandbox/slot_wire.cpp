#include "pkg/sandbox/slot_wire.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "pkg/posix/files.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

Error broken_order() {
    return Error{ErrorKind::kInternal, 0, "the slot got an order that it cannot read", {}};
}

void append(std::string& text, const std::vector<std::string>& strings) {
    for (const std::string& each : strings) text.append(each).push_back('\0');
}

std::size_t bytes_of(const std::vector<std::string>& strings) {
    std::size_t bytes = 0;
    for (const std::string& each : strings) bytes += each.size() + 1;
    return bytes;
}

Result<UniqueFd> text_file(const std::string& text) {
    UniqueFd file(::memfd_create("assay-start", MFD_CLOEXEC));
    if (!file) return system_error("cannot create a memory file", errno);
    ASSAY_CHECK(posix::write_all(file.get(), text, "a memory file"));
    return file;
}

Result<StartHeader> header_of(const SlotProgram& program) {
    if (program.descriptors.size() > kMaxProgramDescriptors) {
        return usage_error("cannot give a program more than " +
                           std::to_string(kMaxProgramDescriptors) + " descriptors");
    }
    if (program.resource_limits.size() > kMaxLimits) {
        return usage_error("cannot set more than " + std::to_string(kMaxLimits) +
                           " resource limits");
    }
    StartHeader header;
    header.arguments = static_cast<std::uint32_t>(program.arguments.size());
    header.environment = static_cast<std::uint32_t>(program.environment.size());
    header.descriptors = static_cast<std::uint32_t>(program.descriptors.size());
    header.groups = static_cast<std::uint32_t>(program.cgroup_join.size());
    header.limits = static_cast<std::uint32_t>(program.resource_limits.size());
    header.controlling_terminal = program.controlling_terminal;
    header.has_cpus = !program.cpus.empty();
    for (const int cpu : program.cpus) CPU_SET(cpu, &header.cpus);
    std::ranges::copy(program.resource_limits, header.limit.begin());
    std::ranges::transform(program.descriptors, header.closed.begin(),
                           [](int fd) { return fd < 0; });
    return header;
}

}  // namespace

Result<void> send_start(int socket, const SlotProgram& program,
                        const std::vector<std::string>& candidates, bool look_up) {
    ASSAY_TRY(StartHeader header, header_of(program));
    header.candidates = static_cast<std::uint32_t>(candidates.size());
    header.look_up = look_up;
    std::string text;
    text.reserve(bytes_of(candidates) + bytes_of(program.arguments) +
                 bytes_of(program.environment));
    append(text, candidates);
    append(text, program.arguments);
    append(text, program.environment);
    header.text_bytes = text.size();

    std::vector<int> descriptors;
    std::ranges::copy_if(program.descriptors, std::back_inserter(descriptors),
                         [](int fd) { return fd >= 0; });
    descriptors.insert(descriptors.end(), program.cgroup_join.begin(), program.cgroup_join.end());
    UniqueFd file;
    if (text.size() > kInlineBytes) {
        ASSAY_TRY(file, text_file(text));
        descriptors.push_back(file.get());
        header.text_in_file = true;
    }

    std::span<const int> rest(descriptors);
    const auto next = [&rest] {
        const std::span<const int> part = rest.first(std::min(rest.size(), kMaxDescriptors));
        rest = rest.subspan(part.size());
        return part;
    };
    const iovec parts[] = {{&header, sizeof header}, {text.data(), text.size()}};
    ASSAY_CHECK(send_message(socket, std::span(parts).first(header.text_in_file ? 1 : 2), next()));
    while (!rest.empty()) {
        Record more;
        more.word = Word::kMore;
        ASSAY_CHECK(send_record(socket, more, next()));
    }
    return {};
}

StartOrder::~StartOrder() {
    if (mapping_ != nullptr) ::munmap(mapping_, header.text_bytes);
}

OrderReceiver::OrderReceiver(int socket)
    : socket_(socket), buffer_(sizeof(StartHeader) + kInlineBytes) {}

Result<Word> OrderReceiver::receive(StartOrder& start) {
    ASSAY_TRY(Message message, receive_message(socket_, buffer_));
    Word word{};
    if (message.size < sizeof word) return broken_order();
    std::memcpy(&word, buffer_.data(), sizeof word);
    if (word != Word::kRun) return word;
    start.received = std::move(message.descriptors);
    ASSAY_CHECK(unpack(start, message.size));
    return word;
}

Result<void> OrderReceiver::receive_rest(StartOrder& start) {
    const StartHeader& header = start.header;
    const auto closed = static_cast<std::size_t>(
        std::count(header.closed.begin(), header.closed.begin() + header.descriptors, true));
    const std::size_t expected =
        header.descriptors - closed + header.groups + (header.text_in_file ? 1 : 0);
    while (start.received.size() < expected) {
        ASSAY_TRY(Received more, receive_record(socket_));
        if (more.record.word != Word::kMore || more.descriptors.empty()) return broken_order();
        std::ranges::move(more.descriptors, std::back_inserter(start.received));
    }
    return start.received.size() == expected ? Result<void>{} : broken_order();
}

Result<void> OrderReceiver::unpack(StartOrder& start, std::size_t size) {
    StartHeader& header = start.header;
    if (size < sizeof header) return broken_order();
    std::memcpy(&header, buffer_.data(), sizeof header);
    if (header.descriptors > kMaxProgramDescriptors || header.limits > kMaxLimits ||
        size != sizeof header + (header.text_in_file ? 0 : header.text_bytes)) {
        return broken_order();
    }
    // The rest comes in records of their own and leaves the text in the buffer alone.
    ASSAY_CHECK(receive_rest(start));
    char* text = reinterpret_cast<char*>(buffer_.data() + sizeof header);
    if (header.text_in_file) {
        void* mapping = ::mmap(nullptr, header.text_bytes, PROT_READ, MAP_PRIVATE,
                               start.received.back().get(), 0);
        if (mapping == MAP_FAILED) return system_error("cannot map a program's arguments", errno);
        start.mapping_ = mapping;
        text = static_cast<char*>(mapping);
    }
    const auto take = [&text](std::vector<char*>& to, std::uint32_t count) {
        to.reserve(count + 1);
        for (; count > 0; --count) {
            to.push_back(text);
            text += std::strlen(text) + 1;
        }
    };
    take(start.candidates, header.candidates);
    take(start.arguments, header.arguments);
    start.arguments.push_back(nullptr);
    take(start.environment, header.environment);
    start.environment.push_back(nullptr);

    auto from = start.received.begin();
    for (std::size_t i = 0; i < header.descriptors; ++i) {
        start.descriptors.push_back(header.closed[i] ? -1 : (from++)->get());
    }
    for (std::size_t i = 0; i < header.groups; ++i) start.groups.push_back((from++)->get());
    return {};
}

}  // namespace assay::sandbox
