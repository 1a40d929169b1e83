// A JSON report as a flat table, the way assertions ask for it: "limits.cpu_s" -> "1",
// "command.0" -> "./prog". Objects and arrays appear as their members only; null is absent.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace assay::testing {

class ReportFields {
  public:
    ReportFields() = default;
    // Empty for text that is not one JSON value; error() says where it went wrong.
    static ReportFields parse(std::string_view json);

    // Empty string and 0 for what is absent; has() tells the difference.
    std::string text(const std::string& path) const;
    double number(const std::string& path) const;
    bool has(const std::string& path) const { return fields_.contains(path); }
    const std::string& error() const { return error_; }

    const std::map<std::string, std::string>& all() const { return fields_; }

  private:
    std::map<std::string, std::string> fields_;
    std::string error_;
};

}  // namespace assay::testing
