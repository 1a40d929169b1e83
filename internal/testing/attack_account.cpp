#include "internal/testing/attack_account.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace assay::testing {
namespace {

std::vector<std::pair<std::string, std::string>> tries_of(const std::string& out) {
    std::vector<std::pair<std::string, std::string>> tries;
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t colon = line.rfind(": ");
        if (colon != std::string::npos) {
            tries.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        }
    }
    return tries;
}

}  // namespace

std::string AttackAccount::told(std::string_view what) const {
    for (const auto& [name, result] : tries_of(out)) {
        if (name == what) return result;
    }
    return "";
}

long long AttackAccount::figure(std::string_view what) const {
    const std::string text = told(what);
    return text.empty() ? -1 : std::strtoll(text.c_str(), nullptr, 10);
}

Words AttackAccount::all_done() const {
    Words done;
    for (const auto& [name, result] : tries_of(out)) {
        if (result == "done") done.push_back(name);
    }
    return done;
}

Words AttackAccount::not_refused_by_policy(const Words& further_errors) const {
    Words errors = further_errors;
    errors.insert(errors.end(), {"EPERM", "ENOSYS"});
    Words let_through;
    for (const auto& [name, result] : tries_of(out)) {
        const bool refused = std::any_of(errors.begin(), errors.end(), [&](const auto& error) {
            return result == "refused " + error;
        });
        if (!refused) let_through.push_back(name + ": " + result);
    }
    return let_through;
}

std::string joined(const Words& words, const char* separator) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
    return text;
}

}  // namespace assay::testing
