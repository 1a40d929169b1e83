# bash completion for assay, written by 'assay completion bash': do not edit.

_assay_reply() {
    mapfile -t COMPREPLY < <(compgen "$@" -- "$piece")
}

_assay_files() {
    compopt -o filenames 2>/dev/null
    _assay_reply "$@"
}

# Sets flags, valued (those that take a value) and operands (other words) of a command.
_assay_describe() {
    flags='--config --color --help'
    valued=' --config --color '
    operands=
    case $1 in
        '')
            operands='run serve-judge check config completion help'
            flags+=' --version'
            ;;
        help) operands='run serve-judge check config completion' ;;
        run)
            operands='program'
            flags+=' --cpu-limit --wall-limit --extra-time --memory-limit --stack-limit --process-limit --file-size-limit --output-limit --open-files --disk-limit --inode-limit --address-space-limit --cpu-rate --cpu-set --bind --tmpfs --rootfs --workdir --writable --copy-in --copy-out --env --clear-env --hostname --user --net --seccomp --trace-syscalls --require --stdin --stdout --stderr --tty --summary --json --meta --interact --transcript --cases --compare --compile --fail-fast --jobs --junit --repeat --warmup'
            valued+='--cpu-limit --wall-limit --extra-time --memory-limit --stack-limit --process-limit --file-size-limit --output-limit --open-files --disk-limit --inode-limit --address-space-limit --cpu-rate --cpu-set --bind --tmpfs --rootfs --workdir --copy-in --copy-out --env --hostname --user --net --seccomp --trace-syscalls --require --stdin --stdout --stderr --json --meta --interact --transcript --cases --compare --compile --jobs --junit --repeat --warmup '
            ;;
        serve-judge)
            operands=''
            flags+=' --http-addr --monitor-addr --enable-metrics --auth-token --body-limit --parallelism --pre-fork --cpuset --time-limit-checker-interval --extra-memory-limit --output-limit --copy-out-limit --open-file-limit --enable-cpu-rate --cpu-cfs-period --cgroup-prefix --no-fallback --dir --file-timeout --src-prefix --compat-copyin --mount-conf --tmp-fs-param --seccomp-conf --net-share --container-cred-start --log-format --release --silent --ready-fd --drain-timeout --print-systemd-unit --version --enable-grpc --grpc-addr --grpc-msg-size --enable-debug --container-init-path --force-gc-target --force-gc-interval'
            valued+='--http-addr --monitor-addr --auth-token --body-limit --parallelism --pre-fork --cpuset --time-limit-checker-interval --extra-memory-limit --output-limit --copy-out-limit --open-file-limit --cpu-cfs-period --cgroup-prefix --dir --file-timeout --src-prefix --mount-conf --tmp-fs-param --seccomp-conf --container-cred-start --log-format --ready-fd --drain-timeout --grpc-addr --grpc-msg-size --container-init-path --force-gc-target --force-gc-interval '
            ;;
        check)
            operands=''
            flags+=' --json'
            ;;
        config)
            operands='run serve-judge check config completion'
            flags+=' --json'
            ;;
        completion)
            operands='bash zsh fish'
            ;;
    esac
}

# Completes the value of a flag of a command.
_assay_value() {
    case $1:$2 in
        *:--config) _assay_files -f ;;
        *:--color) _assay_reply -W 'auto always never' ;;
        run:--bind) _assay_files -f ;;
        run:--rootfs) _assay_files -d ;;
        run:--copy-in) _assay_files -f ;;
        run:--net) _assay_reply -W 'none host' ;;
        run:--seccomp) _assay_files -f ;;
        run:--trace-syscalls) _assay_files -f ;;
        run:--require) _assay_reply -W 'cgroup' ;;
        run:--stdin) _assay_files -f ;;
        run:--stdout) _assay_files -f ;;
        run:--stderr) _assay_files -f ;;
        run:--json) _assay_files -f ;;
        run:--meta) _assay_files -f ;;
        run:--transcript) _assay_files -f ;;
        run:--cases) _assay_files -d ;;
        run:--compare) _assay_files -f ;;
        run:--junit) _assay_files -f ;;
        serve-judge:--dir) _assay_files -d ;;
        serve-judge:--src-prefix) _assay_files -d ;;
        serve-judge:--mount-conf) _assay_files -f ;;
        serve-judge:--seccomp-conf) _assay_files -f ;;
        serve-judge:--log-format) _assay_reply -W 'text json' ;;
        serve-judge:--container-init-path) _assay_files -f ;;
    esac
}

_assay_program() {
    if ((COMP_CWORD == $1)); then
        _assay_files -f -c
    elif declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    else
        _assay_files -f
    fi
}

# Undoes readline's splitting at '=' and ':'.
# Sets words, and starts: where each of them begins in COMP_WORDS.
_assay_join() {
    local line=${COMP_LINE:0:COMP_POINT} i
    words=() starts=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((i > 0)) && [[ $line && $line != [[:space:]]* ]]; then
            words[-1]+=${COMP_WORDS[i]}
        else
            line=${line#"${line%%[![:space:]]*}"}
            words+=("${COMP_WORDS[i]}")
            starts+=("$i")
        fi
        line=${line#"${COMP_WORDS[i]}"}
    done
}

_assay() {
    local words starts current piece i word command= flag= flags valued operands
    COMPREPLY=()
    _assay_join
    current=${words[-1]}
    piece=${COMP_WORDS[COMP_CWORD]}
    [[ $piece == [=:] ]] && piece=
    _assay_describe ''
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        word=${words[i]}
        if [[ $flag ]]; then
            flag=
        elif [[ $valued == *" $word "* ]]; then
            flag=$word
        elif [[ $operands == program && $word == -- ]]; then
            _assay_program "${starts[i + 1]}"
            return
        elif [[ $word != -* && ! $command ]]; then
            command=$word
            _assay_describe "$command"
        elif [[ $word != -* && $operands == program ]]; then
            _assay_program "${starts[i]}"
            return
        fi
    done
    if [[ $flag ]]; then
        _assay_value "$command" "$flag"
    elif [[ $current == --*=* ]]; then
        _assay_value "$command" "${current%%=*}"
    elif [[ $current == -* ]]; then
        _assay_reply -W "$flags"
    elif [[ $operands == program ]]; then
        _assay_program "${starts[-1]}"
    elif [[ $operands ]]; then
        _assay_reply -W "$operands"
    fi
}

complete -F _assay assay
