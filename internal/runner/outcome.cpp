#include "internal/runner/outcome.hpp"

namespace assay::runner {

std::string_view word(Verdict verdict) {
    switch (verdict) {
        case Verdict::kInternal:
            return "internal";
        case Verdict::kMemory:
            return "memory";
        case Verdict::kTime:
            return "time";
        case Verdict::kWall:
            return "wall";
        case Verdict::kOutput:
            return "output";
        case Verdict::kSyscall:
            return "syscall";
        case Verdict::kSignal:
            return "signal";
        case Verdict::kNonzero:
            return "nonzero";
        case Verdict::kOk:
            return "ok";
    }
    return "internal";
}

}  // namespace assay::runner
