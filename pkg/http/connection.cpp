#include "pkg/http/connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <new>
#include <utility>

#include "pkg/http/response_head.hpp"

namespace assay::http {
namespace {

// How much may wait behind the request at hand; then the client is not read any more.
constexpr std::size_t kMaxPendingBytes = 64u << 10;

// How many reads before other connections get their turn.
constexpr int kReadBatch = 16;

// The body of a refused request is read past up to this size; with a longer one the connection
// ends.
constexpr std::uint64_t kMaxDiscardBytes = 256u << 10;

// A Content-Length is believed when so much has come, and up to a size.
constexpr std::uint64_t kBelievedBytes = 1u << 20;
constexpr std::uint64_t kMaxReserveBytes = 1u << 30;

constexpr auto kLingerTime = std::chrono::seconds(2);

// A body up to here goes out in one piece with its head.
constexpr std::size_t kMaxJoinedBytes = 16u << 10;

// An idle connection keeps no more buffer than this.
constexpr std::size_t kMaxIdleBytes = 1u << 10;

Response plain_refusal(int status) {
    Response response;
    response.status = status;
    response.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
    response.body = std::to_string(status) + " " + std::string(reason_phrase(status));
    return response;
}

std::string chunk_head(std::size_t size) {
    std::array<char, 20> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), size, 16).ptr;
    return std::string(text.data(), end) + "\r\n";
}

}  // namespace

Connection::Connection(Server::State& server, boost::asio::ip::tcp::socket socket,
                       event::Gate::Pass pass)
    : loop_(server.loop), server_(server), socket_(std::move(socket)), pass_(std::move(pass)) {}

void Connection::start(Place place) {
    boost::system::error_code ignored;
    peer_ = socket_.remote_endpoint(ignored);
    place_ = place;
    arm_read();
}

void Connection::retire() {
    if (phase_ == Phase::kIdle) close();
}

void Connection::close() {
    if (phase_ == Phase::kClosed) return;
    const auto self = shared_from_this();
    phase_ = Phase::kClosed;
    boost::system::error_code ignored;
    socket_.close(ignored);
    server_.connections.erase(place_);
    deadline_.reset();
    out_.clear();
    sink_.reset();
    parser_.reset();
    pending_ = {};
    tell_gone();
    pass_.reset();
}

void Connection::tell_gone() {
    if (const auto on_gone = std::exchange(on_gone_, nullptr)) on_gone();
}

void Connection::set_deadline(std::chrono::nanoseconds from_now) {
    deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(from_now);
    server_.arm_sweep();
}

// Nobody reads from this socket: what waits in front of the client's end hides it from the loop.
bool Connection::is_unwatched() const {
    return phase_ == Phase::kRunning && !end_seen_ && !wants_input();
}

void Connection::look(Clock::time_point now) {
    if (is_unwatched()) {
        pollfd socket{socket_.native_handle(), POLLRDHUP, 0};
        if (::poll(&socket, 1, 0) > 0) tell_gone();
    }
    if (!deadline_ || now < *deadline_) return;
    deadline_.reset();
    if (phase_ == Phase::kHead || phase_ == Phase::kBody || phase_ == Phase::kDiscard) {
        refuse(408, known_head());
        return flush();
    }
    close();
}

// nullptr while it is being read.
const Request* Connection::known_head() const {
    return phase_ == Phase::kHead ? nullptr : &parser_->request();
}

bool Connection::reads_request() const {
    return phase_ == Phase::kIdle || phase_ == Phase::kHead || phase_ == Phase::kBody ||
           phase_ == Phase::kDiscard;
}

bool Connection::wants_input() const {
    if (phase_ == Phase::kClosed || end_seen_) return false;
    return reads_request() || phase_ == Phase::kLinger || pending_.size() < kMaxPendingBytes;
}

void Connection::arm_read() {
    if (is_unwatched()) server_.arm_sweep();
    if (reading_ || !wants_input()) return;
    reading_ = true;
    socket_.async_wait(boost::asio::ip::tcp::socket::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           self->reading_ = false;
                           if (!error && self->phase_ != Phase::kClosed) self->read();
                       });
}

void Connection::read() {
    char* const buffer = server_.read_buffer.get();
    for (int i = 0; i < kReadBatch && wants_input(); ++i) {
        const ssize_t count = ::recv(socket_.native_handle(), buffer, kReadBytes, MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) break;
        if (count < 0) return close();
        if (count == 0) return end_of_input();
        const auto size = static_cast<std::size_t>(count);
        receive({buffer, size});
        if (size < kReadBytes) break;
    }
    arm_read();
}

