# fish completion for assay, written by 'assay completion fish': do not edit.

# Prints the flags of a command that take a value.
function __assay_valued
    string split ' ' -- '--config --color'
    switch "$argv[1]"
        case run
            string split ' ' -- '--cpu-limit --wall-limit --extra-time --memory-limit --stack-limit --process-limit --file-size-limit --output-limit --open-files --disk-limit --inode-limit --address-space-limit --cpu-rate --cpu-set --bind --tmpfs --rootfs --workdir --copy-in --copy-out --env --hostname --user --net --seccomp --trace-syscalls --require --stdin --stdout --stderr --json --meta --interact --transcript --cases --compare --compile --jobs --junit --repeat --warmup'
        case serve-judge
            string split ' ' -- '--http-addr --monitor-addr --auth-token --body-limit --parallelism --pre-fork --cpuset --time-limit-checker-interval --extra-memory-limit --output-limit --copy-out-limit --open-file-limit --cpu-cfs-period --cgroup-prefix --dir --file-timeout --src-prefix --mount-conf --tmp-fs-param --seccomp-conf --container-cred-start --log-format --ready-fd --drain-timeout --grpc-addr --grpc-msg-size --container-init-path --force-gc-target --force-gc-interval'
    end
end

function __assay_takes_program
    contains -- "$argv[1]" run
end

# Prints the command, if one is given, then '--', program and arguments, if those have begun.
function __assay_scan
    set -l tokens (commandline -opc)
    set -e tokens[1]
    set -l command
    while set -q tokens[1]
        set -l token $tokens[1]
        set -e tokens[1]
        if contains -- $token (__assay_valued "$command")
            set -e tokens[1]
        else if test "$token" = --; and __assay_takes_program "$command"
            printf '%s\n' $command --
            set -q tokens[1]; and printf '%s\n' $tokens
            return
        else if string match -q -- '-*' $token
            continue
        else if test -z "$command"
            set command $token
        else if __assay_takes_program "$command"
            printf '%s\n' $command -- $token $tokens
            return
        end
    end
    test -n "$command"; and printf '%s\n' $command
end

# Whether options of this command may stand at the cursor; no command: before its name.
function __assay_is
    set -l scan (__assay_scan)
    test "$scan" = "$argv[1]"
end

function __assay_in_program
    test (count (__assay_scan)) -gt 2
end

function __assay_program_due
    set -l scan (__assay_scan)
    test (count $scan) -le 2; and __assay_takes_program "$scan[1]"
end

function __assay_complete_program
    set -l scan (__assay_scan)
    complete -C "$(string escape -- $scan[3..-1] | string join ' ') $(commandline -ct)"
end

complete -c assay -f
complete -c assay -n __assay_program_due -F -a '(__fish_complete_command)'
complete -c assay -n __assay_in_program -a '(__assay_complete_program)'
complete -c assay -n 'not __assay_in_program' -s h -l help -d 'print help and exit'
complete -c assay -n '__assay_is ""' -l version -d 'print the version and exit'
complete -c assay -n 'not __assay_in_program' -l config -r -F -d 'read settings from FILE'
complete -c assay -n 'not __assay_in_program' -l color -x -a 'auto always never' -d 'colour the output'
complete -c assay -n '__assay_is help' -a 'run serve-judge check config completion'

