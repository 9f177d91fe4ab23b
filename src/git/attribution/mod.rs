//! Which commit first brought a blob into the history, where, and what still holds it.
//!
//! One pass over all trees and one walk over all commits answer this for any number of blobs, in a
//! fraction of what `git log --find-object` takes for one. "First" is by the graph, parents before
//! children; dates break ties only. Since a commit's ancestors are all walked before it, the first
//! commit that has a blob anywhere is one whose parents have it nowhere: no rename or copy can pass
//! for an introduction, and a merge introduces only what none of its sides ever had. Renames and
//! copies bring the blob to further paths, which are told apart from that.

mod collect;
mod entries;
mod entry_names;
mod names;
mod occurrences;
mod sets;
mod timeline;
mod tree_index;
mod walk;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::commits::graph::CommitGraph;
use super::commits::tag::peel_over;
use super::odb::object::{Kind, ObjectError, ScanObjects};
use super::odb::oid::Oid;
use super::odb::tree::Mode;
use super::refs::{Tip, TipClass};
use crate::model::RefSet;
pub use occurrences::{Holder, Spot, Spread, spreads};
pub use timeline::{Life, lives};
use tree_index::Standing;
pub use tree_index::{Sought, Trees};
use walk::{Place, Walk};

/// The first commit that has a blob, or has it at a further path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// The commit. One that a ref or HEAD reaches is preferred to all others.
    pub commit: Oid,
    /// Where the blob is in that commit and was in none before, sorted; never empty.
    pub paths: Vec<(Vec<u8>, Mode)>,
    /// Whether the commit is a merge that none of its sides had the blob (there) before.
    pub merge: bool,
    /// Whether parents of the commit are not there (shallow clone, damage): the blob came with this
    /// commit or before it.
    pub at_or_before: bool,
    /// Whether a ref or any HEAD reaches the commit.
    pub reachable: bool,
    /// Full names of the refs whose history holds the commit, sorted. Where only a HEAD reaches it,
    /// that HEAD's name.
    pub refs: RefSet,
}

/// What history says about one blob.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlobHistory {
    /// `None` when no commit has the blob: it dangles, or a tag names it or its directory.
    pub introduction: Option<Introduction>,
    /// Where directories have it that no commit does, sorted: those that refs name, and where none of these has it,
    /// those that nothing names. Empty when a commit has it.
    pub loose_paths: Vec<(Vec<u8>, Mode)>,
    /// The commits after it that brought the blob to further paths, in their order.
    pub later: Vec<Introduction>,
    /// Where HEAD has it, sorted.
    pub head_paths: Vec<Vec<u8>>,
    /// Whether a ref or any HEAD reaches it.
    pub reachable: bool,
    /// Full names of the refs whose history holds the introducing commit, or that name the blob or
    /// its directory; sorted. Where only a HEAD reaches it, that HEAD's name.
    pub refs: RefSet,
}

impl BlobHistory {
    /// Whether HEAD has it, at any path.
    pub fn at_head(&self) -> bool {
        !self.head_paths.is_empty()
    }
}

/// What history says about all wanted blobs.
#[derive(Debug, Default)]
pub struct Attribution {
    blobs: HashMap<Oid, BlobHistory>,
    names: Vec<BlobHistory>,
    submodules: BlobHistory,
    order: HashMap<Oid, u32>,
    /// Trees that are missing or malformed, and tips that lead nowhere. A missing tree counts as
    /// empty, so blobs may have come earlier than stated.
    pub problems: Vec<ObjectError>,
    /// Whether the repository repeats its directories at more paths than are followed: then not every
    /// further path of a blob is told. First commits are not touched by it.
    pub paths_cut: bool,
}

impl Attribution {
    /// What is known of a wanted blob.
    pub fn get(&self, blob: &Oid) -> Option<&BlobHistory> {
        self.blobs.get(blob)
    }

    /// Where the wanted name of this position stands: the paths end with it.
    pub fn name(&self, position: usize) -> Option<&BlobHistory> {
        self.names.get(position)
    }

    /// Where submodules are and were, whatever commits they named.
    pub fn submodules(&self) -> &BlobHistory {
        &self.submodules
    }

    /// The place of an introducing commit in the order that decides what is first; lower is earlier.
    pub fn introduction_order(&self, commit: &Oid) -> Option<u32> {
        self.order.get(commit).copied()
    }
}

