#include <array>
#include <catch2/catch.hpp>

#include "internal/judge/wire/json.hpp"

namespace assay::judge::wire {
namespace {

Request decoded(std::string_view text, const DecodeOptions& options = {}) {
    auto request = decode_request(text, options);
    INFO(text);
    if (!request) FAIL(request.error().message);
    return std::move(*request);
}

std::string refusal(std::string_view text, const DecodeOptions& options = {}) {
    const auto request = decode_request(text, options);
    return request ? "accepted" : request.error().message;
}

// The refusal of one command with these members.
std::string command_refusal(const std::string& members) {
    return refusal(R"({"cmd":[{)" + members + "}]}");
}

std::string first_argument(const std::string& json_string) {
    return decoded(R"({"cmd":[{"args":[)" + json_string + "]}]}").commands[0].arguments[0];
}

template <class T>
const T& file_of(const Request& request, std::size_t fd) {
    const T* const file = std::get_if<T>(&request.commands.at(0).files.at(fd));
    REQUIRE(file != nullptr);
    return *file;
}

TEST_CASE("json: every member of a command arrives", "[judge][json]") {
    const Request request = decoded(R"({"requestId":"r1","cmd":[{
        "args":["/bin/cat","x"],"env":["PATH=/bin"],"tty":true,
        "cpuLimit":1000000000,"clockLimit":2000000000,"memoryLimit":104857600,"stackLimit":7,
        "procLimit":50,"cpuRateLimit":1500,"cpuSetLimit":"0-1","dataSegmentLimit":true,
        "addressSpaceLimit":true,"copyOut":["a","b?"],"copyOutCached":["c?"],"copyOutMax":9,
        "copyOutDir":"x","copyOutTruncate":true,
        "copyIn":{"z":{"fileId":"I"},"l":{"symlink":"z"},"m":{"content":"text"},"s":{"src":"/p"}}
        }],"pipeMapping":[{"in":{"index":0,"fd":1},"out":{"index":1,"fd":2},"name":"n","max":5,
        "proxy":true,"disableZeroCopy":true}]})");
    CHECK(request.id == "r1");
    REQUIRE(request.commands.size() == 1);
    const Command& command = request.commands[0];
    CHECK(command.arguments == std::vector<std::string>{"/bin/cat", "x"});
    CHECK(command.environment == std::vector<std::string>{"PATH=/bin"});
    CHECK(command.terminal);
    CHECK(command.cpu_limit == std::chrono::seconds(1));
    CHECK(command.clock_limit == std::chrono::seconds(2));
    CHECK(command.memory_limit_bytes == 104857600);
    CHECK(command.stack_limit_bytes == 7);
    CHECK(command.process_limit == 50);
    CHECK(command.cpu_rate_permille == 1500);
    CHECK(command.cpu_set == "0-1");
    CHECK(command.limit_data_segment);
    CHECK(command.limit_address_space);
    CHECK(command.copy_out_max_bytes == 9);
    CHECK(command.copy_out_truncate);
    REQUIRE(command.copy_out.size() == 2);
    CHECK(command.copy_out[1].name == "b");
    CHECK(command.copy_out[1].optional);
    CHECK_FALSE(command.copy_out[0].optional);
    CHECK(command.copy_out_cached.at(0).optional);
    REQUIRE(command.copy_in.size() == 4);
    CHECK(std::get<LinkTarget>(command.copy_in[0].second).target == "z");
    CHECK(std::get<MemoryFile>(command.copy_in[1].second).content == "text");
    CHECK(std::get<LocalFile>(command.copy_in[2].second).path == "/p");
    CHECK(std::get<CachedFile>(command.copy_in[3].second).id == "I");
    REQUIRE(request.pipes.size() == 1);
    CHECK(request.pipes[0].in.fd == 1);
    CHECK(request.pipes[0].out.index == 1);
    CHECK(request.pipes[0].max_bytes == 5);
    CHECK(request.pipes[0].proxy);
    CHECK(request.pipes[0].disable_zero_copy);
    CHECK(request.pipes[0].name == "n");
}