void Connection::receive(std::string_view bytes) {
    if (phase_ == Phase::kLinger) return;
    const bool buffered = !pending_.empty() || !reads_request();
    if (buffered) {
        pending_ += bytes;
        return resume();
    }
    const std::size_t used = process(bytes);
    if (phase_ != Phase::kClosed && used < bytes.size()) pending_ = bytes.substr(used);
}

// Goes on with what has been received.
void Connection::resume() {
    if (!pending_.empty() && reads_request()) {
        const std::string bytes = std::move(pending_);
        pending_.clear();
        const std::size_t used = process(bytes);
        if (phase_ == Phase::kClosed) return;
        pending_.insert(0, bytes, used, std::string::npos);
    }
    if (end_seen_) return end_of_input();
    arm_read();
}

// A client that only shut down its side may still read its answers, so the socket stays open for
// them. But most often it is gone, whatever it sent behind its request.
void Connection::end_of_input() {
    end_seen_ = true;
    if (reads_request() || phase_ == Phase::kLinger) return close();
    if (phase_ == Phase::kRunning) tell_gone();
}

// Returns how many bytes are of no more use.
std::size_t Connection::process(std::string_view bytes) {
    const std::size_t all = bytes.size();
    processing_ = true;
    while (!bytes.empty() && reads_request()) {
        if (phase_ == Phase::kIdle) {
            parser_ = std::make_unique<RequestParser>();
            phase_ = Phase::kHead;
        }
        std::size_t used = 0;
        try {
            used =
                parser_->feed(bytes, [this](std::string_view piece) { return take_body(piece); });
        } catch (const std::bad_alloc&) {
            refuse(503, known_head());
        }
        bytes.remove_prefix(used);
        unread_ = bytes;
        if (phase_ == Phase::kWriting) break;
        const RequestParser::State state = parser_->state();
        if (state == RequestParser::State::kError) {
            refuse(parser_->status(), known_head());
        } else if (phase_ == Phase::kHead && state != RequestParser::State::kHead) {
            admit();
        } else if (state == RequestParser::State::kDone) {
            dispatch();
        } else if (used == 0) {
            break;
        }
        if (phase_ == Phase::kWriting) flush();
    }
    processing_ = false;
    unread_ = {};
    if (phase_ == Phase::kWriting && !out_.empty()) flush();
    if (phase_ == Phase::kHead && !deadline_) set_deadline(server_.limits.head_time);
    if (phase_ == Phase::kBody || phase_ == Phase::kDiscard) {
        set_deadline(server_.limits.stall_time);
    }
    return all - bytes.size();
}

void Connection::admit() {
    deadline_.reset();
    Request& head = parser_->request();
    head.peer = peer_;
    keep_alive_ = parser_->keep_alive() && !server_.closing;
    http_1_1_ = head.http_1_1;
    head_only_ = head.method == "HEAD";
    body_bytes_ = 0;
    const std::string* expect = head.header("Expect");
    if (expect != nullptr && !equal_names(*expect, "100-continue")) return refuse(417, &head);
    const auto limit = server_.limits.body_bytes;
    if (limit && head.content_length && *head.content_length > *limit) return refuse(413, &head);

    Admission admission = server_.handler.admit(head);
    if (admission.refusal) return refuse_head(std::move(*admission.refusal));
    sink_ = std::move(admission.sink);
    if (parser_->state() == RequestParser::State::kDone) return dispatch();
    phase_ = Phase::kBody;
    if (expect != nullptr && http_1_1_) send_continue();
}

void Connection::refuse_head(Response refusal) {
    const Request& head = parser_->request();
    const bool complete = parser_->state() == RequestParser::State::kDone;
    const bool waits = head.header("Expect") != nullptr;
    if (!complete && !waits && head.content_length && *head.content_length <= kMaxDiscardBytes) {
        refusal_ = std::move(refusal);
        phase_ = Phase::kDiscard;
        return;
    }
    if (!complete) {
        keep_alive_ = false;
        linger_ = true;
    }
    write_response(std::move(refusal));
}

