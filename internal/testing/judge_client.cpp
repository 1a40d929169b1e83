#include "internal/testing/judge_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace assay::testing {
namespace {

namespace json = boost::json;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what);
}

[[noreturn]] void fail_by_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in parse_address(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (colon == std::string::npos ||
        ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
        fail("no address: " + text);
    }
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1))));
    return address;
}

// Empty when nobody listens there.
posix::UniqueFd connect_to(const std::string& text) {
    const sockaddr_in address = parse_address(text);
    posix::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) fail_by_errno("cannot make a socket");
    const timeval patience{HttpExchange::kPatience.count(), 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        if (errno != ECONNREFUSED) fail_by_errno("cannot connect");
        return {};
    }
    return socket;
}

std::string text_of(const std::string& address, const HttpRequest& request) {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\nHost: " + address +
                       "\r\nConnection: close\r\n";
    for (const std::string& header : request.headers) text += header + "\r\n";
    if (request.method != "GET") {
        text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    }
    return text + "\r\n" + request.body;
}

// A server may answer, or die, before it has read everything: what it said is worth reading.
void send_all(int socket, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EPIPE || errno == ECONNRESET) return;
            if (errno == EINTR) continue;
            fail_by_errno("cannot send");
        }
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string receive_all(int socket) {
    std::string text;
    std::array<char, 65536> block;
    while (true) {
        const ssize_t received = ::recv(socket, block.data(), block.size(), 0);
        if (received == 0 || (received < 0 && errno == ECONNRESET)) return text;
        if (received < 0 && errno != EINTR) fail_by_errno("cannot receive an answer");
        if (received > 0) text.append(block.data(), static_cast<std::size_t>(received));
    }
}

// "LINE\r\n" off the front; nothing when the text ends before.
std::optional<std::string_view> take_line(std::string_view& text) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    return line;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return result;
}

std::size_t number(std::string_view text, int base) {
    std::size_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value, base).ptr;
    if (end == text.data()) fail("no number: " + std::string(text));
    return value;
}

// Chunks (RFC 9112, 7.1) without trailers; nothing when the last one is not there.
std::optional<std::string> unchunk(std::string_view text) {
    std::string body;
    while (const auto line = take_line(text)) {
        const std::size_t size = number(*line, 16);
        if (text.size() < size + 2) return std::nullopt;
        if (size == 0) return body;
        body += text.substr(0, size);
        text.remove_prefix(size + 2);
    }
    return std::nullopt;
}

std::optional<std::string> body_of(const HttpAnswer& answer, std::string_view text) {
    if (const auto it = answer.headers.find("transfer-encoding"); it != answer.headers.end()) {
        return unchunk(text);
    }
    const auto it = answer.headers.find("content-length");
    const std::size_t length = it == answer.headers.end() ? text.size() : number(it->second, 10);
    if (text.size() < length) return std::nullopt;
    if (text.size() > length) fail("more than the content length");
    return std::string(text);
}

std::optional<HttpAnswer> parse_answer(std::string_view text) {
    HttpAnswer answer;
    const auto status = take_line(text);
    if (!status) return std::nullopt;
    if (!status->starts_with("HTTP/1.1 ")) fail("no HTTP: " + std::string(*status));
    answer.code = static_cast<int>(number(status->substr(9), 10));
    for (auto line = take_line(text); true; line = take_line(text)) {
        if (!line) return std::nullopt;
        if (line->empty()) break;
        const std::size_t colon = line->find(": ");
        if (colon == std::string_view::npos) fail("no header: " + std::string(*line));
        answer.headers[lower(line->substr(0, colon))] = line->substr(colon + 2);
    }
    if (answer.code == 100) return parse_answer(text);
    const std::optional<std::string> body = body_of(answer, text);
    if (!body) return std::nullopt;
    answer.body = *body;
    return answer;
}

json::array array_of(const std::vector<std::string>& texts) {
    json::array array;
    for (const std::string& text : texts) array.emplace_back(text);
    return array;
}

json::value input_of(const JudgeCommand& command) {
    if (command.pipe_in) return nullptr;
    if (command.input_file) return {{"src", *command.input_file}};
    if (command.input_id) return {{"fileId", *command.input_id}};
    return {{"content", command.input}};
}

json::array descriptors_of(const JudgeCommand& command) {
    const auto collector = [&](const std::string& name) -> json::value {
        return {
            {"name", name}, {"max", command.output_max_bytes}, {"pipe", command.collect_by_pipe}};
    };
    json::array files;
    files.push_back(input_of(command));
    files.push_back(command.pipe_out ? json::value(nullptr) : collector(command.output_name));
    files.push_back(collector("stderr"));
    return files;
}

