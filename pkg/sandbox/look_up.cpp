#include "pkg/sandbox/look_up.hpp"

namespace assay::sandbox {

std::vector<std::string> look_up_candidates(std::string_view name, std::string_view directory,
                                            std::optional<std::string_view> search_path) {
    if (name.find('/') != std::string_view::npos) return {std::string(name)};
    std::vector<std::string> candidates;
    const auto add = [&](std::string_view place) {
        std::string path(place.starts_with('/') ? "" : directory);
        if (!place.empty()) {
            if (!path.empty() && !path.ends_with('/')) path += '/';
            path += place;
        }
        if (!path.ends_with('/')) path += '/';
        candidates.push_back(path.append(name));
    };
    add({});
    while (search_path) {
        const std::size_t colon = search_path->find(':');
        add(search_path->substr(0, colon));
        if (colon == std::string_view::npos) break;
        search_path->remove_prefix(colon + 1);
    }
    return candidates;
}

}  // namespace assay::sandbox
