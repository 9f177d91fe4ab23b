//! Runs a program under ptrace(2) with a filter of system calls (seccomp(2)), and records every program that it or any
//! of its descendants executes. A system call that opens a socket ends the calling process.
//!
//! The kernel reports both, so that neither a statically linked program nor a direct system call escapes, and no other
//! tool has to be installed.

#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(unsafe_code, reason = "system calls that the standard library does not offer")]

use std::ffi::{c_int, c_long, c_uint, c_ulong, c_void};
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::ptr::null_mut;
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn ptrace(request: c_uint, pid: c_int, address: *mut c_void, data: *mut c_void) -> c_long;
    fn prctl(option: c_int, a: c_ulong, b: c_ulong, c: c_ulong, d: c_ulong) -> c_int;
    fn wait4(pid: c_int, status: *mut c_int, options: c_int, usage: *mut c_void) -> c_int;
    fn kill(pid: c_int, signal: c_int) -> c_int;
}

const TRACEME: c_uint = 0;
const CONT: c_uint = 7;
const SETOPTIONS: c_uint = 0x4200;
/// Follow fork, vfork and clone, report exec and exit, and kill the tracees if the tracer ends.
const OPTIONS: usize = 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x10_0000;
const EVENT_EXEC: c_int = 4;
const EVENT_EXIT: c_int = 6;
/// `WNOHANG`, `__WALL` and `__WNOTHREAD`: only children of this thread, of every kind.
const WAIT: c_int = 1 | 0x4000_0000 | 0x2000_0000;
const SIGKILL: c_int = 9;
const SIGTRAP: c_int = 5;
const SIGSTOP: c_int = 19;
const SIGSYS: c_int = 31;

/// One instruction of a classic BPF program (`struct sock_filter`).
#[repr(C)]
struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    value: u32,
}

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    len: u16,
    filter: *const Instruction,
}

#[cfg(target_arch = "x86_64")]
const ARCH: u32 = 0xC000_003E;
/// `socket`, `connect`, `accept`, `sendto`, `bind`, `listen`, `socketpair`, `accept4`, `io_uring_setup`.
#[cfg(target_arch = "x86_64")]
const FORBIDDEN: [u32; 9] = [41, 42, 43, 44, 49, 50, 53, 288, 425];
#[cfg(target_arch = "aarch64")]
const ARCH: u32 = 0xC000_00B7;
#[cfg(target_arch = "aarch64")]
const FORBIDDEN: [u32; 9] = [198, 203, 202, 206, 200, 201, 199, 242, 425];

