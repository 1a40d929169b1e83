#include "pkg/result/result.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

namespace assay {
namespace {

Result<int> half(int value) {
    if (value % 2 != 0) return usage_error("cannot halve " + std::to_string(value));
    return value / 2;
}

Result<int> quarter(int value) {
    ASSAY_TRY(const int first, half(value));
    ASSAY_TRY(const int second, half(first));
    return second;
}

Result<void> only_even(int value) {
    ASSAY_CHECK(half(value));
    return {};
}

TEST_CASE("result: TRY binds values and passes errors on", "[result]") {
    CHECK(quarter(12).value() == 3);
    CHECK(quarter(6).error().message == "cannot halve 3");
    CHECK(only_even(2).has_value());
    CHECK(only_even(3).error().kind == ErrorKind::kUsage);
}

TEST_CASE("result: a system error names its reason", "[result]") {
    const Error error = system_error("cannot open /x", ENOENT);
    CHECK(to_string(error) == "cannot open /x: No such file or directory");
    CHECK(error.os_error == ENOENT);
    CHECK(to_string(usage_error("bad flag", "try --help")) == "bad flag; try --help");
}

TEST_CASE("result: value() of an error throws with the message", "[result]") {
    CHECK_THROWS_WITH(half(1).value(), Catch::Contains("cannot halve 1"));
}

}  // namespace
}  // namespace assay
