#  4-pubsub.sh - espresso, caches, snails, black box, Clone

scenario_espresso() {
    run demo timeout 60 espresso
    expect demo '^\[002\] 0141$' 1
    expect demo '^\[002\] 0142$' 1
    expect demo '^\[007\] [AB]-[0-9]{5}$' "$(lines demo '^\[007\]')"
    between "$(lines demo '^\[007\]')" 5 20 "messages"
    expect demo '^\[002\] 0041$' 1
    expect demo '^\[002\] 0042$' 1
    #  After the second unsubscription there is nothing
    tail -1 demo.out | grep -q -E '^\[002\] 004[12]$' || fail "data after the end: $(tail -1 demo.out)"
}

scenario_pathological() {
    start sub TOPICS=ipc://topics COUNT=1 pathosub 999
    start pub TOPICS=ipc://topics SUBSCRIBERS=1 pathopub
    finish sub
    expect sub '^999: Save Roger$' 1
    stop pub
}

scenario_last_value_cache() {
    start cache TOPICS=ipc://topics PUBLIC=ipc://public BIND=1 lvcache
    start pub TOPICS=ipc://topics CONNECT=1 SUBSCRIBERS=1 INTERVAL_MS=100000 pathopub
    await cache '^I: 1000 topics cached$'
    for i in 1 2; do
        run late$i TOPICS=ipc://public COUNT=1 pathosub 500
        expect late$i '^500: Save Roger$' 1
    done
    await cache 'Sending cached topic 500'
    stop pub cache
}

scenario_suicidal_snail() {
    run snail SNAIL=ipc://snail MAX_DELAY_MS=300 suisnail
    expect snail '^E: subscriber cannot keep up, aborting$' 1
}

scenario_black_box() {
    run demo STREAM="$TCP" hssub
    expect demo ' in turn$' 3
    for i in 0 1 2; do expect demo "^\[W$i\] 1000 messages, in turn$" 1; done
    ! grep -q -E 'half A 0|half B 0' demo.out || fail "a half is missing"
}

scenario_clone1() {
    start client CLONE=ipc://clone COUNT=20000 clonecli1
    start server CLONE=ipc://clone clonesrv1
    finish client
    expect client '^Interrupted: 20000 messages in' 1
    stop server
    local out
    out=$(sed -n 's/^Interrupted: \([0-9]*\) messages out$/\1/p' server.out)
    ((out >= 20000)) || fail "$out messages out"
}

scenario_kvmsg() {
    run test kvsimtest
    expect test '^ \* kvmsg: OK$' 1
}

#  The tables that server and clients wrote at their end are the same
same_tables() {
    local first=$1 other
    [[ -s $first ]] || fail "$first is empty"
    shift
    for other; do cmp "$first" "$other" || fail "$other differs from $first"; done
}

scenario_clone2() {
    start server CLONE=ipc://clone HEARTBEAT_MS=100 PAUSE_MS=2 COUNT=1000 DUMP=server.table clonesrv2
    await server 'publishing update=300$'
    start c1 CLONE=ipc://clone DUMP=c1.table clonecli2
    await c1 'received snapshot='
    #  The client's number is the one the server sent
    local got
    got=$(sed -n 's/^I: received snapshot=\([0-9]*\) .*/\1/p' c1.out)
    grep -q "^I: sending snapshot=$got " server.out || fail "snapshot $got was never sent"
    ((got >= 300)) || fail "snapshot of $got"
    await c1 'received update=1000$'
    stop c1 server
    same_tables server.table c1.table
}

#  clone_clients N: two clients and server of model N, 100 updates of each
clone_clients() {
    local n=$1 i
    export ZMQ_EXAMPLE_CLONE=ipc://clone
    start server HEARTBEAT_MS=100 DUMP=server.table clonesrv$n
    start c1 PAUSE_MS=10 COUNT=100 DUMP=c1.table clonecli$n
    await c1 'received update=3[0-9]$'
    start c2 PAUSE_MS=10 COUNT=100 DUMP=c2.table clonecli$n
    for i in 1 2; do await c$i 'received update=200$'; done
    stop c1 c2 server
    #  What came after the snapshot came without a gap
    for i in 1 2; do
        sed -n 's/^I: received update=//p' c$i.out >order
        awk 'NR > 1 && $1 != last + 1 { bad = 1 } { last = $1 } END { exit bad }' order || fail "c$i: a gap"
    done
    same_tables server.table c1.table c2.table
}

scenario_clone3() { clone_clients 3; }

