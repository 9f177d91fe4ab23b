//! Work on a list of items by several threads.

use rayon::prelude::*;

/// Applies `work` to all `items` on up to `threads` threads; the results keep the items' order.
pub(crate) fn parallel_map<I: Sync, O: Send>(
    items: &[I],
    threads: usize,
    work: impl Fn(&I) -> O + Sync + Send,
) -> Vec<O> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    match if threads > 1 { pool.build().ok() } else { None } {
        Some(pool) => pool.install(|| items.par_iter().map(&work).collect()),
        None => items.iter().map(work).collect(),
    }
}
