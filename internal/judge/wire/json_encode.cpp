#include "internal/judge/wire/json.hpp"
#include "internal/judge/wire/json_writer.hpp"

namespace assay::judge::wire {
namespace {

// The interface that is spoken here; clients compare it.
constexpr std::string_view kSpokenVersion = "v1.12.2";

constexpr std::string_view kFeatures[] = {
    "addressSpaceLimit", "copyOutOptional", "copyOutTruncate", "fixSymlinkEscape", "pipeProxy",
    "pipeProxyZeroCopy", "procPeak",        "stream",          "symlink"};

void write_strings(JsonWriter& out, const std::map<std::string, std::string>& strings) {
    out.begin_object();
    for (const auto& [name, text] : strings) out.member(name, text);
    out.end_object();
}

void write_strings(JsonWriter& out, const std::vector<std::string>& strings) {
    out.begin_array();
    for (const std::string& text : strings) out.value(text);
    out.end_array();
}

void write_file_errors(JsonWriter& out, const std::vector<FileError>& errors) {
    out.begin_array();
    for (const FileError& error : errors) {
        out.begin_object().member("name", error.name).member("type", name_of(error.type));
        if (!error.message.empty()) out.member("message", error.message);
        out.end_object();
    }
    out.end_array();
}

void write_result(JsonWriter& out, const CommandResult& result) {
    out.begin_object();
    out.member("status", name_of(result.status)).member("exitStatus", result.exit_status);
    if (!result.error.empty()) out.member("error", result.error);
    out.member("time", result.time.count()).member("memory", result.memory_bytes);
    out.member("runTime", result.run_time.count());
    if (result.process_peak != 0) out.member("procPeak", result.process_peak);
    if (!result.files.empty()) write_strings(out.key("files"), result.files);
    if (!result.file_ids.empty()) write_strings(out.key("fileIds"), result.file_ids);
    if (!result.file_errors.empty()) write_file_errors(out.key("fileError"), result.file_errors);
    out.end_object();
}

void write_results(JsonWriter& out, std::span<const CommandResult> results) {
    out.begin_array();
    for (const CommandResult& result : results) write_result(out, result);
    out.end_array();
}

void write_runner(JsonWriter& out, const ConfigDocument& document) {
    out.begin_object();
    write_strings(out.key("cgroupControllers"), document.cgroup_controllers);
    out.member("cgroupType", document.cgroup_type);
    out.member("domainName", document.domain_name);
    out.member("gid", document.gid).member("hostName", document.host_name);
    write_strings(out.key("maskedPaths"), document.masked);
    out.key("mount").begin_array();
    for (const ConfigMount& mount : document.mounts) {
        out.begin_object().member("Source", mount.source).member("Target", mount.target);
        out.member("FsType", mount.type).member("Data", mount.data);
        out.member("Flags", mount.flags).end_object();
    }
    out.end_array().key("symbolicLink").begin_array();
    for (const auto& [path, target] : document.links) {
        out.begin_object().member("LinkPath", path).member("Target", target).end_object();
    }
    out.end_array().member("uid", document.uid);
    out.member("workDir", document.work_directory).end_object();
}

}  // namespace

std::string encode_results(std::span<const CommandResult> results) {
    JsonWriter out;
    write_results(out, results);
    return out.take("\n");
}

std::string encode_response(const Response& response) {
    JsonWriter out;
    out.begin_object().member("requestId", response.request_id);
    write_results(out.key("results"), response.results);
    if (!response.error.empty()) out.member("error", response.error);
    out.end_object();
    return out.take("\n");
}

std::string encode_refusal(std::string_view request_id, std::string_view error) {
    JsonWriter out;
    out.begin_object().member("requestId", request_id).key("results").null();
    out.member("error", error).end_object();
    return out.take("\n");
}

std::string encode_string(std::string_view text) {
    JsonWriter out;
    out.value(text);
    return out.take();
}

std::string encode_strings(const std::map<std::string, std::string>& strings) {
    JsonWriter out;
    write_strings(out, strings);
    return out.take();
}

std::string encode_version() {
    std::map<std::string_view, std::string_view> words = {{"buildVersion", kSpokenVersion},
                                                          {"goVersion", "assay " ASSAY_VERSION},
                                                          {"os", "linux"},
                                                          {"platform", "amd64"}};
    for (const std::string_view feature : kFeatures) words[feature] = {};
    JsonWriter out;
    out.begin_object();
    for (const auto& [name, text] : words) {
        out.key(name);
        text.empty() ? out.value(true) : out.value(text);
    }
    out.end_object();
    return out.take();
}

std::string encode_config(const ConfigDocument& document) {
    JsonWriter out;
    out.begin_object();
    for (const std::string_view feature : kFeatures) {
        if (feature == "fixSymlinkEscape") out.member("fileStorePath", document.file_store_path);
        if (feature == "stream") write_runner(out.key("runnerConfig"), document);
        out.member(feature, true);
    }
    out.end_object();
    return out.take();
}

}  // namespace assay::judge::wire
