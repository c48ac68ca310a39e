#  guide.sh - the guide's systems, from its printed programs
#
#  Listings that the print has damaged so that they do something else are only
#  built: titanic, rtreq (first), psenvsub, lvcache, clonecli3, clonecli5,
#  bstarsrv, ppworker, lbbroker, wuserver__L1936, tasksink2, peering2_inproc;
#  and mbroker, peering2, peering2_tcp, peering3_tcp, whose main loop has the
#  clean-up and the return inside its last brace. Their systems are checked by
#  run-scenarios; where the other half of a system is whole, it runs here with
#  our own program ($OURS) in place of the damaged one. In systems where a
#  program does not end by itself it is dropped once it has shown what it should.

#  all NAME PATTERN: how many lines of both outputs
all() {
    cat "$1.out" "$1.err" | grep -c -E -- "$2"
}

scenario_version() {
    one_library
    run version version
    expect version '^Current ØMQ version is [0-9]+\.[0-9]+\.[0-9]+' 1
    grep -q -F "is $(header_version)" version.out || fail "the header says $(header_version)"
}

scenario_hello() {
    #  In either order
    start client hwclient
    start server hwserver
    finish client
    expect client '^Sending Hello [0-9]' 10
    expect client '^Received World [0-9]' 10
    expect server '^Received Hello$' 10
    run again hwclient
    expect again '^Received World [0-9]' 10
    drop server
}

scenario_hello_cpp() {
    type -p hwserver_cpp >/dev/null || skip "hwserver.cpp is not built"
    start server hwserver_cpp
    start client hwclient
    finish client
    expect client '^Received World [0-9]' 10
    drop server
}

scenario_bind_twice() {
    start one hwserver1
    start probe hwclient
    await one 'Received Hello'
    start two hwserver1
    wait "${PID[two]}" && fail "the second server runs"
    unset "PID[two]"
    grep -q -h 'Address already in use' two.out two.err || fail "no error text"
    drop one probe
}

scenario_hello_many_servers() {
    for i in 5 6 7; do start s$i hwserver_argv "tcp://*:555$i"; done
    run client hwclient_mc
    local shares
    shares=$(for i in 5 6 7; do lines s$i '^Received Hello'; done | sort | tr '\n' ' ')
    [[ $shares == '3 3 4 ' ]] || fail "shares were $shares"
    drop s5 s6 s7
}

scenario_hello_dealer() {
    start server hwserver
    run client hwclient2
    expect client '^Received respond msg: World' 10
    drop server
}

scenario_weather() {
    start client wuclient
    start server wuserver
    finish client
    expect client "^Average temperature for zipcode '10001 ' was -?[0-9]+F" 1
    for i in 1 2 3 4 5; do start c$i wuclient "1000$i "; done
    crash server
    start server wuserver
    for i in 1 2 3 4 5; do finish c$i; expect c$i '^Average' 1; done
    local rss
    rss=$(awk '/VmRSS/ { print $2 }' "/proc/${PID[server]}/status")
    ((rss < 100000)) || fail "the server grew to $rss kB"
    drop server
}

#  Enter for a program, once FIFO descriptor 8 is open: STDIN=enter start ...
pipeline() {
    mkfifo enter
    exec 8<>enter
    start sink tasksink
    STDIN=enter; start vent taskvent; unset STDIN
    for ((i = 1; i <= $1; i++)); do start w$i taskwork; done
    connected 5557 $1
    #  A person would wait longer: connections are not yet greetings
    nap 500
    echo >&8
    finish sink
    await sink 'Total elapsed time: [0-9]+ msec'
    await vent 'Total expected cost: [0-9]+ msec'
    local cost elapsed
    cost=$(sed -n 's/.*Total expected cost: \([0-9]*\).*/\1/p' vent.out)
    elapsed=$(sed -n 's/.*Total elapsed time: \([0-9]*\).*/\1/p' sink.out)
    #  One worker at least has its share or more; equal shares differ in cost
    between "$elapsed" $((cost / $1)) $((cost / $1 * 13 / 10 + 300)) "elapsed with $1 workers"
    for ((i = 1; i <= $1; i++)); do drop w$i; done
}

