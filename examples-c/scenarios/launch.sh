#  launch.sh - how run-guide and run-articles run systems that use fixed ports
#
#  Each system gets a folder and a network of its own (unshare); where that is
#  not permitted they run one after another. Expects $here, $work, $jobs, and
#  the name of the command itself in $command.

passed=0 failed=0 skipped=0

row() {
    printf '%-5s %-7s %-36s %s\n' "$1" "$2" "$3" "${4-}"
    case $1 in
        ok) passed=$((passed + 1)) ;;
        skip) skipped=$((skipped + 1)) ;;
        *) failed=$((failed + 1)) ;;
    esac
}

closing() {
    echo "$passed passed, $failed failed, $skipped skipped"
    ((failed == 0))
}

#  none REASON: nothing can run here
none() {
    echo "$1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}

#  library FOLDER: the file of the library in it, in $LIBRARY
library() {
    local candidate
    for candidate in "$1/libzmq.so.5" "$1/libzmq_rs.so"; do
        [[ -e $candidate ]] && LIBRARY=$(readlink -f "$candidate") && return
    done
    echo "E: no libzmq.so.5 or libzmq_rs.so in $1" >&2
    exit 2
}

#  provide FOLDER FILE: the library under each name it is asked for; the loader
#  sees that they are one file
provide() {
    local name
    mkdir "$1"
    for name in libzmq.so libzmq.so.5 libzmq_rs.so.5; do ln -s "$2" "$1/$name"; done
}

#  mix FOLDER TURN: every second process gets the library in FOLDER
mix() {
    local LIBRARY
    library "$1"
    provide "$work/other" "$LIBRARY"
    export SCENARIO_OTHER=$work/other SCENARIO_TURN=$2
    echo "Every second process over $LIBRARY"
}

launch() {
    mkdir -p "$work/$1.d"
    (
        cd "$work/$1.d" || exit 1
        timeout -k 5 "${SCENARIO_LIMIT:-300}" "${alone[@]}" "$command" --scenario "$1" >log 2>&1
        echo $? >code
    ) &
}

#  What is worth a word: what the scenario says of itself, and who ran on what
note() {
    sed -n 's/^NOTE: *//p' "$1/log" | paste -s -d ';'
    [[ ${SCENARIO_OTHER-} ]] &&
        echo "$(cat "$1/on-ours" 2>/dev/null | wc -l) ours, $(cat "$1/on-other" 2>/dev/null | wc -l) other"
}

#  systems NAME...: runs them, and prints a row for each
systems() {
    local name running=0 dir log
    alone=(unshare -r -n bash -c 'ip link set lo up && exec "$@"' -)
    if ! "${alone[@]}" true 2>/dev/null; then
        alone=()
        jobs=1
    fi
    for name; do
        if ((running >= jobs)); then wait -n; running=$((running - 1)); fi
        launch "$name"
        running=$((running + 1))
    done
    wait
    for name; do
        dir=$work/$name.d
        case $(cat "$dir/code") in
            0) row ok run "$name" "$(note "$dir" | paste -s -d ';')" ;;
            77) row skip run "$name" "$(tail -1 "$dir/log")" ;;
            *) row FAIL run "$name" "$(grep -m1 FAILED "$dir/log" || tail -1 "$dir/log")"
               for log in "$dir"/*.out "$dir"/*.err; do
                   [[ -s $log ]] && { echo "        --- ${log##*/}"; tail -3 "$log" | cut -c1-160 | sed 's/^/        /'; }
               done ;;
        esac
    done
}
