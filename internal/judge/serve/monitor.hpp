// The monitor port: /metrics for Prometheus, /healthz (the process serves) and /readyz (it takes
// requests). Other paths are 404. No token is asked for.
//
// /debug/pprof of go-judge is Go's own and not offered. Belongs to the loop's thread.
#pragma once

#include <functional>

#include "internal/judge/metrics/metrics.hpp"
#include "pkg/http/server.hpp"

namespace assay::judge {

class Monitor final : public http::Handler {
  public:
    struct Sources {
        std::function<Metrics::Now()> now;  // the figures of this moment
        std::function<bool()> ready;
    };
    // `metrics` is borrowed.
    Monitor(const Metrics& metrics, Sources sources)
        : metrics_(metrics), sources_(std::move(sources)) {}

    http::Admission admit(const http::Request& head) override;
    void handle(http::Request request, http::Responder responder) override;
    void refused(const http::Request*, int) override {}

  private:
    const Metrics& metrics_;
    const Sources sources_;
};

}  // namespace assay::judge
