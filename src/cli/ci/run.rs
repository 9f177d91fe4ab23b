//! From a plan to a scan: looks the commits up.
//!
//! What is not in the clone is never passed over: the run is incomplete then, and says what the checkout lacks.

use super::plan::{Name, Plan, System};
use super::{CiArgs, WHAT_TO_PASS};
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::selected::{self, Asked, PolicyOf, short};
use crate::cli::setup::{Place, Setup};
use crate::cli::{output, scanning};
use crate::git::Oid;
use crate::git::refs::{TipClass, tips};
use crate::git::revs::walk_range;
use crate::model::{Coverage, CoverageKind};
use crate::scan::{self, Commits, Settings, Target};
use crate::source::view::RepoView;

/// One run.
pub(super) struct Ci<'a> {
    pub(super) system: System,
    pub(super) view: RepoView,
    pub(super) args: &'a CiArgs,
    pub(super) env: &'a Environment,
}

/// A commit that the clone does not hold.
struct NotHere {
    what: String,
    fetch: String,
}

impl Ci<'_> {
    /// Does what the plan says.
    pub(super) fn run(self, plan: Plan) -> anyhow::Result<ExitCode> {
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
        let name = format!("{}..{}", base.as_str(), head.as_str());
        let (from, to) = match (self.locate(base)?, self.locate(head)?) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(lost), _) | (_, Err(lost)) => {
                let gap = self.not_here(&lost)?;
                return self.unread(name, gap);
            }
        };
        let mut known = vec![from];
        if let Some(target) = target {
            // Once the proposal is merged all of it is there, and a second run is still about it.
            let tip = self.branch(target)?;
            if let Some(tip) = tip
                && !self.holds(&tip, &to)?
            {
                known.push(tip);
            }
        }
        let note = format!(
            "{}: every commit of {} that {} lacks",
            self.system.name,
            self.shown(head, &to),
            self.shown(base, &from)
        );
        let commits = Commits::Between { known, to };
        self.scan(name, commits, PolicyOf::Commit(from), note, Vec::new())
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
        let policy = |own| PolicyOf::Commit(of_default.unwrap_or(own));
        let system = self.system.name;
        let shown = self.shown(head, &to);
        match before {
            Some(before) => match self.locate(&Name::Id(before.to_owned()))? {
                Ok(from) => {
                    let note = format!("{system}: every commit of {shown} that {} lacks", short(&from));
                    let note = match (&default, &default_tip) {
                        (Some(default), Some(Err(_))) => format!(
                            "{note}; {default} is not in the clone, so the policy is that of {}",
                            short(&from)
                        ),
                        _ => note,
                    };
                    let commits = Commits::Between { known: vec![from], to };
                    self.scan(name, commits, policy(from), note, Vec::new())
                }
                Err(lost) if self.is_shallow()? => {
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
        selected::run(asked, view, &args.options, env)
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
        selected::unread(&asked, gap, place, &self.args.options, self.env)
    }

    /// The commit of that name, or what it lacks.
    fn locate(&self, name: &Name) -> anyhow::Result<Result<Oid, NotHere>> {
        let found = match name {
            Name::Branch(branch) => self.branch(branch)?,
            Name::Revision(revision) => self.view.repo.tip(&self.view.objects, revision).ok(),
            // Somebody may give a branch or tag the name of a commit.
            Name::Id(id) => self
                .view
                .repo
                .tip(&self.view.objects, id)
                .ok()
                .filter(|found| found.to_string().starts_with(&id.to_ascii_lowercase())),
        };
        let found = found.filter(|id| self.view.objects.contains(id));
        Ok(found.ok_or_else(|| match name {
            Name::Branch(branch) => NotHere {
                what: format!("branch {branch}"),
                fetch: format!("git fetch origin +refs/heads/{branch}:refs/remotes/origin/{branch}"),
            },
            Name::Id(id) => NotHere { what: format!("commit {id}"), fetch: format!("git fetch origin {id}") },
            Name::Revision(revision) => NotHere {
                what: format!("revision {revision}"),
                fetch: format!("git fetch origin {revision}"),
            },
        }))
    }

    /// Whether everything that `id` reaches is reachable from `tip`.
    fn holds(&self, tip: &Oid, id: &Oid) -> anyhow::Result<bool> {
        let lacking = walk_range(&self.view.objects, &self.view.repo.shallow()?, &[*tip], &[*id]);
        Ok(lacking.commits.is_empty() && lacking.missing.is_empty())
    }

    /// The tip of a branch of the remote: `origin`, or the only one that has it. Never a local branch: that
    /// may be what is proposed.
    fn branch(&self, branch: &str) -> anyhow::Result<Option<Oid>> {
        let all = tips(&self.view.repo)?;
        let of = |name: &str| {
            let mut here = all.iter().filter(|tip| tip.class == TipClass::Ref && tip.name == name);
            here.next().map(|tip| tip.id)
        };
        if let Some(id) = of(&format!("refs/remotes/origin/{branch}")) {
            return Ok(Some(id));
        }
        let others: Vec<Oid> = all
            .iter()
            .filter(|tip| tip.class == TipClass::Ref)
            .filter(|tip| {
                let remote = tip.name.strip_prefix("refs/remotes/").and_then(|name| name.split_once('/'));
                remote.is_some_and(|(_, name)| name == branch)
            })
            .map(|tip| tip.id)
            .collect();
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
        let what = lost.what.clone();
        Ok(match self.is_shallow()? {
            true => {
                let reason = "it is not in this clone, which is shallow".to_owned();
                gap(CoverageKind::Shallow, what, reason, self.system.whole_history.to_owned())
            }
            false => {
                let remedy = format!("{}, and {}", lost.fetch, self.system.whole_history);
                gap(CoverageKind::Missing, what, "it is not in this clone".to_owned(), remedy)
            }
        })
    }

    fn shown(&self, name: &Name, id: &Oid) -> String {
        match name {
            Name::Id(_) => short(id),
            Name::Branch(text) | Name::Revision(text) => format!("{text} ({})", short(id)),
        }
    }
}

fn gap(kind: CoverageKind, what: String, reason: String, remedy: String) -> Coverage {
    Coverage { kind, what, reason, remedy: Some(remedy) }
}
