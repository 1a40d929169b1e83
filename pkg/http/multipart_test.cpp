#include "pkg/http/multipart.hpp"

#include <catch2/catch.hpp>

namespace assay::http {
namespace {

// What came out, as one text: "[name|filename]data;".
class Record final : public PartReceiver {
  public:
    void begin_part(const Part& part) override {
        text += "[" + part.name + "|" + part.filename + "]";
    }
    void part_data(std::string_view bytes) override { text += bytes; }
    void end_part() override { text += ";"; }
    std::string text;
};

std::string parse(std::string_view body, std::size_t step = std::string::npos) {
    Record record;
    MultipartParser parser("b", record);
    while (!body.empty()) {
        parser.feed(body.substr(0, step));
        body.remove_prefix(std::min(step, body.size()));
    }
    if (parser.failed()) return record.text + "failed";
    return record.text + (parser.done() ? "" : "unfinished");
}

constexpr std::string_view kForm =
    "preamble\r\n--b\r\n"
    "Content-Disposition: form-data; name=\"file\"; filename=\"dir/a.txt\"\r\n"
    "Content-Type: text/plain\r\n\r\n"
    "one\r\n--bx\r\n--\r\n two\r\n--b \t\r\n"
    "content-disposition: form-data; name=plain\r\n\r\n"
    "\r\n--b\r\n"
    "Content-Disposition: form-data; name=\"e\"; filename=\"\"\r\n\r\n--b--\r\nepilogue\r\n--b\r\n";

TEST_CASE("multipart: a form is the same in any pieces", "[http]") {
    const std::string expected = "[file|a.txt]one\r\n--bx\r\n--\r\n two;[plain|];[e|];";
    for (std::size_t step = 1; step <= kForm.size(); ++step) {
        REQUIRE(parse(kForm, step) == expected);
    }
}

TEST_CASE("multipart: the first delimiter may stand at the very beginning", "[http]") {
    CHECK(parse("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--") == "[a|]x;");
    CHECK(parse("--b--") == "");
}

TEST_CASE("multipart: a form without an end is not done", "[http]") {
    CHECK(parse("") == "unfinished");
    CHECK(parse("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n") == "[a|]unfinished");
    CHECK(parse("--c--") == "unfinished");
}

TEST_CASE("multipart: a broken part fails", "[http]") {
    CHECK(parse("--b\r\n\r\nx\r\n--b--") == "failed");
    CHECK(parse("--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--") == "failed");
    CHECK(parse("--b\r\nno colon\r\n\r\nx\r\n--b--") == "failed");
    CHECK(parse("--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--") == "failed");
    CHECK(parse("--b\r\nA: " + std::string(kMaxPartHead, 'a')) == "failed");
    std::string parts;
    for (std::size_t i = 0; i <= kMaxParts; ++i) {
        parts += "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
    }
    CHECK(parse(parts).ends_with("failed"));
}

TEST_CASE("multipart: a file's name loses its directories", "[http]") {
    const auto name = [](const std::string& parameters) {
        return parse("--b\r\nContent-Disposition: form-data; name=f; " + parameters +
                     "\r\n\r\n\r\n--b--");
    };
    CHECK(name("filename=\"../../etc/passwd\"") == "[f|passwd];");
    CHECK(name("filename=\"a\\\"b.txt\"") == "[f|a\"b.txt];");
    CHECK(name("filename=\"C:\\dir\\a.txt\"") == "[f|C:\\dir\\a.txt];");
    CHECK(name("filename=\"dir/\"") == "[f|dir];");
    CHECK(name("filename=plain; filename*=UTF-8''%e2%82%ac%20x") == "[f|\xE2\x82\xAC x];");
}

TEST_CASE("multipart: the boundary of a content type", "[http]") {
    CHECK(multipart_boundary("multipart/form-data; boundary=xyz") == "xyz");
    CHECK(multipart_boundary("Multipart/Form-Data; charset=x; BOUNDARY=\"a b\"") == "a b");
    CHECK_FALSE(multipart_boundary("multipart/form-data").has_value());
    CHECK_FALSE(multipart_boundary("multipart/form-data; boundary=").has_value());
    CHECK_FALSE(multipart_boundary("multipart/mixed; boundary=x").has_value());
    CHECK_FALSE(multipart_boundary("application/json").has_value());
    CHECK_FALSE(
        multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'x')).has_value());
}

}  // namespace
}  // namespace assay::http
