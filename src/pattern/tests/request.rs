//! REQ and REP.
use super::*;

/// A REQ with one peer, that has received the request `q`.
fn asked(correlate: bool) -> (Bench, Peer, Vec<String>) {
    let mut b = Bench::new(SocketType::Req);
    b.options.req_correlate = correlate;
    let mut peer = b.connect();
    b.send(&["q"]).unwrap();
    let request = peer.recv_all();
    (b, peer, request)
}

#[test]
fn req_puts_an_empty_part_before_the_request_and_takes_it_off_the_reply() {
    let (mut b, mut peer, request) = asked(false);
    assert_eq!(request, ["+", "q"]);
    peer.send(&["", "a", "b"]);
    assert!(b.has_in() && b.has_in());
    assert_eq!(b.recv().unwrap(), "a+");
    assert_eq!(b.send(&["x"]), Err(Errno::EFSM));
    assert_eq!(b.recv().unwrap(), "b");
    assert_eq!(b.recv(), Err(Errno::EFSM));
    b.send(&["1", "2", "3"]).unwrap();
    assert_eq!(peer.recv_all(), ["+", "1+", "2+", "3"]);
}

#[test]
fn req_sends_and_receives_in_turn() {
    let mut b = Bench::new(SocketType::Req);
    assert_eq!(b.recv(), Err(Errno::EFSM));
    let mut peer = b.connect();
    assert!(b.has_out() && !b.has_in());
    b.part("1", true).unwrap();
    assert!(b.has_out() && !b.has_in());
    assert_eq!(b.recv(), Err(Errno::EFSM));
    b.part("2", false).unwrap();
    assert!(!b.has_out() && !b.has_in());
    assert_eq!(b.send(&["x"]), Err(Errno::EFSM));
    assert_eq!(b.recv(), Err(Errno::EAGAIN));
    peer.send(&["", "r"]);
    assert!(!b.has_out() && b.has_in());
    assert_eq!(b.recv().unwrap(), "r");
    assert!(b.has_out() && !b.has_in());
}

#[test]
fn req_goes_round_the_peers_and_hears_only_the_one_it_asked() {
    let mut b = Bench::new(SocketType::Req);
    let mut peers: Vec<Peer> = (0..3).map(|_| b.connect()).collect();
    for turn in 0..6 {
        b.send(&[&turn.to_string()]).unwrap();
        for (n, peer) in peers.iter_mut().enumerate() {
            assert_eq!(!peer.recv_all().is_empty(), n == turn % 3);
            if n != turn % 3 {
                peer.send(&["", "intruder"]);
            }
        }
        assert!(!b.has_in());
        peers[turn % 3].send(&["", "right"]);
        assert_eq!(b.recv().unwrap(), "right");
    }
}

#[test]
fn req_drops_what_is_queued_before_a_new_request() {
    let (mut b, mut peer, _) = asked(false);
    peer.send(&["", "1"]);
    peer.send(&["", "2"]);
    peer.send(&["", "3", "more"]);
    assert_eq!(b.recv().unwrap(), "1");
    b.send(&["q2"]).unwrap();
    assert_eq!(b.recv(), Err(Errno::EAGAIN));
    peer.send(&["", "4"]);
    assert_eq!(b.recv().unwrap(), "4");
}

#[test]
fn req_skips_malformed_replies() {
    let (mut b, mut peer, _) = asked(false);
    peer.send(&["no bottom"]);
    peer.send(&["no bottom", "either"]);
    peer.send(&[""]);
    assert!(!b.has_in());
    assert_eq!(b.recv(), Err(Errno::EAGAIN));
    peer.send(&["", ""]);
    assert_eq!(b.recv().unwrap(), "");
}

#[test]
fn correlated_requests_carry_a_counter_that_the_reply_repeats() {
    let mut b = Bench::new(SocketType::Req);
    b.options.req_correlate = true;
    let mut peer = b.connect();
    let mut last = None;
    for _ in 0..3 {
        b.send(&["q"]).unwrap();
        let id = peer.end.read().unwrap();
        assert!(id.more() && id.len() == 4);
        let number = u32::from_ne_bytes(id.data().try_into().unwrap());
        if let Some(last) = last.replace(number) {
            assert_eq!(number, u32::wrapping_add(last, 1));
        }
        assert_eq!(peer.recv_all(), ["+", "q"]);
        peer.send(&["", "no id"]);
        peer.send(&["1234", "", "wrong id"]);
        let mut short = crate::message::Msg::from_slice(id.data()).unwrap();
        peer.send_msg(short.take());
        assert_eq!(b.recv(), Err(Errno::EAGAIN));
        peer.end.write_unchecked(id);
        peer.send(&["", "right"]);
        assert!(b.has_in());
        assert_eq!(b.recv().unwrap(), "right");
    }
}

