//! Timers in simulated time.
use super::*;

fn run(timers: &mut Timers<&'static str>, now: u64) -> Vec<&'static str> {
    timers.round(now).into_iter().filter_map(|id| timers.fire(now, id)).collect()
}

#[test]
fn each_due_timer_runs_once_in_order_and_again_an_interval_later() {
    let mut t = Timers::default();
    assert_eq!(t.timeout(1000), None);
    assert_eq!(t.add(1000, 60, "b"), 1);
    assert_eq!(t.add(1000, 50, "a"), 2);
    assert_eq!(t.timeout(1000), Some(50));
    assert_eq!(t.timeout(1049), Some(1));
    assert!(run(&mut t, 1049).is_empty());
    assert_eq!(run(&mut t, 1200), ["a", "b"]);
    assert_eq!(t.timeout(1200), Some(50));
    assert_eq!(t.timeout(1300), Some(0));
    assert_eq!(run(&mut t, 1250), ["a"]);
    assert_eq!(run(&mut t, 1260), ["b"]);
}

#[test]
fn unknown_and_cancelled_ids() {
    let mut t = Timers::default();
    for id in [-1, 0, 1, 999] {
        assert_eq!(t.cancel(id), Err(Errno::EINVAL));
        assert_eq!(t.reset(0, id), Err(Errno::EINVAL));
        assert_eq!(t.set_interval(0, id, 1), Err(Errno::EINVAL));
    }
    let id = t.add(0, 100, "a");
    assert_eq!(t.cancel(id), Ok(()));
    assert_eq!(t.cancel(id), Err(Errno::EINVAL));
    assert_eq!((t.set_interval(0, id, 50), t.reset(0, id)), (Ok(()), Ok(())));
    assert_eq!(t.timeout(0), None);
    assert_eq!((t.set_interval(0, id, 50), t.reset(0, id)), (Err(Errno::EINVAL), Err(Errno::EINVAL)));
    assert!(run(&mut t, 1000).is_empty());
    let (near, far) = (t.add(0, 1000, "near"), t.add(0, 2000, "far"));
    t.cancel(far).unwrap();
    assert_eq!((t.timeout(0), t.reset(0, far)), (Some(1000), Ok(())));
    t.cancel(near).unwrap();
    assert_eq!((t.timeout(0), t.reset(0, far)), (None, Err(Errno::EINVAL)));
}

#[test]
fn reset_and_set_interval_count_from_now() {
    let mut t = Timers::default();
    let id = t.add(0, 100, "a");
    t.reset(30, id).unwrap();
    assert_eq!(t.timeout(30), Some(100));
    t.set_interval(50, id, 10).unwrap();
    assert_eq!(t.timeout(50), Some(10));
    assert_eq!(run(&mut t, 60), ["a"]);
    assert_eq!(t.timeout(60), Some(10));
}

#[test]
fn handlers_may_change_timers() {
    let mut t = Timers::default();
    let first = t.add(0, 10, "first");
    let second = t.add(0, 11, "second");
    let round = t.round(20);
    assert_eq!(round, [first, second]);
    assert_eq!(t.fire(20, first), Some("first"));
    t.cancel(second).unwrap();
    t.cancel(first).unwrap();
    let added = t.add(20, 0, "added");
    assert_eq!(t.fire(20, second), None);
    assert_eq!(t.round(20), [added]);
    assert_eq!(t.fire(20, added), Some("added"));
    t.clear();
    assert_eq!((t.fire(20, added), t.timeout(20)), (None, None));
}

#[test]
fn extreme_intervals() {
    let mut t = Timers::default();
    let zero = t.add(5, 0, "zero");
    assert_eq!(t.timeout(5), Some(0));
    assert_eq!(run(&mut t, 5), ["zero"]);
    t.cancel(zero).unwrap();
    t.add(5, u64::MAX, "never");
    assert_eq!(t.timeout(5), Some(u64::MAX - 5));
    assert!(run(&mut t, u64::MAX - 1).is_empty());
}

#[test]
fn cancelled_timers_do_not_pile_up() {
    let mut t = Timers::default();
    for _ in 0..10_000 {
        let id = t.add(0, 3_600_000, "x");
        t.cancel(id).unwrap();
    }
    assert!(t.timers.len() <= 3 * SPARE_CANCELLED && t.queue.len() == t.timers.len());
}

#[test]
fn ids_that_come_round_skip_the_living() {
    let mut t = Timers { last_id: i32::MAX - 1, ..Timers::default() };
    assert_eq!(t.add(0, 1, "a"), i32::MAX);
    assert_eq!((t.add(0, 1, "b"), t.add(0, 1, "c")), (1, 2));
    t.last_id = i32::MAX;
    assert_eq!(t.add(0, 1, "d"), 3);
}
