#include "pkg/sandbox/wire.hpp"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "pkg/posix/unique_fd.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

TEST_CASE("wire: a report arrives though its sender ended with an order unread", "[sandbox]") {
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    Record report;
    report.word = Word::kExited;
    report.wait_status = 7;
    Record order;
    order.word = Word::kRun;
    REQUIRE(send_record(theirs.get(), report).has_value());
    REQUIRE(send_record(ours.get(), order).has_value());
    theirs.reset();
    const Result<Received> received = receive_record(ours.get());
    REQUIRE(received.has_value());
    CHECK(received->record.wait_status == 7);
    CHECK(receive_record(ours.get()).error().message == "the sandbox ended without a report");
}

}  // namespace
}  // namespace assay::sandbox
