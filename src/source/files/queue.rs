//! Work that leads to more work, shared by several threads.
//!
//! The newest task is taken first, so that the queue is never longer than one path down the tree is wide.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread;

/// A piece of work for a worker `W`.
pub(super) trait Work<W>: Send + Sized {
    /// Does it; what `add` is given is done later, by whoever has time.
    fn run(self, worker: &mut W, add: &mut dyn FnMut(Vec<Self>));
}

/// Does all `tasks` and what they lead to on up to `threads` threads, each with a worker of its own: those
/// there are, and new ones. All workers are given back.
pub(super) fn run<T: Work<W>, W: Send>(
    tasks: Vec<T>,
    threads: usize,
    mut workers: Vec<W>,
    make: &(dyn Fn() -> W + Sync),
) -> Vec<W> {
    if workers.is_empty() {
        workers.push(make());
    }
    let queue = Queue { state: Mutex::new(State { tasks, busy: 0 }), changed: Condvar::new() };
    let mut rest = workers.split_off(1);
    let helpers: Vec<Option<W>> =
        std::iter::repeat_with(|| rest.pop()).take(threads.saturating_sub(1)).collect();
    thread::scope(|scope| {
        let helper = |worker: Option<W>| {
            let queue = &queue;
            let run = move || {
                let mut worker = worker.unwrap_or_else(make);
                queue.work(&mut worker);
                worker
            };
            // A thread that cannot be had is one fewer, and the others do its work.
            thread::Builder::new().spawn_scoped(scope, run).ok()
        };
        let helpers: Vec<_> = helpers.into_iter().filter_map(helper).collect();
        queue.work(&mut workers[0]);
        for helper in helpers {
            workers.push(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    workers.append(&mut rest);
    workers
}

struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    tasks: Vec<T>,
    /// Workers with a task, which may lead to more.
    busy: usize,
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Does tasks until there are none and nobody is left who could add one.
    fn work<W>(&self, worker: &mut W)
    where
        T: Work<W>,
    {
        while let Some(task) = self.next() {
            let _busy = Busy(self);
            task.run(worker, &mut |tasks| self.add(tasks));
        }
    }

    fn next(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(task) = state.tasks.pop() {
                state.busy += 1;
                return Some(task);
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    fn add(&self, tasks: Vec<T>) {
        if !tasks.is_empty() {
            self.lock().tasks.extend(tasks);
            self.changed.notify_all();
        }
    }
}

/// Ends a task also where it panics, or the other threads would wait for it for ever.
struct Busy<'q, T>(&'q Queue<T>);

impl<T> Drop for Busy<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.busy -= 1;
        if state.busy == 0 && state.tasks.is_empty() {
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts down and doubles.
    struct Halves(u32);

    impl Work<u32> for Halves {
        fn run(self, done: &mut u32, add: &mut dyn FnMut(Vec<Halves>)) {
            *done += 1;
            if self.0 > 0 {
                add(vec![Halves(self.0 - 1), Halves(self.0 - 1)]);
            }
        }
    }

    #[test]
    fn everything_is_done_once_on_any_number_of_threads() {
        for threads in [1, 2, 8] {
            let workers = run(vec![Halves(9), Halves(0)], threads, vec![100], &|| 0);
            assert_eq!((workers.len(), workers.iter().sum::<u32>()), (threads, 100 + 1023 + 1));
            // Workers of an earlier round are kept, and all of them are given back.
            let workers = run(vec![Halves(1)], 2, workers, &|| 0);
            assert_eq!((workers.len(), workers.iter().sum::<u32>()), (threads.max(2), 100 + 1023 + 1 + 3));
        }
        assert_eq!(run(Vec::<Halves>::new(), 2, Vec::new(), &|| 0), [0, 0]);
    }

    #[test]
    #[should_panic(expected = "a task that fails")]
    fn a_panic_ends_the_run() {
        struct Fails;
        impl Work<()> for Fails {
            fn run(self, _: &mut (), _: &mut dyn FnMut(Vec<Fails>)) {
                panic!("a task that fails");
            }
        }
        run(vec![Fails], 2, Vec::new(), &|| ());
    }
}
