#include "pkg/http/outgoing.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace assay::http {

void Outgoing::push(std::string text) {
    if (text.empty()) return;
    const std::uint64_t length = text.size();
    stretches_.push_back({std::move(text), 0, length});
}

void Outgoing::push(FileBody file) {
    file_ = std::move(file.file);
    for (FilePiece& piece : file.pieces) {
        push(std::move(piece.before));
        if (piece.length > 0) stretches_.push_back({{}, piece.offset, piece.length});
    }
}

Outgoing::Progress Outgoing::write_to(int socket) {
    std::size_t budget = kMaxTurnBytes;
    while (!empty()) {
        const bool more = next_ + 1 < stretches_.size();
        const Progress progress = write_one(socket, stretches_[next_], more, budget);
        if (progress != Progress::kDone) return progress;
        ++next_;
    }
    clear();
    return Progress::kDone;
}

Outgoing::Progress Outgoing::write_one(int socket, Stretch& stretch, bool more,
                                       std::size_t& budget) {
    while (stretch.length > 0) {
        if (budget == 0) return Progress::kBlocked;
        const std::size_t wanted = std::min<std::uint64_t>(stretch.length, budget);
        ssize_t written = 0;
        if (stretch.text.empty()) {
            auto offset = static_cast<off_t>(stretch.offset);
            written = ::sendfile(socket, file_.get(), &offset, wanted);
        } else {
            written = ::send(socket, stretch.text.data() + stretch.offset, wanted,
                             MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
        }
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) return Progress::kBlocked;
        if (written <= 0) return Progress::kFailed;
        const auto count = static_cast<std::size_t>(written);
        stretch.offset += count;
        stretch.length -= count;
        budget -= count;
    }
    return Progress::kDone;
}

void Outgoing::clear() {
    stretches_.clear();
    next_ = 0;
    file_.reset();
}

}  // namespace assay::http
