#  articles.sh - the Python systems of the articles, over their fixed ports

python() {
    local name=$1 program=$2
    shift 2
    start "$name" "$PYTHON" "$PROGRAMS/$program.py" "$@"
}

#  says NAME CODE...: starts a few lines of Python of our own
says() {
    local name=$1
    shift
    start "$name" "$PYTHON" -c "$(printf '%s\n' "$@")"
}

#  enter NAME PROGRAM [ARGUMENT...]: starts it with a fifo for standard input,
#  which is open for writing as descriptor 8
enter() {
    mkfifo enter
    exec 8<>enter
    STDIN=enter
    python "$@"
    unset STDIN
}

scenario_clone() {
    python server clone_server
    await server 'Clone Server'
    python one clone_client
    await one 'Snapshot complete \(sequence: 0\)'
    connected 5557 1
    #  What another client sets arrives; a subscription that came too late for
    #  the first gets the next
    local turn=2
    until grep -q 'Update: name = John' one.out; do
        ((turn < 8)) || fail "no update"
        python c$turn clone_client
        await c$turn 'Snapshot complete'
        await_lines server 'Update: name = John' $turn
        turn=$((turn + 1))
        nap 100
    done
    #  Who comes later has it from the snapshot
    python late clone_client
    await late 'Snapshot complete \(sequence: [1-9]'
    await late '^name = John$'
    drop server one late
}

scenario_clone_protocol() {
    says test 'from clone_protocol import CloneProtocol as P' \
        'assert P.encode_snapshot({"a": 1}, 7) == {"type": P.SNAPSHOT, "sequence": 7, "data": {"a": 1}}' \
        'assert P.encode_update("a", 2, 8) == {"type": P.UPDATE, "sequence": 8, "key": "a", "value": 2}' \
        'assert P.encode_heartbeat(9) == {"type": P.HUGZ, "sequence": 9}'
    finish test
}

#  One that only asks
discover() {
    says "$1" 'from service_client import ServiceClient' \
        "print('found', ServiceClient('asker', 'tcp://10.0.0.9:1').discover('$2'))"
    finish "$1"
}

scenario_service_discovery() {
    python registry service_registry
    await registry 'Service Registry'
    python client service_client
    await client 'Registered: auth-service'
    await client 'DB Service: None'
    discover there auth-service
    expect there '^found tcp://10.0.0.5:5555$' 1
    says leaver 'from service_client import ServiceClient' \
        "client = ServiceClient('short', 'tcp://10.0.0.7:1')" 'client.register()' \
        "print('found', client.discover('short'))" 'client.unregister()'
    finish leaver
    expect leaver '^found tcp://10.0.0.7:1$' 1
    await registry 'Unregistered: short'
    discover left short
    expect left '^found None$' 1
    #  It heartbeats every five seconds, and is forgotten ten after the last
    crash client
    await registry 'Timeout: auth-service'
    discover gone auth-service
    expect gone '^found None$' 1
    drop registry
}

scenario_distributed_logging() {
    python collector log_collector
    await collector 'Log Collector'
    says watcher 'import json, zmq' 's = zmq.Context().socket(zmq.SUB)' 's.connect("tcp://localhost:5560")' \
        's.subscribe(b"")' 'for _ in range(3): print(json.dumps(s.recv_json()))'
    connected 5560 1
    #  A subscription that came too late for the first three gets the next
    local turn=0
    until (($(wc -l <watcher.out) == 3)); do
        ((turn++ < 5)) || fail "the watcher has $(wc -l <watcher.out) lines"
        python logger distributed_logger
        finish logger
        await_lines collector '\[(INFO|WARNING|ERROR)\] web-server-01' $((3 * turn))
        nap 100
    done
    finish watcher
    for level in INFO WARNING ERROR; do expect watcher "\"level\": \"$level\"" 1; done
    expect watcher '"collected_at": [0-9]' 3
    expect watcher '"db": "postgres"' 1
    expect collector $'\033\\[31m.*Database connection failed' $turn
    drop collector
}

scenario_echo_two_servers() {
    sed 's/:5000/:6000/' "$PROGRAMS/echo_server.py" >second.py
    python one echo_server
    start two "$PYTHON" second.py
    #  Both are there before the first request, so they take turns
    listening 5000
    listening 6000
    python client echo_client
    await_lines client '^Sending msg [0-9]$' 10
    finish client
    printf 'Got msg %d\n' 0 2 4 6 8 >even
    printf 'Got msg %d\n' 1 3 5 7 9 >odd
    { cmp -s one.out even && cmp -s two.out odd; } || { cmp -s one.out odd && cmp -s two.out even; } ||
        fail "$(paste -s -d, one.out) and $(paste -s -d, two.out)"
    drop one two
}