/// Finds out where each of the blobs came from that `trees` were asked for. `head` is the commit that
/// [`BlobHistory::at_head`] speaks of.
pub fn attribute(
    objects: &impl ScanObjects,
    graph: &CommitGraph,
    tips: &[Tip],
    head: Option<Oid>,
    edges: &Trees,
) -> Attribution {
    let mut attribution = Attribution::default();
    let blobs = &edges.wanted;
    attribution.problems.extend_from_slice(&edges.problems);
    let roots = Roots::find(objects, graph, tips, head, edges, &mut attribution.problems);
    if !edges.follows() {
        return attribution;
    }
    let targets = edges.targets();

    let reachable = graph.reached_from(roots.refs.iter().chain(&roots.heads).map(|(_, rank)| *rank));
    let order = walk_order(&reachable);
    let mut walk = Walk::new(edges, targets);
    let mut rootless: Vec<Oid> = Vec::new();
    for (&rank, number) in order.iter().zip(0..) {
        let tree = graph.tree(rank);
        match edges.standing(&tree) {
            Standing::Holds(at) => walk.root(at, number),
            Standing::HoldsNone => {}
            Standing::Unknown => rootless.push(tree),
        }
    }
    rootless.sort_unstable();
    rootless.dedup();
    let known: HashSet<Oid> = edges.problems.iter().map(tree_index::named_id).collect();
    let unknown = rootless.into_iter().filter(|id| !known.contains(id));
    attribution.problems.extend(unknown.map(|id| ObjectError::Missing { id }));

    attribution.paths_cut = walk.is_cut;
    let places = std::mem::take(&mut walk.places);
    let mut commits: Vec<u32> = places.iter().flatten().map(|place| order[place.root as usize]).collect();
    commits.sort_unstable();
    commits.dedup();
    let refs = names::refs_of(graph, &roots.refs, &commits);
    let heads = names::refs_of(graph, &roots.heads, &commits);

    let head_tree = head.and_then(|head| graph.rank(&head)).and_then(|rank| edges.holding(&graph.tree(rank)));
    let mut at_head: Vec<Vec<Vec<u8>>> = vec![Vec::new(); targets];
    if let Some(tree) = head_tree {
        let mut walk = Walk::new(edges, targets);
        walk.root(tree, 0);
        for (paths, places) in at_head.iter_mut().zip(walk.places) {
            paths.extend(places.into_iter().map(|place| place.path));
            paths.sort();
        }
    }
    let mut direct = roots.direct_names(edges, blobs);
    let mut loose = loose_paths(edges, graph, &roots, &places);
    for ((places, head_paths), at) in places.into_iter().zip(at_head).zip(0..) {
        let mut history = BlobHistory { head_paths, ..BlobHistory::default() };
        // The walk noted them root by root.
        let mut introductions = places.chunk_by(|one, two| one.root == two.root).map(|places| {
            let root = places[0].root;
            let rank = order[root as usize];
            let commit = graph.ids()[rank as usize];
            attribution.order.insert(commit, root);
            let mut paths: Vec<_> = places.iter().map(|place| (place.path.clone(), place.mode)).collect();
            paths.sort();
            Introduction {
                commit,
                paths,
                merge: graph.parents(rank).len() > 1,
                at_or_before: graph.is_cut(rank),
                reachable: reachable[rank as usize],
                refs: Some(&refs[&rank]).filter(|refs| !refs.is_empty()).unwrap_or(&heads[&rank]).clone(),
            }
        });
        if let Some(first) = introductions.next() {
            history.later = introductions.collect();
            history.reachable = first.reachable;
            history.refs = first.refs.clone();
            history.introduction = Some(first);
        }
        history.loose_paths = loose.remove(&at).unwrap_or_default();
        if let Some(mut names) = direct.remove(&at) {
            history.reachable = true;
            names.extend(history.refs.iter().map(str::to_owned));
            history.refs = names.into_iter().collect();
        }
        match blobs.get(at as usize) {
            Some(blob) => _ = attribution.blobs.insert(*blob, history),
            None if (at as usize) < blobs.len() + edges.wanted_names => attribution.names.push(history),
            None => attribution.submodules = history,
        }
    }
    attribution
}

/// What reaches a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Whether a ref or any HEAD does.
    pub reachable: bool,
    /// As [`BlobHistory::refs`].
    pub refs: RefSet,
}

/// Finds out what reaches each of `commits`. One that the graph lacks is left out.
pub fn reach(
    objects: &impl ScanObjects,
    graph: &CommitGraph,
    tips: &[Tip],
    head: Option<Oid>,
    commits: &[Oid],
) -> HashMap<Oid, Reach> {
    // What leads nowhere is told by whoever reads everything.
    let roots = Roots::find(objects, graph, tips, head, &Trees::default(), &mut Vec::new());
    let mut ranks: Vec<u32> = commits.iter().filter_map(|commit| graph.rank(commit)).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let refs = names::refs_of(graph, &roots.refs, &ranks);
    let heads = names::refs_of(graph, &roots.heads, &ranks);
    let reach = |rank: &u32| {
        let refs = Some(&refs[rank]).filter(|refs| !refs.is_empty()).unwrap_or(&heads[rank]).clone();
        (graph.ids()[*rank as usize], Reach { reachable: !refs.is_empty(), refs })
    };
    ranks.iter().map(reach).collect()
}

