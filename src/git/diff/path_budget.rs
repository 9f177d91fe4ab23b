//! Limits how often a comparison follows trees that it has compared before.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Most paths below directories that are equal to another one of the same comparison. A few small trees that contain
/// each other have more paths than fit into memory. Paths below different directories are not counted: the objects of
/// the repository bound them. The largest public trees have about 500,000 files in all (chromium), of which copies of
/// whole directories are a small part.
pub(crate) const MAX_REPEATED_PATHS: usize = if cfg!(test) { 5000 } else { 1_000_000 };

/// How many repeated paths may still be followed. The comparisons of all threads of a run share it.
#[derive(Debug)]
pub(crate) struct PathBudget(AtomicUsize);

impl Default for PathBudget {
    fn default() -> PathBudget {
        PathBudget(AtomicUsize::new(MAX_REPEATED_PATHS))
    }
}

impl PathBudget {
    /// Whether a repeated path may be followed.
    pub(super) fn is_left(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// Subtracts `count` repeated paths.
    pub(super) fn subtract(&self, count: usize) {
        let subtract = |left: usize| Some(left.saturating_sub(count));
        // The closure always returns a value.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, subtract);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;
    use crate::git::diff::{Diff, TreeDiffer};
    use crate::git::odb::object::{Kind, Object};
    use crate::git::odb::oid::Oid;

    type Objects = HashMap<Oid, Object>;

    fn id(number: usize) -> Oid {
        Oid::from_bytes(&[&number.to_be_bytes()[..], &[7; 12]].concat()).expect("20 bytes")
    }

    /// Adds a tree with `width` entries, all of them `child`.
    fn add_tree(objects: &mut Objects, mode: &str, width: usize, child: Oid) -> Oid {
        let entry = |at: usize| [format!("{mode} {at}\0").as_bytes(), child.as_bytes()].concat();
        let data = (0..width).flat_map(entry).collect();
        let tree = id(objects.len() + 1);
        objects.insert(tree, Object { kind: Kind::Tree, data });
        tree
    }

    /// Returns trees of `depth` levels with `width` entries each, and the root.
    fn nested(width: usize, depth: usize) -> (Objects, Oid) {
        let mut objects = Objects::new();
        let mut root = add_tree(&mut objects, "100644", width, id(0));
        for _ in 1..depth {
            root = add_tree(&mut objects, "40000", width, root);
        }
        (objects, root)
    }

    fn diff(objects: &Objects, new: Option<Oid>, parents: &[Option<Oid>], deadline: Option<Instant>) -> Diff {
        TreeDiffer::new(objects, Arc::default(), deadline).diff(new, parents)
    }

    #[test]
    fn trees_that_repeat_each_other_are_followed_to_a_limit() {
        let (objects, root) = nested(10, 10);
        for (new, parents) in [(Some(root), vec![]), (None, vec![Some(root)])] {
            let diff = diff(&objects, new, &parents, None);
            assert!(diff.changes.len() < MAX_REPEATED_PATHS + 20, "{}", diff.changes.len());
            // All directories but one on each level were left out.
            assert!(diff.omitted.is_some_and(|omitted| omitted.count > 30));
            assert_eq!(diff.problems, []);
        }
        let (objects, root) = nested(5, 4);
        let diff = diff(&objects, Some(root), &[], None);
        assert_eq!((diff.changes.len(), diff.omitted), (625, None));
    }

    #[test]
    fn trees_deeper_than_git_allows_are_not_followed() {
        let (objects, root) = nested(1, 100_000);
        let diff = diff(&objects, Some(root), &[], None);
        assert_eq!((diff.changes.len(), diff.problems.len()), (0, 1));
    }

    #[test]
    fn a_comparison_ends_at_the_deadline() {
        let (objects, root) = nested(5, 3);
        let diff = diff(&objects, Some(root), &[], Some(Instant::now()));
        assert_eq!((diff.changes.len(), diff.is_out_of_time), (0, true));
    }
}
