// A mount file, and what holds without one. Private to the package.
#pragma once

#include <string>
#include <vector>

#include "pkg/flags/toml_document.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

struct MountFile {
    std::vector<sandbox::SlotMount> mounts;
    std::vector<sandbox::Symlink> symlinks;
    std::vector<std::string> masked;
    std::string work_directory = "/w";
    std::string host_name = "executor_server";
    std::string domain_name = "executor_server";
    sandbox::Ids ids{1000, 1000};
    std::vector<std::string> init_command;
};

// go-judge's built-in mounts; the tmpfs of /w and /tmp get these options.
MountFile builtin_mounts(const std::string& tmpfs_options);

// `is_strict`: unknown keys are errors. Links and masks that are not given are the built-in ones.
Result<MountFile> read_mount_file(const flags::TomlDocument& document, bool is_strict,
                                  std::vector<std::string>& notes);

}  // namespace assay::judge
