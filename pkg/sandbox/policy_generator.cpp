// Runs while assay is built: compiles the built-in policies and writes them as a source file.
//
//   policy_generator OUTPUT.cpp
#include <cstdio>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::sandbox {
namespace {

std::string row(const sock_filter& instruction) {
    char text[64];
    std::snprintf(text, sizeof text, "    {0x%02x, %u, %u, 0x%08x},\n", unsigned{instruction.code},
                  unsigned{instruction.jt}, unsigned{instruction.jf}, instruction.k);
    return text;
}

Result<std::string> definition(const std::string& name, const SeccompPolicy& policy) {
    ASSAY_TRY(const auto program, compile(policy));
    const std::string array = "k_" + name;
    std::string text = "constexpr sock_filter " + array + "[] = {\n";
    for (const sock_filter& instruction : program) text += row(instruction);
    return text + "};\n}  // namespace\nstd::span<const sock_filter> " + name +
           "() {\n    return " + array + ";\n}\nnamespace {\n";
}

Result<void> generate(const std::string& path) {
    ASSAY_TRY(const std::string first, definition("default_program", default_policy()));
    ASSAY_TRY(const std::string second, definition("strict_program", strict_policy()));
    return posix::write_file(path,
                             "// Written by policy_generator; do not edit.\n"
                             "#include \"pkg/sandbox/seccomp.hpp\"\n\n"
                             "namespace assay::sandbox {\nnamespace {\n" +
                                 first + second +
                                 "}  // namespace\n}  // namespace assay::sandbox\n");
}

}  // namespace
}  // namespace assay::sandbox

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: policy_generator OUTPUT.cpp\n", stderr);
        return 2;
    }
    const auto generated = assay::sandbox::generate(argv[1]);
    if (generated) return 0;
    std::fprintf(stderr, "policy_generator: %s\n", assay::to_string(generated.error()).c_str());
    return 1;
}
