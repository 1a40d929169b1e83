#include "internal/report/destination.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "pkg/posix/files.hpp"

namespace assay::report {
namespace {

Result<int> parse_descriptor(std::string_view text, std::string_view option) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || ::fcntl(number, F_GETFD) < 0) {
        return usage_error("bad value 'fd:" + std::string(text) + "' for --" + std::string(option) +
                           ": no such descriptor");
    }
    return number;
}

}  // namespace

Result<Destination> Destination::open(const std::string& where, std::string_view option) {
    Destination destination;
    if (where.empty()) return destination;
    destination.wanted_ = true;
    destination.name_ = where;
    int inherited = -1;
    if (where == "-") {
        inherited = STDOUT_FILENO;
    } else if (where.starts_with("fd:")) {
        ASSAY_TRY(inherited, parse_descriptor(std::string_view(where).substr(3), option));
    }
    if (inherited >= 0) {
        destination.file_.reset(::fcntl(inherited, F_DUPFD_CLOEXEC, 3));
        return destination;
    }
    Result<posix::UniqueFd> file = posix::open_file(where, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file.has_value()) {
        destination.file_ = std::move(*file);
    } else {
        destination.failure_ = file.error().message;
    }
    return destination;
}

bool Destination::write(std::string_view text) {
    if (failure_.empty()) {
        const Result<void> written = posix::write_all(file_.get(), text, name_);
        if (written.has_value()) return true;
        failure_ = written.error().message;
    }
    const std::string reason = "assay: " + failure_ + "; the report follows\n";
    (void)posix::write_all(STDERR_FILENO, reason, "stderr");
    (void)posix::write_all(STDERR_FILENO, text, "stderr");
    return false;
}

}  // namespace assay::report
