#include "internal/runner/pair_relay.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "pkg/posix/files.hpp"

namespace assay::runner {

Result<Transcript> Transcript::create(const std::string& path) {
    Result<posix::UniqueFd> file = posix::open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (!file.has_value()) {
        Error error = std::move(file).error();
        error.kind = ErrorKind::kUsage;
        return error;
    }
    Transcript transcript(std::move(*file), path);
    transcript.remark("> from the program, < from the interactor, + goes on with a line");
    return transcript;
}

Transcript::Transcript(posix::UniqueFd file, std::string path)
    : file_(std::move(file)), path_(std::move(path)) {}

void Transcript::append(std::string_view text) {
    if (!error_.empty()) return;
    if (written_ + text.size() > kMaxTranscriptBytes) {
        error_ = "the transcript ends after " + std::to_string(kMaxTranscriptBytes) + " bytes";
        text = "\n# the rest is left out\n";
    }
    written_ += text.size();
    if (const Result<void> done = posix::write_all(file_.get(), text, path_); !done.has_value()) {
        error_ = done.error().message;
    }
}

void Transcript::end_line() {
    if (std::exchange(in_line_, false)) append("\n");
}

void Transcript::add(Side from, std::string_view bytes) {
    if (in_line_ && from != speaker_) end_line();
    speaker_ = from;
    bool& unfinished = unfinished_[static_cast<std::size_t>(from)];
    std::string text;
    while (!bytes.empty()) {
        const std::size_t newline = std::min(bytes.find('\n'), bytes.size() - 1);
        if (!in_line_) {
            text += from == Side::kProgram ? '>' : '<';
            text += unfinished ? '+' : ' ';
        }
        text += bytes.substr(0, newline + 1);
        unfinished = bytes[newline] != '\n';
        in_line_ = unfinished;
        bytes.remove_prefix(newline + 1);
    }
    append(text);
}

void Transcript::remark(std::string_view text) {
    end_line();
    append("# " + std::string(text) + "\n");
}

Relay::Relay(Watching loop, posix::UniqueFd from, posix::UniqueFd to, Side side,
             Transcript& transcript)
    : loop_(std::move(loop)),
      from_(std::move(from)),
      to_(std::move(to)),
      side_(side),
      transcript_(transcript) {}

Relay::~Relay() {
    close();
}

void Relay::start() {
    await_input();
}

void Relay::await_input() {
    loop_.watch(from_.get(), POLLIN, [this](short) { take(); });
    // No event is asked for: poll(2) tells of a reader that went away all the same.
    loop_.watch(to_.get(), 0, [this](short) { close(); });
}

void Relay::await_room() {
    // A writer that hung up would report so again and again; its end is read once all is passed on.
    loop_.unwatch(from_.get());
    loop_.watch(to_.get(), POLLOUT, [this](short) { give(); });
}

void Relay::take() {
    const ssize_t count = ::read(from_.get(), block_.data(), block_.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return close();
    held_ = std::string_view(block_.data(), static_cast<std::size_t>(count));
    transcript_.add(side_, held_);
    give();
}

void Relay::give() {
    const ssize_t count = ::write(to_.get(), held_.data(), held_.size());
    if (count < 0 && errno != EAGAIN && errno != EINTR) return close();
    held_.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
    if (held_.empty()) {
        await_input();
    } else {
        await_room();
    }
}

void Relay::close() {
    if (!from_) return;
    loop_.unwatch(from_.get());
    loop_.unwatch(to_.get());
    from_.reset();
    to_.reset();
}

}  // namespace assay::runner
