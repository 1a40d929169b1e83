// What every command needs of its process before it does anything.
#pragma once

namespace assay::app {

// A caller may have closed descriptors 0, 1 or 2; the next file opened would take their place and
// be read or written as a standard stream. /dev/null takes it instead.
void open_missing_standard_streams();

}  // namespace assay::app
