#include "internal/testing/report_fields.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>

namespace assay::testing {
namespace {

namespace json = boost::json;
using Fields = std::map<std::string, std::string>;

void flatten(const json::value& value, const std::string& path, Fields& fields) {
    const std::string prefix = path.empty() ? "" : path + ".";
    if (const json::object* object = value.if_object()) {
        for (const auto& member : *object) {
            flatten(member.value(), prefix + std::string(member.key()), fields);
        }
    } else if (const json::array* array = value.if_array()) {
        for (std::size_t i = 0; i < array->size(); ++i) {
            flatten((*array)[i], prefix + std::to_string(i), fields);
        }
    } else if (const json::string* text = value.if_string()) {
        fields[path] = std::string(*text);
    } else if (!value.is_null()) {
        fields[path] = json::serialize(value);
    }
}

}  // namespace

ReportFields ReportFields::parse(std::string_view json_text) {
    ReportFields report;
    json::error_code error;
    const json::value value = json::parse({json_text.data(), json_text.size()}, error);
    if (error) {
        report.error_ = error.message();
    } else {
        flatten(value, "", report.fields_);
    }
    return report;
}

std::string ReportFields::text(const std::string& path) const {
    const auto it = fields_.find(path);
    return it == fields_.end() ? "" : it->second;
}

double ReportFields::number(const std::string& path) const {
    return std::strtod(text(path).c_str(), nullptr);
}

}  // namespace assay::testing