scenario_football() {
    python pub football_pub
    python sub football_sub
    await_lines sub '^(netherlands|germany) ' 1000
    drop sub pub
    #  The last line may be cut off
    sed '$d' sub.out | grep -v -E '^(netherlands|germany) (yellow card|red card|goal|corner|foul)$' >wrong
    [[ ! -s wrong ]] || fail "$(head -3 wrong)"
    grep -q '^netherlands' sub.out && grep -q '^germany' sub.out || fail "one country is missing"
}

scenario_pair() {
    python bound pair_bind
    python connected pair_connect
    finish bound
    finish connected
    expect bound '^pong$' 1
    expect connected '^ping$' 1
}

scenario_devices() {
    says test 'import threading, zmq' \
        'for kind, front, back, one, two in ((zmq.QUEUE, zmq.ROUTER, zmq.DEALER, zmq.REQ, zmq.REP),' \
        '        (zmq.FORWARDER, zmq.XSUB, zmq.XPUB, zmq.PUB, zmq.SUB), (zmq.STREAMER, zmq.PULL, zmq.PUSH, zmq.PUSH, zmq.PULL)):' \
        '    context = zmq.Context()' \
        '    f, b, sender, receiver = map(context.socket, (front, back, one, two))' \
        '    ports = f.bind_to_random_port("tcp://127.0.0.1"), b.bind_to_random_port("tcp://127.0.0.1")' \
        '    def forward(f=f, b=b, kind=kind):' \
        '        try: zmq.device(kind, f, b)' \
        '        except zmq.ContextTerminated: f.close(), b.close()' \
        '    thread = threading.Thread(target=forward)' \
        '    thread.start()' \
        '    if two == zmq.SUB: receiver.subscribe(b"")' \
        '    for socket, port in zip((sender, receiver), ports):' \
        '        socket.linger, socket.rcvtimeo = 0, 100 if two == zmq.SUB else 5000' \
        '        socket.connect(f"tcp://127.0.0.1:{port}")' \
        '    for attempt in range(50):' \
        '        sender.send(b"through")' \
        '        try: assert receiver.recv() == b"through"' \
        '        except zmq.Again: continue' \
        '        break' \
        '    else: raise SystemExit("nothing came through")' \
        '    if two == zmq.REP: receiver.send(b"back"); assert sender.recv() == b"back"' \
        '    sender.close(); receiver.close(); context.term(); thread.join()' \
        '    print("device", kind, "forwards")'
    finish test
    expect test '^device .* forwards$' 3
}

scenario_many_servers() {
    python one many_server 5001 A
    python two many_server 5002 B
    listening 5001
    listening 5002
    enter client many_client 5001 5002
    printf '%s\n' first second third bye >&8
    finish client
    sed -n 's/.*RECEIVED: \(.*\) FROM \(.\)$/\1 \2/p' client.out >got
    printf '%s\n' 'first A' 'second B' 'third A' 'bye B' >wanted
    #  They take turns, whoever is first
    cmp -s got wanted || tr AB BA <wanted | cmp -s got - || fail "$(paste -s -d, got)"
    drop one two
}

scenario_weather() {
    python pub weather_pub
    #  Ten codes in place of one: fifty messages in a few seconds
    python sub weather_sub 5556 1000
    finish sub
    expect sub '^RECEIVED: 1000[0-9] ' 50
    expect sub '^AVERAGE TEMPERATURE FOR 1000[0-9]: [-+][0-9.]+$' 1
    drop pub
}

scenario_pipeline() {
    python sink task_sink
    enter vent task_vent
    local i cost elapsed
    for ((i = 1; i <= 7; i++)); do python w$i task_work; done
    connected 5557 7
    await sink '^GATHER 1000 TASKS'
    #  A person would wait longer: connections are not yet greetings
    nap 500
    echo >&8
    finish sink
    #  A prompt has no line end
    cost=$(sed -n 's/.*TOTAL EXPECTED COST: \([0-9]*\).*/\1/p' vent.out)
    elapsed=$(sed -n 's/^ELAPSED TIME: \([0-9]*\)\.\([0-9]*\)$/\1\20/p' sink.out)
    (($(grep -E '^[.:]+$' sink.out | tr -d '\n' | wc -c) == 1000)) || fail "not 1000 results"
    between "$elapsed" $((cost / 7 * 8 / 10)) $((cost / 7 * 15 / 10 + 1000)) "elapsed with 7 workers"
    echo >&8
    finish vent
    for ((i = 1; i <= 7; i++)); do drop w$i; done
}