TEST_CASE("json: the old names of limits still count", "[judge][json]") {
    const Request request = decoded(
        R"({"cmd":[{"realCpuLimit":3,"clockLimit":2,"strictMemoryLimit":true},{"clockLimit":2}]})");
    CHECK(request.commands[0].clock_limit == std::chrono::nanoseconds(3));
    CHECK(request.commands[0].limit_data_segment);
    CHECK(request.commands[1].clock_limit == std::chrono::nanoseconds(2));
    const Request huge = decoded(R"({"cmd":[{"cpuLimit":18446744073709551615}]})");
    CHECK(huge.commands[0].cpu_limit == std::chrono::nanoseconds::max());
}

TEST_CASE("json: the kind of a file follows from its members, in a given order", "[judge][json]") {
    const Request request = decoded(R"({"cmd":[{"files":[null,
        {"src":"/a","content":"b","fileId":"c","name":"d","max":1},
        {"content":"","fileId":"c"},{"fileId":"","name":"d","max":1},
        {"name":"out","max":-3},{"name":"o","max":0,"pipe":true},
        {"src":null,"content":"x","streamIn":true}]}]})");
    CHECK(std::holds_alternative<Hole>(request.commands[0].files[0]));
    CHECK(file_of<LocalFile>(request, 1).path == "/a");
    CHECK(file_of<MemoryFile>(request, 2).content.empty());
    CHECK(file_of<CachedFile>(request, 3).id.empty());
    CHECK(file_of<Collector>(request, 4).max_bytes == -3);
    CHECK_FALSE(file_of<Collector>(request, 4).pipe);
    CHECK(file_of<Collector>(request, 5).pipe);
    CHECK(file_of<MemoryFile>(request, 6).content == "x");
}

TEST_CASE("json: a file of no kind is refused with its members", "[judge][json]") {
    CHECK(command_refusal(R"("files":[{}])") ==
          "file type is not valid for cmd: "
          "&{<nil> <nil> <nil> <nil> <nil> <nil> false false false}");
    CHECK(command_refusal(R"("files":[{"name":"a","pipe":true}])") ==
          "file type is not valid for cmd: "
          "&{<nil> <nil> <nil> 'a' <nil> <nil> false false true}");
    CHECK_THAT(command_refusal(R"("files":[{"symlink":"x"}])"),
               Catch::StartsWith("file type is not valid for cmd: "));
    CHECK_THAT(command_refusal(R"("copyIn":{"a":null})"),
               Catch::StartsWith("file type is not valid for cmd: "));
    CHECK_THAT(command_refusal(R"("files":[{"streamIn":true}])"),
               Catch::StartsWith("file type is not valid for cmd: "));
}

TEST_CASE("json: streams are for /stream", "[judge][json]") {
    const DecodeOptions streams{.streams = true};
    const Request request = decoded(
        R"({"cmd":[{"files":[{"streamIn":true,"content":"x"},{"streamOut":true}]}]})", streams);
    CHECK(std::holds_alternative<StreamIn>(request.commands[0].files[0]));
    CHECK(std::holds_alternative<StreamOut>(request.commands[0].files[1]));
    std::string sixteen = R"({"cmd":[{"files":[)";
    for (int i = 0; i < 16; ++i) sixteen += "null,";
    CHECK(refusal(sixteen + R"({"streamIn":true}]}]})", streams) ==
          "stream index or fd exceeds websocket wire limit");
}

TEST_CASE("json: errors of syntax read as Go's", "[judge][json]") {
    struct Row {
        std::string_view text;
        std::string_view error;
    };
    for (const Row& row : {
             Row{"", "EOF"},
             Row{" \n\t", "EOF"},
             Row{"{", "unexpected EOF"},
             Row{R"({"cmd)", "unexpected EOF"},
             Row{R"({"cmd":[{"args":["\u12)", "unexpected EOF"},
             Row{"nul", "unexpected EOF"},
             Row{"x", "invalid character 'x' looking for beginning of value"},
             Row{"{x", "invalid character 'x' looking for beginning of object key string"},
             Row{R"({"a":1,})", "invalid character '}' looking for beginning of object key string"},
             Row{R"({"a" 1})", "invalid character '1' after object key"},
             Row{R"({"a":1 "b"})", "invalid character '\"' after object key:value pair"},
             Row{"[1 2]", "invalid character '2' after array element"},
             Row{"[1,]", "invalid character ']' looking for beginning of value"},
             Row{"[01]", "invalid character '1' after array element"},
             Row{"[-x]", "invalid character 'x' in numeric literal"},
             Row{"[1.x]", "invalid character 'x' after decimal point in numeric literal"},
             Row{"[1e+]", "invalid character ']' in exponent of numeric literal"},
             Row{"[trux]", "invalid character 'x' in literal true (expecting 'e')"},
             Row{R"(["\x"])", "invalid character 'x' in string escape code"},
             Row{R"(["\u12g4"])", "invalid character 'g' in \\u hexadecimal character escape"},
             Row{"[\"\n\"]", "invalid character '\\n' in string literal"},
             Row{"\xff", "invalid character '\u00ff' looking for beginning of value"},
             Row{"\x80", "invalid character '\\u0080' looking for beginning of value"},
             Row{std::string_view("\0", 1),
                 "invalid character '\\x00' looking for beginning of value"},
             Row{"'", "invalid character '\\'' looking for beginning of value"},
         }) {
        CHECK(refusal(row.text) == row.error);
    }
}

