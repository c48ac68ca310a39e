#  2-patterns.sh - proxies, threads, envelopes, load balancing, clusters

scenario_weather_proxy() {
    #  The client first, then the proxy, then the server
    start client WEATHER=ipc://public COUNT=100 wuclient 10
    start proxy WEATHER=ipc://inside PUBLIC=ipc://public BIND=1 wuproxy
    start server WEATHER=ipc://inside CONNECT=1 wuserver
    finish client
    expect client '^Average temperature' 1
    stop server proxy
}

request_reply() {
    start broker FRONTEND="$TCP" BACKEND="$TCP" "$1"
    endpoint broker FRONTEND; local front=$ENDPOINT
    endpoint broker BACKEND; local back=$ENDPOINT
    for i in 1 2; do start w$i BACKEND="$back" WORK_MS=20 rrworker; done
    for i in 1 2; do start c$i FRONTEND="$front" COUNT=20 rrclient; done
    for i in 1 2; do finish c$i; expect c$i '^Received reply [0-9]+ \[World\]$' 20; done
    stop w1 w2 broker
    local one two
    one=$(lines w1 '^Received request: \[Hello\]$')
    two=$(lines w2 '^Received request: \[Hello\]$')
    ((one + two == 40)) || fail "$one + $two requests were served"
    between "$one" 8 32 "requests of worker 1"
}

scenario_rrbroker() { request_reply rrbroker; }
scenario_msgqueue() { request_reply msgqueue; }
scenario_mbroker() { request_reply mbroker; }

scenario_frames() {
    run demo FRONTEND="$TCP" BACKEND="$TCP" test_frame
    #  Three frames at the broker's sockets, one at the ends
    sed '/^---/d; s/00[0-9A-F]\{8\}$/id/' demo.out | paste -s -d' ' >frames
    grep -q -F '[ROUTER] request: [005] id [000]  [005] Hello' frames || fail "$(cat frames)"
    grep -q -F '[DEALER] reply: [005] id [000]  [005] World' frames || fail "$(cat frames)"
    grep -q -E '\[REP\] request: \[005\] Hello( \[[A-Z]|$)' frames || fail "$(cat frames)"
    grep -q -E '\[REQ\] reply: \[005\] World( \[[A-Z]|$)' frames || fail "$(cat frames)"
}

scenario_mtserver_client() {
    run demo COUNT=100 WORK_MS=20 mtserver_client
    expect demo '^Received reply: \[World\]$' 100
    between "$(lines demo '^Received request: \[Hello\]$')" 100 110 "requests"
}

scenario_interrupt() {
    start server HELLO="$TCP" interrupt
    endpoint server HELLO
    run client HELLO="$ENDPOINT" COUNT=1 hwclient
    kill -INT "${PID[server]}"
    finish server
    expect server '^W: interrupt received, killing server\.\.\.$' 1
    expect server '^W: cleaning up$' 1
}

scenario_interrupt_leaks() {
    one_library
    type -p valgrind >/dev/null || skip "no valgrind"
    start server HELLO="$TCP" valgrind --leak-check=full --error-exitcode=9 interrupt
    endpoint server HELLO
    run client HELLO="$ENDPOINT" COUNT=2 hwclient
    kill -TERM "${PID[server]}"
    finish server
    clean server
}

scenario_identity_leaks() {
    one_library
    type -p valgrind >/dev/null || skip "no valgrind"
    run identity valgrind --leak-check=full --error-exitcode=9 identity
    expect identity '^\[005\] PEER2$' 1
    clean identity
}

scenario_fork() {
    run parent timeout 60 forking
    expect parent '^Child: own context works$' 1
    expect parent '^Child: inherited socket refused$' 1
    expect parent '^Child: inherited context closed$' 1
    expect parent '^Parent: unharmed$' 1
}

scenario_mtserver() {
    start server HELLO="$TCP" WORK_MS=200 mtserver
    endpoint server HELLO
    local begin elapsed
    begin=$(now_ms)
    for i in 1 2 3 4 5; do start c$i HELLO="$ENDPOINT" COUNT=5 hwclient; done
    for i in 1 2 3 4 5; do finish c$i; expect c$i '^Received World' 5; done
    elapsed=$(($(now_ms) - begin))
    #  25 requests of 200 ms one after another would take 5000
    ((elapsed < 3500)) || fail "the threads did not work side by side: $elapsed ms"
    stop server
}

scenario_mtrelay() {
    run relay COUNT=1000 mtrelay
    expect relay '^Step 1 ready, signaling step 2$' 1000
    expect relay '^Step 2 ready, signaling step 3$' 1000
    expect relay '^Test successful!$' 1000
}

#  Every one of so many subscribers gets every one of a million updates
synchronised() {
    local n=$1 i
    start pub UPDATES="$TCP" SYNC="$TCP" SUBSCRIBERS="$n" syncpub
    endpoint pub UPDATES; local updates=$ENDPOINT
    endpoint pub SYNC
    for ((i = 1; i <= n; i++)); do start s$i UPDATES="$updates" SYNC="$ENDPOINT" syncsub; done
    for ((i = 1; i <= n; i++)); do finish s$i; expect s$i '^Received 1000000 updates$' 1; done
    finish pub
}

scenario_sync_2() { synchronised 2; }
scenario_sync_10() { synchronised 10; }

