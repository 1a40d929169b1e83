// An engine with all commands and clients without sockets: words in, raw replies out.
#pragma once

#include <array>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "internal/redis/commands/rows.hpp"
#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {

class TestClient final : public Outlet {
  public:
    TestClient(Engine& engine, std::uint64_t id) : engine_(engine), session_(id, *this) {
        session_.address = "127.0.0.1:" + std::to_string(1000 + id);
        const std::lock_guard lock(engine_.mutex());
        engine_.enter(session_);
    }
    ~TestClient() override {
        const std::lock_guard lock(engine_.mutex());
        engine_.leave(session_);
    }

    // Executes a command and returns everything that was written for the client since the last
    // look, as raw RESP.
    std::string run(std::vector<std::string_view> words) {
        const std::lock_guard lock(engine_.mutex());
        Engine::collect_mail(session_);
        engine_.execute(session_, words);
        return take();
    }
    // The same without a command.
    std::string look() {
        const std::lock_guard lock(engine_.mutex());
        Engine::collect_mail(session_);
        return take();
    }

    Session& session() { return session_; }
    int wakes() const { return wakes_; }
    bool closed() const { return closed_; }

    void wake() override { ++wakes_; }
    void close(Close) override { closed_ = true; }

  private:
    std::string take() {
        std::string text;
        std::array<iovec, 1> front{};
        while (session_.out.iovecs(front) > 0) {
            text.append(static_cast<const char*>(front[0].iov_base), front[0].iov_len);
            session_.out.consume(front[0].iov_len);
        }
        return text;
    }

    Engine& engine_;
    Session session_;
    int wakes_ = 0;
    bool closed_ = false;
};

struct EngineFixture {
    explicit EngineFixture(Settings settings = {}) : engine(std::move(settings), all_rows()) {}

    std::unique_ptr<TestClient> client() { return std::make_unique<TestClient>(engine, next_id++); }

    Engine engine;
    std::uint64_t next_id = 1;
};

}  // namespace assay::redis::commands
