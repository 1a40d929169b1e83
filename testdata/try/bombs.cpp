// Three programs that never end by themselves: `bombs fork`, `bombs memory`, `bombs loop`.
#include <unistd.h>

#include <cstring>
#include <string_view>

namespace {

constexpr unsigned long kChunk = 1 << 20;

[[noreturn]] void fork_bomb() {
    for (;;) fork();
}

[[noreturn]] void memory_bomb() {
    for (;;) std::memset(new char[kChunk], 1, kChunk);
}

[[noreturn]] void endless_loop() {
    for (volatile unsigned turns = 0;;) turns = turns + 1;
}

}  // namespace

int main(int, char** arguments) {
    const std::string_view kind = arguments[1];
    if (kind == "fork") fork_bomb();
    if (kind == "memory") memory_bomb();
    endless_loop();
}
