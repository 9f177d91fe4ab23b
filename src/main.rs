//! The `stopleak` binary.

fn main() -> std::process::ExitCode {
    stopleak::internals::main()
}
