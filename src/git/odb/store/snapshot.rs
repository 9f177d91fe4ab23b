//! Finds and rebuilds single objects, along delta chains that may lead from pack to pack.
//!
//! Every copy of an object is tried before it is called corrupt, and a damaged base is replaced by another copy
//! of itself. Chains are followed downwards over headers alone, then applied upwards: no recursion by depth.

use std::collections::HashSet;
use std::sync::Arc;

use crate::git::odb::loose::LooseObjects;
use crate::git::odb::object::{Kind, Object, ObjectError};
use crate::git::odb::oid::Oid;
use crate::git::odb::pack::{Bases, Entry, EntryBase, PackError, PackFile, Rebuilder, corrupt, inherited};

/// Longest chain followed to make good for a damaged object; git's own limit is 4095. Without it a store of
/// long damaged chains would cost the square of their length.
const RESCUE_CHAIN: usize = 4096;

/// The store as it is at one moment.
pub(crate) struct Lookup<'a> {
    pub(crate) packs: &'a [Arc<PackFile>],
    pub(crate) loose: &'a [LooseObjects],
    pub(crate) limit: u64,
}

/// An offset in the pack of this number.
pub(crate) type Place = (usize, u64);

/// How hard to try.
#[derive(Clone, Copy)]
enum Effort {
    /// Any chain, and other copies of what is damaged in it.
    Full,
    /// Chains of git's own making, as they stand.
    Rescue,
}

/// A delta chain from the object down.
struct Chain {
    /// The deltas with the number of their pack, the object's own first.
    deltas: Vec<(usize, Entry)>,
    end: End,
}

enum End {
    /// An object that was made a moment ago.
    Kept(Arc<Object>),
    Whole(usize, Entry, Kind),
    /// The base is in no pack.
    Unpacked(Oid),
    Broken(Place, PackError),
}

