#include "internal/judge/execute/request_run.hpp"

#include <sys/eventfd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "internal/judge/execute/pool_fixture.hpp"

namespace assay::judge {
namespace {

TEST_CASE("request: one that is cancelled takes no slot and says so", "[judge]") {
    char directory[] = "/tmp/assay-request-test-XXXXXX";
    REQUIRE(::mkdtemp(directory) != nullptr);
    {
        const PoolOptions options;
        Metrics metrics;
        auto keeper = sandbox::SlotKeeper::start({}).value();
        const auto hierarchy = cgroup::Hierarchy::discover().value();
        const auto store =
            FileStore::open({.directory = std::string(directory) + "/store"}).value();
        SlotStack slots(keeper, metrics, 1);
        CgroupPool cgroups(hierarchy, options, 1);
        const RunSurroundings surroundings{options, slots, cgroups, *store, metrics};
        const posix::UniqueFd waker(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));

        const Request request = request_of({shell("exit 0"), shell("exit 0")});
        RunControl control(request);
        control.cancel();
        control.attach(waker.get());
        RequestRun run(request, surroundings, control, waker.get(), "");
        const Response response = run.run();
        CHECK(response.error == "request cancelled before execute");
        CHECK(response.refusal == Refusal::kCancelled);
        CHECK(response.results.empty());
        CHECK(metrics.slots_made.value() == 0);
    }
    std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace assay::judge
