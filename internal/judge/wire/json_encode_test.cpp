#include <catch2/catch.hpp>

#include "internal/judge/wire/json.hpp"

namespace assay::judge::wire {
namespace {

TEST_CASE("json: a result has the published members in the published order", "[judge][json]") {
    CommandResult result;
    result.status = Status::kAccepted;
    result.time = std::chrono::milliseconds(1);
    result.memory_bytes = 262144;
    result.run_time = std::chrono::milliseconds(2);
    CHECK(encode_results(std::span(&result, 1)) ==
          R"([{"status":"Accepted","exitStatus":0,"time":1000000,"memory":262144,)"
          R"("runTime":2000000}])"
          "\n");

    result.status = Status::kFileError;
    result.exit_status = -1;
    result.error = "e";
    result.process_peak = 3;
    result.files = {{"stdout", "out"}, {"a", "x"}};
    result.file_ids = {{"b", "MDCGH2HC"}};
    result.file_errors = {{"c", FileErrorType::kCopyOutOpen, "m"},
                          {"d", FileErrorType::kSymlink, ""}};
    CHECK(encode_results(std::span(&result, 1)) ==
          R"([{"status":"File Error","exitStatus":-1,"error":"e","time":1000000,"memory":262144,)"
          R"("runTime":2000000,"procPeak":3,"files":{"a":"x","stdout":"out"},)"
          R"("fileIds":{"b":"MDCGH2HC"},"fileError":[{"name":"c","type":"CopyOutOpen",)"
          R"("message":"m"},{"name":"d","type":"Symlink"}]}])"
          "\n");
    CHECK(encode_results({}) == "[]\n");
}

TEST_CASE("json: responses of /ws tell no results from none at all", "[judge][json]") {
    CHECK(encode_response({"a", {}, ""}) == "{\"requestId\":\"a\",\"results\":[]}\n");
    CHECK(encode_response({"a", {}, "worker queue is full"}) ==
          "{\"requestId\":\"a\",\"results\":[],\"error\":\"worker queue is full\"}\n");
    CHECK(encode_refusal("", "empty request id") ==
          "{\"requestId\":\"\",\"results\":null,\"error\":\"empty request id\"}\n");
}

TEST_CASE("json: strings are escaped as Go does", "[judge][json]") {
    CHECK(encode_string("a\"\\\b\f\n\r\t\x01\x1f\x7f") ==
          "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    CHECK(encode_string("<a href=\"x\">&") == R"("\u003ca href=\"x\"\u003e\u0026")");
    CHECK(encode_string("\u2027\u2028\u2029\u00e9\U0001f600") ==
          "\"\u2027\\u2028\\u2029\u00e9\U0001f600\"");
    CHECK(encode_string("x\xff\xc3(\xe2\x82\xed\xa0\x80") ==
          R"("x\ufffd\ufffd(\ufffd\ufffd\ufffd\ufffd\ufffd")");
    CHECK(encode_string("\xf4\x90\x80\x80") == R"("\ufffd\ufffd\ufffd\ufffd")");
    CHECK(encode_string({}) == "\"\"");
    CHECK(encode_strings({{"B", "b"}, {"A", ""}}) == R"({"A":"","B":"b"})");
    CHECK(encode_strings({}) == "{}");
}

TEST_CASE("json: the version names the interface and every feature", "[judge][json]") {
    CHECK(encode_version() ==
          R"({"addressSpaceLimit":true,"buildVersion":"v1.12.2","copyOutOptional":true,)"
          R"("copyOutTruncate":true,"fixSymlinkEscape":true,"goVersion":"assay )" ASSAY_VERSION
          R"(","os":"linux","pipeProxy":true,"pipeProxyZeroCopy":true,"platform":"amd64",)"
          R"("procPeak":true,"stream":true,"symlink":true})");
}

TEST_CASE("json: the configuration has Go's capital keys in mounts", "[judge][json]") {
    ConfigDocument document;
    document.file_store_path = "/dev/shm/go-judge";
    document.cgroup_type = 2;
    document.cgroup_controllers = {"cpu", "memory"};
    document.mounts = {{"/bin", "bin", "", "", 20481}};
    document.links = {{"/dev/fd", "/proc/self/fd"}};
    document.masked = {"/proc/keys"};
    document.host_name = "h";
    document.domain_name = "d";
    document.work_directory = "/w";
    document.uid = document.gid = 1000;
    CHECK(encode_config(document) ==
          R"({"addressSpaceLimit":true,"copyOutOptional":true,"copyOutTruncate":true,)"
          R"("fileStorePath":"/dev/shm/go-judge","fixSymlinkEscape":true,"pipeProxy":true,)"
          R"("pipeProxyZeroCopy":true,"procPeak":true,"runnerConfig":{)"
          R"("cgroupControllers":["cpu","memory"],"cgroupType":2,"domainName":"d","gid":1000,)"
          R"("hostName":"h","maskedPaths":["/proc/keys"],"mount":[{"Source":"/bin",)"
          R"("Target":"bin","FsType":"","Data":"","Flags":20481}],"symbolicLink":[{)"
          R"("LinkPath":"/dev/fd","Target":"/proc/self/fd"}],"uid":1000,"workDir":"/w"},)"
          R"("stream":true,"symlink":true})");
}

TEST_CASE("model: names are those that clients compare", "[judge][model]") {
    CHECK(name_of(Status::kNonzeroExitStatus) == "Nonzero Exit Status");
    CHECK(name_of(Status::kInternalError) == "Internal Error");
    CHECK(name_of(Status::kInvalid) == "Invalid");
    CHECK(name_of(FileErrorType::kCopyInOpenFile) == "CopyInOpenFile");
    CHECK(name_of(FileErrorType::kSymlink) == "Symlink");
}

}  // namespace
}  // namespace assay::judge::wire
