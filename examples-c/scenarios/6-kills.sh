#  6-kills.sh - processes killed at random moments, round after round; after
#  each the promise of the pattern is checked. SCENARIO_ROUNDS says how many
#  rounds; SCENARIO_SEED repeats the choices of a run.

#  rounds BODY: calls it with the number of each round
rounds() {
    local seed=${SCENARIO_SEED:-$RANDOM} round
    echo "seed $seed"
    RANDOM=$seed
    for ((round = 1; round <= SCENARIO_ROUNDS; round++)); do
        echo "round $round"
        "$1" $round
    done
    echo "NOTE: $SCENARIO_ROUNDS rounds held"
}

#  chance N: a number from 0 to N - 1 in $CHANCE
chance() {
    CHANCE=$((RANDOM % $1))
}

#  moment NAME N: somewhere within the next N replies of a client
moment() {
    chance "$2"
    await_lines "$1" 'server replied OK' $(($(lines "$1" 'server replied OK') + CHANCE + 1))
    chance 20
    nap $CHANCE
}

#  in_order NAME [N]: replies 1 to N came in this order, none twice, none
#  missing; without N, as many as there are by now
in_order() {
    sed -n 's/^I: server replied OK (\([0-9]*\))$/\1/p' "$1.out" >order
    seq 1 "${2:-$(wc -l <order)}" | cmp -s - order || fail "the replies of $1: $(tr '\n' ' ' <order)"
}

scenario_kill_lazy_pirate() {
    start server FRONTEND="$TCP" CHAOS=0 WORK_MS=1 lpserver
    endpoint server FRONTEND
    rounds lazy_pirate_round
}

lazy_pirate_round() {
    start client FRONTEND="$ENDPOINT" COUNT=60 PAUSE_MS=5 TIMEOUT_MS=1000 lpclient
    moment client 50
    crash server
    chance 300
    nap $CHANCE
    start server FRONTEND="$ENDPOINT" CHAOS=0 WORK_MS=1 lpserver
    finish client
    in_order client 60
}

scenario_kill_simple_pirate() {
    start queue FRONTEND="$TCP" BACKEND="$TCP" spqueue
    endpoint queue FRONTEND; FRONT=$ENDPOINT
    endpoint queue BACKEND; BACK=$ENDPOINT
    local i
    for i in 1 2 3; do simple_pirate_worker $i; done
    rounds simple_pirate_round
    stop queue
}

simple_pirate_worker() {
    start w$1 BACKEND="$BACK" CHAOS=0 WORK_MS=1 spworker
}

simple_pirate_round() {
    local i
    start client FRONTEND="$FRONT" COUNT=60 PAUSE_MS=5 TIMEOUT_MS=1000 lpclient
    moment client 50
    if (($1 % 4 == 0)); then
        #  Nobody is left: the client gives up, the queue lives on
        for i in 1 2 3; do crash w$i; done
        finish client 1
        expect client '^E: server seems to be offline' 1
        for i in 1 2 3; do simple_pirate_worker $i; done
    else
        chance 3
        crash w$((CHANCE + 1))
        simple_pirate_worker $((CHANCE + 1))
        finish client
        in_order client 60
    fi
}

scenario_kill_paranoid_pirate() {
    start queue FRONTEND="$TCP" BACKEND="$TCP" HEARTBEAT_MS=100 ppqueue
    endpoint queue FRONTEND; FRONT=$ENDPOINT
    endpoint queue BACKEND; BACK=$ENDPOINT
    local i
    for i in 1 2 3; do paranoid_pirate_worker $i; done
    rounds paranoid_pirate_round
}

paranoid_pirate_worker() {
    start w$1 BACKEND="$BACK" HEARTBEAT_MS=100 BACKOFF_MS=50 CHAOS=0 WORK_MS=1 ppworker
}

paranoid_pirate_round() {
    start client FRONTEND="$FRONT" COUNT=60 PAUSE_MS=5 TIMEOUT_MS=2000 lpclient
    moment client 50
    chance 4
    if ((CHANCE == 0)); then
        crash queue
        start queue FRONTEND="$FRONT" BACKEND="$BACK" HEARTBEAT_MS=100 ppqueue
    else
        local worker=$CHANCE
        crash w$worker
        paranoid_pirate_worker $worker
    fi
    finish client
    in_order client 60
}

majordomo_broker() {
    start broker BROKER="$1" HEARTBEAT_MS=100 mdbroker
}

scenario_kill_majordomo() {
    majordomo_broker "$TCP"
    endpoint broker BROKER
    export ZMQ_EXAMPLE_BROKER=$ENDPOINT ZMQ_EXAMPLE_HEARTBEAT_MS=100 ZMQ_EXAMPLE_RECONNECT_MS=50
    local i
    for i in 1 2 3; do start w$i mdworker; done
    rounds majordomo_round
}

majordomo_round() {
    start client COUNT=3000 TIMEOUT_MS=1000 mdclient
    chance 400
    nap $CHANCE
    chance 4
    if ((CHANCE == 0)); then
        crash broker
        majordomo_broker "$ZMQ_EXAMPLE_BROKER"
    else
        local worker=w$CHANCE
        crash $worker
        start $worker mdworker
    fi
    #  It compares each reply with its request
    finish client
    expect client '^3000 requests/replies processed' 1
}

scenario_kill_titanic() {
    majordomo_broker "$TCP"
    endpoint broker BROKER
    export ZMQ_EXAMPLE_BROKER=$ENDPOINT ZMQ_EXAMPLE_HEARTBEAT_MS=100 ZMQ_EXAMPLE_RECONNECT_MS=50
    export ZMQ_EXAMPLE_RETRY_MS=50
    start titanic titanic
    start worker mdworker
    rounds titanic_round
}