/// Paths of blobs and names that have no `places` in commits, by their number: in the trees that refs name without a
/// commit between, else in those that nothing has. Few repositories have such trees, or anything in them.
fn loose_paths(
    edges: &Trees,
    graph: &CommitGraph,
    roots: &Roots,
    places: &[Vec<Place>],
) -> HashMap<u32, Vec<(Vec<u8>, Mode)>> {
    let mut found: HashMap<u32, Vec<(Vec<u8>, Mode)>> = HashMap::new();
    let mut look = |trees: &dyn Fn() -> Vec<u32>| {
        // Submodules come last, and nobody asks where those of no commit are.
        let is_open = |at: &u32| places[*at as usize].is_empty() && !found.contains_key(at);
        let open: Vec<u32> = (0..places.len() as u32 - 1).filter(is_open).collect();
        if open.is_empty() {
            return;
        }
        let mut walk = Walk::new(edges, places.len());
        trees().into_iter().for_each(|tree| walk.root(tree, 0));
        for at in open {
            let places = std::mem::take(&mut walk.places[at as usize]);
            let mut paths: Vec<_> = places.into_iter().map(|place| (place.path, place.mode)).collect();
            paths.sort();
            if !paths.is_empty() {
                found.insert(at, paths);
            }
        }
    };
    look(&|| roots.direct.iter().filter_map(|(_, id)| edges.holding(id)).collect());
    look(&|| edges.tops((0..graph.len() as u32).map(|rank| graph.tree(rank))));
    found
}

/// The names whose reflogs lead to each of `commits`, and the pseudo-refs that do; sorted. One that the graph lacks
/// is left out.
pub fn kept_by(graph: &CommitGraph, tips: &[Tip], commits: &[Oid]) -> HashMap<Oid, Arc<[String]>> {
    let keeps = |tip: &&Tip| matches!(tip.class, TipClass::Reflog | TipClass::Pseudo);
    let rank = |tip: &Tip| Some((tip.name.clone(), graph.rank(&tip.id)?));
    let tips: Vec<(String, u32)> = tips.iter().filter(keeps).filter_map(rank).collect();
    let mut ranks: Vec<u32> = commits.iter().filter_map(|commit| graph.rank(commit)).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let named = names::refs_of(graph, &tips, &ranks);
    let of = |rank: u32| {
        // A reflog has its name once for each entry.
        let names: BTreeSet<&str> = named[&rank].iter().collect();
        (graph.ids()[rank as usize], names.into_iter().map(str::to_owned).collect())
    };
    ranks.into_iter().map(of).collect()
}

/// All ranks: what refs and HEADs reach first, then the rest; parents before children in both.
fn walk_order(reachable: &[bool]) -> Vec<u32> {
    let ranks = || 0..reachable.len() as u32;
    let mut order: Vec<u32> = ranks().filter(|&rank| reachable[rank as usize]).collect();
    order.extend(ranks().filter(|&rank| !reachable[rank as usize]));
    order
}

/// What the tips name.
#[derive(Default)]
struct Roots {
    /// Refs to commits, sorted by name.
    refs: Vec<(String, u32)>,
    /// HEADs, sorted by name.
    heads: Vec<(String, u32)>,
    /// Refs that name trees and blobs.
    direct: Vec<(String, Oid)>,
}

impl Roots {
    fn find(
        objects: &impl ScanObjects,
        graph: &CommitGraph,
        tips: &[Tip],
        head: Option<Oid>,
        edges: &Trees,
        problems: &mut Vec<ObjectError>,
    ) -> Roots {
        let mut roots = Roots::default();
        roots.heads.extend(head.and_then(|head| graph.rank(&head)).map(|rank| ("HEAD".to_owned(), rank)));
        // What only reflogs and pseudo-refs name is walked like all other commits of the store.
        for tip in tips.iter().filter(|tip| matches!(tip.class, TipClass::Ref | TipClass::Head)) {
            let list = if tip.class == TipClass::Ref { &mut roots.refs } else { &mut roots.heads };
            if let Some(rank) = graph.rank(&tip.id) {
                list.push((tip.name.clone(), rank));
            } else if edges.knows(&tip.id) {
                roots.direct.push((tip.name.clone(), tip.id));
            } else {
                match peel_over(objects, &tip.id, |id| graph.rank(id).is_some()) {
                    Ok((id, Kind::Commit)) => match graph.rank(&id) {
                        Some(rank) => list.push((tip.name.clone(), rank)),
                        None => problems.push(ObjectError::Missing { id }),
                    },
                    Ok((id, _)) => roots.direct.push((tip.name.clone(), id)),
                    Err(error) => problems.push(error),
                }
            }
        }
        for list in [&mut roots.refs, &mut roots.heads] {
            list.sort();
            list.dedup();
        }
        roots
    }

    /// For each wanted blob that refs name without a commit between, their names.
    fn direct_names(&self, edges: &Trees, blobs: &[Oid]) -> HashMap<u32, Vec<String>> {
        let mut names: HashMap<u32, Vec<String>> = HashMap::new();
        for (name, id) in &self.direct {
            let below = edges.holding(id).map(|at| Walk::blobs_below(edges, at)).unwrap_or_default();
            let own = blobs.binary_search(id).ok().map(|at| at as u32);
            below.into_iter().chain(own).for_each(|at| names.entry(at).or_default().push(name.clone()));
        }
        names
    }
}

#[cfg(test)]
mod tests;
