// Every layout of cgroup file systems that is known, as texts of the two proc files.
#include "pkg/cgroup/mounts.hpp"

#include <catch2/catch.hpp>

namespace assay::cgroup {
namespace {

const Mount* with(const std::vector<Mount>& mounts, Controller controller) {
    for (const Mount& mount : mounts) {
        if (mount.controllers.has(controller)) return &mount;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("mounts: v1, each controller in a mount of its own", "[cgroup]") {
    const auto mounts = find_mounts(
        "9:name=systemd:/\n"
        "4:memory:/outer/inner\n"
        "3:cpuset:/\n"
        "0::/\n",
        "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
        "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
        "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:7 master:1 - cgroup c rw,memory\n"
        "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n");
    REQUIRE(mounts.size() == 3);
    CHECK(with(mounts, Controller::kMemory)->own_directory == "/sys/fs/cgroup/memory/outer/inner");
    CHECK(with(mounts, Controller::kMemory)->mount_point == "/sys/fs/cgroup/memory");
    CHECK_FALSE(with(mounts, Controller::kMemory)->namespace_root);
    CHECK(with(mounts, Controller::kCpuset)->own_directory == "/sys/fs/cgroup/cpuset");
    CHECK(mounts[2].version == Version::kV2);
    CHECK(mounts[2].own_directory == "/sys/fs/cgroup/unified");
}

TEST_CASE("mounts: v1 controllers that share a mount", "[cgroup]") {
    const auto mounts =
        find_mounts("4:cpu,cpuacct:/user.slice\n",
                    "33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n");
    REQUIRE(mounts.size() == 1);
    CHECK(mounts[0].version == Version::kV1);
    CHECK(mounts[0].controllers == ControllerSet{Controller::kCpu, Controller::kCpuacct});
    CHECK(mounts[0].own_directory == "/sys/fs/cgroup/cpu,cpuacct/user.slice");
}

TEST_CASE("mounts: blkio is io", "[cgroup]") {
    const auto mounts =
        find_mounts("4:blkio:/\n", "33 31 0:29 / /io rw - cgroup cgroup rw,blkio\n");
    REQUIRE(mounts.size() == 1);
    CHECK(mounts[0].controllers.has(Controller::kIo));
}

TEST_CASE("mounts: v2 alone", "[cgroup]") {
    const auto mounts = find_mounts(
        "0::/user.slice/user-1000.slice/session-3.scope\n",
        "26 23 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
    REQUIRE(mounts.size() == 1);
    CHECK(mounts[0].version == Version::kV2);
    CHECK(mounts[0].own_directory == "/sys/fs/cgroup/user.slice/user-1000.slice/session-3.scope");
}

TEST_CASE("mounts: a container sees its own group as the root of the mount", "[cgroup]") {
    const std::string mountinfo =
        "900 890 0:30 /docker/4f2a /sys/fs/cgroup/memory ro,nosuid master:9 - cgroup c rw,memory\n";
    SECTION("its processes are in that group") {
        const auto mounts = find_mounts("5:memory:/docker/4f2a\n", mountinfo);
        REQUIRE(mounts.size() == 1);
        CHECK(mounts[0].own_directory == "/sys/fs/cgroup/memory");
        CHECK(mounts[0].read_only);
    }
    SECTION("or in one below it") {
        const auto mounts = find_mounts("5:memory:/docker/4f2a/job\n", mountinfo);
        REQUIRE(mounts.size() == 1);
        CHECK(mounts[0].own_directory == "/sys/fs/cgroup/memory/job");
    }
    SECTION("a group whose name merely begins like it is another one") {
        CHECK(find_mounts("5:memory:/docker/4f2ab\n", mountinfo).empty());
    }
}

TEST_CASE("mounts: the root of a cgroup namespace", "[cgroup]") {
    const auto mounts =
        find_mounts("0::/\n", "26 23 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
    REQUIRE(mounts.size() == 1);
    CHECK(mounts[0].namespace_root);
}

TEST_CASE("mounts: a mount from outside the cgroup namespace cannot be used", "[cgroup]") {
    CHECK(
        find_mounts("0::/\n", "26 23 0:22 /../.. /sys/fs/cgroup rw - cgroup2 cgroup rw\n").empty());
    CHECK(find_mounts("0::/../other\n", "26 23 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n")
              .empty());
}

TEST_CASE("mounts: a prefix between mount and process (WSL)", "[cgroup]") {
    const auto mounts = find_mounts("0::/wsl/distro-1/user.slice\n",
                                    "26 23 0:22 /wsl/distro-1 /sys/fs/cgroup rw - cgroup2 c rw\n");
    REQUIRE(mounts.size() == 1);
    CHECK(mounts[0].own_directory == "/sys/fs/cgroup/user.slice");
}

TEST_CASE("mounts: of two mounts of a hierarchy the writable one is taken", "[cgroup]") {
    const auto mounts = find_mounts("0::/a\n",
                                    "26 23 0:22 / /sys/fs/cgroup ro - cgroup2 c rw\n"
                                    "27 23 0:22 / /run/cg rw - cgroup2 c rw\n"
                                    "28 23 0:22 / /run/other rw - cgroup2 c rw\n");
    REQUIRE(mounts.size() == 1);
    CHECK(mounts[0].own_directory == "/run/cg/a");
    CHECK_FALSE(mounts[0].read_only);
}

TEST_CASE("mounts: escaped mount points are read as what they are", "[cgroup]") {
    const auto mounts =
        find_mounts("0::/\n", "26 23 0:22 / /mnt/my\\040cg\\134x rw - cgroup2 cgroup rw\n");
    REQUIRE(mounts.size() == 1);
    CHECK(mounts[0].mount_point == "/mnt/my cg\\x");
}

TEST_CASE("mounts: nothing mounted, nonsense and truncated lines give nothing", "[cgroup]") {
    CHECK(find_mounts("", "").empty());
    CHECK(find_mounts("0::/\n", "26 23 0:22 / /home rw - ext4 /dev/sda1 rw\n").empty());
    CHECK(find_mounts(":::\n\n0", "26 - cgroup2\n - cgroup\n\\\n").size() <= 1);
    CHECK(find_mounts("nonsense", "26 23 0:22 / /a\\0 rw - cgroup2 c rw").empty());
}

TEST_CASE("controllers: names of sets", "[cgroup]") {
    CHECK(parse_controllers("cpu memory rdma pids", ' ') ==
          ControllerSet{Controller::kCpu, Controller::kMemory, Controller::kPids});
    CHECK(parse_controllers("", ' ').empty());
    for (const Controller controller : kAllControllers) {
        CHECK(controller_named(name_of(controller)) == controller);
    }
    CHECK_FALSE(controller_named("hugetlb"));
}

}  // namespace assay::cgroup
