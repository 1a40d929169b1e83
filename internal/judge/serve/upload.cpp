#include "internal/judge/serve/upload.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "internal/judge/wire/json.hpp"
#include "pkg/http/multipart.hpp"
#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

class Upload final : public http::BodySink, private http::PartReceiver {
  public:
    Upload(FileStore& store, std::string_view boundary, std::shared_ptr<Exchange> exchange)
        : store_(store), exchange_(std::move(exchange)), form_(boundary, *this) {}

    void write(std::string_view bytes) override { form_.feed(bytes); }

    void complete(http::Request, http::Responder responder) override {
        if (!form_.done() || (!file_ && error_.empty())) {
            return exchange_->answer(responder, empty_response(400));
        }
        if (error_.empty()) {
            const auto id = store_.add(std::move(*file_), name_);
            if (id.has_value()) {
                exchange_->metrics().file_size_bytes.observe(static_cast<double>(size_bytes_));
                return exchange_->answer(responder, json_response(200, wire::encode_string(*id)));
            }
            error_ = id.error().message;
        }
        exchange_->answer(responder, empty_response(500), {}, error_);
    }

  private:
    void begin_part(const http::Part& part) override {
        taking_ = !file_ && error_.empty() && part.name == "file" && !part.filename.empty();
        if (!taking_) return;
        name_ = part.filename;
        auto file = store_.create();
        if (file.has_value()) {
            file_.emplace(std::move(*file));
        } else {
            fail(file.error());
        }
    }
    void part_data(std::string_view bytes) override {
        if (!taking_ || !error_.empty()) return;
        const auto written = posix::write_all(file_->descriptor(), bytes, "an uploaded file");
        if (!written.has_value()) return fail(written.error());
        size_bytes_ += bytes.size();
    }
    void end_part() override { taking_ = false; }

    // What was written so far is given back at once: the store may be full because of it.
    void fail(const Error& error) {
        error_ = error.message;
        file_.reset();
    }

    FileStore& store_;
    std::shared_ptr<Exchange> exchange_;
    http::MultipartParser form_;
    std::optional<NewFile> file_;
    std::string name_;
    std::string error_;
    std::uint64_t size_bytes_ = 0;
    bool taking_ = false;
};

}  // namespace

std::unique_ptr<http::BodySink> receive_upload(FileStore& store, std::string_view boundary,
                                               std::shared_ptr<Exchange> exchange) {
    return std::make_unique<Upload>(store, boundary, std::move(exchange));
}

}  // namespace assay::judge
