//! Ways to misbehave on demand, for the guests of all SDKs.

#![expect(
    clippy::disallowed_methods,
    reason = "the harness must bound guests that sleep"
)]

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime};

/// Misbehaves if `path` names a way to. Every way but `/nap` and `/rest` never returns.
pub fn misbehave(path: &str) {
    match path {
        "/loop" => loop_forever(),
        "/nap" => std::thread::sleep(Duration::from_millis(300)),
        "/rest" => rest(),
        "/sleep" => sleep_forever(),
        "/panic" => panic!("the probe was told to panic"),
        "/exit" => std::process::exit(7),
        "/memory" => eat_memory(),
        "/stack" => {
            black_box(eat_stack(1));
        }
        "/recursion" => {
            black_box(recurse(1));
        }
        "/stdout" => talk_forever(),
        "/stderr" => flood_stderr(),
        _ => {}
    }
}

#[inline(never)]
fn loop_forever() {
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_add(1));
    }
}

/// Sleeps for 10 s, by both clocks of the guest.
fn rest() {
    const REST: Duration = Duration::from_secs(10);
    let (started, time) = (Instant::now(), SystemTime::now());
    std::thread::sleep(REST);
    let passed = [
        started.elapsed(),
        time.elapsed().expect("time does not go back"),
    ];
    let late = REST + Duration::from_millis(100);
    assert!(
        passed.iter().all(|passed| (REST..late).contains(passed)),
        "{passed:?}"
    );
}

fn sleep_forever() {
    std::thread::sleep(Duration::MAX);
}

fn eat_memory() {
    let mut blocks = Vec::new();
    loop {
        blocks.push(vec![1_u8; 1 << 20]);
        black_box(&blocks);
    }
}

/// Exhausts the stack in the guest's linear memory.
#[inline(never)]
fn eat_stack(depth: u64) -> u8 {
    let frame = black_box([1_u8; 1024]);
    let deeper = if black_box(true) {
        eat_stack(depth + 1)
    } else {
        0
    };
    deeper.wrapping_add(frame[depth as usize % 1024])
}

/// Exhausts the engine's stack; these frames need no linear memory.
#[inline(never)]
fn recurse(number: u64) -> u64 {
    if number == 0 {
        return 1;
    }
    recurse(number.wrapping_mul(3) | 1).rotate_left(1) ^ number
}

fn talk_forever() {
    let line = [b'x'; 4 << 10];
    loop {
        std::io::stdout().write_all(&line).expect("stdout is open");
    }
}

fn flood_stderr() {
    for line in 0..100_000 {
        eprintln!("line {line} of a guest that talks too much");
    }
    panic!("the last words")
}