scenario_clone4() {
    clone_clients 4
    ! grep -v -q '^/client/' c1.table || fail "a key outside the subtree"
}

scenario_clone5() {
    export ZMQ_EXAMPLE_CLONE=ipc://clone
    start server HEARTBEAT_MS=100 DUMP=server.table clonesrv5
    for i in 1 2; do start c$i PAUSE_MS=20 COUNT=20 TTL=2 DUMP=c$i.table clonecli5; done
    #  40 updates, and as many deletions when their time is over (equal keys
    #  aside)
    await server 'publishing update=[0-9]+$'
    await server 'publishing delete=(7[5-9]|80)$'
    for i in 1 2; do await c$i 'received delete='; done
    stop c1 c2 server
    expect server 'publishing update=' 40
}

scenario_clone6() {
    export ZMQ_EXAMPLE_CLONE_PRIMARY=ipc://primary ZMQ_EXAMPLE_CLONE_BACKUP=ipc://backup
    export ZMQ_EXAMPLE_PRIMARY_STATE=ipc://primary-state ZMQ_EXAMPLE_BACKUP_STATE=ipc://backup-state
    export ZMQ_EXAMPLE_HEARTBEAT_MS=200 ZMQ_EXAMPLE_TTL_MS=1000
    start primary clonesrv6 -p
    start backup DUMP=backup.table clonesrv6 -b
    await primary 'ready as active'
    await backup 'received snapshot='
    for i in 1 2; do start c$i PAUSE_MS=50 COUNT=100 TTL=0 DUMP=c$i.table clonecli6; done
    for i in 1 2; do await c$i 'received from ipc://primary-1 update='; done
    await backup 'received update=40$'
    crash primary
    await backup 'failover successful'
    for i in 1 2; do
        await c$i "server at ipc://primary-0 didn't give HUGZ"
        await c$i 'received from ipc://backup-0 snapshot='
        #  All hundred of both, those set while there was no server too
        await c$i '(update|snapshot)=200$'
    done
    #  The primary comes back, as the passive one, with everything
    start primary2 DUMP=primary.table clonesrv6 -p
    await primary2 'ready as passive'
    await primary2 'received snapshot=200$'
    stop c1 c2 backup primary2
    same_tables backup.table c1.table c2.table primary.table
}

#  What the protocol says each message looks like, on the wire
scenario_clone_wire() {
    export ZMQ_EXAMPLE_CLONE_PRIMARY=ipc://primary ZMQ_EXAMPLE_CLONE_BACKUP=ipc://backup
    export ZMQ_EXAMPLE_PRIMARY_STATE=ipc://primary-state ZMQ_EXAMPLE_BACKUP_STATE=ipc://backup-state
    export ZMQ_EXAMPLE_HEARTBEAT_MS=100
    start primary clonesrv6 -p
    start backup clonesrv6 -b
    await primary 'ready as active'
    local turn
    for turn in 1 2; do run probe$turn CLONE=ipc://primary chp /chp/; done
    #  [HUGZ] [sequence] [] [] []: five frames, the number in eight bytes
    printf '%s\n' '[004] HUGZ' '[008] 0000000000000000' '[000] ' '[000] ' '[000] ' >hugz
    sed -n '/^Heartbeat/,/^Snapshot/p' probe1.out | grep '^\[' | head -5 | cmp -s - hugz || fail "$(cat probe1.out)"
    #  [KTHXBAI] [sequence] [] [] [subtree], with nothing before it, then with the key
    printf '%s\n' '[007] KTHXBAI' '[008] 0000000000000000' '[000] ' '[000] ' '[005] 2F6368702F' >end1
    printf '%s\n' '[008] /chp/key' '[008] 0000000000000001' '[016] C0FFEE00000000000000000000000000' \
        '[006] 74746C3D300A' '[005] 76616C7565' >key1
    { cat key1; sed 's/0000000000000000$/0000000000000001/' end1; } >end2
    for turn in 1 2; do
        sed -n '/^Snapshot/,/^Update/p' probe$turn.out | grep '^\[' | cmp -s - end$turn || fail "$(cat probe$turn.out)"
    done
    #  [key] [sequence] [uuid] [properties] [body] as it was set, numbered
    sed 's/0000000000000001$/0000000000000002/' key1 >key2
    for turn in 1 2; do
        sed -n '/^Update/,$p' probe$turn.out | grep -A4 '/chp/key' | cmp -s - key$turn || fail "$(cat probe$turn.out)"
    done
    stop primary backup
}