scenario_pipeline_1() { pipeline 1; }
scenario_pipeline_2() { pipeline 2; }
scenario_pipeline_4() { pipeline 4; }

scenario_pipeline_kill() {
    start sink WORKERS=3 "$OURS/tasksink2"
    mkfifo enter
    exec 8<>enter
    STDIN=enter; start vent taskvent; unset STDIN
    for i in 1 2 3; do start w$i taskwork2; done
    connected 5557 3
    connected 5559 3
    nap 500
    echo >&8
    finish sink
    for i in 1 2 3; do finish w$i; done
    drop vent
}

#  Tasks and weather into one program
sources() {
    mkfifo enter
    exec 8<>enter
    start weather wuserver
    start sink tasksink
    STDIN=enter; start vent taskvent__L1880; unset STDIN
    start reader stdbuf -o0 "$1"
    connected 5557 1
    connected 5556 1
    echo >&8
    #  Letters without line ends: look at the file until both are there
    local turns=0
    until grep -q P reader.out && grep -q S reader.out; do
        ((turns++ < 600)) || fail "a source was not read"
        read -r -t 0.05 <> <(:)
    done
    #  It does not spin: less than half of one processor
    local began ticks
    began=$(now_ms)
    ticks=$(awk '{ print $14 + $15 }' "/proc/${PID[reader]}/stat")
    nap 500
    ticks=$(($(awk '{ print $14 + $15 }' "/proc/${PID[reader]}/stat") - ticks))
    ((ticks * 1000 / $(getconf CLK_TCK) < ($(now_ms) - began) / 2)) || fail "$ticks ticks in half a second"
    drop weather sink reader
}

scenario_msreader() { sources msreader; }
scenario_mspoller() { sources mspoller; }

weather_proxy() {
    start client wuclient__L2175
    start proxy $1
    start server wuserver__L2133
    finish client
    expect client '^Average temperature' 1
    drop server proxy
}

scenario_weather_proxy() { weather_proxy wuproxy; }
scenario_weather_proxy_capture() { weather_proxy wuproxy__L2778; }

#  broker NAME: two workers share the requests of two clients
request_reply() {
    start broker "$1"
    for i in 1 2; do start w$i rrworker; done
    connected 5560 2
    for i in 1 2; do start c$i rrclient; done
    for i in 1 2; do finish c$i; expect c$i 'Received reply [0-9]+ \[World\]' 10; done
    for i in 1 2; do between "$(lines w$i 'Received request: \[Hello\]')" 1 19 "requests of worker $i"; done
    drop broker w1 w2
}

scenario_rrbroker() { request_reply rrbroker; }
scenario_msgqueue() { request_reply msgqueue; }

scenario_interrupt() {
    start server interrupt
    start client hwclient
    await server '^W: recv'
    kill -INT "${PID[server]}"
    finish server
    expect server '^W: interrupt received' 1
    expect server '^W: cleaning up' 1
    drop client
}

#  The printed programs leave nothing behind
scenario_leaks() {
    one_library
    type -p valgrind >/dev/null || skip "no valgrind"
    local SCENARIO_WRAP=
    start server valgrind --leak-check=full --error-exitcode=9 interrupt
    start client hwclient
    connected 5555 1
    nap 200
    kill -INT "${PID[server]}"
    finish server
    drop client
    run identity valgrind --leak-check=full --error-exitcode=9 identity
    for name in server identity; do clean $name; done
}

scenario_metrics() {
    run metrics metrics
    expect metrics 'Messages: 500 sent, 400 received$' 1
    expect metrics 'Throughput: 100.00 msg/s$' 1
    expect metrics 'Bandwidth: 1.00 MB/s$' 1
}

scenario_mtserver() {
    start server mtserver
    local begin elapsed
    begin=$(now_ms)
    for i in 1 2 3 4 5; do start c$i hwclient; done
    for i in 1 2 3 4 5; do finish c$i; expect c$i '^Received World' 10; done
    elapsed=$(($(now_ms) - begin))
    ((elapsed < 16000)) || fail "the threads did not work side by side: $elapsed ms"
    drop server
}

