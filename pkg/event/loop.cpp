#include "pkg/event/loop.hpp"

namespace assay::event {

void Loop::run() {
    context_.restart();
    context_.run();
}

}  // namespace assay::event
