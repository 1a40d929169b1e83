// What the kernel would answer: an interpreter of the BPF that seccomp accepts, for tests.
// Source: bpf_check_classic and seccomp_check_filter of Linux.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace assay::testing {

// The SECCOMP_RET_* word, ~0 for a program that no kernel would accept. `steps` counts
// instructions.
inline std::uint32_t evaluate(std::span<const sock_filter> program, const seccomp_data& data,
                              std::size_t* steps = nullptr) {
    std::uint32_t accumulator = 0;
    std::array<std::uint32_t, BPF_MEMWORDS> memory{};
    for (std::size_t at = 0; at < program.size(); ++at) {
        if (steps != nullptr) ++*steps;
        const sock_filter& step = program[at];
        const auto jump = [&](bool taken) { at += taken ? step.jt : step.jf; };
        switch (step.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                if (step.k > sizeof data - sizeof accumulator) return ~0u;
                std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + step.k,
                            sizeof accumulator);
                break;
            case BPF_LD | BPF_MEM:
                accumulator = memory.at(step.k);
                break;
            case BPF_ST:
                memory.at(step.k) = accumulator;
                break;
            case BPF_ALU | BPF_AND | BPF_K:
                accumulator &= step.k;
                break;
            case BPF_JMP | BPF_JA:
                at += step.k;
                break;
            case BPF_JMP | BPF_JEQ | BPF_K:
                jump(accumulator == step.k);
                break;
            case BPF_JMP | BPF_JGT | BPF_K:
                jump(accumulator > step.k);
                break;
            case BPF_JMP | BPF_JGE | BPF_K:
                jump(accumulator >= step.k);
                break;
            case BPF_JMP | BPF_JSET | BPF_K:
                jump((accumulator & step.k) != 0);
                break;
            case BPF_RET | BPF_K:
                return step.k;
            default:
                return ~0u;
        }
    }
    return ~0u;
}

inline seccomp_data call(int number, std::array<std::uint64_t, 6> arguments = {}) {
    seccomp_data data{};
    data.nr = number;
    data.arch = AUDIT_ARCH_X86_64;
    std::memcpy(data.args, arguments.data(), sizeof data.args);
    return data;
}

}  // namespace assay::testing
