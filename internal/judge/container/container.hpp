// What a slot of the judge looks like inside: mounts, links, masks, names, ids, system-call policy.
//
// Built in, or read from a mount file and a policy file. Both kinds of file may be YAML as go-judge
// reads it, or TOML (a name that ends in .toml):
//
//   workDir = "/w"
//   [[mount]]
//   type = "bind"                # or "tmpfs", with `data` in place of `source`
//   source = "/usr"
//   target = "/usr"
//   readonly = true
//
// with the keys of mount.yaml: mount symLink maskPath workDir hostName domainName uid gid proc
// procrw initCmd. An unknown key is an error in TOML and a note for YAML, which deployments bring
// along. A file that is not there means the built-in ones, as in go-judge.
//
// Policies: YAML in the format of go-seccomp-bpf, TOML as internal/runner reads it. Unlike
// go-judge, where no file means no filter, assay's default policy holds then; "none" turns it off.
//
// Errors are usage errors "FILE:LINE:COLUMN: reason". Used once, at the start.
// Sources: go-judge's mount.yaml; go-seccomp-bpf, policies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "internal/judge/model/config_document.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

struct ContainerOptions {
    std::string mount_file = "mount.yaml";
    std::string policy_file = "seccomp.yaml";              // "none": no policy
    std::string tmpfs_options = "size=128m,nr_inodes=4k";  // of the built-in mounts alone
    bool share_network = false;
    // Programs are uid and gid of the mount file (1000) inside; else they are 0.
    bool own_ids = false;
};

struct Container {
    sandbox::SlotSpec slots;
    sandbox::Ids configured_ids;     // of the mount file, whether they are in use or not
    std::vector<std::string> notes;  // for the log: files that are not there, keys without meaning
};

Result<Container> read_container(const ContainerOptions& options);

// What GET /config says of it: all but the control groups and the store.
ConfigDocument describe(const Container& container);

}  // namespace assay::judge
