// Blobs of RESTORE: what validate_listpack and validate_intset accept can be walked, changed and
// read back.
#include <cstdlib>
#include <string>
#include <vector>

#include "internal/redis/types/intset.hpp"
#include "internal/redis/types/listpack.hpp"

namespace assay::redis {
namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

std::vector<std::string> texts_of(const ListpackView& pack) {
    std::vector<std::string> texts;
    IntegerText buffer;
    for (const PackedValue value : pack) texts.emplace_back(value.text(buffer));
    return texts;
}

void walk_listpack(std::span<const std::uint8_t> blob) {
    if (!validate_listpack(blob)) return;
    Listpack pack = Listpack::copy_of(blob);
    const std::vector<std::string> texts = texts_of(pack);
    expect(texts.size() == pack.count());
    auto at = pack.end_position();
    for (std::size_t i = texts.size(); i-- > 0;) {
        at = pack.previous(at);
        IntegerText buffer;
        expect(pack.value(at).text(buffer) == texts[i]);
        expect(pack.find(texts[i]) <= at);
    }
    Listpack rebuilt;
    for (const std::string& text : texts) rebuilt.append(text);
    const auto ours = rebuilt.bytes();
    expect(ours.size() == blob.size() &&
           std::equal(ours.begin() + 6, ours.end(), blob.begin() + 6));
    while (!pack.empty()) pack.erase(pack.seek(static_cast<std::int64_t>(pack.count() / 2)));
    expect(validate_listpack(pack.bytes()).has_value());
}

void walk_intset(std::span<const std::uint8_t> blob) {
    if (!validate_intset(blob)) return;
    IntSet set = IntSet::copy_of(blob);
    for (std::size_t i = 0; i < set.size(); ++i) expect(set.contains(set.at(i)));
    while (!set.empty()) expect(set.remove(set.at(set.size() / 2)));
}

}  // namespace
}  // namespace assay::redis

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    assay::redis::walk_listpack({data, size});
    assay::redis::walk_intset({data, size});
    return 0;
}
