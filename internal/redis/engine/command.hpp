// A command as data: one constant row says everything there is to know about a command, and its
// handler. COMMAND, HELP, the checks before a call and a client's routing all read the row; nothing
// about a command is said twice. Rows stand beside the handlers of their family
// (internal/redis/commands), are constants of the binary and live for ever.
//
// Terms and figures are those of Redis 7.2's COMMAND and COMMAND DOCS (redis.io/docs, "Command
// arguments", "Key specifications"). The argument tree of COMMAND DOCS is not a structure here but
// a line of text a person can read (see commands/syntax.hpp), parsed when somebody asks. Rejected:
// nested constant structures, six lines of source for every optional token.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace assay::redis {

struct Call;
using Handler = void (*)(Call& call);

// Flags as COMMAND INFO prints them.
using CommandFlags = std::uint32_t;
inline constexpr CommandFlags kWrite = 1U << 0U;
inline constexpr CommandFlags kReadOnly = 1U << 1U;
inline constexpr CommandFlags kDenyOom = 1U << 2U;  // refused when memory is used up
inline constexpr CommandFlags kAdmin = 1U << 3U;
inline constexpr CommandFlags kPubSub = 1U << 4U;
inline constexpr CommandFlags kNoScript = 1U << 5U;
inline constexpr CommandFlags kBlocking = 1U << 6U;
inline constexpr CommandFlags kLoading = 1U << 7U;  // allowed while data is loaded
inline constexpr CommandFlags kStale = 1U << 8U;
inline constexpr CommandFlags kSkipMonitor = 1U << 9U;
inline constexpr CommandFlags kSkipSlowlog = 1U << 10U;
inline constexpr CommandFlags kAsking = 1U << 11U;
inline constexpr CommandFlags kFast = 1U << 12U;
inline constexpr CommandFlags kNoAuth = 1U << 13U;  // allowed before AUTH
inline constexpr CommandFlags kNoMandatoryKeys = 1U << 14U;
inline constexpr CommandFlags kNoAsyncLoading = 1U << 15U;
inline constexpr CommandFlags kNoMulti = 1U << 16U;
inline constexpr CommandFlags kAllowBusy = 1U << 17U;
inline constexpr CommandFlags kMovableKeys = 1U << 18U;  // first, last and step do not say it all

// Categories of access rights. Those that follow from flags (@write, @read, @admin, @dangerous,
// @pubsub, @fast, @slow, @blocking) are not written in rows: see categories_of().
using Categories = std::uint32_t;
inline constexpr Categories kKeyspaceCommands = 1U << 0U;
inline constexpr Categories kReadCommands = 1U << 1U;
inline constexpr Categories kWriteCommands = 1U << 2U;
inline constexpr Categories kSetCommands = 1U << 3U;
inline constexpr Categories kSortedSetCommands = 1U << 4U;
inline constexpr Categories kListCommands = 1U << 5U;
inline constexpr Categories kHashCommands = 1U << 6U;
inline constexpr Categories kStringCommands = 1U << 7U;
inline constexpr Categories kBitmapCommands = 1U << 8U;
inline constexpr Categories kHyperLogLogCommands = 1U << 9U;
inline constexpr Categories kGeoCommands = 1U << 10U;
inline constexpr Categories kStreamCommands = 1U << 11U;
inline constexpr Categories kPubSubCommands = 1U << 12U;
inline constexpr Categories kAdminCommands = 1U << 13U;
inline constexpr Categories kFastCommands = 1U << 14U;
inline constexpr Categories kSlowCommands = 1U << 15U;
inline constexpr Categories kBlockingCommands = 1U << 16U;
inline constexpr Categories kDangerousCommands = 1U << 17U;
inline constexpr Categories kConnectionCommands = 1U << 18U;
inline constexpr Categories kTransactionCommands = 1U << 19U;
inline constexpr Categories kScriptingCommands = 1U << 20U;

// The group of COMMAND DOCS.
enum class Group : std::uint8_t {
    generic,
    string,
    list,
    set,
    sorted_set,
    hash,
    pubsub,
    transactions,
    connection,
    server,
    scripting,
    hyperloglog,
    cluster,
    geo,
    stream,
    bitmap,
};

