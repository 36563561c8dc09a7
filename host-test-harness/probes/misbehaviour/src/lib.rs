//! What no guest should do, for guests of any SDK to do on demand.

#![expect(
    clippy::disallowed_methods,
    reason = "guests that wait are what the harness must bound"
)]

use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

/// Misbehaves if `path` names a way to; all but `/nap` never return.
pub fn misbehave(path: &str) {
    match path {
        "/loop" => loop_forever(),
        "/nap" => std::thread::sleep(Duration::from_millis(300)),
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

/// Eats the stack that is in the guest's memory.
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

/// Eats the stack of the engine: nothing here needs the guest's memory.
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
        std::io::stdout()
            .write_all(&line)
            .expect("somebody listens");
    }
}

fn flood_stderr() {
    for line in 0..100_000 {
        eprintln!("line {line} of a guest that talks too much");
    }
    panic!("the last words")
}
