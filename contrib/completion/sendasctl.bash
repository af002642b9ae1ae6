# SPDX-License-Identifier: BSD-2-Clause
# Completion of sendasctl(8) for bash.

_sendasctl()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local commands="init grant revoke grants import export check config explain mta-check reasons"
    local options="--config --store --help --version"
    local command="" i

    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --config | --store | --postfix | --service) ((i++)) ;;
        -*) ;;
        *)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    case $before in
    -c | --config | --store)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --from | --to)
        mapfile -t COMPREPLY < <(compgen -W postfix -- "$word")
        return
        ;;
    --postfix)
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
        ;;
    --login | --mail-from | --mail-addr | --client | --service)
        return
        ;;
    esac
    case $command in
    "")
        mapfile -t COMPREPLY < <(compgen -W "$commands $options" -- "$word")
        return
        ;;
    import) options+=" --from" ;;
    export) options+=" --to" ;;
    explain) options+=" --json --login --mail-from --mail-addr --client" ;;
    mta-check) options+=" --json --postfix --service" ;;
    grants | check | config | reasons) options+=" --json" ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    elif [[ $command == config && $before == config ]]; then
        mapfile -t COMPREPLY < <(compgen -W "check options" -- "$word")
    elif [[ $command == @(config|explain|import) ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _sendasctl sendasctl