/// What a program and its descendants did.
pub(crate) struct Trace {
    /// The exit code of the program; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    /// The arguments of every executed program, the first one first.
    pub(crate) executed: Vec<Vec<String>>,
    /// The most memory that the program had in use at once (`VmHWM`), in KiB. Descendants do not count.
    pub(crate) peak: u64,
    /// The number of processes that were ended because they used a socket.
    pub(crate) sockets: usize,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `command` to its end, and the processes that it leaves behind to theirs. Output goes through files in
/// `folder`. A run of more than 60 seconds fails.
#[track_caller]
pub(crate) fn trace(command: &mut Command, folder: &Path) -> Trace {
    let (out, err) = (folder.join("traced.stdout"), folder.join("traced.stderr"));
    let file = |path| Stdio::from(File::create(path).expect("created"));
    command.stdout(file(&out)).stderr(file(&err));
    let filter = filter();
    // SAFETY: the closure makes two kinds of system calls and allocates nothing, as required after fork.
    unsafe { command.pre_exec(move || begin(&filter)) };
    let main = c_int::try_from(command.spawn().expect("the program starts").id()).expect("a process id");
    let mut trace = Trace {
        code: None,
        executed: Vec::new(),
        peak: 0,
        sockets: 0,
        stdout: String::new(),
        stderr: String::new(),
    };
    let end = Instant::now() + Duration::from_secs(60);
    let mut is_followed = false;
    loop {
        let mut status = 0;
        // SAFETY: `status` is a valid place for the result.
        let pid = unsafe { wait4(-1, &raw mut status, WAIT, null_mut()) };
        match pid {
            -1 => break,
            0 if Instant::now() > end => {
                // SAFETY: the process is a child that was not yet waited for.
                unsafe { kill(main, SIGKILL) };
                panic!("still running after 60 s: {command:?}");
            }
            0 => std::thread::sleep(Duration::from_micros(200)),
            _ if status & 0x7f == 0 => {
                if pid == main {
                    trace.code = Some(status >> 8 & 0xff);
                }
            }
            _ if status & 0xff != 0x7f => trace.sockets += usize::from(status & 0x7f == SIGSYS),
            _ => {
                let (signal, event) = (status >> 8 & 0xff, status >> 16);
                let is_start = pid == main && !is_followed;
                if is_start {
                    is_followed = true;
                    // SAFETY: the process is a stopped tracee of this thread.
                    unsafe { ptrace(SETOPTIONS, pid, null_mut(), OPTIONS as *mut c_void) };
                }
                if is_start || event == EVENT_EXEC {
                    trace.executed.push(arguments(pid));
                }
                if event == EVENT_EXIT {
                    trace.peak = trace.peak.max(peak(pid, main));
                }
                let is_ours = matches!(signal, SIGTRAP | SIGSTOP);
                let passed = if is_ours { 0 } else { signal };
                // SAFETY: as above.
                unsafe { ptrace(CONT, pid, null_mut(), passed as usize as *mut c_void) };
            }
        }
    }
    let read = |path| String::from_utf8_lossy(&std::fs::read(path).expect("written")).into_owned();
    (trace.stdout, trace.stderr) = (read(&out), read(&err));
    trace
}

/// The peak of the memory of the process that thread `pid` belongs to, in KiB; 0 if that is not `main`.
fn peak(pid: c_int, main: c_int) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    if field("Tgid:") == u64::try_from(main).ok() { field("VmHWM:").unwrap_or_default() } else { 0 }
}

/// In the child, before it executes the program.
fn begin(filter: &[Instruction]) -> io::Result<()> {
    let program = Program { len: filter.len() as u16, filter: filter.as_ptr() };
    // SAFETY: the requests take no addresses except that of `program`, which lives until the call returns.
    let failed = unsafe {
        ptrace(TRACEME, 0, null_mut(), null_mut()) == -1
            // PR_SET_NO_NEW_PRIVS, then PR_SET_SECCOMP with SECCOMP_MODE_FILTER.
            || prctl(38, 1, 0, 0, 0) == -1
            || prctl(22, 2, &raw const program as c_ulong, 0, 0) == -1
    };
    if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The filter: a system call of another architecture, or one that is forbidden, ends the process.
fn filter() -> Vec<Instruction> {
    // BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_JMP|BPF_JGE|BPF_K, BPF_RET|BPF_K.
    let load = |value| Instruction { code: 0x20, if_true: 0, if_false: 0, value };
    let equal = |value, if_true| Instruction { code: 0x15, if_true, if_false: 0, value };
    let result = |value| Instruction { code: 0x06, if_true: 0, if_false: 0, value };
    let (killed, allowed) = (0x8000_0000, 0x7fff_0000);
    let mut program = vec![load(4), equal(ARCH, 1), result(killed), load(0)];
    // Numbers of the x32 interface.
    program.push(Instruction {
        code: 0x35,
        if_true: FORBIDDEN.len() as u8 + 1,
        if_false: 0,
        value: 0x4000_0000,
    });
    for (index, &number) in FORBIDDEN.iter().enumerate() {
        program.push(equal(number, (FORBIDDEN.len() - index) as u8));
    }
    program.extend([result(allowed), result(killed)]);
    program
}

/// The arguments with which the process was executed.
fn arguments(pid: c_int) -> Vec<String> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = line.strip_suffix(b"\0").unwrap_or(&line);
    line.split(|&byte| byte == 0).map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}