scenario_mtserver_client() {
    start demo mtserver_client
    #  The worker that came first got more to do in the beginning
    await_lines demo '^Received reply: \[World\]' 20
    local begin
    begin=$(now_ms)
    #  Five workers, one second each
    await_lines demo '^Received reply: \[World\]' 45
    (($(now_ms) - begin < 7000)) || fail "25 replies took $(($(now_ms) - begin)) ms"
    drop demo
}

scenario_mtrelay() {
    local turn
    for ((turn = 0; turn < 1000; turn++)); do
        timeout 20 mtrelay >>relay.out || fail "relay $turn ended with $?"
    done
    expect relay '^Step 1 ready, signaling step 2$' 1000
    expect relay '^Step 2 ready, signaling step 3$' 1000
    expect relay '^Test successful!$' 1000
}

synchronised() {
    local i
    start pub $1
    for ((i = 1; i <= $2; i++)); do start s$i syncsub; done
    for ((i = 1; i <= $2; i++)); do finish s$i; expect s$i '^Received 1000000 updates$' 1; done
    finish pub
}

scenario_sync_2() { synchronised syncpub 2; }

#  The number of subscribers is in its text
scenario_sync_10() { synchronised syncpub10 10; }

scenario_envelopes() {
    start pub psenvpub
    run sub ENVELOPES=tcp://localhost:5563 COUNT=3 "$OURS/psenvsub"
    expect sub '^\[B\] We would like to see this$' 3
    expect sub '' 3
    drop pub
}

