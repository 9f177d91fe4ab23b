//! Finds and resolves single objects, along delta chains that may span several packs.
//!
//! Every copy of an object is tried before it is reported as corrupt, and a damaged base is replaced by another copy
//! of it. A chain is first followed to its end by entry headers alone, then the deltas are applied in reverse: there
//! is no recursion by depth.

use std::collections::HashSet;
use std::sync::Arc;

use crate::git::odb::loose::LooseObjects;
use crate::git::odb::object::{Kind, Object, ObjectError, corrupt};
use crate::git::odb::oid::Oid;
use crate::git::odb::pack::{
    DeltaBaseCache, DeltaResolver, Entry, EntryBase, PackError, PackFile, base_error,
};

/// The longest chain that is resolved to replace a damaged object; git's limit is 4095. Without a limit, a store of
/// long damaged chains would cost the square of their length.
const MAX_REPLACEMENT_CHAIN: usize = 4096;

/// The packs and loose objects that are open at one moment.
pub(crate) struct Snapshot<'a> {
    pub(crate) packs: &'a [Arc<PackFile>],
    pub(crate) loose: &'a [LooseObjects],
    pub(crate) limit: u64,
}

/// The number of a pack, and a byte offset in it.
pub(crate) type EntryLocation = (usize, u64);

/// Which copy of an object is being resolved.
#[derive(Clone, Copy)]
enum Attempt {
    /// The requested one: chains of any length, with replacements for damaged bases.
    Original,
    /// A replacement for a damaged object: chains of at most [`MAX_REPLACEMENT_CHAIN`] deltas, without replacements.
    Replacement,
}

impl Attempt {
    fn max_chain_len(self) -> usize {
        match self {
            Attempt::Original => usize::MAX,
            Attempt::Replacement => MAX_REPLACEMENT_CHAIN,
        }
    }
}

/// A delta chain, from the object to its last base.
struct DeltaChain {
    /// The deltas with the numbers of their packs, that of the object first.
    deltas: Vec<(usize, Entry)>,
    end: ChainEnd,
}

enum ChainEnd {
    /// The last base is in the cache.
    Cached(Arc<Object>),
    /// The last base is stored undeltified, in the pack of this number.
    Whole(usize, Entry, Kind),
    /// The last base is in no pack.
    NotPacked(Oid),
    /// The entry at this location cannot be read, or the chain is endless.
    Broken(EntryLocation, PackError),
}

