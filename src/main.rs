//! The `stopleak` binary.

fn main() -> std::process::ExitCode {
    stopleak::cli::main()
}