scenario_frames() {
    start demo test_frame
    await demo 'REQ-APP'
    await_lines demo '^\[REP-DEALER\]Received message' 1
    drop demo
    #  CZMQ 4 prints an empty frame as nothing, after the date
    cat demo.out demo.err | grep -A3 'REQ-ROUTER' | head -4 | sed 's/^D: [0-9-]* [0-9:]* *//' >frames
    grep -q -x -E '\[005\] 00[0-9A-F]{8}' <(sed -n 2p frames) || fail "frame 1: $(sed -n 2p frames)"
    grep -q -x -E '(\[000\] *)?' <(sed -n 3p frames) || fail "frame 2: $(sed -n 3p frames)"
    grep -q -x '\[005\] Hello' <(sed -n 4p frames) || fail "frame 3: $(sed -n 4p frames)"
    #  REP and REQ see the body alone
    cat demo.out demo.err | awk '/REP-APP|REQ-APP/ { seen++; after = 1; next }
        after == 1 && !/\[005\] (Hello|World)$/ { bad = 1 } after == 2 && !/^\[/ { bad = 1 } after { after = (after + 1) % 3 }
        END { exit bad || !seen }' || fail "more than the body at REP or REQ"
}

scenario_identity() {
    run identity identity
    expect identity '^\[005\] 00[0-9A-F]{8}' 1
    expect identity '^\[005\] PEER2' 1
}

#  fair PROGRAM: ten workers end with about the same number of tasks
fair() {
    start broker "$1"
    finish broker
    #  The program ends when it has fired all ten; the last may not get to say
    #  what it did
    between "$(lines broker 'Completed: [0-9]+ tasks')" 8 10 "workers that reported"
    local n
    for n in $(sed -n 's/.*Completed: \([0-9]*\) tasks.*/\1/p' broker.out); do
        between "$n" 10 40 "tasks of one worker"
    done
}

scenario_rtreq() { fair rtreq__L4898; }
scenario_rtdealer() { fair rtdealer; }
scenario_rtdealer1() { fair rtdealer1; }

scenario_lbbroker2() {
    #  It ends with the tenth reply; its last clients may not get to print theirs
    run broker lbbroker2
    (($(cat broker.out broker.err | grep -c 'Worker: ') == 10)) || fail "not ten requests"
    between "$(cat broker.out broker.err | grep -c 'Client: ')" 1 10 "clients that printed"
}

#  Ten at least within three seconds, and Ctrl-C ends it
endless_broker() {
    start broker $1
    await broker 'Client: '
    await_lines broker 'Client: ' 10 3
    kill -INT "${PID[broker]}"
    ended broker 10
}

scenario_lbbroker3() { endless_broker lbbroker3; }

scenario_lbbroker3_tcp() { endless_broker lbbroker3__L6332; }

scenario_asyncsrv() {
    start demo asyncsrv__L6810
    await_lines demo '\[010\] request #' 10
    #  A request has zero to four replies, and a client five seconds: one of the three may get none
    local client answered=0
    for client in $(sed -n 's/^client_task\[\(.*\)\]$/\1/p' demo.out); do
        ! grep -q "$client\\[" demo.out || answered=$((answered + 1))
    done
    ((answered >= 2)) || fail "only $answered clients got replies"
    drop demo
}

#  The first version may give clients the same identity: then it prints little,
#  but it ends in order after five seconds
scenario_asyncsrv_first() { run demo asyncsrv; }

#  peers PROGRAM A B C: each sees the states of the two others
states() {
    local program=$1 me you
    shift
    for me; do
        start b$me "$program" $me $(for you; do [[ $you == "$me" ]] || echo $you; done)
    done
    for me; do for you; do
        [[ $you == "$me" ]] || await b$me "^$you - [0-9]+ workers free"
    done; done
    for me; do drop b$me; done
}

scenario_peering1() { states peering1 DC1 DC2 DC3; }
scenario_peering1_tcp() { states peering1_tcp 5001 5002 5003; }

scenario_peering1_inproc() {
    start demo peering1_inproc DC1 DC2 DC3
    await demo ' - [0-9]+ workers free'
    drop demo
}

#  Tasks come back, none is lost
whole_cluster() {
    start b1 "$1" $2 $3
    start b2 "$1" $3 $2
    for i in 1 2; do await_lines b$i '^[^I:]*[0-9A-F]{4}' 40; done
    drop b1 b2
    ! grep -h 'lost task' b1.out b2.out || fail "a task was lost"
}

scenario_peering3() { whole_cluster peering3 me you; }

#  All brokers in one process. After ten seconds it ends its context under
#  their hands: then it fails on its own assertion, or never ends.
scenario_peering3_inproc() {
    start demo peering3_inproc DC1 DC2 DC3
    for name in DC1 DC2 DC3; do await_lines demo "\\[$name\\] Client received : [0-9A-F]{4}" 50; done
    nap 5000
    drop demo
    ! grep -q 'lost task' demo.out || fail "a task was lost"
}

#  Both printed clients end after one reply; without server, after three tries
#  Both printed clients end after one reply; without server, after three tries
scenario_lazy_pirate() {
    start server lpserver
    for program in lpclient lpclient__L10172; do
        run $program $program
        expect $program 'server replied OK \(1\)' 1
    done
    drop server
    local begin
    begin=$(now_ms)
    start client lpclient__L10172
    await_lines client 'no response from server' 2
    await client 'Server seems to be offline, abandoning'
    between $(($(now_ms) - begin)) 7400 9500 "three tries of 2500 ms"
    finish client
    #  A server that comes in time is found
    start client lpclient__L10172
    await client 'no response from server'
    start server lpserver
    finish client
    expect client 'server replied OK \(1\)' 1
    drop server
}

scenario_lazy_pirate_one_process() {
    start demo lppattern
    await demo 'server replied OK \(1\)'
    drop demo
}

scenario_lazy_pirate_rcvtimeo() {
    start server hwserver
    run client lazy_pirate_client
    expect client 'World' 1
    drop server
    #  Three tries; then it waits for ever for its unsent requests
    local begin
    begin=$(now_ms)
    start none lazy_pirate_client
    await_lines none 'Timeout' 2
    await_lines none '' 6
    between $(($(now_ms) - begin)) 7400 9500 "three tries of 2500 ms"
    nap 2000
    kill -0 "${PID[none]}" || fail "it ended with requests unsent"
    drop none
}

#  Workers whose identities are drawn from the second in which they start: of two that are alike the queue knows one
start_pirates() {
    local i second
    for i in "$@"; do
        second=$(date +%s)
        start "w$i" spworker
        await "w$i" 'worker ready'
        while [ "$(date +%s)" = "$second" ]; do sleep 0.05; done
    done
}

scenario_simple_pirate() {
    start queue spqueue
    start_pirates 1 2
    start client lpclient__L10172
    await client 'server replied OK \(1\)'
    drop client
    #  Both die, and are not noticed; the queue lives on, and others serve
    for i in 1 2; do kill -9 "${PID[w$i]}" 2>/dev/null; done
    start last lpclient__L10172
    finish last
    expect last 'offline, abandoning' 1
    start_pirates 3 4
    start again lpclient__L10172
    await again 'server replied OK \(1\)'
    drop queue again
    for i in 1 2 3 4; do kill -9 "${PID[w$i]}" 2>/dev/null; done
}

#  The printed queue with our workers: heartbeats both ways
scenario_paranoid_pirate() {
    start queue ppqueue
    for i in 1 2; do start w$i CHAOS=0 WORK_MS=10 "$OURS/ppworker"; done
    run client COUNT=20 "$OURS/lpclient"
    crash queue
    await w1 '^W: heartbeat failure'
    start queue ppqueue
    await_lines w1 'worker ready' 2
    run again COUNT=20 "$OURS/lpclient"
    expect again '^I: server replied OK' 20
    drop queue w1 w2
}

scenario_simple_pirate_one_process() {
    start demo sppattern
    await_lines demo 'server replied OK' 2
    drop demo
}

scenario_paranoid_pirate_one_process() {
    start demo pppattern
    await_lines demo 'server replied OK' 2
    drop demo
}

scenario_majordomo() {
    #  Without broker: three tries
    local begin
    begin=$(now_ms)
    run none mdclient
    expect none '^0 requests/replies processed' 1
    between $(($(now_ms) - begin)) 7400 9500 "three tries of 2500 ms"
    start broker mdbroker -v
    start worker mdworker
    await broker 'registering new worker'
    drop broker
    #  [identity] [] [MDPW01] [READY] [echo]; CZMQ prints the empty frame as nothing
    cat broker.out broker.err | sed 's/^[A-Z]: [0-9-]* [0-9:]* *//' | tr '\n' ' ' |
        grep -q -E '\[005\] 00[0-9A-F]{8} +(\[000\] +)?\[006\] MDPW01 +\[001\] 01 +\[004\] echo' || fail "no READY of that form"
    #  The worker registers anew with the next broker
    start broker mdbroker
    start client mdclient
    finish client
    expect client '^100000 requests/replies processed' 1
    drop broker worker
}

scenario_majordomo_async() {
    start broker mdbroker
    for i in 1 2 3; do start w$i mdworker; done
    connected 5555 3
    start client mdclient2
    finish client
    expect client '^100000 replies received' 1
    drop broker w1 w2 w3
}

scenario_mmi() {
    start broker mdbroker -v
    run before mmiecho
    expect before '^Lookup echo service: 404$' 1
    start worker mdworker
    await broker 'registering new worker'
    run echo mmiecho
    expect echo '^Lookup echo service: 200$' 1
    #  Once it is dead for three heartbeats of 2500 ms
    crash worker
    await broker 'deleting expired worker'
    run after mmiecho
    expect after '^Lookup echo service: 404$' 1
    drop broker
}

#  The printed client with our Titanic, which dies and comes back
scenario_titanic() {
    start broker mdbroker
    start titanic "$OURS/titanic"
    start client ticlient
    await client 'request UUID'
    crash titanic
    start titanic2 "$OURS/titanic"
    start worker mdworker
    await client '^Reply: Hello world'
    finish client
    [[ -z $(ls .titanic) ]] || fail "files remain: $(ls .titanic)"
    drop broker worker titanic2
}

scenario_tripping() {
    start demo tripping
    await_lines demo '^ [0-9]+ calls/second' 2
    drop demo
    awk '/calls/ { rate [n++] = $1 } END { exit !(rate [1] >= 10 * rate [0]) }' demo.out ||
        fail "asynchronous is not ten times as fast: $(grep calls demo.out | tr '\n' ' ')"
}

scenario_uuid() {
    start uuid test_uuid
    #  Its main returns nothing in particular
    wait "${PID[uuid]}"
    unset "PID[uuid]"
    grep -q -h -E '[0-9A-Fa-f]{32}' uuid.out uuid.err || fail "no UUID"
}

scenario_binary_star() {
    start primary bstarsrv2 -p
    start backup bstarsrv2 -b
    await backup 'ready as passive'
    start client bstarcli
    await client 'server replied OK \(2\)'
    crash primary
    await client 'failing over'
    await backup 'failover successful'
    await client 'server replied OK \(4\)'
    #  And back
    start primary bstarsrv2 -p
    await primary 'ready as passive'
    crash backup
    await primary 'failover successful'
    await client 'server replied OK \(7\)'
    drop client primary
    sed -n 's/.*server replied OK (\([0-9]*\)).*/\1/p' client.out >order
    seq 1 "$(wc -l <order)" | cmp -s - order || fail "the sequence has gaps"
}

scenario_freelance1() {
    start server flserver1 tcp://127.0.0.1:5556
    start second flserver1 tcp://127.0.0.1:5557
    await server 'ready'
    await second 'ready'
    run client flclient1 tcp://127.0.0.1:5555 tcp://127.0.0.1:5556
    expect client '^Service is running OK' 1
    run each flclient1__L16656 tcp://127.0.0.1:555{6,7}
    expect each '^Service is running OK' 1
    expect each 'trying echo service' 2
    for program in flclient1 flclient1__L16656; do
        start none $program tcp://127.0.0.1:5555
        await_lines none 'no response' 3
        wait "${PID[none]}"
        unset "PID[none]"
    done
    drop server second
}

scenario_freelance2() {
    local ends=()
    for i in 5 6 7; do
        start s$i flserver2 tcp://127.0.0.1:555$i
        await s$i 'ready'
        ends+=(tcp://127.0.0.1:555$i)
        run client flclient2 "${ends[@]}"
        expect client '^Average round trip cost: [0-9]+ usec' 1
    done
    #  One of the three dies on the way
    start client flclient2 "${ends[@]}"
    connected 5556 1
    crash s6
    finish client
    expect client '^Average round trip cost: [0-9]+ usec' 1
    drop s5 s7
    run none flclient2 tcp://127.0.0.1:5555
    expect none 'name service not available' 1
}

scenario_freelance3() {
    start server flserver3
    await server 'ready'
    start client flclient3
    wait "${PID[client]}"
    local code=$?
    unset "PID[client]"
    #  The printed client may fail on its own assertion, over a second reply
    if ((code != 0)); then
        grep -q -h 'request' client.err || fail "ended with $code"
    else
        expect client '^Average round trip cost' 1
    fi
    drop server
}

scenario_espresso() {
    start demo espresso
    await demo '\[002\] 0042'
    drop demo
    for frame in 0141 0142 0041 0042; do
        (($(all demo "\[002\] $frame") == 1)) || fail "not one frame $frame"
    done
    between "$(all demo '\[007\] [AB]-[0-9]{5}$')" 4 10 "messages"
    #  Then silence
    cat demo.out demo.err | grep '\[00' | tail -1 | grep -q '\[002\] 004' || fail "data after the last unsubscription"
}

scenario_pathological() {
    for i in 1 2 3; do start s$i pathosub; done
    start pub pathopub
    #  It waits a second for them itself
    for i in 1 2 3; do await s$i 'Save Roger' 3; done
    drop s1 s2 s3 pub
}

scenario_suicidal_snail() {
    start snail suisnail
    await snail 'subscriber cannot keep up, aborting' 90
    drop snail
}

scenario_black_box() {
    local i begin
    start demo hssub
    for i in 0 1 2; do await_lines demo "^\[W$i\]Receive: \[[0-9]+\]" 40; done
    drop demo
    #  The threads print side by side, so the order of lines is theirs; put in
    #  the order of the times that they show
    sed -n 's/^\[W\([012]\)\]Receive: \[\([0-9]*\)\]$/\2 \1/p' demo.out | sort -s -n -k1,1 >all
    #  A worker that connects before there is a socket to connect to comes up to
    #  200 ms later: what counts is what came when all were there
    begin=$(awk '!($2 in seen) { seen [$2]; last = $1 } END { print last }' all)
    awk -v begin="$begin" '$1 > begin' all >turns
    #  What they get is in turn: each has its third, up to the last few
    for i in 0 1 2; do between "$(grep -c " $i\$" turns)" $(($(wc -l <turns) / 3 - 3)) $(($(wc -l <turns) / 3 + 3)) "messages of worker $i"; done
    #  Of any three one after another none has two
    awk '{ count [$1]++ } END { for (t in count) if (count [t] > 1) same++; exit same > NR / 10 }' turns || return 0
    awk 'NR > 10 && NR % 3 == 1 { a = $2; next } NR > 10 && NR % 3 == 2 { b = $2; next }
         NR > 10 { total++; if (a != b && b != $2 && a != $2) right++ } END { exit !(right >= total * 0.8) }' turns ||
        fail "not in turn: $(cut -d' ' -f2 turns | tr -d '\n')"
}

scenario_clone1() {
    start server clonesrv1
    start client clonecli1
    connected 5556 1
    nap 500
    #  The client ends under load, too
    kill -INT "${PID[client]}"
    await client 'messages in'
    kill -INT "${PID[server]}"
    await server 'messages out'
    local in out
    in=$(sed -n 's/.*\(^\|[^0-9]\)\([0-9][0-9]*\) messages in.*/\2/p' client.out)
    out=$(sed -n 's/.*\(^\|[^0-9]\)\([0-9][0-9]*\) messages out.*/\2/p' server.out)
    ((in <= out && out > 0)) || fail "$in messages in, $out out"
    drop client server
}

#  The server makes keys so fast that the snapshot usually passes the mark of
#  its ROUTER, which drops the end of it: try until one comes whole
scenario_clone2() {
    start server clonesrv2
    local turn sent
    for ((turn = 1; turn <= 60; turn++)); do
        start client clonecli2
        await_lines server 'Sending state shapshot=' $turn
        (await client 'Received snapshot=' 1 >/dev/null) && break
        drop client
    done
    ((turn <= 60)) || fail "no snapshot came whole"
    sent=$(sed -n 's/^Sending state shapshot=//p' server.out | tail -1)
    expect client "^Received snapshot=$sent\$" 1
    drop client server
}

scenario_kvmsg() {
    run simple kvsimtest
    run full kvmsgtest
    for name in simple full; do
        (($(all $name ' \* kvmsg: .*OK') == 1)) || fail "$name does not say OK"
        (($(all $name '\[seq:1\]\[key:key\]\[size:4\] 626F6479$') == 2)) || fail "dumps of $name"
    done
    (($(all full '\[seq:2\]\[key:key\]\[size:4\] \[prop1=value1;prop2=value2;\]626F6479$') == 2)) || fail "dumps with properties"
}

scenario_clone4() {
    start server clonesrv4
    for i in 1 2; do start c$i clonecli4; await c$i 'received snapshot='; done
    for i in 1 2; do await_lines c$i 'received update=' 5; done
    drop c1 c2 server
    #  Without a gap, and in both the same from where both listen
    for i in 1 2; do
        sed -n 's/^I: received update=//p' c$i.out >u$i
        awk 'NR > 1 && $1 != last + 1 { bad = 1 } { last = $1 } END { exit bad }' u$i || fail "c$i: $(paste -s -d' ' u$i)"
    done
    [[ $(comm -12 <(sort u1) <(sort u2) | wc -l) -ge 4 ]] || fail "$(paste -s -d' ' u1) and $(paste -s -d' ' u2)"
}

scenario_clone6() {
    start primary clonesrv6 -p
    start backup clonesrv6 -b
    await backup 'ready as passive'
    start client clonecli6
    await client 'snapshot='
    await_lines client 'update=' 2
    crash primary
    await client "didn't give HUGZ"
    await backup 'failover successful'
    #  It goes on with the backup
    await client 'received from tcp://localhost:5566 snapshot='
    await_lines client 'received from tcp://localhost:5566 update=' 2
    drop client backup
}

scenario_task_distribution() {
    start collector result_collector
    start monitor monitor
    start w1 worker 1
    start w2 worker 2
    start producer task_producer
    await monitor 'task_created'
    await_lines collector '#[0-9]+' 6
    drop producer
    #  Every result is one task, once; the monitor never hears of the workers
    grep -o '"task":{"id":[0-9]*' collector.out | sort | uniq -d >twice
    [[ ! -s twice ]] || fail "done twice: $(cat twice)"
    (($(grep -c '"status":"completed"' collector.out) == $(grep -c '#[0-9]' collector.out))) || fail "$(cat collector.out)"
    ! grep -q -E 'task_(started|completed)' monitor.out || fail "worker events reached the monitor"
    drop collector monitor w1 w2
}
