#include "internal/app/process.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace assay::app {

void open_missing_standard_streams() {
    for (int fd = 0; fd < 3; ++fd) {
        // open(2) takes the lowest free number, which is this one; the program inherits it on
        // purpose.
        if (::fcntl(fd, F_GETFD) < 0)
            (void)::open("/dev/null", O_RDWR);  // NOLINT(android-cloexec-open)
    }
}

}  // namespace assay::app