TEST_CASE("json: values of a wrong type are told by Go's names", "[judge][json]") {
    CHECK(command_refusal(R"("args":"x")") ==
          "json: cannot unmarshal string into Go struct field Cmd.cmd.args of type []string");
    CHECK(command_refusal(R"("args":[1])") ==
          "json: cannot unmarshal number into Go struct field Cmd.cmd.args of type string");
    CHECK(command_refusal(R"("cpuLimit":1.5)") ==
          "json: cannot unmarshal number 1.5 into Go struct field Cmd.cmd.cpuLimit of type uint64");
    CHECK(command_refusal(R"("cpuLimit":1e9)") ==
          "json: cannot unmarshal number 1e9 into Go struct field Cmd.cmd.cpuLimit of type uint64");
    CHECK(command_refusal(R"("procLimit":-1)") ==
          "json: cannot unmarshal number -1 into Go struct field Cmd.cmd.procLimit of type uint64");
    CHECK(command_refusal(R"("CPULIMIT":"1")") ==
          "json: cannot unmarshal string into Go struct field Cmd.cmd.cpuLimit of type uint64");
    CHECK(command_refusal(R"("tty":1)") ==
          "json: cannot unmarshal number into Go struct field Cmd.cmd.tty of type bool");
    CHECK(command_refusal(R"("files":[{"max":"1"}])") ==
          "json: cannot unmarshal string into Go struct field CmdFile.cmd.files.max of type int64");
    CHECK(command_refusal(R"("copyIn":[])") ==
          "json: cannot unmarshal array into Go struct field Cmd.cmd.copyIn of type "
          "map[string]model.CmdFile");
    CHECK(command_refusal(R"("copyIn":{"a":true})") ==
          "json: cannot unmarshal bool into Go struct field Cmd.cmd.copyIn of type model.CmdFile");
    CHECK(refusal(R"({"cmd":{}})") ==
          "json: cannot unmarshal object into Go struct field Request.cmd of type []model.Cmd");
    CHECK(refusal(R"({"pipeMapping":[{"in":{"fd":"x"}}]})") ==
          "json: cannot unmarshal string into Go struct field PipeIndex.pipeMapping.in.fd of type "
          "int");
    CHECK(refusal("[]") == "json: cannot unmarshal array into Go value of type model.Request");
    CHECK(refusal("12") == "json: cannot unmarshal number into Go value of type model.Request");
}

TEST_CASE("json: the first wrong type counts, and syntax comes before types", "[judge][json]") {
    CHECK(command_refusal(R"("args":1,"env":2)") ==
          "json: cannot unmarshal number into Go struct field Cmd.cmd.args of type []string");
    CHECK(refusal(R"({"cmd":1,"x":[})") == "invalid character '}' looking for beginning of value");
}

TEST_CASE("json: what Go overlooks is overlooked", "[judge][json]") {
    CHECK(decoded("null").commands.empty());
    CHECK(decoded("{} trailing").commands.empty());
    CHECK(decoded(R"({"cmd":null,"requestId":null,"more":{"deep":[{"a":[1.5e3,"]}"]}]}})").id ==
          "");
    CHECK(decoded(R"({"CMD":[{"ARGS":["a"]}]})").commands.at(0).arguments.at(0) == "a");
    CHECK(decoded(R"({"requestID":"folded","requestId":"exact"})").id == "exact");
    CHECK(decoded(R"({"cmd":[null,{"env":null,"args":["a",null],"copyIn":null}]})")
              .commands.at(1)
              .arguments == std::vector<std::string>{"a", ""});
    CHECK(decoded(R"({"cmd":[{"copyIn":{"a":{"content":"1"},"a":{"content":"2"}}}]})")
              .commands.at(0)
              .copy_in.size() == 1);
}