impl Snapshot<'_> {
    pub(crate) fn contains(&self, id: &Oid) -> bool {
        self.locations(id).next().is_some() || self.loose.iter().any(|loose| loose.contains(id))
    }

    /// Reads the object `id` from its first intact copy.
    pub(crate) fn read(&self, id: &Oid, resolver: &mut DeltaResolver) -> Result<Object, ObjectError> {
        self.first_intact(id, None, resolver, |location, resolver| {
            self.resolve(id, location, Attempt::Original, resolver)
        })
    }

    /// Reads the object `id` from another copy than the one at `except`.
    pub(crate) fn read_other_copy(
        &self,
        id: &Oid,
        except: EntryLocation,
        resolver: &mut DeltaResolver,
    ) -> Result<Object, ObjectError> {
        self.first_intact(id, Some(except), resolver, |location, resolver| {
            self.resolve(id, location, Attempt::Replacement, resolver)
        })
    }

    /// Returns the kind and size of the object `id` from its first copy with an intact header.
    pub(crate) fn header(&self, id: &Oid, resolver: &mut DeltaResolver) -> Result<(Kind, u64), ObjectError> {
        let mut first = None;
        for location in self.locations(id) {
            match self.packed_header(id, location, resolver) {
                Ok(header) => return Ok(header),
                Err(error) => _ = first.get_or_insert(error),
            }
        }
        for loose in self.loose {
            match loose.open(id, &mut resolver.inflater) {
                Ok(Some(object)) => return Ok((object.kind, object.size)),
                Ok(None) => (),
                Err(error) => _ = first.get_or_insert(error),
            }
        }
        Err(first.unwrap_or(ObjectError::Missing { id: *id }))
    }

    fn packed_header(
        &self,
        id: &Oid,
        location: EntryLocation,
        resolver: &mut DeltaResolver,
    ) -> Result<(Kind, u64), ObjectError> {
        let ChainEnd::Whole(_, _, kind) = self.delta_chain(location, usize::MAX, None).end else {
            // The chain ends outside the packs or is damaged: rare enough to resolve the object for its header.
            let object = self.resolve(id, location, Attempt::Original, resolver)?;
            return Ok((object.kind, object.data.len() as u64));
        };
        let pack = &self.packs[location.0];
        let entry = pack.entry(location.1).map_err(|error| corrupt(*id, &error))?;
        let size = pack.object_size(&entry, &mut resolver.inflater).map_err(|error| corrupt(*id, &error))?;
        Ok((kind, size))
    }

    /// Tries every packed copy, then every loose one. Returns the first error when all fail.
    fn first_intact(
        &self,
        id: &Oid,
        except: Option<EntryLocation>,
        resolver: &mut DeltaResolver,
        packed: impl Fn(EntryLocation, &mut DeltaResolver) -> Result<Object, ObjectError>,
    ) -> Result<Object, ObjectError> {
        let mut first = None;
        for location in self.locations(id).filter(|location| Some(*location) != except) {
            match packed(location, resolver) {
                Ok(object) => return Ok(object),
                Err(error) => _ = first.get_or_insert(error),
            }
        }
        match self.read_loose(id, resolver) {
            Err(error) => Err(first.unwrap_or(error)),
            object => object,
        }
    }

    fn read_loose(&self, id: &Oid, resolver: &mut DeltaResolver) -> Result<Object, ObjectError> {
        let mut first = None;
        for loose in self.loose {
            let opened = loose.open(id, &mut resolver.inflater);
            match opened.and_then(|opened| {
                opened.map(|object| object.read(self.limit, &mut resolver.inflater)).transpose()
            }) {
                Ok(Some(object)) => return Ok(object),
                Ok(None) => (),
                Err(error) => _ = first.get_or_insert(error),
            }
        }
        Err(first.unwrap_or(ObjectError::Missing { id: *id }))
    }

    fn locations(&self, id: &Oid) -> impl Iterator<Item = EntryLocation> {
        self.packs.iter().enumerate().filter_map(move |(number, pack)| {
            let position = pack.index().find(id)?;
            // Without an offset in the index: an offset where no entry is.
            Some((number, pack.index().offset(position).unwrap_or(u64::MAX)))
        })
    }

    fn id_at(&self, (pack, offset): EntryLocation) -> Option<Oid> {
        self.packs[pack].id_at(offset)
    }

    /// Resolves the object at `location`, whose id in the index is `id`.
    fn resolve(
        &self,
        id: &Oid,
        location: EntryLocation,
        attempt: Attempt,
        resolver: &mut DeltaResolver,
    ) -> Result<Object, ObjectError> {
        // Without the cache, because its content would decide whether a chain is too long for a replacement.
        if let Attempt::Replacement = attempt {
            let mut disabled = DeltaBaseCache::disabled();
            return self.resolve_with_cache(&mut disabled, id, location, attempt, resolver);
        }
        let mut base_cache = std::mem::replace(&mut resolver.base_cache, DeltaBaseCache::disabled());
        let object = self.resolve_with_cache(&mut base_cache, id, location, attempt, resolver);
        resolver.base_cache = base_cache;
        object
    }

    fn resolve_with_cache(
        &self,
        base_cache: &mut DeltaBaseCache,
        id: &Oid,
        location: EntryLocation,
        attempt: Attempt,
        resolver: &mut DeltaResolver,
    ) -> Result<Object, ObjectError> {
        let DeltaChain { mut deltas, end } =
            self.delta_chain(location, attempt.max_chain_len(), Some(base_cache));
        let base = match end {
            ChainEnd::Cached(object) if deltas.is_empty() => return Ok(Object::clone(&object)),
            ChainEnd::Cached(object) => Ok(object),
            ChainEnd::Whole(pack, entry, kind) => {
                let data = resolver.read_whole(&self.packs[pack], &entry, *id, self.limit);
                let whole = data.map(|data| Object { kind, data });
                match whole {
                    Ok(object) if deltas.is_empty() => return Ok(object),
                    Ok(object) => Ok(base_cache.insert((pack, entry.offset), object)),
                    Err(error) => Err(((pack, entry.offset), error)),
                }
            }
            ChainEnd::NotPacked(base) => self.read_loose(&base, resolver).map(Arc::new).map_err(|error| {
                let (pack, entry) = deltas.pop().expect("only a delta names a base");
                ((pack, entry.offset), base_error(*id, &error))
            }),
            ChainEnd::Broken(broken, error) => Err((broken, corrupt(*id, &error))),
        };
        let replace =
            |(broken, error): (EntryLocation, ObjectError), resolver: &mut DeltaResolver| match attempt {
                // Other copies of the requested object itself are tried by the caller.
                Attempt::Original if broken != location => self.read_replacement(broken, error, resolver),
                // A replacement has no replacements, which bounds the work and the stack.
                Attempt::Original | Attempt::Replacement => Err(error),
            };
        let mut object = base.or_else(|broken| replace(broken, resolver).map(Arc::new))?;
        while let Some((pack, entry)) = deltas.pop() {
            let resolved =
                match resolver.resolve_delta(&self.packs[pack], &entry, *id, &object.data, self.limit) {
                    Ok(data) => Object { kind: object.kind, data },
                    Err(error) => replace(((pack, entry.offset), error), resolver)?,
                };
            if let Some(base) = Arc::into_inner(object) {
                resolver.recycle(base.data);
            }
            if deltas.is_empty() {
                return Ok(resolved);
            }
            object = base_cache.insert((pack, entry.offset), resolved);
        }
        Ok(Arc::unwrap_or_clone(object))
    }

    /// Reads another copy of the damaged object at `broken`; returns `error` when there is none.
    fn read_replacement(
        &self,
        broken: EntryLocation,
        error: ObjectError,
        resolver: &mut DeltaResolver,
    ) -> Result<Object, ObjectError> {
        let corrupt = matches!(error, ObjectError::Corrupt { .. });
        match corrupt.then(|| self.id_at(broken)).flatten() {
            Some(id) => self.read_other_copy(&id, broken, resolver).map_err(|_| error),
            None => Err(error),
        }
    }

    /// Follows the bases of the entry at `location` by their headers, up to the first one in `base_cache`.
    fn delta_chain(
        &self,
        location: EntryLocation,
        max_len: usize,
        mut base_cache: Option<&mut DeltaBaseCache>,
    ) -> DeltaChain {
        let (mut pack, mut offset) = location;
        let mut deltas = Vec::new();
        // Base offsets only decrease within a pack, so every cycle contains a base named by id.
        let mut seen = HashSet::new();
        let end = loop {
            if let Some(object) = base_cache.as_mut().and_then(|base_cache| base_cache.get((pack, offset))) {
                break ChainEnd::Cached(object);
            }
            let entry = match self.packs[pack].entry(offset) {
                Ok(entry) => entry,
                Err(error) => break ChainEnd::Broken((pack, offset), error),
            };
            let next = match entry.base {
                EntryBase::Whole(kind) => break ChainEnd::Whole(pack, entry, kind),
                EntryBase::Offset(base) => Ok((pack, base)),
                EntryBase::Id(base) => self.locate_base(pack, &base).ok_or(base),
            };
            let is_repeated = matches!(entry.base, EntryBase::Id(_)) && !seen.insert((pack, offset));
            if is_repeated || deltas.len() == max_len {
                break ChainEnd::Broken((pack, offset), PackError::EndlessChain(offset));
            }
            deltas.push((pack, entry));
            match next {
                Ok(next) => (pack, offset) = next,
                Err(base) => break ChainEnd::NotPacked(base),
            }
        };
        DeltaChain { deltas, end }
    }

    /// Returns the location of a packed copy of `id`, in pack number `pack` if that contains it.
    fn locate_base(&self, pack: usize, id: &Oid) -> Option<EntryLocation> {
        let index = self.packs[pack].index();
        let same_pack = index.find(id).map(|position| (pack, index.offset(position).unwrap_or(u64::MAX)));
        same_pack.or_else(|| self.locations(id).next())
    }
}
