#  3-reliable.sh - pirates, Majordomo, Titanic, Binary Star, Freelance

scenario_lazy_pirate_abandons() {
    local begin elapsed
    begin=$(now_ms)
    start client FRONTEND=ipc://nobody TIMEOUT_MS=300 lpclient
    finish client 1
    elapsed=$(($(now_ms) - begin))
    expect client '^W: no response from server, retrying' 2
    expect client '^E: server seems to be offline, abandoning$' 1
    between "$elapsed" 880 4000 "three tries of 300 ms"
}

scenario_lazy_pirate_recovers() {
    start server FRONTEND="$TCP" CHAOS=0 WORK_MS=1 COUNT=5 lpserver
    endpoint server FRONTEND
    start client FRONTEND="$ENDPOINT" COUNT=20 TIMEOUT_MS=2000 lpclient
    finish server 3
    start server FRONTEND="$ENDPOINT" CHAOS=0 WORK_MS=1 lpserver
    finish client
    expect client '^I: server replied OK \(20\)$' 1
    expect client '^I: server replied OK' 20
    between "$(lines client '^W: no response')" 1 2 "retries"
    stop server
}

scenario_lazy_pirate_rcvtimeo() {
    local begin
    begin=$(now_ms)
    start none HELLO=ipc://nobody TIMEOUT_MS=300 lazy_pirate_client
    finish none 1
    expect none '^Timeout' 2
    expect none '^No answer' 1
    between $(($(now_ms) - begin)) 880 4000 "three tries of 300 ms"
    #  One that comes in time is found
    start client HELLO=ipc://late TIMEOUT_MS=1000 lazy_pirate_client
    await client '^Timeout'
    start server HELLO=ipc://late COUNT=1 WORK_MS=1 hwserver
    finish client
    expect client '^Received World$' 1
    stop server
}

scenario_simple_pirate() {
    start queue FRONTEND="$TCP" BACKEND="$TCP" spqueue
    endpoint queue FRONTEND; local front=$ENDPOINT
    endpoint queue BACKEND; local back=$ENDPOINT
    start w1 BACKEND="$back" CHAOS=0 WORK_MS=1 COUNT=5 spworker
    start w2 BACKEND="$back" CHAOS=0 WORK_MS=1 COUNT=30 spworker
    await w1 'worker ready'; await w2 'worker ready'
    run client FRONTEND="$front" COUNT=20 TIMEOUT_MS=1000 lpclient
    expect client '^I: server replied OK' 20
    expect w1 '^I: normal reply' 5
    #  Both workers gone: the client gives up, the queue lives on
    start last FRONTEND="$front" COUNT=40 TIMEOUT_MS=500 lpclient
    finish last 1
    expect last '^E: server seems to be offline' 1
    start w3 BACKEND="$back" CHAOS=0 WORK_MS=1 spworker
    run again FRONTEND="$front" COUNT=5 TIMEOUT_MS=3000 lpclient
    stop w3 queue
}

scenario_paranoid_pirate() {
    local vars=(HEARTBEAT_MS=200 BACKOFF_MS=100 CHAOS=0 WORK_MS=1)
    start queue FRONTEND="$TCP" BACKEND="$TCP" HEARTBEAT_MS=200 ppqueue
    endpoint queue FRONTEND; local front=$ENDPOINT
    endpoint queue BACKEND; local back=$ENDPOINT
    for i in 1 2 3 4; do start w$i BACKEND="$back" "${vars[@]}" ppworker; done
    await_lines queue '^I: worker ready$' 4
    #  A dead worker is noticed by its silence
    crash w1
    await queue '^W: worker [0-9A-F]+ expired$'
    start client FRONTEND="$front" COUNT=300 PAUSE_MS=10 TIMEOUT_MS=3000 lpclient
    await client 'OK \(60\)'
    #  The queue dies; workers notice, and find the next one
    crash queue
    await w2 '^W: heartbeat failure'
    start queue2 FRONTEND="$front" BACKEND="$back" HEARTBEAT_MS=200 ppqueue
    finish client
    expect client '^I: server replied OK' 300
    #  Replies in order, none twice
    sed -n 's/^I: server replied OK (\([0-9]*\))/\1/p' client.out >order
    sort -n order | cmp -s - order || fail "replies out of order"
    between "$(lines w2 'worker ready')" 2 100 "registrations of worker 2"
    stop w2 w3 w4 queue2
}

