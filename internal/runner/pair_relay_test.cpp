#include "internal/runner/pair_relay.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "internal/runner/watcher.hpp"
#include "pkg/posix/files.hpp"

using assay::runner::Relay;
using assay::runner::Side;
using assay::runner::Transcript;

namespace {

class TranscriptFile {
  public:
    TranscriptFile() {
        const int fd = ::mkstemp(path_.data());
        REQUIRE(fd >= 0);
        ::close(fd);
    }
    ~TranscriptFile() { ::unlink(path_.c_str()); }
    const std::string& path() const { return path_; }
    // Without the line that explains the marks.
    std::string text() const {
        const std::string whole = *assay::posix::read_file(path_, 80u << 20);
        return whole.substr(whole.find('\n') + 1);
    }

  private:
    std::string path_ = std::filesystem::temp_directory_path() / "pair_relay_test.XXXXXX";
};

// A writer and a reader with a relay between them, and a loop that is turned by hand.
class Line {
    assay::runner::Watcher watcher_;  // outlives the relay
    Transcript transcript_;

  public:
    explicit Line(const std::string& path) : transcript_(*Transcript::create(path)) {
        ::signal(SIGPIPE, SIG_IGN);
        auto in = assay::posix::make_pipe(O_NONBLOCK);
        auto out = assay::posix::make_pipe(O_NONBLOCK);
        REQUIRE((in.has_value() && out.has_value()));
        writer = std::move(in->write_end);
        reader = std::move(out->read_end);
        const assay::runner::Watching loop{
            [this](int fd, short events, std::function<void(short)> on_ready) {
                watcher_.watch(fd, events, std::move(on_ready));
            },
            [this](int fd) { watcher_.unwatch(fd); }};
        relay = std::make_unique<Relay>(loop, std::move(in->read_end), std::move(out->write_end),
                                        Side::kProgram, transcript_);
        relay->start();
    }

    // Until nothing is ready any more.
    void turn() {
        for (int turns = 0; turns < 50; ++turns) {
            watcher_.poll_once(std::chrono::steady_clock::now());
        }
    }
    std::string read_now() const {
        std::string text(1u << 20, '\0');
        const ssize_t count = ::read(reader.get(), text.data(), text.size());
        text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return text;
    }

    assay::posix::UniqueFd writer;
    assay::posix::UniqueFd reader;
    std::unique_ptr<Relay> relay;
};

}  // namespace

TEST_CASE("transcript: lines carry the mark of their side", "[runner][pair]") {
    const TranscriptFile file;
    auto transcript = Transcript::create(file.path());
    REQUIRE(transcript.has_value());
    transcript->add(Side::kProgram, "5 7\n8\n");
    transcript->add(Side::kInteractor, "12\n");
    transcript->remark("over");
    CHECK(file.text() == "> 5 7\n> 8\n< 12\n# over\n");
    CHECK(transcript->error().empty());
}

TEST_CASE("transcript: a line in pieces stays one line, unless the other side comes between",
          "[runner][pair]") {
    const TranscriptFile file;
    auto transcript = Transcript::create(file.path());
    transcript->add(Side::kProgram, "a");
    transcript->add(Side::kProgram, "b");
    transcript->add(Side::kInteractor, "x\ny");
    transcript->add(Side::kProgram, "c\nd");
    transcript->remark("over");
    CHECK(file.text() == "> ab\n< x\n< y\n>+c\n> d\n# over\n");
}

TEST_CASE("transcript: a file that cannot be made is a usage error", "[runner][pair]") {
    const auto transcript = Transcript::create("/no/such/directory/t");
    REQUIRE_FALSE(transcript.has_value());
    CHECK(transcript.error().kind == assay::ErrorKind::kUsage);
}

TEST_CASE("transcript: it ends at its limit and says so", "[runner][pair]") {
    const TranscriptFile file;
    auto transcript = Transcript::create(file.path());
    const std::string line(1u << 20, 'x');
    for (int i = 0; i < 65; ++i) transcript->add(Side::kProgram, line + "\n");
    CHECK_FALSE(transcript->error().empty());
    CHECK(file.text().ends_with("\n# the rest is left out\n"));
    CHECK(file.text().size() <= assay::runner::kMaxTranscriptBytes + 100);
}

TEST_CASE("relay: what is written comes out and into the transcript", "[runner][pair]") {
    const TranscriptFile file;
    Line line(file.path());
    REQUIRE(assay::posix::write_all(line.writer.get(), "hello\n", "the pipe").has_value());
    line.turn();
    CHECK(line.read_now() == "hello\n");
    CHECK(file.text() == "> hello\n");
}

TEST_CASE("relay: the writer's end is passed on after the last byte", "[runner][pair]") {
    const TranscriptFile file;
    Line line(file.path());
    REQUIRE(assay::posix::write_all(line.writer.get(), "last", "the pipe").has_value());
    line.writer.reset();
    line.turn();
    CHECK(line.relay->over());
    CHECK(line.read_now() == "last");
    char byte = 0;
    CHECK(::read(line.reader.get(), &byte, 1) == 0);
}

TEST_CASE("relay: a reader that went away becomes a broken pipe for the writer", "[runner][pair]") {
    const TranscriptFile file;
    Line line(file.path());
    line.reader.reset();
    line.turn();
    CHECK(line.relay->over());
    CHECK(::write(line.writer.get(), "x", 1) == -1);
    CHECK(errno == EPIPE);
}

TEST_CASE("relay: a slow reader slows the writer, and nothing is lost", "[runner][pair]") {
    const TranscriptFile file;
    Line line(file.path());
    std::string sent;
    const std::string piece(4096, 'p');
    for (int i = 0; i < 1000; ++i) {
        line.turn();
        if (::write(line.writer.get(), piece.data(), piece.size()) != 4096) break;
        sent += piece;
    }
    // Two pipes and one block, not the whole flood.
    CHECK(sent.size() <= 3 * 65536);
    std::string received;
    for (int i = 0; i < 20; ++i) {
        line.turn();
        received += line.read_now();
    }
    CHECK(received == sent);
}
