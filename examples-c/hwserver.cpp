//  Hello World server in C++, over cppzmq (zmq.hpp): built by run-scenarios
//  when that header is installed. Ends after ZMQ_EXAMPLE_COUNT requests.

#include <cstdlib>
#include <iostream>
#include <string>
#include <zmq.hpp>

int main ()
{
    const char *endpoint = std::getenv ("ZMQ_EXAMPLE_HELLO");
    const char *count = std::getenv ("ZMQ_EXAMPLE_COUNT");
    zmq::context_t context (1);
    zmq::socket_t socket (context, zmq::socket_type::rep);
    socket.bind (endpoint ? endpoint : "tcp://*:5555");
    std::cerr << "bound HELLO " << socket.get (zmq::sockopt::last_endpoint) << std::endl;
    for (long left = count ? std::atol (count) : -1; left != 0; left--) {
        zmq::message_t request;
        if (!socket.recv (request))
            return 1;
        std::cout << "Received " << request.to_string () << std::endl;
        socket.send (zmq::buffer (std::string ("World")), zmq::send_flags::none);
    }
    return 0;
}