#  A system in one program: every member's lines, until the client has enough
one_program() {
    local name=$1 member
    shift
    run system FRONTEND=ipc://front BACKEND=ipc://back CHAOS=0 WORK_MS=1 COUNT=20 TIMEOUT_MS=5000 "$name"
    expect system '^\[C0\] I: server replied OK' 20
    for member; do grep -q "^\[$member\] " system.out || fail "$member said nothing"; done
}

scenario_lazy_pirate_one_program() { one_program lppattern S0; }
scenario_simple_pirate_one_program() { one_program sppattern W0 W1; }
scenario_paranoid_pirate_one_program() { one_program pppattern W0 W1 W2 W3; }

scenario_majordomo() {
    start broker BROKER="$TCP" mdbroker
    endpoint broker BROKER
    export ZMQ_EXAMPLE_BROKER=$ENDPOINT
    start worker mdworker
    run client COUNT=5000 mdclient
    expect client '^5000 requests/replies processed in' 1
    stop worker
    expect worker '^5000 requests served$' 1
    stop broker
    #  Without broker: three tries, then nothing
    start alone COUNT=5 TIMEOUT_MS=200 mdclient
    finish alone 1
    expect alone '^0 requests/replies processed' 1
}

scenario_majordomo_async() {
    start broker BROKER="$TCP" mdbroker
    endpoint broker BROKER
    export ZMQ_EXAMPLE_BROKER=$ENDPOINT
    local i total=0
    for ((i = 1; i <= 10; i++)); do start w$i mdworker; done
    run client COUNT=100000 mdclient2
    expect client '^100000 replies received in' 1
    for ((i = 1; i <= 10; i++)); do
        stop w$i
        total=$((total + $(sed -n 's/ requests served//p' w$i.out)))
    done
    ((total == 100000)) || fail "$total requests were served"
    stop broker
}

scenario_majordomo_broker_restart() {
    start broker BROKER="$TCP" HEARTBEAT_MS=200 mdbroker
    endpoint broker BROKER
    export ZMQ_EXAMPLE_BROKER=$ENDPOINT
    start worker HEARTBEAT_MS=200 RECONNECT_MS=100 mdworker
    start client COUNT=20000 TIMEOUT_MS=5000 mdclient
    run first COUNT=100 TIMEOUT_MS=5000 mdclient
    crash broker
    start broker2 BROKER="$ZMQ_EXAMPLE_BROKER" HEARTBEAT_MS=200 mdbroker
    #  Both find the new broker
    finish client
    expect client '^20000 requests/replies processed' 1
    stop worker broker2
}

scenario_majordomo_wire() {
    start broker BROKER="$TCP" mdbroker -v
    endpoint broker BROKER
    export ZMQ_EXAMPLE_BROKER=$ENDPOINT
    start worker mdworker
    run client COUNT=1 mdclient
    stop worker broker
    #  [identity] [] [MDPW01] [READY] [echo], as the broker saw it
    grep -A4 -E '^\[005\] 00[0-9A-F]{8}$' broker.out | tr '\n' ' ' |
        grep -q '\[000\]  \[006\] MDPW01 \[001\] 01 \[004\] echo' || fail "no READY of that form"
    grep -A4 -E '^\[005\] 00[0-9A-F]{8}$' broker.out | tr '\n' ' ' |
        grep -q '\[000\]  \[006\] MDPC01 \[004\] echo \[013\] Hello world 0' || fail "no request of that form"
}

scenario_mmi() {
    start broker BROKER="$TCP" HEARTBEAT_MS=100 mdbroker -v
    endpoint broker BROKER
    export ZMQ_EXAMPLE_BROKER=$ENDPOINT
    run none mmiecho
    expect none '^Lookup echo service: 404$' 1
    start worker HEARTBEAT_MS=100 mdworker
    await broker 'worker created'
    run there mmiecho
    expect there '^Lookup echo service: 200$' 1
    crash worker
    await broker '^I: worker [0-9A-F]+ expired$'
    run gone mmiecho
    expect gone '^Lookup echo service: 404$' 1
    stop broker
}

