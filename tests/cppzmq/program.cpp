// The C++ binding (zmq.hpp, zmq_addon.hpp) over a given header and library: one function per area, each checks what it
// got. Built a second time with ZMQ_BUILD_DRAFT_API it also covers the pollers and the draft sockets.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>
#include <zmq_addon.hpp>

#define CHECK(cond)                                                \
    do {                                                           \
        if (!(cond)) {                                             \
            std::printf("FAIL line %d: %s\n", __LINE__, #cond);    \
            std::exit(1);                                          \
        }                                                          \
    } while (0)

using namespace std::chrono_literals;

static zmq::socket_t opened(zmq::context_t &ctx, zmq::socket_type type)
{
    zmq::socket_t s(ctx, type);
    s.set(zmq::sockopt::rcvtimeo, 10000);
    s.set(zmq::sockopt::sndtimeo, 10000);
    s.set(zmq::sockopt::linger, 0);
    return s;
}

static std::string bound(zmq::socket_t &s, const char *address = "tcp://127.0.0.1:*")
{
    s.bind(address);
    return s.get(zmq::sockopt::last_endpoint);
}

static void contexts(zmq::context_t &)
{
    CHECK(std::get<0>(zmq::version()) == 4 && std::get<1>(zmq::version()) == 3);
    zmq::context_t ctx(2);
    CHECK(ctx.get(zmq::ctxopt::io_threads) == 2);
    ctx.set(zmq::ctxopt::max_sockets, 50);
    CHECK(ctx.get(zmq::ctxopt::max_sockets) == 50);
    zmq::context_t other(std::move(ctx));
    CHECK(!ctx && other);
    other.shutdown();
    try {
        zmq::socket_t s(other, zmq::socket_type::pair);
        CHECK(!"a socket after shutdown");
    } catch (const zmq::error_t &e) {
        CHECK(e.num() == ETERM && std::string(e.what()) == "Context was terminated");
    }
    other.close();
    CHECK(!other);
}

static void messages(zmq::context_t &)
{
    zmq::message_t empty, text("hello", 5), copy;
    CHECK(empty.empty() && text.size() == 5 && text.to_string() == "hello");
    copy.copy(text);
    CHECK(copy == text && copy.to_string_view() == "hello");
    zmq::message_t moved(std::move(copy));
    CHECK(moved == text && copy.empty());
    std::vector<char> bytes(1000, 'v');
    zmq::message_t ranged(bytes.begin(), bytes.end());
    CHECK(ranged.size() == 1000 && ranged.data<char>()[999] == 'v');
    static int freed;
    {
        zmq::message_t borrowed(bytes.data(), bytes.size(), [](void *, void *hint) { ++*static_cast<int *>(hint); }, &freed);
        zmq::message_t again;
        again.copy(borrowed);
        CHECK(again.data() == bytes.data() && freed == 0);
    }
    CHECK(freed == 1);
}

static void request_reply(zmq::context_t &ctx)
{
    auto rep = opened(ctx, zmq::socket_type::rep), req = opened(ctx, zmq::socket_type::req);
    req.connect(bound(rep));
    for (int i = 0; i < 100; i++) {
        CHECK(req.send(zmq::str_buffer("ping"), zmq::send_flags::sndmore) == 4u);
        CHECK(req.send(zmq::buffer(std::to_string(i)), zmq::send_flags::none).has_value());
        std::vector<zmq::message_t> parts;
        CHECK(zmq::recv_multipart(rep, std::back_inserter(parts)) == 2u);
        CHECK(parts[0].to_string() == "ping" && parts[1].to_string() == std::to_string(i));
        CHECK(parts[0].more() && !parts[1].more());
        CHECK(zmq::send_multipart(rep, parts) == 2u);
        zmq::message_t a;
        CHECK(req.recv(a) == 4u && req.get(zmq::sockopt::rcvmore));
        std::array<char, 2> small{};
        auto got = req.recv(zmq::buffer(small));
        CHECK(got && got->untruncated_size == std::to_string(i).size() && !got->truncated());
    }
    zmq::message_t none;
    CHECK(!rep.recv(none, zmq::recv_flags::dontwait));
}

static void multipart(zmq::context_t &ctx)
{
    auto pull = opened(ctx, zmq::socket_type::pull), push = opened(ctx, zmq::socket_type::push);
    push.connect(bound(pull));
    zmq::multipart_t out("first"), in;
    out.addtyp<int>(42);
    out.addmem("", 0);
    CHECK(out.size() == 3 && out.send(push) && out.empty());
    CHECK(in.recv(pull) && in.size() == 3 && in.popstr() == "first" && in.poptyp<int>() == 42 && in.pop().empty());
    zmq::multipart_t packed("a");
    packed.addstr("b");
    CHECK(zmq::multipart_t::decode(packed.encode()).equal(&packed));
}

static void publish(zmq::context_t &ctx)
{
    auto pub = opened(ctx, zmq::socket_type::xpub), sub = opened(ctx, zmq::socket_type::sub);
    sub.set(zmq::sockopt::subscribe, "b");
    sub.connect(bound(pub));
    zmq::message_t msg;
    CHECK(pub.recv(msg) == 2u && msg.to_string() == "\x01" "b");
    pub.send(zmq::str_buffer("a1"), zmq::send_flags::none);
    pub.send(zmq::str_buffer("b2"), zmq::send_flags::none);
    zmq::pollitem_t items[] = {{sub.handle(), 0, ZMQ_POLLIN, 0}};
    CHECK(zmq::poll(items, 1, 10s) == 1 && items[0].revents == ZMQ_POLLIN);
    CHECK(sub.recv(msg) == 2u && msg.to_string() == "b2" && std::string(msg.gets("Socket-Type")) == "XPUB");
}

static void options(zmq::context_t &ctx)
{
    auto s = opened(ctx, zmq::socket_type::dealer);
    s.set(zmq::sockopt::routing_id, "me");
    s.set(zmq::sockopt::sndhwm, 77);
    s.set(zmq::sockopt::immediate, true);
    s.set(zmq::sockopt::affinity, uint64_t{1});
    CHECK(s.get(zmq::sockopt::routing_id) == "me" && s.get(zmq::sockopt::sndhwm) == 77);
    CHECK(s.get(zmq::sockopt::immediate) && s.get(zmq::sockopt::affinity) == 1);
    CHECK(s.get(zmq::sockopt::socket_type) == zmq::socket_type::dealer && s.get(zmq::sockopt::fd) >= 0);
    try {
        s.set(zmq::sockopt::sndhwm, -1);
        CHECK(!"a negative high-water mark");
    } catch (const zmq::error_t &e) {
        CHECK(e.num() == EINVAL);
    }
    zmq::socket_ref ref = s;
    CHECK(ref == s && ref.get(zmq::sockopt::sndhwm) == 77);
}

struct Events : zmq::monitor_t {
    std::vector<std::string> seen;
    void on_event_connected(const zmq_event_t &, const char *address) override { seen.push_back(std::string("connected ") + address); }
    void on_event_handshake_succeeded(const zmq_event_t &, const char *) override { seen.push_back("handshake"); }
    void on_event_disconnected(const zmq_event_t &, const char *) override { seen.push_back("disconnected"); }
};

static void monitor(zmq::context_t &ctx)
{
    auto server = opened(ctx, zmq::socket_type::dealer), client = opened(ctx, zmq::socket_type::dealer);
    Events events;
    events.init(client, "inproc://cpp-monitor", ZMQ_EVENT_ALL);
    auto endpoint = bound(server);
    client.connect(endpoint);
    while (events.seen.size() < 2)
        CHECK(events.check_event(10000));
    CHECK(events.seen[0] == "connected " + endpoint && events.seen[1] == "handshake");
    server.close();
    while (events.seen.size() < 3)
        CHECK(events.check_event(10000));
    CHECK(events.seen[2] == "disconnected");
}

static void proxy(zmq::context_t &)
{
    zmq::context_t ctx;
    auto front = opened(ctx, zmq::socket_type::pull), back = opened(ctx, zmq::socket_type::push);
    auto push = opened(ctx, zmq::socket_type::push), pull = opened(ctx, zmq::socket_type::pull);
    push.connect(bound(front));
    pull.connect(bound(back));
    bool ended = false;
    std::thread thread([&, front = std::move(front), back = std::move(back)]() mutable {
        try {
            zmq::proxy(front, back);
        } catch (const zmq::error_t &e) {
            ended = e.num() == ETERM;
        }
    });
    zmq::message_t msg;
    for (int i = 0; i < 50; i++) {
        push.send(zmq::buffer("through", 7), zmq::send_flags::none);
        CHECK(pull.recv(msg) == 7u);
    }
    push.close();
    pull.close();
    ctx.shutdown();
    thread.join();
    CHECK(ended);
}

#if defined(ZMQ_BUILD_DRAFT_API)
static void pollers(zmq::context_t &ctx)
{
    auto pull = opened(ctx, zmq::socket_type::pull), push = opened(ctx, zmq::socket_type::push);
    push.connect(bound(pull));
    int tag = 7;
    zmq::poller_t<int> poller;
    poller.add(pull, zmq::event_flags::pollin, &tag);
    std::vector<zmq::poller_event<int>> events(2);
    CHECK(poller.wait_all(events, 0ms) == 0);
    push.send(zmq::str_buffer("x"), zmq::send_flags::none);
    CHECK(poller.wait_all(events, 10s) == 1 && events[0].socket == pull && events[0].user_data == &tag);
    CHECK(events[0].events == zmq::event_flags::pollin);
    poller.remove(pull);

    zmq::active_poller_t active;
    int calls = 0;
    active.add(pull, zmq::event_flags::pollin, [&](zmq::event_flags) {
        zmq::message_t msg;
        CHECK(pull.recv(msg) == 1u);
        calls++;
    });
    CHECK(active.wait(10s) == 1 && calls == 1 && active.wait(0ms) == 0);
}

static void draft_sockets(zmq::context_t &ctx)
{
    auto server = opened(ctx, zmq::socket_type::server), client = opened(ctx, zmq::socket_type::client);
    client.connect(bound(server));
    zmq::message_t msg("ask", 3);
    client.send(msg, zmq::send_flags::none);
    CHECK(server.recv(msg) == 3u && msg.routing_id() != 0);
    uint32_t id = msg.routing_id();
    zmq::message_t answer("answer", 6);
    answer.set_routing_id(id);
    server.send(answer, zmq::send_flags::none);
    CHECK(client.recv(msg) == 6u && msg.to_string() == "answer");

    auto radio = opened(ctx, zmq::socket_type::radio), dish = opened(ctx, zmq::socket_type::dish);
    dish.join("news");
    radio.connect(bound(dish, "inproc://cpp-dish"));
    zmq::message_t piece("rain", 4);
    piece.set_group("news");
    dish.set(zmq::sockopt::rcvtimeo, 20);
    for (int i = 0; i < 500; i++) { // the radio learns of the group in its own time
        zmq::message_t next;
        next.copy(piece);
        next.set_group("news");
        radio.send(next, zmq::send_flags::none);
        if (dish.recv(msg)) {
            CHECK(msg.to_string() == "rain" && std::string(msg.group()) == "news");
            return;
        }
    }
    CHECK(!"the dish heard nothing");
}
#endif

// Without arguments lists the areas; else runs the one named.
int main(int argc, char **argv)
{
    const std::pair<const char *, void (*)(zmq::context_t &)> areas[] = {
        {"contexts", contexts}, {"messages", messages}, {"request-reply", request_reply}, {"multipart", multipart},
        {"publish", publish},   {"options", options},   {"monitor", monitor},             {"proxy", proxy},
#if defined(ZMQ_BUILD_DRAFT_API)
        {"pollers", pollers},   {"draft-sockets", draft_sockets},
#endif
    };
    for (auto &[name, run] : areas) {
        if (argc == 1) {
            std::puts(name);
        } else if (std::strcmp(name, argv[1]) == 0) {
            zmq::context_t ctx;
            run(ctx);
            return 0;
        }
    }
    return argc == 1 ? 0 : 2;
}
