#  guide.sh - the guide's systems, from its printed programs
#
#  Listings that the print has damaged so that they do something else are only
#  built: titanic, rtreq (first), psenvsub, lvcache, clonecli3, clonecli5,
#  bstarsrv, ppworker, lbbroker, wuserver__L1936, tasksink2, peering2_inproc;
#  and mbroker, peering2, peering2_tcp, peering3_tcp, whose main loop has the
#  clean-up and the return inside its last brace; and clonesrv2, clonecli2: the
#  server makes keys so fast that the snapshot passes the mark of its ROUTER,
#  which drops the end of it. Their systems are checked by run-scenarios. In systems where a program does
#  not end by itself it is dropped once it has shown what it should.

scenario_version() {
    run version version
    expect version '^Current ØMQ version is [0-9]+\.[0-9]+\.[0-9]+' 1
}

scenario_hello() {
    start client hwclient
    start server hwserver
    finish client
    expect client '^Received World [0-9]' 10
    expect server '^Received Hello$' 10
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
    echo >&8
    finish sink
    await sink 'Total elapsed time: [0-9]+ msec'
    await vent 'Total expected cost: [0-9]+ msec'
    local cost elapsed
    cost=$(sed -n 's/.*Total expected cost: \([0-9]*\).*/\1/p' vent.out)
    elapsed=$(sed -n 's/.*Total elapsed time: \([0-9]*\).*/\1/p' sink.out)
    between "$elapsed" $((cost / $1 * 7 / 10)) $((cost / $1 * 16 / 10 + 700)) "elapsed with $1 workers"
    for ((i = 1; i <= $1; i++)); do drop w$i; done
}

scenario_pipeline_1() { pipeline 1; }
scenario_pipeline_4() { pipeline 4; }

#  Tasks and weather into one program
sources() {
    mkfifo enter
    exec 8<>enter
    start weather wuserver
    start sink tasksink
    STDIN=enter; start vent taskvent; unset STDIN
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
    drop weather sink reader
}

scenario_msreader() { sources msreader; }
scenario_mspoller() { sources mspoller; }

scenario_weather_proxy() {
    start client wuclient__L2175
    start proxy wuproxy
    start server wuserver__L2133
    finish client
    expect client '^Average temperature' 1
    drop server proxy
}

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

scenario_mtserver() {
    start server mtserver
    local begin elapsed
    begin=$(now_ms)
    for i in 1 2 3 4 5; do start c$i hwclient; done
    for i in 1 2 3 4 5; do finish c$i; expect c$i '^Received World' 10; done
    elapsed=$(($(now_ms) - begin))
    ((elapsed < 25000)) || fail "the threads did not work side by side: $elapsed ms"
    drop server
}

scenario_mtserver_client() {
    start demo mtserver_client
    await_lines demo '^Received reply: \[World\]' 10
    drop demo
}

scenario_mtrelay() {
    for ((i = 0; i < 20; i++)); do
        run relay mtrelay
        expect relay '^Test successful!$' 1
    done
}

scenario_sync() {
    start pub syncpub
    for i in 1 2; do start s$i syncsub; done
    for i in 1 2; do finish s$i; expect s$i '^Received 1000000 updates$' 1; done
    finish pub
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
    between "$(cat broker.out broker.err | grep -c 'Client: ')" 5 10 "clients that printed"
}

scenario_lbbroker3() {
    start broker lbbroker3
    await_lines broker 'Client: ' 20
    drop broker
}

scenario_lbbroker3_tcp() {
    start broker lbbroker3__L6332
    await_lines broker 'Client: ' 20
    drop broker
}

scenario_asyncsrv() {
    start demo asyncsrv__L6810
    await_lines demo '\[010\] request #' 10
    drop demo
    local client
    for client in $(sed -n 's/^client_task\[\(.*\)\]$/\1/p' demo.out); do
        grep -q -h "$client\[" demo.out demo.err || fail "no reply to $client"
    done
}

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
    for i in 1 2; do await_lines b$i '^[^I:]*[0-9A-F]{4}' 10; done
    drop b1 b2
    ! grep -h 'lost task' b1.out b2.out || fail "a task was lost"
}

scenario_peering3() { whole_cluster peering3 me you; }