complete -c assay -n '__assay_is ""' -a run -d 'run a program under limits'
complete -c assay -n '__assay_is run' -l cpu-limit -x -d 'CPU time'
complete -c assay -n '__assay_is run' -l wall-limit -x -d 'real time'
complete -c assay -n '__assay_is run' -l extra-time -x -d 'past a time limit before the kill; the verdict stays'
complete -c assay -n '__assay_is run' -l memory-limit -x -d 'memory, swap included'
complete -c assay -n '__assay_is run' -l stack-limit -x -d 'stack of each process'
complete -c assay -n '__assay_is run' -l process-limit -x -d 'processes and threads at once'
complete -c assay -n '__assay_is run' -l file-size-limit -x -d 'size of each file written'
complete -c assay -n '__assay_is run' -l output-limit -x -d 'stdout and stderr together'
complete -c assay -n '__assay_is run' -l open-files -x -d 'descriptors of each process'
complete -c assay -n '__assay_is run' -l disk-limit -x -d 'all writable places in memory together'
complete -c assay -n '__assay_is run' -l inode-limit -x -d 'files and directories in them'
complete -c assay -n '__assay_is run' -l address-space-limit -x -d 'virtual memory of each process'
complete -c assay -n '__assay_is run' -l cpu-rate -x -d 'CPUs\' worth of time, such as 0.5'
complete -c assay -n '__assay_is run' -l cpu-set -x -d 'CPUs to run on, such as 0-1,3'
complete -c assay -n '__assay_is run' -l bind -r -F -d 'show a host file or directory'
complete -c assay -n '__assay_is run' -l tmpfs -x -d 'an empty directory in memory'
complete -c assay -n '__assay_is run' -l rootfs -x -a '(__fish_complete_directories)' -d 'use DIR as root; it stays untouched'
complete -c assay -n '__assay_is run' -l workdir -x -d 'directory to start in, as the program sees it'
complete -c assay -n '__assay_is run' -l writable -d 'let the program write in the current directory'
complete -c assay -n '__assay_is run' -l copy-in -r -F -d 'copy a host file in before the start'
complete -c assay -n '__assay_is run' -l copy-out -x -d 'copy a file out after the end'
complete -c assay -n '__assay_is run' -l env -x -d 'set a variable, or pass the caller\'s'
complete -c assay -n '__assay_is run' -l clear-env -d 'no variables but those of --env'
complete -c assay -n '__assay_is run' -l hostname -x -d 'host name in the sandbox'
complete -c assay -n '__assay_is run' -l user -x -d 'ids in the sandbox'
complete -c assay -n '__assay_is run' -l net -x -a 'none host' -d 'network: only an own loopback, or the host\'s'
complete -c assay -n '__assay_is run' -l seccomp -r -F -d 'system-call policy'
complete -c assay -n '__assay_is run' -l trace-syscalls -r -F -d 'write the policy that the program needs'
complete -c assay -n '__assay_is run' -l require -x -a 'cgroup' -d 'fail rather than enforce limits in a weaker way'
complete -c assay -n '__assay_is run' -l stdin -r -F -d 'read standard input from FILE'
complete -c assay -n '__assay_is run' -l stdout -r -F -d 'write standard output to FILE'
complete -c assay -n '__assay_is run' -l stderr -r -F -d 'write standard error to FILE'
complete -c assay -n '__assay_is run' -l tty -d 'give the program a terminal'
complete -c assay -n '__assay_is run' -l summary -d 'print verdict and figures on stderr'
complete -c assay -n '__assay_is run' -l json -r -F -d 'write the report as JSON'
complete -c assay -n '__assay_is run' -l meta -r -F -d 'write the report in isolate\'s form'
complete -c assay -n '__assay_is run' -l interact -x -d 'join a second program by pipes both ways'
complete -c assay -n '__assay_is run' -l transcript -r -F -d 'record what the two say'
complete -c assay -n '__assay_is run' -l cases -x -a '(__fish_complete_directories)' -d 'run on every NAME.in, compare with NAME.out or NAME.ans'
complete -c assay -n '__assay_is run' -l compare -r -F -d 'how to compare'
complete -c assay -n '__assay_is run' -l compile -x -d 'run this first, in a sandbox too'
complete -c assay -n '__assay_is run' -l fail-fast -d 'stop at the first case that fails'
complete -c assay -n '__assay_is run' -l jobs -x -d 'cases at a time'
complete -c assay -n '__assay_is run' -l junit -r -F -d 'write the cases as JUnit XML'
complete -c assay -n '__assay_is run' -l repeat -x -d 'run N times and report the spread'
complete -c assay -n '__assay_is run' -l warmup -x -d 'runs before those that count'

