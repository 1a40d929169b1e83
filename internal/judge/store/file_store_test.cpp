#include "internal/judge/store/file_store.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

namespace fs = std::filesystem;

class Room {
  public:
    Room() {
        std::string name = (fs::temp_directory_path() / "assay-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Room() { fs::remove_all(path_); }
    fs::path operator/(const std::string& name) const { return path_ / name; }

  private:
    fs::path path_;
};

std::unique_ptr<FileStore> opened(const StoreOptions& options) {
    auto store = FileStore::open(options);
    if (!store) FAIL(to_string(store.error()));
    return std::move(*store);
}

std::string added(FileStore& store, std::string_view content, const std::string& name) {
    auto file = store.create();
    REQUIRE(file.has_value());
    REQUIRE(posix::write_all(file->descriptor(), content, name).has_value());
    const auto id = store.add(std::move(*file), name);
    REQUIRE(id.has_value());
    return *id;
}

std::optional<StoredFile> got(FileStore& store, const std::string& id) {
    auto file = store.get(id);
    REQUIRE(file.has_value());
    return std::move(*file);
}

std::size_t entries(const fs::path& directory) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

TEST_CASE("store: a file comes back under its id, with its name and content", "[judge][store]") {
    const Room room;
    const auto store = opened({.directory = room / "deep/store"});
    const std::string id = added(*store, "text", "a b/\u00e9.txt");
    CHECK(id.size() == 8);
    CHECK(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == id.npos);
    const auto file = got(*store, id);
    REQUIRE(file.has_value());
    CHECK(file->name == "a b/\u00e9.txt");
    CHECK(file->size_bytes == 4);
    CHECK(*posix::read_all(file->file.get(), "file") == "text");
    CHECK(std::chrono::system_clock::now() - file->modified < std::chrono::hours(1));
    CHECK(store->list().value() == std::map<std::string, std::string>{{id, "a b/\u00e9.txt"}});
    CHECK(store->totals().files == 1);
    CHECK(store->totals().bytes == 4);
    CHECK(store->remove(id));
    CHECK_FALSE(store->remove(id));
    CHECK_FALSE(got(*store, id).has_value());
    CHECK(store->list().value().empty());
}

TEST_CASE("store: a file that is not added leaves nothing, and is never seen", "[judge][store]") {
    const Room room;
    const auto store = opened({.directory = room / "store"});
    {
        const auto file = store->create();
        REQUIRE(file.has_value());
        CHECK(store->list().value().empty());
    }
    CHECK(entries(room / "store") == 0);
}

TEST_CASE("store: what lies in the directory is served, also after a restart", "[judge][store]") {
    const Room room;
    std::string id;
    {
        const auto store = opened({.directory = room / "store", .remove_at_end = false});
        id = added(*store, "kept", "name.txt");
    }
    const auto store = opened({.directory = room / "store",
                               .remove_at_end = false,
                               .lifetime = std::chrono::nanoseconds(1)});
    CHECK(store->list().value() == std::map<std::string, std::string>{{id, ""}});
    CHECK(got(*store, id)->name == id);
    store->expire(std::chrono::steady_clock::now() + std::chrono::hours(1));
    CHECK(got(*store, id).has_value());
    CHECK(store->remove(id));
}

TEST_CASE("store: the directory goes with the store unless it is to stay", "[judge][store]") {
    const Room room;
    {
        const auto store = opened({.directory = room / "store"});
        added(*store, "x", "x");
    }
    CHECK_FALSE(fs::exists(room / "store"));
}

TEST_CASE("store: a directory has one store at a time", "[judge][store]") {
    const Room room;
    auto first = opened({.directory = room / "store", .remove_at_end = false});
    const std::string id = added(*first, "x", "x");
    const auto second = FileStore::open({.directory = room / "store"});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message ==
          "cannot use " + (room / "store").string() + ": another server keeps its files there");
    CHECK_THAT(second.error().remedy, Catch::Contains("--dir"));
    CHECK(got(*first, id).has_value());
    first.reset();
    CHECK(got(*opened({.directory = room / "store"}), id).has_value());
}

TEST_CASE("store: a second server takes a directory of its own", "[judge][store]") {
    const Room room;
    const StoreOptions options{.directory = room / "store", .or_another = true};
    auto first = opened(options);
    auto second = opened(options);
    const auto third = opened(options);
    CHECK(first->directory() == room / "store");
    CHECK(second->directory() == room / "store-2");
    CHECK(third->directory() == room / "store-3");
    const std::string id = added(*first, "x", "x");
    CHECK_FALSE(got(*second, id).has_value());
    second.reset();
    CHECK_FALSE(fs::exists(room / "store-2"));
    CHECK(got(*first, id).has_value());
    first.reset();
    CHECK(opened(options)->directory() == room / "store");
}

TEST_CASE("store: ids that are paths are unknown", "[judge][store]") {
    const Room room;
    std::ofstream(room / "outside") << "secret";
    const auto store = opened({.directory = room / "store"});
    fs::create_directory(room / "store/sub");
    std::ofstream(room / "store/sub/file") << "x";
    for (const std::string& id :
         {std::string("../outside"), (room / "outside").string(), std::string("sub/file"),
          std::string("."), std::string(".."), std::string(), std::string("sub"),
          std::string("./sub"), std::string("a\0b", 3), std::string(5000, 'A')}) {
        CHECK_FALSE(got(*store, id).has_value());
        CHECK_FALSE(store->remove(id));
    }
    CHECK(fs::exists(room / "outside"));
}

TEST_CASE("store: links, fifos and directories in the way are not served", "[judge][store]") {
    const Room room;
    std::ofstream(room / "outside") << "secret";
    const auto store = opened({.directory = room / "store"});
    fs::create_symlink("../outside", room / "store/LINK");
    fs::create_directory(room / "store/DIRECTORY");
    fs::create_symlink(room / "store", room / "store/DIRECTORY/loop");
    REQUIRE(::mkfifo((room / "store/FIFO").c_str(), 0600) == 0);
    for (const char* const id : {"LINK", "DIRECTORY", "FIFO"}) {
        CHECK_FALSE(got(*store, id).has_value());
        CHECK_FALSE(store->remove(id));
    }
    CHECK(store->list().value().empty());
    CHECK(store->totals().files == 0);
    CHECK(fs::exists(room / "outside"));
}

TEST_CASE("store: removing its directory at the end follows no link", "[judge][store]") {
    const Room room;
    fs::create_directory(room / "other");
    std::ofstream(room / "other/precious") << "x";
    {
        const auto store = opened({.directory = room / "store"});
        fs::create_directory_symlink(room / "other", room / "store/LINK");
    }
    CHECK(fs::exists(room / "other/precious"));
    CHECK_FALSE(fs::exists(room / "store"));
}

TEST_CASE("store: files outlive their time when they are used", "[judge][store]") {
    const Room room;
    const auto lifetime = std::chrono::hours(1);
    const auto store = opened({.directory = room / "store", .lifetime = lifetime});
    const std::string id = added(*store, "x", "x");
    const auto before = std::chrono::steady_clock::now();
    store->expire(before);
    CHECK(got(*store, id).has_value());
    // Used after `before`, so not yet over its time then.
    store->expire(before + lifetime);
    CHECK(got(*store, id).has_value());
    store->expire(std::chrono::steady_clock::now() + 2 * lifetime);
    CHECK_FALSE(got(*store, id).has_value());
    CHECK(entries(room / "store") == 0);
}

TEST_CASE("store: a directory that is gone is an error", "[judge][store]") {
    const Room room;
    const auto store = opened({.directory = room / "store"});
    fs::remove_all(room / "store");
    const auto file = store->create();
    REQUIRE_FALSE(file.has_value());
    CHECK(file.error().os_error != 0);
    std::ofstream(room / "file") << "x";
    CHECK_FALSE(FileStore::open({.directory = room / "file"}).has_value());
    CHECK_FALSE(FileStore::open({.directory = room / "file/store"}).has_value());
}

// As many descriptors as are open now, and no more.
class NoDescriptors {
  public:
    NoDescriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const int next = ::dup(0);
        REQUIRE(next >= 0);
        ::close(next);
        const rlimit none{static_cast<rlim_t>(next), before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

TEST_CASE("store: no descriptors is an error, not an unknown id", "[judge][store]") {
    const Room room;
    const auto store = opened({.directory = room / "store"});
    const std::string id = added(*store, "x", "x");
    int found = 0;
    int created = 0;
    int listed = 0;
    {
        const NoDescriptors limit;
        const auto file = store->get(id);
        found = file ? 0 : file.error().os_error;
        const auto fresh = store->create();
        created = fresh ? 0 : fresh.error().os_error;
        const auto names = store->list();
        listed = names ? 0 : names.error().os_error;
    }
    CHECK(found == EMFILE);
    CHECK(created == EMFILE);
    CHECK(listed == EMFILE);
    CHECK(got(*store, id).has_value());
}

TEST_CASE("store: a full file system is told, and survived", "[judge][store]") {
    const Room room;
    const fs::path place = room / "small";
    fs::create_directory(place);
    if (::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=64k,nr_inodes=4") != 0) {
        WARN("skipped: cannot mount a tmpfs");
        return;
    }
    {
        const auto store = opened({.directory = place / "store"});
        auto file = store->create();
        REQUIRE(file.has_value());
        const std::string much(std::size_t{1} << 20, 'x');
        const auto written = posix::write_all(file->descriptor(), much, "file");
        REQUIRE_FALSE(written.has_value());
        CHECK(written.error().os_error == ENOSPC);
        const auto second = store->create();
        const auto third = store->create();
        CHECK_FALSE(third.has_value());
    }
    CHECK(::umount(place.c_str()) == 0);
}

TEST_CASE("store: many threads add, read and remove at once", "[judge][store]") {
    const Room room;
    const auto store = opened({.directory = room / "store"});
    std::atomic<int> lost{0};
    std::vector<std::thread> threads;
    for (int worker = 0; worker < 4; ++worker) {
        threads.emplace_back([&store, &lost, worker] {
            for (int i = 0; i < 50; ++i) {
                auto file = store->create();
                if (!file) continue;
                const auto id = store->add(std::move(*file), std::to_string(worker));
                const auto found = id ? store->get(*id) : std::optional<StoredFile>();
                if (!found || !*found || (*found)->name != std::to_string(worker)) ++lost;
                if (i % 2 == 0 && !store->remove(*id)) ++lost;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(lost == 0);
    CHECK(store->list().value().size() == 100);
}

TEST_CASE("store: somebody else's directory in a shared place is refused", "[judge][store]") {
    if (::geteuid() != 0) {
        WARN("skipped: not root, cannot make another user's directory");
        return;
    }
    const Room room;
    fs::create_directory(room / "shared");
    REQUIRE(::chmod((room / "shared").c_str(), 01777) == 0);
    fs::create_directory(room / "shared/store");
    REQUIRE(::chown((room / "shared/store").c_str(), 12345, 12345) == 0);
    const auto store = FileStore::open({.directory = room / "shared/store"});
    REQUIRE_FALSE(store.has_value());
    CHECK_THAT(store.error().message, Catch::EndsWith("it belongs to user 12345"));
    CHECK(fs::exists(room / "shared/store"));
}

}  // namespace
}  // namespace assay::judge
