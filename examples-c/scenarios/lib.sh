#  lib.sh - what the scenarios are written in
#
#  A scenario is a function scenario_NAME, run in an empty folder. It starts
#  programs under short names, waits for lines they print, and checks. Nothing
#  here waits for a time to pass: await returns as soon as the line is there.

declare -A PID
STARTED=0

fail() {
    echo "FAILED: $*"
    exit 1
}

skip() {
    echo "$*"
    exit 77
}

#  No program outlives its scenario
cleanup() {
    local name
    for name in "${!PID[@]}"; do kill -9 "${PID[$name]}" 2>/dev/null; done
    wait 2>/dev/null
}

run_scenario() {
    trap cleanup EXIT
    export ZMQ_EXAMPLE_SECONDS=$((140 + 20 * ${SCENARIO_ROUNDS:-0}))
    "scenario_$1"
}

#  start NAME [VAR=value...] program [argument...]: in the background, output in
#  NAME.out and NAME.err. VAR stands for ZMQ_EXAMPLE_VAR.
start() {
    local name=$1 vars=()
    shift
    while [[ $1 =~ ^[A-Z_0-9]+= ]]; do vars+=("ZMQ_EXAMPLE_$1"); shift; done
    : >"$name.out"
    : >"$name.err"
    #  SCENARIO_OTHER: a folder with another library, which every second
    #  program gets, beginning with number SCENARIO_TURN
    if [[ ${SCENARIO_OTHER-} ]] && ((STARTED++ % 2 == SCENARIO_TURN)); then
        vars+=("LD_LIBRARY_PATH=$SCENARIO_OTHER")
        echo "$name" >>on-other
    else
        echo "$name" >>on-ours
    fi
    #  SCENARIO_WRAP: a command to run them under; STDIN: a file to read
    env "${vars[@]}" ${SCENARIO_WRAP-} "$@" >"$name.out" 2>"$name.err" <"${STDIN:-/dev/null}" &
    PID[$name]=$!
}

#  run NAME [VAR=value...] program...: start it and wait; its exit code must be 0
run() {
    start "$@"
    finish "$1"
}

#  await_lines NAME PATTERN COUNT [SECONDS]: until so many lines of its output match
await_lines() {
    local name=$1 pattern=$2 count=$3 limit=${4:-60} fd follower found
    exec {fd}< <(exec tail -q -n +1 -f "$name.out" "$name.err" 2>/dev/null)
    follower=$!
    found=$(timeout "$limit" grep -m"$count" -c -E -- "$pattern" <&"$fd")
    kill "$follower" 2>/dev/null
    exec {fd}<&-
    ((${found:-0} == count)) || fail "$name did not print '$pattern' $count times"
}

#  await NAME PATTERN [SECONDS]: until a line of its output matches
await() {
    await_lines "$1" "$2" 1 "${3:-60}"
}

#  endpoint NAME ROLE: where it is bound, in $ENDPOINT
endpoint() {
    await "$1" "^bound $2 "
    ENDPOINT=$(sed -n "s/^bound $2 //p" "$1.err" | tail -1)
}

#  finish NAME [CODE]: it ends by itself with this exit code
finish() {
    local code
    wait "${PID[$1]}"
    code=$?
    unset "PID[$1]"
    ((code == ${2:-0})) || fail "$1 ended with $code"
}

#  ended NAME SECONDS: it ends within so many, whatever its exit code
ended() {
    local turns=0
    while kill -0 "${PID[$1]}" 2>/dev/null; do
        ((turns++ < 20 * $2)) || fail "$1 does not end"
        nap 50
    done
    wait "${PID[$1]}"
    unset "PID[$1]"
}

#  stop NAME...: ask it to end
stop() {
    local name
    for name; do kill "${PID[$name]}" 2>/dev/null; done
    for name; do wait "${PID[$name]}" 2>/dev/null; unset "PID[$name]"; done
}

#  crash NAME: end it without warning
crash() {
    kill -9 "${PID[$1]}" 2>/dev/null
    wait "${PID[$1]}" 2>/dev/null
    unset "PID[$1]"
}

#  drop NAME...: end them without ceremony
drop() {
    local name
    for name; do crash "$name"; done
}

#  connected PORT COUNT: until so many connections to a local port are made.
#  The system reports no event for that, so this looks again and again.
connected() {
    local hex found turns=0
    hex=$(printf '%04X' "$1")
    while found=$(awk -v port=":$hex" '$4 == "01" && substr($2, length($2) - 4) == port' \
            /proc/net/tcp /proc/net/tcp6 2>/dev/null | wc -l); ((found < $2)); do
        ((turns++ < 600)) || fail "only $found connections to port $1"
        read -r -t 0.05 <> <(:)
    done
}

#  listening PORT: until somebody accepts connections to a local port
listening() {
    local hex turns=0
    hex=$(printf '%04X' "$1")
    until awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }' \
            /proc/net/tcp /proc/net/tcp6; do
        ((turns++ < 600)) || fail "nobody listens on port $1"
        read -r -t 0.05 <> <(:)
    done
}

#  one_library: such a scenario says nothing about two of them together
one_library() {
    [[ -z ${SCENARIO_OTHER-} ]] || skip "is about one library"
}

#  nap MILLISECONDS: for what happens at a random moment, never to wait for something
nap() {
    read -r -t "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" <> <(:)
}

#  lines NAME PATTERN: how many
lines() {
    grep -c -E -- "$2" "$1.out"
}

#  expect NAME PATTERN COUNT: exactly so many lines
expect() {
    local found
    found=$(lines "$1" "$2")
    ((found == $3)) || fail "$1: $found lines '$2', not $3"
}

#  between VALUE LOW HIGH WHAT
between() {
    (($1 >= $2 && $1 <= $3)) || fail "$4: $1 is not between $2 and $3"
}

#  clean NAME: its valgrind report shows no error, and nothing in use at exit
clean() {
    grep -q 'in use at exit: 0 bytes in 0 blocks' $1.err || fail "$(grep 'in use at exit' $1.err)"
    grep -q 'ERROR SUMMARY: 0 errors' $1.err || fail "$(grep 'ERROR SUMMARY' $1.err)"
    echo "NOTE:$(sed -n 's/.*total heap usage://p' $1.err)"
}

#  The version in the header that programs are built with
header_version() {
    awk '/define ZMQ_VERSION_(MAJOR|MINOR|PATCH)/ { printf "%s%s", dot, $3; dot = "." }' "$SCENARIO_INCLUDE/zmq.h"
}

now_ms() {
    date +%s%3N
}

TCP='tcp://127.0.0.1:*'
