// Errors as values.
//
// Owns the one error type and the one result type that cross package boundaries. A function that
// can fail returns Result<T>; exceptions (std::bad_alloc and what third-party code throws) are
// caught inside the package that provokes them.
//
// An Error is built where the failure happens, so its message can say verb, object and reason:
// "cannot open /x/y: Permission denied". Callers pass it on unchanged or add a remedy; they never
// rewrite it. Rejected: std::error_code alone (it cannot carry the object), exceptions across
// packages (a reader cannot see which calls end a function).
//
// This package speaks in namespace `assay` itself, not `assay::result`: it is the vocabulary of
// all.
#pragma once

#include <boost/system/result.hpp>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace assay {

// What a failure means to the caller; internal/app maps each to an exit code.
enum class ErrorKind {
    kUsage,  // the user asked for something wrong: a flag, a setting, a file that is not there
    kUnsupported,  // this host cannot do it: privilege, kernel feature, cgroup
    kSystem,       // a system call failed that normally succeeds
    kInternal,     // a broken promise of our own
};

struct Error {
    ErrorKind kind = ErrorKind::kInternal;
    int os_error = 0;     // errno, 0 when no system call is behind it
    std::string message;  // "cannot VERB OBJECT: reason", one line, no full stop
    std::string remedy;   // what the user can do, one line, empty when unknown
};

template <class T>
using Result = boost::system::result<T, Error>;

// Found by argument-dependent look-up from Result::value(); reaching it is a programming error.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

// "cannot open /x: No such file or directory" with the errno given.
Error system_error(std::string_view what, int os_error);

Error usage_error(std::string message, std::string remedy = {});
Error unsupported_error(std::string message, std::string remedy = {});

// The text between quotes for a message, on one line: control bytes are escaped, long text is cut.
std::string in_quotes(std::string_view text);

// The error as people read it: message, then "; REMEDY" where there is one.
std::string to_string(const Error& error);

}  // namespace assay

#define ASSAY_CONCAT_INNER(a, b) a##b
#define ASSAY_CONCAT(a, b) ASSAY_CONCAT_INNER(a, b)

// ASSAY_TRY(auto fd, open_read(path)): binds the value, or returns the error from this function.
#define ASSAY_TRY(declaration, ...) \
    ASSAY_TRY_INNER(ASSAY_CONCAT(assay_try_, __COUNTER__), declaration, __VA_ARGS__)
#define ASSAY_TRY_INNER(name, declaration, ...)            \
    auto name = (__VA_ARGS__);                             \
    if (!name.has_value()) return std::move(name).error(); \
    declaration = std::move(*name)

// ASSAY_CHECK(write_all(fd, text)): returns the error from this function if there is one.
#define ASSAY_CHECK(...) ASSAY_CHECK_INNER(ASSAY_CONCAT(assay_try_, __COUNTER__), __VA_ARGS__)
#define ASSAY_CHECK_INNER(name, ...) \
    if (auto name = (__VA_ARGS__); !name.has_value()) return std::move(name).error()
