//! The time limit of a call: the answer is the refusal of this file if none is there in time.
//!
//! A thread reads and scans the call while the main thread waits, so the limit holds whatever that thread does: reads a
//! standard input that is never closed, a file of a network drive, or searches a text. Only the main thread writes an
//! answer, so there is exactly one. The other thread ends with the process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use anyhow::anyhow;

use super::answer::{Answer, ResponseFormat};
use crate::config::Budget;

/// Bytes of the stack of the thread, as of a main thread.
const STACK: usize = 8 << 20;

enum Message {
    Format(ResponseFormat),
    Budget(Budget),
    Done(Answer),
}

/// What the thread that checks a call has learned about it.
pub(super) struct Progress {
    sender: Sender<Message>,
    /// Whether an option sets the time limit.
    is_budget_fixed: bool,
}

impl Progress {
    /// Sets the format of the refusal. Before, it is that for an unknown agent.
    pub(super) fn set_format(&self, format: ResponseFormat) {
        self.send(Message::Format(format));
    }

    /// Sets the time limit that the configuration has, unless an option sets it.
    pub(super) fn set_budget(&self, budget: Budget) {
        if !self.is_budget_fixed {
            self.send(Message::Budget(budget));
        }
    }

    fn send(&self, message: Message) {
        // Ignored: when the time is over, there is no receiver.
        let _ = self.sender.send(message);
    }
}

/// Runs `check` in a thread and returns its answer, or a refusal when the time is over. `budget` is that of an option.
pub(super) fn answer_in_time(
    budget: Option<Budget>,
    check: impl FnOnce(Progress) -> Answer + Send + 'static,
) -> Answer {
    let start = Instant::now();
    let (sender, receiver) = channel();
    let progress = Progress { sender: sender.clone(), is_budget_fixed: budget.is_some() };
    let work = move || {
        // A panic is reported by the hook of the process.
        if let Ok(answer) = catch_unwind(AssertUnwindSafe(|| check(progress))) {
            // Ignored as in `Progress::send`.
            let _ = sender.send(Message::Done(answer));
        }
    };
    match thread::Builder::new().stack_size(STACK).spawn(work) {
        Ok(_) => wait(&receiver, start, budget.unwrap_or(Budget::AGENT)),
        Err(error) => Answer::fail(
            ResponseFormat::Unknown,
            "stopleak could not check this call",
            anyhow!("its thread cannot be started: {error}"),
        ),
    }
}

/// Waits for an answer until `budget` is over since `start`.
fn wait(messages: &Receiver<Message>, start: Instant, mut budget: Budget) -> Answer {
    let mut format = ResponseFormat::Unknown;
    loop {
        match messages.recv_timeout(budget.duration().saturating_sub(start.elapsed())) {
            Ok(Message::Format(of_call)) => format = of_call,
            Ok(Message::Budget(configured)) => budget = configured,
            Ok(Message::Done(answer)) => return answer,
            Err(RecvTimeoutError::Timeout) => return Answer::deny(format, out_of_time(budget)),
            Err(RecvTimeoutError::Disconnected) => {
                let error = anyhow!("it failed inside stopleak; please report this bug");
                return Answer::fail(format, "stopleak could not check this call", error);
            }
        }
    }
}

fn out_of_time(budget: Budget) -> String {
    format!(
        "stopleak could not check all of this call: the time for it was over after {budget}. Write less at once, or \
         allow more time: hooks: agent-budget in stopleak.yaml"
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::exit_code::ExitCode;

    fn budget(text: &str) -> Budget {
        text.parse().expect("a time")
    }

    fn is_denied(answer: &Answer) -> bool {
        answer.response.to_string().contains("the time for it was over")
    }

    #[test]
    fn a_check_that_never_ends_is_denied_in_the_format_of_the_agent() {
        let (sender, receiver) = channel();
        let denied = wait(&receiver, Instant::now(), budget("0s"));
        assert!(is_denied(&denied) && denied.response["permission"] == "deny", "{denied:?}");
        assert_eq!(denied.result.expect("a code"), ExitCode::Usage);
        let progress = Progress { sender, is_budget_fixed: false };
        progress.set_format(ResponseFormat::CursorPrompt);
        progress.set_budget(budget("0s"));
        let denied = wait(&receiver, Instant::now(), budget("1000m"));
        assert!(is_denied(&denied) && denied.response["continue"] == false, "{denied:?}");
        assert_eq!(denied.result.expect("a code"), ExitCode::Complete);
    }

    #[test]
    fn time_before_the_wait_counts() {
        let (_sender, receiver) = channel();
        let start = Instant::now() - Duration::from_secs(60);
        assert!(is_denied(&wait(&receiver, start, budget("60s"))));
    }

    #[test]
    fn an_option_takes_precedence_over_the_configuration() {
        let (sender, receiver) = channel();
        let progress = Progress { sender: sender.clone(), is_budget_fixed: true };
        progress.set_budget(budget("0s"));
        drop(progress);
        sender.send(Message::Done(Answer::allow(ResponseFormat::CursorPermission))).expect("received below");
        let answer = wait(&receiver, Instant::now(), budget("1000m"));
        assert_eq!(answer.response["permission"], "allow");
    }

    #[test]
    fn a_check_that_panics_is_denied() {
        let answer = answer_in_time(Some(budget("1000m")), |_| panic!("as intended"));
        assert!(answer.result.is_err() && answer.response["permission"] == "deny", "{answer:?}");
    }
}
