//! The components of an application, loaded several at a time.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tracing::dispatcher;

use crate::{Component, Error, Harness};

/// The largest number of components that are loaded at the same time: compiling one takes some hundred megabytes of
/// memory.
const AT_A_TIME: usize = 4;

/// Loads each of `files`. After a file that does not load, no other is begun; the error is that of the first of them.
pub(super) fn load<'f>(
    harness: &Harness,
    files: &[&'f Path],
) -> Result<BTreeMap<&'f Path, Component>, Error> {
    let n_processors = thread::available_parallelism().map_or(1, NonZero::get);
    let n_threads = n_processors.min(AT_A_TIME).min(files.len());
    if files.len() > 1 {
        tracing::info!("loading {} components, {n_threads} at a time", files.len());
    }
    let load = |file: &&Path| harness.load_file(file);
    let components = in_threads(n_threads, files, load)?;
    Ok(files.iter().copied().zip(components).collect())
}

/// Calls `act` with each item, in this thread and `n_threads - 1` others.
fn in_threads<I: Sync, T: Send, E: Send>(
    n_threads: usize,
    items: &[I],
    act: impl Fn(&I) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut results = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else {
                return results;
            };
            let result = act(item);
            if result.is_err() {
                next.store(items.len(), Ordering::Relaxed);
            }
            results.push((index, result));
        }
    };
    // What a thread logs goes where the caller's log goes.
    let log = dispatcher::get_default(Clone::clone);
    let mut results = thread::scope(|scope| {
        let in_thread = || dispatcher::with_default(&log, work);
        let threads: Vec<_> = (1..n_threads).map(|_| scope.spawn(in_thread)).collect();
        let mut results = work();
        for thread in threads {
            results.extend(thread.join().expect("loading a component does not panic"));
        }
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[test]
    fn items_are_handled_at_the_same_time_and_keep_their_order() {
        // Each of the two waits for the other.
        let ((to_second, from_first), (to_first, from_second)) = (channel(), channel());
        let ends = [
            (to_second, Mutex::new(from_second)),
            (to_first, Mutex::new(from_first)),
        ];
        let meet = |index: &usize| {
            let (sender, receiver) = ends.get(*index).expect("there are two");
            sender.send(()).expect("the other end lives");
            let receiver = receiver.lock().expect("no panic");
            let met = receiver.recv_timeout(Duration::from_secs(60));
            met.map(|()| *index)
        };
        assert_eq!(in_threads(2, &[0, 1], meet), Ok(vec![0, 1]));
    }

    #[test]
    fn after_an_error_no_item_is_begun() {
        let begun = Mutex::new(Vec::new());
        let act = |item: &u8| {
            begun.lock().expect("no panic").push(*item);
            if *item == 2 { Err("two") } else { Ok(*item) }
        };
        assert_eq!(in_threads(1, &[1, 2, 3], act), Err("two"));
        assert_eq!(*begun.lock().expect("no panic"), [1, 2]);
    }
}
