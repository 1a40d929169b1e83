// Redis' patterns: * ? [abc] [^a-z] and \ before a letter that means itself.
//
// KEYS, SCAN, PSUBSCRIBE, CONFIG GET, PUBSUB CHANNELS and others share it. Time is at most the
// product of the two lengths, whatever the pattern: after a mismatch only the last * can give way.
// Rejected: a recursion per star, which a hostile pattern drives into exponential time.
// Not fnmatch(3): Redis' classes know no collation, and its [ without ] runs to the end.
#pragma once

#include <string_view>

namespace assay::redis {

enum class Case : bool { exact, ignored };

bool matches_glob(std::string_view pattern, std::string_view text, Case letters = Case::exact);

}  // namespace assay::redis
