//! The configured remotes (`git help config`, `remote.<name>.*`).

/// One configured remote.
pub(crate) struct Remote {
    /// Its name.
    pub name: String,
    /// The URL for pushes, empty when unknown.
    pub push_url: String,
    /// The fetch refspecs, as pairs of source and destination.
    pub fetch_refspecs: Vec<(String, String)>,
}
