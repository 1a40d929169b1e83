// Any bytes are a document or an error of one line; what is read has positions, in order.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "pkg/flags/toml_document.hpp"

namespace assay::flags {
namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const TomlValue& value) {
    require(value.position.line > 0 && value.position.column > 0);
    require(!type_name(value).empty());
    if (const auto* array = value.as<TomlArray>()) {
        for (const TomlValue& element : array->elements) check(element);
    }
    if (const auto* table = value.as<TomlTable>()) {
        TomlPosition last;
        for (const TomlMember& member : table->members) {
            require(last <= member.key_position);
            last = member.key_position;
            check(member.value);
        }
    }
}

}  // namespace
}  // namespace assay::flags

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace flags = assay::flags;
    const auto document = flags::parse_toml({reinterpret_cast<const char*>(data), size}, "f");
    if (document) {
        flags::check({document->root, {1, 1}});
    } else {
        flags::require(document.error().message.find('\n') == std::string::npos);
    }
    return 0;
}
