// A form in one piece and in small pieces gives the same parts, and nobody reads past its end. The
// first byte says how small, the boundary is "b".
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pkg/http/media_type.hpp"
#include "pkg/http/multipart.hpp"

namespace {

class Record final : public assay::http::PartReceiver {
  public:
    void begin_part(const assay::http::Part& part) override {
        if (open_) std::abort();
        open_ = true;
        text += "[" + part.name + "|" + part.filename + "]";
    }
    void part_data(std::string_view bytes) override {
        if (!open_ || bytes.empty()) std::abort();
        text += bytes;
    }
    void end_part() override {
        if (!open_) std::abort();
        open_ = false;
        text += ";";
    }
    std::string text;

  private:
    bool open_ = false;
};

std::string parse(std::string_view form, std::size_t step) {
    Record record;
    assay::http::MultipartParser parser("b", record);
    while (!form.empty()) {
        parser.feed(form.substr(0, step));
        form.remove_prefix(std::min(step, form.size()));
    }
    return record.text + (parser.done() ? "done" : parser.failed() ? "failed" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view form(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = parse(form, form.size() + 1);
    const std::string pieces = parse(form, 1 + data[0] % 16);
    // Data that is held back differs, when the form has no end.
    if (whole.ends_with("done") != pieces.ends_with("done")) std::abort();
    if (whole.ends_with("done") && whole != pieces) std::abort();
    (void)assay::http::parse_media_type(form);
    (void)assay::http::multipart_boundary(form);
    return 0;
}