scenario_envelopes() {
    start pub ENVELOPES="$TCP" INTERVAL_MS=20 psenvpub
    endpoint pub ENVELOPES
    run sub ENVELOPES="$ENDPOINT" COUNT=5 psenvsub
    expect sub '^\[B\] We would like to see this$' 5
    expect sub '' 5
    stop pub
}

scenario_identity() {
    run identity identity
    expect identity '^\[005\] 00[0-9A-F]{8}$' 1
    expect identity '^\[005\] PEER2$' 1
    expect identity '^\[000\] $' 2
}

fair_tasks() {
    run broker BROKER="$TCP" RUN_MS=3000 "$1"
    expect broker '^Completed: [0-9]+ tasks$' 10
    local n
    for n in $(sed -n 's/^Completed: \([0-9]*\) tasks/\1/p' broker.out); do
        between "$n" 5 30 "tasks of one worker"
    done
}

scenario_uuid() {
    run one test_uuid
    run two test_uuid
    for name in one two; do expect $name '^uuidstr : [0-9a-f]{32}$' 1; done
    ! cmp -s one.out two.out || fail "the same twice"
}

scenario_rtreq() { fair_tasks rtreq; }
scenario_rtdealer() { fair_tasks rtdealer; }
scenario_rtdealer1() { fair_tasks rtdealer1; }

scenario_lbbroker() {
    run broker lbbroker
    expect broker '^Client: OK$' 10
    expect broker '^Worker: HELLO$' 10
}

scenario_lbbroker2() {
    run broker lbbroker2
    expect broker '^Client: OK$' 10
    expect broker '^Worker: HELLO$' 10
}

scenario_lbbroker3() {
    start broker PAUSE_MS=10 lbbroker3
    await broker '^Client: OK$'
    kill -INT "${PID[broker]}"
    finish broker
    run again PAUSE_MS=1 COUNT=100 FRONTEND="$TCP" BACKEND="$TCP" lbbroker3
    between "$(lines again '^Worker: HELLO$')" 100 110 "requests"
}

scenario_asyncsrv() {
    run server SERVER="$TCP" RUN_MS=4000 INTERVAL_MS=100 asyncsrv
    for i in 1 2 3; do
        between "$(lines server "^\[CLIENT-$i\] request #")" 1 1000 "replies of client $i"
        #  No request has more than four replies
        ! grep -F "[CLIENT-$i]" server.out | sort | uniq -c | awk '$1 > 4 { found = 1 } END { exit !found }' ||
            fail "too many replies to one request"
    done
}

scenario_peering1() {
    start A INTERVAL_MS=50 peering1 A B C
    start B INTERVAL_MS=50 peering1 B A C
    start C INTERVAL_MS=50 peering1 C A B
    await A '^B - [0-9] workers free$'; await A '^C - [0-9] workers free$'
    await B '^A - [0-9] workers free$'; await B '^C - [0-9] workers free$'
    await C '^A - [0-9] workers free$'; await C '^B - [0-9] workers free$'
    stop A B C
}

scenario_peering2() {
    start A START=1 PAUSE_MS=5 CLOUD_PERCENT=50 COUNT=500 peering2 A B
    start B START=1 PAUSE_MS=5 CLOUD_PERCENT=50 peering2 B A
    finish A
    between "$(lines A '^Client: OK$')" 490 510 "replies to clients of A"
    stop B
    between "$(lines B '^Worker: HELLO$')" 1 100000 "requests served by B"
    between "$(lines B '^Client: OK$')" 1 100000 "replies to clients of B"
}

scenario_peering3() {
    for trio in 'A B C' 'B A C' 'C A B'; do
        start ${trio%% *} PAUSE_MS=200 WORK_MS=30 SECONDS=8 peering3 $trio
    done
    local name
    for name in A B C; do
        finish $name
        expect $name 'lost task' 0
        grep -E '^I: [0-9]+ tasks done, [0-9]+ sent to other brokers, 0 lost$' $name.out || fail "$(cat $name.out)"
        ! grep -q '^I: 0 tasks done' $name.out || fail "$name did nothing"
    done
    cat A.out B.out C.out | grep -q 'done, [1-9][0-9]* sent to' || fail "no task went to another broker"
}

#  A web browser's request, made by the shell
scenario_raw_http() {
    start server HTTP="$TCP" COUNT=2 rawhttp
    endpoint server HTTP
    local port=${ENDPOINT##*:} i answer
    for i in 1 2; do
        exec {answer}<>"/dev/tcp/127.0.0.1/$port"
        printf 'GET /page/%d HTTP/1.0\r\n\r\n' $i >&"$answer"
        #  The server closes: that ends the page
        timeout 20 cat <&"$answer" >page$i || fail "no end of page $i"
        exec {answer}>&-
        grep -q $'^HTTP/1.0 200 OK\r$' page$i && [[ $(tail -1 page$i) == 'Hello, World!' ]] || fail "$(cat page$i)"
        await server "^Request: GET /page/$i HTTP/1.0$"
    done
    finish server
}

#  Weather over a bridge of two transports
scenario_transport_bridge() {
    start proxy WEATHER=ipc://inside PUBLIC="$TCP" BIND=1 wuproxy
    endpoint proxy PUBLIC
    start server WEATHER=ipc://inside CONNECT=1 wuserver
    run client WEATHER="$ENDPOINT" COUNT=100 wuclient 10
    expect client '^Average temperature' 1
    stop server proxy
}