scenario_titanic() {
    start broker BROKER="$TCP" HEARTBEAT_MS=200 mdbroker
    endpoint broker BROKER
    export ZMQ_EXAMPLE_BROKER=$ENDPOINT ZMQ_EXAMPLE_HEARTBEAT_MS=200 ZMQ_EXAMPLE_RECONNECT_MS=100
    export ZMQ_EXAMPLE_RETRY_MS=100
    start titanic titanic
    start client COUNT=5 POLL_MS=50 ticlient
    #  Nobody can serve them yet; then all but the client dies
    await_lines client '^I: request UUID' 5
    (($(ls .titanic/*.req | wc -l) == 5)) || fail "five requests are not five files"
    crash titanic
    crash broker
    start titanic2 titanic
    await titanic2 '^I: 5 requests pending$'
    start broker2 BROKER="$ZMQ_EXAMPLE_BROKER" mdbroker
    start worker mdworker
    finish client
    for i in 0 1 2 3 4; do expect client "^Reply: Hello world $i$" 1; done
    [[ -z $(ls .titanic) ]] || fail "files remain: $(ls .titanic)"
    stop titanic2 worker broker2
}

scenario_tripping() {
    run demo FRONTEND="$TCP" BACKEND="$TCP" COUNT=5000 tripping
    expect demo '^ [0-9]+ calls/second$' 2
    awk '/calls/ { rate [n++] = $1 } END { exit !(rate [1] > 10 * rate [0]) }' demo.out ||
        fail "asynchronous is not ten times as fast: $(grep calls demo.out | tr '\n' ' ')"
}

binary_star() {
    export ZMQ_EXAMPLE_PRIMARY=ipc://primary ZMQ_EXAMPLE_BACKUP=ipc://backup
    export ZMQ_EXAMPLE_PRIMARY_STATE=ipc://primary-state ZMQ_EXAMPLE_BACKUP_STATE=ipc://backup-state
    export ZMQ_EXAMPLE_HEARTBEAT_MS=200
    start primary "$1" -p
    start backup "$1" -b
    await primary 'ready as active'
    await backup 'ready as passive'
    start client PAUSE_MS=20 TIMEOUT_MS=300 SETTLE_MS=500 COUNT=200 bstarcli
    await client 'OK \(20\)'
    crash primary
    await backup 'failover successful'
    await client 'connecting to server at backup'
    await client 'OK \(60\)'
    #  Recovery is by hand: restart the primary, then stop the backup
    start primary2 "$1" -p
    await primary2 'ready as passive'
    crash backup
    await primary2 'failover successful'
    finish client
    expect client '^I: server replied OK' 200
    sed -n 's/^I: server replied OK (\([0-9]*\))/\1/p' client.out >order
    seq 1 200 | cmp -s - order || fail "the sequence has gaps"
    stop primary2
}

scenario_binary_star() { binary_star bstarsrv; }
scenario_binary_star_reactor() { binary_star bstarsrv2; }

scenario_freelance1() {
    start none TIMEOUT_MS=100 flclient1 ipc://one
    finish none 1
    expect none '^W: no response' 3
    start server flserver1 ipc://two
    await server 'ready'
    run client TIMEOUT_MS=500 flclient1 ipc://one ipc://two
    expect client '^W: no response from ipc://one$' 1
    expect client '^Service is running OK$' 1
    stop server
}

scenario_freelance2() {
    local ends=()
    start none TIMEOUT_MS=200 flclient2 ipc://nobody
    finish none 1
    expect none '^E: name service not available, aborting$' 1
    for i in 1 2 3; do
        start s$i flserver2 "$TCP"
        endpoint s$i SERVER
        ends+=("$ENDPOINT")
    done
    run client COUNT=3000 flclient2 "${ends[@]}"
    expect client '^Average round trip cost: [0-9]+ usec$' 1
    #  One of them dies on the way
    start client2 COUNT=10000 flclient2 "${ends[@]}"
    run other COUNT=100 flclient2 "${ends[@]}"
    crash s2
    finish client2
    stop s1 s3
}

scenario_freelance3() {
    start s1 flserver3 ipc://one
    start client COUNT=2000 flclient3 ipc://one ipc://two ipc://three
    finish client
    expect client '^Average round trip cost: [0-9]+ usec$' 1
    start none COUNT=1 flclient3 ipc://two
    finish none 1
    stop s1
}
