// What one program does, and what the next one in the same slot sees of it: nothing. The programs
// are those of testdata/attacks.
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "pkg/sandbox/slot.hpp"
#include "pkg/sandbox/slot_fixture.hpp"

namespace assay::sandbox {
namespace {

std::string view(Slot& slot) {
    std::string seen = run_attack(slot, {"look-around"}).output;
    REQUIRE(seen.find("uid: ") != std::string::npos);
    REQUIRE(slot.reset().has_value());
    return seen;
}

// The first lines in which two texts differ.
std::string difference(const std::string& before, const std::string& after) {
    std::istringstream left(before);
    std::istringstream right(after);
    std::string a;
    std::string b;
    while (std::getline(left, a)) {
        if (!std::getline(right, b)) return "- " + a;
        if (a != b) return "- " + a + "\n+ " + b;
    }
    return std::getline(right, b) ? "+ " + b : "";
}

SlotSpec shared_uid_spec() {
    SlotSpec spec = test_spec();
    spec.program_inside = spec.root_inside;
    return spec;
}

TEST_CASE("slot: after a reset the next program sees nothing of the last one", "[sandbox][slot]") {
    const std::vector<std::vector<std::string>> attacks = {{"litter", "/w"},
                                                           {"litter", "/tmp"},
                                                           {"ipc-objects"},
                                                           {"traffic"},
                                                           {"whisper"},
                                                           {"crowd"},
                                                           {"slow-everybody", "0"},
                                                           {"pass-numbers"},
                                                           {"leave"},
                                                           {"deep-tree", "3000"},
                                                           {"fill-file"},
                                                           {"kill-everybody", "0"},
                                                           {"attack-init", "0"},
                                                           {"daemon-stays"},
                                                           {"stop-self"},
                                                           {"many-files"},
                                                           {"abstract"},
                                                           {"odd-settings"},
                                                           {"namespaces", "0"},
                                                           {"raise-limits"},
                                                           {"priorities"}};
    for (const SlotSpec& spec : {test_spec(), shared_uid_spec()}) {
        TestSlots slots(spec);
        Slot slot = slots.make();
        std::string first = view(slot);
        for (const std::vector<std::string>& attack : attacks) {
            INFO("attack " << attack.front() << ", programs have uid " << spec.program_inside.uid);
            // With its uid, a program can ruin the zygote, which is seen.
            const bool ruins = !own_ids() && (attack.front() == "slow-everybody" ||
                                              attack.front() == "raise-limits");
            if (ruins || attack.front() == "stop-self") {
                SlotProgram program;
                program.arguments = {"/x/attack"};
                program.arguments.insert(program.arguments.end(), attack.begin(), attack.end());
                REQUIRE(slot.start(program).value().failure == StartFailure::kNone);
                if (!ruins) slot.kill();
                CHECK((slot.finish().has_value() || ruins));
            } else {
                run_attack(slot, attack);
            }
            const Result<void> clean = slot.reset();
            if (!clean.has_value()) {
                CHECK(ruins);
                slot = slots.make();
                first = view(slot);
                continue;
            }
            CHECK(difference(first, view(slot)) == "");
        }
    }
}

TEST_CASE("slot: a program cannot leave keys", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    const std::string output = run_attack(slot, {"keys"}).output;
    CHECK(output.find("refused ENOSYS") != std::string::npos);
    CHECK(output.find(": done") == std::string::npos);
}

TEST_CASE("slot: many processes at once neither end the zygote nor stay", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    SlotProgram program = shell(
        "i=0; while [ $i -lt 300 ]; do (trap '' TERM; sleep 1000 & sleep 1000) & i=$((i+1)); done; "
        "kill -9 -1");
    REQUIRE(slot.start(program).value().failure == StartFailure::kNone);
    REQUIRE(slot.finish().has_value());
    REQUIRE(slot.reset().has_value());
    CHECK(output_of(slot, "ls -d /proc/[0-9]* | wc -l") == "4\n");
}

}  // namespace
}  // namespace assay::sandbox