#  Both printed clients end after one reply; without server, after three tries
scenario_lazy_pirate() {
    start server lpserver
    for program in lpclient lpclient__L10172; do
        run $program $program
        expect $program 'server replied OK \(1\)' 1
    done
    drop server
    start client lpclient__L10172
    await_lines client 'no response from server' 2
    await client 'Server seems to be offline, abandoning'
    finish client
}

scenario_lazy_pirate_one_process() {
    start demo lppattern
    await demo 'server replied OK \(1\)'
    drop demo
}

scenario_lazy_pirate_no_server() {
    #  Three tries; then it waits for ever for its unsent requests
    start client lazy_pirate_client
    await_lines client 'Timeout' 2
    drop client
}

scenario_simple_pirate() {
    start queue spqueue
    for i in 1 2; do start w$i spworker; done
    await w1 'worker ready'
    start client lpclient__L10172
    await client 'server replied OK \(1\)'
    drop queue
    for i in 1 2; do kill -9 "${PID[w$i]}" 2>/dev/null; done
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
    start broker mdbroker -v
    start worker mdworker
    await broker 'registering new worker'
    drop broker
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
    between "$(sed -n 's/ replies received//p' client.out)" 1 100000 "replies"
    drop broker w1 w2 w3
}

scenario_mmi() {
    start broker mdbroker -v
    start worker mdworker
    await broker 'registering new worker'
    run echo mmiecho
    expect echo '^Lookup echo service: 200$' 1
    drop worker broker
}

scenario_tripping() {
    start demo tripping
    await_lines demo '^ [0-9]+ calls/second' 2
    drop demo
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
    drop client backup
}

scenario_freelance1() {
    start server flserver1 tcp://127.0.0.1:5556
    await server 'ready'
    run client flclient1 tcp://127.0.0.1:5555 tcp://127.0.0.1:5556
    expect client '^Service is running OK' 1
    start none flclient1 tcp://127.0.0.1:5555
    await_lines none 'no response' 3
    wait "${PID[none]}"
    unset "PID[none]"
    drop server
}

scenario_freelance2() {
    for i in 5 6 7; do start s$i flserver2 tcp://127.0.0.1:555$i; await s$i 'ready'; done
    run client flclient2 tcp://127.0.0.1:555{5,6,7}
    expect client '^Average round trip cost: [0-9]+ usec' 1
    drop s5 s6 s7
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
        (($(cat demo.out demo.err | grep -c "\[002\] $frame") == 1)) || fail "not one frame $frame"
    done
}

scenario_pathological() {
    for i in 1 2 3; do start s$i pathosub; done
    start pub pathopub
    for i in 1 2 3; do await s$i 'Save Roger'; done
    drop s1 s2 s3 pub
}

scenario_suicidal_snail() {
    start snail suisnail
    await snail 'subscriber cannot keep up, aborting' 90
    drop snail
}

scenario_black_box() {
    start demo hssub
    await_lines demo '^\[W[012]\]Receive: \[[0-9]+\]' 60
    drop demo
    for i in 0 1 2; do between "$(head -60 demo.out | grep -c "^\[W$i\]")" 17 23 "messages of worker $i"; done
}

scenario_clone1() {
    start client clonecli1
    start server clonesrv1
    connected 5556 1
    start second clonecli1
    connected 5556 2
    kill -INT "${PID[server]}"
    await server 'messages out'
    drop client second server
}

scenario_kvmsg() {
    run simple kvsimtest
    run full kvmsgtest
    for name in simple full; do
        grep -q -h ' \* kvmsg: OK' $name.out $name.err || fail "$name does not say OK"
    done
}

scenario_clone4() {
    start server clonesrv4
    for i in 1 2; do start c$i clonecli4; await c$i 'received snapshot='; done
    for i in 1 2; do await_lines c$i 'received update=' 3; done
    drop c1 c2 server
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
    drop client backup
}

scenario_task_distribution() {
    start collector result_collector
    start monitor monitor
    start w1 worker 1
    start w2 worker 2
    start producer task_producer
    await monitor 'task_created'
    await_lines collector '#[0-9]+' 5
    drop collector monitor w1 w2 producer
}