// Nothing else is on its way to the client, so the socket takes these few bytes.
void Connection::send_continue() {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    (void)!::send(socket_.native_handle(), kContinue.data(), kContinue.size(),
                  MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool Connection::take_body(std::string_view bytes) {
    body_bytes_ += bytes.size();
    const auto limit = server_.limits.body_bytes;
    if (limit && body_bytes_ > *limit) return false;
    if (phase_ == Phase::kDiscard) return true;
    if (sink_) {
        sink_->write(bytes);
        return true;
    }
    Request& request = parser_->request();
    // Who has sent this much means it: growing step by step would take twice the memory.
    if (request.content_length && request.body.size() < kBelievedBytes &&
        body_bytes_ >= kBelievedBytes) {
        request.body.reserve(std::min(*request.content_length, kMaxReserveBytes));
    }
    request.body += bytes;
    return true;
}

void Connection::dispatch() {
    deadline_.reset();
    if (phase_ == Phase::kDiscard) {
        Response refusal = std::move(*refusal_);
        refusal_.reset();
        return write_response(std::move(refusal));
    }
    phase_ = Phase::kRunning;
    ++request_;
    Request request = std::move(parser_->request());
    parser_.reset();
    Responder responder(shared_from_this(), request_);
    if (const auto sink = std::move(sink_)) {
        sink->complete(std::move(request), std::move(responder));
    } else {
        server_.handler.handle(std::move(request), std::move(responder));
    }
}

// No request could be read, or not wholly: the connection cannot go on.
void Connection::refuse(int status, const Request* head) {
    server_.handler.refused(head, status);
    sink_.reset();
    keep_alive_ = false;
    linger_ = true;
    write_response(plain_refusal(status));
}

void Connection::answer(std::uint64_t request, Response response) {
    if (phase_ != Phase::kRunning || request != request_) return;
    on_gone_ = nullptr;
    write_response(std::move(response));
    if (!processing_) flush();
}

void Connection::write_response(Response response) {
    phase_ = Phase::kWriting;
    keep_alive_ = keep_alive_ && !response.close && !server_.closing;
    HeadContext context;
    context.http_1_1 = http_1_1_;
    context.keep_alive = keep_alive_;
    context.date = current_date(std::chrono::system_clock::now());
    const bool chunked = response.chunked && http_1_1_ && !response.body.empty() && !response.file;
    if (!chunked) {
        context.content_length =
            response.body.size() + (response.file ? response.file->size() : std::uint64_t{0});
    }
    std::string head;
    const bool joined = response.body.size() <= kMaxJoinedBytes;
    head.reserve(256 + (joined ? response.body.size() : 0));
    append_head(head, response, context);
    if (!head_only_ && chunked) head += chunk_head(response.body.size());
    if (!head_only_ && joined) head += response.body;
    out_.push(std::move(head));
    if (head_only_) return;
    if (!joined) out_.push(std::move(response.body));
    if (chunked) out_.push("\r\n0\r\n\r\n");
    if (response.file) out_.push(std::move(*response.file));
}

void Connection::flush() {
    switch (out_.write_to(socket_.native_handle())) {
        case Outgoing::Progress::kDone:
            return end_response();
        case Outgoing::Progress::kFailed:
            return close();
        case Outgoing::Progress::kBlocked:
            break;
    }
    // Inside process() the caller comes back to this.
    if (processing_) return;
    set_deadline(server_.limits.stall_time);
    socket_.async_wait(boost::asio::ip::tcp::socket::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (!error && self->phase_ == Phase::kWriting) self->flush();
                       });
}

void Connection::end_response() {
    deadline_.reset();
    parser_.reset();
    if (!keep_alive_) return linger_ && !end_seen_ ? linger() : close();
    phase_ = Phase::kIdle;
    if (pending_.empty() && pending_.capacity() > kMaxIdleBytes) pending_ = {};
    if (!processing_) resume();
}

void Connection::linger() {
    phase_ = Phase::kLinger;
    pending_ = {};
    ::shutdown(socket_.native_handle(), SHUT_WR);
    set_deadline(kLingerTime);
    arm_read();
}

void Connection::set_on_gone(std::uint64_t request, std::function<void()> on_gone) {
    if (phase_ == Phase::kClosed) return on_gone();
    if (phase_ != Phase::kRunning || request != request_) return;
    on_gone_ = std::move(on_gone);
    if (end_seen_) tell_gone();
}

std::optional<TakenOver> Connection::take_over(std::uint64_t request) {
    if (phase_ != Phase::kRunning || request != request_ || end_seen_) return std::nullopt;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
    TakenOver taken{std::move(socket_), processing_ ? std::string(unread_) : std::move(pending_)};
    close();
    return taken;
}

}  // namespace assay::http