#[test]
fn strict_req_waits_for_ever_when_its_peer_dies_until_it_is_relaxed() {
    let (mut b, peer, _) = asked(false);
    b.hang_up(peer);
    let mut other = b.connect();
    assert_eq!(b.send(&["again"]), Err(Errno::EFSM));
    assert_eq!(b.recv(), Err(Errno::EAGAIN));
    assert!(!b.has_out());
    b.options.req_relaxed = true;
    assert!(b.has_out());
    b.send(&["again"]).unwrap();
    assert_eq!(other.recv_all(), ["+", "again"]);
}

#[test]
fn relaxed_req_hears_only_the_reply_to_its_last_request() {
    let mut b = Bench::new(SocketType::Req);
    b.options.req_correlate = true;
    b.options.req_relaxed = true;
    let mut peer = b.connect();
    b.send(&["one"]).unwrap();
    b.send(&["two"]).unwrap();
    let request = |peer: &mut Peer| {
        let id = peer.end.read().unwrap();
        assert_eq!(peer.recv().unwrap(), "+");
        (id, peer.recv().unwrap())
    };
    let (first, second) = (request(&mut peer), request(&mut peer));
    assert_eq!((first.1.as_str(), second.1.as_str()), ("one", "two"));
    for (id, text) in [first, second] {
        peer.end.write_unchecked(id);
        peer.send(&["", &text]);
    }
    assert_eq!(b.recv().unwrap(), "two");
    assert_eq!(b.recv(), Err(Errno::EFSM));
}

#[test]
fn relaxed_req_may_ask_again_amid_a_reply() {
    let (mut b, mut peer, _) = asked(false);
    b.options.req_relaxed = true;
    peer.send(&["", "1", "2"]);
    assert_eq!(b.recv().unwrap(), "1+");
    b.send(&["again"]).unwrap();
    assert_eq!(b.recv(), Err(Errno::EAGAIN));
    peer.send(&["", "3"]);
    assert_eq!(b.recv().unwrap(), "3");
}

#[test]
fn a_failed_send_changes_nothing() {
    let mut b = Bench::new(SocketType::Req);
    assert_eq!(b.send(&["x"]), Err(Errno::EAGAIN));
    assert_eq!(b.recv(), Err(Errno::EFSM));
    let mut peer = b.connect();
    b.send(&["x"]).unwrap();
    assert_eq!(peer.recv_all(), ["+", "x"]);
}

#[test]
fn a_request_whose_pipe_dies_amid_its_parts() {
    let mut b = Bench::new(SocketType::Req);
    let (first, mut second) = (b.connect(), b.connect());
    b.part("1", true).unwrap();
    b.hang_up(first);
    // The sender does not wait: it is told, and the next request starts with an envelope.
    assert_eq!(b.part("2", false), Err(Errno::EAGAIN));
    b.send(&["new"]).unwrap();
    assert_eq!(second.recv_all(), ["+", "new"]);
    // One that waits is not told, and need not wait for a reply.
    let mut b = Bench::new(SocketType::Req);
    b.dontwait = false;
    let (first, mut second) = (b.connect(), b.connect());
    b.part("1", true).unwrap();
    b.hang_up(first);
    b.part("2", true).unwrap();
    b.part("3", false).unwrap();
    assert_eq!(b.recv(), Err(Errno::EFSM));
    b.send(&["new"]).unwrap();
    assert_eq!(second.recv_all(), ["+", "new"]);
}

#[test]
fn a_reply_whose_pipe_is_taken_away() {
    let (mut b, mut peer, _) = asked(false);
    peer.send(&["", "1", "2"]);
    assert!(b.has_in());
    b.disconnect(&peer);
    assert!(!b.has_in());
    assert_eq!(b.recv(), Err(Errno::EAGAIN));
    let (mut b, mut peer, _) = asked(false);
    peer.send(&["", "1", "2"]);
    assert_eq!(b.recv().unwrap(), "1+");
    b.disconnect(&peer);
    assert_eq!(b.recv(), Err(Errno::EFSM));
}

