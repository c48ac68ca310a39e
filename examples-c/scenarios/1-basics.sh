#  1-basics.sh - hello world, weather, pipeline

scenario_version() {
    one_library
    run version version
    expect version "^Current ØMQ version is [0-9]+\.[0-9]+\.[0-9]+$" 1
    grep -q -F "is $(header_version)" version.out || fail "the header says $(header_version): $(cat version.out)"
    ldd "$(type -p version)" | grep -q "$SCENARIO_WORK/lib" || fail "another library was loaded"
}

scenario_hello() {
    start server HELLO="$TCP" WORK_MS=5 hwserver
    endpoint server HELLO
    run client HELLO="$ENDPOINT" hwclient
    expect client '^Sending Hello [0-9]' 10
    expect client '^Received World [0-9]' 10
    expect server '^Received Hello$' 10
    stop server
}

scenario_hello_client_first() {
    start client HELLO=ipc://hello hwclient
    await client '^Sending Hello 0'
    start server HELLO=ipc://hello WORK_MS=5 COUNT=10 hwserver
    finish client
    expect client '^Received World' 10
    finish server
}

scenario_hello_cpp() {
    c++ -std=c++17 -I"$SCENARIO_INCLUDE" -include zmq.h -fsyntax-only -x c++ - <<<'#include <zmq.hpp>' 2>/dev/null ||
        skip "no zmq.hpp"
    c++ -std=c++17 -I"$SCENARIO_INCLUDE" -o hwserver_cpp "$here/hwserver.cpp" -L"$SCENARIO_WORK/lib" -lzmq ||
        fail "hwserver.cpp does not build"
    start server HELLO="$TCP" COUNT=10 ./hwserver_cpp
    endpoint server HELLO
    run client HELLO="$ENDPOINT" hwclient
    finish server
    expect server '^Received Hello$' 10
}

scenario_bind_twice() {
    start one HELLO="$TCP" hwserver
    endpoint one HELLO
    start two HELLO="$ENDPOINT" hwserver
    finish two 1
    grep -q 'Address already in use' two.err || fail "$(cat two.err)"
    stop one
}

scenario_hello_many_servers() {
    local ends=()
    for i in 1 2 3; do
        start s$i WORK_MS=1 hwserver_argv "$TCP"
        endpoint s$i HELLO
        ends+=("$ENDPOINT")
    done
    run client hwclient_mc "${ends[@]}"
    expect client '^Received World' 10
    #  Ten requests in turn: 4, 3, 3 in some order
    local shares
    shares=$(for i in 1 2 3; do lines s$i '^Received Hello'; done | sort | tr '\n' ' ')
    [[ $shares == '3 3 4 ' ]] || fail "shares were $shares"
    stop s1 s2 s3
}

scenario_hello_dealer() {
    start server HELLO="$TCP" WORK_MS=1 hwserver
    endpoint server HELLO
    run client HELLO="$ENDPOINT" hwclient2
    expect client '^Received respond msg: World' 10
    stop server
}

scenario_weather() {
    start server WEATHER="$TCP" wuserver
    endpoint server WEATHER
    local at=$ENDPOINT
    #  One code in a thousand makes a filter that is met often
    start client WEATHER="$at" COUNT=3000 wuclient 100
    await client '^Collecting'
    run before WEATHER="$at" COUNT=100 wuclient 10
    #  The client survives a restart of the server
    crash server
    start server WEATHER="$at" wuserver
    finish client
    expect client "^Average temperature for zipcode '100' was -?[0-9]+F$" 1
    stop server
}

scenario_weather_five_clients() {
    for i in 1 2 3 4 5; do start c$i WEATHER=ipc://weather COUNT=100 wuclient 1000$i; done
    start server WEATHER=ipc://weather wuserver
    for i in 1 2 3 4 5; do finish c$i; expect c$i '^Average temperature' 1; done
    local rss
    rss=$(awk '/VmRSS/ { print $2 }' "/proc/${PID[server]}/status")
    ((rss < 200000)) || fail "the server grew to $rss kB"
    stop server
}

#  pipeline N: 60 tasks over N workers
pipeline() {
    local n=$1 i cost elapsed total=0
    start sink SINK="$TCP" COUNT=60 tasksink
    endpoint sink SINK
    local sink=$ENDPOINT
    start vent VENTILATOR="$TCP" SINK="$sink" COUNT=60 WORKERS="$n" taskvent
    endpoint vent VENTILATOR
    for ((i = 1; i <= n; i++)); do start w$i VENTILATOR="$ENDPOINT" SINK="$sink" taskwork; done
    finish vent
    finish sink
    for ((i = 1; i <= n; i++)); do
        stop w$i
        local done_by
        done_by=$(sed -n 's/^Done: \([0-9]*\) tasks/\1/p' w$i.out)
        #  All were connected before the first task: equal shares
        ((done_by == 60 / n)) || fail "worker $i of $n did $done_by tasks"
        total=$((total + done_by))
    done
    ((total == 60)) || fail "$total tasks were done"
    cost=$(sed -n 's/^Total expected cost: \([0-9]*\) .*/\1/p' vent.out)
    elapsed=$(sed -n 's/^Total elapsed time: \([0-9]*\) .*/\1/p' sink.out)
    #  One worker at least has its share or more; equal shares differ in cost
    between "$elapsed" $((cost / n)) $((cost / n * 13 / 10 + 300)) "elapsed with $n workers"
}

scenario_pipeline_1() { pipeline 1; }
scenario_pipeline_2() { pipeline 2; }
scenario_pipeline_4() { pipeline 4; }

scenario_pipeline_kill() {
    start sink SINK="$TCP" CONTROL="$TCP" COUNT=30 WORKERS=3 tasksink2
    endpoint sink SINK; local sink=$ENDPOINT
    endpoint sink CONTROL; local control=$ENDPOINT
    start vent VENTILATOR="$TCP" SINK="$sink" COUNT=30 WORK_MS=20 WORKERS=3 taskvent
    endpoint vent VENTILATOR
    for i in 1 2 3; do start w$i VENTILATOR="$ENDPOINT" SINK="$sink" CONTROL="$control" taskwork2; done
    finish vent
    finish sink
    for i in 1 2 3; do finish w$i; expect w$i '^Killed' 1; done
}

multiple_sources() {
    start weather WEATHER="$TCP" wuserver
    endpoint weather WEATHER; local weather=$ENDPOINT
    start sink SINK="$TCP" tasksink
    endpoint sink SINK
    start vent VENTILATOR="$TCP" SINK="$ENDPOINT" COUNT=50 WORKERS=1 taskvent
    endpoint vent VENTILATOR
    run reader VENTILATOR="$ENDPOINT" WEATHER="$weather" COUNT=50 "$1"
    grep -q P reader.out && grep -q S reader.out || fail "a source was not read"
    expect reader '^50 tasks, ' 1
    stop weather sink
}

scenario_msreader() { multiple_sources msreader; }
scenario_mspoller() { multiple_sources mspoller; }