impl Lookup<'_> {
    pub(crate) fn contains(&self, id: &Oid) -> bool {
        self.places(id).next().is_some() || self.loose.iter().any(|loose| loose.contains(id))
    }

    /// The object `id` from the first copy that is sound.
    pub(crate) fn read(&self, id: &Oid, rebuilder: &mut Rebuilder) -> Result<Object, ObjectError> {
        self.first_sound(id, None, rebuilder, |place, rebuilder| {
            self.rebuild(id, place, Effort::Full, rebuilder)
        })
    }

    /// The object `id` from another copy than the one at `except`.
    pub(crate) fn read_elsewhere(
        &self,
        id: &Oid,
        except: Place,
        rebuilder: &mut Rebuilder,
    ) -> Result<Object, ObjectError> {
        self.first_sound(id, Some(except), rebuilder, |place, rebuilder| {
            self.rebuild(id, place, Effort::Rescue, rebuilder)
        })
    }

    pub(crate) fn header(&self, id: &Oid, rebuilder: &mut Rebuilder) -> Result<(Kind, u64), ObjectError> {
        let mut first = None;
        for place in self.places(id) {
            match self.packed_header(id, place, rebuilder) {
                Ok(header) => return Ok(header),
                Err(error) => _ = first.get_or_insert(error),
            }
        }
        for loose in self.loose {
            match loose.open(id, &mut rebuilder.inflater) {
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
        place: Place,
        rebuilder: &mut Rebuilder,
    ) -> Result<(Kind, u64), ObjectError> {
        let End::Whole(_, _, kind) = self.chain(place, usize::MAX, None).end else {
            // The chain leaves the packs or is damaged: rare enough to rebuild the object for its header.
            let object = self.rebuild(id, place, Effort::Full, rebuilder)?;
            return Ok((object.kind, object.data.len() as u64));
        };
        let pack = &self.packs[place.0];
        let entry = pack.entry(place.1).map_err(|error| corrupt(*id, &error))?;
        let size = pack.object_size(&entry, &mut rebuilder.inflater).map_err(|error| corrupt(*id, &error))?;
        Ok((kind, size))
    }

    /// Every packed copy, then every loose one. The first error is the one to tell.
    fn first_sound(
        &self,
        id: &Oid,
        except: Option<Place>,
        rebuilder: &mut Rebuilder,
        packed: impl Fn(Place, &mut Rebuilder) -> Result<Object, ObjectError>,
    ) -> Result<Object, ObjectError> {
        let mut first = None;
        for place in self.places(id).filter(|place| Some(*place) != except) {
            match packed(place, rebuilder) {
                Ok(object) => return Ok(object),
                Err(error) => _ = first.get_or_insert(error),
            }
        }
        match self.read_loose(id, rebuilder) {
            Err(error) => Err(first.unwrap_or(error)),
            sound => sound,
        }
    }

    fn read_loose(&self, id: &Oid, rebuilder: &mut Rebuilder) -> Result<Object, ObjectError> {
        let mut first = None;
        for loose in self.loose {
            let opened = loose.open(id, &mut rebuilder.inflater);
            match opened.and_then(|opened| {
                opened.map(|object| object.read(self.limit, &mut rebuilder.inflater)).transpose()
            }) {
                Ok(Some(object)) => return Ok(object),
                Ok(None) => (),
                Err(error) => _ = first.get_or_insert(error),
            }
        }
        Err(first.unwrap_or(ObjectError::Missing { id: *id }))
    }

    fn places(&self, id: &Oid) -> impl Iterator<Item = Place> {
        self.packs.iter().enumerate().filter_map(move |(number, pack)| {
            let position = pack.index().find(id)?;
            // An offset that the index cannot tell is one where no entry is.
            Some((number, pack.index().offset(position).unwrap_or(u64::MAX)))
        })
    }

    fn id_at(&self, (pack, offset): Place) -> Option<Oid> {
        self.packs[pack].id_at(offset)
    }

    /// The object at `place`, which the index calls `id`.
    fn rebuild(
        &self,
        id: &Oid,
        place: Place,
        effort: Effort,
        rebuilder: &mut Rebuilder,
    ) -> Result<Object, ObjectError> {
        let longest = match effort {
            Effort::Full => usize::MAX,
            Effort::Rescue => RESCUE_CHAIN,
        };
        // A rescue gives up on long chains, so what it finds must not hang on what was read before.
        if let Effort::Rescue = effort {
            return self.rebuild_over(&mut Bases::none(), id, place, effort, longest, rebuilder);
        }
        let mut bases = std::mem::replace(&mut rebuilder.bases, Bases::none());
        let object = self.rebuild_over(&mut bases, id, place, effort, longest, rebuilder);
        rebuilder.bases = bases;
        object
    }

    fn rebuild_over(
        &self,
        bases: &mut Bases,
        id: &Oid,
        place: Place,
        effort: Effort,
        longest: usize,
        rebuilder: &mut Rebuilder,
    ) -> Result<Object, ObjectError> {
        let Chain { mut deltas, end } = self.chain(place, longest, Some(bases));
        let base = match end {
            End::Kept(object) if deltas.is_empty() => return Ok(Object::clone(&object)),
            End::Kept(object) => Ok(object),
            End::Whole(pack, entry, kind) => {
                let data = rebuilder.whole(&self.packs[pack], &entry, *id, self.limit);
                let made = data.map(|data| Object { kind, data });
                match made {
                    Ok(object) if deltas.is_empty() => return Ok(object),
                    Ok(object) => Ok(bases.keep((pack, entry.offset), object)),
                    Err(error) => Err(((pack, entry.offset), error)),
                }
            }
            End::Unpacked(base) => self.read_loose(&base, rebuilder).map(Arc::new).map_err(|error| {
                let (pack, entry) = deltas.pop().expect("only a delta names a base");
                ((pack, entry.offset), inherited(*id, &error))
            }),
            End::Broken(broken, error) => Err((broken, corrupt(*id, &error))),
        };
        let rescue = |(broken, error): (Place, ObjectError), rebuilder: &mut Rebuilder| match effort {
            // Copies of the wanted object itself are tried anyway.
            Effort::Full if broken != place => self.rescue(broken, error, rebuilder),
            // A rescue is not rescued: that bounds the work, and the stack.
            Effort::Full | Effort::Rescue => Err(error),
        };
        let mut object = base.or_else(|broken| rescue(broken, rebuilder).map(Arc::new))?;
        while let Some((pack, entry)) = deltas.pop() {
            let grown = match rebuilder.grown(&self.packs[pack], &entry, *id, &object.data, self.limit) {
                Ok(data) => Object { kind: object.kind, data },
                Err(error) => rescue(((pack, entry.offset), error), rebuilder)?,
            };
            if let Some(base) = Arc::into_inner(object) {
                rebuilder.give(base.data);
            }
            if deltas.is_empty() {
                return Ok(grown);
            }
            object = bases.keep((pack, entry.offset), grown);
        }
        Ok(Arc::unwrap_or_clone(object))
    }

    /// Another copy of the damaged object at `broken`; without one, `error` stands.
    fn rescue(
        &self,
        broken: Place,
        error: ObjectError,
        rebuilder: &mut Rebuilder,
    ) -> Result<Object, ObjectError> {
        let corrupt = matches!(error, ObjectError::Corrupt { .. });
        match corrupt.then(|| self.id_at(broken)).flatten() {
            Some(id) => self.read_elsewhere(&id, broken, rebuilder).map_err(|_| error),
            None => Err(error),
        }
    }

    /// Follows the bases of the entry at `place` over their headers, as far as to one of the `bases`.
    fn chain(&self, place: Place, longest: usize, mut bases: Option<&mut Bases>) -> Chain {
        let (mut pack, mut offset) = place;
        let mut deltas = Vec::new();
        // Offsets only ever go down within a pack, so every circle goes through a base named by id.
        let mut named = HashSet::new();
        let end = loop {
            if let Some(object) = bases.as_mut().and_then(|bases| bases.get((pack, offset))) {
                break End::Kept(object);
            }
            let entry = match self.packs[pack].entry(offset) {
                Ok(entry) => entry,
                Err(error) => break End::Broken((pack, offset), error),
            };
            let next = match entry.base {
                EntryBase::Whole(kind) => break End::Whole(pack, entry, kind),
                EntryBase::Offset(base) => Ok((pack, base)),
                EntryBase::Id(base) => self.place_near(pack, &base).ok_or(base),
            };
            let again = matches!(entry.base, EntryBase::Id(_)) && !named.insert((pack, offset));
            if again || deltas.len() == longest {
                break End::Broken((pack, offset), PackError::Endless(offset));
            }
            deltas.push((pack, entry));
            match next {
                Ok(next) => (pack, offset) = next,
                Err(base) => break End::Unpacked(base),
            }
        };
        Chain { deltas, end }
    }

    /// A packed copy of `id`, in pack number `pack` if it has one.
    fn place_near(&self, pack: usize, id: &Oid) -> Option<Place> {
        let index = self.packs[pack].index();
        let near = index.find(id).map(|position| (pack, index.offset(position).unwrap_or(u64::MAX)));
        near.or_else(|| self.places(id).next())
    }
}
