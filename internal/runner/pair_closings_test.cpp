#include "internal/runner/pair_closings.hpp"

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <vector>

#include "pkg/posix/files.hpp"

using assay::runner::Closing;
using assay::runner::ClosingWatch;
using assay::runner::End;
using assay::runner::Side;
using Closings = std::vector<Closing>;

namespace {

assay::posix::Pipe pipe_of_two() {
    auto pipe = assay::posix::make_pipe();
    REQUIRE(pipe.has_value());
    return std::move(*pipe);
}

}  // namespace

TEST_CASE("closings: both pipes' ends are told in the order in which they close",
          "[runner][pair]") {
    auto watch = ClosingWatch::create();
    REQUIRE(watch.has_value());
    assay::posix::Pipe forth = pipe_of_two();
    assay::posix::Pipe back = pipe_of_two();
    REQUIRE(watch->watch_output(forth.write_end.get(), Side::kProgram).has_value());
    REQUIRE(watch->watch_input(forth.read_end.get(), Side::kInteractor).has_value());
    REQUIRE(watch->watch_output(back.write_end.get(), Side::kInteractor).has_value());
    REQUIRE(watch->watch_input(back.read_end.get(), Side::kProgram).has_value());
    CHECK(watch->take().empty());
    back.read_end.reset();
    forth.write_end.reset();
    forth.read_end.reset();
    CHECK(watch->take() == Closings{{Side::kProgram, End::kInput},
                                    {Side::kProgram, End::kOutput},
                                    {Side::kInteractor, End::kInput}});
    back.write_end.reset();
    CHECK(watch->take() == Closings{{Side::kInteractor, End::kOutput}});
}

TEST_CASE("closings: an end is closed when its last holder lets go", "[runner][pair]") {
    auto watch = ClosingWatch::create();
    REQUIRE(watch.has_value());
    assay::posix::Pipe pipe = pipe_of_two();
    REQUIRE(watch->watch_output(pipe.write_end.get(), Side::kProgram).has_value());
    assay::posix::UniqueFd copy(::fcntl(pipe.write_end.get(), F_DUPFD_CLOEXEC, 0));
    pipe.write_end.reset();
    CHECK(watch->take().empty());
    copy.reset();
    CHECK(watch->take() == Closings{{Side::kProgram, End::kOutput}});
}

TEST_CASE("closings: an end that is not watched is not told", "[runner][pair]") {
    auto watch = ClosingWatch::create();
    REQUIRE(watch.has_value());
    assay::posix::Pipe pipe = pipe_of_two();
    REQUIRE(watch->watch_output(pipe.write_end.get(), Side::kProgram).has_value());
    pipe.read_end.reset();
    CHECK(watch->take().empty());
}
