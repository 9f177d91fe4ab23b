//! `.pre-commit-hooks.yaml`, on which the configurations of users depend.

use serde_yaml::Value;

use crate::support::World;

#[test]
fn every_hook_always_runs_an_existing_command_and_only_that_of_the_message_takes_file_names() {
    let text = include_str!("../../.pre-commit-hooks.yaml");
    let hooks: Vec<Value> = serde_yaml::from_str(text).expect("a list of hooks");
    let get = |hook: &Value, key: &str| hook.get(key).and_then(Value::as_str).expect("a word").to_owned();
    let ids: Vec<String> = hooks.iter().map(|hook| get(hook, "id")).collect();
    assert_eq!(ids, ["stopleak", "stopleak-system", "stopleak-message", "stopleak-push"]);
    let world = World::empty();
    for hook in &hooks {
        // The framework passes the file with the commit message as a file name.
        let is_message = get(hook, "id") == "stopleak-message";
        assert_eq!(hook.get("pass_filenames"), if is_message { None } else { Some(&Value::Bool(false)) });
        assert_eq!(hook.get("always_run"), Some(&Value::Bool(true)));
        assert!(
            hook.get("types").is_none() && hook.get("files").is_none(),
            "no file is excluded by its type"
        );
        let entry = get(hook, "entry");
        let mut words: Vec<&str> = entry.split(' ').collect();
        assert_eq!(words.remove(0), "stopleak");
        words.push("--help");
        assert_eq!(world.stopleak(&words).code, 0, "{entry}");
    }
}
