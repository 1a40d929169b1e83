// The tries behind host.hpp: each forks a child, which asks the kernel for the thing and exits with
// its answer.
#pragma once

#include "internal/app/host.hpp"

namespace assay::app {

NamespaceFacts try_namespaces();
MountFacts try_mounts();
KernelFacts try_kernel_features();
ProfilingFacts try_profiling();

}  // namespace assay::app
