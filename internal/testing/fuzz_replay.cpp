// The main() of a fuzz target without libFuzzer: `x_fuzz [FILE | DIRECTORY]…` replays a corpus.
//
// Every input runs as it is, cut short at every length, and with bits turned at every place. That
// is no search for new inputs: it holds what is known, under the sanitizers, in milliseconds. An
// input is named before it runs, so the last line before a crash says which one it was. The closing
// line is Catch2's, so that internal/dev/test counts inputs as it counts test cases.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace assay::testing {
namespace {

using Input = std::vector<std::uint8_t>;

// Long inputs get their variants at this many places, evenly spread.
constexpr std::size_t kMaxVariants = 1000;

// An exact copy on the heap, so that a sanitizer sees a read past its end.
void run(const std::uint8_t* data, std::size_t size) {
    const Input copy(data, data + size);
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

void replay(const std::string& path) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);
    std::ifstream stream(path, std::ios::binary);
    Input input{std::istreambuf_iterator<char>(stream), {}};
    run(input.data(), input.size());
    const std::size_t step = 1 + input.size() / kMaxVariants;
    for (std::size_t at = 0; at < input.size(); at += step) {
        run(input.data(), at);
        const std::uint8_t original = input[at];
        for (const unsigned bits : {0x01u, 0x20u, 0x80u, 0xFFu}) {
            input[at] = static_cast<std::uint8_t>(original ^ bits);
            run(input.data(), input.size());
        }
        input[at] = original;
    }
}

std::vector<std::string> list_inputs(const std::string& path) {
    namespace fs = std::filesystem;
    if (!fs::is_directory(path)) return {path};
    std::vector<std::string> inputs;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) inputs.push_back(entry.path());
    }
    std::sort(inputs.begin(), inputs.end());
    return inputs;
}

}  // namespace
}  // namespace assay::testing

int main(int count, char** arguments) {
    std::size_t replayed = 0;
    for (int i = 1; i < count; ++i) {
        for (const std::string& input : assay::testing::list_inputs(arguments[i])) {
            assay::testing::replay(input);
            ++replayed;
        }
    }
    if (replayed == 0) {
        std::printf("no inputs: an empty corpus tests nothing\n");
        return 1;
    }
    std::printf("test cases: %zu | %zu passed\n", replayed, replayed);
}
