# What all stand-ins share: each writes down how it was called, fails as asked, and can kill the tool that started it.
name=${0##*/}
printf -v called '\x1f%s' "$name" "$@"
printf '%s\x1f%s%s\n' "$PWD" "${AWS_VAULT:--}" "$called" >>"$CARRIED/log"
compgen -e >>"$CARRIED/environment"

# Fail where the test asks for it, by the program's name, what it is to do, and the profile.
fail_if_asked() {
    local file
    for file in "$CARRIED/fail.$name.$1" "$CARRIED/fail.$name.$1.${AWS_VAULT:-}"; do
        if [[ -e $file ]]; then
            echo "$name: as the test asked" >&2
            exit "$(<"$file")"
        fi
    done
}

# The effect is there; the tool is killed once for each, before it can write that down.
kill_if_asked() {
    local mark="$CARRIED/killed/$name.$1"
    if [[ -d $CARRIED/killed && ! -e $mark ]]; then
        touch "$mark"
        kill -KILL "$CARRIED_TOOL"
    fi
}
