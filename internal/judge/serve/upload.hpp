// POST /file: the first file of the form's field `file` goes into the store as it comes.
#pragma once

#include <memory>
#include <string_view>

#include "internal/judge/serve/exchange.hpp"
#include "internal/judge/store/file_store.hpp"
#include "pkg/http/server.hpp"

namespace assay::judge {

// Answers 200 with the id, 400 when the form is broken or has no such file, 500 when the store
// fails. `store` is borrowed.
std::unique_ptr<http::BodySink> receive_upload(FileStore& store, std::string_view boundary,
                                               std::shared_ptr<Exchange> exchange);

}  // namespace assay::judge
