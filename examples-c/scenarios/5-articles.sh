#  5-articles.sh - task distribution, registry, logging, gateway, metrics

scenario_task_distribution() {
    start monitor EVENTS="$TCP" COUNT=200 monitor
    endpoint monitor EVENTS
    export ZMQ_EXAMPLE_EVENTS=$ENDPOINT
    start collector RESULTS="$TCP" COUNT=200 result_collector
    endpoint collector RESULTS
    export ZMQ_EXAMPLE_RESULTS=$ENDPOINT
    start producer TASKS="$TCP" COUNT=200 AWAIT_MONITOR=1 task_producer
    endpoint producer TASKS
    for i in 1 2 3; do start w$i TASKS="$ENDPOINT" WORK_MS=5 worker w$i; done
    finish collector
    finish producer
    expect collector '^Result [0-9]+: task_[0-9]+ done by w[123]$' 200
    (($(sed -n 's/.*: \(task_[0-9]*\) .*/\1/p' collector.out | sort -u | wc -l) == 200)) || fail "not every task was done"
    expect monitor '^Event: task_created' 200
    between "$(lines monitor '^Event: task_completed')" 1 200 "completions seen"
    stop w1 w2 w3 monitor
}

scenario_service_registry() {
    start registry REGISTRY="$TCP" EXPIRY_MS=500 service_registry
    endpoint registry REGISTRY
    export ZMQ_EXAMPLE_REGISTRY=$ENDPOINT
    start before service_client discover echo
    finish before 1
    expect before '^NOT_FOUND$' 1
    start one HEARTBEAT_MS=100 service_client register echo tcp://10.0.0.1:5
    start two HEARTBEAT_MS=100 service_client register time tcp://10.0.0.2:6
    await one '^Registered echo$'
    await two '^Registered time$'
    run found service_client discover echo
    expect found '^FOUND tcp://10.0.0.1:5$' 1
    #  One leaves in order, the other dies and expires
    stop one
    expect registry '^I: unregistered echo$' 1
    crash two
    await registry '^W: time expired$'
    start after service_client discover time
    finish after 1
    expect after '^NOT_FOUND$' 1
    stop registry
}

scenario_distributed_logging() {
    start collector LOGS="$TCP" WATCH="$TCP" log_collector
    endpoint collector LOGS; local logs=$ENDPOINT
    endpoint collector WATCH; local watch=$ENDPOINT
    start all WATCH="$watch" COUNT=6 log_watch
    await collector 'somebody watches'
    start errors WATCH="$watch" COUNT=2 log_watch ERROR
    await_lines collector 'somebody watches' 2
    for name in web db; do run logger_$name LOGS="$logs" distributed_logger $name; done
    finish all
    finish errors
    expect all '"service":"web"' 3
    expect all '"service":"db"' 3
    expect errors '"level":"ERROR"' 2
    expect errors '' 2
    expect collector '\[(INFO|WARNING|ERROR)\]' 6
    stop collector
}

scenario_gateway() {
    start gateway GATEWAY="$TCP" SERVICES="$TCP" BUS="$TCP" gateway
    endpoint gateway GATEWAY; local front=$ENDPOINT
    endpoint gateway SERVICES; export ZMQ_EXAMPLE_SERVICES=$ENDPOINT
    endpoint gateway BUS; export ZMQ_EXAMPLE_BUS=$ENDPOINT
    for name in users orders stock; do
        start $name gateway_service $name
        await gateway "^I: service $name is ready$"
    done
    for i in 1 2 3; do start c$i GATEWAY="$front" COUNT=50 gateway_client users orders stock; done
    for i in 1 2 3; do finish c$i; expect c$i '^150 of 150 replies right$' 1; done
    for name in users orders stock; do
        await $name '^Event: served.users'
        await $name '^Event: served.orders'
        await $name '^Event: served.stock'
    done
    start bad GATEWAY="$front" COUNT=1 gateway_client nobody
    finish bad 1
    expect bad '^Refused: nobody 503$' 1
    stop users orders stock gateway
}

scenario_metrics() {
    run inproc COUNT=500000 metrics
    run tcp METRICS="$TCP" COUNT=500000 metrics
    for name in inproc tcp; do
        tail -1 $name.out | grep -q -E '^Messages: 500000, bytes: 50000000, throughput: [1-9][0-9]* msg/s$' ||
            fail "$(tail -1 $name.out)"
    done
}
