// The bytes of an HTTP/1 connection, turned into one request: a codec without I/O over Beast's.
//
// Feed it what came; it stops behind the head, so that the owner can decide about the body, and
// behind the request, so that what follows belongs to the next one. Bodies are handed out as they
// come, chunked ones without their framing; the codec holds none of them.
//
// Why not Beast's own message reader: it reads from a socket with a buffer for every connection (an
// idle one would hold kilobytes) and knows no moment between head and body.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pkg/http/message.hpp"

namespace assay::http {

// Request line and fields together; Go's net/http takes 1 MiB, nobody needs that.
inline constexpr std::size_t kMaxHeadBytes = 64u << 10;

class RequestParser {
  public:
    RequestParser();
    RequestParser(RequestParser&&) noexcept;
    RequestParser& operator=(RequestParser&&) noexcept;
    ~RequestParser();

    enum class State {
        kHead,   // the head is not complete
        kBody,   // the head is there, the body not wholly
        kDone,   // all is there
        kError,  // no request; status() says how to refuse it
    };
    State state() const;

    // Takes bytes up to the end of the head, or of the request, and returns how many. What is left
    // of an incomplete line is to be given again, with more behind it. `on_body` gets pieces of the
    // body and stops the parser with false. Not to be called when done or failed.
    using OnBody = std::function<bool(std::string_view)>;
    std::size_t feed(std::string_view bytes, const OnBody& on_body);

    // From the end of the head on; the body is empty.
    Request& request();
    bool chunked() const;
    // Whether the client wants to go on with this connection.
    bool keep_alive() const;

    // In state kError: 400, 413 (on_body refused), 431 or 501.
    int status() const;

  private:
    struct Codec;
    std::unique_ptr<Codec> codec_;
};

// The path of a request target, decoded, and its query: "/a%20b?c" and "http://host/a". False: not
// a target.
bool split_target(std::string_view target, std::string& path, std::string& query);

}  // namespace assay::http