titanic_round() {
    local i uuid
    start client COUNT=20 POLL_MS=20 TIMEOUT_MS=1000 ticlient
    chance 20
    #  While it leaves its requests, or while it fetches its replies
    if (($1 % 2)); then
        await_lines client '^I: request UUID' $((CHANCE + 1))
    else
        await_lines client '^Reply: ' $((CHANCE + 1))
    fi
    chance 4
    case $CHANCE in
        0) crash broker; majordomo_broker "$ZMQ_EXAMPLE_BROKER" ;;
        1) crash worker; start worker mdworker ;;
        *) crash titanic; start titanic titanic ;;
    esac
    finish client
    for ((i = 0; i < 20; i++)); do expect client "^Reply: Hello world $i$" 1; done
    #  What was fetched is closed. A request that was left twice, because its
    #  confirmation died with Titanic, may still be there.
    for uuid in $(sed -n 's/^I: request UUID //p' client.out); do
        [[ -z $(ls .titanic | grep "$uuid") ]] || fail "$uuid was not closed"
    done
}

#  The pair that serves: $ACTIVE and $PASSIVE, of primary and backup
star_server() {
    start $1 DUMP=$1.table $STAR -${1:0:1}
}

star_setup() {
    export ZMQ_EXAMPLE_PRIMARY=ipc://primary ZMQ_EXAMPLE_BACKUP=ipc://backup
    export ZMQ_EXAMPLE_PRIMARY_STATE=ipc://primary-state ZMQ_EXAMPLE_BACKUP_STATE=ipc://backup-state
    export ZMQ_EXAMPLE_HEARTBEAT_MS=200
    ACTIVE=primary PASSIVE=backup SLOWEST=0
    star_server primary
    star_server backup
    await primary 'ready as active'
    await backup 'ready as passive'
}

#  fail_over LIMIT_MS: kill the active one; the other takes over within that time
fail_over() {
    local began took dead=$ACTIVE
    ! grep -q dual primary.out backup.out || fail "both were active, or passive"
    crash $ACTIVE
    began=$(now_ms)
    await $PASSIVE 'failover successful'
    took=$(($(now_ms) - began))
    ((took <= $1)) || fail "fail-over took $took ms"
    ((took > SLOWEST)) && SLOWEST=$took
    ACTIVE=$PASSIVE PASSIVE=$dead
    chance 200
    nap $CHANCE
    star_server $PASSIVE
    await $PASSIVE 'ready as passive'
}

#  split_brain: one of the two serves, the other does not
split_brain() {
    start probe FRONTEND=ipc://$PASSIVE COUNT=1 TIMEOUT_MS=70 lpclient
    finish probe 1
    run probe FRONTEND=ipc://$ACTIVE COUNT=1 TIMEOUT_MS=5000 lpclient
    ! grep -q dual primary.out backup.out || fail "both were active, or passive"
}

kill_binary_star() {
    STAR=$1
    star_setup
    start client PAUSE_MS=5 TIMEOUT_MS=300 SETTLE_MS=500 bstarcli
    rounds binary_star_round
    echo "NOTE: slowest fail-over $SLOWEST ms"
    kill -INT "${PID[client]}"
    finish client
    in_order client
}

binary_star_round() {
    moment client 40
    #  The clients' time-out and pause, and a busy machine
    fail_over 4000
    split_brain
    in_order client
}

scenario_kill_binary_star() { kill_binary_star bstarsrv; }
scenario_kill_binary_star_reactor() { kill_binary_star bstarsrv2; }

scenario_kill_clone6() {
    export ZMQ_EXAMPLE_CLONE_PRIMARY=ipc://clone-primary ZMQ_EXAMPLE_CLONE_BACKUP=ipc://clone-backup
    export ZMQ_EXAMPLE_TTL_MS=1000
    STAR=clonesrv6 TOTAL=0
    star_setup
    await backup 'received snapshot='
    : >sets
    rounds clone6_round
    echo "NOTE: slowest fail-over $SLOWEST ms"
    #  Both servers and a late client have the same
    start late CLONE=ipc://clone-$ACTIVE DUMP=late.table clonecli2
    await late "snapshot=$TOTAL "
    stop late primary backup
    same_tables c1.table late.table primary.table backup.table
}

clone6_round() {
    local i
    for i in 1 2; do start c$i PAUSE_MS=10 COUNT=60 TTL=0 DUMP=c$i.table clonecli6; done
    chance 50
    await_lines c1 '^I: set ' $((CHANCE + 10))
    chance 20
    nap $CHANCE
    fail_over 6000
    await $PASSIVE 'received snapshot='
    #  All sixty of both, those set while there was no server too
    TOTAL=$((TOTAL + 120))
    for i in 1 2; do await c$i "(update|snapshot)=$TOTAL\$"; done
    await $PASSIVE "=$TOTAL\$"
    stop c1 c2
    same_tables c1.table c2.table
    #  The last value of every key that was set once is there
    cat c1.out c2.out | sed -n 's/^I: set \(.*\)=\(.*\)$/\1 \2/p' >>sets
    awk '{ times [$1]++; line [$1] = $0 } END { for (key in line) if (times [key] == 1) print line [key] }' sets |
        sort >once
    [[ -s once ]] || fail "nothing was set"
    [[ -z $(comm -23 once <(sort c1.table)) ]] || fail "lost: $(comm -23 once <(sort c1.table) | head -3 | tr '\n' ';')"
}
