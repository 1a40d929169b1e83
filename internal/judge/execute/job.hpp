// One accepted request, shared by the pool that runs it and the ticket of whoever sent it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "internal/judge/execute/run_control.hpp"
#include "internal/judge/execute/worker_pool.hpp"
#include "internal/judge/model/model.hpp"

namespace assay::judge {

class Job : public StreamTicket {
  public:
    // on_cancel is called after the control knows, on the thread that cancels.
    Job(Request request, WorkerPool::Done done, std::function<void(Job&)> on_cancel)
        : request_(std::move(request)),
          control_(request_),
          done_(std::move(done)),
          on_cancel_(std::move(on_cancel)) {}

    void cancel() override {
        control_.cancel();
        on_cancel_(*this);
    }
    bool input(std::size_t index, std::size_t fd, std::string bytes) override {
        return control_.input(index, fd, std::move(bytes));
    }
    Result<void> resize(std::size_t index, std::size_t fd, const Size& size) override {
        return control_.resize(index, fd, size);
    }

    const Request& request() const { return request_; }
    RunControl& control() { return control_; }
    std::chrono::steady_clock::time_point accepted() const { return accepted_; }

    // The answer, once.
    void answer(Response response) {
        response.request_id = request_.id;
        std::exchange(done_, nullptr)(std::move(response));
    }
    void refuse(Refusal refusal, std::string why) {
        Response response;
        response.error = std::move(why);
        response.refusal = refusal;
        answer(std::move(response));
    }

  private:
    Request request_;
    RunControl control_;
    WorkerPool::Done done_;
    std::function<void(Job&)> on_cancel_;
    std::chrono::steady_clock::time_point accepted_ = std::chrono::steady_clock::now();
};

}  // namespace assay::judge
