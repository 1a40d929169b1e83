// The HTTP face of the judge: /run, /file, /version, /config, and the way to /ws and /stream.
//
// Decides at a request's head what can be decided there: drain (503), unknown paths (404), the
// token (401), and where the body goes. Results are encoded on the thread that ran the request;
// file routes run on the loop, for they only touch the file store; a large body is decoded on a
// thread of its own, so that nobody waits behind it. Everything belongs to the loop's thread.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "internal/judge/execute/worker_pool.hpp"
#include "internal/judge/serve/exchange.hpp"
#include "internal/judge/serve/routes.hpp"
#include "internal/judge/store/file_store.hpp"
#include "pkg/event/loop.hpp"
#include "pkg/http/server.hpp"

namespace assay::judge {

// What runs requests: a WorkerPool, or a test's own.
struct Executor {
    std::function<std::shared_ptr<Ticket>(Request, WorkerPool::Done)> submit;
    std::function<std::shared_ptr<StreamTicket>(Request, WorkerPool::OnOutput, WorkerPool::Done)>
        submit_stream;
};
Executor executor_of(WorkerPool& pool);

struct RestOptions {
    std::string auth_token;  // empty: none
    std::string version_document;
    std::string config_document;
};

class Rest final : public http::Handler {
  public:
    // What takes over the requests of /ws and /stream, upgrade included.
    using Upgrade = std::function<void(http::Request, http::Responder, std::shared_ptr<Exchange>)>;
    struct Upgrades {
        Upgrade socket;
        Upgrade stream;
    };

    // `loop` and `store` are borrowed.
    Rest(event::Loop& loop, RestOptions options, Executor executor, FileStore& store,
         const Books& books, Upgrades upgrades);

    // From now on every request is answered 503, with Retry-After; so are those that wait.
    void refuse_new() { draining_ = true; }

    Rest(const Rest&) = delete;
    Rest& operator=(const Rest&) = delete;
    ~Rest() override;  // waits for bodies that are being decoded

    http::Admission admit(const http::Request& head) override;
    void handle(http::Request request, http::Responder responder) override;
    void refused(const http::Request* head, int status) override;

  private:
    bool is_authorized(const http::Request& head) const;
    http::Response file_answer(const http::Request& request, const Match& match);
    http::Response get_file(const http::Request& request, std::string_view id);
    using ExchangePtr = std::shared_ptr<Exchange>;
    void run(http::Request request, const http::Responder& responder, ExchangePtr exchange);
    void submit(Result<Request> decoded, const http::Responder& responder,
                const ExchangePtr& exchange);

    event::Loop& loop_;
    const RestOptions options_;
    const Executor executor_;
    FileStore& store_;
    Books books_;
    const Upgrades upgrades_;
    std::atomic<bool> draining_{false};    // read where requests end
    boost::asio::thread_pool decoder_{1};  // joined first
};

}  // namespace assay::judge