TEST_CASE("json: strings are unescaped and repaired", "[judge][json]") {
    CHECK(first_argument(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(first_argument(R"("\u00e9\u20ac\ud83d\ude00")") == "\u00e9\u20ac\U0001f600");
    CHECK(first_argument(R"("\ud83d\u0041\ude00x")") == "\ufffdA\ufffdx");
    CHECK(first_argument(R"("\ud83d\ud83d\ude00")") == "\ufffd\U0001f600");
    CHECK(first_argument(R"("\u0000")") == std::string(1, '\0'));
    CHECK(first_argument("\"a\xff\xc3(\xe2\x82\"") == "a\ufffd\ufffd(\ufffd\ufffd");
    CHECK(first_argument("\"\xed\xa0\x80\xc0\x80\xf5\"") == "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd");
    CHECK(first_argument("\"\u00e9\u20ac\U0001f600\"") == "\u00e9\u20ac\U0001f600");
}

TEST_CASE("json: nesting is bounded as in Go, and costs no stack", "[judge][json]") {
    const auto nested = [](std::size_t depth) {
        return R"({"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    CHECK(refusal(nested(9999)) == "accepted");
    CHECK(refusal(nested(10000)) == "invalid character '[' exceeded max depth");
    CHECK(refusal(std::string(5'000'000, '[')) == "invalid character '[' exceeded max depth");
}

TEST_CASE("json: large contents arrive whole", "[judge][json]") {
    const std::string content(std::size_t{3} << 20, 'c');
    std::string text = R"({"cmd":[{"copyIn":{)";
    for (int i = 0; i < 20; ++i) {
        text.append(i == 0 ? "" : ",").append("\"f" + std::to_string(i) + R"(":{"content":")");
        text.append(content).append(R"(\n"})");
    }
    const Request request = decoded(text + "}}]}");
    REQUIRE(request.commands.at(0).copy_in.size() == 20);
    for (const auto& [name, file] : request.commands[0].copy_in) {
        CHECK(std::get<MemoryFile>(file).content.size() == content.size() + 1);
    }
}

TEST_CASE("json: ends of pipes are passed on as they are", "[judge][json]") {
    const Request request =
        decoded(R"({"cmd":[{},{}],"pipeMapping":[{"in":{"index":-7,"fd":-1},"out":null}]})");
    CHECK(request.pipes.at(0).in.index == -7);
    CHECK(request.pipes.at(0).in.fd == -1);
    CHECK(request.pipes.at(0).out.index == 0);
}

TEST_CASE("json: messages of /ws cancel or request", "[judge][json]") {
    const auto cancel = decode_socket_message(R"({"cancelRequestId":"a","cmd":[{"files":[{}]}]})");
    REQUIRE(cancel.has_value());
    CHECK(cancel->cancel_id == "a");
    const auto request = decode_socket_message(R"({"requestId":"b","cmd":[{}]})");
    REQUIRE(request.has_value());
    CHECK(request->cancel_id.empty());
    CHECK(request->request.id == "b");
    CHECK(request->request.commands.size() == 1);
}

TEST_CASE("json: resize messages may leave index and fd out", "[judge][json]") {
    const auto resize = decode_resize(R"({"rows":24,"cols":80,"x":1,"y":2})");
    REQUIRE(resize.has_value());
    CHECK(resize->index == 0);
    CHECK(resize->fd == 0);
    CHECK(resize->rows == 24);
    CHECK(resize->columns == 80);
    CHECK(resize->x_pixels == 1);
    CHECK(resize->y_pixels == 2);
    CHECK(decode_resize(R"({"rows":"x"})").error().message ==
          "json: cannot unmarshal string into Go struct field ResizeRequest.rows of type int");
}

TEST_CASE("json: more commands than any problem has are refused", "[judge][json]") {
    std::string commands = "{}";
    for (std::size_t i = 1; i < kMaxCommands; ++i) commands += ",{}";
    CHECK(refusal(R"({"cmd":[)" + commands + "]}") == "accepted");
    CHECK(refusal(R"({"cmd":[{},)" + commands + "]}") == "too many commands: 65 (at most 64)");
}

}  // namespace
}  // namespace assay::judge::wire