complete -c assay -n '__assay_is ""' -a serve-judge -d 'run programs for online judges, as go-judge does'
complete -c assay -n '__assay_is serve-judge' -l http-addr -x -d 'serve requests here'
complete -c assay -n '__assay_is serve-judge' -l monitor-addr -x -d 'serve metrics and health here'
complete -c assay -n '__assay_is serve-judge' -l enable-metrics -d 'serve /metrics, /healthz and /readyz'
complete -c assay -n '__assay_is serve-judge' -l auth-token -x -d 'want \'Authorization: Bearer TOKEN\''
complete -c assay -n '__assay_is serve-judge' -l body-limit -x -d 'refuse longer bodies; on loopback none, else 256M'
complete -c assay -n '__assay_is serve-judge' -l parallelism -x -d 'requests that run at a time; one per CPU'
complete -c assay -n '__assay_is serve-judge' -l pre-fork -x -d 'slots made at the start'
complete -c assay -n '__assay_is serve-judge' -l cpuset -x -d 'one worker per set of CPUs, instead of --parallelism'
complete -c assay -n '__assay_is serve-judge' -l time-limit-checker-interval -x -d 'look at limits at least that often'
complete -c assay -n '__assay_is serve-judge' -l extra-memory-limit -x -d 'memory above the limit before the kill'
complete -c assay -n '__assay_is serve-judge' -l output-limit -x -d 'size of each file that a program writes'
complete -c assay -n '__assay_is serve-judge' -l copy-out-limit -x -d 'copyOutMax of requests without one'
complete -c assay -n '__assay_is serve-judge' -l open-file-limit -x -d 'descriptors of each process'
complete -c assay -n '__assay_is serve-judge' -l enable-cpu-rate -d 'let requests set cpuRateLimit'
complete -c assay -n '__assay_is serve-judge' -l cpu-cfs-period -x -d 'period of the CPU rate'
complete -c assay -n '__assay_is serve-judge' -l cgroup-prefix -x -d 'name of the control groups'
complete -c assay -n '__assay_is serve-judge' -l no-fallback -d 'exit where there are no control groups'
complete -c assay -n '__assay_is serve-judge' -l dir -x -a '(__fish_complete_directories)' -d 'keep files here; else in shared memory, until the end'
complete -c assay -n '__assay_is serve-judge' -l file-timeout -x -d 'remove files not used for that long; 0: never'
complete -c assay -n '__assay_is serve-judge' -l src-prefix -x -a '(__fish_complete_directories)' -d 'where files named by src may lie; else anywhere'
complete -c assay -n '__assay_is serve-judge' -l compat-copyin -d 'ignore copyIn targets that cannot be opened'
complete -c assay -n '__assay_is serve-judge' -l mount-conf -r -F -d 'mounts, YAML or TOML'
complete -c assay -n '__assay_is serve-judge' -l tmp-fs-param -x -d 'of /w and /tmp without a mount file'
complete -c assay -n '__assay_is serve-judge' -l seccomp-conf -r -F -d 'system-call policy, YAML or TOML'
complete -c assay -n '__assay_is serve-judge' -l net-share -d 'share the host\'s network'
complete -c assay -n '__assay_is serve-judge' -l container-cred-start -x -d 'programs are uid 1000 inside when not 0, else uid 0'
complete -c assay -n '__assay_is serve-judge' -l log-format -x -a 'text json' -d 'form of the log'
complete -c assay -n '__assay_is serve-judge' -l release -d 'log no requests that went well'
complete -c assay -n '__assay_is serve-judge' -l silent -d 'no log'
complete -c assay -n '__assay_is serve-judge' -l ready-fd -x -d 'write a line there when requests are served'
complete -c assay -n '__assay_is serve-judge' -l drain-timeout -x -d 'for what runs when SIGTERM comes'
complete -c assay -n '__assay_is serve-judge' -l print-systemd-unit -d 'print a unit for systemd and exit'
complete -c assay -n '__assay_is serve-judge' -l version -d 'print the version and exit'
complete -c assay -n '__assay_is serve-judge' -l enable-grpc -d 'refused when true'
complete -c assay -n '__assay_is serve-judge' -l grpc-addr -x -d 'without effect'
complete -c assay -n '__assay_is serve-judge' -l grpc-msg-size -x -d 'without effect'
complete -c assay -n '__assay_is serve-judge' -l enable-debug -d 'without effect'
complete -c assay -n '__assay_is serve-judge' -l container-init-path -r -F -d 'without effect'
complete -c assay -n '__assay_is serve-judge' -l force-gc-target -x -d 'without effect'
complete -c assay -n '__assay_is serve-judge' -l force-gc-interval -x -d 'without effect'

complete -c assay -n '__assay_is ""' -a check -d 'show what this host offers, what is lost without the rest and what mends it'
complete -c assay -n '__assay_is check' -l json -d 'print one JSON object instead of a table'

complete -c assay -n '__assay_is ""' -a config -d 'show every setting, its value and where the value came from'
complete -c assay -n '__assay_is config' -l json -d 'print one JSON object instead of a table'
complete -c assay -n '__assay_is config' -a 'run serve-judge check config completion'

complete -c assay -n '__assay_is ""' -a completion -d 'print the completion script for a shell'
complete -c assay -n '__assay_is completion' -a 'bash zsh fish'
