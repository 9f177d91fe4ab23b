//! A queue of tasks that can add more tasks, processed by several threads.
//!
//! The newest task is taken first (depth-first), which keeps the queue as short as the directories on one path of
//! the tree are wide.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread;

/// A task for a worker `W`.
pub(super) trait Work<W>: Send + Sized {
    /// Runs the task. Tasks passed to `add` run later, on any thread.
    fn run(self, worker: &mut W, add: &mut dyn FnMut(Vec<Self>));
}

/// Runs all `tasks` and the tasks they add on up to `threads` threads, each with its own worker: first the given
/// workers, then new ones. Returns all workers.
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
            // If a thread cannot be started, the others do its work.
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
    /// Number of workers that run a task, which can add more.
    busy: usize,
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Runs tasks until none are left and no worker can add one.
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

/// Counts a worker as idle when its task ends, also by a panic: the other threads would wait for it forever.
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

    /// Adds two tasks with the next lower number.
    struct Countdown(u32);

    impl Work<u32> for Countdown {
        fn run(self, done: &mut u32, add: &mut dyn FnMut(Vec<Countdown>)) {
            *done += 1;
            if self.0 > 0 {
                add(vec![Countdown(self.0 - 1), Countdown(self.0 - 1)]);
            }
        }
    }

    #[test]
    fn every_task_runs_once_on_any_number_of_threads() {
        for threads in [1, 2, 8] {
            let workers = run(vec![Countdown(9), Countdown(0)], threads, vec![100], &|| 0);
            assert_eq!((workers.len(), workers.iter().sum::<u32>()), (threads, 100 + 1023 + 1));
            // Workers of an earlier round are reused, and all of them are returned.
            let workers = run(vec![Countdown(1)], 2, workers, &|| 0);
            assert_eq!((workers.len(), workers.iter().sum::<u32>()), (threads.max(2), 100 + 1023 + 1 + 3));
        }
        assert_eq!(run(Vec::<Countdown>::new(), 2, Vec::new(), &|| 0), [0, 0]);
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