json::object copy_in_of(const JudgeCommand& command) {
    json::object files;
    for (const auto& [path, source] : command.copy_in) files[path] = {{"src", source}};
    for (const auto& [path, content] : command.copy_in_text) files[path] = {{"content", content}};
    for (const auto& [path, target] : command.copy_in_links) files[path] = {{"symlink", target}};
    return files;
}

std::int64_t nanoseconds(std::chrono::milliseconds time) {
    return std::chrono::nanoseconds(time).count();
}

json::value json_of(const JudgeCommand& command) {
    return {{"args", array_of(command.arguments)},
            {"env", array_of(command.environment)},
            {"files", descriptors_of(command)},
            {"tty", command.terminal},
            {"copyIn", copy_in_of(command)},
            {"copyOut", array_of(command.copy_out)},
            {"copyOutCached", array_of(command.copy_out_cached)},
            {"copyOutMax", command.copy_out_max_bytes},
            {"cpuLimit", nanoseconds(command.cpu_limit)},
            {"clockLimit", nanoseconds(command.clock_limit)},
            {"memoryLimit", command.memory_limit_bytes},
            {"procLimit", command.process_limit},
            {"stackLimit", command.stack_limit_bytes},
            {"addressSpaceLimit", command.limit_address_space},
            {"cpuSetLimit", command.cpu_set}};
}

json::value json_of(const JudgePipe& pipe) {
    const auto end = [](const std::pair<int, int>& side) -> json::value {
        return {{"index", side.first}, {"fd", side.second}};
    };
    return {{"in", end(pipe.from)}, {"out", end(pipe.to)}, {"proxy", pipe.proxy}};
}

std::string text_at(const json::object& object, const char* key) {
    const json::value* const value = object.if_contains(key);
    return value != nullptr ? std::string(value->as_string()) : "";
}

std::int64_t number_at(const json::object& object, const char* key) {
    const json::value* const value = object.if_contains(key);
    return value != nullptr ? value->to_number<std::int64_t>() : 0;
}

std::map<std::string, std::string> texts_at(const json::object& object, const char* key) {
    std::map<std::string, std::string> texts;
    const json::value* const value = object.if_contains(key);
    if (value == nullptr) return texts;
    for (const auto& member : value->as_object()) {
        texts[member.key()] = std::string(member.value().as_string());
    }
    return texts;
}

std::vector<JudgeFileError> file_errors_of(const json::object& object) {
    std::vector<JudgeFileError> errors;
    const json::value* const value = object.if_contains("fileError");
    if (value == nullptr) return errors;
    for (const json::value& entry : value->as_array()) {
        const json::object& error = entry.as_object();
        errors.push_back(
            {text_at(error, "name"), text_at(error, "type"), text_at(error, "message")});
    }
    return errors;
}

JudgeResult result_of(const json::object& object) {
    JudgeResult result;
    result.status = text_at(object, "status");
    result.exit_status = static_cast<int>(number_at(object, "exitStatus"));
    result.error = text_at(object, "error");
    result.time = std::chrono::nanoseconds(number_at(object, "time"));
    result.run_time = std::chrono::nanoseconds(number_at(object, "runTime"));
    result.memory_bytes = static_cast<std::uint64_t>(number_at(object, "memory"));
    result.process_peak = static_cast<std::uint64_t>(number_at(object, "procPeak"));
    result.files = texts_at(object, "files");
    result.file_ids = texts_at(object, "fileIds");
    result.file_errors = file_errors_of(object);
    return result;
}

}  // namespace

HttpExchange::HttpExchange(const std::string& address, const HttpRequest& request)
    : socket_(connect_to(address)) {
    if (socket_) send_all(socket_.get(), text_of(address, request));
}

std::optional<HttpAnswer> HttpExchange::answer() {
    if (!socket_) return std::nullopt;
    return parse_answer(receive_all(socket_.get()));
}

std::string to_json(const std::vector<JudgeCommand>& commands,
                    const std::vector<JudgePipe>& pipes) {
    json::array cmd;
    for (const JudgeCommand& command : commands) cmd.push_back(json_of(command));
    json::array mapping;
    for (const JudgePipe& pipe : pipes) mapping.push_back(json_of(pipe));
    return json::serialize(json::value{{"cmd", cmd}, {"pipeMapping", mapping}});
}

std::vector<JudgeResult> results_of(std::string_view text) {
    std::vector<JudgeResult> results;
    const json::value value = json::parse({text.data(), text.size()});
    for (const json::value& entry : value.as_array()) {
        results.push_back(result_of(entry.as_object()));
    }
    return results;
}

}  // namespace assay::testing