#[test]
fn rep_gives_the_envelope_back() {
    let mut b = Bench::new(SocketType::Rep);
    let mut peer = b.connect();
    for envelope in [&[""][..], &["hop", ""], &["a", "bb", "ccc", ""]] {
        let mut request = envelope.to_vec();
        request.extend(["q1", "", "q2"]);
        peer.send(&request);
        assert!(b.has_in() && !b.has_out());
        assert_eq!(b.recv_all_of_message(), ["q1+", "+", "q2"]);
        assert!(!b.has_in() && b.has_out());
        b.send(&["r1", "r2"]).unwrap();
        let mut expected: Vec<String> = envelope.iter().map(|part| format!("{part}+")).collect();
        expected.extend(["r1+".into(), "r2".into()]);
        assert_eq!(peer.recv_all(), expected);
    }
}

impl Bench {
    /// The parts of one message.
    fn recv_all_of_message(&mut self) -> Vec<String> {
        let mut parts = vec![self.recv().unwrap()];
        while parts.last().is_some_and(|p| p.ends_with('+')) {
            parts.push(self.recv().unwrap());
        }
        parts
    }
}

#[test]
fn rep_receives_and_sends_in_turn() {
    let mut b = Bench::new(SocketType::Rep);
    let mut peer = b.connect();
    assert_eq!(b.send(&["x"]), Err(Errno::EFSM));
    assert!(!b.has_out());
    peer.send(&["", "1", "2"]);
    assert_eq!(b.recv().unwrap(), "1+");
    assert_eq!(b.send(&["x"]), Err(Errno::EFSM));
    assert_eq!(b.recv().unwrap(), "2");
    assert_eq!(b.recv(), Err(Errno::EFSM));
    b.part("r", true).unwrap();
    assert!(b.has_out());
    assert_eq!(b.recv(), Err(Errno::EFSM));
    b.part("s", false).unwrap();
    assert_eq!(b.recv(), Err(Errno::EAGAIN));
}

#[test]
fn rep_skips_what_is_no_request() {
    let mut b = Bench::new(SocketType::Rep);
    let mut peer = b.connect();
    peer.send(&["nodelim"]);
    peer.send(&["no", "delim"]);
    peer.send(&[""]);
    peer.send(&["id", ""]);
    assert!(!b.has_in());
    peer.send(&["", "q"]);
    assert_eq!(b.recv().unwrap(), "q");
    b.send(&["r"]).unwrap();
    assert_eq!(peer.recv_all(), ["+", "r"]);
}

#[test]
fn a_reply_to_nobody_succeeds() {
    for parts in [&["r"][..], &["r", "s", "t"]] {
        let mut b = Bench::new(SocketType::Rep);
        let mut peer = b.connect();
        peer.send(&["", "q"]);
        b.recv().unwrap();
        b.hang_up(peer);
        b.send(parts).unwrap();
        let mut peer = b.connect();
        peer.send(&["", "q2"]);
        assert_eq!(b.recv().unwrap(), "q2");
        b.send(&["r2"]).unwrap();
        assert_eq!(peer.recv_all(), ["+", "r2"]);
    }
}

#[test]
fn a_reply_without_room_is_dropped_whole() {
    let mut b = Bench::new(SocketType::Rep);
    let mut peer = b.connect_limited(1);
    for i in 0..2 {
        peer.send(&["", "q"]);
        b.recv().unwrap();
        b.send(&[&i.to_string(), "end"]).unwrap();
    }
    assert_eq!(peer.recv_all(), ["+", "0+", "end"]);
}

#[test]
fn rep_serves_its_peers_in_turn() {
    let mut b = Bench::new(SocketType::Rep);
    let mut peers: Vec<Peer> = (0..3).map(|_| b.connect()).collect();
    for peer in &mut peers {
        peer.send(&["", "q"]);
        peer.send(&["", "q"]);
    }
    for turn in 0..6 {
        b.recv().unwrap();
        b.send(&["r"]).unwrap();
        for (n, peer) in peers.iter_mut().enumerate() {
            assert_eq!(peer.recv_all().is_empty(), n != turn % 3);
        }
    }
}
