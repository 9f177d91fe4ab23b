//! From a plan to a scan: looks the commits up.
//!
//! What is not in the clone is never passed over: the run is incomplete then, and says what the checkout lacks.

use super::plan::{Name, Plan, System, is_id};
use super::{CiArgs, WHAT_TO_PASS};
use crate::cli::commands::scanning;
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::output;
use crate::cli::range_scan;
use crate::cli::range_scan::{Asked, PolicyOf, short};
use crate::cli::setup::{Place, Setup};
use crate::git::commits::rev_list::walk_range;
use crate::git::commits::tag::peel;
use crate::git::{Kind, Oid};
use crate::model::{Coverage, CoverageKind};
use crate::report::shell;
use crate::scan;
use crate::scan::{Commits, Settings, Target};
use crate::source::view::RepoView;

/// One run.
pub(crate) struct Ci<'a> {
    pub(crate) system: System,
    pub(crate) view: RepoView,
    pub(crate) args: &'a CiArgs,
    pub(crate) env: &'a Environment,
}

/// A commit that the clone does not hold.
struct NotHere {
    what: String,
    fetch: String,
    /// Whether the checkout leaves it out also where it takes all of history.
    apart: bool,
    /// Why it is no commit, where that is known.
    wrong: Option<String>,
}

impl Ci<'_> {
    /// Does what the plan says.
    pub(crate) fn run(self, plan: Plan) -> anyhow::Result<ExitCode> {
        match plan {
            Plan::Proposal { base, target, head } => self.proposal(&base, target.as_deref(), &head),
            Plan::Push { before, head, branch, default } => {
                self.push(before.as_deref(), &head, branch.as_deref(), default)
            }
            Plan::All(why) => self.everything(&format!("the whole history ({why})"), Vec::new()),
            Plan::Nothing(why) => self.nothing(why),
            Plan::Lost(why) => {
                let remedy = format!("{WHAT_TO_PASS}; and {}", self.system.whole_history);
                let gap = gap(CoverageKind::Missing, "the base of this run".to_owned(), why, remedy);
                self.unread("ci".to_owned(), gap)
            }
        }
    }

    fn proposal(self, base: &Name, target: Option<&str>, head: &Name) -> anyhow::Result<ExitCode> {
        let mut name = format!("{}..{}", base.as_str(), head.as_str());
        let (from, to) = match (self.commit(base)?, self.commit(head)?) {
            (Ok(from), Ok(to)) => (from, to),
            (from, to) => {
                // A remedy that has more than one step has the steps of the other, too.
                let lost = [from.err(), to.err()].into_iter().flatten().min_by_key(|lost| !lost.apart);
                let gap = self.not_here(&lost.expect("one of them is not there"))?;
                return self.unread(name, gap);
            }
        };
        let (system, to_shown) = (self.system.name, self.shown(head, &to));
        let lacking = |base: &str| format!("{system}: every commit of {to_shown} that {base} lacks");
        let (mut known, mut policy) = (vec![from], from);
        let mut note = lacking(&self.shown(base, &from));
        if let Some(target) = target
            && let Some(tip) = self.branch(target)?
            // Once the proposal is merged all of it is there, and a second run is still about it.
            && !self.holds(&tip, &to)?
        {
            known.push(tip);
            // Proposed for another branch before, or the branch was rewritten: neither the commits of that base
            // nor its policy need ever have been agreed to.
            if !self.holds(&tip, &from)? && !self.holds(&from, &tip)? {
                (known, policy, name) = (vec![tip], tip, format!("{target}..{}", head.as_str()));
                let target = format!("{target} ({})", short(&tip));
                note = lacking(&target);
                note.push_str(&format!("; {}, which is named as the base, is not in it", short(&from)));
            }
        }
        let commits = Commits::Between { known, to };
        self.scan(name, commits, PolicyOf::Commit(policy), note, Vec::new())
    }

    fn push(
        self,
        before: Option<&str>,
        head: &Name,
        branch: Option<&str>,
        default: Option<String>,
    ) -> anyhow::Result<ExitCode> {
        let name = match before {
            Some(before) => format!("{before}..{}", head.as_str()),
            None => head.as_str().to_owned(),
        };
        let to = match self.locate(head)? {
            Ok(to) => to,
            Err(lost) => {
                let gap = self.not_here(&lost)?;
                return self.unread(name, gap);
            }
        };
        let default = default.or(self.default_of_the_remote()?);
        let is_default = branch.is_some() && branch == default.as_deref();
        let default_tip = match &default {
            Some(default) if !is_default => Some(self.locate(&Name::Branch(default.clone()))?),
            _ => None,
        };
        let of_default = default_tip.as_ref().and_then(|tip| tip.as_ref().ok()).copied();
        let system = self.system.name;
        let shown = self.shown(head, &to);
        match before {
            Some(before) => match self.commit(&Name::Id(before.to_owned()))? {
                Ok(from) => {
                    let mut note = format!("{system}: every commit of {shown} that {} lacks", short(&from));
                    let policy = match &default_tip {
                        _ if is_default => PolicyOf::Commit(from),
                        Some(Ok(tip)) => PolicyOf::Commit(*tip),
                        // An earlier push of the same branch may have brought what excuses this one.
                        lost => {
                            let why = match lost {
                                Some(Err(lost)) => {
                                    format!("{} is not in the clone ({})", lost.what, lost.fetch)
                                }
                                _ => "the default branch is not known".to_owned(),
                            };
                            note.push_str(&format!("; {why}, so no policy of the repository holds"));
                            PolicyOf::Nobody
                        }
                    };
                    let commits = Commits::Between { known: vec![from], to };
                    self.scan(name, commits, policy, note, Vec::new())
                }
                Err(lost) if lost.wrong.is_some() || self.is_shallow()? => {
                    let gap = self.not_here(&lost)?;
                    self.unread(name, gap)
                }
                Err(lost) => {
                    let instead = match (&default, of_default) {
                        (Some(default), Some(_)) => format!("everything that {default} lacks"),
                        _ => "everything that it reaches".to_owned(),
                    };
                    let reason = format!(
                        "the branch was there before, and the clone lacks it: a forced push; scanned instead: {instead}"
                    );
                    let remedy = format!("{} first, or name another start: --base REV", lost.fetch);
                    let gap = gap(CoverageKind::Missing, lost.what, reason, remedy);
                    let note = format!("{system}: a forced push to {shown}; {instead}");
                    match of_default {
                        Some(from) => {
                            let commits = Commits::Between { known: vec![from], to };
                            self.scan(name, commits, PolicyOf::Commit(from), note, vec![gap])
                        }
                        None if is_default => self.everything(&instead, vec![gap]),
                        None => {
                            let commits = Commits::Between { known: Vec::new(), to };
                            self.scan(name, commits, PolicyOf::Base, note, vec![gap])
                        }
                    }
                }
            },
            None => match (default_tip, default) {
                (Some(Ok(from)), Some(default)) => {
                    let note =
                        format!("{system}: every commit of {shown} that {default} ({}) lacks", short(&from));
                    let commits = Commits::Between { known: vec![from], to };
                    let name = format!("{default}..{name}");
                    self.scan(name, commits, PolicyOf::Commit(from), note, Vec::new())
                }
                (Some(Err(lost)), _) => {
                    let gap = self.not_here(&lost)?;
                    self.unread(name, gap)
                }
                _ if is_default => {
                    let why = "the whole history: it is not told what the default branch had before";
                    self.everything(why, Vec::new())
                }
                // It may be anybody's branch: its own policy does not hold.
                _ => {
                    let note = format!(
                        "{system}: everything that {shown} reaches: neither what was there before nor the \
                         default branch is known"
                    );
                    let commits = Commits::Between { known: Vec::new(), to };
                    self.scan(name, commits, PolicyOf::Base, note, Vec::new())
                }
            },
        }
    }

    fn scan(
        self,
        name: String,
        commits: Commits,
        policy: PolicyOf,
        note: String,
        gaps: Vec<Coverage>,
    ) -> anyhow::Result<ExitCode> {
        let Ci { system, view, args, env } = self;
        let asked = Asked {
            command: "ci",
            name,
            commits,
            policy: args.trust.policy(policy),
            remedy: Some(system.whole_history.to_owned()),
            notes: vec![note],
            gaps,
        };
        range_scan::run(asked, view, &args.options, env)
    }

    /// The whole history, under the policy of the checked-out files: there is nothing before it.
    fn everything(self, what: &str, gaps: Vec<Coverage>) -> anyhow::Result<ExitCode> {
        let Ci { system, args, env, .. } = self;
        output::check(&args.options.output)?;
        let setup = Setup::new(env, &env.directory, &args.options.rules, &args.options.grades)?;
        let settings = Settings {
            stats: args.options.output.stats,
            notes: vec![format!("{}: {what}", system.name)],
            ..setup.scan_settings(env)?
        };
        let target = Target::History { repo: ".".into(), full: false, recurse: false };
        let mut report = scan::run(&target, &settings)?;
        let cut = report.coverage.iter_mut().filter(|entry| entry.kind == CoverageKind::Shallow);
        cut.for_each(|entry| entry.remedy = Some(system.whole_history.to_owned()));
        report.coverage.extend(gaps);
        report.coverage.sort();
        scanning::finish(&report, &args.options, env)
    }

    fn nothing(self, why: String) -> anyhow::Result<ExitCode> {
        let Ci { args, env, .. } = self;
        output::check(&args.options.output)?;
        let setup = Setup::new(env, &env.directory, &args.options.rules, &args.options.grades)?;
        let report = scan::nothing("ci", "", format!("0 commits: {why}"), &setup.scan_settings(env)?)?;
        scanning::finish(&report, &args.options, env)
    }

    fn unread(self, name: String, gap: Coverage) -> anyhow::Result<ExitCode> {
        let place = Place::of(&self.view.repo);
        let asked = Asked {
            command: "ci",
            name,
            commits: Commits::Spec(String::new()),
            policy: PolicyOf::WorkTree,
            remedy: None,
            notes: vec![format!("{}: nothing was scanned", self.system.name)],
            gaps: Vec::new(),
        };
        range_scan::unread(&asked, gap, place, &self.args.options, self.env)
    }

    /// The object of that name, when it is a commit or the tag of one.
    fn commit(&self, name: &Name) -> anyhow::Result<Result<Oid, NotHere>> {
        Ok(self.locate(name)?.and_then(|id| match peel(&self.view.objects, &id) {
            Ok((_, kind)) if kind != Kind::Commit => {
                let kind = format!("{kind:?}").to_lowercase();
                Err(NotHere { wrong: Some(format!("it is a {kind}, and no commit")), ..NotHere::of(name) })
            }
            // What does not read is told by whoever walks from here.
            _ => Ok(id),
        }))
    }

    /// The object of that name, or what the clone lacks.
    fn locate(&self, name: &Name) -> anyhow::Result<Result<Oid, NotHere>> {
        let found = match name {
            Name::Branch(branch) => self.branch(branch)?,
            Name::Revision(revision) => self.view.repo.tip(&self.view.objects, revision).ok(),
            Name::Id(id) | Name::At { id, .. } if !is_id(id) => {
                let wrong = Some("that is no id of a commit".to_owned());
                return Ok(Err(NotHere { wrong, ..NotHere::of(name) }));
            }
            // Somebody may give a branch or tag the name of a commit.
            Name::Id(id) | Name::At { id, .. } => self
                .view
                .repo
                .tip(&self.view.objects, id)
                .ok()
                .filter(|found| found.to_string().starts_with(&id.to_ascii_lowercase())),
        };
        let found = found.filter(|id| self.view.objects.contains(id));
        Ok(found.ok_or_else(|| NotHere::of(name)))
    }

    /// Whether everything that `id` reaches is reachable from `tip`.
    fn holds(&self, tip: &Oid, id: &Oid) -> anyhow::Result<bool> {
        let lacking = walk_range(&self.view.objects, &self.view.repo.shallow()?, &[*tip], &[*id]);
        Ok(lacking.commits.is_empty() && lacking.missing.is_empty())
    }

    /// The tip of a branch of the remote: `origin`, or the only one that has it. Where there is a remote it is never
    /// a local branch, which may be what is proposed; in a copy without one it is, unless it is checked out.
    fn branch(&self, branch: &str) -> anyhow::Result<Option<Oid>> {
        let all = self.view.repo.refs()?;
        let own = format!("refs/remotes/origin/{branch}");
        if let Some((_, id)) = all.iter().find(|(name, _)| *name == own) {
            return Ok(Some(*id));
        }
        let is_it = |name: &str| {
            let of_remote = name.strip_prefix("refs/remotes/").and_then(|name| name.split_once('/'));
            of_remote.is_some_and(|(_, name)| name == branch)
        };
        let others: Vec<Oid> = all.iter().filter(|(name, _)| is_it(name)).map(|(_, id)| *id).collect();
        let has_remote = all.iter().any(|(name, _)| name.starts_with("refs/remotes/"))
            || !self.view.repo.remotes()?.is_empty();
        if !has_remote {
            let local = format!("refs/heads/{branch}");
            let checked_out = self.view.repo.head()?;
            let here = all.iter().find(|(name, id)| *name == local && Some(*id) != checked_out);
            return Ok(here.map(|(_, id)| *id));
        }
        Ok(if let [only] = others[..] { Some(only) } else { None })
    }

    /// The branch that `refs/remotes/origin/HEAD` names; in a clone without it the one of `main` and `master`
    /// that the remote has.
    fn default_of_the_remote(&self) -> anyhow::Result<Option<String>> {
        if let Some(name) = self.view.repo.remote_head("origin") {
            return Ok(Some(name));
        }
        let (main, master) = (self.branch("main")?, self.branch("master")?);
        Ok(match (main, master) {
            (Some(_), None) => Some("main".to_owned()),
            (None, Some(_)) => Some("master".to_owned()),
            _ => None,
        })
    }

    fn is_shallow(&self) -> anyhow::Result<bool> {
        Ok(!self.view.repo.shallow()?.is_empty())
    }

    /// The entry for a commit that is not in the clone, with the system's remedy in one line.
    fn not_here(&self, lost: &NotHere) -> anyhow::Result<Coverage> {
        let (what, whole) = (lost.what.clone(), self.system.whole_history);
        if let Some(wrong) = &lost.wrong {
            return Ok(gap(CoverageKind::Missing, what, wrong.clone(), WHAT_TO_PASS.to_owned()));
        }
        Ok(match self.is_shallow()? {
            true => {
                let reason = "it is not in this clone, which is shallow".to_owned();
                let remedy =
                    if lost.apart { format!("{whole}, and then {}", lost.fetch) } else { whole.to_owned() };
                gap(CoverageKind::Shallow, what, reason, remedy)
            }
            false => {
                let remedy = format!("{}, and {whole}", lost.fetch);
                gap(CoverageKind::Missing, what, "it is not in this clone".to_owned(), remedy)
            }
        })
    }

    fn shown(&self, name: &Name, id: &Oid) -> String {
        match name {
            Name::Id(_) | Name::At { .. } => short(id),
            Name::Branch(text) | Name::Revision(text) => format!("{text} ({})", short(id)),
        }
    }
}

impl NotHere {
    fn of(name: &Name) -> NotHere {
        let (kind, fetch) = match name {
            Name::Branch(branch) => ("branch", format!("+refs/heads/{branch}:refs/remotes/origin/{branch}")),
            Name::Id(id) => ("commit", id.clone()),
            Name::At { reference, .. } => ("commit", reference.clone()),
            Name::Revision(revision) => ("revision", revision.clone()),
        };
        NotHere {
            what: format!("{kind} {}", name.as_str()),
            fetch: format!("git fetch origin {}", shell::word(fetch.as_bytes())),
            apart: matches!(name, Name::At { .. }),
            wrong: None,
        }
    }
}

fn gap(kind: CoverageKind, what: String, reason: String, remedy: String) -> Coverage {
    Coverage { kind, what, reason, remedy: Some(remedy) }
}