// What is done to the keys that a KeySpec finds.
using KeyUse = std::uint16_t;
inline constexpr KeyUse kKeyRead = 1U << 0U;  // RO, one of these four
inline constexpr KeyUse kKeyReadWrite = 1U << 1U;
inline constexpr KeyUse kKeyOverwrite = 1U << 2U;
inline constexpr KeyUse kKeyRemove = 1U << 3U;
inline constexpr KeyUse kAccess = 1U << 4U;
inline constexpr KeyUse kUpdate = 1U << 5U;
inline constexpr KeyUse kInsert = 1U << 6U;
inline constexpr KeyUse kDelete = 1U << 7U;
inline constexpr KeyUse kNotKey = 1U << 8U;  // routed like a key: a channel
inline constexpr KeyUse kIncomplete = 1U << 9U;
inline constexpr KeyUse kVariable = 1U << 10U;

// Where keys begin among the arguments (0 is the command's name)…
struct KeyStart {
    enum class Kind : std::uint8_t { unknown, index, keyword } kind = Kind::unknown;
    int index = 0;  // of the first key, or where the search for the keyword starts
    std::string_view keyword;
};
constexpr KeyStart at(int index) {
    return {KeyStart::Kind::index, index, {}};
}
constexpr KeyStart after(std::string_view keyword, int start_from) {
    return {KeyStart::Kind::keyword, start_from, keyword};
}
constexpr KeyStart unknown_start() {
    return {};
}

// …and which of the arguments from there are keys.
struct KeyRange {
    enum class Kind : std::uint8_t { unknown, range, counted } kind = Kind::unknown;
    int last = 0;      // range: relative to the first; negative: from the end of the arguments
    int step = 1;      // from key to key
    int limit = 0;     // range with last -1: keys are in the first 1/limit of what is left
    int count_at = 0;  // counted: where the number of keys stands, and the first key, both relative
    int first_at = 0;
};
constexpr KeyRange one() {
    return {KeyRange::Kind::range, 0, 1, 0, 0, 0};
}
constexpr KeyRange range(int last, int step, int limit = 0) {
    return {KeyRange::Kind::range, last, step, limit, 0, 0};
}
constexpr KeyRange counted(int count_at, int first_at, int step) {
    return {KeyRange::Kind::counted, 0, step, 0, count_at, first_at};
}
constexpr KeyRange unknown_keys() {
    return {};
}

struct KeySpec {
    KeyUse use = 0;
    KeyStart start = {};
    KeyRange keys = {};
};

class KeySpecs {
  public:
    constexpr KeySpecs() = default;
    constexpr KeySpecs(std::initializer_list<KeySpec> specs) {
        for (const KeySpec& spec : specs) specs_[count_++] = spec;
    }
    constexpr std::span<const KeySpec> all() const { return {specs_.data(), count_}; }

  private:
    std::array<KeySpec, 3> specs_ = {};
    std::size_t count_ = 0;
};

struct Command {
    std::string_view name = {};  // lower case; of a subcommand: its own name alone
    int arity = 0;               // words with the name; negative: at least that many
    CommandFlags flags = 0;
    Categories categories = 0;  // beside those that follow from the flags
    KeySpecs keys = {};
    std::string_view tips = {};  // separated by spaces
    Group group = Group::generic;
    std::string_view since = {};
    std::string_view complexity = {};
    std::string_view summary = {};
    std::string_view syntax = {};
    std::string_view replaced_by = {};       // of a deprecated command…
    std::string_view deprecated_since = {};  // …and since when
    Handler handler = nullptr;               // none: a container, known by its subcommands alone
    std::span<const Command> subcommands = {};
};

// Those of the row and those that follow from its flags.
constexpr Categories categories_of(const Command& command) {
    const auto when = [&](CommandFlags flag, Categories categories) {
        return (command.flags & flag) != 0 ? categories : 0U;
    };
    return command.categories | when(kWrite, kWriteCommands) | when(kReadOnly, kReadCommands) |
           when(kAdmin, kAdminCommands | kDangerousCommands) | when(kPubSub, kPubSubCommands) |
           when(kBlocking, kBlockingCommands) |
           ((command.flags & kFast) != 0 ? kFastCommands : kSlowCommands);
}

}  // namespace assay::redis
