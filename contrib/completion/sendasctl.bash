# SPDX-License-Identifier: BSD-2-Clause
# Completion of sendasctl(8) for bash.

_sendasctl()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local commands="init grant revoke grants group import export check config explain report suggest status flush"
    commands+=" map mta-check reasons"
    commands+=" user"
    local user="add passwd delete disable enable list show alias set app locks unlock"
    local app="add list delete disable enable"
    local formats="postfix sendas passwd-file shadow htpasswd sasldb csv sqlite"
    local uses="send_as on_behalf resend deny groups alias_domains"
    local options="--config --store --help --version"
    local words=() i

    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --config | --store | --postfix | --sendmail | --service | --authd-config | --accounts) ((i++)) ;;
        --from | --to | --until | --login | --mail-from | --mail-addr | --client | --since | --replay) ((i++)) ;;
        --right | --use) ((i++)) ;;
        --client-name | --daemon | --mechanism | --tls | --cert-subject) ((i++)) ;;
        --cert-issuer | --auth-param | --host) ((i++)) ;;
        -*) ;;
        *) words+=("${COMP_WORDS[i]}") ;;
        esac
    done
    case $before in
    -c | --config | --store | --authd-config | --accounts | --replay | --sendmail)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --from)
        mapfile -t COMPREPLY < <(compgen -W "$formats" -- "$word")
        return
        ;;
    --to)
        mapfile -t COMPREPLY < <(compgen -W "postfix sendas" -- "$word")
        return
        ;;
    --right)
        mapfile -t COMPREPLY < <(compgen -W "send-as on-behalf resend" -- "$word")
        return
        ;;
    --use)
        mapfile -t COMPREPLY < <(compgen -W "$uses" -- "$word")
        return
        ;;
    --postfix)
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
        ;;
    --login | --mail-from | --mail-addr | --client | --service | --until | --since)
        return
        ;;
    --client-name | --daemon | --mechanism | --tls | --cert-subject)
        return
        ;;
    --cert-issuer | --auth-param | --host)
        return
        ;;
    esac
    case ${words[*]} in
    "")
        mapfile -t COMPREPLY < <(compgen -W "$commands $options" -- "$word")
        return
        ;;
    grant | grant\ *) options+=" --on-behalf --resend --deny --until" ;;
    revoke*) options+=" --on-behalf --resend --deny" ;;
    check*) options+=" --json --right" ;;
    map*) options+=" --json --use" ;;
    group\ list*) options+=" --json" ;;
    init*) options+=" --authd-config --accounts" ;;
    import*) options+=" --from --authd-config --accounts --update --skip --dry-run" ;;
    export*) options+=" --to" ;;
    report*) options+=" --json --since --until --journal --login" ;;
    suggest*) options+=" --json --since --until --journal --login --rules" ;;
    explain*)
        options+=" --json --login --mail-from --mail-addr --client --client-name --daemon"
        options+=" --mechanism --tls --cert-subject --cert-issuer --auth-param --host"
        options+=" --smtputf8"
        ;;
    mta-check*) options+=" --json --postfix --sendmail --service" ;;
    config\ diff*) options+=" --json --replay --journal --since --until" ;;
    config\ check*) options+=" --json --authd-config --accounts" ;;
    grants* | config* | status* | reasons*) options+=" --json" ;;
    user*) options+=" --authd-config --accounts" ;;&
    user\ add* | user\ passwd*) options+=" --generate --no-rules" ;;
    user\ list* | user\ show* | user\ locks* | user\ app\ list*) options+=" --json" ;;
    user\ alias*) options+=" --remove" ;;
    user\ app\ add*) options+=" --until" ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
        return
    fi
    case ${words[*]} in
    config) mapfile -t COMPREPLY < <(compgen -W "check diff options" -- "$word") ;;
    group) mapfile -t COMPREPLY < <(compgen -W "add remove list delete" -- "$word") ;;
    map) mapfile -t COMPREPLY < <(compgen -W "query test" -- "$word") ;;
    user) mapfile -t COMPREPLY < <(compgen -W "$user" -- "$word") ;;
    user\ app) mapfile -t COMPREPLY < <(compgen -W "$app" -- "$word") ;;
    config\ check | config\ diff* | explain | import | report* | suggest*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}
complete -o filenames -F _sendasctl sendasctl
