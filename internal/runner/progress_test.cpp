#include "internal/runner/progress.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "pkg/posix/files.hpp"

using assay::runner::Advance;
using assay::runner::progress_line;
using std::chrono_literals::operator""s;

TEST_CASE("progress: the line counts, tells failures and estimates", "[runner]") {
    CHECK(progress_line({0, 40, 0, 5s}, "cases", 80) == "0/40 cases");
    CHECK(progress_line({10, 40, 0, 5s}, "cases", 80) == "10/40 cases, about 15.0 s left");
    CHECK(progress_line({10, 40, 2, 5s}, "cases", 80) ==
          "10/40 cases, 2 failed, about 15.0 s left");
    CHECK(progress_line({40, 40, 0, 5s}, "runs", 80) == "40/40 runs");
}

TEST_CASE("progress: the line fits the terminal", "[runner]") {
    CHECK(progress_line({10, 40, 2, 5s}, "cases", 12) == "10/40 cases…");
}

TEST_CASE("progress: nothing is written where there is no terminal", "[runner]") {
    auto pipe = assay::posix::make_pipe();
    REQUIRE(pipe.has_value());
    {
        assay::runner::Progress progress(pipe->write_end.get(), true, "cases");
        progress.update({1, 2, 0, 1s});
        progress.clear();
    }
    pipe->write_end.reset();
    CHECK(assay::posix::read_all(pipe->read_end.get(), "the pipe")->empty());
}
